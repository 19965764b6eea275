// The composition root: it opens the data folder and the database, builds the dependencies, and starts and stops the
// server and the loops.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { findBaseUrl, storeBaseUrl } from '#actions/address.ts'
import { reclaimDeliveries } from '#actions/claims.ts'
import { databasePath } from '#actions/copies.ts'
import { inFolder, requireDatabase } from '#actions/data-folder.ts'
import { findMailServer, openMailer } from '#actions/mail-server.ts'
import { beginWatch, endWatch } from '#actions/process.ts'
import { enableIncrementalVacuum } from '#actions/retention.ts'
import { copyBeforeMigration, dropExpiredSchemaCopies } from '#actions/safety-copies.ts'
import { migrate } from '#actions/schema.ts'
import type { Config } from '#config.ts'
import type { Deps } from '#deps.ts'
import { stuckParts, unhealthyParts } from '#domain/health.ts'
import { type Listener, listen, listenOnSocket } from '#http/listen.ts'
import { createLive } from '#http/live.tsx'
import { createRequestHandler, type RequestHandler } from '#http/server.ts'
import { listenForMail, type MailListener } from '#http/smtp.ts'
import type { Clock } from '#lib/clock.ts'
import type { DestinationRules } from '#lib/destinations.ts'
import { HOUR, SECOND } from '#lib/duration.ts'
import { AppError, messageOf, StorageRefusedError } from '#lib/errors.ts'
import { codeOf, isFile } from '#lib/files.ts'
import { createLog, type Log } from '#lib/log.ts'
import { createCurrentMailer } from '#lib/mail.ts'
import { createOutbound } from '#lib/outbound.ts'
import { loadOrCreateSecret, readSecretIfThere } from '#lib/secret-file.ts'
import type { ServiceManager } from '#lib/systemd.ts'
import { newSecretKey } from '#lib/tokens.ts'
import { createBackups } from '#loops/backups.ts'
import { createChecker } from '#loops/checker.ts'
import { createConfirmer } from '#loops/confirmations.ts'
import { createDriller } from '#loops/drills.ts'
import { createHeartbeat } from '#loops/heartbeat.ts'
import { type Loop, type LoopHealth, type RunningLoops, startLoops } from '#loops/index.ts'
import { createJanitor } from '#loops/janitor.ts'
import { createJobWatcher } from '#loops/job-events.ts'
import { createOutbox } from '#loops/outbox.ts'
import { createReminder } from '#loops/reminders.ts'
import { createWarner } from '#loops/warnings.ts'
import { createWatchdog, type Watched } from '#loops/watchdog.ts'
import { createWatcher } from '#loops/watcher.ts'
import { SECRET_KEY_MIN } from '#settings.ts'
import { type Db, openDatabase } from '#store/database.ts'
import { type FolderLock, lockFolder } from '#store/lock.ts'
import { pendingMigrations } from '#store/migrations.ts'

export interface App {
  deps: Deps
  /** Finishes running work, closes the database cleanly, and releases the data folder. */
  stop(): Promise<void>
}

export interface AppContext {
  config: Config
  clock: Clock
}

/** The state that `/health` reports before the loops run. */
const STARTING: LoopHealth[] = [{ name: 'checker', isHealthy: false, isRunning: true }]

const SECRET_KEY_FILE = 'secret-key'
const STOP_GRACE_MS = 5 * SECOND
/** Longer than any migration. The service manager is asked to wait this long. */
const MIGRATION_MAX_MS = HOUR
const MIGRATING = 'Upgrading the database'
/** Long enough for a command that is creating the database to finish. */
const LOCK_WAIT_MS = 2 * SECOND
const LOCK_RETRY_MS = 50
/** How long to block while another process writes. The server waits briefly, because it must keep answering. */
const BUSY_TIMEOUT_MS = { server: SECOND / 4, command: 5 * SECOND }

/** Starts the server. Throws `AppError` when another process uses the data folder or the port. */
export async function startApp(context: AppContext, manager: ServiceManager): Promise<App> {
  makeDataFolder(context)
  const lock = await whenFree(context, () => tryLock(context))
  try {
    return await openAndWatch(withSecretKey(context), { lock, manager })
  } catch (error) {
    lock.release()
    throw error
  }
}

interface StartupHandles {
  lock: FolderLock
  manager: ServiceManager
}

// The database is opened after the folder is locked, because a restore may be replacing it.
async function openAndWatch(context: AppContext, handles: StartupHandles): Promise<App> {
  const deps = openDeps(context, { busyTimeoutMs: BUSY_TIMEOUT_MS.server, lock: handles.lock })
  try {
    return await watch(deps, handles)
  } catch (error) {
    closeDeps(deps)
    throw error
  }
}

// The mark of the last stop is overwritten only when nothing can prevent the start any longer.
async function watch(deps: Deps, { lock, manager }: StartupHandles): Promise<App> {
  const tell = (words: string): void => manager.extendStartTimeout(MIGRATION_MAX_MS, words)
  if (isBehind(deps)) tell(MIGRATING)
  migrateAndLog(deps, (step) => tell(`${MIGRATING}: ${step}`))
  enableIncrementalVacuum(deps)
  let running: RunningLoops | null = null
  const live = createLive(deps)
  const readHealth = (): LoopHealth[] => running?.health() ?? STARTING
  const readUnhealthyParts = (): string[] => unhealthyParts(readHealth())
  const listeners = await listenOrThrow(deps, createRequestHandler(deps, readHealth, live))
  const mailListener = await listenForMailOrThrow(deps)
  storeBaseUrl(deps)
  reclaimOrWait(deps)
  const watched = await beginWatch(deps)
  const loops = startLoops(deps, [
    createChecker(deps, watched),
    createReminder(deps),
    createJobWatcher(deps),
    createOutbox(deps),
    createHeartbeat(deps, watched),
    createWatcher(deps, readUnhealthyParts),
    createWarner(deps, () => watched.isDiskRefusing),
    createConfirmer(deps),
    createDriller(deps),
    createBackups(deps),
    createJanitor(deps),
    live,
  ])
  running = loops
  const readStuckParts = (): string[] => stuckParts(readHealth())
  const watchdog = startLoops(deps, watchdogLoops(manager, { readUnhealthyParts, readStuckParts }))
  return {
    deps,
    stop: async () => {
      const stoppedAt = deps.clock.now()
      live.close()
      const quiet = listeners.map((listener) => listener.stop(STOP_GRACE_MS))
      await Promise.all([withinStopGrace(loops.stop()), watchdog.stop(), ...quiet, mailListener?.stop()])
      tidyUp(deps, stoppedAt)
      closeDeps(deps)
      lock.release()
    },
  }
}

// If the disk refuses the write, the leases run out by themselves.
function reclaimOrWait(deps: Deps): void {
  try {
    reclaimDeliveries(deps)
  } catch (error) {
    if (!(error instanceof StorageRefusedError)) throw error
  }
}

function watchdogLoops(manager: ServiceManager, look: Pick<Watched, 'readUnhealthyParts' | 'readStuckParts'>): Loop[] {
  const { watchdogMs } = manager
  return watchdogMs === null ? [] : [createWatchdog({ manager, watchdogMs, ...look })]
}

type Work<T> = (deps: Deps) => T | Promise<T>

/**
 * Runs a command that works next to a running server: with the same database and base URL, but without loops and
 * listeners. Throws not_found when there is no database.
 */
export async function withDeps<T>(context: AppContext, work: Work<T>): Promise<T> {
  inFolder(context.config.dataDir, () => requireDatabase(context))
  return await withNewDeps(context, work)
}

/** As `withDeps`, but creates a missing data folder and database. */
export async function withNewDeps<T>(context: AppContext, work: Work<T>): Promise<T> {
  makeDataFolder(context)
  const deps = await whenFree(context, () => openAlongside(withStoredSecretKey(context)))
  try {
    const baseUrl = findBaseUrl(deps.db) ?? deps.config.baseUrl
    return await work({ ...deps, config: Object.freeze({ ...deps.config, baseUrl }) })
  } finally {
    closeDeps(deps)
  }
}

/** Null when another process has locked the folder and not upgraded the database yet. */
function openAlongside(context: AppContext): Deps | null {
  const lock = tryLock(context)
  try {
    return openUpToDate(context, lock)
  } finally {
    lock?.release()
  }
}

// Without the lock a server is running, and its schema must not change.
function openUpToDate(context: AppContext, lock: FolderLock | null): Deps | null {
  if (lock === null && !isFile(databasePath(context))) return null
  const deps = openDeps(context, { busyTimeoutMs: BUSY_TIMEOUT_MS.command, lock })
  try {
    if (lock !== null) migrateAndLog(deps)
    if (!isBehind(deps)) return deps
  } catch (error) {
    closeDeps(deps)
    throw error
  }
  closeDeps(deps)
  return null
}

function makeDataFolder({ config }: AppContext): void {
  const { dataDir } = config
  const made = inFolder(dataDir, () => mkdirSync(dataDir, { recursive: true, mode: 0o700 }))
  if (made !== undefined) logOf(config).info('Data folder created', { data: dataDir })
}

interface Opening {
  busyTimeoutMs: number
  /** Null when another process has locked the folder. */
  lock: FolderLock | null
}

function openDeps(context: AppContext, opening: Opening): Deps {
  const { config, clock } = context
  const log = logOf(config)
  const db = inFolder(config.dataDir, () => openInPlace(context, opening))
  return {
    db,
    clock,
    config,
    log,
    outbound: createOutbound(destinationRules(config)),
    mailer: createCurrentMailer(
      () => findMailServer({ db, config }),
      (server) => openMailer(server, log),
    ),
  }
}

// A restore or a person may have replaced the database or the folder just after it was opened.
function openInPlace(context: AppContext, { busyTimeoutMs, lock }: Opening): Db {
  const { clock, config } = context
  const path = databasePath(context)
  const db = openDatabase({ path, clock, busyTimeoutMs, isReplicated: config.isReplicated })
  if (!db.isReplaced() && !lock?.isReplaced()) return db
  db.close()
  throw new AppError('conflict', `${path} was replaced by another file while it was opened. Try again.`)
}

function logOf({ logLevel, logFormat }: Config): Log {
  return createLog({ level: logLevel, format: logFormat })
}

/** With open registration, strangers must not send requests to the private network; invited people may. */
export function destinationRules({ registration, outboundAllow }: Config): DestinationRules {
  return {
    allowsPrivate: registration === 'closed',
    allow: outboundAllow,
    privateAdvice: 'While registration is open, CRONGUARD_OUTBOUND_ALLOW must list it.',
  }
}

function closeDeps(deps: Deps): void {
  deps.mailer.close()
  deps.outbound.close()
  deps.db.close()
}

/** Adds the key that the first start of the server stored, if this process has none and may read it. */
export function withStoredSecretKey<T extends Pick<AppContext, 'config'>>(context: T): T {
  const { config } = context
  const secretKey = config.secretKey ?? readSecretIfThere(join(config.dataDir, SECRET_KEY_FILE))
  return { ...context, config: Object.freeze({ ...config, secretKey }) }
}

/** Adds the key for signatures, which the first start creates. */
function withSecretKey(context: AppContext): AppContext {
  const { config } = context
  const secretKey = config.secretKey ?? inFolder(config.dataDir, () => readSecretKey(config.dataDir))
  return { ...context, config: Object.freeze({ ...config, secretKey }) }
}

function readSecretKey(dataDir: string): string {
  const path = join(dataDir, SECRET_KEY_FILE)
  const secretKey = loadOrCreateSecret(path, newSecretKey)
  if (secretKey.length >= SECRET_KEY_MIN) return secretKey
  throw new AppError(
    'invalid',
    `${path} does not contain a valid key. Delete it to create a new one, which ends all sessions.`,
  )
}

/** Retries `attempt` until it returns a value. Throws conflict when the folder stays in use. */
async function whenFree<T>(context: AppContext, attempt: () => T | null): Promise<T> {
  const giveUpAt = context.clock.elapsed() + LOCK_WAIT_MS
  for (;;) {
    const given = attempt()
    if (given !== null) return given
    if (context.clock.elapsed() > giveUpAt) throw inUse(context)
    await Bun.sleep(LOCK_RETRY_MS)
  }
}

function tryLock({ config }: AppContext): FolderLock | null {
  return inFolder(config.dataDir, () => lockFolder(config.dataDir))
}

function isBehind({ config, db }: Deps): boolean {
  return inFolder(config.dataDir, () => pendingMigrations(db).length > 0)
}

function inUse({ config }: AppContext): AppError {
  return new AppError(
    'conflict',
    `Another CronGuard process is using the data folder ${config.dataDir}. ` +
      'Stop it first, or set CRONGUARD_DATA_DIR to another folder.',
  )
}

function migrateAndLog(deps: Deps, onStep?: (step: string) => void): void {
  const { dataDir } = deps.config
  const copy = inFolder(dataDir, () => copyBeforeMigration(deps))
  if (copy !== null) deps.log.info('Database copied before the upgrade', { file: copy.path })
  const applied = inFolder(dataDir, () => migrate(deps.db, onStep))
  if (applied.length === 0) return
  deps.log.info('Database upgraded', { applied: applied.join(', ') })
  inFolder(dataDir, () => dropExpiredSchemaCopies(deps))
}

async function listenOrThrow(deps: Deps, handler: RequestHandler): Promise<Listener[]> {
  const { host, port, socket } = deps.config
  const listener = await orThrowConflict(`listen on ${host}, port ${port}`, () => listen(deps, handler))
  if (socket === null) return [listener]
  return [
    listener,
    await orThrowConflict(`listen on the socket ${socket}`, () => listenOnSocket(deps, socket, handler)),
  ]
}

async function orThrowConflict<T>(aim: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw new AppError('conflict', `CronGuard cannot ${aim}: ${messageOf(error)}${adviceOn(error)}`)
  }
}

// Even root lacks the privilege, because the systemd unit drops all capabilities.
function adviceOn(error: unknown): string {
  if (codeOf(error) !== 'EACCES') return ''
  return (
    '. Ports below 1024 need a privilege that the systemd unit does not grant: use port 1024 or higher, with a proxy ' +
    'or a redirect in front'
  )
}

async function listenForMailOrThrow(deps: Deps): Promise<MailListener | null> {
  const { pingMail } = deps.config
  try {
    const listener = await listenForMail(deps)
    if (pingMail)
      deps.log.info('Accepting pings by email', { host: pingMail.host, port: pingMail.port, domain: pingMail.domain })
    return listener
  } catch (error) {
    const where = `${pingMail?.host}, port ${pingMail?.port}`
    throw new AppError('conflict', `CronGuard cannot receive emails on ${where}: ${messageOf(error)}${adviceOn(error)}`)
  }
}

// An error of the disk must not prevent the stop. A replicated write-ahead log is emptied by the replication program.
function tidyUp(deps: Deps, stoppedAt: number): void {
  try {
    endWatch(deps, stoppedAt)
    if (!deps.config.isReplicated) deps.db.checkpoint()
  } catch (error) {
    deps.log.error(
      deps.db.isReplaced() ? DATABASE_REPLACED : 'The database could not be closed cleanly; nothing is lost',
      { error },
    )
  }
}

const DATABASE_REPLACED =
  'The database file was removed or replaced while CronGuard ran, and its data is lost unless you have a copy. ' +
  'Restore a backup before the next start'

function withinStopGrace(work: Promise<void>): Promise<void> {
  return Promise.race([work, Bun.sleep(STOP_GRACE_MS)])
}
