import { OBSOLETE_ZONES } from './obsolete-zones.ts'

/** The longest name of today has 30. */
export const ZONE_NAME_MAX_LENGTH = 36

/** What a time zone is called now ("Europe/Kyiv" for "Europe/Kiev"), or null for what is none. Case counts. */
export function currentZoneName(name: string): string | null {
  const current = Object.hasOwn(OBSOLETE_ZONES, name) ? (OBSOLETE_ZONES[name] as string) : name
  return isZone(current) ? current : null
}

function isZone(name: string): boolean {
  if (name.length > ZONE_NAME_MAX_LENGTH || !/^[A-Za-z][\w/+-]*$/.test(name)) return false
  try {
    return Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name).timeZoneId === name
  } catch {
    return false
  }
}
