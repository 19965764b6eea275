// What a notice says. It is not about a change of status: CronGuard was offline, or a recipient unsubscribed.
import type { GapReason } from '#domain/gap.ts'
import {
  type GapNotice,
  isJobNotice,
  type JobNotice,
  type MaintenanceNotice,
  type Notice,
  type UnsubscribeNotice,
} from '#domain/notice.ts'
import { durationInWords } from '#lib/duration.ts'
import { clockInZone, dayInZone, fullMomentInZone, shortMomentInZone } from '#lib/zone.ts'
import { EVENT_NAMES } from './channel-rules.ts'

const REASON_WORDS: Record<GapReason, string> = {
  crash: 'it crashed or was killed',
  stop: 'it was stopped',
  jump: 'the machine was suspended, or its clock was set forward',
  stuck: 'the machine was frozen or overloaded',
  disk: 'it could not write to the disk',
}

/** Why CronGuard was offline, as the end of a sentence about it. */
export function gapReasonInWords(reason: GapReason): string {
  return REASON_WORDS[reason]
}

/** "CronGuard was offline (10:02 – 10:41)", "Unsubscribed: ops@example.org", "Maintenance: backup" */
export function noticeTitle(notice: Notice, zone: string): string {
  switch (notice.reason) {
    case 'unsubscribed':
      return `Unsubscribed: ${notice.channel.recipient}`
    case 'maintenance':
      return `Maintenance: ${notice.monitor.name}`
    default:
      return isJobNotice(notice) ? `${EVENT_NAMES[notice.reason]}: ${notice.monitor.name}` : gapTitle(notice, zone)
  }
}

/** The same as a part of a longer title: "CronGuard was offline". */
export function noticeInShort(notice: Notice): string {
  switch (notice.reason) {
    case 'unsubscribed':
      return `${notice.channel.recipient} unsubscribed`
    case 'maintenance':
      return `maintenance of ${notice.monitor.name}`
    default:
      return isJobNotice(notice)
        ? `${EVENT_NAMES[notice.reason].toLowerCase()}: ${notice.monitor.name}`
        : 'CronGuard was offline'
  }
}

/** What it is about, in logs and lists. */
export function noticeSubject(notice: Notice): string {
  if (notice.reason === 'maintenance' || isJobNotice(notice)) return notice.monitor.name
  return notice.reason === 'unsubscribed' ? 'A channel' : 'CronGuard itself'
}

export function noticeDetails(notice: Notice, inWords: (at: number) => string): string {
  switch (notice.reason) {
    case 'unsubscribed':
      return unsubscribedInWords(notice)
    case 'maintenance':
      return maintenanceInWords(notice, inWords)
    default:
      return isJobNotice(notice) ? jobInWords(notice, inWords) : gapDetails(notice, inWords)
  }
}

export function noticeFacts(notice: Notice, zone: string): [label: string, value: string][] {
  switch (notice.reason) {
    case 'unsubscribed':
      return [
        ['Channel', notice.channel.title],
        ['Disabled', fullMomentInZone(notice.at, zone)],
        ['Project', notice.project],
      ]
    case 'maintenance':
      return [
        ['Maintenance until', fullMomentInZone(notice.until, zone)],
        ['Project', notice.project],
      ]
    default:
      return isJobNotice(notice) ? [['Project', notice.project]] : gapFacts(notice, zone)
  }
}

function jobInWords(notice: JobNotice, inWords: (at: number) => string): string {
  switch (notice.reason) {
    case 'late':
      return (
        `A ping was due on ${inWords(notice.dueAt)} and has not arrived. ` +
        `The monitor goes down after a grace period of ${durationInWords(notice.graceMs)}.`
      )
    case 'never-pinged':
      return (
        `No ping has arrived since the monitor was created on ${inWords(notice.since)}. ` +
        'Check that the job runs and calls its ping URL.'
      )
    case 'first-ping':
      return 'The first ping has arrived. From now on, the monitor goes down if a ping is missing.'
    case 'too-often':
      return (
        `${notice.count} successes in ${durationInWords(notice.spanMs)}, where ${notice.max} are expected at most. ` +
        'Check whether the job is scheduled twice.'
      )
    case 'odd-run':
      return `A run took ${durationInWords(notice.durationMs)}, where ${durationInWords(notice.usualMs)} are usual.`
  }
}

function maintenanceInWords({ at, until, address }: MaintenanceNotice, inWords: (at: number) => string): string {
  const from = address === null ? '' : ` from ${address}`
  return (
    `The monitor's ping URL was used${from} to begin maintenance for ${durationInWords(until - at)}, ` +
    `until ${inWords(until)}. Meanwhile, no alerts are sent for this monitor.`
  )
}

/** Also in the email to the owners. */
export function unsubscribedInWords({ channel, project }: Pick<UnsubscribeNotice, 'channel' | 'project'>): string {
  return (
    `${channel.recipient} unsubscribed from alerts from the project “${project}”. ` +
    `CronGuard disabled the channel “${channel.title}”. Make sure that someone still gets notified.`
  )
}

function gapTitle({ from, at }: GapNotice, zone: string): string {
  const isOneDay = dayInZone(from, zone) === dayInZone(at, zone)
  const shown = (moment: number) =>
    isOneDay ? clockInZone(moment, zone) : shortMomentInZone(moment, { zone, now: at })
  return `CronGuard was offline (${shown(from)} – ${shown(at)}${zone === 'UTC' ? ' UTC' : ''})`
}

function gapDetails(notice: GapNotice, inWords: (at: number) => string): string {
  const { from, at, reason, extendedCount } = notice
  const deadlines =
    extendedCount === 1 ? 'The deadline of 1 monitor was' : `The deadlines of ${extendedCount} monitors were`
  return (
    `CronGuard was offline for ${durationInWords(at - from)}, until ${inWords(at)}: ` +
    `${gapReasonInWords(reason)}. ${deadlines} extended by one grace period.`
  )
}

function gapFacts(notice: GapNotice, zone: string): [label: string, value: string][] {
  const { project, from, at, extended, extendedCount } = notice
  const more = extendedCount > extended.length ? `, and ${extendedCount - extended.length} more` : ''
  return [
    ['Offline since', fullMomentInZone(from, zone)],
    ['Online again', fullMomentInZone(at, zone)],
    ['Project', project],
    ['Monitors', `${extended.join(', ')}${more}`],
  ]
}
