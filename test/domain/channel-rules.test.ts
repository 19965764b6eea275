import { describe, expect, test } from 'bun:test'
import { ALL_DAYS, QuietHours, quietUntil } from '#domain/channel-rules.ts'
import { DAY, HOUR } from '#lib/duration.ts'

const NIGHT: QuietHours = { from: '22:00', to: '07:00', days: [...ALL_DAYS], tz: 'Europe/Riga' }
const at = (text: string): number => Date.parse(text)
const until = (hours: Partial<QuietHours>, moment: string): string | null => {
  const end = quietUntil({ ...NIGHT, ...hours }, at(moment))
  return end === null ? null : new Date(end).toISOString().replace(':00.000Z', 'Z')
}

describe('quietUntil', () => {
  test.each([
    ['before they begin', '2026-03-02T21:59:59+02:00', null],
    ['when they begin', '2026-03-02T22:00:00+02:00', '2026-03-03T05:00Z'],
    ['after midnight', '2026-03-03T03:00:00+02:00', '2026-03-03T05:00Z'],
    ['just before they end', '2026-03-03T06:59:59+02:00', '2026-03-03T05:00Z'],
    ['when they end', '2026-03-03T07:00:00+02:00', null],
  ])('%s', (_when, moment, end) => {
    expect(until({}, moment)).toBe(end)
  })

  test('belongs to the day on which the hours begin', () => {
    // 6 March 2026 is a Friday.
    const hours = { days: [5] }
    expect(until(hours, '2026-03-06T03:00:00+02:00')).toBeNull()
    expect(until(hours, '2026-03-07T03:00:00+02:00')).toBe('2026-03-07T05:00Z')
    expect(until(hours, '2026-03-07T23:00:00+02:00')).toBeNull()
  })

  test('goes on through days that follow each other', () => {
    const weekend = { from: '00:00', to: '00:00', days: [6, 7] }
    expect(until(weekend, '2026-03-06T23:59:00+02:00')).toBeNull()
    expect(until(weekend, '2026-03-07T10:00:00+02:00')).toBe('2026-03-08T22:00Z')
    expect(until(weekend, '2026-03-09T00:00:00+02:00')).toBeNull()
  })

  test('follows the wall clock when summer time begins and ends', () => {
    expect(until({}, '2026-03-28T23:00:00+02:00')).toBe('2026-03-29T04:00Z')
    expect(until({}, '2026-10-24T23:00:00+03:00')).toBe('2026-10-25T05:00Z')
  })

  test('ends at the skip if the wall clock never shows the end', () => {
    // In Riga, 03:00 to 04:00 is skipped on 29 March 2026.
    expect(until({ to: '03:30' }, '2026-03-29T01:00:00+02:00')).toBe('2026-03-29T01:00Z')
    expect(until({ from: '03:30', to: '05:00' }, '2026-03-29T04:10:00+03:00')).toBe('2026-03-29T02:00Z')
  })

  test('counts a repeated hour from its first time to its last', () => {
    // 03:00 to 04:00 is repeated on 25 October 2026, which has 25 hours.
    const hours = { from: '02:00', to: '04:30' }
    expect(until(hours, '2026-10-25T02:30:00+03:00')).toBe('2026-10-25T02:30Z')
    expect(until(hours, '2026-10-25T03:30:00+02:00')).toBe('2026-10-25T02:30Z')
  })

  test('always ends', () => {
    const almostAlways = { from: '12:00', to: '11:59' }
    for (let hour = 0; hour < 24 * 400; hour += 7) {
      const now = at('2026-01-01T00:00:00Z') + hour * HOUR
      const end = quietUntil({ ...NIGHT, ...almostAlways }, now)
      expect(end === null || (end > now && end <= now + 2 * DAY)).toBe(true)
    }
  })
})

describe('QuietHours', () => {
  test.each([
    [{ from: '24:00' }, 'not_clock'],
    [{ to: '7:00' }, 'not_clock'],
    [{ days: [] }, 'no_days'],
    [{ days: [0] }, 'not_day'],
    [{ tz: 'Europe/Nowhere' }, 'not_zone'],
    [{ from: '08:00', to: '08:00' }, 'whole_week'],
  ])('refuses %p', (change, problem) => {
    expect(QuietHours.safeParse({ ...NIGHT, ...change }).error?.issues.map(({ message }) => message)).toEqual([problem])
  })

  test('accepts a whole day if another one is left out', () => {
    expect(QuietHours.parse({ ...NIGHT, from: '00:00', to: '00:00', days: [7, 6, 6] }).days).toEqual([6, 7])
  })
})
