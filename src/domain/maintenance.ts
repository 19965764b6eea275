// Maintenance: planned times in which missing pings and failures notify no one.
import { DAY, MINUTE } from '#lib/duration.ts'
import { expected } from './lifecycle.ts'
import type { WatchedMonitor } from './monitor.ts'
import type { MonitorScope } from './monitor-scope.ts'
import { nextSlot, type Schedule } from './schedule.ts'

export const MAINTENANCE_NAME_MAX = 100
export const MAINTENANCE_MAX_MS = 31 * DAY
export const RECURRING_MIN_MS = MINUTE
export const RECURRING_MAX_MS = 7 * DAY
export const WINDOWS_MAX = 200

/** All windows that a monitor's ping URL opened may take this long together in `BY_PING_SPAN_MS`. */
export const BY_PING_MAX_MS = DAY
export const BY_PING_SPAN_MS = 2 * DAY

export type MaintenanceTimes =
  | { is: 'once'; startsAt: number; endsAt: number }
  /** From `startsAt` on, at each time of the schedule. */
  | { is: 'recurring'; startsAt: number; schedule: Schedule; durationMs: number }

export interface MaintenanceWindow {
  id: string
  projectId: string
  scope: MonitorScope
  name: string
  times: MaintenanceTimes
  createdAt: number
  /** The name of the user; null if a program did it, or the account was deleted. */
  by: string | null
  /** The address of the machine that asked for it with the monitor's ping URL; null otherwise. */
  from: string | null
}

/** From `from` until before `to`, in milliseconds since 1970. */
export interface Span {
  from: number
  to: number
}

/** The most spans of one window that are listed. */
const SPANS_MAX = 5000

/** The spans of a window that overlap `during`, oldest first. */
export function spansOf(times: MaintenanceTimes, during: Span): Span[] {
  if (times.is === 'once') {
    const span = { from: times.startsAt, to: times.endsAt }
    return overlaps(span, during) ? [span] : []
  }
  const { schedule, durationMs, startsAt } = times
  const spans: Span[] = []
  let after = Math.max(startsAt, during.from - durationMs) - 1
  while (spans.length < SPANS_MAX) {
    const slot = nextSlot(schedule, after)
    if (slot === null || slot >= during.to) break
    const span = { from: slot, to: slot + durationMs }
    if (overlaps(span, during)) spans.push(span)
    after = slot
  }
  return spans
}

function overlaps(a: Span, b: Span): boolean {
  return a.from < b.to && a.to > b.from
}

/** When the maintenance at `now` ends; null if there is none. */
export function maintenanceEnd(windows: readonly Pick<MaintenanceWindow, 'times'>[], now: number): number | null {
  const ends = windows.flatMap(({ times }) => spansOf(times, { from: now, to: now + 1 })).map(({ to }) => to)
  return ends.length === 0 ? null : Math.max(...ends)
}

/**
 * If maintenance covered a part of the time in which the ping was awaited, the monitor gets one grace period after its
 * end. A deadline is put off only once for each ping, by the maintenance between the due time and the deadline that the
 * schedule gives, so that short recurring maintenance can't put it off forever. Null if nothing changes.
 */
export function putOff<M extends WatchedMonitor>(
  monitor: M,
  { windows, now }: { windows: readonly Pick<MaintenanceWindow, 'times'>[]; now: number },
): M | null {
  const { deadlineAt, extendedUntil } = monitor
  if (deadlineAt === null) return null
  const bare = expected({ ...monitor, extendedUntil: null }).deadlineAt ?? deadlineAt
  const awaited = { from: Math.min(bare, monitor.slotAt ?? bare - monitor.graceMs), to: bare + 1 }
  const ends = windows.flatMap(({ times }) => spansOf(times, awaited)).map(({ to }) => to)
  const until = Math.max(...ends, 0) + monitor.graceMs
  if (ends.length === 0 || until <= now || until <= (extendedUntil ?? 0)) return null
  return expected({ ...monitor, extendedUntil: until })
}

/** How much longer windows opened by a ping URL may last. `opened`: those of the monitor. */
export function allowanceByPing(opened: readonly Span[], now: number): number {
  const since = now - BY_PING_SPAN_MS
  const usedMs = opened.reduce((sum, { from, to }) => sum + Math.max(0, to - Math.max(from, since)), 0)
  return Math.max(0, BY_PING_MAX_MS - usedMs)
}
