// What stands in the data folder.
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
import { bad, type Check, type Finding, ok, warn } from './finding.ts'

const NOT_YET = 'There is no database yet: the first start makes it.'

/** In bytes; 0 before the first start. */
export function databaseSize({ dataDir }: Config): number {
  return statSync(join(dataDir, DATABASE_FILE), { throwIfNoEntry: false })?.size ?? 0
}

/** Null when there is no database, or it cannot be read: that is for one examination alone to say. */
export function inDatabase<T>({ dataDir }: Config, look: (reader: Reader) => T): T | null {
  try {
    return openReadOnly(join(dataDir, DATABASE_FILE), look)
  } catch {
    return null
  }
}

/** What CronGuard itself would warn of; null when that cannot be told. */
function warningsOf(config: Config, ...kinds: ProblemKind[]): string[] | null {
  const warnings = inDatabase(config, (db) => readWarnings({ db, config, clock: systemClock }))
  const meant = warnings?.filter(({ kind }) => kinds.includes(kind))
  return meant?.map(({ text }) => text) ?? null
}

function unknownFinding(config: Config): Finding {
  return warn(databaseSize(config) === 0 ? NOT_YET : 'It is not known, as the database cannot be read.')
}

export const database: Check = ({ dataDir }) => {
  const path = join(dataDir, DATABASE_FILE)
  if (!statSync(path, { throwIfNoEntry: false })) {
    if (isFolderTaken(dataDir)) return bad(`A CronGuard runs, but ${path} is gone. Stop it, and restore a backup.`)
    return statSync(dataDir, { throwIfNoEntry: false }) ? warn(NOT_YET) : bad(`There is no ${path}.`)
  }
  try {
    return inspect(path)
  } catch (error) {
    if (error instanceof AppError) throw error
    return bad(`It could not be read: ${messageOf(error)}. ${remedyFor(error, dataDir)}`)
  }
}

function inspect(path: string): Finding {
  return openReadOnly(path, (reader) => {
    const pending = pendingMigrations(reader)
    const problem = findDamage(reader)
    if (problem !== null) return bad(`It is damaged: ${problem}. Restore a backup.`)
    const schema = `Schema ${schemaVersion(reader)}`
    if (pending.length > 0) return warn(`${schema}; the next start brings it up to date.`)
    return ok(`${schema}, sound.`)
  })
}

const REMEDIES: [code: RegExp, remedy: string][] = [
  [/^SQLITE_(NOTADB|CORRUPT)/, 'It is damaged. Stop CronGuard, and `cronguard restore` the newest backup.'],
  [/^SQLITE_IOERR/, 'The log of the system says what the disk has. Keep a copy, and restore a backup to another one.'],
  [/^SQLITE_(BUSY|LOCKED)/, 'Another program keeps it for itself: `fuser -v` on it says which.'],
  [/./, 'Call this as the user of the service, and see that neither folder nor disk are read-only for that one.'],
]

function remedyFor(error: unknown, dataDir: string): string {
  if (isDiskFull(diskSpace(dataDir))) return 'The disk is full, and SQLite needs some of it even to look. Make room.'
  const code = String((error as NodeJS.ErrnoException).code)
  return REMEDIES.find(([pattern]) => pattern.test(code))?.[1] ?? ''
}

const WAL_LARGE_BYTES = 200_000_000

export const log: Check = ({ dataDir, isReplicated }) => {
  const size = statSync(`${join(dataDir, DATABASE_FILE)}-wal`, { throwIfNoEntry: false })?.size ?? 0
  const says = `The write-ahead log has ${sizeInWords(size)}.`
  if (size <= WAL_LARGE_BYTES) return ok(says)
  const cause = isReplicated ? 'the program that copies it does not run' : 'a long backup, or a program that reads'
  return warn(`${says} Something keeps it from being emptied: ${cause}.`)
}

/** Whether monitors are judged, and people told, in time. */
export const work: Check = (config) => {
  const problems = warningsOf(config, 'checker', 'outbox')
  if (problems === null) return unknownFinding(config)
  return problems.length > 0 ? warn(problems.join(' ')) : ok('Nothing waits that should have been done.')
}

const NAMED_MAX = 3

export const channels: Check = (config) => inDatabase(config, channelsIn) ?? unknownFinding(config)

function channelsIn(reader: Reader): Finding {
  const { all, off } = countAllChannels(reader)
  if (all === 0) return warn('There is no channel: nobody is told anything. Add one on the page Channels.')
  const failing = listFailingChannels(reader)
  const says = `${all} in all, ${off} switched off, ${failing.length} failing`
  if (failing.length > 0) {
    const named = failing.slice(0, NAMED_MAX).map(({ name, since }) => `${name} since ${momentInWords(since)}`)
    return warn(`${says}: ${named.join(', ')}${failing.length > NAMED_MAX ? ', …' : ''}. Their pages say why.`)
  }
  return all === off ? warn(`${says}: nobody is told anything. Switch one on.`) : ok(`${says}.`)
}

export const backups: Check = (config) => {
  if (config.backupKeep === 0) return warn('None is made by itself: CRONGUARD_BACKUP_KEEP is 0.')
  const [warning] = warningsOf(config, 'backup') ?? []
  if (warning !== undefined) return warn(warning)
  const at = newestBackupAt({ config, clock: systemClock })
  if (at === null && hasBackupAhead({ config, clock: systemClock })) {
    return warn('All are dated in the future. Check the clock of this machine: it is behind, or was ahead.')
  }
  if (at === null) return warn('There is none yet. `cronguard backup` makes one.')
  return ok(`The newest is ${durationInWords(Math.max(0, systemClock.now() - at))} old.`)
}
