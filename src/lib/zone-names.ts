import { OBSOLETE_ZONES } from './obsolete-zones.ts'
import { looksLikeZoneName } from './zone-files.ts'
import { isInZoneDatabase } from './zone-time.ts'

export { ZONE_NAME_MAX_LENGTH } from './zone-files.ts'

/** Other folders of the database hold names that only system clocks use, like posix/ and right/. */
const PLACE = /^(?:Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Europe|Indian|Pacific)\//

/** The current name of a time zone ("Europe/Kyiv" for "Europe/Kiev"), or null when unknown. Case-sensitive. */
export function currentZoneName(name: string): string | null {
  const current = Object.hasOwn(OBSOLETE_ZONES, name) ? (OBSOLETE_ZONES[name] as string) : name
  return isZone(current) ? current : null
}

// Zones newer than Bun's built-in data are only in the system's database.
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
