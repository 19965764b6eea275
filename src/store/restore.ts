// Locks a database that is to be replaced, and merges its write-ahead log into the file.
import { Database, SQLiteError } from 'bun:sqlite'
import { AppError } from '#lib/errors.ts'
import { type CopyFacts, copyFrom, damaged, isDamage } from './backup.ts'
import { TEMP_STORE_IN_MEMORY } from './database.ts'

export interface HeldDatabase {
  /** Copies it to an empty or new file. Throws as `copyDatabase`. */
  copyTo(path: string): CopyFacts
  release(): void
}

const BUSY_TIMEOUT_MS = 2000

/**
 * Locks a database until it is released. Its write-ahead log is merged and removed, because SQLite would apply it to
 * the database that replaces this one. Throws conflict while the database is in use, and `UnusableDatabaseError`.
 */
export function holdDatabase(path: string): HeldDatabase {
  const database = new Database(path, { readwrite: true, create: false, strict: true })
  try {
    database.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`)
    database.run(TEMP_STORE_IN_MEMORY)
    database.run('PRAGMA locking_mode = EXCLUSIVE')
    database.query('PRAGMA journal_mode = DELETE').get()
    return { copyTo: (to) => copyFrom(database, to), release: () => database.close() }
  } catch (error) {
    database.close()
    if (isDamage(error)) throw damaged(error)
    throw isBusy(error) ? inUse() : error
  }
}

/** Merges the write-ahead log of a database that is not in use into its file. Throws as `holdDatabase`. */
export function mergeWal(path: string): void {
  holdDatabase(path).release()
}

function isBusy(error: unknown): boolean {
  return error instanceof SQLiteError && (error.code ?? '').startsWith('SQLITE_BUSY')
}

function inUse(): AppError {
  return new AppError('conflict', 'Another program is using the database. Try again after it has ended.')
}
