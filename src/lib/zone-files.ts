// Reads the system's time zone database, which has one file per zone.
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { readTzif, type ZoneFile } from './tzif.ts'

const USUAL_FOLDERS = ['/usr/share/zoneinfo', '/usr/lib/zoneinfo', '/usr/share/lib/zoneinfo', '/etc/zoneinfo']

/** The longest current name has 30 characters. */
export const ZONE_NAME_MAX_LENGTH = 36
/** The largest current file has 4 kB. */
const FILE_SIZE_MAX = 64 * 1024

/** Names with dots are refused, so that they cannot leave the folder. */
export function looksLikeZoneName(name: string): boolean {
  return name.length <= ZONE_NAME_MAX_LENGTH && /^[A-Za-z][\w/+-]*$/.test(name)
}

/** Reads the zone from the first folder that has a valid file. Null when none has. */
export function readZoneFile(zone: string, folders: readonly string[] = USUAL_FOLDERS): ZoneFile | null {
  if (!looksLikeZoneName(zone)) return null
  for (const folder of folders) {
    const bytes = readSmallFile(join(folder, zone))
    const file = bytes && readTzif(bytes)
    if (file) return file
  }
  return null
}

// An unreadable file counts as missing, because Bun has most zones built in.
function readSmallFile(path: string): Uint8Array | null {
  try {
    const file = statSync(path, { throwIfNoEntry: false })
    return file?.isFile() && file.size <= FILE_SIZE_MAX ? readFileSync(path) : null
  } catch {
    return null
  }
}
