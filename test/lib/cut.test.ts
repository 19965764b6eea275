import { describe, expect, test } from 'bun:test'
import { CUT_MARK, countBytes, countCharacters, countUnits, cutEnd, cutStart } from '#lib/cut.ts'

const FAMILY = '👩‍👩‍👧‍👦'

describe.each([
  ['cutEnd', cutEnd],
  ['cutStart', cutStart],
])('%s', (_name, cut) => {
  test('returns a text that fits as it is', () => {
    expect(cut('abc', 3)).toBe('abc')
    expect(cut('äöü', 6, countBytes)).toBe('äöü')
    expect(cut('', 0)).toBe('')
  })

  test.each([countCharacters, countUnits, countBytes])('stays within any limit, and splits no character', (measure) => {
    const text = `${FAMILY}é备🛡️x`.repeat(20)
    for (let max = 0; max < measure(text); max += 1) {
      const result = cut(text, max, measure)
      expect(measure(result)).toBeLessThanOrEqual(max)
      const kept = result.replace(CUT_MARK, '').trim()
      expect(kept.replaceAll(FAMILY, '').replaceAll('🛡️', '')).toMatch(/^[é备x]*$/)
    }
  })

  test('says that something is missing', () => {
    expect(cut('a'.repeat(100), 50)).toContain(CUT_MARK)
    expect(cut('a'.repeat(100), 3)).toBe('aaa')
  })
})

test('cutEnd keeps the beginning, and cutStart the end', () => {
  const text = `first ${'x'.repeat(100)} last`
  expect(cutEnd(text, 30)).toMatch(/^first x+… \(cut\)$/)
  expect(cutStart(text, 30)).toMatch(/^… \(cut\)\nx+ last$/)
})
