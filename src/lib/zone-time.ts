// What the clocks of a time zone show, and when. A wall time is what they show, told as the milliseconds at which UTC's
// clocks show the same.

/** A stretch of time in which a zone's clocks are `offsetMs` ahead of UTC; `until` is the first moment after it. */
export interface Stretch {
  from: number
  until: number
  offsetMs: number
}

/** Before it, every zone is taken to be as it was then. */
const FIRST_MOMENT = Date.UTC(1970, 0, 1)
/** No zone is further ahead of UTC. */
const AHEAD_MAX_MS = 15 * 3_600_000

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
  let stretch = stretchAt(zone, Math.max(from, wall - AHEAD_MAX_MS))
  while (wall >= stretch.until + stretch.offsetMs) stretch = stretchAt(zone, stretch.until)
  return Math.max(wall - stretch.offsetMs, stretch.from)
}

// A change costs some ten microseconds to ask for, and is asked for once.
const known = new Map<string, Stretch[]>()

function stretchesUntil(zone: string, at: number): Stretch[] {
  const stretches = known.get(zone) ?? [stretchFrom(zone, { from: FIRST_MOMENT, until: -Infinity })]
  if (!known.has(zone)) known.set(zone, stretches)
  let { until } = stretches[stretches.length - 1] as Stretch
  while (until <= at) {
    stretches.push(stretchFrom(zone, { from: until, until }))
    until = (stretches[stretches.length - 1] as Stretch).until
  }
  return stretches
}

function stretchFrom(zone: string, { from, until: start }: { from: number; until: number }): Stretch {
  const moment = Temporal.Instant.fromEpochMilliseconds(from).toZonedDateTimeISO(zone)
  const until = moment.getTimeZoneTransition('next')?.epochMilliseconds ?? Number.POSITIVE_INFINITY
  return { from: start, until, offsetMs: moment.offsetNanoseconds / 1_000_000 }
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
