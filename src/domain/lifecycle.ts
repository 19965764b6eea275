// The state machine of a monitor: state and event in, next state and at most one transition out.
import { addRun, type MonitorRules, OPEN_RUNS_MAX, type OpenRun, type WatchedMonitor } from './monitor.ts'
import type { Ping } from './ping.ts'
import { nextDueAt } from './schedule.ts'
import type { StoredStatus } from './status.ts'

/** `timeout`: no ping came. `overrun`: a run started and did not end. `ping`: a success ping. `fail`: a fail ping. */
export const TRANSITION_REASONS = ['timeout', 'overrun', 'ping', 'fail', 'pause', 'resume'] as const
export type TransitionReason = (typeof TRANSITION_REASONS)[number]

const REASON_WORDS: Record<TransitionReason, string> = {
  timeout: 'No ping came in time',
  overrun: 'A run did not end in time',
  ping: 'A success was reported',
  fail: 'The job reported a failure',
  pause: 'Somebody paused the monitor',
  resume: 'Somebody resumed the monitor',
}

/** Why a status changed, in a few words. */
export function reasonInWords(reason: TransitionReason): string {
  return REASON_WORDS[reason]
}

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
}

/** A ping that came at `now`, already judged by the monitor's rules. */
export function applyPing<M extends WatchedMonitor>(monitor: M, ping: Ping, now: number): Step<M> {
  const counted = { ...monitor, pingCount: monitor.pingCount + 1 }
  switch (ping.kind) {
    case 'ignored':
    case 'log':
      return { monitor: counted, transition: null }
    case 'start':
      return stay({ ...counted, openRuns: startRun(counted.openRuns, { startedAt: now, runId: ping.runId }) })
    case 'success':
      return move({ ...endRun(counted, ping, now), failuresInARow: 0 }, 'up', { at: now, reason: 'ping' })
    case 'fail':
      return fail(endRun(counted, ping, now), now)
  }
}

/** The same ping, or a failure when it ends a run that was too short to have done its work. */
export function judgeRun(monitor: WatchedMonitor, ping: Ping, now: number): Ping {
  if (ping.kind !== 'success' || monitor.minRunMs === null) return ping
  const run = ownRun(monitor, ping)
  return run !== undefined && now - run.startedAt < monitor.minRunMs ? { ...ping, kind: 'fail' } : ping
}

/** How long a run may take. */
export function runLimitMs({ maxRunMs, graceMs }: Pick<MonitorRules, 'maxRunMs' | 'graceMs'>): number {
  return maxRunMs ?? graceMs
}

/** The run that should have ended first, of those that should have by `at`. */
export function overdueRun(monitor: WatchedMonitor, at: number): OpenRun | undefined {
  return monitor.openRuns.find(({ startedAt }) => startedAt + runLimitMs(monitor) <= at)
}

/**
 * The deadline, if it has passed at `now`. The monitor went down at the deadline, not when somebody noticed. It may lie
 * before the last ping: a grace was made shorter, or another run reported before anybody looked. Then the ping's moment
 * counts, so that the story only goes forward.
 */
export function applyDeadline<M extends WatchedMonitor>(monitor: M, now: number): Step<M> {
  const { deadlineAt, lastPingAt } = monitor
  if (deadlineAt === null || now < deadlineAt) return { monitor, transition: null }
  const isOverrun = overdueRun(monitor, deadlineAt) !== undefined
  const at = Math.max(deadlineAt, lastPingAt ?? deadlineAt)
  const missed = { ...monitor, recentRuns: addRun(monitor.recentRuns, 'm') }
  return move(missed, 'down', { at, reason: isOverrun ? 'overrun' : 'timeout' })
}

/** A person pauses. Pausing twice changes nothing. */
export function pause<M extends WatchedMonitor>(monitor: M, now: number): Step<M> {
  if (monitor.status === 'paused') return { monitor, transition: null }
  return move({ ...monitor, openRuns: [], sparedUntil: null }, 'paused', { at: now, reason: 'pause' })
}

/** A person resumes: the monitor waits for its first ping again. Only a paused monitor can be resumed. */
export function resume<M extends WatchedMonitor>(monitor: M, now: number): Step<M> {
  if (monitor.status !== 'paused') return { monitor, transition: null }
  return move({ ...monitor, openRuns: [], sparedUntil: null, lastPingAt: null }, 'new', { at: now, reason: 'resume' })
}

/** The same monitor after its schedule or grace was changed. */
export function withDeadline<M extends WatchedMonitor>(monitor: M): M {
  const dueAt = dueAtOf(monitor)
  return { ...monitor, dueAt, deadlineAt: deadlineFrom(monitor, dueAt) }
}

/**
 * CronGuard could not watch until `now`: whatever was expected by then may have been reported to nobody. The monitor
 * gets one more grace, or is as it was when nothing was expected.
 */
export function spare<M extends WatchedMonitor>(monitor: M, now: number): M {
  const isExpecting = monitor.openRuns.length > 0 || (monitor.dueAt !== null && monitor.dueAt <= now)
  return monitor.deadlineAt !== null && isExpecting
    ? withDeadline({ ...monitor, sparedUntil: now + monitor.graceMs })
    : monitor
}

/** The clock was put back to `now`, and nothing can have happened after it. */
export function notAfter<M extends WatchedMonitor>(monitor: M, now: number): M {
  return withDeadline({
    ...monitor,
    lastPingAt: monitor.lastPingAt === null ? null : Math.min(monitor.lastPingAt, now),
    openRuns: monitor.openRuns.map((run) => ({ ...run, startedAt: Math.min(run.startedAt, now) })),
    sparedUntil: monitor.sparedUntil === null ? null : Math.min(monitor.sparedUntil, now + monitor.graceMs),
  })
}

/**
 * Whether people are told of a transition. Going down is told, whatever it was before; up only ends a "down".
 * A person who pauses a monitor that is down has taken the matter in hand: nobody is told "up" after that.
 */
export function isWorthTelling(transition: Transition): boolean {
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
function startRun(openRuns: readonly OpenRun[], run: OpenRun): OpenRun[] {
  return [...openRuns.filter(({ runId }) => runId !== run.runId), run].slice(-OPEN_RUNS_MAX)
}

function endRun<M extends WatchedMonitor>(monitor: M, ping: Ping, now: number): M {
  const run = ownRun(monitor, ping)
  return {
    ...monitor,
    lastPingAt: now,
    sparedUntil: null,
    openRuns: monitor.openRuns.length === 0 ? monitor.openRuns : runsAfter(monitor, ping, now),
    lastDurationMs: run === undefined ? null : Math.max(0, now - run.startedAt),
    recentRuns: addRun(monitor.recentRuns, ping.kind === 'success' ? 's' : 'f'),
  }
}

// A run that ends names itself with its run id. An end without one ends whatever runs, without a duration; a failure of
// a run that nobody saw start ends the newest. A success of another run leaves the others open, but for those that have
// taken the monitor down already: they are not judged twice.
function runsAfter(monitor: WatchedMonitor, ping: Ping, now: number): readonly OpenRun[] {
  const run = ownRun(monitor, ping)
  if (run === undefined && ping.runId === null) return []
  if (run === undefined && ping.kind === 'fail') return monitor.openRuns.slice(0, -1)
  const isJudged = (other: OpenRun) => monitor.status === 'down' && now >= other.startedAt + runLimitMs(monitor)
  return monitor.openRuns.filter((other) => other !== run && !isJudged(other))
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
  const moved = withDeadline({ ...monitor, status: to })
  return { monitor: moved, transition: from === to ? null : { from, to, at, reason } }
}

function stay<M extends WatchedMonitor>(monitor: M): Step<M> {
  return { monitor: withDeadline(monitor), transition: null }
}

// Where a run has a limit of its own, the schedule waits for the end of the one that has started since the last ping.
function dueAtOf({ status, schedule, earlyMs, lastPingAt, maxRunMs, openRuns }: WatchedMonitor): number | null {
  if (status !== 'up' || lastPingAt === null) return null
  const isRunAwaited = maxRunMs !== null && (openRuns.at(-1)?.startedAt ?? 0) > lastPingAt
  return isRunAwaited ? null : nextDueAt(schedule, { pingAt: lastPingAt, earlyMs })
}

function deadlineFrom(monitor: WatchedMonitor, dueAt: number | null): number | null {
  if (monitor.status === 'down') return null
  const [oldest] = monitor.openRuns
  const runEndAt = oldest === undefined ? null : oldest.startedAt + runLimitMs(monitor)
  const deadlineAt = earliest(dueAt === null ? null : dueAt + monitor.graceMs, runEndAt)
  return deadlineAt === null ? null : Math.max(deadlineAt, monitor.sparedUntil ?? deadlineAt)
}

function earliest(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b
  return Math.min(a, b)
}
