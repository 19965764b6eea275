// Cron expressions as Debian's cron reads them, its rules for the nights in which the clocks change included.
import { AppError } from '#lib/errors.ts'
import { latestWallTimeAt, momentOfWallTime, offsetPeriodAt, wallTimeAt } from '#lib/zone-time.ts'
import { fieldCountError } from './cron-count.ts'
import { type CronField, readCronField } from './cron-field.ts'
import { type CalendarDay, nextShown, nextWall, type WallPattern } from './wall-pattern.ts'

export interface Cron extends WallPattern {
  /** The five fields as they were written; those that "@daily" and its like stand for. */
  expression: string
  fields: CronFields
  /** Minute or hour starts with a star: it follows the clock. The others run once for each time that they name. */
  isWildcard: boolean
}

export interface CronFields {
  minute: CronField
  hour: CronField
  date: CronField
  month: CronField
  weekday: CronField
}

const NICKNAMES: Record<string, string> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}
/** 29 February falls on each day of the week within 40. */
const SEARCH_YEARS_MAX = 50
const YEAR_2000 = Date.UTC(2000, 0, 1)

/** Throws an AppError whose sentence says which field and which part of it cannot be read. */
export function parseCron(text: string): Cron {
  const expression = text.trim().startsWith('@') ? expressionOf(text.trim()) : text.trim()
  const fields = readFields(expression.split(/\s+/))
  const cron = { expression, fields, ...patternOf(fields) }
  if (nextCron(cron, { after: YEAR_2000, zone: 'UTC' }) === null) {
    throw new AppError('invalid', 'This would never run: no day of the calendar is on the date that it names.')
  }
  return cron
}

function isCronExpression(text: string): boolean {
  try {
    return parseCron(text).expression !== ''
  } catch (error) {
    if (error instanceof AppError) return false
    throw error
  }
}

/** The next moment, strictly after `after`, or null when there is none within fifty years. */
export function nextCron(cron: Cron, { after, zone }: { after: number; zone: string }): number | null {
  const yearMax = new Date(after).getUTCFullYear() + SEARCH_YEARS_MAX
  return cron.isWildcard ? nextOfWildcard(cron, { after, zone, yearMax }) : nextOfFixed(cron, { after, zone, yearMax })
}

function expressionOf(nickname: string): string {
  const expression = NICKNAMES[nickname.toLowerCase()]
  if (expression !== undefined) return expression
  const known = Object.keys(NICKNAMES).join(', ')
  throw new AppError('invalid', `"${nickname}" is none of the names that stand for a time: ${known}.`)
}

function readFields(parts: string[]): CronFields {
  const [minute = '', hour = '', date = '', month = '', weekday = ''] = parts
  if (parts.length !== 5) throw fieldCountError(parts, isCronExpression)
  return {
    minute: readCronField('minute', minute),
    hour: readCronField('hour', hour),
    date: readCronField('date', date),
    month: readCronField('month', month),
    weekday: readCronField('weekday', weekday),
  }
}

function patternOf(fields: CronFields): WallPattern & { isWildcard: boolean } {
  const { minute, hour, date, month, weekday } = fields
  const months = new Set(month.values)
  const mustMatchBoth = date.startsWithStar || weekday.startsWithStar
  return {
    matchesYear: () => true,
    matchesMonth: (number) => months.has(number),
    matchesDay: (day) =>
      mustMatchBoth
        ? matchesDate(date, day) && matchesWeekday(weekday, day)
        : matchesDate(date, day) || matchesWeekday(weekday, day),
    hours: hour.values,
    minutes: minute.values,
    seconds: [0],
    isWildcard: minute.startsWithStar || hour.startsWithStar,
  }
}

function matchesDate(
  { values, hasLast, hasLastWorkday }: CronField,
  { date, weekday, lastDate }: CalendarDay,
): boolean {
  if (values.includes(date) || (hasLast && date === lastDate)) return true
  return hasLastWorkday && isLastWorkday({ date, weekday, lastDate })
}

function isLastWorkday({ date, weekday, lastDate }: Pick<CalendarDay, 'date' | 'weekday' | 'lastDate'>): boolean {
  const daysLeft = lastDate - date
  return weekday === 5 ? daysLeft <= 2 : weekday >= 1 && weekday <= 4 && daysLeft === 0
}

function matchesWeekday({ values, ofMonth }: CronField, { date, weekday, lastDate }: CalendarDay): boolean {
  if (values.includes(weekday)) return true
  return ofMonth.some(
    (one) => one.weekday === weekday && (one.nth === 'last' ? date + 7 > lastDate : Math.ceil(date / 7) === one.nth),
  )
}

interface Search {
  after: number
  zone: string
  yearMax: number
}

// A time that the clocks leap over is made up for at once, and one that they show twice has had its run.
function nextOfFixed(cron: Cron, { after, zone, yearMax }: Search): number | null {
  const wall = nextWall(cron, { after: latestWallTimeAt(zone, after), yearMax })
  return wall === null ? null : momentOfWallTime(zone, { wall, from: after })
}

function nextOfWildcard(cron: Cron, { after, zone, yearMax }: Search): number | null {
  const { until, offsetMs } = offsetPeriodAt(zone, after)
  const wall = nextWall(cron, { after: after + offsetMs, yearMax })
  if (wall === null || wall - offsetMs < until) return wall === null ? null : wall - offsetMs
  return nextShown(cron, { zone, after: wallTimeAt(zone, until) - 1, from: until, yearMax })
}
