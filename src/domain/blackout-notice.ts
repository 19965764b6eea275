// What is said to a project after a stretch in which CronGuard itself could not watch.
import { durationInWords, momentInWords } from '#lib/duration.ts'
import { fullMomentInZone } from '#lib/zone.ts'
import { type Blackout, type BlackoutReason, blackoutReasonInWords } from './blackout.ts'
import { shownName } from './monitor.ts'

export interface BlackoutNotice {
  status: 'blind'
  /** When the watch went on. */
  at: number
  from: number
  reason: BlackoutReason
  isTest: false
  project: string
  projectId: string
  /** How many monitors of the project got a second chance, and what the first of them are called. */
  extendedCount: number
  extended: string[]
}

const NAMES_MAX = 20

export function composeBlackoutNotice({
  blackout,
  project,
  monitors,
}: {
  blackout: Blackout
  project: { id: string; name: string }
  monitors: readonly Parameters<typeof shownName>[0][]
}): BlackoutNotice {
  return {
    status: 'blind',
    at: blackout.to,
    from: blackout.from,
    reason: blackout.reason,
    isTest: false,
    project: project.name,
    projectId: project.id,
    extendedCount: monitors.length,
    extended: monitors.slice(0, NAMES_MAX).map(shownName),
  }
}

/** "BLIND | CronGuard could not watch for 31 minutes" */
export function blackoutTitle({ from, at }: BlackoutNotice): string {
  return `BLIND | CronGuard could not watch for ${durationInWords(at - from)}`
}

export function blackoutDetails({ from, at, reason, extendedCount }: BlackoutNotice, inWords = momentInWords): string {
  const monitors = extendedCount === 1 ? '1 monitor was' : `${extendedCount} monitors were`
  return (
    `CronGuard was blind from ${inWords(from)} to ${inWords(at)}: ${blackoutReasonInWords(reason)}. ` +
    `${monitors} given a second chance and ${extendedCount === 1 ? 'has' : 'have'} one more grace to report.`
  )
}

export function blackoutFacts(notice: BlackoutNotice, zone: string): [string, string][] {
  const { project, from, at, extended, extendedCount } = notice
  const more = extendedCount > extended.length ? `, and ${extendedCount - extended.length} more` : ''
  return [
    ['From', fullMomentInZone(from, zone)],
    ['To', fullMomentInZone(at, zone)],
    ['Project', project],
    ['Monitors', `${extended.join(', ')}${more}`],
  ]
}
