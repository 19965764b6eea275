// The clock rule: what a gap, or a clock that was set, does to the deadline of one monitor.
import { HOUR, SECOND } from '#lib/duration.ts'
import type { Gap } from './gap.ts'
import { expected, expectedAt, isRunAwaited, oldestStart, rescheduled, runLimitMs } from './lifecycle.ts'
import type { WatchedMonitor } from './monitor.ts'
import { EARLY_MAX_MS, mayComeEarly, nextSlots } from './schedule.ts'

/** A punctual ping arrives a moment after it is due. */
const ARRIVAL_MS = 2 * SECOND

/** Debian's cron does not repeat a job of a fixed time if the clock is set back by less. */
const CRON_REPEATS_NOTHING_MS = 3 * HOUR

/** The time in which CronGuard was offline: pings sent in it are lost. */
type Offline = Pick<Gap, 'from' | 'to'>

/** Whether a ping may have been lost in the gap: the due time, the early window or the deadline lies in it. */
export function mayHaveMissedPing(monitor: WatchedMonitor, { from, to }: Offline): boolean {
  if (monitor.deadlineAt === null || from >= to) return false
  return monitor.deadlineAt <= to || mayHaveBegunIn(monitor, { from, to })
}

function mayHaveBegunIn(monitor: WatchedMonitor, { from, to }: Offline): boolean {
  const { schedule, earlyMs } = monitor
  const dueAt = expectedAt(monitor)
  if (dueAt === null || dueAt < from - ARRIVAL_MS) return false
  return dueAt <= to || mayComeEarly(schedule, { at: to, slot: dueAt, earlyMs })
}

/**
 * After a gap, a deadline whose ping may have been lost is extended by one grace period, once per ping. Period 1 h,
 * grace 10 min, last ping 10:00, offline 10:55 to 11:20: the deadline 11:10 becomes 11:30. Offline 10:55 to 11:05: it
 * becomes 11:20.
 *
 * A monitor that was already late before the gap, or was extended before, only gets back the time it lost: offline
 * 11:02 to 11:04, the deadline 11:10 becomes 11:12. Otherwise a dead job would never be noticed where CronGuard is
 * often restarted. A gap of at least one grace period that ends after the deadline extends it again: extended to 11:30,
 * offline 11:21 to 11:50, it becomes 12:00.
 */
export function extendDeadline<M extends WatchedMonitor>(monitor: M, { from, to }: Offline): M {
  const { deadlineAt, wasExtended, graceMs } = monitor
  const lostMs = lostTime(monitor, { from, to })
  const isMissed = mayHaveMissedPing(monitor, { from, to })
  if (deadlineAt === null || (lostMs === 0 && !isMissed)) return monitor
  // A run may have started in the gap unnoticed, and may then take as long as the limit for runs.
  const extensionMs = mayHaveBegunIn(monitor, { from, to }) ? Math.max(graceMs, runLimitMs(monitor)) : graceMs
  const isExtended = isMissed && (!wasExtended || lostMs >= extensionMs)
  const extendedUntil = isExtended ? Math.max(deadlineAt, to) + extensionMs : deadlineAt + lostMs
  return expected({ ...monitor, extendedUntil, wasExtended: wasExtended || isExtended })
}

// Time is lost only while a ping was due or a run was under way.
function lostTime(monitor: WatchedMonitor, { from, to }: Offline): number {
  const since = Math.min(expectedAt(monitor) ?? to, oldestStart(monitor) ?? to)
  return Math.max(0, to - Math.max(from, since))
}

/** The clock was set. */
export interface ClockStep {
  /** Moments from here on were by the clock before it was set. */
  since: number
  byMs: number
  /** Moments from here on are by the clock as it is now: they came after it was set, and before that was noticed. */
  newFrom: number
}

/**
 * After the clock was set, moments move with it and keep their distance from the present. Last ping 10:00, at 10:30 the
 * clock is set to 14:30: the last ping is at 14:00, and the deadline 11:10 becomes 15:10, 40 minutes ahead as before.
 */
export function redated<M extends WatchedMonitor>(monitor: M, step: ClockStep, now: number): M {
  const shifted = (at: number) => (isByOldClock(at, step, now) ? at + step.byMs : at)
  const { lastPingAt, armedAt, openRuns, extendedUntil } = monitor
  const moved = atMoments(monitor, {
    lastPingAt: lastPingAt === null ? null : shifted(lastPingAt),
    armedAt: armedAt === null ? null : shifted(armedAt),
    openRuns: openRuns.map((run) => ({ ...run, startedAt: shifted(run.startedAt) })),
    extendedUntil:
      extendedUntil === null ? null : extendedUntil + (isExtendedByOldClock(monitor, step, now) ? step.byMs : 0),
  })
  return wouldRunTwice(monitor, moved, step) ? expected({ ...moved, slotAt: monitor.slotAt }) : moved
}

// A moment that was ahead of the clock before it was set is by yet another clock, and stays.
function isByOldClock(at: number, { since, byMs, newFrom }: ClockStep, now: number): boolean {
  return at >= since && at <= now - byMs && !(at >= newFrom && at <= now)
}

// An extension that ends further ahead than any extension can was given by yet another clock, and stays. A machine
// boots in 1970: an extension from before, until 11:30 today, is still until 11:30 when a time server sets the clock.
function isExtendedByOldClock(monitor: WatchedMonitor, { since, byMs }: ClockStep, now: number): boolean {
  const { extendedUntil, graceMs } = monitor
  const longestMs = EARLY_MAX_MS + 3 * Math.max(graceMs, runLimitMs(monitor))
  return extendedUntil !== null && extendedUntil >= since && extendedUntil <= now - byMs + longestMs
}

// As in Debian's cron and systemd, a job that has run does not run again when the clock shows its time once more.
function wouldRunTwice({ schedule, slotAt }: WatchedMonitor, moved: WatchedMonitor, { byMs }: ClockStep): boolean {
  const isBack = byMs < 0 && byMs > -CRON_REPEATS_NOTHING_MS && schedule.kind !== 'period'
  return isBack && slotAt !== null && moved.slotAt !== null && moved.slotAt < slotAt
}

/** The clock was set back to `now`, so nothing can have happened after `now`. An open run stays open. */
export function notAfter<M extends WatchedMonitor>(monitor: M, now: number): M {
  const { lastPingAt, armedAt, openRuns, extendedUntil, graceMs } = monitor
  const latest = isRunAwaited(monitor) ? now - 1 : now
  const extensionMs = Math.max(graceMs, runLimitMs(monitor))
  return atMoments(monitor, {
    lastPingAt: lastPingAt === null ? null : Math.min(lastPingAt, latest),
    armedAt: armedAt === null ? null : Math.min(armedAt, latest),
    openRuns: openRuns.map((run) => ({ ...run, startedAt: Math.min(run.startedAt, now) })),
    extendedUntil: extendedUntil === null ? null : Math.min(extendedUntil, now + extensionMs),
  })
}

type Moments = Pick<WatchedMonitor, 'lastPingAt' | 'armedAt' | 'openRuns' | 'extendedUntil'>

function atMoments<M extends WatchedMonitor>(monitor: M, moments: Moments): M {
  const moved = { ...monitor, ...moments }
  return isForSameSlot(monitor, moved) ? expected(moved) : rescheduled(moved)
}

// A late ping counts for the slot before it, an early one for the slot after it: either slot may follow.
function isForSameSlot({ schedule, slotAt, lastPingAt, armedAt }: WatchedMonitor, moved: WatchedMonitor): boolean {
  if (moved.lastPingAt === lastPingAt && moved.armedAt === armedAt) return true
  if (moved.lastPingAt === null || slotAt === null || schedule.kind === 'period') return false
  return nextSlots(schedule, { after: moved.lastPingAt, count: 2 }).includes(slotAt)
}
