// A pattern of dates and times of day, shared by cron and OnCalendar, and the search for its next match.
import { SECOND } from '#lib/duration.ts'
import { momentOfWallTime, wallTimeAt } from '#lib/zone-time.ts'

/** A calendar day. `month` is 1 to 12, `weekday` 0 (Sunday) to 6, `lastDate` the number of days in the month. */
export interface CalendarDay {
  year: number
  month: number
  date: number
  weekday: number
  lastDate: number
}

export interface WallPattern {
  matchesYear(year: number): boolean
  matchesMonth(month: number): boolean
  matchesDay(day: CalendarDay): boolean
  /** In ascending order, never empty. */
  hours: readonly number[]
  minutes: readonly number[]
  seconds: readonly number[]
}

const DAY_SECONDS = 86_400
const DAY_MS = DAY_SECONDS * SECOND

/** The first matching wall time strictly after `after`, or null if there is none until the end of `yearMax`. */
export function nextWall(pattern: WallPattern, { after, yearMax }: { after: number; yearMax: number }): number | null {
  const second = Math.floor(after / SECOND) + 1
  const today = Math.floor(second / DAY_SECONDS)
  const later = timeFrom(pattern, second - today * DAY_SECONDS)
  if (later !== null && matches(pattern, calendarDay(today)) && calendarDay(today).year <= yearMax) {
    return (today * DAY_SECONDS + later) * SECOND
  }
  const day = dayFrom(pattern, { first: today + 1, yearMax })
  return day === null ? null : (day * DAY_SECONDS + (timeFrom(pattern, 0) ?? 0)) * SECOND
}

/** The first matching wall time after `after` that exists in the zone. Times that daylight saving time skips don't. */
export function nextShown(
  pattern: WallPattern,
  { zone, after, from, yearMax }: { zone: string; after: number; from: number; yearMax: number },
): number | null {
  let wall = nextWall(pattern, { after, yearMax })
  while (wall !== null) {
    const at = momentOfWallTime(zone, { wall, from })
    const shown = wallTimeAt(zone, at)
    if (shown === wall) return at
    wall = nextWall(pattern, { after: shown - 1, yearMax })
  }
  return null
}

function matches(pattern: WallPattern, day: CalendarDay): boolean {
  return pattern.matchesYear(day.year) && pattern.matchesMonth(day.month) && pattern.matchesDay(day)
}

/** The first matching second of the day, counted from midnight, at or after `from`. */
function timeFrom({ hours, minutes, seconds }: WallPattern, from: number): number | null {
  const hour = Math.floor(from / 3600)
  const minute = Math.floor(from / 60) % 60
  if (hours.includes(hour)) {
    const second = minutes.includes(minute) ? firstFrom(seconds, from % 60) : undefined
    if (second !== undefined) return hour * 3600 + minute * 60 + second
    const nextMinute = firstFrom(minutes, minute + 1)
    if (nextMinute !== undefined) return hour * 3600 + nextMinute * 60 + (seconds[0] as number)
  }
  const nextHour = firstFrom(hours, hour + 1)
  return nextHour === undefined ? null : nextHour * 3600 + (minutes[0] as number) * 60 + (seconds[0] as number)
}

function firstFrom(values: readonly number[], from: number): number | undefined {
  return values.find((value) => value >= from)
}

/** The first matching day, in days since 1970, at or after `first`. */
function dayFrom(pattern: WallPattern, { first, yearMax }: { first: number; yearMax: number }): number | null {
  for (let number = first; ; ) {
    const day = calendarDay(number)
    if (day.year > yearMax) return null
    if (!pattern.matchesYear(day.year)) number = dayNumber(day.year + 1, 1)
    else if (!pattern.matchesMonth(day.month)) number = dayNumber(day.year, day.month + 1)
    else if (pattern.matchesDay(day)) return number
    else number += 1
  }
}

function dayNumber(year: number, month: number): number {
  return Date.UTC(year, month - 1, 1) / DAY_MS
}

function calendarDay(number: number): CalendarDay {
  const date = new Date(number * DAY_MS)
  const year = date.getUTCFullYear()
  const month = date.getUTCMonth() + 1
  return { year, month, date: date.getUTCDate(), weekday: date.getUTCDay(), lastDate: lastDateOf(year, month) }
}

function lastDateOf(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}
