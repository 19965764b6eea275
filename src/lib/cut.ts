// Cuts texts at a limit without splitting a character, and says so.

/** How a receiver counts the length of a text: each character as 1 or more. */
export type Measure = (text: string) => number

export const countCharacters: Measure = (text) => [...text].length
export const countUnits: Measure = (text) => text.length
export const countBytes: Measure = (text) => Buffer.byteLength(text)

/** The mark in place of what was cut. */
export const CUT_MARK = '… (cut)'

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** The text's beginning, with a mark if it is longer than `max`. */
export function cutEnd(text: string, max: number, measure: Measure = countCharacters): string {
  if (measure(text) <= max) return text
  const mark = measure(CUT_MARK) < max ? CUT_MARK : ''
  return takeWithin(charactersOf(text.slice(0, unitsFor(max))), max - measure(mark), measure).join('') + mark
}

/** The text's end, with a mark before it if it is longer than `max`. */
export function cutStart(text: string, max: number, measure: Measure = countCharacters): string {
  if (measure(text) <= max) return text
  const mark = measure(CUT_MARK) + 1 < max ? `${CUT_MARK}\n` : ''
  return (
    mark +
    takeWithin(charactersOf(text.slice(-unitsFor(max))).reverse(), max - measure(mark), measure)
      .reverse()
      .join('')
  )
}

// No measure lets more units through. Splitting a long text into characters takes a second.
function unitsFor(max: number): number {
  return 2 * Math.max(0, max) + 2
}

// Emoji and letters with accents consist of several code points that must stay together.
function charactersOf(text: string): string[] {
  return Array.from(graphemes.segment(text), ({ segment }) => segment)
}

function takeWithin(characters: readonly string[], max: number, measure: Measure): string[] {
  let size = 0
  const end = characters.findIndex((character) => {
    size += measure(character)
    return size > max
  })
  return characters.slice(0, end === -1 ? characters.length : end)
}
