// Keys that come from elsewhere: an import, an alias, a given ping key.

/** The length of the column in Healthchecks. */
export const GIVEN_PING_KEY_MAX = 128
export const GIVEN_BADGE_KEY_MAX = 150
/** A shorter key can be guessed, or is the first segment of a page's path, like "password-reset". */
export const GIVEN_KEY_MIN = 16

const UUID_PARTS = /^([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})$/

/** The UUID in lower case with hyphens, whatever form `text` has. Null if `text` isn't a UUID. */
export function readUuid(text: string): string | null {
  const parts = UUID_PARTS.exec(text.toLowerCase())
  return parts === null ? null : parts.slice(1).join('-')
}

/** All spellings of a ping key: a UUID also in upper case and without hyphens. */
export function spellingsOf(key: string): string[] {
  const uuid = readUuid(key)
  if (uuid === null) return [key]
  return [...new Set([key, uuid, uuid.toUpperCase(), uuid.replaceAll('-', '')])]
}
