// Finds the web addresses in a text.

export interface TextPart {
  text: string
  /** Whether the text is an address that is safe to link. */
  isUrl: boolean
}

const ADDRESS = /\bhttps?:\/\/[^\s<>"'`\p{Cc}\p{Cf}]+/giu

/** The parts of a text, in order. Together they are the text. */
export function splitLinks(text: string): TextPart[] {
  const parts: TextPart[] = []
  let at = 0
  const add = (until: number, isUrl: boolean): void => {
    if (until > at) parts.push({ text: text.slice(at, until), isUrl })
    at = until
  }
  for (const { 0: found, index } of text.matchAll(ADDRESS)) {
    const url = withoutPunctuation(found)
    if (!isHarmless(url)) continue
    add(index, false)
    add(index + url.length, true)
  }
  add(text.length, false)
  return parts
}

// The end of a sentence is not part of the address. A closing bracket is part of it only if it was opened in it.
function withoutPunctuation(found: string): string {
  let surplus = found.split(')').length - found.split('(').length
  let end = found.length
  for (; end > 0; end--) {
    const last = found[end - 1] ?? ''
    const isClosing = ']}'.includes(last) || (last === ')' && surplus > 0)
    if (!isClosing && !'.,;:!?*_~'.includes(last)) break
    if (last === ')') surplus--
  }
  return found.slice(0, end)
}

// An address with a name before an @ leads elsewhere than it seems to.
function isHarmless(url: string): boolean {
  if (!URL.canParse(url)) return false
  const { username, password, hostname } = new URL(url)
  return username === '' && password === '' && hostname !== ''
}
