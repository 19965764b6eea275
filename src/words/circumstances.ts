// The facts of a notification that people need at night.
import type { Circumstances, MonitorNotification } from '#domain/notification.ts'
import type { RunCounts } from '#domain/recent-runs.ts'
import { durationInWords, lengthInWords, SECOND } from '#lib/duration.ts'
import { momentWithZone } from '#lib/zone.ts'
import { acknowledgedHow } from './acknowledgment.ts'

export type Fact = [label: string, value: string]

/** What else was known at the moment of the event; empty for a notification of an earlier version. */
export function circumstanceFacts(notification: MonitorNotification, zone: string): Fact[] {
  const { status, at, lastPing, circumstances } = notification
  if (!circumstances) return []
  const { runs, lastSuccessAt, acknowledgment, usualMs, othersDown } = circumstances
  const isOver = status === 'up'
  const success = lastSuccessAt === null ? null : successInWords({ lastSuccessAt, at, zone })
  return withValues([
    ['Acknowledged', isOver ? (acknowledgment ? howAcknowledged(acknowledgment, zone) : 'no') : null],
    ['Missed runs', runs && missedInWords(runs, isOver)],
    ['Failed runs', isOver && runs && runs.failed > 0 ? runs.failed.toLocaleString('en') : null],
    ['Last success', isOver ? null : success],
    ['Run duration', durationFact({ durationMs: lastPing?.durationMs ?? null, usualMs })],
    ['Also down', othersInWords(othersDown)],
  ])
}

/** What was known when an incident began, and what it cost when it ended, for its page. */
export function incidentFacts(opening: MonitorNotification | null, closing: MonitorNotification | null): Fact[] {
  const { usualMs = null, othersDown = null } = opening?.circumstances ?? {}
  const runs = closing?.circumstances?.runs ?? null
  return withValues([
    ['Missed runs', runs && missedInWords(runs, true)],
    ['Failed runs', runs && runs.failed > 0 ? runs.failed.toLocaleString('en') : null],
    ['Run duration', durationFact({ durationMs: opening?.lastPing?.durationMs ?? null, usualMs })],
    ['Also down at the start', othersDown && othersInWords(othersDown)],
  ])
}

/** "12 minutes, usually 4 minutes" */
export function durationFact({ durationMs, usualMs }: { durationMs: number | null; usualMs: number | null }) {
  if (usualMs === null) return durationMs === null ? null : lengthInWords(durationMs)
  const usual = `usually ${lengthInWords(usualMs)}`
  return durationMs === null ? usual : `${lengthInWords(durationMs)}, ${usual}`
}

/** "Mail archive, reports and 3 others"; null if no other monitor is down. */
export function othersInWords({ names, count, isMore }: Circumstances['othersDown']): string | null {
  if (count === 0) return null
  const rest = count - names.length
  if (rest === 0 && !isMore) return names.join(', ')
  return `${names.join(', ')} and ${isMore ? 'more than ' : ''}${rest} ${rest === 1 ? 'other' : 'others'}`
}

/** "2", "more than 100"; null before the end if no run was missed. */
export function missedInWords({ missed, isMore }: Omit<RunCounts, 'failed'>, isOver: boolean): string | null {
  if (missed === 0) return isOver ? 'none' : null
  return `${isMore ? 'more than ' : ''}${missed.toLocaleString('en')}`
}

function successInWords({ lastSuccessAt, at, zone }: { lastSuccessAt: number; at: number; zone: string }): string {
  const moment = momentWithZone(lastSuccessAt, zone)
  return at - lastSuccessAt < SECOND ? moment : `${moment}, ${durationInWords(at - lastSuccessAt)} earlier`
}

function howAcknowledged(acknowledgment: NonNullable<Circumstances['acknowledgment']>, zone: string): string {
  const { how, who } = acknowledgedHow(acknowledgment)
  return `${how} ${who}, ${momentWithZone(acknowledgment.at, zone)}`
}

function withValues(facts: [label: string, value: string | null][]): Fact[] {
  return facts.filter((fact): fact is Fact => fact[1] !== null)
}
