// Opens SQLite. `Reader` can read, `Tx` can also write. Committed data is on disk.
import { constants, Database, SQLiteError } from 'bun:sqlite'
import type { Clock } from '#lib/clock.ts'
import { StorageRefusedError } from '#lib/errors.ts'
import { makeFile } from '#lib/files.ts'
import { planOnce } from './plan-once.ts'

export type Params = Record<string, string | number | boolean | null | Uint8Array>

export interface Reader {
  all<Row>(sql: string, params?: Params): Row[]
  get<Row>(sql: string, params?: Params): Row | null
}

export interface Tx extends Reader {
  /** The time of this transaction, the same for all its rows. */
  readonly now: number
  /** Runs one statement and returns how many rows it changed. */
  run(sql: string, params?: Params): number
  /** Marks a monitor as changed. Listeners are called after the commit. */
  touch(monitorId: number): void
  /** Runs a script with several statements, for migrations. */
  runScript(sql: string): void
}

/** Work inside a transaction. Functions that return a promise do not compile, because a transaction must not await. */
type Work<T, Face = Tx> = ((face: Face) => T) &
  ([T] extends [never] ? unknown : T extends PromiseLike<unknown> ? never : unknown)

export interface Db extends Reader {
  /**
   * Runs `work` on a snapshot: it does not see what another process commits meanwhile, and blocks no one. Inside an
   * open transaction, `work` sees what that transaction sees.
   */
  read<T>(work: Work<T, Reader>): T
  /** Runs one transaction, which is durable when it returns, unless it is `unsynced`. Undone if `work` throws. */
  write<T>(work: Work<T>, durability?: Durability): T
  /** As `write`, for schema changes: tables may be replaced, and all foreign keys are checked at the end. */
  writeSchema<T>(work: Work<T>): T
  /**
   * Shares a transaction with the other writes of this turn of the event loop, and resolves after the commit. If one
   * `work` throws, only that one is rolled back and rejected. If the commit fails, all reject with
   * `StorageRefusedError`. A transaction with only `unsynced` writes may be lost when the power fails.
   */
  writeGrouped<T>(work: Work<T>, durability?: Durability): Promise<T>
  /** Makes earlier unsynced writes durable. */
  sync(): void
  /** Calls `listener` after each commit with the ids of touched monitors. Returns a function that stops it. */
  watch(listener: CommitListener): () => void
  /** Whether another connection has committed since the last call, in this process or in a command. */
  wasChangedElsewhere(): boolean
  /** Moves the write-ahead log into the database file and empties it. */
  checkpoint(): void
  /** Moves as much of the write-ahead log as possible into the database file, without waiting. */
  checkpointSome(): void
  /** Returns up to `pages` unused pages to the file system. */
  giveBack(pages: number): void
  /** Rewrites the whole file without unused pages. Blocks for as long as that takes. */
  rewrite(): void
  /** Whether the file was replaced or removed, so that writes to it would be lost. */
  isReplaced(): boolean
  close(): void
}

/** A listener must not throw, and must be fast, because pings wait for it. */
export type CommitListener = (touchedMonitors: ReadonlySet<number>) => void

export type Durability = 'synced' | 'unsynced'

interface GroupedWrite {
  work: (tx: Tx) => unknown
  durability: Durability
  /** In monotonic milliseconds. */
  giveUpAt: number
  resolve: (value: never) => void
  reject: (error: unknown) => void
}

/** The maximum number of writes in one transaction. More go into the next one, so that no commit takes too long. */
const GROUP_MAX = 512
/** How long a grouped write is retried while another process writes, before it is refused. */
const BUSY_GIVE_UP_MS = 5000

/** The name of the database in the data folder. */
export const DATABASE_FILE = 'cronguard.db'

const IN_MEMORY = ':memory:'

// Bun prepares further statements again each time. The number of statements is limited, because their text is fixed.
Database.MAX_QUERY_CACHE_SIZE = 2000

const REPLACED =
  'its file was replaced or removed; stop CronGuard, restore the right one with "cronguard restore", and start it again'

/** SQLite keeps temporary data in memory, because in a container only the data folder may be writable. */
export const TEMP_STORE_IN_MEMORY = 'PRAGMA temp_store = MEMORY'

const PRAGMAS = `
  ${TEMP_STORE_IN_MEMORY};
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA foreign_keys = ON;
  PRAGMA cache_size = -4000;
  PRAGMA wal_autocheckpoint = 4000;
  PRAGMA journal_size_limit = 67108864;
`

export interface DatabaseOptions {
  /** `:memory:` is for tests. */
  path: string
  clock: Clock
  /**
   * How long to wait while another process writes. Waiting blocks this whole process, so the server waits briefly and
   * retries its grouped writes.
   */
  busyTimeoutMs: number
  /** Whether a replication program copies the write-ahead log. Only that program may then empty it. */
  isReplicated?: boolean
}

/** Opens or creates the database file. Does not migrate it. */
export function openDatabase({ path, clock, busyTimeoutMs, isReplicated = false }: DatabaseOptions): Db {
  if (path !== IN_MEMORY) makeFile(path)
  const sqlite = new Database(path, { readwrite: true, strict: true })
  try {
    sqlite.run(`PRAGMA busy_timeout = ${busyTimeoutMs}`)
    // Takes effect at once for an empty database, and for others with the next VACUUM.
    sqlite.run('PRAGMA auto_vacuum = INCREMENTAL')
    sqlite.run(PRAGMAS)
    if (isReplicated) sqlite.run('PRAGMA wal_autocheckpoint = 0')
    return new SqliteDb(sqlite, clock)
  } catch (error) {
    sqlite.close()
    throw error
  }
}

/** Whether the opened file was replaced or removed. */
export function isReplaced(sqlite: Database): boolean {
  const answer = new Int32Array(2)
  sqlite.fileControl(constants.SQLITE_FCNTL_HAS_MOVED, answer)
  return answer[0] !== 0
}

class SqliteDb implements Db {
  readonly #sqlite: Database
  readonly #clock: Clock
  readonly #listeners = new Set<CommitListener>()
  #group: GroupedWrite[] = []
  #dataVersion: number

  constructor(sqlite: Database, clock: Clock) {
    this.#sqlite = sqlite
    this.#clock = clock
    this.#dataVersion = this.#readDataVersion()
  }

  all<Row>(sql: string, params: Params = {}): Row[] {
    return this.#sqlite.query<Row, Params>(planOnce(sql)).all(params)
  }

  get<Row>(sql: string, params: Params = {}): Row | null {
    return this.#sqlite.query<Row, Params>(planOnce(sql)).get(params)
  }

  read<T>(work: Work<T, Reader>): T {
    if (this.#sqlite.inTransaction) return work(this)
    this.#run('BEGIN DEFERRED')
    try {
      return work(this)
    } finally {
      // After some errors, SQLite has ended the transaction itself.
      if (this.#sqlite.inTransaction) this.#commit()
    }
  }

  write<T>(work: Work<T>, durability: Durability = 'synced'): T {
    try {
      return this.#with(durability, () => this.#inTransaction(work))
    } catch (error) {
      throw refused(error)
    }
  }

  // Dropping a table would delete the rows that refer to it. Foreign keys can only be disabled outside a transaction.
  writeSchema<T>(work: Work<T>): T {
    this.#run('PRAGMA foreign_keys = OFF')
    try {
      return this.write(((tx: Tx) => {
        const result = work(tx)
        const broken = tx.all('PRAGMA foreign_key_check')
        if (broken.length > 0) throw new Error(`The new schema breaks ${broken.length} references.`)
        return result
      }) as Work<T>)
    } finally {
      this.#run('PRAGMA foreign_keys = ON')
    }
  }

  writeGrouped<T>(work: Work<T>, durability: Durability = 'synced'): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#group.push({ work, durability, resolve, reject, giveUpAt: this.#clock.elapsed() + BUSY_GIVE_UP_MS })
      if (this.#group.length === 1) setImmediate(() => this.#flush())
    })
  }

  // A commit syncs the write-ahead log only if it wrote something. Nothing else uses this number.
  sync(): void {
    try {
      this.#sqlite.run('PRAGMA user_version = 0')
    } catch (error) {
      throw refused(error)
    }
  }

  watch(listener: CommitListener): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  wasChangedElsewhere(): boolean {
    const before = this.#dataVersion
    this.#dataVersion = this.#readDataVersion()
    return this.#dataVersion !== before
  }

  checkpoint(): void {
    this.#sqlite.run('PRAGMA wal_checkpoint(TRUNCATE)')
  }

  checkpointSome(): void {
    this.#sqlite.run('PRAGMA wal_checkpoint(PASSIVE)')
  }

  giveBack(pages: number): void {
    try {
      this.#sqlite.run(`PRAGMA incremental_vacuum(${pages})`)
    } catch (error) {
      throw refused(error)
    }
  }

  // VACUUM needs a temporary copy of the whole database, which is too large for memory.
  rewrite(): void {
    try {
      this.#sqlite.run('PRAGMA temp_store = FILE')
      this.#sqlite.run('VACUUM')
    } catch (error) {
      throw refused(error)
    } finally {
      this.#sqlite.run(TEMP_STORE_IN_MEMORY)
    }
  }

  isReplaced(): boolean {
    return isReplaced(this.#sqlite)
  }

  close(): void {
    this.#sqlite.close()
  }

  // SQLite changes this value with each commit of other connections, but not with our own.
  #readDataVersion(): number {
    return this.get<{ data_version: number }>('PRAGMA data_version')?.data_version ?? 0
  }

  #flush(): void {
    const group = this.#group.splice(0, GROUP_MAX)
    if (this.#group.length > 0) setImmediate(() => this.#flush())
    try {
      const isSynced = group.some(({ durability }) => durability === 'synced')
      const answers = this.#with(isSynced ? 'synced' : 'unsynced', () =>
        this.#inTransaction((tx) => group.map((write) => this.#runOne(write, tx))),
      )
      for (const answer of answers) answer()
    } catch (error) {
      const now = this.#clock.elapsed()
      const mayWait = (write: GroupedWrite): boolean => isBusy(error) && now < write.giveUpAt
      const reason = refused(error)
      for (const write of group) if (!mayWait(write)) write.reject(reason)
      this.#putBack(group.filter(mayWait))
    }
  }

  // The write-ahead log stays consistent: an unsynced commit is lost as a whole, or synced with the next one.
  #with<T>(durability: Durability, work: () => T): T {
    if (durability === 'synced') return work()
    this.#run('PRAGMA synchronous = NORMAL')
    try {
      return work()
    } finally {
      this.#run('PRAGMA synchronous = FULL')
    }
  }

  // The writes are retried first to keep the order, after other events were processed.
  #putBack(group: GroupedWrite[]): void {
    if (group.length === 0) return
    if (this.#group.length === 0) setImmediate(() => this.#flush())
    this.#group = [...group, ...this.#group]
  }

  #inTransaction<T>(work: (tx: Tx) => T): T {
    const touched = new Set<number>()
    const result = this.#commitOrUndo(() => work(this.#tx(touched)))
    if (touched.size > 0) this.#notify(touched)
    return result
  }

  // An error of a listener must not affect committed writes, so it is thrown separately.
  #notify(touched: ReadonlySet<number>): void {
    for (const listener of this.#listeners) {
      try {
        listener(touched)
      } catch (error) {
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }

  // Only a transaction that was begun here is rolled back.
  #commitOrUndo<T>(work: () => T): T {
    this.#begin()
    try {
      const result = work()
      this.#commit()
      return result
    } catch (error) {
      this.#rollback()
      throw error
    }
  }

  // Each write has a savepoint, so that a failing one does not affect the others. Disk errors end the transaction.
  #runOne({ work, resolve, reject }: GroupedWrite, tx: Tx): () => void {
    this.#run('SAVEPOINT one')
    try {
      const value = work(tx)
      this.#run('RELEASE one')
      return () => resolve(value as never)
    } catch (error) {
      if (!this.#sqlite.inTransaction || isStorageError(error)) throw error
      this.#run('ROLLBACK TO one')
      this.#run('RELEASE one')
      return () => reject(error)
    }
  }

  #tx(touched: Set<number>): Tx {
    return {
      now: this.#clock.now(),
      all: (sql, params) => this.all(sql, params),
      get: (sql, params) => this.get(sql, params),
      run: (sql, params = {}) => this.#sqlite.query(planOnce(sql)).run(params).changes,
      touch: (monitorId) => void touched.add(monitorId),
      runScript: (sql) => void this.#sqlite.run(sql),
    }
  }

  // Writes to a replaced or removed file would be lost.
  #begin(): void {
    if (this.isReplaced()) throw new StorageRefusedError(new Error(REPLACED))
    this.#run('BEGIN IMMEDIATE')
  }

  #commit(): void {
    this.#run('COMMIT')
  }

  #rollback(): void {
    if (this.#sqlite.inTransaction) this.#run('ROLLBACK')
  }

  #run(sql: string): void {
    this.#sqlite.query(sql).run()
  }
}

const STORAGE_CODES = /^SQLITE_(FULL|IOERR|READONLY|CANTOPEN|NOMEM|BUSY|LOCKED|PROTOCOL|CORRUPT|NOTADB|PERM)/

function isStorageError(error: unknown): boolean {
  return error instanceof StorageRefusedError || (error instanceof SQLiteError && STORAGE_CODES.test(error.code ?? ''))
}

function isBusy(error: unknown): boolean {
  return error instanceof SQLiteError && (error.code ?? '').startsWith('SQLITE_BUSY')
}

function refused(error: unknown): unknown {
  if (error instanceof StorageRefusedError || !isStorageError(error)) return error
  return new StorageRefusedError(error)
}
