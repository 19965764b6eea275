import { describe, expect, test } from 'bun:test'
import { DAY, HOUR } from '#lib/duration.ts'
import { dayInZone, isTimeZone, lastDays, momentInZone, shortMomentInZone, timeZones, zoneLabel } from '#lib/zone.ts'

const NOON = Date.UTC(2026, 10, 24, 12, 5, 9)

test('zoneLabel: Etc/GMT+1 is shown as UTC-1, and timeZones leaves it out', () => {
  expect(['Etc/GMT+1', 'Etc/GMT-14', 'Etc/GMT', 'Europe/Riga'].map(zoneLabel)).toEqual([
    'UTC-1',
    'UTC+14',
    'Etc/GMT',
    'Europe/Riga',
  ])
  expect(timeZones().filter((zone) => zone.startsWith('Etc/'))).toEqual([])
})

describe('momentInZone', () => {
  test.each([
    ['UTC', '24 Nov 2026, 12:05:09'],
    ['Europe/Riga', '24 Nov 2026, 14:05:09'],
    ['Asia/Kolkata', '24 Nov 2026, 17:35:09'],
    ['Pacific/Auckland', '25 Nov 2026, 01:05:09'],
  ])('in %s is %s', (zone, words) => {
    expect(momentInZone(NOON, zone)).toBe(words)
  })

  test('shortMomentInZone names the year only when it differs in the zone', () => {
    const newYear = Date.UTC(2026, 11, 31, 23, 30)
    expect(shortMomentInZone(NOON, { zone: 'UTC', now: newYear })).toBe('24 Nov, 12:05')
    expect(shortMomentInZone(NOON, { zone: 'Europe/Riga', now: newYear })).toBe('24 Nov 2026, 14:05')
  })

  test('September has three letters, like every month', () => {
    expect(dayInZone(Date.UTC(2026, 8, 2, 12), 'UTC')).toBe('2 Sep 2026')
    expect(dayInZone(Date.UTC(2026, 6, 2, 12), 'UTC')).toBe('2 Jul 2026')
  })

  test('midnight is 00, not 24', () => {
    expect(shortMomentInZone(Date.UTC(2026, 10, 24), { zone: 'UTC', now: NOON })).toBe('24 Nov, 00:00')
    expect(dayInZone(Date.UTC(2026, 10, 24, 23), 'Europe/Riga')).toBe('25 Nov 2026')
  })
})

describe('lastDays', () => {
  test('leaves no gap and ends now', () => {
    const days = lastDays(90, { zone: 'Europe/Riga', now: NOON })
    expect(days).toHaveLength(90)
    expect(days.at(-1)).toEqual({ from: Date.UTC(2026, 10, 23, 22), to: NOON })
    for (const [index, day] of days.entries()) if (index > 0) expect(days[index - 1]?.to).toBe(day.from)
  })

  test('has days of 23 and 25 hours when clocks change', () => {
    const lengths = (now: number) => lastDays(3, { zone: 'Europe/Riga', now }).map(({ from, to }) => to - from)
    expect(lengths(Date.UTC(2026, 2, 30, 12))[1]).toBe(DAY - HOUR)
    expect(lengths(Date.UTC(2026, 9, 26, 12))[1]).toBe(DAY + HOUR)
  })
})

describe('isTimeZone', () => {
  test.each(['UTC', 'Europe/Riga', 'America/Argentina/Buenos_Aires'])('accepts %s', (zone) => {
    expect(isTimeZone(zone)).toBe(true)
    expect(timeZones()).toContain(zone)
  })

  test.each(['', 'Europe/Nowhere', '+03:00', '<script>', `Europe/${'x'.repeat(100)}`])('refuses %p', (zone) => {
    expect(isTimeZone(zone)).toBe(false)
  })
})
