// What the clocks of a time zone show, and when. A wall time is what they show, told as the milliseconds at which UTC's
// clocks show the same. The time zone database of the system says it, and where that lacks a zone, the one inside Bun.
import { OBSOLETE_ZONES } from './obsolete-zones.ts'
import { OFFSET_MAX_MS, offsetInFile } from './tzif.ts'
import { readZoneFile } from './zone-files.ts'
import type { UtcOffset } from './zone-rule.ts'

/** A stretch of time in which a zone's clocks are `offsetMs` ahead of UTC; `until` is the first moment after it. */
export interface OffsetPeriod {
  from: number
  until: number
  offsetMs: number
}

/** Before it, every zone is taken to be as it was then. */
const FIRST_MOMENT = Date.UTC(1970, 0, 1)

export function offsetPeriodAt(zone: string, at: number): OffsetPeriod {
  const periods = offsetPeriodsUntil(zone, at)
  return periods[indexAt(periods, at)] as OffsetPeriod
}

export function wallTimeAt(zone: string, at: number): number {
  return at + offsetPeriodAt(zone, at).offsetMs
}

/** The latest time that the clocks have shown by `at`: ahead of what they show now while they repeat an hour. */
export function latestWallTimeAt(zone: string, at: number): number {
  const periods = offsetPeriodsUntil(zone, at)
  const index = indexAt(periods, at)
  const { from, offsetMs } = periods[index] as OffsetPeriod
  const before = periods[index - 1]
  return before ? Math.max(at + offsetMs, from + before.offsetMs - 1) : at + offsetMs
}

/**
 * The first moment at which the clocks show `wall`, in the stretch of `from` or a later one. Where they leap over it,
 * the first moment after the leap.
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
// A change costs some ten microseconds to ask for, and is asked for once.
const known = new Map<string, Zone>()

/** Where the time zone database is, if not in the usual folders. A zone is read once, when it is first asked for. */
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

// A zone that only a file knew, which is gone since, has a schedule by UTC rather than none.
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
