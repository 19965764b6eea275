// One line of an OnCalendar expression: [weekdays] [[year-]month-day] [hour:minute[:second]] [time zone].
import { AppError } from '#lib/errors.ts'
import { currentZoneName } from '#lib/zone-names.ts'
import { type Component, readComponents, SHAPES, type Shape, valuesOf } from './calendar-component.ts'
import { WEEKDAYS } from './cron-field.ts'
import type { CalendarDay, WallPattern } from './wall-pattern.ts'

export interface CalendarLine extends WallPattern {
  /** The zone that the line names. */
  zone: string | null
}

const SHORTHANDS: Record<string, string> = {
  minutely: '*-*-* *:*:00',
  hourly: '*-*-* *:00:00',
  daily: '*-*-* 00:00:00',
  weekly: 'Mon *-*-* 00:00:00',
  monthly: '*-*-01 00:00:00',
  quarterly: '*-01,04,07,10-01 00:00:00',
  semiannually: '*-01,07-01 00:00:00',
  'semi-annually': '*-01,07-01 00:00:00',
  biannually: '*-01,07-01 00:00:00',
  'bi-annually': '*-01,07-01 00:00:00',
  yearly: '*-01-01 00:00:00',
  annually: '*-01-01 00:00:00',
}
export const ON_CALENDAR_SHORTHANDS: ReadonlySet<string> = new Set(Object.keys(SHORTHANDS))
const WEEKDAY_NAMES = ['SUNDAY', 'MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY']
/** Monday comes first, because a range can't continue past Sunday. */
const WEEK = [1, 2, 3, 4, 5, 6, 0]

export function readCalendarLine(text: string): CalendarLine {
  const { words, zone } = splitZone(text.trim().split(/\s+/))
  const [shorthand = ''] = words
  const written = SHORTHANDS[words.length === 1 ? shorthand.toLowerCase() : '']?.split(' ') ?? words
  const rest = [...written]
  const weekdays = /^[a-z]/i.test(rest[0] ?? '') ? readWeekdays(rest.shift() as string) : null
  const dates = isTime(rest[0]) ? readDates('*-*-*') : readDates(rest.shift() ?? '*-*-*')
  const times = readTimes(rest.shift() ?? '0:0')
  if (rest.length > 0) throw new AppError('invalid', `Cannot read "${rest.join(' ')}" after the time.`)
  return { ...times, ...patternOfDays({ ...dates, weekdays }), zone }
}

interface Dates {
  years: Set<number> | null
  months: Set<number> | null
  days: Component[] | null
  isFromEnd: boolean
}

function splitZone(words: string[]): { words: string[]; zone: string | null } {
  const last = words.at(-1) ?? ''
  const zone = last.toUpperCase() === 'UTC' ? 'UTC' : currentZoneName(last)
  if (words.length > 1 && zone !== null) return { words: words.slice(0, -1), zone }
  if (words.length > 1 && /^[a-z]/i.test(last)) {
    throw new AppError('invalid', `"${last}" is not a time zone, such as Europe/Riga.`)
  }
  return { words, zone: null }
}

function isTime(word: string | undefined): boolean {
  return word?.includes(':') ?? false
}

function readWeekdays(text: string): Set<number> {
  const weekdays = new Set<number>()
  for (const part of text.replace(/,$/, '').split(',')) {
    const [first = '', last = first, ...rest] = part.split(/\.\.|-/)
    const from = WEEK.indexOf(readWeekday(first, part))
    const to = WEEK.indexOf(readWeekday(last, part))
    if (rest.length > 0) throw weekdayProblem(part, 'a range needs two days, as in Mon..Fri')
    if (to < from) throw weekdayProblem(part, 'the week starts on Monday, so a range cannot continue past Sunday')
    for (const weekday of WEEK.slice(from, to + 1)) weekdays.add(weekday)
  }
  return weekdays
}

function readWeekday(text: string, part: string): number {
  const name = text.toUpperCase()
  const weekday = Math.max(WEEKDAYS.indexOf(name), WEEKDAY_NAMES.indexOf(name))
  if (weekday === -1)
    throw weekdayProblem(part, text === '' ? 'a day is missing' : `"${text}" is not a day of the week`)
  return weekday
}

function weekdayProblem(part: string, reason: string): AppError {
  return new AppError('invalid', `Invalid day of the week "${part}": ${reason}.`)
}

function readDates(text: string): Dates {
  const [, year = '*', month = '', separator, day = ''] = /^(?:([^-~]+)-)?([^-~]+)([-~])([^-~]+)$/.exec(text) ?? []
  if (separator === undefined) {
    throw new AppError('invalid', `"${text}" is neither a date, such as *-*-01 or 12-24, nor a time, such as 09:00.`)
  }
  const isFromEnd = separator === '~'
  const days = readComponents(isFromEnd ? SHAPES.dayFromEnd : SHAPES.day, day)
  const years = readComponents(SHAPES.year, year)
  const months = readComponents(SHAPES.month, month)
  return {
    years: years && new Set(valuesOf(years, SHAPES.year.max)),
    months: months && new Set(valuesOf(months, SHAPES.month.max)),
    days,
    isFromEnd,
  }
}

function readTimes(text: string): Pick<WallPattern, 'hours' | 'minutes' | 'seconds'> {
  const [hour = '', minute = '', second = '0', ...rest] = text.split(':')
  if (!isTime(text)) throw new AppError('invalid', `"${text}" is not a time, such as 09:00 or *:15.`)
  if (rest.length > 0) throw new AppError('invalid', `"${text}" is not a time. Enter at most hour, minute and second.`)
  return {
    hours: timesOf(SHAPES.hour, hour),
    minutes: timesOf(SHAPES.minute, minute),
    seconds: timesOf(SHAPES.second, second),
  }
}

function timesOf(shape: Shape, text: string): number[] {
  const components = readComponents(shape, text) ?? [{ start: 0, stop: shape.max, step: 1 }]
  return [...new Set(valuesOf(components, shape.max))].sort((a, b) => a - b)
}

function patternOfDays({ years, months, days, isFromEnd, weekdays }: Dates & { weekdays: Set<number> | null }) {
  const datesOf = [28, 29, 30, 31].map((lastDate) => (days ? datesIn(days, { isFromEnd, lastDate }) : null))
  return {
    matchesYear: (year: number) => years?.has(year) ?? true,
    matchesMonth: (month: number) => months?.has(month) ?? true,
    matchesDay: ({ date, weekday, lastDate }: CalendarDay) =>
      (weekdays?.has(weekday) ?? true) && (datesOf[lastDate - 28]?.has(date) ?? true),
  }
}

// A range that counts from the end of the month is reversed. Its steps still ascend.
function datesIn(days: Component[], { isFromEnd, lastDate }: { isFromEnd: boolean; lastDate: number }): Set<number> {
  if (!isFromEnd) return new Set(valuesOf(days, lastDate))
  const turned = days.map(({ start, stop, step }) => {
    const [from, to] = [lastDate - start + 1, stop === null ? null : lastDate - stop + 1]
    return to === null ? { start: from, stop: to, step } : { start: to, stop: from, step }
  })
  return new Set(valuesOf(turned, lastDate))
}
