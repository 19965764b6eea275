// A parser that reads a text from left to right, phrase by phrase.

export interface Reading {
  readonly text: string
  /** The position of the next character. */
  at: number
}

/** A pattern that ends at a word boundary. `take` returns its groups. */
export function phrase(source: string): RegExp {
  return new RegExp(`[\\s,]*(?:${source})(?![\\p{L}\\p{N}])`, 'iuy')
}

/** Consumes `pattern` if it comes next and returns its groups; null otherwise. */
export function take(reading: Reading, pattern: RegExp): (string | undefined)[] | null {
  pattern.lastIndex = reading.at
  const match = pattern.exec(reading.text)
  if (!match) return null
  reading.at = pattern.lastIndex
  return match.slice(1)
}

export function readPart(reading: Reading): string {
  return reading.text.slice(0, reading.at).trim()
}

export function unreadPart(reading: Reading): string {
  return reading.text.slice(reading.at).replace(/^[\s,]+/, '')
}
