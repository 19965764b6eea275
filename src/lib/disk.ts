import { accessSync, constants, statfsSync } from 'node:fs'
import { codeOf } from './files.ts'

/** With less free space than this, SQLite may be unable to write anything. */
const FULL_BYTES = 1_000_000

export interface DiskSpace {
  /** Available to this user. */
  freeBytes: number
  totalBytes: number
}

/** The space of the file system that holds `path`. Null when it is unknown or the path does not exist. */
export function diskSpace(path: string): DiskSpace | null {
  try {
    const { bavail, blocks, bsize } = statfsSync(path)
    return blocks === 0 ? null : { freeBytes: bavail * bsize, totalBytes: blocks * bsize }
  } catch {
    return null
  }
}

/** Also false when the space is unknown. */
export function isDiskFull(space: DiskSpace | null): boolean {
  return space !== null && space.freeBytes < FULL_BYTES
}

/** Whether the file system of a path is mounted read-only, at least for this process. */
export function isReadOnly(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return false
  } catch (error) {
    return codeOf(error) === 'EROFS'
  }
}
