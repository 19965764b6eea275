// Checks the content of the data folder.
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { hasBackupAhead, newestBackupAt } from '#actions/backups.ts'
import { readWarnings } from '#actions/warnings.ts'
import type { Config } from '#config.ts'
import type { ProblemKind } from '#domain/warnings.ts'
import { systemClock } from '#lib/clock.ts'
import { diskSpace, isDiskFull } from '#lib/disk.ts'
import { durationInWords, momentInWords } from '#lib/duration.ts'
import { AppError, messageOf } from '#lib/errors.ts'
import { sizeInWords } from '#lib/size.ts'
import { countAllChannels, listFailingChannels } from '#store/channels.ts'
import { findDamage } from '#store/counts.ts'
import { DATABASE_FILE, type Reader } from '#store/database.ts'
import { isFolderTaken } from '#store/lock.ts'
import { pendingMigrations, schemaVersion } from '#store/migrations.ts'
import { openReadOnly } from '#store/read-only.ts'
import { warningOf } from '#words/warnings.ts'
import { bad, type Check, type Finding, ok, warn } from './finding.ts'

const NOT_YET = 'No database yet. The first start creates it.'

/** The size in bytes, or 0 before the first start. */
export function databaseSize({ dataDir }: Config): number {
  return statSync(join(dataDir, DATABASE_FILE), { throwIfNoEntry: false })?.size ?? 0
}

/** Null when there is no readable database. Only the check `database` reports that. */
export function inDatabase<T>({ dataDir }: Pick<Config, 'dataDir'>, look: (reader: Reader) => T): T | null {
  try {
    return openReadOnly(join(dataDir, DATABASE_FILE), look)
  } catch {
    return null
  }
}

/** The warnings that the server would show. Null when the database cannot be read. */
function warningsOf(config: Config, ...kinds: ProblemKind[]): string[] | null {
  const warnings = inDatabase(config, (db) => readWarnings({ db, config, clock: systemClock }))
  const meant = warnings?.filter(({ kind }) => (kinds as string[]).includes(kind))
  return meant?.map(({ text }) => text) ?? null
}

function unknownFinding(config: Config): Finding {
  return warn(databaseSize(config) === 0 ? NOT_YET : 'Unknown, because the database cannot be read.')
}

export const database: Check = ({ dataDir }) => {
  const path = join(dataDir, DATABASE_FILE)
  if (!statSync(path, { throwIfNoEntry: false })) {
    if (isFolderTaken(dataDir)) return bad(`The server is running, but ${path} is gone. Stop it and restore a backup.`)
    return statSync(dataDir, { throwIfNoEntry: false }) ? warn(NOT_YET) : bad(`${path} does not exist.`)
  }
  try {
    return inspect(path)
  } catch (error) {
    if (error instanceof AppError) throw error
    return bad(`Cannot read the database: ${messageOf(error)}. ${remedyFor(error, dataDir)}`)
  }
}

function inspect(path: string): Finding {
  return openReadOnly(path, (reader) => {
    const pending = pendingMigrations(reader)
    const problem = findDamage(reader)
    if (problem !== null) return bad(`Damaged: ${problem}. Restore a backup.`)
    const schema = `Schema ${schemaVersion(reader)}`
    if (pending.length > 0) return warn(`${schema}; the next start upgrades it.`)
    return ok(`${schema}, no damage found.`)
  })
}

const REMEDIES: [code: RegExp, remedy: string][] = [
  [
    /^SQLITE_(NOTADB|CORRUPT)/,
    'The file is damaged. Stop CronGuard, then restore the newest backup with `cronguard restore`.',
  ],
  [/^SQLITE_IOERR/, 'Check the system log for disk errors. Copy the file, and restore a backup to another disk.'],
  [/^SQLITE_(BUSY|LOCKED)/, 'Another program has locked the file. Find it with `fuser -v`.'],
  [/./, 'Run the command as the service user, and check that the folder and the disk are writable for that user.'],
]

function remedyFor(error: unknown, dataDir: string): string {
  if (isDiskFull(diskSpace(dataDir)))
    return 'The disk is full, and SQLite needs space even for reading. Free some space.'
  const code = String((error as NodeJS.ErrnoException).code)
  return REMEDIES.find(([pattern]) => pattern.test(code))?.[1] ?? ''
}

const WAL_LARGE_BYTES = 200_000_000

export const log: Check = ({ dataDir, isReplicated }) => {
  const size = statSync(`${join(dataDir, DATABASE_FILE)}-wal`, { throwIfNoEntry: false })?.size ?? 0
  const says = `The write-ahead log is ${sizeInWords(size)}.`
  if (size <= WAL_LARGE_BYTES) return ok(says)
  const cause = isReplicated
    ? 'the replication program is not running'
    : 'a long backup or a program that is reading the database'
  return warn(`${says} Something prevents CronGuard from emptying it: ${cause}.`)
}

/** Whether deadlines are evaluated and notifications sent on time. */
export const work: Check = (config) => {
  const problems = warningsOf(config, 'checker', 'outbox')
  if (problems === null) return unknownFinding(config)
  return problems.length > 0 ? warn(problems.join(' ')) : ok('No overdue deadlines or notifications.')
}

const NAMED_MAX = 3

export const channels: Check = (config) => inDatabase(config, channelsIn) ?? unknownFinding(config)

function channelsIn(reader: Reader): Finding {
  const { all, off } = countAllChannels(reader)
  if (all === 0) return warn('No channels: no one gets notified. Create one on the Channels page.')
  const failing = listFailingChannels(reader)
  const says = `${all} in total, ${off} disabled, ${failing.length} failing`
  if (failing.length > 0) {
    const named = failing.slice(0, NAMED_MAX).map(({ name, since }) => `${name} since ${momentInWords(since)}`)
    return warn(`${says}: ${named.join(', ')}${failing.length > NAMED_MAX ? ', …' : ''}. See the Channels page.`)
  }
  return all === off ? warn(`${says}: no one gets notified. Enable one.`) : ok(`${says}.`)
}

export const backups: Check = (config) => {
  if (config.backupKeep === 0) return warn('Nightly backups are disabled: CRONGUARD_BACKUP_KEEP is 0.')
  const [warning] = warningsOf(config, 'backup') ?? []
  if (warning !== undefined) return warn(warning)
  const at = newestBackupAt({ config, clock: systemClock })
  if (at === null && hasBackupAhead({ config, clock: systemClock })) {
    return warn(warningOf({ kind: 'backup', ageMs: 'ahead' }).text)
  }
  if (at === null) return warn('No backup yet. Create one with `cronguard backup`.')
  return ok(`The newest backup is ${durationInWords(Math.max(0, systemClock.now() - at))} old.`)
}
