import { OBSOLETE_ZONES } from './obsolete-zones.ts'
import { looksLikeZoneName } from './zone-files.ts'
import { isInZoneDatabase } from './zone-time.ts'

export { ZONE_NAME_MAX_LENGTH } from './zone-files.ts'

/** Beside these, the folders of the database have names that only a system's own clocks are set by. */
const PLACE = /^(?:Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Europe|Indian|Pacific)\//

/** What a time zone is called now ("Europe/Kyiv" for "Europe/Kiev"), or null for what is none. Case counts. */
export function currentZoneName(name: string): string | null {
  const current = Object.hasOwn(OBSOLETE_ZONES, name) ? (OBSOLETE_ZONES[name] as string) : name
  return isZone(current) ? current : null
}

// A zone that is newer than Bun is only in the database.
function isZone(name: string): boolean {
  return looksLikeZoneName(name) && (isInBun(name) || (PLACE.test(name) && isInZoneDatabase(name)))
}

function isInBun(name: string): boolean {
  try {
    return Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name).timeZoneId === name
  } catch {
    return false
  }
}
