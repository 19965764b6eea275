// Copies of the database, made while it is in use, and what is in them.
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

/** What is known of a database that was looked through. */
export interface DatabaseFacts {
  schema: number
  counts: BackupCounts
}

export interface CopyFacts extends DatabaseFacts {
  bytes: number
  sha256: string
}

export interface CopyOrder {
  /** The database, which others may be using. */
  from: string
  /** An empty file, or none. */
  to: string
}

// In the executable every module stands where main.ts stands; the worker keeps its place below it.
export const BACKUP_WORKER = new URL(
  Bun.isStandaloneExecutable ? './store/backup-worker.ts' : './backup-worker.ts',
  import.meta.url,
)

/** The file is damaged, or none of CronGuard: no second try can help. */
export class UnusableDatabaseError extends AppError {
  constructor(problem: string) {
    super('conflict', problem)
    this.name = 'UnusableDatabaseError'
  }
}

const BUSY_TIMEOUT_MS = 5000
/** The copy, what the file system needs besides, and a little that is left for pings. */
const ROOM_SHARE = 1.1
const ROOM_SPARE_BYTES = 4_000_000
const TABLES = ['users', 'projects', 'monitors', 'channels', 'pings'] as const

/**
 * Copies a database as it is at one moment, and looks through the copy. Blocks for as long as that takes. Throws
 * conflict when there is no room, or when what is there is not sound.
 */
export function copyDatabase({ from, to }: CopyOrder): CopyFacts {
  try {
    return copyBy(new Database(from, { readonly: true, strict: true }), to)
  } catch (error) {
    // Where the disk is full or takes nothing, SQLite cannot make the log that it wants even to read.
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

/** As `copyDatabase`, for a database that is open already. */
export function copyFrom(database: Database, to: string): CopyFacts {
  requireRoom(dirname(to), neededBytes(readerOf(database)))
  try {
    // The copy of an early database can give space back, though the database itself cannot.
    if (!hasIncrementalVacuum(readerOf(database))) database.run('PRAGMA auto_vacuum = INCREMENTAL')
    database.query('VACUUM INTO $to').run({ to })
  } catch (error) {
    throw isFull(error) ? noRoom(dirname(to)) : isDamage(error) ? damaged(error) : error
  }
  // Here, and not where it gets its name: this thread may wait for the disk.
  syncFile(to)
  return { ...inspectDatabase(to), bytes: sizeOf(to), sha256: sha256OfFile(to) }
}

/** Looks through a database that nobody uses. Throws `UnusableDatabaseError`. */
export function inspectDatabase(path: string): DatabaseFacts {
  return inDatabase(path, (reader) => {
    requireSound(reader)
    const schema = schemaVersion(reader)
    if (schema === 0) throw new UnusableDatabaseError('This is no database of CronGuard.')
    return { schema, counts: countRows(reader) }
  })
}

/** How many migrations a database still lacks. Throws as `inspectDatabase`, and conflict when it is newer than this. */
export function countPending(path: string): number {
  return inDatabase(path, (reader) => pendingMigrations(reader).length)
}

/** Throws conflict when the file system with `folder` has less than `bytes` free. */
export function requireRoom(folder: string, bytes: number): void {
  const space = diskSpace(folder)
  if (space !== null && space.freeBytes < bytes) throw noRoom(folder, { free: space.freeBytes, needed: bytes })
}

/** How much room a copy of this database takes at most. */
export function neededBytes(reader: Reader): number {
  const row = reader.get<{ bytes: number }>(
    'SELECT page_count * page_size AS bytes FROM pragma_page_count(), pragma_page_size()',
  )
  return Math.ceil((row?.bytes ?? 0) * ROOM_SHARE) + ROOM_SPARE_BYTES
}

function inDatabase<T>(path: string, work: (reader: Reader) => T): T {
  try {
    return openReadOnly(path, work)
  } catch (error) {
    throw isDamage(error) ? damaged(error) : error
  }
}

/** Whether SQLite says that the file itself is at fault. */
export function isDamage(error: unknown): boolean {
  return error instanceof SQLiteError && /^SQLITE_(CORRUPT|NOTADB)/.test(error.code ?? '')
}

function requireSound(reader: Reader): void {
  const [first] = reader.all<{ integrity_check: string }>('PRAGMA integrity_check(1)')
  if (first?.integrity_check !== 'ok') throw damaged(first?.integrity_check)
}

// A newer schema may have given up a table.
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

function noRoom(folder: string, sizes?: { free: number; needed: number }): AppError {
  const what = sizes ? `${sizeInWords(sizes.needed)} are needed, ${sizeInWords(sizes.free)} are free` : 'it is full'
  return new AppError('conflict', `There is no room on the disk with ${folder}: ${what}.`)
}

export function damaged(problem: unknown): UnusableDatabaseError {
  const [line = ''] = (problem instanceof Error ? problem.message : String(problem)).split('\n')
  return new UnusableDatabaseError(`The database is damaged: ${line.slice(0, 200)}.`)
}
