// Opens SQLite and hands out its two faces: `Reader` may look, `Tx` may write. What was written is on disk.
import { constants, Database, SQLiteError } from 'bun:sqlite'
import type { Clock } from '#lib/clock.ts'
import { StorageRefusedError } from '#lib/errors.ts'
import { makeFile } from '#lib/files.ts'

export type Params = Record<string, string | number | boolean | null | Uint8Array>

export interface Reader {
  all<Row>(sql: string, params?: Params): Row[]
  get<Row>(sql: string, params?: Params): Row | null
}

export interface Tx extends Reader {
  /** The one moment of this transaction. */
  readonly now: number
  /** Runs one statement and returns how many rows it changed. */
  run(sql: string, params?: Params): number
  /** Says that something of this monitor changed; whoever watches learns of it after the commit. */
  touch(monitorId: number): void
  /** Runs all statements of a text, for migrations. */
  runScript(sql: string): void
}

/** Work inside a transaction. One that gives a promise has the type `never`: no await can sit inside a transaction. */
type Work<T, Face = Tx> = ((face: Face) => T) &
  ([T] extends [never] ? unknown : T extends PromiseLike<unknown> ? never : unknown)

export interface Db extends Reader {
  /**
   * Everything that `work` reads is of one moment: what another process commits meanwhile is not seen, and nobody waits
   * for it. Inside a transaction that is under way, `work` sees what that one sees.
   */
  read<T>(work: Work<T, Reader>): T
  /** One transaction of its own, durable when it returns. Throws what `work` throws, and then nothing is kept. */
  write<T>(work: Work<T>): T
  /** As `write`, for changes of the schema: tables may be replaced, and every reference is checked at the end. */
  writeSchema<T>(work: Work<T>): T
  /**
   * Shares a transaction with the other writes of this turn of the event loop; resolves after the commit. A `work`
   * that throws is undone alone and rejects alone; a commit that fails rejects all with `StorageRefusedError`.
   * A transaction of `unsynced` writes alone is undone by a loss of power: the disk may write it down when it likes.
   */
  writeGrouped<T>(work: Work<T>, durability?: Durability): Promise<T>
  /** Calls `listener` after each commit that touched monitors, with their ids. Returns what ends it. */
  watch(listener: CommitListener): () => void
  /** Whether another connection, of this process or of a command beside it, committed since this was last asked. */
  wasChangedElsewhere(): boolean
  /** Moves the write-ahead log into the database file and empties it. */
  checkpoint(): void
  /** Moves what it can of the write-ahead log into the database file, and waits for nobody. */
  checkpointSome(): void
  /** Gives up to so many unused pages at the end of the file back to the disk. */
  giveBack(pages: number): void
  /** Writes the whole file anew, without unused pages. Blocks for as long as that takes. */
  rewrite(): void
  /** Whether another file stands where this one was opened, or none: nobody will find what is written. */
  isReplaced(): boolean
  close(): void
}

/** It must not throw, and must be quick: pings wait for it. */
export type CommitListener = (touchedMonitors: ReadonlySet<number>) => void

export type Durability = 'synced' | 'unsynced'

interface GroupedWrite {
  work: (tx: Tx) => unknown
  durability: Durability
  /** On the clock that only goes forward. */
  giveUpAt: number
  resolve: (value: never) => void
  reject: (error: unknown) => void
}

/** More than this in one turn goes into the next transaction, so that no commit keeps the others waiting. */
const GROUP_MAX = 512
/** How long a grouped write is put back while another process is writing, before it is refused. */
const BUSY_GIVE_UP_MS = 5000

/** What the database is called in its folder. */
export const DATABASE_FILE = 'cronguard.db'

const IN_MEMORY = ':memory:'

const REPLACED =
  'its file was replaced or removed; stop CronGuard, bring the right one back with "cronguard restore", and start it'

/** What SQLite puts aside for a moment stays in memory: in a container nothing but the data folder may be writable. */
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
   * How long to wait for another process that is writing. It blocks this whole process, so a server waits briefly;
   * its grouped writes are put back and tried again.
   */
  busyTimeoutMs: number
  /** Another program copies the write-ahead log: it alone says when that is emptied. */
  isReplicated?: boolean
}

/** Opens or makes the database file. Does not migrate. */
export function openDatabase({ path, clock, busyTimeoutMs, isReplicated = false }: DatabaseOptions): Db {
  if (path !== IN_MEMORY) makeFile(path)
  const sqlite = new Database(path, { readwrite: true, strict: true })
  try {
    sqlite.run(`PRAGMA busy_timeout = ${busyTimeoutMs}`)
    // Counts at once for a file without tables; for any other one from the next rewrite of the whole file on.
    sqlite.run('PRAGMA auto_vacuum = INCREMENTAL')
    sqlite.run(PRAGMAS)
    if (isReplicated) sqlite.run('PRAGMA wal_autocheckpoint = 0')
    return new SqliteDb(sqlite, clock)
  } catch (error) {
    sqlite.close()
    throw error
  }
}

/** Whether another file stands where this one was opened, or none. */
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
    return this.#sqlite.query<Row, Params>(sql).all(params)
  }

  get<Row>(sql: string, params: Params = {}): Row | null {
    return this.#sqlite.query<Row, Params>(sql).get(params)
  }

  read<T>(work: Work<T, Reader>): T {
    if (this.#sqlite.inTransaction) return work(this)
    this.#run('BEGIN DEFERRED')
    try {
      return work(this)
    } finally {
      this.#commit()
    }
  }

  write<T>(work: Work<T>): T {
    try {
      return this.#inTransaction(work)
    } catch (error) {
      throw refused(error)
    }
  }

  // Dropping a table would delete what refers to it, and this can be switched off only outside of a transaction.
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

  // It puts all of the database aside, which is too much for memory.
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

  // SQLite changes it with each commit of another connection, and leaves it alone with our own.
  #readDataVersion(): number {
    return this.get<{ data_version: number }>('PRAGMA data_version')?.data_version ?? 0
  }

  #flush(): void {
    const group = this.#group.splice(0, GROUP_MAX)
    if (this.#group.length > 0) setImmediate(() => this.#flush())
    try {
      const work = () => this.#inTransaction((tx) => group.map((write) => this.#runOne(write, tx)))
      const answers = group.some(({ durability }) => durability === 'synced') ? work() : this.#unsynced(work)
      for (const answer of answers) answer()
    } catch (error) {
      const now = this.#clock.elapsed()
      const mayWait = (write: GroupedWrite): boolean => isBusy(error) && now < write.giveUpAt
      const reason = refused(error)
      for (const write of group) if (!mayWait(write)) write.reject(reason)
      this.#putBack(group.filter(mayWait))
    }
  }

  // The log of writes stays consistent: what was not synced is dropped as a whole, or synced with the next commit.
  #unsynced<T>(work: () => T): T {
    this.#run('PRAGMA synchronous = NORMAL')
    try {
      return work()
    } finally {
      this.#run('PRAGMA synchronous = FULL')
    }
  }

  // In front, for order; everything else gets its turn before the next try.
  #putBack(group: GroupedWrite[]): void {
    if (group.length === 0) return
    if (this.#group.length === 0) setImmediate(() => this.#flush())
    this.#group = [...group, ...this.#group]
  }

  #inTransaction<T>(work: (tx: Tx) => T): T {
    const touched = new Set<number>()
    const result = this.#commitOrUndo(() => work(this.#tx(touched)))
    if (touched.size > 0) this.#tell(touched)
    return result
  }

  // What was committed stays committed, and is answered, whatever a listener does: its fault surfaces by itself.
  #tell(touched: ReadonlySet<number>): void {
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

  // Only a transaction that began is rolled back: a closed database has none, and an outer one is somebody else's.
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

  // A savepoint each, so that one write that fails harms no other. Some errors of the disk end the transaction for all.
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
      run: (sql, params = {}) => this.#sqlite.query(sql).run(params).changes,
      touch: (monitorId) => void touched.add(monitorId),
      runScript: (sql) => void this.#sqlite.run(sql),
    }
  }

  // What is written to a file that nobody finds again is lost, however safe it is there.
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
