import { DAY, durationInWords, HOUR, MINUTE, SECOND } from '#lib/duration.ts'
import { AppError } from '#lib/errors.ts'
import { memoize } from '#lib/remember.ts'
import { nextCron, parseCron } from './cron.ts'
import { nextOnCalendar, parseOnCalendar } from './on-calendar.ts'

export const SCHEDULE_KINDS = ['period', 'cron', 'on-calendar'] as const
export type ScheduleKind = (typeof SCHEDULE_KINDS)[number]

/** When pings are expected. The values of the kinds that aren't selected are kept for when a user switches back. */
export interface Schedule {
  kind: ScheduleKind
  /** For the kind `period`: the longest time between two pings. */
  periodMs: number
  /** For cron and OnCalendar. It parses without an error. */
  expression: string
  /** The time zone of cron and OnCalendar times. */
  timeZone: string
}

export const PERIOD_MIN_MS = SECOND
export const PERIOD_MAX_MS = 365 * DAY
export const GRACE_MIN_MS = SECOND
export const GRACE_MAX_MS = 365 * DAY
export const EARLY_MAX_MS = DAY

export const DAILY: Schedule = { kind: 'period', periodMs: DAY, expression: '', timeZone: 'UTC' }

/** A schedule with at least one ping every `periodMs`. */
export function everyPeriod(periodMs: number): Schedule {
  return { ...DAILY, periodMs }
}

export function isSameSchedule(a: Schedule, b: Schedule): boolean {
  const { kind, periodMs, expression, timeZone } = a
  return kind === b.kind && periodMs === b.periodMs && expression === b.expression && timeZone === b.timeZone
}

/** The first time strictly after `after` at which a ping is expected; null when the schedule has ended. */
export function nextSlot(schedule: Schedule, after: number): number | null {
  const zone = schedule.timeZone
  switch (schedule.kind) {
    case 'period':
      return after + schedule.periodMs
    case 'cron':
      return nextCron(readCron(schedule.expression), { after, zone })
    case 'on-calendar':
      return nextOnCalendar(readOnCalendar(schedule.expression), { after, zone })
  }
}

/** Throws `invalid` if the schedule has ended. */
export function requireFuture(schedule: Schedule, now: number): void {
  if (nextSlot(schedule, now) !== null) return
  throw new AppError('invalid', 'This schedule never runs again: all its dates are in the past.')
}

/** The next slots after `after`: `count`, or fewer if the schedule ends. */
export function nextSlots(schedule: Schedule, { after, count }: { after: number; count: number }): number[] {
  const slots: number[] = []
  let slot = nextSlot(schedule, after)
  for (; slot !== null && slots.length < count; slot = nextSlot(schedule, slot)) slots.push(slot)
  return slots
}

/**
 * When the next ping is expected after one at `pingAt`. A ping up to `earlyMs` before a slot counts for that slot; the
 * default (null) is a tenth of the interval, at most 15 minutes. Example: daily at 03:00, early tolerance 15 minutes: a
 * ping at 02:50 counts for 03:00, and the next one is due on the following day. A period has no slots, so no ping is
 * early.
 */
export function nextDueAt(schedule: Schedule, { pingAt, earlyMs }: { pingAt: number; earlyMs: number | null }) {
  const slot = nextSlot(schedule, pingAt)
  if (slot === null || schedule.kind === 'period' || earlyMs === 0) return slot
  const { maxMs, share } = toleranceOf(earlyMs)
  const aheadMs = slot - pingAt
  return aheadMs <= maxMs && isAlone(schedule, { slot, withinMs: share * aheadMs }) ? nextSlot(schedule, slot) : slot
}

const AUTOMATIC_TOLERANCE = { maxMs: 15 * MINUTE, share: 10 }
/** A tolerance can be large, but a ping never counts for a slot if another slot is nearer. */
const OWN_SHARE = 2

function toleranceOf(earlyMs: number | null): { maxMs: number; share: number } {
  return earlyMs === null ? AUTOMATIC_TOLERANCE : { maxMs: earlyMs, share: OWN_SHARE }
}

/**
 * Whether a ping at `at` may be meant for the later `slot`. Jobs with a period are rarely punctual to the millisecond,
 * so a tenth of the period counts, at most 15 minutes.
 */
export function mayComeEarly(schedule: Schedule, ping: { at: number; slot: number; earlyMs: number | null }): boolean {
  const { at, slot, earlyMs } = ping
  const { maxMs, share } = AUTOMATIC_TOLERANCE
  if (schedule.kind === 'period') return slot - at <= Math.min(maxMs, schedule.periodMs / share)
  const dueAt = nextDueAt(schedule, { pingAt: at, earlyMs })
  return dueAt === null || dueAt > slot
}

// Whether no other slot is nearer, before or after.
function isAlone(schedule: Schedule, { slot, withinMs }: { slot: number; withinMs: number }): boolean {
  if (nextSlot(schedule, slot - withinMs) !== slot) return false
  const following = nextSlot(schedule, slot)
  return following === null || following - slot >= withinMs
}

/**
 * How long before a slot a ping counts for it. The default depends on the interval that the schedule has after `after`.
 */
export function earlyTolerance(schedule: Schedule, { earlyMs, after }: { earlyMs: number | null; after: number }) {
  if (schedule.kind === 'period' || earlyMs === 0) return 0
  const { maxMs, share } = toleranceOf(earlyMs)
  return Math.min(maxMs, Math.floor(shortestInterval(schedule, after) / share))
}

const SLOTS_LOOKED_AT = 10

/** The shortest time between two of the next slots, or the period. A year if there is at most one slot. */
export function shortestInterval(schedule: Schedule, after: number): number {
  if (schedule.kind === 'period') return schedule.periodMs
  const slots = nextSlots(schedule, { after, count: SLOTS_LOOKED_AT })
  return slots.slice(1).reduce((shortest, slot, index) => Math.min(shortest, slot - (slots[index] ?? 0)), PERIOD_MAX_MS)
}

/** Whether times need seconds: the interval, the grace period or a run is shorter than an hour. */
export function secondsMatter(
  { schedule, graceMs, maxRunMs = null }: { schedule: Schedule; graceMs: number; maxRunMs?: number | null },
  after: number,
): boolean {
  return Math.min(shortestInterval(schedule, after), graceMs, maxRunMs ?? graceMs) < HOUR
}

const DEFAULT_GRACE_MAX_MS = HOUR

/**
 * The grace period that forms and commands suggest: half the interval, 1 minute to 1 hour. The API has its own default.
 */
export function defaultGraceMs(schedule: Schedule, now: number): number {
  const halfMs = Math.floor(shortestInterval(schedule, now) / 2)
  return Math.min(Math.max(MINUTE, halfMs), DEFAULT_GRACE_MAX_MS)
}

/** The time zone of the schedule's times. A zone that all lines of an OnCalendar expression name takes precedence. */
export function zoneOfTimes(schedule: Schedule): string {
  const [zone, ...others] = new Set(ownZones(schedule))
  return zone && others.length === 0 ? zone : schedule.timeZone
}

/** Whether its times depend on `timeZone`. An OnCalendar expression whose lines all name a zone doesn't use it. */
export function usesZone(schedule: Schedule): boolean {
  return schedule.kind === 'cron' || ownZones(schedule).includes(null)
}

function ownZones({ kind, expression }: Schedule): (string | null)[] {
  return kind === 'on-calendar' ? readOnCalendar(expression).lines.map(({ zone }) => zone) : []
}

/** A period as `readSchedule` reads it: "every day", "every 1 hour 30 minutes". Names the two largest units only. */
export function periodAsText(periodMs: number): string {
  return `every ${durationInWords(periodMs).replace(/^1 (\w+)$/, '$1')}`
}

/** More than the number of different schedules of a large instance. */
const REMEMBERED = 2000
export const readCron = memoize(REMEMBERED, parseCron)
const readOnCalendar = memoize(REMEMBERED, parseOnCalendar)
