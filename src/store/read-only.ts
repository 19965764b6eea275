// Opens a database to look into it, which changes nothing.
import { constants, Database } from 'bun:sqlite'
import { isFile } from '#lib/files.ts'
import { type Params, type Reader, TEMP_STORE_IN_MEMORY } from './database.ts'

/** Looks into a database without changing anything, also while another process writes. Throws what SQLite says. */
export function openReadOnly<T>(path: string, look: (reader: Reader) => T): T {
  const sqlite = openReadOnlyFile(path)
  try {
    sqlite.run(`${TEMP_STORE_IN_MEMORY}; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON`)
    // What is read twice is of one moment: a manifest must not count what its schema does not know.
    sqlite.run('BEGIN DEFERRED')
    return look(readerOf(sqlite))
  } finally {
    sqlite.close()
  }
}

const NOT_SHARED = constants.SQLITE_OPEN_READONLY | constants.SQLITE_OPEN_URI

/**
 * To read alone. Whoever writes keeps a log beside it. Without one nobody does, and SQLite is told so: else it makes
 * one to look.
 */
export function openReadOnlyFile(path: string): Database {
  if (isFile(`${path}-wal`)) return new Database(path, { readonly: true, strict: true })
  return new Database(`${Bun.pathToFileURL(path).href}?immutable=1`, NOT_SHARED)
}

/** What is open already, as whoever may only look at it sees it. */
export function readerOf(sqlite: Database): Reader {
  return {
    all: <Row>(sql: string, params: Params = {}) => sqlite.query<Row, Params>(sql).all(params),
    get: <Row>(sql: string, params: Params = {}) => sqlite.query<Row, Params>(sql).get(params),
  }
}
