// The state machine of a monitor: state and event in, next state and at most one transition out.
import { addRun, type MonitorRules, OPEN_RUNS_MAX, type OpenRun, type WatchedMonitor } from './monitor.ts'
import type { Ping } from './ping.ts'
import { isSameSchedule, nextDueAt, nextSlots } from './schedule.ts'
import type { StoredStatus } from './status.ts'

/**
 * `timeout`: no ping came. `no-ping`: none came since a person resumed it. `overrun`: a run started and did not end.
 * `ping`: a success ping. `fail`: a fail ping.
 */
export const TRANSITION_REASONS = ['timeout', 'no-ping', 'overrun', 'ping', 'fail', 'pause', 'resume'] as const
export type TransitionReason = (typeof TRANSITION_REASONS)[number]

const NOT_EXTENDED = { extendedUntil: null, wasExtended: false }

/** One change of stored status. */
export interface Transition {
  from: StoredStatus
  to: StoredStatus
  at: number
  reason: TransitionReason
}

export interface RecordedTransition extends Transition {
  id: number
}

/** What an event makes of a monitor. */
export interface Step<M extends WatchedMonitor = WatchedMonitor> {
  monitor: M
  transition: Transition | null
  /** Going down for want of a ping: when it was expected, or when the run started whose end was. */
  dueAt?: number | null
}

/** A ping that came at `now`, already judged by the monitor's rules. */
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
 * The same ping, or a failure when its run was too short to have done its work, or too long. A run that was seen to
 * start is judged for its length while it runs.
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

/** The run that should have ended first, of those that should have by `at`. */
export function overdueRun(monitor: WatchedMonitor, at: number): OpenRun | undefined {
  return monitor.openRuns.find((run) => isOverdue(monitor, run, at))
}

function isOverdue(monitor: WatchedMonitor, { startedAt }: OpenRun, at: number): boolean {
  return startedAt + runLimitMs(monitor) <= at
}

/**
 * The deadline, if it has passed at `now`. The monitor went down at the deadline, not when somebody noticed. It may lie
 * before the last ping: a grace was made shorter, or another run reported before anybody looked. Then the ping's moment
 * counts, so that the story only goes forward.
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

/** A person pauses. Pausing twice ends the run that has started meanwhile, and nothing else. */
export function pause<M extends WatchedMonitor>(monitor: M, now: number): Step<M> {
  return move({ ...monitor, openRuns: [], ...NOT_EXTENDED }, 'paused', { at: now, reason: 'pause' })
}

/**
 * Only a paused monitor can be resumed: it waits for its first ping again. One that is `armed` goes down if that does
 * not come by the deadline of its schedule.
 */
export function resume<M extends WatchedMonitor>(monitor: M, now: number, armed: 'armed' | 'unarmed'): Step<M> {
  if (monitor.status !== 'paused') return { monitor, transition: null }
  const armedAt = armed === 'armed' ? now : null
  const fresh = { ...monitor, openRuns: [], ...NOT_EXTENDED, lastPingAt: null, failuresInARow: 0, armedAt }
  return move(fresh, 'new', { at: now, reason: 'resume' })
}

/** The same monitor with other rules. What it is due at stays, unless they say other times. */
export function withRules<M extends WatchedMonitor>(monitor: M, rules: Partial<M>): M {
  const changed = { ...monitor, ...rules }
  const isSameRhythm = isSameSchedule(monitor.schedule, changed.schedule) && monitor.earlyMs === changed.earlyMs
  return isSameRhythm ? expected(changed) : rescheduled(changed)
}

/** The same monitor, due by its schedule and its last ping alone. */
export function rescheduled<M extends WatchedMonitor>(monitor: M): M {
  return expected({ ...monitor, slotAt: slotByLastPing(monitor) })
}

/** The same monitor by the time zones of today: what is due at a slot still is. */
export function recounted<M extends WatchedMonitor>(monitor: M): M {
  const { schedule, slotAt } = monitor
  const [slot] = slotAt === null ? [] : nextSlots(schedule, { after: slotAt - 1, count: 1 })
  return slot !== undefined && slot === slotAt ? monitor : rescheduled(monitor)
}

/**
 * Whether people are told of a transition. Going down is told, whatever it was before; up only ends a "down".
 * A person who pauses a monitor that is down has taken the matter in hand: nobody is told "up" after that.
 */
export function shouldNotify(transition: Transition): boolean {
  if (transition.to === 'down') return true
  return transition.from === 'down' && transition.to === 'up'
}

// What fails less often in a row than it takes to tell people has reported all the same, and must go on reporting.
function fail<M extends WatchedMonitor>(monitor: M, now: number): Step<M> {
  const failed = { ...monitor, failuresInARow: monitor.failuresInARow + 1 }
  const isWatchedOn = monitor.status !== 'down' && failed.failuresInARow < monitor.failuresToAlert
  return move(failed, isWatchedOn ? 'up' : 'down', { at: now, reason: 'fail' })
}

// One that starts again is counted from its new start.
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

// One that comes late is that of its own slot, however near the next one is.
function slotAfter(monitor: WatchedMonitor, now: number): number | null {
  const slot = awaitedSlot(monitor)
  const isLate = slot !== null && slot <= now
  return nextDueAt(monitor.schedule, { pingAt: now, earlyMs: isLate ? 0 : monitor.earlyMs })
}

// A run that ends names itself with its run id. An end without one ends whatever runs, without a duration. That of
// another run leaves the others open, but for those that have taken the monitor down already: nobody is told twice.
function runsAfter(monitor: WatchedMonitor, ping: Ping): readonly OpenRun[] {
  const run = ownRun(monitor, ping)
  if (run === undefined && ping.runId === null) return []
  if (run === undefined && ping.kind === 'fail' && knowsOneRun(monitor)) return []
  return monitor.openRuns.filter((other) => other !== run && !other.isJudged)
}

// As Healthchecks: there a failure of a run that nobody saw start ends the one that is known, and is told for it.
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

/** The same monitor with what follows from all the rest: when it is due, and its deadline. */
export function expected<M extends WatchedMonitor>(monitor: M): M {
  const dueAt = monitor.status === 'up' ? expectedAt(monitor) : null
  return { ...monitor, dueAt, deadlineAt: deadlineOf(monitor) }
}

// Where a run has a limit of its own, the schedule waits for the end of the one that has started since the last ping.
export function isRunAwaited(monitor: WatchedMonitor): boolean {
  const startedAt = monitor.openRuns.at(-1)?.startedAt
  const since = waitsSince(monitor)
  return monitor.maxRunMs !== null && startedAt !== undefined && since !== null && startedAt > since
}

function isArmed({ status, armedAt }: WatchedMonitor): boolean {
  return status === 'new' && armedAt !== null
}

/** The time of the schedule for which a ping is expected; null while the end of a run is. */
export function expectedAt(monitor: WatchedMonitor): number | null {
  return isRunAwaited(monitor) ? null : monitor.slotAt
}

// The schedule is counted from the last ping, or from when a person resumed the monitor.
function waitsSince(monitor: WatchedMonitor): number | null {
  if (isArmed(monitor)) return monitor.armedAt
  return monitor.status === 'up' ? monitor.lastPingAt : null
}

// A run that was awaited before slots were kept has none.
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

// Not always the first in the list: the clock may have been set between two starts.
export function oldestStart({ openRuns }: WatchedMonitor): number | null {
  return openRuns.length === 0 ? null : Math.min(...openRuns.map(({ startedAt }) => startedAt))
}

// Runs that start again and again, and never end, put it off no further than one that started at the last moment.
function scheduleEndAt(monitor: WatchedMonitor): number | null {
  const slot = awaitedSlot(monitor)
  if (slot === null) return null
  return slot + monitor.graceMs + (isRunAwaited(monitor) ? runLimitMs(monitor) : 0)
}

function earliest(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b
  return Math.min(a, b)
}
