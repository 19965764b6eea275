// The composition root: data folder, database, deps, server, loops; start and stop.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { inFolder } from '#actions/data-folder.ts'
import { beginWatch, endWatch } from '#actions/process.ts'
import { learnToGiveBack } from '#actions/retention.ts'
import { copyBeforeMigration } from '#actions/safety-copies.ts'
import { migrate } from '#actions/schema.ts'
import { type Config, SECRET_KEY_MIN } from '#config.ts'
import type { Deps } from '#deps.ts'
import { stuckParts, unwellParts } from '#domain/health.ts'
import { type Listener, listen, listenOnSocket } from '#http/listen.ts'
import { createLive } from '#http/live.tsx'
import { createFront, type Front } from '#http/server.ts'
import { listenForMail, type MailListener } from '#http/smtp.ts'
import type { Clock } from '#lib/clock.ts'
import type { DestinationRules } from '#lib/destinations.ts'
import { HOUR, SECOND } from '#lib/duration.ts'
import { AppError, messageOf } from '#lib/errors.ts'
import { createLog } from '#lib/log.ts'
import { createLogMailer, createSmtpMailer } from '#lib/mail.ts'
import { createOutbound } from '#lib/outbound.ts'
import { keepSecret } from '#lib/secret-file.ts'
import type { ServiceManager } from '#lib/systemd.ts'
import { newSecretKey } from '#lib/tokens.ts'
import { createBackups } from '#loops/backups.ts'
import { createChecker } from '#loops/checker.ts'
import { createHeartbeat } from '#loops/heartbeat.ts'
import { type Loop, type LoopHealth, type RunningLoops, startLoops } from '#loops/index.ts'
import { createJanitor } from '#loops/janitor.ts'
import { createOutbox } from '#loops/outbox.ts'
import { createWarner } from '#loops/warnings.ts'
import { createWatchdog, type Watched } from '#loops/watchdog.ts'
import { createWatcher } from '#loops/watcher.ts'
import { DATABASE_FILE, openDatabase } from '#store/database.ts'
import { type FolderLock, lockFolder } from '#store/lock.ts'
import { pendingMigrations } from '#store/migrations.ts'

export interface App {
  deps: Deps
  /** Lets what is under way end, leaves the database tidy, and gives the data folder back. */
  stop(): Promise<void>
}

export interface Setting {
  config: Config
  clock: Clock
}

/** What `/health` knows before the loops tick. */
const STARTING: LoopHealth[] = [{ name: 'checker', isWell: false, isRunning: true }]

const SECRET_KEY_FILE = 'secret-key'
const STOP_GRACE_MS = 5 * SECOND
/** More than a migration takes; who starts CronGuard is asked for this much patience. */
const MIGRATION_MAX_MS = HOUR
/** Long enough for a command to end that is making the same database. */
const LOCK_WAIT_MS = 2 * SECOND
const LOCK_RETRY_MS = 50
/** How long to wait, blocked, for another process that is writing: a server must go on answering. */
const BUSY_TIMEOUT_MS = { server: SECOND / 4, command: 5 * SECOND }

/** Watches and listens. Throws `AppError` when the folder or the port belongs to somebody else. */
export async function startApp(setting: Setting, manager: ServiceManager): Promise<App> {
  const deps = openDeps(setting, BUSY_TIMEOUT_MS.server)
  try {
    const lock = await waitForLock(deps, () => true)
    if (lock === null) throw inUse(deps.config.dataDir)
    return await watch(deps, { lock, manager })
  } catch (error) {
    closeDeps(deps)
    throw error
  }
}

// The mark of the last stop is overwritten only when nothing can keep this process from watching any more.
async function watch(deps: Deps, { lock, manager }: { lock: FolderLock; manager: ServiceManager }): Promise<App> {
  if (isBehind(deps)) manager.needsTime(MIGRATION_MAX_MS, 'Bringing the database up to date')
  migrateAndTell(deps)
  learnToGiveBack(deps)
  let running: RunningLoops | null = null
  const live = createLive(deps)
  const readHealth = (): LoopHealth[] => running?.health() ?? STARTING
  const readUnwell = (): string[] => unwellParts(readHealth())
  const listeners = await listenOrThrow(deps, createFront(deps, readHealth, live))
  const mailListener = await listenForMailOrThrow(deps)
  const watched = await beginWatch(deps)
  const loops = startLoops(deps, [
    createChecker(deps, watched),
    createOutbox(deps),
    createHeartbeat(deps, watched),
    createWatcher(deps, readUnwell),
    createWarner(deps),
    createBackups(deps),
    createJanitor(deps),
    live,
  ])
  running = loops
  const readStuck = (): string[] => stuckParts(readHealth())
  const watchdog = startLoops(deps, watchdogLoops(manager, { readUnwell, readStuck }))
  return {
    deps,
    stop: async () => {
      live.close()
      const quiet = listeners.map((listener) => listener.stop(STOP_GRACE_MS))
      await Promise.all([inGrace(loops.stop()), watchdog.stop(), ...quiet, mailListener?.stop()])
      tidyUp(deps)
      closeDeps(deps)
      lock.release()
    },
  }
}

function watchdogLoops(manager: ServiceManager, look: Pick<Watched, 'readUnwell' | 'readStuck'>): Loop[] {
  const { watchdogMs } = manager
  return watchdogMs === null ? [] : [createWatchdog({ manager, watchdogMs, ...look })]
}

/** For a command that works beside a running server: the same database, nothing that ticks or listens. */
export async function withDeps<T>(setting: Setting, work: (deps: Deps) => T | Promise<T>): Promise<T> {
  const deps = openDeps(setting, BUSY_TIMEOUT_MS.command)
  try {
    await migrateAlone(deps)
    return await work(deps)
  } finally {
    closeDeps(deps)
  }
}

function openDeps({ config, clock }: Setting, busyTimeoutMs: number): Deps {
  const log = createLog({ level: config.logLevel, format: config.logFormat })
  const { dataDir } = config
  return inFolder(dataDir, () => {
    const made = mkdirSync(dataDir, { recursive: true, mode: 0o700 })
    if (made !== undefined) log.info('The data folder was made', { data: dataDir })
    const secretKey = config.secretKey ?? readSecretKey(dataDir)
    return {
      db: openDatabase({ path: join(dataDir, DATABASE_FILE), clock, busyTimeoutMs, isReplicated: config.isReplicated }),
      clock,
      config: Object.freeze({ ...config, secretKey }),
      log,
      outbound: createOutbound(destinationRules(config)),
      mailer: config.smtp ? createSmtpMailer(config.smtp) : createLogMailer(log),
    }
  })
}

/** Whoever may make an account must not look around behind the firewall; people whom the owner let in may. */
export function destinationRules({ registration, outboundAllow }: Config): DestinationRules {
  return {
    allowsPrivate: registration === 'closed',
    allow: outboundAllow,
    privateAdvice: 'While anybody can make an account, CRONGUARD_OUTBOUND_ALLOW must name it.',
  }
}

function closeDeps(deps: Deps): void {
  deps.mailer.close()
  deps.db.close()
}

function readSecretKey(dataDir: string): string {
  const path = join(dataDir, SECRET_KEY_FILE)
  const secretKey = keepSecret(path, newSecretKey)
  if (secretKey.length >= SECRET_KEY_MIN) return secretKey
  throw new AppError('invalid', `${path} holds no usable key. Delete it, and a new one is made; sessions end then.`)
}

/** Null when somebody else keeps it, or when `isNeeded` no longer holds. */
async function waitForLock({ clock, config }: Deps, isNeeded: () => boolean): Promise<FolderLock | null> {
  const giveUpAt = clock.elapsed() + LOCK_WAIT_MS
  while (isNeeded()) {
    const lock = inFolder(config.dataDir, () => lockFolder(config.dataDir))
    if (lock !== null || clock.elapsed() > giveUpAt) return lock
    await Bun.sleep(LOCK_RETRY_MS)
  }
  return null
}

// A running server keeps the schema that it knows: nobody changes it under its feet.
async function migrateAlone(deps: Deps): Promise<void> {
  const lock = await waitForLock(deps, () => isBehind(deps))
  if (lock === null && isBehind(deps)) throw inUse(deps.config.dataDir)
  if (lock === null) return
  migrateAndTell(deps)
  lock.release()
}

function isBehind({ config, db }: Deps): boolean {
  return inFolder(config.dataDir, () => pendingMigrations(db).length > 0)
}

function inUse(dataDir: string): AppError {
  return new AppError(
    'conflict',
    `Another CronGuard works on the data folder ${dataDir}. Stop it first, or set CRONGUARD_DATA_DIR to another one.`,
  )
}

function migrateAndTell(deps: Deps): void {
  const copy = inFolder(deps.config.dataDir, () => copyBeforeMigration(deps))
  if (copy !== null) deps.log.info('The database was copied before it is changed', { file: copy.path })
  const applied = inFolder(deps.config.dataDir, () => migrate(deps.db))
  if (applied.length > 0) deps.log.info('The database was brought up to date', { applied: applied.join(', ') })
}

async function listenOrThrow(deps: Deps, front: Front): Promise<Listener[]> {
  const { host, port, socket } = deps.config
  const listener = await orConflict(`listen on ${host}, port ${port}`, () => listen(deps, front))
  if (socket === null) return [listener]
  return [listener, await orConflict(`listen on the socket ${socket}`, () => listenOnSocket(deps, socket, front))]
}

async function orConflict<T>(aim: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw new AppError('conflict', `CronGuard cannot ${aim}: ${messageOf(error)}`)
  }
}

async function listenForMailOrThrow(deps: Deps): Promise<MailListener | null> {
  const { pingMail } = deps.config
  try {
    const listener = await listenForMail(deps)
    if (pingMail)
      deps.log.info('Pings by mail are taken', { host: pingMail.host, port: pingMail.port, domain: pingMail.domain })
    return listener
  } catch (error) {
    const where = `${pingMail?.host}, port ${pingMail?.port}`
    throw new AppError('conflict', `CronGuard cannot take mails on ${where}: ${messageOf(error)}`)
  }
}

// A disk that refuses must not keep the process from ending. A log that another program copies is that one's to empty.
function tidyUp(deps: Deps): void {
  try {
    endWatch(deps)
    if (!deps.config.isReplicated) deps.db.checkpoint()
  } catch (error) {
    deps.log.error('The database could not be left tidy; nothing is lost', { error })
  }
}

function inGrace(work: Promise<void>): Promise<void> {
  return Promise.race([work, Bun.sleep(STOP_GRACE_MS)])
}
