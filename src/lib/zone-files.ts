// Where the system keeps the time zone database, one file per zone.
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { readTzif, type ZoneFile } from './tzif.ts'

const USUAL_FOLDERS = ['/usr/share/zoneinfo', '/usr/lib/zoneinfo', '/usr/share/lib/zoneinfo', '/etc/zoneinfo']

/** The longest name of today has 30. */
export const ZONE_NAME_MAX_LENGTH = 36
/** The largest file of today has 4 kB. */
const FILE_SIZE_MAX = 64 * 1024

/** Without dots, so that it never leads out of a folder. */
export function looksLikeZoneName(name: string): boolean {
  return name.length <= ZONE_NAME_MAX_LENGTH && /^[A-Za-z][\w/+-]*$/.test(name)
}

/** What the first folder says that has a sound file of the zone; null if none has. */
export function readZoneFile(zone: string, folders: readonly string[] = USUAL_FOLDERS): ZoneFile | null {
  if (!looksLikeZoneName(zone)) return null
  for (const folder of folders) {
    const bytes = readSmallFile(join(folder, zone))
    const file = bytes && readTzif(bytes)
    if (file) return file
  }
  return null
}

// What cannot be read is as good as not there: Bun knows most zones as well.
function readSmallFile(path: string): Uint8Array | null {
  try {
    const file = statSync(path, { throwIfNoEntry: false })
    return file?.isFile() && file.size <= FILE_SIZE_MAX ? readFileSync(path) : null
  } catch {
    return null
  }
}
