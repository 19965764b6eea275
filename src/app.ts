// The composition root: data folder, database, deps, server, loops; start and stop.
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beginWatch, endWatch } from '#actions/process.ts'
import { migrate } from '#actions/schema.ts'
import { createFront, listen } from '#http/server.ts'
import type { Clock } from '#lib/clock.ts'
import { SECOND } from '#lib/duration.ts'
import { AppError, messageOf } from '#lib/errors.ts'
import { createLog, type Log } from '#lib/log.ts'
import { createLogMailer, createSmtpMailer } from '#lib/mail.ts'
import { createOutbound } from '#lib/outbound.ts'
import { newSecretKey } from '#lib/tokens.ts'
import { createChecker } from '#loops/checker.ts'
import { createHeartbeat } from '#loops/heartbeat.ts'
import { startLoops } from '#loops/index.ts'
import { createOutbox } from '#loops/outbox.ts'
import { openDatabase } from '#store/database.ts'
import { type FolderLock, lockFolder } from '#store/lock.ts'
import { pendingMigrations } from '#store/migrations.ts'
import type { Config } from './config.ts'
import type { Deps } from './deps.ts'

export interface App {
  deps: Deps
  /** Lets what is under way end, leaves the database tidy, and gives the data folder back. */
  stop(): Promise<void>
}

const DATABASE_FILE = 'cronguard.db'
const SECRET_KEY_FILE = 'secret-key'
const STOP_GRACE_MS = 5 * SECOND

/** Watches and listens. Throws `AppError` when the folder or the port belongs to somebody else. */
export function startApp({ config, clock }: { config: Config; clock: Clock }): App {
  const log = createLog({ level: config.logLevel, format: config.logFormat })
  prepareFolder(config.dataDir)
  const lock = lockOrThrow(config.dataDir)
  const deps = openDeps({ config, clock, log })
  migrateAndTell(deps)
  beginWatch(deps)
  const loops = startLoops(deps, [createChecker(deps), createOutbox(deps), createHeartbeat(deps)])
  const listener = listenOrThrow(deps, () => loops.health())
  return {
    deps,
    stop: async () => {
      await Promise.all([inGrace(loops.stop()), listener.stop(STOP_GRACE_MS)])
      endWatch(deps)
      deps.db.checkpoint()
      closeDeps(deps)
      lock.release()
    },
  }
}

/** For a command that works beside a running server: the same database, nothing that ticks or listens. */
export async function withDeps<T>(
  { config, clock }: { config: Config; clock: Clock },
  work: (deps: Deps) => T | Promise<T>,
): Promise<T> {
  const log = createLog({ level: config.logLevel, format: config.logFormat })
  prepareFolder(config.dataDir)
  const deps = openDeps({ config, clock, log })
  try {
    if (pendingMigrations(deps.db).length > 0) migrateAlone(deps)
    return await work(deps)
  } finally {
    closeDeps(deps)
  }
}

// A running server keeps the schema that it knows: nobody changes it under its feet.
function migrateAlone(deps: Deps): string[] {
  const lock = lockOrThrow(deps.config.dataDir)
  try {
    return migrate(deps.db)
  } finally {
    lock.release()
  }
}

function prepareFolder(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new AppError('invalid', `The data folder ${dataDir} cannot be made: ${messageOf(error)}`)
  }
}

function lockOrThrow(dataDir: string): FolderLock {
  const lock = lockFolder(dataDir)
  if (lock) return lock
  throw new AppError(
    'conflict',
    `Another CronGuard works on the data folder ${dataDir}. Stop it first, or set CRONGUARD_DATA_DIR to another one.`,
  )
}

function openDeps({ config, clock, log }: { config: Config; clock: Clock; log: Log }): Deps {
  const secretKey = config.secretKey ?? keepSecretKey(config.dataDir)
  return {
    db: openDatabase({ path: join(config.dataDir, DATABASE_FILE), clock }),
    clock,
    config: Object.freeze({ ...config, secretKey }),
    log,
    outbound: createOutbound(),
    mailer: config.smtp ? createSmtpMailer(config.smtp) : createLogMailer(log),
  }
}

function closeDeps(deps: Deps): void {
  deps.mailer.close()
  deps.db.close()
}

// Whoever comes second, of a server and a command that start together, finds the key that the first one wrote.
function keepSecretKey(dataDir: string): string {
  const path = join(dataDir, SECRET_KEY_FILE)
  if (!existsSync(path)) {
    try {
      writeFileSync(path, `${newSecretKey()}\n`, { mode: 0o600, flag: 'wx' })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
  chmodSync(path, 0o600)
  return readFileSync(path, 'utf8').trim()
}

function migrateAndTell(deps: Deps): void {
  const applied = migrate(deps.db)
  if (applied.length > 0) deps.log.info('The database was brought up to date', { applied: applied.join(', ') })
}

function listenOrThrow(deps: Deps, readHealth: Parameters<typeof createFront>[1]) {
  const { host, port } = deps.config
  try {
    return listen(createFront(deps, readHealth), { host, port })
  } catch (error) {
    throw new AppError('conflict', `CronGuard cannot listen on ${host}, port ${port}: ${messageOf(error)}`)
  }
}

function inGrace(work: Promise<void>): Promise<void> {
  return Promise.race([work, Bun.sleep(STOP_GRACE_MS)])
}
