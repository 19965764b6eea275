import { durationInWords, momentInWords } from '#lib/duration.ts'
import type { Transition, TransitionReason } from './lifecycle.ts'
import { type Monitor, shownName, tagList } from './monitor.ts'
import type { PingKind, RecordedPing } from './ping.ts'
import { nextDueAt, type Schedule, scheduleInWords } from './schedule.ts'

/** What is said about a transition, in no channel's dialect. It is kept as it was when the transition happened. */
export interface Notification {
  status: 'down' | 'up'
  /** When the monitor changed. */
  at: number
  reason: TransitionReason
  isTest: boolean
  monitor: {
    name: string
    slug: string
    uniqueKey: string
    tags: string[]
    description: string
    schedule: Schedule
    graceMs: number
    pingCount: number
  }
  project: string
  lastPing: { kind: PingKind; at: number; exitStatus: number | null } | null
  /** Going down for want of a ping: when it, or the end of the run, was expected. */
  dueAt: number | null
  /** Coming up: how long it was down. */
  downMs: number | null
}

export interface NotificationFacts {
  monitor: Monitor
  transition: Transition
  project: string
  lastPing: RecordedPing | null
  /** When the incident that ends here began. */
  downSince: number | null
}

export function composeNotification({ monitor, transition, ...facts }: NotificationFacts): Notification {
  const { at, reason } = transition
  return {
    status: transition.to === 'up' ? 'up' : 'down',
    at,
    reason,
    isTest: false,
    monitor: describeMonitor(monitor),
    project: facts.project,
    lastPing: facts.lastPing && pickLastPing(facts.lastPing),
    dueAt: dueAtOf(monitor, reason),
    downMs: facts.downSince === null ? null : at - facts.downSince,
  }
}

function dueAtOf({ openRun, lastPingAt, schedule }: Monitor, reason: TransitionReason): number | null {
  if (reason === 'overrun') return openRun?.startedAt ?? null
  if (reason === 'timeout' && lastPingAt !== null) return nextDueAt(schedule, lastPingAt)
  return null
}

/** What the test button sends: made up, and it says so. */
export function composeTest({ project, now }: { project: string; now: number }): Notification {
  const periodMs = 3_600_000
  const graceMs = 1_800_000
  return {
    status: 'down',
    at: now,
    reason: 'timeout',
    isTest: true,
    monitor: {
      name: 'TEST',
      slug: 'test',
      uniqueKey: '0'.repeat(40),
      tags: ['test'],
      description: 'This monitor does not exist: somebody tests the channel.',
      schedule: { kind: 'period', periodMs },
      graceMs,
      pingCount: 42,
    },
    project,
    lastPing: { kind: 'success', at: now - periodMs - graceMs, exitStatus: null },
    dueAt: now - graceMs,
    downMs: null,
  }
}

/** "DOWN | nightly-report": the status first, so that it survives a narrow screen. */
export function notificationTitle({ status, monitor }: Notification): string {
  return `${status.toUpperCase()} | ${monitor.name}`
}

/** Where its reader finds out more: the page of the monitor, which tells no secret. */
export function notificationUrl({ monitor, isTest }: Notification, baseUrl: string): string {
  return isTest ? `${baseUrl}/` : `${baseUrl}/monitors/${monitor.uniqueKey}`
}

/** One or two whole sentences: what happened, and why it is told. Moments in UTC, unless `inWords` says otherwise. */
export function notificationDetails(notification: Notification, inWords = momentInWords): string {
  const sentence = whatHappened(notification, inWords)
  return notification.isTest ? `This is a test. ${sentence}` : sentence
}

/** The facts around it, each with its label, in the order in which a person asks for them. */
export function notificationFacts(notification: Notification): [label: string, value: string][] {
  const { monitor, lastPing } = notification
  const facts: [string, string][] = [
    ['Since', momentInWords(notification.at)],
    ['Project', notification.project],
    ['Schedule', `${scheduleInWords(monitor.schedule)}, grace ${durationInWords(monitor.graceMs)}`],
    ['Last ping', lastPing ? lastPingInWords(lastPing, notification.at) : 'never'],
    ['Pings so far', String(monitor.pingCount)],
  ]
  if (monitor.tags.length > 0) facts.push(['Tags', monitor.tags.join(' ')])
  if (monitor.description !== '') facts.push(['Description', monitor.description])
  return facts
}

function whatHappened(
  { reason, status, dueAt, downMs, lastPing, monitor }: Notification,
  inWords: (at: number) => string,
): string {
  if (status === 'up')
    return `The job is back${downMs === null ? '' : ` after ${durationInWords(downMs)} of being down`}.`
  const grace = durationInWords(monitor.graceMs)
  if (reason === 'overrun') return `The run that started at ${when(dueAt, inWords)} did not end within ${grace}.`
  if (reason === 'timeout') return `No ping came. One was expected at ${when(dueAt, inWords)}, with ${grace} of grace.`
  const exitStatus = lastPing?.exitStatus ?? null
  return `The job reported a failure${exitStatus === null ? '' : ` (exit status ${exitStatus})`}.`
}

function when(at: number | null, inWords: (at: number) => string): string {
  return at === null ? 'an unknown time' : inWords(at)
}

function lastPingInWords({ kind, at, exitStatus }: NonNullable<Notification['lastPing']>, now: number): string {
  const what = exitStatus === null ? kind : `exit status ${exitStatus}`
  return `${what}, ${durationInWords(Math.max(0, now - at))} before`
}

function describeMonitor(monitor: Monitor): Notification['monitor'] {
  const { slug, uniqueKey, description, schedule, graceMs, pingCount } = monitor
  return {
    name: shownName(monitor),
    slug,
    uniqueKey,
    tags: tagList(monitor.tags),
    description,
    schedule,
    graceMs,
    pingCount,
  }
}

function pickLastPing({ kind, at, exitStatus }: RecordedPing): NonNullable<Notification['lastPing']> {
  return { kind, at, exitStatus }
}
