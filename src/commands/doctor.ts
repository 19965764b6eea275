import { statfsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { newestBackupAt } from '#actions/backups.ts'
import { destinationRules } from '#app.ts'
import type { Config } from '#config.ts'
import { systemClock } from '#lib/clock.ts'
import { diskSpace } from '#lib/disk.ts'
import { DAY, durationInWords, momentInWords } from '#lib/duration.ts'
import { AppError, messageOf } from '#lib/errors.ts'
import { greetMailServer } from '#lib/mail.ts'
import { createOutbound } from '#lib/outbound.ts'
import { sizeInWords } from '#lib/size.ts'
import { isInZoneDatabase } from '#lib/zone-time.ts'
import { countFailingChannels } from '#store/channels.ts'
import { findDamage } from '#store/counts.ts'
import { DATABASE_FILE, lookInto } from '#store/database.ts'
import { readHeartbeat } from '#store/heartbeat.ts'
import { pendingMigrations, schemaVersion } from '#store/migrations.ts'
import type { AddCommand, Shell } from './command.ts'
import { printJson, printRows } from './table.ts'

type State = 'ok' | 'warn' | 'bad'

interface Finding {
  name: string
  state: State
  /** A sentence; of what is not well, with what to do. */
  says: string
}

type Examination = (config: Config) => Omit<Finding, 'name'> | Promise<Omit<Finding, 'name'>>

export const addDoctor: AddCommand = (program, shell) => {
  program
    .command('doctor')
    .description('look at everything that CronGuard needs, and say what to do; exit code 1 when something is bad')
    .option('--json', 'print JSON: an array of {name, state, says}')
    .action((options: { json?: boolean }) => examine(shell, options))
}

async function examine(shell: Shell, { json = false }: { json?: boolean }): Promise<void> {
  const config = shell.readConfig()
  const findings: Finding[] = []
  for (const [name, look] of Object.entries(EXAMINATIONS)) findings.push({ name, ...(await finding(look, config)) })
  if (json) printJson(shell, findings)
  else
    printRows(
      shell,
      findings.map(({ name, state, says }) => [state, name, says]),
    )
  const bad = findings.filter(({ state }) => state === 'bad').length
  if (bad > 0) throw new AppError('conflict', bad === 1 ? '1 thing is bad.' : `${bad} things are bad.`)
}

async function finding(look: Examination, config: Config): Promise<Omit<Finding, 'name'>> {
  try {
    return await look(config)
  } catch (error) {
    return { state: 'bad', says: `${messageOf(error)}.`.replace(/\.\.$/, '.') }
  }
}

/** In the order in which one depends on the other. */
const EXAMINATIONS: Record<string, Examination> = {
  folder: ({ dataDir }) => folderFinding(dataDir),
  disk: ({ dataDir }) => diskFinding(dataDir),
  database: (config) => databaseFinding(pathOf(config)),
  log: (config) => walFinding(pathOf(config)),
  clock: (config) => clockFinding(pathOf(config)),
  server: serverFinding,
  mail: mailFinding,
  channels: (config) => channelsFinding(pathOf(config)),
  backups: backupsFinding,
  address: addressFinding,
  zones: () => zonesFinding(),
}

const OPEN_TO_OTHERS = 0o077
/** SQLite's locks do not hold there. */
const UNFIT: Record<number, string> = {
  26985: 'NFS',
  20859: 'SMB',
  4283649346: 'SMB',
  4266872130: 'SMB',
  1702057286: 'FUSE',
}

function pathOf({ dataDir }: Config): string {
  return join(dataDir, DATABASE_FILE)
}

function folderFinding(dataDir: string): Omit<Finding, 'name'> {
  const { mode, uid } = statSync(dataDir)
  const kind = UNFIT[statfsSync(dataDir).type]
  if (kind) return { state: 'bad', says: `${dataDir} is on ${kind}, where a database gets damaged. Use a local disk.` }
  if ((mode & OPEN_TO_OTHERS) !== 0)
    return { state: 'warn', says: `Others may look into ${dataDir}. \`chmod 700\` it.` }
  const own = process.getuid?.() ?? uid
  if (own !== uid) return { state: 'warn', says: `${dataDir} belongs to user ${uid}; run commands as that user.` }
  return { state: 'ok', says: `${dataDir} is there, and nobody else may look into it.` }
}

const SPACE_LOW_BYTES = 500_000_000

function diskFinding(dataDir: string): Omit<Finding, 'name'> {
  const space = diskSpace(dataDir)
  if (space === null) return { state: 'warn', says: 'The file system does not say how much room it has.' }
  const says = `${sizeInWords(space.freeBytes)} of ${sizeInWords(space.totalBytes)} are free.`
  return space.freeBytes < SPACE_LOW_BYTES ? { state: 'warn', says: `${says} Make room.` } : { state: 'ok', says }
}

function databaseFinding(path: string): Omit<Finding, 'name'> {
  return lookInto(path, (reader) => {
    const pending = pendingMigrations(reader)
    const problem = findDamage(reader)
    if (problem !== null) return { state: 'bad', says: `It is damaged: ${problem}. Restore a backup.` }
    const schema = `Schema ${schemaVersion(reader)}`
    if (pending.length > 0) return { state: 'warn', says: `${schema}; the next start brings it up to date.` }
    return { state: 'ok', says: `${schema}, sound.` }
  })
}

const WAL_LARGE_BYTES = 200_000_000

function walFinding(path: string): Omit<Finding, 'name'> {
  const size = statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0
  const says = `The write-ahead log has ${sizeInWords(size)}.`
  if (size <= WAL_LARGE_BYTES) return { state: 'ok', says }
  return {
    state: 'warn',
    says: `${says} Something keeps it from being emptied: a long backup, or a program that reads.`,
  }
}

function clockFinding(path: string): Omit<Finding, 'name'> {
  const now = systemClock.now()
  const aliveAt = lookInto(path, readHeartbeat)?.aliveAt ?? 0
  if (now >= aliveAt) return { state: 'ok', says: `It is ${momentInWords(now)}.` }
  return {
    state: 'bad',
    says: `It is ${momentInWords(now)}, but CronGuard was alive at ${momentInWords(aliveAt)}. Set the clock.`,
  }
}

async function serverFinding(config: Config): Promise<Omit<Finding, 'name'>> {
  const host = ['0.0.0.0', '::'].includes(config.host) ? '127.0.0.1' : config.host
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${config.port}/readyz`
  const outbound = createOutbound({ ...destinationRules(config), allowsPrivate: true })
  const result = await outbound.send({ method: 'GET', url, headers: {}, body: '', timeoutMs: 3000 })
  if (result.kind !== 'answer')
    return { state: 'warn', says: `Nobody answers on port ${config.port}: it is not running.` }
  if (result.status === 200) return { state: 'ok', says: `It runs on port ${config.port} and is ready.` }
  return { state: 'bad', says: `It runs, but is not ready (status ${result.status}). Its log says why.` }
}

async function mailFinding({ smtp }: Config): Promise<Omit<Finding, 'name'>> {
  if (smtp === null) return { state: 'warn', says: 'No mail server is set: mails are only written to the log.' }
  const problem = await greetMailServer(smtp)
  if (problem === null) return { state: 'ok', says: `${smtp.host} lets CronGuard in. No mail was sent.` }
  return { state: 'bad', says: `${smtp.host} does not let CronGuard in: ${problem}.` }
}

function channelsFinding(path: string): Omit<Finding, 'name'> {
  const { all, off, failing } = lookInto(path, countFailingChannels)
  if (all === 0) return { state: 'warn', says: 'There is no channel: nobody is told anything.' }
  const says = `${all} in all, ${off} switched off, ${failing} failing.`
  return failing > 0 ? { state: 'warn', says: `${says} Their pages say why.` } : { state: 'ok', says }
}

function backupsFinding(config: Config): Omit<Finding, 'name'> {
  if (config.backupKeep === 0) return { state: 'warn', says: 'None is made by itself: CRONGUARD_BACKUP_KEEP is 0.' }
  const at = newestBackupAt({ config })
  if (at === null) return { state: 'warn', says: 'There is none yet. `cronguard backup` makes one.' }
  const age = Math.max(0, systemClock.now() - at)
  const says = `The newest is ${durationInWords(age)} old.`
  return age > 2 * DAY
    ? { state: 'warn', says: `${says} The log says why none was made since.` }
    : { state: 'ok', says }
}

function addressFinding({ baseUrl, trustedProxies, host }: Config): Omit<Finding, 'name'> {
  const isLocal = /^https?:\/\/(localhost|127\.|\[::1\])/.test(baseUrl)
  if (!isLocal && baseUrl.startsWith('http:'))
    return { state: 'warn', says: `${baseUrl} is not encrypted: use it in a network that you trust only.` }
  if (baseUrl.startsWith('https:') && trustedProxies.length === 0)
    return {
      state: 'warn',
      says: `${baseUrl} needs a proxy. Name it in CRONGUARD_TRUSTED_PROXIES, or all visitors look the same.`,
    }
  return { state: 'ok', says: `Links begin with ${baseUrl}; it listens on ${host}.` }
}

function zonesFinding(): Omit<Finding, 'name'> {
  if (isInZoneDatabase('Europe/Berlin')) return { state: 'ok', says: "They come from the system's database." }
  return { state: 'warn', says: 'The system has no time zone database: those inside CronGuard count. Install tzdata.' }
}
