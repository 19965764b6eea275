import { accessSync, constants, statfsSync } from 'node:fs'
import { codeOf } from './files.ts'

/** With less than this free, SQLite cannot be sure to write anything. */
const FULL_BYTES = 1_000_000

export interface DiskSpace {
  /** What this user may still write. */
  freeBytes: number
  totalBytes: number
}

/** Of the file system that holds `path`; null when it does not say, or is not there. */
export function diskSpace(path: string): DiskSpace | null {
  try {
    const { bavail, blocks, bsize } = statfsSync(path)
    return blocks === 0 ? null : { freeBytes: bavail * bsize, totalBytes: blocks * bsize }
  } catch {
    return null
  }
}

/** False also when it cannot be told. */
export function isDiskFull(space: DiskSpace | null): boolean {
  return space !== null && space.freeBytes < FULL_BYTES
}

/** Whether the file system of a path takes no writes, or takes none from this process. */
export function isReadOnly(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return false
  } catch (error) {
    return codeOf(error) === 'EROFS'
  }
}
