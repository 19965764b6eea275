import { afterEach, describe, expect, test } from 'bun:test'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { nextTimes, readExpression } from '#domain/schedule-times.ts'
import { HOUR, SECOND } from '#lib/duration.ts'
import { clockInZone, isTimeZone, lastDays, momentInZone, timeZones } from '#lib/zone.ts'
import { readZoneFile } from '#lib/zone-files.ts'
import { currentZoneName } from '#lib/zone-names.ts'
import { offsetPeriodAt, setZoneFolders, wallTimeAt } from '#lib/zone-time.ts'
import { ODD_ZONES } from '../support/expressions.ts'
import { removeZoneFolders, tzif, zoneFolder } from '../support/tzif.ts'

const NOW = Date.UTC(2026, 10, 24, 12)
/** Unknown to Bun's data: the clocks of Riga are set forward by two hours on 1 December 2026 at 01:00. */
const NEW_LAW = tzif({
  offsets: [7200, 14_400],
  changes: [[Date.UTC(2026, 10, 30, 23) / SECOND, 1]],
  footer: '<+04>-4',
})
const ZONES = ['UTC', ...Intl.supportedValuesOf('timeZone')]

afterEach(() => {
  setZoneFolders(undefined)
  removeZoneFolders()
})

describe("Zone files: the system's database", () => {
  test('is used for schedules', () => {
    setZoneFolders([zoneFolder({ 'Europe/Riga': NEW_LAW })])
    const times = nextTimes(readExpression('0 3 * * *'), {
      from: Date.UTC(2026, 10, 29, 12),
      zone: 'Europe/Riga',
      count: 3,
    })
    expect(times.map((at) => new Date(at).toISOString().slice(5, 16))).toEqual([
      '11-30T01:00',
      '11-30T23:00',
      '12-01T23:00',
    ])
  })

  test('is used for shown times', () => {
    setZoneFolders([zoneFolder({ 'Europe/Riga': NEW_LAW })])
    const at = Date.UTC(2026, 11, 24, 20, 30)
    expect(momentInZone(at, 'Europe/Riga')).toBe('25 Dec 2026, 00:30:00')
    expect(clockInZone(at, 'Europe/Riga')).toBe('00:30')
    expect(lastDays(25, { zone: 'Europe/Riga', now: at })[0]).toEqual({
      from: Date.UTC(2026, 10, 30, 22),
      to: Date.UTC(2026, 11, 1, 20),
    })
  })

  test('may have a zone that Bun lacks', () => {
    expect(isTimeZone('Europe/Atlantis')).toBe(false)
    setZoneFolders([zoneFolder({ 'Europe/Atlantis': tzif({ offsets: [1800], footer: '<+0030>-0:30' }) })])
    expect(currentZoneName('Europe/Atlantis')).toBe('Europe/Atlantis')
    expect(momentInZone(NOW, 'Europe/Atlantis')).toBe('24 Nov 2026, 12:30:00')
    setZoneFolders([])
    expect(isTimeZone('Europe/Atlantis')).toBe(false)
    expect(momentInZone(NOW, 'Europe/Atlantis')).toBe('24 Nov 2026, 12:00:00')
  })

  test('is read by the current name of a zone when it lacks the old one', () => {
    setZoneFolders([zoneFolder({ 'Europe/Kyiv': NEW_LAW })])
    expect(wallTimeAt('Europe/Kiev', Date.UTC(2027, 0, 1))).toBe(Date.UTC(2027, 0, 1, 4))
  })

  test('is read from the first folder that has the zone', () => {
    const other = tzif({ offsets: [0], footer: 'UTC0' })
    const folders = [zoneFolder({}), zoneFolder({ 'Europe/Riga': NEW_LAW }), zoneFolder({ 'Europe/Riga': other })]
    setZoneFolders(folders)
    expect(wallTimeAt('Europe/Riga', NOW)).toBe(NOW + 2 * HOUR)
    expect(wallTimeAt('Europe/Oslo', NOW)).toBe(NOW + HOUR)
  })

  test('is read again after setZoneFolders', () => {
    setZoneFolders([])
    expect(wallTimeAt('Europe/Riga', Date.UTC(2027, 0, 1))).toBe(Date.UTC(2027, 0, 1, 2))
    setZoneFolders([zoneFolder({ 'Europe/Riga': NEW_LAW })])
    expect(wallTimeAt('Europe/Riga', Date.UTC(2027, 0, 1))).toBe(Date.UTC(2027, 0, 1, 4))
  })
})

describe("Zone files: Bun's data is used if the file of a zone", () => {
  const huge = Buffer.concat([NEW_LAW, Buffer.alloc(100_000)])
  test.each([
    ['is not there', {}],
    ['is empty', { 'Europe/Riga': '' }],
    ['is broken off', { 'Europe/Riga': NEW_LAW.subarray(0, 100) }],
    ['is a text', { 'Europe/Riga': 'Europe/Riga\n' }],
    ['is huge', { 'Europe/Riga': huge }],
    ['is a folder', { 'Europe/Riga/Old': NEW_LAW }],
  ] as [string, Record<string, Uint8Array | string>][])('%s', (_what, files) => {
    setZoneFolders([zoneFolder(files)])
    expect(wallTimeAt('Europe/Riga', Date.UTC(2027, 0, 1))).toBe(Date.UTC(2027, 0, 1, 2))
    expect(wallTimeAt('Europe/Riga', Date.UTC(2027, 6, 1))).toBe(Date.UTC(2027, 6, 1, 3))
  })

  test('is in no folder at all', () => {
    setZoneFolders(['/nowhere'])
    expect(timeZones().filter((zone) => currentZoneName(zone) !== zone)).toEqual([])
    expect(wallTimeAt('Asia/Kolkata', NOW)).toBe(NOW + 5.5 * HOUR)
  })
})

describe('Zone files: a zone name', () => {
  test('never reads files outside the folder', () => {
    const folder = zoneFolder({ secret: NEW_LAW })
    mkdirSync(join(folder, 'zones'))
    for (const name of ['../secret', 'Europe/../../secret', '/etc/passwd', '.', 'a/./secret', '']) {
      expect(readZoneFile(name, [join(folder, 'zones')])).toBeNull()
    }
    expect(readZoneFile('secret', [folder])).not.toBeNull()
  })

  test('is not the name of another file in the folder', () => {
    const others = ['posix/Europe/Riga', 'localtime', 'posixrules', 'Factory', 'Europe', 'Europe/Riga/Old']
    setZoneFolders([zoneFolder(Object.fromEntries(others.slice(0, 4).map((name) => [name, NEW_LAW])))])
    expect(others.filter(isTimeZone)).toEqual([])
  })

  test('is unknown when its file is broken', () => {
    setZoneFolders([zoneFolder({ 'Europe/Atlantis': 'none' })])
    expect(isTimeZone('Europe/Atlantis')).toBe(false)
  })
})

const FILES = ZONES.filter((zone) => readZoneFile(zone) !== null)
const ZDUMP = Bun.which('zdump')

// The databases may have different versions, and then some zones differ. zdump reads the same files, but is slow.
describe('Zone files: the database of this machine', () => {
  const differing = FILES.filter((zone) => String(changesByTemporal(zone)) !== String(changesOf(zone)))
  if (FILES.length < ZONES.length) console.warn(`skipped: ${ZONES.length - FILES.length} zones have no file here`)
  if (ZDUMP === null) console.warn('skipped: there is no zdump here to compare with')
  if (differing.length > 0) console.warn(`another version than the one inside Bun: ${differing.join(', ')}`)

  test('agrees with Temporal in nearly every zone, from 1970 to 2100', () => {
    expect(differing.length).toBeLessThanOrEqual(FILES.length / 10)
  })

  test.skipIf(ZDUMP === null)('agrees with zdump in unusual zones, and where Temporal differs', async () => {
    const zones = [...new Set([...ODD_ZONES, ...differing])].filter((zone) => FILES.includes(zone))
    const dumped = await changesByZdump(zones)
    for (const zone of zones)
      expect({ zone, changes: dumped.get(zone) ?? [] }).toEqual({ zone, changes: changesOf(zone) })
  })
})

const LAST = Date.UTC(2100, 0, 1)

/** Times in seconds, each followed by the offset after it. */
function changesOf(zone: string): number[] {
  const changes: number[] = []
  for (let { until } = offsetPeriodAt(zone, 0); until < LAST; until = offsetPeriodAt(zone, until).until) {
    changes.push(until / SECOND, offsetPeriodAt(zone, until).offsetMs / SECOND)
  }
  return changes
}

function changesByTemporal(zone: string): number[] {
  const changes: number[] = []
  let at = Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone).getTimeZoneTransition('next')
  while (at && at.epochMilliseconds < LAST) {
    changes.push(at.epochMilliseconds / SECOND, at.offsetNanoseconds / 1e9)
    at = at.getTimeZoneTransition('next')
  }
  return changes
}

// "Europe/Riga  Sun Mar 31 01:00:00 2024 UT = Sun Mar 31 04:00:00 2024 EEST isdst=1 gmtoff=10800", and before each
// change the second before it.
async function changesByZdump(zones: string[]): Promise<Map<string, number[]>> {
  if (zones.length === 0) return new Map()
  const text = await Bun.$`zdump -v -c 1970,2100 ${zones}`.text()
  const changes = new Map<string, number[]>()
  let before = ''
  for (const line of text.split('\n')) {
    const [, zone = '', utc, offset = ''] = /^(\S+) +\w+ (.+) UT = .* gmtoff=(\S+)$/.exec(line) ?? []
    const at = Date.parse(`${utc} UTC`)
    const known = changes.get(zone) ?? []
    if (before.startsWith(`${zone} `) && before !== `${zone} ${offset}` && at > 0)
      known.push(at / SECOND, Number(offset))
    changes.set(zone, known)
    before = `${zone} ${offset}`
  }
  return changes
}
