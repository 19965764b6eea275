// Times in which CronGuard itself was offline.
import type { GapReason } from '#domain/gap.ts'
import type { GapNotice } from '#domain/gap-notice.ts'
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

/** "CronGuard was offline (10:02 – 10:41)" */
export function gapTitle({ from, at }: GapNotice, zone: string): string {
  const isOneDay = dayInZone(from, zone) === dayInZone(at, zone)
  const shown = (moment: number) =>
    isOneDay ? clockInZone(moment, zone) : shortMomentInZone(moment, { zone, now: at })
  return `CronGuard was offline (${shown(from)} – ${shown(at)}${zone === 'UTC' ? ' UTC' : ''})`
}

export function gapDetails(notice: GapNotice, inWords: (at: number) => string): string {
  const { from, at, reason, extendedCount } = notice
  const deadlines =
    extendedCount === 1 ? 'The deadline of 1 monitor was' : `The deadlines of ${extendedCount} monitors were`
  return (
    `CronGuard was offline for ${durationInWords(at - from)}, until ${inWords(at)}: ` +
    `${gapReasonInWords(reason)}. ${deadlines} extended by one grace period.`
  )
}

export function gapFacts(notice: GapNotice, zone: string): [label: string, value: string][] {
  const { project, from, at, extended, extendedCount } = notice
  const more = extendedCount > extended.length ? `, and ${extendedCount - extended.length} more` : ''
  return [
    ['Offline since', fullMomentInZone(from, zone)],
    ['Online again', fullMomentInZone(at, zone)],
    ['Project', project],
    ['Monitors', `${extended.join(', ')}${more}`],
  ]
}
