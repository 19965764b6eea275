import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { OBSOLETE_ZONES } from '#lib/obsolete-zones.ts'
import { currentZoneName, ZONE_NAME_MAX_LENGTH } from '#lib/zone-names.ts'
import { latestWallTimeAt, momentOfWallTime, offsetPeriodAt, setZoneFolders, wallTimeAt } from '#lib/zone-time.ts'
import { ODD_ZONES } from '../support/expressions.ts'

const HOUR = 3_600_000
const SPRING = Date.UTC(2024, 2, 31, 1)
const AUTUMN = Date.UTC(2023, 9, 29, 1)

describe('zone-time', () => {
  // Temporal uses the data in Bun; the database of the system may be newer.
  beforeAll(() => setZoneFolders([]))
  afterAll(() => setZoneFolders(undefined))

  test.each(['UTC', 'Etc/GMT+3', 'Pacific/Apia', ...ODD_ZONES])('wallTimeAt agrees with Temporal in %s', (zone) => {
    for (let at = Date.UTC(1999, 0, 1); at < Date.UTC(2041, 0, 1); at += 31 * HOUR) {
      const offsetMs = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).offsetNanoseconds / 1e6
      expect(wallTimeAt(zone, at)).toBe(at + offsetMs)
    }
  })

  test('wallTimeAt uses the offset of 1970 before that, and the last rule in the future', () => {
    expect(wallTimeAt('Europe/Riga', Date.UTC(1900, 0, 1))).toBe(Date.UTC(1900, 0, 1, 3))
    expect(wallTimeAt('Europe/Riga', Date.UTC(2199, 6, 1))).toBe(Date.UTC(2199, 6, 1, 3))
  })

  test('offsetPeriodAt ends with the next change', () => {
    const winter = offsetPeriodAt('Europe/Riga', SPRING - 1)
    expect(winter).toEqual({ from: AUTUMN, until: SPRING, offsetMs: 2 * HOUR })
    expect(offsetPeriodAt('Europe/Riga', SPRING).offsetMs).toBe(3 * HOUR)
    expect(offsetPeriodAt('UTC', 0).until).toBe(Number.POSITIVE_INFINITY)
  })

  test('momentOfWallTime: a skipped wall time is the moment of the skip', () => {
    const from = SPRING - HOUR
    expect(momentOfWallTime('Europe/Riga', { wall: Date.UTC(2024, 2, 31, 3, 30), from })).toBe(SPRING)
    expect(momentOfWallTime('Europe/Riga', { wall: Date.UTC(2024, 2, 31, 4, 30), from })).toBe(SPRING + HOUR / 2)
  })

  test('momentOfWallTime finds both moments of a repeated wall time', () => {
    const wall = Date.UTC(2023, 9, 29, 3, 30)
    expect(momentOfWallTime('Europe/Riga', { wall, from: AUTUMN - 6 * HOUR })).toBe(AUTUMN - HOUR / 2)
    expect(momentOfWallTime('Europe/Riga', { wall, from: AUTUMN })).toBe(AUTUMN + HOUR / 2)
  })

  test('latestWallTimeAt stays at the end of the hour while it repeats', () => {
    const beforeFour = Date.UTC(2023, 9, 29, 4) - 1
    expect(latestWallTimeAt('Europe/Riga', AUTUMN - 1)).toBe(beforeFour)
    expect(latestWallTimeAt('Europe/Riga', AUTUMN + HOUR / 2)).toBe(beforeFour)
    expect(latestWallTimeAt('Europe/Riga', AUTUMN + HOUR)).toBe(Date.UTC(2023, 9, 29, 4))
    expect(latestWallTimeAt('Europe/Riga', SPRING)).toBe(wallTimeAt('Europe/Riga', SPRING))
  })
})

describe('currentZoneName', () => {
  test.each(['UTC', 'Etc/UTC', 'Etc/GMT+3', 'Europe/Riga', 'Asia/Kolkata'])('keeps %s', (name) => {
    expect(currentZoneName(name)).toBe(name)
  })

  test.each([
    ['Europe/Kiev', 'Europe/Kyiv'],
    ['UCT', 'Etc/UTC'],
    ['CET', 'Europe/Brussels'],
    ['Asia/Calcutta', 'Asia/Kolkata'],
    ['US/Eastern', 'America/New_York'],
    ['Iceland', 'Atlantic/Reykjavik'],
  ])('%s becomes %s', (obsolete, current) => {
    expect(currentZoneName(obsolete)).toBe(current)
  })

  test.each([
    '',
    'GMT+3',
    'UTC+1',
    '+03:00',
    'utc',
    'europe/riga',
    'Europe/riga',
    'Europe/Nowhere',
    'PST',
    'constructor',
    ' Europe/Riga',
    `Europe/${'x'.repeat(100)}`,
    '<script>',
  ])('%p is not a zone', (name) => {
    expect(currentZoneName(name)).toBeNull()
  })

  test('knows every zone in the select list, with names short enough', () => {
    for (const name of Intl.supportedValuesOf('timeZone')) {
      expect(currentZoneName(name)).toBe(name)
      expect(name.length).toBeLessThanOrEqual(ZONE_NAME_MAX_LENGTH)
    }
  })

  test('an obsolete name maps to a current one with the same offsets', () => {
    const moments = [2020, 2026].flatMap((year) => [Date.UTC(year, 0, 1), Date.UTC(year, 6, 1)])
    for (const [obsolete, current] of Object.entries(OBSOLETE_ZONES)) {
      expect({ obsolete, current: currentZoneName(current) }).toEqual({ obsolete, current })
      for (const at of moments)
        expect([obsolete, wallTimeAt(obsolete, at)]).toEqual([obsolete, wallTimeAt(current, at)])
    }
  })
})
