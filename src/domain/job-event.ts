// What is worth knowing about a job besides that its monitor goes down and up.
import { DAY, SECOND } from '#lib/duration.ts'
import type { Monitor } from './monitor.ts'
import { type RecentPing, usualDurationMs } from './recent-runs.ts'
import { nextSlots, type Schedule } from './schedule.ts'

/** `late`: the grace period began. `first-ping`: of a new monitor. */
export const JOB_EVENTS = ['late', 'never-pinged', 'first-ping', 'too-often', 'odd-run'] as const
export type JobEvent = (typeof JOB_EVENTS)[number]

export const MAX_PINGS_MAX = 1000

const NEVER_MIN_MS = DAY
const NEVER_MAX_MS = 31 * DAY
const NEVER_PERIODS = 3

/** When a monitor without any ping is worth a notification: after a day or three periods, at most 31 days. */
export function neverPingedAt({ schedule, createdAt }: Pick<Monitor, 'schedule' | 'createdAt'>): number {
  const third = nextSlots(schedule, { after: createdAt, count: NEVER_PERIODS })[NEVER_PERIODS - 1]
  const waitMs = schedule.kind === 'period' ? NEVER_PERIODS * schedule.periodMs : (third ?? createdAt) - createdAt
  return createdAt + Math.min(Math.max(waitMs, NEVER_MIN_MS), NEVER_MAX_MS)
}

/** The period of a schedule at a moment: the time between two due times. Null if it has ended. */
export function spanOf(schedule: Schedule, at: number): number | null {
  if (schedule.kind === 'period') return schedule.periodMs
  const [next, another] = nextSlots(schedule, { after: at, count: 2 })
  return next === undefined || another === undefined ? null : another - next
}

const ODD_FACTOR = 3
const ODD_DIFFERENCE_MIN_MS = 10 * SECOND
const KNOWN_RUNS_MIN = 10

/**
 * The usual duration, if the newest of these pings ended a run that took more than three times as long, or less than a
 * third. Null if it didn't, or if fewer than ten earlier runs were measured. `pings`: newest first.
 */
export function usualOfOddRun([newest, ...earlier]: readonly RecentPing[]): number | null {
  if (newest?.kind !== 'success' || newest.durationMs === null) return null
  const known = earlier.filter(({ kind, durationMs }) => kind === 'success' && durationMs !== null)
  const usualMs = known.length < KNOWN_RUNS_MIN ? null : usualDurationMs(earlier)
  if (usualMs === null || Math.abs(newest.durationMs - usualMs) < ODD_DIFFERENCE_MIN_MS) return null
  const isOdd = newest.durationMs > usualMs * ODD_FACTOR || newest.durationMs * ODD_FACTOR < usualMs
  return isOdd ? usualMs : null
}
