// The oracle's calendar: which minutes a cron or OnCalendar expression names, found by walking through every minute of
// the year. It parses no text: the meaning of an expression is given next to it.

const MINUTE = 60_000
type PlainDate = ReturnType<typeof Temporal.PlainDate.from>

/** Clocks change on quarter hours. */
const QUARTER = 15
/** Minutes before the first one that are walked, to know which times the clocks have already shown. */
const WARM_UP = 600

/** The meaning of an expression, field by field; null: every value. */
export interface Meaning {
  seconds: readonly number[]
  minutes: readonly number[] | null
  hours: readonly number[] | null
  months: readonly number[] | null
  /** Days of the month; 0 is the last, and 100 the last weekday. */
  dates: readonly number[] | null
  /** 0 is Sunday; 15 is the last Friday, 33 the second Wednesday: 10 more for the last one, 10 n + 10 for the nth. */
  weekdays: readonly number[] | null
  /** Whether a date or a weekday is enough, as in cron when neither begins with a star. */
  isEither: boolean
}

/**
 * `clock`: cron with a star in minute or hour, which always follows the local clock.
 * `once`: cron with a fixed time, which runs once for each of its times, and for skipped ones right after the change.
 * `first`: OnCalendar, which leaves out skipped times, and runs at the first pass of repeated ones.
 */
export type Manner = 'clock' | 'once' | 'first'

/** All times of the meaning from `from` until `until`, by the clocks of the zone, in order. */
export function walk(
  meaning: Meaning,
  { manner, zone, from, until }: { manner: Manner; zone: string; from: number; until: number },
): number[] {
  const found: number[] = []
  const names = namer(meaning)
  const first = Math.floor(from / MINUTE) - WARM_UP
  let ahead = aheadOf(zone, Math.floor(first / QUARTER))
  let latest = first + ahead
  for (let minute = first; minute * MINUTE < until; minute += 1) {
    if (minute % QUARTER === 0) ahead = aheadOf(zone, minute / QUARTER)
    const wall = minute + ahead
    const isNew = wall > latest
    let isNamed = manner === 'clock' ? names(wall) : isNew && names(wall)
    if (isNew && manner === 'once')
      for (let skipped = latest + 1; skipped < wall; skipped += 1) isNamed ||= names(skipped)
    if (isNew) latest = wall
    if (isNamed) for (const second of meaning.seconds) found.push(minute * MINUTE + second * 1000)
  }
  return found.filter((at) => at >= from)
}

const FIRST_QUARTER = Date.UTC(2023, 0) / MINUTE / QUARTER
const QUARTERS = (Date.UTC(2032, 0) - Date.UTC(2023, 0)) / MINUTE / QUARTER
const UNKNOWN = -9999
const known = new Map<string, Int16Array>()

/** How many minutes the clocks of the zone are ahead of UTC in this quarter of an hour. */
function aheadOf(zone: string, quarter: number): number {
  const list = known.get(zone) ?? new Int16Array(QUARTERS).fill(UNKNOWN)
  known.set(zone, list)
  const index = quarter - FIRST_QUARTER
  if (list[index] === UNKNOWN) {
    const moment = Temporal.Instant.fromEpochMilliseconds(quarter * QUARTER * MINUTE)
    list[index] = moment.toZonedDateTimeISO(zone).offsetNanoseconds / 60e9
  }
  return list[index] as number
}

/** A cache for local minutes that are mostly requested in order. */
function namer({ minutes, hours, ...days }: Meaning): (wall: number) => boolean {
  const isOfDay = Array.from({ length: 1440 }, (_, ofDay) => {
    const [hour, minute] = [Math.floor(ofDay / 60), ofDay % 60]
    return (minutes === null || minutes.includes(minute)) && (hours === null || hours.includes(hour))
  })
  let asked = Number.NaN
  let isDay = false
  return (wall) => {
    if (!isOfDay[wall % 1440]) return false
    const day = Math.floor(wall / 1440)
    if (day !== asked) {
      asked = day
      isDay = namesDay(days, Temporal.PlainDate.from('1970-01-01').add({ days: day }))
    }
    return isDay
  }
}

function namesDay(
  { months, dates, weekdays, isEither }: Pick<Meaning, 'months' | 'dates' | 'weekdays' | 'isEither'>,
  date: PlainDate,
): boolean {
  if (months !== null && !months.includes(date.month)) return false
  const onDate = dates === null || dates.some((named) => isDate(named, date))
  const onWeekday = weekdays === null || weekdays.some((named) => isWeekday(named, date))
  return isEither ? onDate || onWeekday : onDate && onWeekday
}

function isDate(named: number, date: PlainDate): boolean {
  const last = date.with({ day: date.daysInMonth })
  if (named === 0) return date.equals(last)
  if (named !== 100) return date.day === named
  let workday = last
  while (workday.dayOfWeek > 5) workday = workday.subtract({ days: 1 })
  return date.equals(workday)
}

function isWeekday(named: number, date: PlainDate): boolean {
  if (date.dayOfWeek % 7 !== named % 10) return false
  if (named < 10) return true
  if (named < 20) return date.add({ days: 7 }).month !== date.month
  return Math.floor((date.day - 1) / 7) + 1 === Math.floor(named / 10) - 1
}
