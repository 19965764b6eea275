// Masks secrets in what a job sent, so that messages and viewers, who may not ping, can show the rest.
import { KEY_MARKER, SECRETS } from './secret-shapes.ts'

export const MASK = '••••'

/** A possible key or alias. */
const WORD = /[A-Za-z0-9_-]{4,128}/g
const UUID = /[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}/gi

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

export interface KnownSecrets {
  /** Keys of this instance. */
  keys: readonly string[]
  /** Words that the project hides, in any case. */
  words: readonly string[]
}

/** The most of a line that is dropped because its beginning is missing. */
const LINE_MAX = 1000

/**
 * Masks the known secrets, and whatever looks like one. If the end of the text was cut, its last word is dropped: it
 * may be half a secret. If the start was cut, its first line is dropped: what says that a secret follows may be
 * missing.
 */
export function redact(text: string, { keys, words, cut }: KnownSecrets & { cut: CutEnds }): string {
  const fromLine = cut.start ? text.replace(new RegExp(`^[^\\n]{0,${LINE_MAX}}[A-Za-z0-9_-]*`), '…') : text
  const whole = cut.end ? fromLine.replace(/(?<![A-Za-z0-9_-])[A-Za-z0-9_-]+$/, '…') : fromLine
  const shaped = SECRETS.reduce((masked, secret) => masked.replace(secret, withMark), withoutKeyBlocks(whole))
  const unkeyed = keys.reduce((masked, key) => (key === '' ? masked : masked.replace(patternOf(key), MASK)), shaped)
  // Words come last: without the word "token", "token: abc" would no longer look like a secret.
  return withoutWords(unkeyed, words)
}

// The second argument is the first group, or the position in the text if the pattern has no group.
function withMark(_match: string, kept: unknown): string {
  return typeof kept === 'string' ? kept + MASK : MASK
}

// A block without an end ends with the text. If its beginning is missing, the lines before its end are masked.
function withoutKeyBlocks(text: string): string {
  const shown: string[] = []
  let [from, isInside] = [0, false]
  for (const { 0: marker, 1: kind, index } of text.matchAll(KEY_MARKER)) {
    const before = text.slice(from, index)
    if (kind === 'BEGIN' && isInside) continue
    if (!isInside) shown.push(kind === 'BEGIN' ? before : before.slice(0, keyStart(before)), MASK)
    isInside = kind === 'BEGIN'
    from = index + marker.length
  }
  return shown.length === 0 ? text : [...shown, isInside ? '' : text.slice(from)].join('')
}

/** Where the Base64 at the end of the text begins. */
function keyStart(text: string): number {
  let start = text.length
  while (start > 0 && /[A-Za-z0-9+/=\r\n]/.test(text[start - 1] ?? '')) start--
  return start
}

function withoutWords(text: string, words: readonly string[]): string {
  if (words.length === 0) return text
  // In a longer word that contains a shorter one, the whole word is masked.
  const longestFirst = words.toSorted((a, b) => b.length - a.length)
  const escaped = longestFirst.map((word) => word.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'))
  return text.replace(new RegExp(escaped.join('|'), 'giu'), MASK)
}

// A UUID matches in any case and without hyphens. Other keys match as whole words only.
function patternOf(key: string): RegExp {
  const isUuid = key.length === 36 && key.split('-').length === 5
  return isUuid
    ? new RegExp(key.replaceAll('-', '-?'), 'gi')
    : new RegExp(`(?<![A-Za-z0-9_])${key}(?![A-Za-z0-9_])`, 'gi')
}
