// Keys that people and other tools bring along, instead of those that CronGuard makes itself.

/** What Healthchecks has room for. */
export const GIVEN_PING_KEY_MAX = 128
export const GIVEN_BADGE_KEY_MAX = 150
/** A shorter one can be guessed. */
export const GIVEN_KEY_MIN = 16

/** What the paths of pages begin with, and those of the other dialects: never the ping key of a project. */
export const OWN_SEGMENTS: ReadonlySet<string> = new Set(
  `api assets b badge channels deliveries docs health incidents instance invitations livez login logout metrics
   monitors p password-reset ping projects readyz register settings setup v1 v2 verify-email`.split(/\s+/),
)

const UUID_PARTS = /^([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})$/

/** A UUID in small letters with hyphens, however it was written; null for anything else. */
export function readUuid(text: string): string | null {
  const parts = UUID_PARTS.exec(text.toLowerCase())
  return parts === null ? null : parts.slice(1).join('-')
}

/** Every way in which a key for pings may be written that means the same: a UUID in capitals, or without hyphens. */
export function spellingsOf(key: string): string[] {
  const uuid = readUuid(key)
  if (uuid === null) return [key]
  return [...new Set([key, uuid, uuid.toUpperCase(), uuid.replaceAll('-', '')])]
}
