// "The job's machine seems to be in another time zone": found by the times at which its pings come.
import { MINUTE } from '#lib/duration.ts'
import { offsetPeriodAt } from '#lib/zone-time.ts'
import { nextSlot, type Schedule } from './schedule.ts'

/** Where many machines are: of the zones that fit, a person knows these. */
const WELL_KNOWN = [
  'UTC',
  'Europe/London',
  'Europe/Berlin',
  'Europe/Helsinki',
  'Europe/Moscow',
  'America/New_York',
  'America/Chicago',
  'America/Denver',
  'America/Los_Angeles',
  'America/Sao_Paulo',
  'Asia/Dubai',
  'Asia/Kolkata',
  'Asia/Shanghai',
  'Asia/Tokyo',
  'Australia/Sydney',
]

/** The zone of the person who is told, then the well-known ones, then all others. */
export function zonesToTry(own: string, all: readonly string[]): string[] {
  return [...new Set([own, ...WELL_KNOWN, ...all])]
}

/** A zone in which every ping would have come at its time. */
export interface ZoneHint {
  timeZone: string
  /** By how much the pings come after the times of the schedule as it is; negative: before. */
  offsetMs: number
}

const PINGS_MIN = 3
const LATE_MAX_MS = 3 * MINUTE
const EARLY_MAX_MS = MINUTE

/**
 * The first of `zones` that fits, when all pings fit to it and none to the zone of the schedule. Zones differ by whole
 * quarters of an hour, so that a job which merely takes its time fits to none.
 */
export function hintZone(
  schedule: Schedule,
  { pingTimes, zones }: { pingTimes: readonly number[]; zones: Iterable<string> },
): ZoneHint | null {
  const [newest] = pingTimes
  if (schedule.kind === 'period' || newest === undefined || pingTimes.length < PINGS_MIN) return null
  if (pingTimes.some((at) => isOnTime(schedule, at))) return null
  for (const timeZone of zones) {
    const offsetMs = offsetOf(schedule.timeZone, newest) - offsetOf(timeZone, newest)
    if (offsetMs === 0) continue
    const moved = { ...schedule, timeZone }
    if (pingTimes.every((at) => isOnTime(moved, at))) return { timeZone, offsetMs }
  }
  return null
}

function isOnTime(schedule: Schedule, at: number): boolean {
  const slot = nextSlot(schedule, at - LATE_MAX_MS - 1)
  return slot !== null && slot <= at + EARLY_MAX_MS
}

function offsetOf(zone: string, at: number): number {
  return offsetPeriodAt(zone, at).offsetMs
}
