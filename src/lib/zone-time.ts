// What the clocks of a time zone show, and when. A wall time is what they show, told as the milliseconds at which UTC's
// clocks show the same. The time zone database of the system says it, and where that lacks a zone, the one inside Bun.
import { OBSOLETE_ZONES } from './obsolete-zones.ts'
import { clocksInFile, OFFSET_MAX_MS } from './tzif.ts'
import { readZoneFile } from './zone-files.ts'
import type { Clocks } from './zone-rule.ts'

/** A stretch of time in which a zone's clocks are `offsetMs` ahead of UTC; `until` is the first moment after it. */
export interface Stretch {
  from: number
  until: number
  offsetMs: number
}

/** Before it, every zone is taken to be as it was then. */
const FIRST_MOMENT = Date.UTC(1970, 0, 1)

export function stretchAt(zone: string, at: number): Stretch {
  const stretches = stretchesUntil(zone, at)
  return stretches[indexAt(stretches, at)] as Stretch
}

export function wallAt(zone: string, at: number): number {
  return at + stretchAt(zone, at).offsetMs
}

/** The latest time that the clocks have shown by `at`: ahead of what they show now while they repeat an hour. */
export function latestWallAt(zone: string, at: number): number {
  const stretches = stretchesUntil(zone, at)
  const index = indexAt(stretches, at)
  const { from, offsetMs } = stretches[index] as Stretch
  const before = stretches[index - 1]
  return before ? Math.max(at + offsetMs, from + before.offsetMs - 1) : at + offsetMs
}

/**
 * The first moment at which the clocks show `wall`, in the stretch of `from` or a later one. Where they leap over it,
 * the first moment after the leap.
 */
export function momentOfWall(zone: string, { wall, from }: { wall: number; from: number }): number {
  let stretch = stretchAt(zone, Math.max(from, wall - OFFSET_MAX_MS))
  while (wall >= stretch.until + stretch.offsetMs) stretch = stretchAt(zone, stretch.until)
  return Math.max(wall - stretch.offsetMs, stretch.from)
}

interface Zone {
  clocksAt: (at: number) => Clocks
  stretches: Stretch[]
}

let folders: readonly string[] | undefined
// A change costs some ten microseconds to ask for, and is asked for once.
const known = new Map<string, Zone>()

/** Where the time zone database is, if not in the usual folders. A zone is read once, when it is first asked for. */
export function readZonesFrom(chosen: readonly string[] | undefined): void {
  folders = chosen
  known.clear()
}

export function isInZoneDatabase(zone: string): boolean {
  return readZoneFile(zone, folders) !== null
}

function stretchesUntil(zone: string, at: number): Stretch[] {
  const { clocksAt, stretches } = known.get(zone) ?? learn(zone)
  let { until } = stretches[stretches.length - 1] as Stretch
  while (until <= at) {
    const clocks = clocksAt(until)
    stretches.push({ from: until, until: clocks.until, offsetMs: clocks.offsetMs })
    until = clocks.until
  }
  return stretches
}

function learn(zone: string): Zone {
  const file = readZoneFile(zone, folders) ?? readZoneFile(OBSOLETE_ZONES[zone] ?? '', folders)
  const clocksAt = file ? (at: number) => clocksInFile(file, at) : clocksInBun(zone)
  const { until, offsetMs } = clocksAt(FIRST_MOMENT)
  const learnt = { clocksAt, stretches: [{ from: Number.NEGATIVE_INFINITY, until, offsetMs }] }
  known.set(zone, learnt)
  return learnt
}

function clocksInBun(zone: string): Zone['clocksAt'] {
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

function indexAt(stretches: Stretch[], at: number): number {
  let low = 0
  let high = stretches.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((stretches[middle] as Stretch).from <= at) low = middle
    else high = middle - 1
  }
  return low
}
