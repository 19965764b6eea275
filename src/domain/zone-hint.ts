// Guesses from the times of pings whether the job's machine uses another time zone.
import { MINUTE } from '#lib/duration.ts'
import { offsetPeriodAt } from '#lib/zone-time.ts'
import { nextSlot, type Schedule } from './schedule.ts'

/** Zones that many machines use. Users recognize them, so they come first among the zones that fit. */
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

/** The user's own zone, then well-known zones, then all others. */
export function zonesToTry(own: string, all: readonly string[]): string[] {
  return [...new Set([own, ...WELL_KNOWN, ...all])]
}

/** A zone in which all pings would have been on time. */
export interface ZoneHint {
  timeZone: string
  /** How much later than scheduled the pings arrive; negative if they are earlier. */
  offsetMs: number
}

const PINGS_MIN = 3
const LATE_MAX_MS = 3 * MINUTE
const EARLY_MAX_MS = MINUTE

/**
 * The first of `zones` in which all pings are on time, if none is on time in the schedule's zone. Zones differ by
 * multiples of 15 minutes, so a job that is just slow fits no zone.
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
