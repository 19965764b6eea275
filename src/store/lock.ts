import { Database, SQLiteError } from 'bun:sqlite'
import { join } from 'node:path'
import { makeFile } from '#lib/files.ts'
import { isReplaced } from './database.ts'

/** Held as long as the process lives; the kernel gives it back when the process ends, however it ends. */
export interface FolderLock {
  /** Whether another folder, or another file, stands where it was taken: there it keeps nobody out. */
  isReplaced(): boolean
  release(): void
}

const LOCK_FILE = 'cronguard.lock'

/** Takes the data folder for this process alone; null when another one has it. */
export function lockFolder(folder: string): FolderLock | null {
  const path = join(folder, LOCK_FILE)
  makeFile(path)
  const sqlite = new Database(path, { readwrite: true, strict: true })
  try {
    sqlite.run('PRAGMA locking_mode = EXCLUSIVE')
    sqlite.run('BEGIN EXCLUSIVE')
    return { isReplaced: () => isReplaced(sqlite), release: () => sqlite.close() }
  } catch (error) {
    sqlite.close()
    if (error instanceof SQLiteError && error.code?.startsWith('SQLITE_BUSY')) return null
    throw error
  }
}

/** Whether a process has the data folder; takes nothing, and makes no file. */
export function isFolderTaken(folder: string): boolean {
  try {
    const sqlite = new Database(join(folder, LOCK_FILE), { readonly: true, strict: true })
    try {
      sqlite.run('SELECT count(*) FROM sqlite_schema')
    } finally {
      sqlite.close()
    }
    return false
  } catch (error) {
    return error instanceof SQLiteError && error.code?.startsWith('SQLITE_BUSY') === true
  }
}
