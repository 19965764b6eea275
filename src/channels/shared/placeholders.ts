// Placeholders such as $NAME in the requests of a webhook, with the names of Healthchecks.

/** The values of placeholders. Text in names and output is not searched for placeholders again. */
export interface PlaceholderValues {
  CODE: string
  STATUS: string
  /** The moment of the change, as ISO 8601. */
  NOW: string
  NAME: string
  SLUG: string
  tags: readonly string[]
  EXITSTATUS: string
  /** The output of the ping; empty if there is none. */
  BODY: string
  /** The check as the management API shows it, as JSON. */
  JSON: string
}

/** Where a text is used. Headers and addresses have no `$BODY`, as in Healthchecks. */
export type Place = 'url' | 'header' | 'body'

// Longer names come first: $NAME_JSON contains $NAME.
const PLACEHOLDER = /\$(?:(NAME_JSON|BODY_JSON|EXITSTATUS|STATUS|NAME|SLUG|TAGS|CODE|NOW|JSON|BODY)|TAG([1-9]\d*))/g

/**
 * Replaces the placeholders of a text in one pass. Unknown ones stay as they are. Once the values have more than `max`
 * characters together, the other placeholders become empty.
 */
export function fillPlaceholders(text: string, values: PlaceholderValues, place: Place, max = Infinity): string {
  let length = 0
  return text.replace(PLACEHOLDER, (found, name: string | undefined, digits: string | undefined) => {
    if (length > max) return ''
    if (name?.startsWith('BODY') && place !== 'body') return found
    const filled =
      digits === undefined ? encode(valueNamed(name ?? '', values), place) : tagAt({ found, digits, values, place })
    length += filled.length
    return filled
  })
}

function valueNamed(name: string, values: PlaceholderValues): string {
  switch (name) {
    case 'NAME_JSON':
      return JSON.stringify(values.NAME)
    case 'BODY_JSON':
      return JSON.stringify(values.BODY)
    case 'TAGS':
      return values.tags.join(' ')
    default:
      return values[name as 'CODE' | 'STATUS' | 'NOW' | 'NAME' | 'SLUG' | 'EXITSTATUS' | 'BODY' | 'JSON']
  }
}

// With 9 tags, $TAG12 is the first tag followed by a 2.
function tagAt(tag: { found: string; digits: string; values: PlaceholderValues; place: Place }): string {
  const { found, digits, values, place } = tag
  for (let length = digits.length; length > 0; length -= 1) {
    const value = values.tags[Number(digits.slice(0, length)) - 1]
    if (value !== undefined) return encode(value, place) + digits.slice(length)
  }
  return found
}

function encode(value: string, place: Place): string {
  if (place === 'url') return urlPart(value).replaceAll('%2F', '/')
  return place === 'header' ? headerText(value) : value
}

/** Percent-encodes a text, also one with half a character. */
export function urlPart(text: string): string {
  return encodeURIComponent(text.toWellFormed())
}

/**
 * A text that a header can contain. Control characters, such as those that color the output of a job, become spaces,
 * and characters outside Latin-1 become HTML entities, as in Healthchecks.
 */
export function headerText(text: string): string {
  return text
    .replace(/\p{Cc}+/gu, ' ')
    .replace(/[\u0100-\u{10ffff}]/gu, (character) => `&#${character.codePointAt(0)};`)
}
