import { durationInWords, lengthInWords, momentInWords, SECOND } from '#lib/duration.ts'
import { fullMomentInZone, momentWithZone } from '#lib/zone.ts'
import { type BlackoutNotice, blackoutDetails, blackoutFacts, blackoutTitle } from './blackout-notice.ts'
import { runLimitMs, type Transition, type TransitionReason } from './lifecycle.ts'
import { type Monitor, shownName, tagList } from './monitor.ts'
import type { RecordedPing } from './ping.ts'
import { DAILY, type Schedule, scheduleInWords, zoneOfTimes } from './schedule.ts'

/** What is said, in no channel's dialect. It is kept as it was when it happened. */
export type Notification = MonitorNotification | BlackoutNotice

/** What is said about a transition. */
export interface MonitorNotification {
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
    maxRunMs: number | null
    minRunMs: number | null
    pingCount: number
    failuresInARow: number
  }
  project: string
  lastPing: Pick<RecordedPing, 'kind' | 'at' | 'exitStatus' | 'durationMs' | 'reportedBy'> | null
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
  /** As a `Step` has it. */
  dueAt: number | null
  /** When the incident that ends here began. */
  downSince: number | null
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
  }
}

/** What the test button sends: made up, and it says so. */
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
      description: 'This monitor does not exist: somebody tests the channel.',
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

/** As `notificationDetails`, in the words of the zone that it names. */
export function detailsInZone(notification: Notification, zone: string): string {
  return notificationDetails(notification, (at) => momentWithZone(at, zone))
}

/** "DOWN | nightly-report": the status first, so that it survives a narrow screen. */
export function notificationTitle(notification: Notification): string {
  if (notification.status === 'blind') return blackoutTitle(notification)
  return `${notification.status.toUpperCase()} | ${notification.monitor.name}`
}

/** Of whom it speaks, in logs and lists. */
export function notificationSubject(notification: Notification): string {
  return notification.status === 'blind' ? 'CronGuard itself' : notification.monitor.name
}

/** Where its reader finds out more: the page of the monitor, which tells no secret. */
export function notificationUrl(notification: Notification, baseUrl: string): string {
  if (notification.status === 'blind') return `${baseUrl}/projects/${notification.projectId}`
  return notification.isTest ? `${baseUrl}/` : `${baseUrl}/monitors/${notification.monitor.uniqueKey}`
}

/** The zone in which its moments are told where nothing is known of the reader: that of the monitor. */
export function notificationZone(notification: Notification): string {
  return notification.status === 'blind' ? 'UTC' : zoneOfTimes(notification.monitor.schedule)
}

/** One or two whole sentences: what happened, and why it is told. Moments in UTC, unless `inWords` says otherwise. */
export function notificationDetails(notification: Notification, inWords = momentInWords): string {
  if (notification.status === 'blind') return blackoutDetails(notification, inWords)
  const sentence = whatHappened(notification, inWords)
  return notification.isTest ? `This is a test. ${sentence}` : sentence
}

/** The facts around it, each with its label, in the order in which a person asks for them. */
export function notificationFacts(notification: Notification, zone = 'UTC'): [label: string, value: string][] {
  if (notification.status === 'blind') return blackoutFacts(notification, zone)
  const { monitor, lastPing } = notification
  const facts: [string, string][] = [
    ['Since', fullMomentInZone(notification.at, zone)],
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
  { reason, status, dueAt, downMs, lastPing, monitor }: MonitorNotification,
  inWords: (at: number) => string,
): string {
  if (status === 'up') return recoveryInWords(downMs, lastPing)
  if (reason === 'fail') return failureInWords(monitor, lastPing)
  if (reason === 'overrun') {
    return `The run that started at ${when(dueAt, inWords)} did not end within ${durationInWords(runLimitMs(monitor))}.`
  }
  const silence = reason === 'no-ping' ? 'No ping came since the monitor was resumed' : 'No ping came'
  return `${silence}. One was expected at ${when(dueAt, inWords)}, with ${durationInWords(monitor.graceMs)} of grace.`
}

function recoveryInWords(downMs: number | null, lastPing: MonitorNotification['lastPing']): string {
  const after = downMs === null ? '' : ` after ${lengthInWords(downMs)} of being down`
  return lastPing?.reportedBy ? `${lastPing.reportedBy} reported success manually${after}.` : `The job is back${after}.`
}

function failureInWords(
  { minRunMs, maxRunMs, failuresInARow }: MonitorNotification['monitor'],
  lastPing: MonitorNotification['lastPing'],
): string {
  const { durationMs = null, exitStatus = null } = lastPing ?? {}
  const row = failuresInARow > 1 ? ` It has failed ${failuresInARow} times in a row.` : ''
  if (minRunMs !== null && durationMs !== null && durationMs < minRunMs && !exitStatus) {
    return `The run ended after ${lengthInWords(durationMs)}; it takes at least ${durationInWords(minRunMs)}.${row}`
  }
  if (maxRunMs !== null && durationMs !== null && durationMs > maxRunMs && !exitStatus) {
    return `The run took ${durationInWords(durationMs)}; it may take at most ${durationInWords(maxRunMs)}.${row}`
  }
  return `The job reported a failure${exitStatus === null ? '' : ` (exit status ${exitStatus})`}.${row}`
}

function when(at: number | null, inWords: (at: number) => string): string {
  return at === null ? 'an unknown time' : inWords(at)
}

function lastPingInWords({ kind, at, exitStatus }: NonNullable<MonitorNotification['lastPing']>, now: number): string {
  const what = exitStatus === null ? kind : `exit status ${exitStatus}`
  return now - at < SECOND ? `${what}, at the same time` : `${what}, ${durationInWords(now - at)} before`
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
