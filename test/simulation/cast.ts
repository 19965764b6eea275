// The monitors of a simulation with their schedules, and their jobs with their habits.
import type { MonitorChange } from '#domain/monitor.ts'
import { walk } from './calendar.ts'
import type { Dice } from './dice.ts'
import { type Expression, throwExpression, ZONES } from './expressions.ts'
import type { Wishes } from './job-rules.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/**
 * `faithful`: punctual, and retries until its ping is received. `hasty`: punctual, and tries once. `wild`: may do
 * anything.
 */
export type Habit = 'faithful' | 'hasty' | 'wild'

/** Settings of a monitor: as CronGuard takes them, and as the oracle does. */
export interface Request {
  change: MonitorChange
  wishes: Wishes
  /** About how long it is from one run to the next. */
  intervalMs: number
}

export interface Window {
  from: number
  to: number
  /** Whether a person pauses the monitor at the end. */
  endsPaused: boolean
}

export interface Role {
  name: string
  habit: Habit
  request: Request
  /** When the job runs; a job that seldom runs has one window for all the time. */
  windows: Window[]
  usesStarts: boolean
  usesRunIds: boolean
}

export interface Span {
  from: number
  until: number
  /** When most of the jobs run and most of the troubles happen. */
  busyTimes: readonly number[]
}

/** The moments of a schedule are listed this far beyond the end. */
const BEYOND_MS = 70 * DAY
/** About how many runs a job has in all. */
const RUNS = 140
const WINDOWS = 3
const BUSY_TIMES = 6

export function throwRole(dice: Dice, { index, span }: { index: number; span: Span }): Role {
  const habit = dice.one<Habit>(['faithful', 'hasty', 'wild', 'wild', 'wild'])
  const request = throwRequest(dice, { habit, span })
  return {
    name: `${habit}-${index}`,
    habit,
    request,
    windows: throwWindows(dice, { span, request, habit }),
    usesStarts: habit === 'wild' && dice.chance(0.5),
    usesRunIds: dice.chance(0.5),
  }
}

export function throwRequest(dice: Dice, { habit, span }: { habit: Habit; span: Span }): Request {
  const { rhythm, schedule, intervalMs } = dice.chance(0.5) ? throwPeriod(dice) : throwCalendar(dice, span)
  const graceMs = throwGrace(dice, intervalMs)
  const isWild = habit === 'wild'
  const rules = {
    graceMs,
    maxRunMs: isWild && dice.chance(0.3) ? dice.span(SECOND, 2 * intervalMs) : null,
    minRunMs: isWild && dice.chance(0.2) ? dice.span(SECOND, Math.max(2 * SECOND, intervalMs / 4)) : null,
    earlyMs: dice.one([0, 0, null, dice.whole(1, 20 * MINUTE)]),
    failuresToAlert: isWild ? dice.one([1, 1, 1, 2, 3, 5]) : 1,
    manualResume: isWild && dice.chance(0.1),
  }
  return { change: { schedule, ...rules }, wishes: { rhythm, ...rules }, intervalMs }
}

/** The same settings with other limits, mostly tighter ones. */
export function throwLimits(dice: Dice, { change, wishes, intervalMs }: Request): Request {
  const graceMs = Math.max(SECOND, Math.round(wishes.graceMs * dice.one([0.1, 0.5, 1, 2])))
  const { maxRunMs } = wishes
  const limits = { graceMs, maxRunMs: maxRunMs && Math.max(SECOND, Math.round(maxRunMs * dice.one([0.1, 0.5, 1, 2]))) }
  return { change: { ...change, ...limits }, wishes: { ...wishes, ...limits }, intervalMs }
}

type Rhythm = Pick<Wishes, 'rhythm'> & { schedule: NonNullable<MonitorChange['schedule']>; intervalMs: number }

function throwPeriod(dice: Dice): Rhythm {
  const presets = [MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, DAY, 7 * DAY, 28 * DAY]
  const periodMs = dice.chance(0.4) ? dice.one(presets) : dice.span(2 * SECOND, 21 * DAY)
  return { rhythm: periodMs, schedule: { kind: 'period', periodMs }, intervalMs: periodMs }
}

function throwCalendar(dice: Dice, span: Span): Rhythm {
  const expression = throwExpression(dice)
  const moments = momentsOf(expression, span)
  const { kind, text, zone } = expression
  const intervalMs = Math.round((span.until + BEYOND_MS - span.from) / Math.max(1, moments.length))
  return { rhythm: moments, schedule: { kind, expression: text, timeZone: zone }, intervalMs }
}

function momentsOf({ meaning, manner, zone }: Expression, { from, until }: Span): number[] {
  return walk(meaning, { manner, zone, from: from - 40 * DAY, until: until + BEYOND_MS })
}

function throwGrace(dice: Dice, intervalMs: number): number {
  if (dice.chance(0.3)) return Math.max(MINUTE, Math.round(intervalMs / 2))
  return Math.min(10 * DAY, dice.span(2 * SECOND, Math.max(3 * SECOND, 2 * intervalMs)))
}

/** Every second one is at a change to or from daylight saving time, if there is one. */
export function throwBusyTimes(dice: Dice, { from, until }: Pick<Span, 'from' | 'until'>): number[] {
  return Array.from({ length: BUSY_TIMES }, (_, index) => {
    const anywhere = from + dice.real() * (until - from)
    const change = index % 2 === 0 ? nextClockChange(dice.one(ZONES), anywhere) : null
    return Math.round(change !== null && change < until ? change : anywhere)
  })
}

function throwWindows(dice: Dice, { span, request, habit }: { span: Span; request: Request; habit: Habit }): Window[] {
  const endsPaused = () => habit !== 'wild' || dice.chance(0.3)
  const lengthMs = Math.round((RUNS / WINDOWS) * request.intervalMs)
  const spanMs = span.until - span.from
  if (2 * lengthMs > spanMs) {
    return [{ from: span.from + dice.whole(1, HOUR), to: span.until, endsPaused: endsPaused() }]
  }
  const windows = Array.from({ length: WINDOWS }, () => {
    const start = dice.one(span.busyTimes) - Math.round(dice.real() * lengthMs)
    const from = Math.min(Math.max(span.from + 1, start), span.until - lengthMs)
    return { from, to: from + lengthMs, endsPaused: endsPaused() }
  })
  windows.sort((a, b) => a.from - b.from)
  return windows.filter(({ from }, index) => from > (windows[index - 1]?.to ?? 0))
}

function nextClockChange(zone: string, after: number): number | null {
  const moment = Temporal.Instant.fromEpochMilliseconds(Math.round(after)).toZonedDateTimeISO(zone)
  return moment.getTimeZoneTransition('next')?.epochMilliseconds ?? null
}
