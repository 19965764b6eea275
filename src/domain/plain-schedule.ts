// Turns plain words into a schedule.
import { SECOND } from '#lib/duration.ts'
import { AppError } from '#lib/errors.ts'
import { currentZoneName } from '#lib/zone-names.ts'
import { type Plan, type Rhythm, readPlan, type Time, UNIT_SECONDS } from './plain-words.ts'
import { type Reading, readPart, unreadPart } from './reading.ts'
import { listed, ScheduleChoiceError } from './schedule-choice.ts'

export type PlainSchedule =
  | { kind: 'period'; periodMs: number }
  | { kind: 'cron'; expression: string; unsaid: Unsaid[] }

/** What the words do not say. Midnight and the first day are assumed. */
export type Unsaid = 'day' | 'time'

const EXAMPLES = '"every 5 minutes", "every day at 3am", "weekdays at 18:30" or "first day of the month at 6"'
const REPEATS = 'Enter every 1, 2, 3, 4 or 6 months, every quarter, every year, or a period of at most 365 days'
const WEEKDAY_NAMES = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const MONTHS_OF_QUARTERS = [1, 4, 7, 10]

/** Throws `invalid` with a message that names the first word that can't be read, or what is missing. */
export function readPlainWords(text: string): PlainSchedule {
  const reading: Reading = { text, at: 0 }
  const plan = readPlan(reading)
  const unread = unreadPart(reading)
  if (unread !== '') throw new AppError('invalid', notUnderstood(readPart(reading), unread))
  const periodMs = periodOf(plan)
  if (periodMs !== null) return { kind: 'period', periodMs }
  const expression = `${timeFields(plan)} ${dayFields(plan)}`
  checkRareDays(plan)
  return { kind: 'cron', expression, unsaid: unsaidIn(plan) }
}

/** A duration in milliseconds, or null for other words. Throws `invalid` for fractions of a second. */
export function readPlainLength(text: string): number | null {
  const reading: Reading = { text, at: 0 }
  const plan = readPlan(reading)
  return unreadPart(reading) === '' ? periodOf(plan) : null
}

function notUnderstood(read: string, unread: string): string {
  if (read !== '' && currentZoneName(unread) !== null) {
    return `Cannot read "${unread}" after "${read}". Remove it, and choose the time zone in its own field.`
  }
  const after = read === '' ? '' : ` after "${read}"`
  return `Cannot read "${unread}"${after}. Try ${EXAMPLES}.`
}

function periodOf({ rhythm, ...rest }: Plan): number | null {
  if (!rhythm || Object.keys(rest).length > 0) return null
  const unitSeconds = UNIT_SECONDS[rhythm.unit]
  return unitSeconds === undefined ? null : wholeSeconds(rhythm.count * unitSeconds) * SECOND
}

// 1.1 hours are 3960 seconds, but not as a machine multiplies.
function wholeSeconds(seconds: number): number {
  const whole = Math.round(seconds)
  if (Math.abs(seconds - whole) < 1e-6 || seconds === whole) return whole
  throw new AppError('invalid', `Enter a whole number of seconds: this is ${Number(seconds.toFixed(3))} seconds.`)
}

function timeFields({ rhythm, times, minutesPast }: Plan): string {
  if (rhythm?.unit === 'second') {
    throw new AppError('invalid', 'Seconds, or a duration with several parts, cannot be combined with days or times.')
  }
  if (rhythm?.unit === 'minute' || rhythm?.unit === 'hour') return repeatingTime(rhythm, { times, minutesPast })
  if (minutesPast === undefined) return clockFields(times ?? [{ hour: 0, minute: 0 }])
  if (times) throw new AppError('invalid', 'Enter either the time of day or the minutes past the hour, not both.')
  return `${minuteOf(minutesPast)} *`
}

function repeatingTime(
  { count, unit }: Rhythm,
  { times, minutesPast }: { times: Time[] | undefined; minutesPast: number | undefined },
): string {
  const whole = unit === 'minute' ? 60 : 24
  if (unit === 'minute' && count % 60 === 0) {
    return repeatingTime({ count: count / 60, unit: 'hour' }, { times, minutesPast })
  }
  if (times) throw new AppError('invalid', `Enter either "every ${unit}" or a time of day, not both.`)
  if (!Number.isInteger(count) || whole % count !== 0 || count === whole) {
    const rule = `"Every ${count} ${unit}s" cannot be combined with days or times: it does not divide`
    throw new AppError('invalid', `${rule} ${unit === 'minute' ? 'an hour' : 'a day'} evenly.`)
  }
  const every = count === 1 ? '*' : `*/${count}`
  if (unit === 'hour') return `${minuteOf(minutesPast ?? 0)} ${every}`
  if (minutesPast !== undefined) {
    throw new AppError('invalid', 'Enter either "every minute" or the minutes past the hour.')
  }
  return `${every} *`
}

function minuteOf(minute: number): number {
  if (minute > 59) throw new AppError('invalid', `${minute} is not a minute. Enter a minute from 0 to 59.`)
  return minute
}

function clockFields(times: Time[]): string {
  if (times.some(({ hour, minute }) => !(hour <= 23 && minute <= 59))) {
    throw new AppError('invalid', 'Enter a time of day such as 18:30 or 6:30pm.')
  }
  const minutes = new Set(times.map(({ minute }) => minute))
  if (minutes.size > 1) {
    throw new AppError('invalid', 'All times must have the same minutes, as in "at 6:30 and 18:30".')
  }
  const hours = [...new Set(times.map(({ hour }) => hour))].sort((a, b) => a - b)
  return `${[...minutes][0]} ${hours.join(',')}`
}

function dayFields(plan: Plan): string {
  const { rhythm, weekdays, dates, months } = plan
  if (weekdays && dates) {
    throw new AppError('invalid', 'Enter either days of the week or days of the month, not both.')
  }
  const named = {
    weekdays: weekdays?.join(',') ?? '*',
    dates: dates?.join(',') ?? '*',
    months: months?.join(',') ?? '*',
  }
  const isOpen = !weekdays && !dates
  if (!rhythm || isTimeOfDay(rhythm)) {
    if (isOpen && months) throw new AppError('invalid', 'Enter a day of the month, as in "on 1 January".')
    return `${named.dates} ${named.months} ${named.weekdays}`
  }
  checkRhythm(rhythm, { weekdays, isOpen, isAlone: Object.keys(plan).length === 1 })
  const first = isOpen && rhythm.unit !== 'day' ? '1' : named.dates
  return `${first} ${months ? named.months : monthsOf(rhythm)} ${named.weekdays}`
}

function unsaidIn(plan: Plan): Unsaid[] {
  const { rhythm, weekdays, dates } = plan
  const hasDay = weekdays !== undefined || dates !== undefined
  const isDaySaid = hasDay || !rhythm || rhythm.unit === 'day' || isTimeOfDay(rhythm)
  return [...(isDaySaid ? [] : ['day' as const]), ...(saysTime(plan) ? [] : ['time' as const])]
}

function saysTime({ rhythm, times, minutesPast }: Plan): boolean {
  return times !== undefined || minutesPast !== undefined || (rhythm !== undefined && isTimeOfDay(rhythm))
}

function isTimeOfDay({ unit }: Rhythm): boolean {
  return unit === 'minute' || unit === 'hour'
}

/** Days that not every month has: "the 31st" is the end of the month for some, and seven days of a year for others. */
function checkRareDays({ rhythm, weekdays, dates, months, isWhereThere }: Plan): void {
  if (isWhereThere) return
  const fifth = weekdays?.find((part) => part.endsWith('#5'))
  if (fifth !== undefined) {
    const day = WEEKDAY_NAMES[Number(fifth[0])]
    const choices = [`last ${day} of the month`, `fifth ${day} of every month that has one`]
    throw new ScheduleChoiceError(`Not every month has a fifth ${day}. Write ${listed(choices)}.`, choices)
  }
  const date = Math.max(0, ...(dates ?? []).map(Number).filter((value) => value <= 31))
  const meant = months ?? monthsWith(rhythm)
  const isLeapDay = date === 29 && meant.join() === '2'
  const having = meant.filter((month) => date <= (SHORT_MONTHS[month] ?? 31))
  if (having.length === meant.length || (having.length === 0 && !isLeapDay)) return
  const choices = isLeapDay
    ? ['last day of February', '29 February of leap years']
    : ['last day of the month', `on the ${date}${date === 31 ? 'st' : 'th'} of every month that has one`]
  const problem = `Not every ${isLeapDay ? 'February' : 'month'} has a day ${date}`
  throw new ScheduleChoiceError(`${problem}. Write ${listed(choices)}.`, choices)
}

function monthsWith(rhythm: Rhythm | undefined): number[] {
  const step = rhythm?.unit === 'month' ? rhythm.count : 1
  if (rhythm?.unit === 'quarter') return MONTHS_OF_QUARTERS
  if (rhythm?.unit === 'year') return [1]
  return Array.from({ length: 12 / step }, (_, index) => 1 + index * step)
}

/** The others have 31 days. February has a 29th in some years only. */
const SHORT_MONTHS: Record<number, number> = { 2: 28, 4: 30, 6: 30, 9: 30, 11: 30 }

function checkRhythm(
  { count, unit }: Rhythm,
  { weekdays, isOpen, isAlone }: { weekdays: string[] | undefined; isOpen: boolean; isAlone: boolean },
): void {
  const mayRepeat = unit === 'month' && Number.isInteger(count) && 12 % count === 0 && count < 12
  if (count !== 1 && !mayRepeat) {
    if (isAlone) throw new AppError('invalid', `"Every ${count} ${unit}s" is not possible. ${REPEATS}.`)
    throw new AppError(
      'invalid',
      `"Every ${count} ${unit}s" cannot be combined with days or times, but "every ${unit}" can.`,
    )
  }
  if (unit === 'week' && isOpen) {
    throw new AppError('invalid', 'Enter a day of the week, as in "every Monday at 9:00".')
  }
  if (unit !== 'day' && unit !== 'week' && weekdays?.some((part) => !/[#L]/.test(part))) {
    throw new AppError('invalid', `Choose which one in the ${unit}, as in "first Monday of the month".`)
  }
}

function monthsOf({ count, unit }: Rhythm): string {
  if (unit === 'month' && count > 1) return `*/${count}`
  if (unit === 'quarter') return MONTHS_OF_QUARTERS.join(',')
  return unit === 'year' ? '1' : '*'
}
