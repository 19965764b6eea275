import type { Acknowledgment } from './incident.ts'
import { runLimitMs, type Transition, type TransitionReason } from './lifecycle.ts'
import { type Monitor, shownName, tagList } from './monitor.ts'
import type { Notice } from './notice.ts'
import type { RecordedPing } from './ping.ts'
import type { RunCounts } from './recent-runs.ts'
import { DAILY, type Schedule, zoneOfTimes } from './schedule.ts'
import type { CutEnds } from './secrets.ts'

/** The facts of a notification, independent of channels. They don't change after the event. */
export type Notification = MonitorNotification | Notice

/** A notification about a monitor: a transition, or that an incident goes on. */
export interface MonitorNotification {
  status: 'down' | 'up'
  /** When the monitor changed. */
  at: number
  reason: TransitionReason
  isTest: boolean
  /** Absent for a transition. */
  again?: Again
  /** Set if the monitor began to flap with it: how often it changed in the last hour. */
  changes?: number
  /** Set if CronGuard's own network connection may be the reason. */
  isOwnLinkSuspected?: true
  /** Set if it was muted: until when, as of then; null for when the monitor recovers. */
  muted?: { by: MutedBy; until: number | null }
  monitor: {
    name: string
    slug: string
    uniqueKey: string
    tags: string[]
    description: string
    schedule: Schedule
    graceMs: number
    maxRunMs: number | null
    minRunMs: number | null
    pingCount: number
    failuresInARow: number
  }
  project: string
  lastPing: Pick<RecordedPing, 'kind' | 'at' | 'exitStatus' | 'durationMs' | 'reportedBy'> | null
  /** For a missing ping: when it was expected, or when the unfinished run started. */
  dueAt: number | null
  /** For a recovery: the duration of the outage. */
  downMs: number | null
  /** Absent in a test, and in a notification that an earlier version queued. */
  circumstances?: Circumstances
}

/** Why people are notified again of an open incident, and when. */
export type Again = { at: number } & (
  | { is: 'reminder'; number: number }
  | { is: 'unmuted'; by: MutedBy }
  /** No one has acknowledged the incident for the delay of a channel. */
  | { is: 'escalation' }
)

/** What muted a monitor. */
export type MutedBy = 'snooze' | 'maintenance'

/** What else was known at the moment of the event. */
export interface Circumstances {
  projectId: string
  incidentId: string
  /** What the last ping sent, with all secrets in it. */
  output: Excerpt | null
  /** Null if it is unknown. */
  runs: RunCounts | null
  /** When the last success before the incident was reported, as far as the last pings show. */
  lastSuccessAt: number | null
  /** How long a run usually takes. */
  usualMs: number | null
  /** Other monitors of the project that were down. */
  othersDown: OthersDown
  /** For a recovery. */
  acknowledgment: Acknowledgment | null
}

export interface Excerpt {
  pingNumber: number
  text: string
  cut: CutEnds
}

export interface OthersDown {
  /** The names of the first of them. */
  names: string[]
  count: number
  /** Whether there are more than were counted. */
  isMore: boolean
}

/** Whether it is about a monitor, and not about the project or CronGuard itself. */
export function isAboutMonitor(notification: Notification): notification is MonitorNotification {
  return notification.status === 'down' || notification.status === 'up'
}

export interface NotificationFacts {
  monitor: Monitor
  transition: Transition
  project: string
  lastPing: RecordedPing | null
  /** From `Step`. */
  dueAt: number | null
  /** When the closed incident began. */
  downSince: number | null
  circumstances?: Circumstances | null
}

export function composeNotification({ monitor, transition, ...facts }: NotificationFacts): MonitorNotification {
  const { at, reason } = transition
  return {
    status: transition.to === 'up' ? 'up' : 'down',
    at,
    reason,
    isTest: false,
    monitor: describeMonitor(monitor),
    project: facts.project,
    lastPing: facts.lastPing && pickLastPing(facts.lastPing),
    dueAt: facts.dueAt,
    downMs: facts.downSince === null ? null : Math.max(0, at - facts.downSince),
    ...(facts.circumstances && { circumstances: facts.circumstances }),
  }
}

/** `opening` is the notification that the incident opened. */
export function composeAgain(opening: MonitorNotification, again: Again): MonitorNotification {
  return { ...opening, again }
}

/** When there was a reason to notify people. */
export function occurredAt(notification: Notification): number {
  return isAboutMonitor(notification) ? (notification.again?.at ?? notification.at) : notification.at
}

/** The notification of a channel test, about a fictional monitor that is down. */
export function composeTest({ project, now }: { project: string; now: number }): MonitorNotification {
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
      description: 'A sample monitor for test notifications.',
      schedule: { ...DAILY, periodMs },
      graceMs,
      maxRunMs: null,
      minRunMs: null,
      pingCount: 42,
      failuresInARow: 0,
    },
    project,
    lastPing: { kind: 'success', at: now - periodMs - graceMs, exitStatus: null, durationMs: null },
    dueAt: now - graceMs,
    downMs: null,
  }
}

/** The page with details. Its URL contains no secret. */
export function notificationUrl(notification: Notification, baseUrl: string): string {
  if (notification.status === 'blind') return `${baseUrl}/projects/${notification.projectId}`
  if (notification.reason === 'unsubscribed') return `${baseUrl}/channels/${notification.channel.id}`
  return notification.isTest ? `${baseUrl}/` : `${baseUrl}/monitors/${notification.monitor.uniqueKey}`
}

/** The page of the incident; null if the notification is not about one, or an earlier version queued it. */
export function incidentUrl(notification: Notification, baseUrl: string): string | null {
  const incidentId = isAboutMonitor(notification) ? notification.circumstances?.incidentId : undefined
  return incidentId === undefined ? null : `${baseUrl}/incidents/${incidentId}`
}

/** The time zone for a reader whose zone is unknown: that of the monitor. */
export function notificationZone(notification: Notification): string {
  return isAboutMonitor(notification) ? zoneOfTimes(notification.monitor.schedule) : 'UTC'
}

/** The cause of the status change, as the notification states it. */
export type Cause =
  | { kind: 'missed'; dueAt: number | null; graceMs: number; isSinceResume: boolean }
  | { kind: 'unfinished'; startedAt: number | null; limitMs: number }
  | { kind: 'failed'; exitStatus: number | null; failuresInARow: number }
  | { kind: 'too-short' | 'too-long'; durationMs: number; limitMs: number; failuresInARow: number }
  | { kind: 'recovered'; downMs: number | null; reportedBy: string | null }

export function causeOf({ status, reason, dueAt, downMs, lastPing, monitor }: MonitorNotification): Cause {
  if (status === 'up') return { kind: 'recovered', downMs, reportedBy: lastPing?.reportedBy ?? null }
  if (reason === 'fail') return failureCause(monitor, lastPing)
  if (reason === 'overrun') return { kind: 'unfinished', startedAt: dueAt, limitMs: runLimitMs(monitor) }
  return { kind: 'missed', dueAt, graceMs: monitor.graceMs, isSinceResume: reason === 'no-ping' }
}

// If a run reports a nonzero exit status, that is the cause, however long it took.
function failureCause(
  { minRunMs, maxRunMs, failuresInARow }: MonitorNotification['monitor'],
  lastPing: MonitorNotification['lastPing'],
): Cause {
  const { durationMs = null, exitStatus = null } = lastPing ?? {}
  if (durationMs !== null && !exitStatus) {
    if (minRunMs !== null && durationMs < minRunMs) {
      return { kind: 'too-short', durationMs, limitMs: minRunMs, failuresInARow }
    }
    if (maxRunMs !== null && durationMs > maxRunMs) {
      return { kind: 'too-long', durationMs, limitMs: maxRunMs, failuresInARow }
    }
  }
  return { kind: 'failed', exitStatus, failuresInARow }
}

function describeMonitor(monitor: Monitor): MonitorNotification['monitor'] {
  const { slug, uniqueKey, description, schedule, graceMs, maxRunMs, minRunMs, pingCount, failuresInARow } = monitor
  return {
    name: shownName(monitor),
    slug,
    uniqueKey,
    tags: tagList(monitor.tags),
    description,
    schedule,
    graceMs,
    maxRunMs,
    minRunMs,
    pingCount,
    failuresInARow,
  }
}

function pickLastPing(ping: RecordedPing): NonNullable<MonitorNotification['lastPing']> {
  const { kind, at, exitStatus, durationMs, reportedBy } = ping
  return { kind, at, exitStatus, durationMs, ...(reportedBy && { reportedBy }) }
}
