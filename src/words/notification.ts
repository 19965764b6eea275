// What a notification says, in every kind of channel.
import {
  type Again,
  type Cause,
  causeOf,
  isAboutMonitor,
  type MonitorNotification,
  type MutedBy,
  type Notification,
} from '#domain/notification.ts'
import { durationInWords, lengthInWords, SECOND } from '#lib/duration.ts'
import { clockInZone, fullMomentInZone, momentWithZone } from '#lib/zone.ts'
import { circumstanceFacts } from './circumstances.ts'
import { noticeDetails, noticeFacts, noticeSubject, noticeTitle } from './notice.ts'
import { PING_WORDS } from './ping.ts'
import { scheduleInWords } from './schedule.ts'

/** "Down: nightly-report": the status comes first, so that a narrow screen still shows it. */
export function notificationTitle(notification: Notification, zone: string): string {
  if (!isAboutMonitor(notification)) return noticeTitle(notification, zone)
  return `${statusInTitle(notification)}: ${notification.monitor.name}`
}

function statusInTitle({ status, again }: MonitorNotification): string {
  if (status === 'up') return 'Up'
  return again ? 'Still down' : 'Down'
}

/** The title in two parts, for a large heading: "Down" or "Up", and "since 03:30", with the name apart. */
export function notificationHeading(notification: Notification, zone: string) {
  if (!isAboutMonitor(notification)) return { word: noticeTitle(notification, zone), rest: '', name: null }
  const { at, monitor } = notification
  return { word: statusInTitle(notification), rest: `since ${clockInZone(at, zone)}`, name: monitor.name }
}

/** Its subject, in logs and lists. */
export function notificationSubject(notification: Notification): string {
  return isAboutMonitor(notification) ? notification.monitor.name : noticeSubject(notification)
}

/** The status as programs outside CronGuard get it. */
export function statusWord({ status }: Pick<Notification, 'status'>): string {
  return status === 'blind' ? 'offline' : status
}

/** Whole sentences that say what happened. Each moment names the zone. */
export function notificationDetails(notification: Notification, zone: string): string {
  return detailsWith(notification, (at) => momentWithZone(at, zone))
}

/** The same, with moments as the caller writes them. */
export function detailsWith(notification: Notification, inWords: (at: number) => string): string {
  if (!isAboutMonitor(notification)) return noticeDetails(notification, inWords)
  const cause = causeInWords(causeOf(notification), inWords)
  const { again } = notification
  const told = [...(again ? [againInWords(again, notification.at)] : []), cause, ...situationInWords(notification)]
  const sentence = told.join(' ')
  return notification.isTest ? `This is a test. A real notification says: “${sentence}”` : sentence
}

/** Labeled facts, in the order in which a person asks for them. */
export function notificationFacts(notification: Notification, zone: string): [label: string, value: string][] {
  if (!isAboutMonitor(notification)) return noticeFacts(notification, zone)
  const { status, at, project, monitor, lastPing } = notification
  const facts: [string, string][] = [
    [status === 'up' ? 'Up since' : 'Down since', fullMomentInZone(at, zone)],
    ...circumstanceFacts(notification, zone),
    ['Project', project],
    ['Schedule', `${scheduleInWords(monitor.schedule)}, grace period ${durationInWords(monitor.graceMs)}`],
    ['Last ping', lastPing ? lastPingInWords(lastPing, at) : 'no ping yet'],
    ['Total pings', monitor.pingCount.toLocaleString('en')],
  ]
  if (monitor.tags.length > 0) facts.push(['Tags', monitor.tags.join(' ')])
  if (monitor.description !== '') facts.push(['Description', monitor.description])
  return facts
}

/** The label of the link to the page that says more. */
export function notificationLinkLabel(notification: Notification): string {
  if (notification.status === 'blind') return 'Open project'
  if (notification.reason === 'unsubscribed') return 'Open channel'
  if (notification.status === 'notice') return 'Open monitor'
  if (notification.circumstances) return 'Open incident'
  return notification.isTest ? 'Open CronGuard' : 'Open monitor'
}

function situationInWords({ changes, isOwnLinkSuspected, again }: MonitorNotification): string[] {
  if (again) return []
  return [
    ...(changes === undefined ? [] : [`It is flapping: ${changes} changes in the last hour. ${FLAPPING_RULE}`]),
    ...(isOwnLinkSuspected ? ["The problem may be CronGuard's own network connection: no monitor is pinging."] : []),
  ]
}

const FLAPPING_RULE = 'Further changes are sent once an hour until it is calm.'

const MUTE_ENDED: Record<MutedBy, string> = { snooze: 'The snooze ended.', maintenance: 'The maintenance ended.' }

function againInWords(again: Again, downSince: number): string {
  const duration = `Down for ${lengthInWords(again.at - downSince)}`
  switch (again.is) {
    case 'reminder':
      return `Reminder ${again.number}. ${duration}.`
    case 'unmuted':
      return `${MUTE_ENDED[again.by]} ${duration}.`
    case 'escalation':
      return `${duration} and not acknowledged.`
  }
}

function causeInWords(cause: Cause, inWords: (at: number) => string): string {
  const moment = (at: number | null) => (at === null ? 'an unknown time' : inWords(at))
  switch (cause.kind) {
    case 'missed': {
      const since = cause.isSinceResume ? ' since the monitor was resumed' : ''
      const due = `One was due on ${moment(cause.dueAt)}`
      return `No ping received${since}. ${due}, with a grace period of ${durationInWords(cause.graceMs)}.`
    }
    case 'unfinished':
      return `The run that started on ${moment(cause.startedAt)} did not finish within ${limitInWords(cause)}.`
    case 'failed': {
      const { exitStatus } = cause
      const failure =
        exitStatus === null ? 'The job reported a failure.' : `The job failed with exit status ${exitStatus}.`
      return `${failure}${inARow(cause)}`
    }
    case 'too-short':
      return `${tookInWords(cause)}, less than the minimum of ${limitInWords(cause)}.${inARow(cause)}`
    case 'too-long':
      return `${tookInWords(cause)}, more than the maximum of ${limitInWords(cause)}.${inARow(cause)}`
    case 'recovered':
      return recoveryInWords(cause)
  }
}

function tookInWords({ durationMs }: { durationMs: number }): string {
  return `The run took ${lengthInWords(durationMs)}`
}

function limitInWords({ limitMs }: { limitMs: number }): string {
  return durationInWords(limitMs)
}

function inARow({ failuresInARow }: { failuresInARow: number }): string {
  return failuresInARow > 1 ? ` It has failed ${failuresInARow} times in a row.` : ''
}

function recoveryInWords({ downMs, reportedBy }: Extract<Cause, { kind: 'recovered' }>): string {
  const after = downMs === null || downMs === 0 ? '' : ` after ${lengthInWords(downMs)} of downtime`
  return reportedBy === null ? `The job recovered${after}.` : `${reportedBy} reported success manually${after}.`
}

function lastPingInWords({ kind, at, exitStatus }: NonNullable<MonitorNotification['lastPing']>, now: number): string {
  const what = exitStatus === null ? PING_WORDS[kind].toLowerCase() : `exit status ${exitStatus}`
  return now - at < SECOND ? `${what}, just now` : `${what}, ${durationInWords(now - at)} ago`
}
