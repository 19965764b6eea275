// What the last pings of a monitor say about its runs, for messages.
import type { PingKind } from './ping.ts'
import { nextSlot, type Schedule } from './schedule.ts'

export interface RecentPing {
  kind: PingKind
  at: number
  durationMs: number | null
}

/** How many pings are read. */
export const RECENT_PINGS_MAX = 100

const TYPICAL_RUNS_MAX = 30
const TYPICAL_RUNS_MIN = 3

/** The median duration of the last successful runs; null if fewer than three were measured. `pings`: newest first. */
export function usualDurationMs(pings: readonly RecentPing[]): number | null {
  const measured = pings.flatMap(({ kind, durationMs }) =>
    kind === 'success' && durationMs !== null ? [durationMs] : [],
  )
  const sorted = measured.slice(0, TYPICAL_RUNS_MAX).sort((a, b) => a - b)
  if (sorted.length < TYPICAL_RUNS_MIN) return null
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? 0
  return sorted.length % 2 === 1 ? upper : Math.round(((sorted[middle - 1] ?? 0) + upper) / 2)
}

/** The due times of an incident. */
export interface IncidentRuns {
  schedule: Schedule
  graceMs: number
  /** When the incident began. */
  openedAt: number
  /** The due time without a ping that began it; null if it began otherwise. */
  missedAt: number | null
  /** The end, or the moment of the message. */
  at: number
}

export interface RunCounts {
  /** Due times whose grace period passed without any ping. */
  missed: number
  /** Runs that reported a failure. */
  failed: number
  /** Whether there are more missed runs than were counted. */
  isMore: boolean
}

/** Finding a time of a calendar takes about 10 µs, and many monitors may recover at once. */
const SLOTS_COUNTED_MAX = 100

/** Counts the runs of an incident. Null if it had more pings than were read. `pings`: newest first. */
export function countRuns(incident: IncidentRuns, pings: readonly RecentPing[]): RunCounts | null {
  const { openedAt, at } = incident
  const oldest = pings.at(-1)
  if (pings.length >= RECENT_PINGS_MAX && oldest && oldest.at >= openedAt) return null
  const failures = pings.filter((ping) => ping.kind === 'fail' && ping.at >= openedAt && ping.at <= at)
  // The failure that opened the incident belongs to no due time after it.
  const laterFailures = failures.filter((ping) => ping.at > openedAt).length
  const passed = passedSlots(incident)
  return {
    missed: Math.max(0, passed - laterFailures),
    failed: failures.length,
    isMore: passed >= SLOTS_COUNTED_MAX && incident.schedule.kind !== 'period',
  }
}

function passedSlots({ schedule, graceMs, openedAt, missedAt, at }: IncidentRuns): number {
  const until = at - graceMs
  let slot = missedAt ?? nextSlot(schedule, openedAt)
  if (slot === null || slot > until) return 0
  if (schedule.kind === 'period') return Math.floor((until - slot) / schedule.periodMs) + 1
  let count = 0
  for (; slot !== null && slot <= until && count < SLOTS_COUNTED_MAX; slot = nextSlot(schedule, slot)) count++
  return count
}
