// Characters that nobody sees: some make the text around them read in another order, so that a name looks like another.

/** Overrides, embeddings and isolates of the direction of writing. */
const DIRECTION_CONTROLS = /[\u202a-\u202e\u2066-\u2069]/g

/**
 * Format characters, and letters that are blank. What joins or parts letters of a script (Persian, emoji) stays between
 * such letters, and the tags stay in flags.
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

/** For what is typed: the text without invisible characters. */
export function withoutInvisible(text: string): string {
  return isPlain(text) ? text : text.replace(INVISIBLE, '')
}

/** For what is shown, and may be older than that: a visible sign in the place of what turns the text around. */
export function withVisibleDirections(text: string): string {
  return isPlain(text) ? text : text.replace(DIRECTION_CONTROLS, '\ufffd')
}

function isPlain(text: string): boolean {
  return !NOT_PLAIN.test(text)
}
