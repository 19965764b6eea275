// Cron expressions with the semantics of Debian's cron, including its rules for daylight saving time.
import { AppError } from '#lib/errors.ts'
import { latestWallTimeAt, momentOfWallTime, offsetPeriodAt, wallTimeAt } from '#lib/zone-time.ts'
import { fieldCountError } from './cron-count.ts'
import { type CronField, readCronField } from './cron-field.ts'
import { type CalendarDay, nextShown, nextWall, type WallPattern } from './wall-pattern.ts'

export interface Cron extends WallPattern {
  /** The five fields as written, or the ones that a nickname such as "@daily" stands for. */
  expression: string
  fields: CronFields
  /**
   * Minute or hour starts with a star. Such a job follows the wall clock; the others run once for each time they name.
   */
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
/** Within 40 years, 29 February falls on each day of the week. */
const SEARCH_YEARS_MAX = 50
const YEAR_2000 = Date.UTC(2000, 0, 1)

/** Throws `invalid` with a message that names the field and the part that can't be read. */
export function parseCron(text: string): Cron {
  const expression = text.trim().startsWith('@') ? expressionOf(text.trim()) : text.trim()
  const fields = readFields(expression.split(/\s+/))
  const cron = { expression, fields, ...patternOf(fields) }
  if (nextCron(cron, { after: YEAR_2000, zone: 'UTC' }) === null) {
    throw new AppError('invalid', 'This never runs: that date does not exist.')
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

/** The next time strictly after `after`, or null if there is none within fifty years. */
export function nextCron(cron: Cron, { after, zone }: { after: number; zone: string }): number | null {
  const yearMax = new Date(after).getUTCFullYear() + SEARCH_YEARS_MAX
  return cron.isWildcard ? nextOfWildcard(cron, { after, zone, yearMax }) : nextOfFixed(cron, { after, zone, yearMax })
}

function expressionOf(nickname: string): string {
  const expression = NICKNAMES[nickname.toLowerCase()]
  if (expression !== undefined) return expression
  const known = Object.keys(NICKNAMES).join(', ')
  throw new AppError('invalid', `"${nickname}" is not a known nickname. Use one of ${known}.`)
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

// A time that daylight saving time skips runs right after the change. A time that occurs twice runs once. For example,
// in
// Berlin "30 2 * * *" runs at 03:00 on 29 March 2026, and once on 25 October 2026.
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
