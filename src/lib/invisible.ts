// Handles invisible characters. Some reorder the text around them, so that one name looks like another.

/** Bidirectional overrides, embeddings and isolates. */
const DIRECTION_CONTROLS = /[\u202a-\u202e\u2066-\u2069]/g

/**
 * Format characters and blank letters. Joiners stay between non-ASCII letters (Persian and emoji need them), and tag
 * characters stay in flag emoji.
 */
const TAG = '[\\u{e0020}-\\u{e007f}]'
const JOINER = '[\\u200c\\u200d]'
const NOT_ASCII = '[^\\0-\\x7f]'
const BLANK = '\\p{Cf}|\\u034f|\\u115f|\\u1160|\\u17b4|\\u17b5|\\u2800|\\u3164|\\uffa0'
const NOT_PLAIN = new RegExp(NOT_ASCII)
const INVISIBLE = new RegExp(
  `(?!${JOINER})(?!(?<=\\u{1f3f4}${TAG}*)${TAG})(?:${BLANK})|(?<!${NOT_ASCII})${JOINER}|${JOINER}(?!${NOT_ASCII})`,
  'gu',
)

/** Removes invisible characters from user input. */
export function withoutInvisible(text: string): string {
  return isPlain(text) ? text : text.replace(INVISIBLE, '')
}

/** Replaces direction controls by a visible sign in shown text, which may have been stored without that check. */
export function withVisibleDirections(text: string): string {
  return isPlain(text) ? text : text.replace(DIRECTION_CONTROLS, '\ufffd')
}

function isPlain(text: string): boolean {
  return !NOT_PLAIN.test(text)
}
