import { describe, expect, test } from 'bun:test'
import { HOUR, MINUTE, SECOND } from '#lib/duration.ts'
import { offsetInFile, readTzif, type ZoneFile } from '#lib/tzif.ts'
import { offsetByRule, readZoneRule, type ZoneRule } from '#lib/zone-rule.ts'
import { tzif } from '../support/tzif.ts'

const SPRING = Date.UTC(2024, 2, 31, 1)
const AUTUMN = Date.UTC(2024, 9, 27, 1)
const SPRING_AFTER = Date.UTC(2025, 2, 30, 1)
const RIGA = {
  offsets: [5784, 7200, 10_800],
  changes: [
    [-1_000_000_000, 1],
    [SPRING / SECOND, 2],
    [AUTUMN / SECOND, 1],
  ] as [number, number][],
}
const RULE = 'EET-2EEST,M3.5.0/3,M10.5.0/4'

const read = (bytes: Uint8Array) => readTzif(bytes) as ZoneFile
const rule = (text: string) => readZoneRule(text) as ZoneRule

/** The times of the year at which a rule changes the clocks, and the offset in hours after each. */
function changesIn(year: number, text: string): [at: string, hours: number][] {
  const changes: [string, number][] = []
  let { until } = offsetByRule(rule(text), Date.UTC(year, 0, 1) - 1)
  while (until < Date.UTC(year + 1, 0, 1)) {
    const clocks = offsetByRule(rule(text), until)
    changes.push([new Date(until).toISOString().slice(5, 16), clocks.offsetMs / HOUR])
    until = clocks.until
  }
  return changes
}

describe('readTzif', () => {
  test.each([
    ['slim', { version: 2, isFat: false }],
    ['fat', { version: 2, isFat: true }],
    ['of version 3', { version: 3, isFat: false }],
    ['of version 4', { version: 4, isFat: false }],
  ] as const)('reads the changes of a file that is %s, and the rule for later times', (_what, form) => {
    const file = read(tzif({ ...RIGA, ...form, footer: RULE }))
    expect(offsetInFile(file, Date.UTC(1930, 0, 1)).offsetMs).toBe(5784 * SECOND)
    expect(offsetInFile(file, 0)).toEqual({ offsetMs: 2 * HOUR, until: SPRING })
    expect(offsetInFile(file, SPRING)).toEqual({ offsetMs: 3 * HOUR, until: AUTUMN })
    expect(offsetInFile(file, AUTUMN)).toEqual({ offsetMs: 2 * HOUR, until: SPRING_AFTER })
    expect(offsetInFile(file, SPRING_AFTER)).toEqual({ offsetMs: 3 * HOUR, until: Date.UTC(2025, 9, 26, 1) })
  })

  test('version 1 has no rule: the last offset stays', () => {
    const file = read(tzif({ ...RIGA, version: 1 }))
    expect(offsetInFile(file, SPRING)).toEqual({ offsetMs: 3 * HOUR, until: AUTUMN })
    expect(offsetInFile(file, AUTUMN)).toEqual({ offsetMs: 2 * HOUR, until: Number.POSITIVE_INFINITY })
  })

  test('a file without rule and changes has one offset forever', () => {
    const file = read(tzif({ offsets: [-10_800] }))
    expect(offsetInFile(file, 0)).toEqual({ offsetMs: -3 * HOUR, until: Number.POSITIVE_INFINITY })
  })

  test('a file without changes always uses its rule', () => {
    const file = read(tzif({ offsets: [7200], footer: RULE }))
    expect(offsetInFile(file, SPRING)).toEqual({ offsetMs: 3 * HOUR, until: AUTUMN })
  })

  test('a change may rename the time without changing the offset', () => {
    const changes: [number, number][] = [
      [1000, 1],
      [2000, 2],
      [3000, 1],
    ]
    const file = read(tzif({ offsets: [3600, 3600, 3600], changes, footer: 'CET-1' }))
    expect(offsetInFile(file, 0)).toEqual({ offsetMs: HOUR, until: Number.POSITIVE_INFINITY })
  })

  // America/Ojinaga adopted the rule of its neighbors in the fall of 2022, a week before the next change of that rule.
  test('the last change may be before the rule takes effect', () => {
    const last = Date.UTC(2022, 9, 30, 8)
    const changes: [number, number][] = [[last / SECOND, 1]]
    const file = read(tzif({ offsets: [-21_600, -21_600], changes, footer: 'CST6CDT,M3.2.0,M11.1.0' }))
    expect(offsetInFile(file, last)).toEqual({ offsetMs: -6 * HOUR, until: Date.UTC(2023, 2, 12, 8) })
  })

  test.each(Object.entries(unreadable()))('refuses a file that is %s', (_what, bytes) => {
    expect(readTzif(bytes)).toBeNull()
  })

  test('refuses a file truncated at any point', () => {
    const bytes = tzif({ ...RIGA, isFat: true, footer: RULE })
    for (let length = 0; length < bytes.length; length += 1) expect(readTzif(bytes.subarray(0, length))).toBeNull()
  })

  test('never throws with any byte wrong', () => {
    const bytes = tzif({ ...RIGA, isFat: true, footer: RULE })
    for (let index = 0; index < bytes.length; index += 1) {
      for (const wrong of [0, 1, 127, 255]) {
        const file = readTzif(bytes.with(index, wrong))
        if (file) expect(offsetInFile(file, SPRING).until).toBeGreaterThan(SPRING)
      }
    }
  })

  function unreadable(): Record<string, Uint8Array> {
    const good = tzif({ ...RIGA, footer: RULE })
    return {
      empty: new Uint8Array(),
      'a text': Buffer.from('# a table of zones\n'.repeat(20)),
      'one that counts leap seconds': tzif({ ...RIGA, leapSeconds: 2 }),
      'without an offset': tzif({ offsets: [] }),
      'of changes in the wrong order': tzif({ ...RIGA, changes: [...RIGA.changes].reverse() }),
      'of two changes at once': tzif({ ...RIGA, changes: [...RIGA.changes, [AUTUMN / SECOND, 2]] }),
      'of an offset that it does not have': tzif({ ...RIGA, changes: [[0, 9]] }),
      'of an offset of more than a day': tzif({ offsets: [30 * 3600] }),
      'with an invalid rule': tzif({ ...RIGA, footer: 'EET-2EEST' }),
      'of counts larger than itself': good.with(44 + 10 + 20 + 12, 255),
    }
  }
})

describe('readZoneRule', () => {
  test.each([
    ['CET-1CEST,M3.5.0,M10.5.0/3', ['03-31T01:00', 2], ['10-27T01:00', 1]],
    ['EST5EDT,M3.2.0,M11.1.0', ['03-10T07:00', -4], ['11-03T06:00', -5]],
    ['<-02>2<-01>,M3.5.0/-1,M10.5.0/0', ['03-31T01:00', -1], ['10-27T01:00', -2]],
    ['EET-2EEST,M3.4.4/50,M10.4.4/50', ['03-30T00:00', 3], ['10-25T23:00', 2]],
    ['IST-2IDT,M3.4.4/26,M10.5.0', ['03-29T00:00', 3], ['10-26T23:00', 2]],
    ['<+1030>-10:30<+11>-11,M10.1.0,M4.1.0', ['04-06T15:00', 10.5], ['10-05T15:30', 11]],
    ['IST-1GMT0,M10.5.0,M3.5.0/1', ['03-31T01:00', 1], ['10-27T01:00', 0]],
    ['AAA3BBB,J60/0,J305/12:30:30', ['03-01T03:00', -2], ['11-01T14:30', -3]],
    ['AAA3BBB,59/0,305/0', ['02-29T03:00', -2], ['11-01T02:00', -3]],
    ['AAA-24BBB-23,0/167,J365/-167', ['01-06T23:00', 23], ['12-23T02:00', 24]],
  ] as [string, ...[string, number][]][])('%s changes the clocks of 2024', (text, ...changes) => {
    expect(changesIn(2024, text)).toEqual(changes)
  })

  test('a day of the year counts February 29, or does not', () => {
    expect(changesIn(2025, 'AAA3BBB,J60/0,J305/0')[0]).toEqual(['03-01T03:00', -2])
    expect(changesIn(2025, 'AAA3BBB,59/0,305/0')[0]).toEqual(['03-01T03:00', -2])
  })

  test.each([
    ['<+03>-3', 3 * HOUR],
    ['<-0345>+3:45', -3.75 * HOUR],
    ['LMT0:44:30', -(44 * MINUTE + 30 * SECOND)],
    ['UTC0', 0],
    ['EST5EDT,0/0,J365/25', -4 * HOUR],
    ['XXX-2<+01>-1,0/0,J365/23', HOUR],
  ])('%s never changes the offset', (text, offsetMs) => {
    for (const year of [1970, 2024, 2100]) {
      const at = Date.UTC(year, 0, 1)
      expect(offsetByRule(rule(text), at)).toEqual({ offsetMs, until: Number.POSITIVE_INFINITY })
    }
  })

  test.each([
    '',
    'EET',
    'E-2',
    'EET-25',
    'EET-2:60',
    'EET-2EEST',
    'EET-2EEST,M3.5.0',
    'EET-2EEST,M3.5.0/168,M10.5.0',
    'EET-2EEST,M13.1.0,M10.5.0',
    'EET-2EEST,M3.6.0,M10.5.0',
    'EET-2EEST,M3.5.7,M10.5.0',
    'EET-2EEST,J0,J366',
    'EET-2EEST,0,366',
    '<EET-2',
    ' EET-2',
    `${'A'.repeat(60_000)}`,
  ])('%p is not a rule', (text) => {
    expect(readZoneRule(text)).toBeNull()
  })
})
