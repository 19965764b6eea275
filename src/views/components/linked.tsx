import type { Child } from '#jsx/jsx-runtime'

/** A text in which addresses of the web are links, and nothing else is. */
export function Linked({ text }: { text: string }) {
  return <>{partsOf(text)}</>
}

const ADDRESS = /\bhttps?:\/\/[^\s<>"'`\p{Cc}\p{Cf}]+/giu

function partsOf(text: string): Child[] {
  const parts: Child[] = []
  let at = 0
  for (const { 0: found, index } of text.matchAll(ADDRESS)) {
    const url = withoutPunctuation(found)
    if (!isHarmless(url)) continue
    parts.push(
      text.slice(at, index),
      <a href={url} rel="noopener noreferrer nofollow">
        {url}
      </a>,
    )
    at = index + url.length
  }
  return [...parts, text.slice(at)]
}

/** What ends a sentence does not belong to the address, and a bracket only where it was opened in it. */
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

// With a name before an @ it leads elsewhere than it seems to.
function isHarmless(url: string): boolean {
  if (!URL.canParse(url)) return false
  const { username, password, hostname } = new URL(url)
  return username === '' && password === '' && hostname !== ''
}
