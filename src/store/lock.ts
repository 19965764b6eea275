import { Database, SQLiteError } from 'bun:sqlite'
import { join } from 'node:path'
import { makeFile } from '#lib/files.ts'
import { isReplaced } from './database.ts'

/** A lock that lasts as long as the process. The kernel releases it even after a crash. */
export interface FolderLock {
  /** Whether the folder or the lock file was replaced, so that the lock no longer protects it. */
  isReplaced(): boolean
  release(): void
}

const LOCK_FILE = 'cronguard.lock'

/** Locks the data folder. Null when another process has locked it. */
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

/** Whether a process has locked the data folder. Does not lock it and creates no file. */
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
