// The state machine of a monitor: state and event in, next state and at most one transition out.
import { addRun, type MonitorRules, OPEN_RUNS_MAX, type OpenRun, type WatchedMonitor } from './monitor.ts'
import type { Ping } from './ping.ts'
import { isSameSchedule, nextDueAt, nextSlots } from './schedule.ts'
import type { StoredStatus } from './status.ts'

/**
 * `timeout`: no ping arrived in time. `no-ping`: none arrived since the monitor was resumed. `overrun`: a run started
 * and didn't end in time. `ping`: a success ping. `fail`: a fail ping.
 */
export const TRANSITION_REASONS = ['timeout', 'no-ping', 'overrun', 'ping', 'fail', 'pause', 'resume'] as const
export type TransitionReason = (typeof TRANSITION_REASONS)[number]

const NOT_EXTENDED = { extendedUntil: null, wasExtended: false }

/** A change of the stored status. */
export interface Transition {
  from: StoredStatus
  to: StoredStatus
  at: number
  reason: TransitionReason
}

export interface RecordedTransition extends Transition {
  id: number
}

/** The result of an event. */
export interface Step<M extends WatchedMonitor = WatchedMonitor> {
  monitor: M
  transition: Transition | null
  /** For a missing ping: when it was expected, or when the unfinished run started. */
  dueAt?: number | null
}

/** A ping at `now`, after the monitor's rules decided how it counts. */
export function applyPing<M extends WatchedMonitor>(monitor: M, ping: Ping, now: number): Step<M> {
  const counted = { ...monitor, pingCount: monitor.pingCount + 1 }
  switch (ping.kind) {
    case 'ignored':
    case 'log':
      return { monitor: counted, transition: null }
    case 'start':
      return { monitor: startRun(counted, { startedAt: now, runId: ping.runId }), transition: null }
    case 'success':
      return move({ ...endRun(counted, ping, now), failuresInARow: 0 }, 'up', { at: now, reason: 'ping' })
    case 'fail':
      return fail(endRun(counted, ping, now), now)
  }
}

/**
 * Turns a ping into a failure if its run was too short or too long. A run whose start was reported is checked for the
 * longest run by its deadline instead.
 */
export function judgeRun(monitor: WatchedMonitor, ping: Ping, now: number): Ping {
  const { minRunMs, maxRunMs } = monitor
  const run = ownRun(monitor, ping)
  const tookMs = ping.measuredMs ?? (run && now - run.startedAt)
  if (ping.kind !== 'success' || tookMs === undefined) return ping
  const isTooShort = minRunMs !== null && tookMs < minRunMs
  const isTooLong = maxRunMs !== null && tookMs > maxRunMs && run === undefined
  return isTooShort || isTooLong ? { ...ping, kind: 'fail' } : ping
}

/** How long a run may take. */
export function runLimitMs({ maxRunMs, graceMs }: Pick<MonitorRules, 'maxRunMs' | 'graceMs'>): number {
  return maxRunMs ?? graceMs
}

/** The run with the earliest deadline among those with a deadline at or before `at`. */
export function overdueRun(monitor: WatchedMonitor, at: number): OpenRun | undefined {
  return monitor.openRuns.find((run) => isOverdue(monitor, run, at))
}

function isOverdue(monitor: WatchedMonitor, { startedAt }: OpenRun, at: number): boolean {
  return startedAt + runLimitMs(monitor) <= at
}

/**
 * Takes the monitor down if its deadline has passed at `now`. The transition is dated at the deadline, not when it was
 * noticed: deadline 11:10, checked at 11:12, down since 11:10. If the deadline is before the last ping (the grace
 * period was shortened, or another run reported before the check), the time of the ping is used, so that history stays
 * in order.
 */
export function applyDeadline<M extends WatchedMonitor>(monitor: M, now: number): Step<M> {
  const { deadlineAt, lastPingAt } = monitor
  if (deadlineAt === null || now < deadlineAt) return { monitor, transition: null }
  const at = Math.max(deadlineAt, lastPingAt ?? deadlineAt)
  const run = overdueRun(monitor, deadlineAt)
  const missed = {
    ...monitor,
    openRuns: monitor.openRuns.map((open) =>
      isOverdue(monitor, open, deadlineAt) ? { ...open, isJudged: true } : open,
    ),
    recentRuns: addRun(monitor.recentRuns, 'm'),
  }
  return {
    ...move(missed, 'down', { at, reason: run ? 'overrun' : isArmed(monitor) ? 'no-ping' : 'timeout' }),
    dueAt: run?.startedAt ?? awaitedSlot(monitor),
  }
}

/** Pauses the monitor. Pausing a paused monitor only forgets its open runs. */
export function pause<M extends WatchedMonitor>(monitor: M, now: number): Step<M> {
  return move({ ...monitor, openRuns: [], ...NOT_EXTENDED }, 'paused', { at: now, reason: 'pause' })
}

/**
 * Resumes a paused monitor, which then waits for a ping like a new one. If `armed`, it goes down when no ping arrives
 * by the deadline of its schedule.
 */
export function resume<M extends WatchedMonitor>(monitor: M, now: number, armed: 'armed' | 'unarmed'): Step<M> {
  if (monitor.status !== 'paused') return { monitor, transition: null }
  const armedAt = armed === 'armed' ? now : null
  const fresh = { ...monitor, openRuns: [], ...NOT_EXTENDED, lastPingAt: null, failuresInARow: 0, armedAt }
  return move(fresh, 'new', { at: now, reason: 'resume' })
}

/** Changes the rules of a monitor. Its due time stays unless the new rules name other times. */
export function withRules<M extends WatchedMonitor>(monitor: M, rules: Partial<M>): M {
  const changed = { ...monitor, ...rules }
  const isSameRhythm = isSameSchedule(monitor.schedule, changed.schedule) && monitor.earlyMs === changed.earlyMs
  return isSameRhythm ? expected(changed) : rescheduled(changed)
}

/** Recalculates the due time from the schedule and the last ping. */
export function rescheduled<M extends WatchedMonitor>(monitor: M): M {
  return expected({ ...monitor, slotAt: slotByLastPing(monitor) })
}

/** Recalculates the due time with the current time zone data. A due time at a slot stays at that slot. */
export function recounted<M extends WatchedMonitor>(monitor: M): M {
  const { schedule, slotAt } = monitor
  const [slot] = slotAt === null ? [] : nextSlots(schedule, { after: slotAt - 1, count: 1 })
  return slot !== undefined && slot === slotAt ? monitor : rescheduled(monitor)
}

/**
 * Whether a transition causes notifications. Each change to down does. A change to up does only after down: if a user
 * paused the monitor while it was down, no recovery notification follows.
 */
export function shouldNotify(transition: Transition): boolean {
  if (transition.to === 'down') return true
  return transition.from === 'down' && transition.to === 'up'
}

// A failure below the limit of failures in a row counts as a report, and the next ping is expected as usual.
function fail<M extends WatchedMonitor>(monitor: M, now: number): Step<M> {
  const failed = { ...monitor, failuresInARow: monitor.failuresInARow + 1 }
  const isWatchedOn = monitor.status !== 'down' && failed.failuresInARow < monitor.failuresToAlert
  return move(failed, isWatchedOn ? 'up' : 'down', { at: now, reason: 'fail' })
}

// A run that starts again is counted from its new start.
function startRun<M extends WatchedMonitor>(monitor: M, run: OpenRun): M {
  const others = monitor.openRuns.filter(({ runId }) => runId !== run.runId)
  return expected({ ...monitor, openRuns: [...others, run].slice(-OPEN_RUNS_MAX) })
}

function endRun<M extends WatchedMonitor>(monitor: M, ping: Ping, now: number): M {
  const run = ownRun(monitor, ping)
  return {
    ...monitor,
    lastPingAt: now,
    slotAt: slotAfter(monitor, now),
    armedAt: null,
    ...NOT_EXTENDED,
    openRuns: monitor.openRuns.length === 0 ? monitor.openRuns : runsAfter(monitor, ping),
    lastDurationMs: ping.measuredMs ?? (run === undefined ? null : Math.max(0, now - run.startedAt)),
    recentRuns: addRun(monitor.recentRuns, ping.kind === 'success' ? 's' : 'f'),
  }
}

// A late ping counts for its own slot, even if the next slot is nearer.
function slotAfter(monitor: WatchedMonitor, now: number): number | null {
  const slot = awaitedSlot(monitor)
  const isLate = slot !== null && slot <= now
  return nextDueAt(monitor.schedule, { pingAt: now, earlyMs: isLate ? 0 : monitor.earlyMs })
}

// An end with a run ID closes that run. An end without one closes all runs and has no duration. Runs that already took
// the monitor down are closed by the end of any run, so that no one is notified twice.
function runsAfter(monitor: WatchedMonitor, ping: Ping): readonly OpenRun[] {
  const run = ownRun(monitor, ping)
  if (run === undefined && ping.runId === null) return []
  if (run === undefined && ping.kind === 'fail' && knowsOneRun(monitor)) return []
  return monitor.openRuns.filter((other) => other !== run && !other.isJudged)
}

// As in Healthchecks: the failure of a run without a reported start closes the known run and counts for it.
function knowsOneRun({ openRuns, maxRunMs, failuresToAlert }: WatchedMonitor): boolean {
  return openRuns.length === 1 && maxRunMs === null && failuresToAlert === 1
}

function ownRun({ openRuns }: WatchedMonitor, { runId }: Ping): OpenRun | undefined {
  return openRuns.find((run) => run.runId === runId)
}

function move<M extends WatchedMonitor>(
  monitor: M,
  to: StoredStatus,
  { at, reason }: { at: number; reason: TransitionReason },
): Step<M> {
  const from = monitor.status
  const moved = { ...monitor, status: to, armedAt: to === 'new' ? monitor.armedAt : null }
  const slotAt = to === 'up' ? monitor.slotAt : slotByLastPing(moved)
  return { monitor: expected({ ...moved, slotAt }), transition: from === to ? null : { from, to, at, reason } }
}

/** Derives the due time and the deadline from the rest of the state. */
export function expected<M extends WatchedMonitor>(monitor: M): M {
  const dueAt = monitor.status === 'up' ? expectedAt(monitor) : null
  return { ...monitor, dueAt, deadlineAt: deadlineOf(monitor) }
}

// If a longest run is set, the schedule waits for the end of the run that started since the last ping.
export function isRunAwaited(monitor: WatchedMonitor): boolean {
  const startedAt = monitor.openRuns.at(-1)?.startedAt
  const since = waitsSince(monitor)
  return monitor.maxRunMs !== null && startedAt !== undefined && since !== null && startedAt > since
}

function isArmed({ status, armedAt }: WatchedMonitor): boolean {
  return status === 'new' && armedAt !== null
}

/** The scheduled time at which a ping is expected; null while the end of a run is awaited. */
export function expectedAt(monitor: WatchedMonitor): number | null {
  return isRunAwaited(monitor) ? null : monitor.slotAt
}

// The schedule counts from the last ping, or from when the monitor was resumed.
function waitsSince(monitor: WatchedMonitor): number | null {
  if (isArmed(monitor)) return monitor.armedAt
  return monitor.status === 'up' ? monitor.lastPingAt : null
}

// A run that was open before slots were stored has no slot.
function awaitedSlot(monitor: WatchedMonitor): number | null {
  return monitor.slotAt ?? slotByLastPing(monitor)
}

function slotByLastPing(monitor: WatchedMonitor): number | null {
  const since = waitsSince(monitor)
  const earlyMs = isArmed(monitor) ? 0 : monitor.earlyMs
  return since === null ? null : nextDueAt(monitor.schedule, { pingAt: since, earlyMs })
}

function deadlineOf(monitor: WatchedMonitor): number | null {
  if (monitor.status === 'down') return null
  const startedAt = oldestStart(monitor)
  const runEndAt = startedAt === null ? null : startedAt + runLimitMs(monitor)
  const deadlineAt = earliest(scheduleEndAt(monitor), runEndAt)
  return deadlineAt === null ? null : Math.max(deadlineAt, monitor.extendedUntil ?? deadlineAt)
}

// The earliest run isn't always the first in the list, because the clock may have been set between two starts.
export function oldestStart({ openRuns }: WatchedMonitor): number | null {
  return openRuns.length === 0 ? null : Math.min(...openRuns.map(({ startedAt }) => startedAt))
}

// Runs that start repeatedly without ending can't delay the deadline beyond that of a run that starts at the due time.
function scheduleEndAt(monitor: WatchedMonitor): number | null {
  const slot = awaitedSlot(monitor)
  if (slot === null) return null
  return slot + monitor.graceMs + (isRunAwaited(monitor) ? runLimitMs(monitor) : 0)
}

function earliest(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b
  return Math.min(a, b)
}
