// A text that is read from left to right, phrase by phrase.

export interface Reading {
  readonly text: string
  /** How much of it has been read. */
  at: number
}

/** A phrase that ends where a word ends. What `source` puts into groups is handed out. */
export function phrase(source: string): RegExp {
  return new RegExp(`[\\s,]*(?:${source})(?![\\p{L}\\p{N}])`, 'iuy')
}

/** The groups of the phrase when it comes next, which is then read; null otherwise. */
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
