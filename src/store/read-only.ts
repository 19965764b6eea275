// Opens a database for reading only.
import { constants, Database } from 'bun:sqlite'
import { isFile } from '#lib/files.ts'
import { type Params, type Reader, TEMP_STORE_IN_MEMORY } from './database.ts'

/** Reads a database without changing anything, even while another process writes. Throws SQLite's errors. */
export function openReadOnly<T>(path: string, look: (reader: Reader) => T): T {
  const sqlite = openReadOnlyFile(path)
  try {
    sqlite.run(`${TEMP_STORE_IN_MEMORY}; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON`)
    // All reads see one snapshot, so that the counts of a manifest match its schema.
    sqlite.run('BEGIN DEFERRED')
    return look(readerOf(sqlite))
  } finally {
    sqlite.close()
  }
}

const NOT_SHARED = constants.SQLITE_OPEN_READONLY | constants.SQLITE_OPEN_URI

/**
 * Opens a file for reading. Without a write-ahead log no one is writing to it, so it is opened as immutable. Otherwise
 * SQLite would create a log just for reading.
 */
export function openReadOnlyFile(path: string): Database {
  if (isFile(`${path}-wal`)) return new Database(path, { readonly: true, strict: true })
  return new Database(`${Bun.pathToFileURL(path).href}?immutable=1`, NOT_SHARED)
}

/** Wraps an open database as a reader. */
export function readerOf(sqlite: Database): Reader {
  return {
    all: <Row>(sql: string, params: Params = {}) => sqlite.query<Row, Params>(sql).all(params),
    get: <Row>(sql: string, params: Params = {}) => sqlite.query<Row, Params>(sql).get(params),
  }
}
