import { DAY, durationInWords, MINUTE, SECOND } from '#lib/duration.ts'

/** When pings are expected. A new kind joins the union here, and the compiler shows every place that must know it. */
export type Schedule = PeriodSchedule

/** A ping at least once in every `periodMs`, counted from the last one. */
export interface PeriodSchedule {
  kind: 'period'
  periodMs: number
}

export const PERIOD_MIN_MS = SECOND
export const PERIOD_MAX_MS = 365 * DAY
export const GRACE_MIN_MS = SECOND
export const GRACE_MAX_MS = 365 * DAY

/** The moment the next ping is expected, strictly after `lastPingAt`. */
export function nextDueAt(schedule: Schedule, lastPingAt: number): number {
  return lastPingAt + schedule.periodMs
}

/** What a page or a command proposes: half the period, at least a minute. The management API has its own default. */
export function defaultGraceMs(schedule: Schedule): number {
  return Math.max(MINUTE, Math.floor(schedule.periodMs / 2))
}

/** "every day", "every 5 minutes" */
export function scheduleInWords(schedule: Schedule): string {
  return `every ${durationInWords(schedule.periodMs).replace(/^1 (\w+)$/, '$1')}`
}
