// What a notice says: CronGuard itself was offline, or a recipient unsubscribed.
import type { GapReason } from '#domain/gap.ts'
import type { GapNotice, Notice, UnsubscribeNotice } from '#domain/notice.ts'
import { durationInWords } from '#lib/duration.ts'
import { clockInZone, dayInZone, fullMomentInZone, shortMomentInZone } from '#lib/zone.ts'

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

/** "CronGuard was offline (10:02 – 10:41)", "Unsubscribed: ops@example.org" */
export function noticeTitle(notice: Notice, zone: string): string {
  return notice.status === 'blind' ? gapTitle(notice, zone) : `Unsubscribed: ${notice.channel.recipient}`
}

/** The same as a part of a longer title: "CronGuard was offline". */
export function noticeInShort(notice: Notice): string {
  return notice.status === 'blind' ? 'CronGuard was offline' : `${notice.channel.recipient} unsubscribed`
}

/** What it is about, in logs and lists. */
export function noticeSubject({ status }: Notice): string {
  return status === 'blind' ? 'CronGuard itself' : 'A channel'
}

export function noticeDetails(notice: Notice, inWords: (at: number) => string): string {
  return notice.status === 'blind' ? gapDetails(notice, inWords) : unsubscribedInWords(notice)
}

export function noticeFacts(notice: Notice, zone: string): [label: string, value: string][] {
  if (notice.status === 'blind') return gapFacts(notice, zone)
  return [
    ['Channel', notice.channel.title],
    ['Disabled', fullMomentInZone(notice.at, zone)],
    ['Project', notice.project],
  ]
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
