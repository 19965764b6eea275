// Converts between moments and wall times. A wall time is the number of milliseconds at which UTC clocks show the same.
// Offsets come from the system's time zone database, or from Bun for zones that it lacks.
import { OBSOLETE_ZONES } from './obsolete-zones.ts'
import { OFFSET_MAX_MS, offsetInFile } from './tzif.ts'
import { readZoneFile } from './zone-files.ts'
import type { UtcOffset } from './zone-rule.ts'

/** A period in which the offset from UTC does not change. `until` is the first moment after it. */
export interface OffsetPeriod {
  from: number
  until: number
  offsetMs: number
}

/** Earlier moments use the offset of this one. */
const FIRST_MOMENT = Date.UTC(1970, 0, 1)

export function offsetPeriodAt(zone: string, at: number): OffsetPeriod {
  const periods = offsetPeriodsUntil(zone, at)
  return periods[indexAt(periods, at)] as OffsetPeriod
}

export function wallTimeAt(zone: string, at: number): number {
  return at + offsetPeriodAt(zone, at).offsetMs
}

/**
 * The latest wall time that clocks have shown up to `at`. While an hour repeats, that is ahead of the current one: at
 * 2:30 after the clocks went back from 3:00 it is 2:59:59.999.
 */
export function latestWallTimeAt(zone: string, at: number): number {
  const periods = offsetPeriodsUntil(zone, at)
  const index = indexAt(periods, at)
  const { from, offsetMs } = periods[index] as OffsetPeriod
  const before = periods[index - 1]
  return before ? Math.max(at + offsetMs, from + before.offsetMs - 1) : at + offsetMs
}

/**
 * The first moment with the wall time `wall`, in the offset period of `from` or a later one. When clocks skip `wall`,
 * it is the moment of the skip.
 */
export function momentOfWallTime(zone: string, { wall, from }: { wall: number; from: number }): number {
  let period = offsetPeriodAt(zone, Math.max(from, wall - OFFSET_MAX_MS))
  while (wall >= period.until + period.offsetMs) period = offsetPeriodAt(zone, period.until)
  return Math.max(wall - period.offsetMs, period.from)
}

interface Zone {
  offsetAt: (at: number) => UtcOffset
  periods: OffsetPeriod[]
}

let folders: readonly string[] | undefined
// Looking up a change takes about ten microseconds, so the periods are cached.
const known = new Map<string, Zone>()

/** Sets the folders of the time zone database; undefined means the usual ones. A zone is read on first use. */
export function setZoneFolders(chosen: readonly string[] | undefined): void {
  folders = chosen
  known.clear()
}

export function isInZoneDatabase(zone: string): boolean {
  return readZoneFile(zone, folders) !== null
}

function offsetPeriodsUntil(zone: string, at: number): OffsetPeriod[] {
  const { offsetAt, periods } = known.get(zone) ?? loadZone(zone)
  let { until } = periods[periods.length - 1] as OffsetPeriod
  while (until <= at) {
    const clocks = offsetAt(until)
    periods.push({ from: until, until: clocks.until, offsetMs: clocks.offsetMs })
    until = clocks.until
  }
  return periods
}

function loadZone(zone: string): Zone {
  const file = readZoneFile(zone, folders) ?? readZoneFile(OBSOLETE_ZONES[zone] ?? '', folders)
  const offsetAt = file ? (at: number) => offsetInFile(file, at) : offsetInBun(zone)
  const { until, offsetMs } = offsetAt(FIRST_MOMENT)
  const loaded = { offsetAt, periods: [{ from: Number.NEGATIVE_INFINITY, until, offsetMs }] }
  known.set(zone, loaded)
  return loaded
}

function offsetInBun(zone: string): Zone['offsetAt'] {
  const name = isKnownToBun(zone) ? zone : 'UTC'
  return (at) => {
    const moment = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(name)
    const until = moment.getTimeZoneTransition('next')?.epochMilliseconds ?? Number.POSITIVE_INFINITY
    return { offsetMs: moment.offsetNanoseconds / 1_000_000, until }
  }
}

// When the file of a zone that Bun lacks is gone, schedules use UTC.
function isKnownToBun(zone: string): boolean {
  try {
    return Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone) !== null
  } catch {
    return false
  }
}

function indexAt(periods: OffsetPeriod[], at: number): number {
  let low = 0
  let high = periods.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((periods[middle] as OffsetPeriod).from <= at) low = middle
    else high = middle - 1
  }
  return low
}
