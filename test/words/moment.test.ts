import { describe, expect, test } from 'bun:test'
import { HOUR, MINUTE, SECOND } from '#lib/duration.ts'
import { agoInWords, dueInWords } from '#words/moment.ts'

const NOW = Date.parse('2026-11-24T12:00:00Z')

describe('dueInWords and agoInWords', () => {
  test.each([
    [2 * HOUR, 'in 2 hours'],
    [SECOND, 'in 1 second'],
    [SECOND - 1, 'due now'],
    [0, 'due now'],
    [1 - SECOND, 'due now'],
    [-SECOND, '1 second overdue'],
    [-2 * HOUR, '2 hours overdue'],
  ])('dueInWords: %p ms from now is %p', (ms, words) => {
    expect(dueInWords(NOW + ms, NOW)).toBe(words)
  })

  test.each([
    [0, 'just now'],
    [5 * SECOND - 1, 'just now'],
    [-SECOND, 'just now'],
    [5 * SECOND, '5 seconds ago'],
    [2 * HOUR + 59 * MINUTE, '2 hours ago'],
  ])('agoInWords: %p ms ago is %p', (ms, words) => {
    expect(agoInWords(NOW - ms, NOW)).toBe(words)
  })
})
