// The state machine of a monitor: state and event in, next state and at most one transition out.
import { addRun, type WatchedMonitor } from './monitor.ts'
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
      return stay({ ...counted, openRun: { startedAt: now, runId: ping.runId } })
    case 'success':
      return move(endRun(counted, ping, now), 'up', { at: now, reason: 'ping' })
    case 'fail':
      return move(endRun(counted, ping, now), 'down', { at: now, reason: 'fail' })
  }
}

/**
 * The deadline, if it has passed at `now`. The monitor went down at the deadline, not when somebody noticed. It may lie
 * before the last ping: a grace was made shorter, or another run reported before anybody looked. Then the ping's moment
 * counts, so that the story only goes forward.
 */
export function applyDeadline<M extends WatchedMonitor>(monitor: M, now: number): Step<M> {
  const { deadlineAt, openRun, lastPingAt } = monitor
  if (deadlineAt === null || now < deadlineAt) return { monitor, transition: null }
  const isOverrun = openRun !== null && openRun.startedAt + monitor.graceMs === deadlineAt
  const at = Math.max(deadlineAt, lastPingAt ?? deadlineAt)
  const missed = { ...monitor, recentRuns: addRun(monitor.recentRuns, 'm') }
  return move(missed, 'down', { at, reason: isOverrun ? 'overrun' : 'timeout' })
}

/** A person pauses. Pausing twice changes nothing. */
export function pause<M extends WatchedMonitor>(monitor: M, now: number): Step<M> {
  if (monitor.status === 'paused') return { monitor, transition: null }
  return move({ ...monitor, openRun: null }, 'paused', { at: now, reason: 'pause' })
}

/** A person resumes: the monitor waits for its first ping again. Only a paused monitor can be resumed. */
export function resume<M extends WatchedMonitor>(monitor: M, now: number): Step<M> {
  if (monitor.status !== 'paused') return { monitor, transition: null }
  return move({ ...monitor, openRun: null, lastPingAt: null }, 'new', { at: now, reason: 'resume' })
}

/** The same monitor after its schedule or grace was changed. */
export function withDeadline<M extends WatchedMonitor>(monitor: M): M {
  const dueAt =
    monitor.status === 'up' && monitor.lastPingAt !== null ? nextDueAt(monitor.schedule, monitor.lastPingAt) : null
  return { ...monitor, dueAt, deadlineAt: deadlineFrom(monitor, dueAt) }
}

/**
 * Whether people are told of a transition. Going down is told, whatever it was before; up only ends a "down".
 * A person who pauses a monitor that is down has taken the matter in hand: nobody is told "up" after that.
 */
export function isWorthTelling(transition: Transition): boolean {
  if (transition.to === 'down') return true
  return transition.from === 'down' && transition.to === 'up'
}

// A run that ends names itself with its run id. An end without one ends whatever runs, without a duration. A success
// of another run leaves this one open, unless it has taken the monitor down already: it is not judged twice.
function endRun<M extends WatchedMonitor>(monitor: M, ping: Ping, now: number): M {
  const recentRuns = addRun(monitor.recentRuns, ping.kind === 'success' ? 's' : 'f')
  const ended = { ...monitor, lastPingAt: now, lastDurationMs: null, recentRuns }
  const run = monitor.openRun
  if (run === null) return ended
  if (run.runId === ping.runId) return { ...ended, openRun: null, lastDurationMs: Math.max(0, now - run.startedAt) }
  const isOfAnotherRun = ping.kind === 'success' && ping.runId !== null
  const wasJudged = monitor.status === 'down' && now >= run.startedAt + monitor.graceMs
  return { ...ended, openRun: isOfAnotherRun && !wasJudged ? run : null }
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

function deadlineFrom(monitor: WatchedMonitor, dueAt: number | null): number | null {
  if (monitor.status === 'down') return null
  const from = earliest(dueAt, monitor.openRun?.startedAt ?? null)
  return from === null ? null : from + monitor.graceMs
}

function earliest(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b
  return Math.min(a, b)
}
