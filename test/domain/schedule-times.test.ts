import { describe, expect, test } from 'bun:test'
import { nextTimes, readExpression } from '#domain/schedule-times.ts'

const FROM = Date.UTC(2026, 2, 28, 12)
const times = (text: string, zone = 'Europe/Riga', count = 3) =>
  nextTimes(readExpression(text), { from: FROM, zone, count }).map((time) => new Date(time).toISOString().slice(0, 16))

describe('nextTimes', () => {
  test.each([
    ['0 3 * * *', ['2026-03-29T01:00', '2026-03-30T00:00', '2026-03-31T00:00']],
    ['weekdays at 18:30', ['2026-03-30T15:30', '2026-03-31T15:30', '2026-04-01T15:30']],
    ['Mon..Fri 18:30', ['2026-03-30T15:30', '2026-03-31T15:30', '2026-04-01T15:30']],
    ['every 2 hours', ['2026-03-28T14:00', '2026-03-28T16:00', '2026-03-28T18:00']],
    ['daily', ['2026-03-28T22:00', '2026-03-29T21:00', '2026-03-30T21:00']],
  ])('of %p across a clock change', (text, expected) => {
    expect(times(text)).toEqual(expected)
  })

  test('are fewer if the schedule ends', () => {
    expect(times('2026-04-01', 'UTC')).toEqual(['2026-04-01T00:00'])
    expect(times('2026-01-01', 'UTC')).toEqual([])
  })

  test.each(['', 'every blue monday', '0 0 31 2 *', '* * * * * *'])('readExpression refuses %p', (text) => {
    expect(() => readExpression(text)).toThrow()
  })
})
