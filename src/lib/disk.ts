import { readdirSync, statfsSync, statSync } from 'node:fs'
import { join } from 'node:path'

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

/** When the newest of the files in `folder` whose names end with `ending` was written; null when there is none. */
export function newestFileAt(folder: string, ending: string): number | null {
  try {
    const names = readdirSync(folder).filter((name) => name.endsWith(ending))
    const times = names.map((name) => Math.floor(statSync(join(folder, name)).mtimeMs))
    return times.length === 0 ? null : Math.max(...times)
  } catch {
    return null
  }
}
