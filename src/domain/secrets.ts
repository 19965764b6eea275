// Masks keys in what a job sent, so that viewers, who may not ping, can read the rest.

const MASK = '••••'

/** A possible key or alias. */
const WORD = /[A-Za-z0-9_-]{4,128}/g
const UUID = /[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}/gi

/**
 * Where a key appears, even one of another instance: ping URLs of each dialect, mail addresses, headers, parameters.
 */
const PLACES: readonly RegExp[] = [
  /(?<=\/(?:ping|p|api\/push|v1\/check_in)\/)[A-Za-z0-9_-]+/gi,
  /(?<=\/api\/\d+\/cron\/[A-Za-z0-9_-]+\/)[A-Za-z0-9_-]+/gi,
  /(?<=https?:\/\/[^\s@]+\/)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi,
  /(?<=https?:\/\/)[A-Za-z0-9_-]+(?=(?::[^\s@/]*)?@)/gi,
  /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?=@)/gi,
  /[A-Za-z0-9_-]{16,128}(?=\+[a-z0-9_-]+@)/gi,
  /(?<=\b(?:GenieKey|Bearer|Basic) {1,20})[A-Za-z0-9_+/=.-]+/gi,
  /(?<=\b(?:x-api-key|api[_-]?key|sentry_key|ping[_-]?key)["']?\s{0,20}[:=]\s{0,20}["']?)[A-Za-z0-9_-]+/gi,
  /\bcg[rw]_[A-Za-z0-9]+/g,
]

/** Possible keys in a text, to look up in the database: UUIDs in their stored form, and all words. */
export function possibleKeys(text: string): { uuids: string[]; words: string[] } {
  const uuids = (text.match(UUID) ?? []).map(hyphenated)
  return { uuids: [...new Set(uuids)], words: [...new Set(text.match(WORD))] }
}

/** A UUID of any form in its stored form. */
function hyphenated(uuid: string): string {
  const digits = uuid.replaceAll('-', '').toLowerCase()
  return [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20)].join(
    '-',
  )
}

/** Which ends of a text were cut off. */
export interface CutEnds {
  start: boolean
  end: boolean
}

/** The most of a line that is dropped because its beginning is missing. */
const LINE_MAX = 1000

/**
 * Masks the known `keys`, and anything in a place where a key appears. If the end of the text was cut, its last word is
 * dropped: it may be half a key. If the start was cut, its first line is dropped: what says that a key follows may be
 * missing.
 */
export function withoutKeys(text: string, { keys, cut }: { keys: readonly string[]; cut: CutEnds }): string {
  const fromLine = cut.start ? text.replace(new RegExp(`^[^\\n]{0,${LINE_MAX}}[A-Za-z0-9_-]*`), '…') : text
  const whole = cut.end ? fromLine.replace(/(?<![A-Za-z0-9_-])[A-Za-z0-9_-]+$/, '…') : fromLine
  const unnamed = PLACES.reduce((masked, place) => masked.replace(place, MASK), whole)
  return keys.reduce((masked, key) => (key === '' ? masked : masked.replace(patternOf(key), MASK)), unnamed)
}

// A UUID matches in any case and without hyphens. Other keys match as whole words only.
function patternOf(key: string): RegExp {
  const isUuid = key.length === 36 && key.split('-').length === 5
  return isUuid
    ? new RegExp(key.replaceAll('-', '-?'), 'gi')
    : new RegExp(`(?<![A-Za-z0-9_])${key}(?![A-Za-z0-9_])`, 'gi')
}
