// Copies the database while it is in use, and inspects copies.
import { Database, SQLiteError } from 'bun:sqlite'
import { dirname } from 'node:path'
import type { BackupCounts } from '#domain/backup.ts'
import { diskSpace } from '#lib/disk.ts'
import { AppError } from '#lib/errors.ts'
import { codeOf, sha256OfFile, sizeOf, syncFile } from '#lib/files.ts'
import { sizeInWords } from '#lib/size.ts'
import { type Reader, TEMP_STORE_IN_MEMORY } from './database.ts'
import { pendingMigrations, schemaVersion } from './migrations.ts'
import { openReadOnly, openReadOnlyFile, readerOf } from './read-only.ts'
import { hasIncrementalVacuum } from './retention.ts'

/** The result of inspecting a database. */
export interface DatabaseFacts {
  schema: number
  counts: BackupCounts
}

export interface CopyFacts extends DatabaseFacts {
  bytes: number
  sha256: string
}

export interface CopyOrder {
  /** The database, which may be in use. */
  from: string
  /** An empty or missing file. */
  to: string
}

// In the executable, import.meta.url is that of main.ts for every module, so the path of the worker is relative to it.
export const BACKUP_WORKER = new URL(
  Bun.isStandaloneExecutable ? './store/backup-worker.ts' : './backup-worker.ts',
  import.meta.url,
)

/** The file is damaged or not a CronGuard database. Retrying does not help. */
export class UnusableDatabaseError extends AppError {
  constructor(problem: string) {
    super('conflict', problem)
    this.name = 'UnusableDatabaseError'
  }
}

const BUSY_TIMEOUT_MS = 5000
/** Space for the copy, for file system overhead, and a reserve for pings. */
const SPACE_FACTOR = 1.1
const SPACE_RESERVE_BYTES = 4_000_000
const TABLES = ['users', 'projects', 'monitors', 'channels', 'pings'] as const

/**
 * Copies a snapshot of a database and checks the copy. Blocks for as long as that takes. Throws conflict when there is
 * not enough space or the database is damaged.
 */
export function copyDatabase({ from, to }: CopyOrder): CopyFacts {
  try {
    return copyBy(new Database(from, { readonly: true, strict: true }), to)
  } catch (error) {
    // On a full or read-only disk, SQLite cannot create the write-ahead log that it needs even for reading.
    if (!/^SQLITE_(CANTOPEN|READONLY|IOERR)/.test(codeOf(error) ?? '')) throw error
    return copyBy(openReadOnlyFile(from), to)
  }
}

function copyBy(database: Database, to: string): CopyFacts {
  try {
    database.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`)
    database.run(TEMP_STORE_IN_MEMORY)
    return copyFrom(database, to)
  } finally {
    database.close()
  }
}

/** As `copyDatabase`, for an open database. */
export function copyFrom(database: Database, to: string): CopyFacts {
  requireSpace(dirname(to), neededBytes(readerOf(database)))
  try {
    // VACUUM INTO applies this to the copy, so that copies of early databases can free unused pages.
    if (!hasIncrementalVacuum(readerOf(database))) database.run('PRAGMA auto_vacuum = INCREMENTAL')
    database.query('VACUUM INTO $to').run({ to })
  } catch (error) {
    throw isFull(error) ? notEnoughSpace(dirname(to)) : isDamage(error) ? damaged(error) : error
  }
  // The file is synced here, because only this thread may wait for the disk.
  syncFile(to)
  return { ...inspectDatabase(to), bytes: sizeOf(to), sha256: sha256OfFile(to) }
}

/** Checks a database that is not in use. Throws `UnusableDatabaseError`. */
export function inspectDatabase(path: string): DatabaseFacts {
  return inDatabase(path, (reader) => {
    requireSound(reader)
    const schema = schemaVersion(reader)
    if (schema === 0) throw new UnusableDatabaseError('This file is not a CronGuard database.')
    return { schema, counts: countRows(reader) }
  })
}

/** Counts pending migrations. Throws as `inspectDatabase`, and conflict when the database is newer than CronGuard. */
export function countPending(path: string): number {
  return inDatabase(path, (reader) => pendingMigrations(reader).length)
}

/** Throws conflict when the file system with `folder` has less than `bytes` free. */
export function requireSpace(folder: string, bytes: number): void {
  const space = diskSpace(folder)
  if (space !== null && space.freeBytes < bytes) throw notEnoughSpace(folder, { free: space.freeBytes, needed: bytes })
}

/** The maximum space that a copy of this database needs. */
export function neededBytes(reader: Reader): number {
  const row = reader.get<{ bytes: number }>(
    'SELECT page_count * page_size AS bytes FROM pragma_page_count(), pragma_page_size()',
  )
  return Math.ceil((row?.bytes ?? 0) * SPACE_FACTOR) + SPACE_RESERVE_BYTES
}

function inDatabase<T>(path: string, work: (reader: Reader) => T): T {
  try {
    return openReadOnly(path, work)
  } catch (error) {
    throw isDamage(error) ? damaged(error) : error
  }
}

/** Whether SQLite reports that the file is damaged. */
export function isDamage(error: unknown): boolean {
  return error instanceof SQLiteError && /^SQLITE_(CORRUPT|NOTADB)/.test(error.code ?? '')
}

function requireSound(reader: Reader): void {
  const [first] = reader.all<{ integrity_check: string }>('PRAGMA integrity_check(1)')
  if (first?.integrity_check !== 'ok') throw damaged(first?.integrity_check)
}

// A newer schema may lack a table.
function countRows(reader: Reader): BackupCounts {
  const counts = TABLES.map((table) => [table, hasTable(reader, table) ? countOf(reader, table) : 0])
  return Object.fromEntries(counts) as BackupCounts
}

function hasTable(reader: Reader, name: string): boolean {
  return reader.get("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = $name", { name }) !== null
}

function countOf(reader: Reader, table: (typeof TABLES)[number]): number {
  return reader.get<{ count: number }>(`SELECT count(*) AS count FROM ${table}`)?.count ?? 0
}

function isFull(error: unknown): boolean {
  return error instanceof SQLiteError && error.code === 'SQLITE_FULL'
}

function notEnoughSpace(folder: string, sizes?: { free: number; needed: number }): AppError {
  const what = sizes ? `${sizeInWords(sizes.needed)} needed, ${sizeInWords(sizes.free)} free` : 'it is full'
  return new AppError('conflict', `Not enough space on the disk with ${folder}: ${what}.`)
}

export function damaged(problem: unknown): UnusableDatabaseError {
  const [line = ''] = (problem instanceof Error ? problem.message : String(problem)).split('\n')
  return new UnusableDatabaseError(`The database is damaged: ${line.slice(0, 200)}.`)
}
