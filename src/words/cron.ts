// Cron expressions in the words in which people would say them.
import type { Cron } from '#domain/cron.ts'
import type { CronField, WeekdayOfMonth } from '#domain/cron-field.ts'

const WEEKDAY_NAMES = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const MONTH_NAMES = 'January February March April May June July August September October November December'.split(' ')
const NTH = ['', 'first', 'second', 'third', 'fourth', 'fifth']
const TIMES_MAX = 6
/** Every month has 28 days, four of each day of the week. */
const DATES_OF_EVERY_MONTH = 28
const WEEKS_OF_EVERY_MONTH = 4
const MONTHS_MAX = 6
/** As people count them. */
const MONDAY_FIRST = [1, 2, 3, 4, 5, 6, 0]

/** "every day at 03:00", "Monday to Friday at 18:30"; the expression itself where the words would not be plain. */
export function cronInWords(cron: Cron): string {
  const { minute, hour } = cron.fields
  const days = daysInWords(cron)
  const rhythm = rhythmInWords(minute, hour)
  const times = timesInWords(minute, hour)
  if (days === null || (rhythm === null && times === null)) return cron.expression
  if (times !== null) return `${days === '' ? 'every day' : days} at ${times}`
  return days === '' ? `${rhythm}` : `${rhythm}, ${days}`
}

function timesInWords(minute: CronField, hour: CronField): string | null {
  if (!isList(minute) || !isList(hour) || minute.values.length > 1 || hour.values.length > TIMES_MAX) return null
  return inList(hour.values.map((value) => `${twoDigits(value)}:${twoDigits(minute.values[0] ?? 0)}`))
}

function rhythmInWords(minute: CronField, hour: CronField): string | null {
  const everyMinutes = isAny(hour) ? stepOf(minute, 60) : null
  if (everyMinutes !== null) return everyMinutes === 1 ? 'every minute' : `every ${everyMinutes} minutes`
  const everyHours = isList(minute) && minute.values.length === 1 ? stepOf(hour, 24) : null
  if (everyHours === null) return null
  const every = everyHours === 1 ? 'every hour' : `every ${everyHours} hours`
  return minute.values[0] === 0 ? every : `${every} at minute ${minute.values[0]}`
}

function daysInWords({ fields: { date, month, weekday } }: Cron): string | null {
  if (!isAny(date) && !isAny(weekday)) return null
  if (!isAny(month) && month.values.length > MONTHS_MAX) return null
  if (isAny(date) && isAny(weekday)) return isAny(month) ? '' : `every day in ${monthsInWords(month)}`
  if (isAny(weekday)) return datesInWords(date, month)
  return weekdaysInWords(weekday, month)
}

function datesInWords(date: CronField, month: CronField): string | null {
  if (!isList(date)) return null
  if (date.values.length === 1 && month.values.length === 1 && !date.hasLast && !date.hasLastWorkday) {
    const isLeapDay = date.values[0] === 29 && month.values[0] === 2
    return `every year on ${date.values[0]} ${monthsInWords(month)}${isLeapDay ? ' of leap years' : ''}`
  }
  const dates = [
    ...date.values.map(ordinal),
    ...(date.hasLast ? ['last day'] : []),
    ...(date.hasLastWorkday ? ['last weekday'] : []),
  ]
  const isRare = date.values.some((value) => value > DATES_OF_EVERY_MONTH)
  return `on the ${inList(dates)} of ${isAny(month) ? everyMonth(isRare) : monthsInWords(month)}`
}

function everyMonth(isRare: boolean): string {
  return isRare ? 'every month that has one' : 'every month'
}

function weekdaysInWords({ text, values, ofMonth, startsWithStar }: CronField, month: CronField): string | null {
  if (startsWithStar || (values.length > 0 && ofMonth.length > 0)) return null
  if (ofMonth.length > 0) {
    const isRare = ofMonth.some(({ nth }) => nth === WEEKS_OF_EVERY_MONTH + 1)
    const months = isAny(month) ? everyMonth(isRare) : monthsInWords(month)
    return `on the ${inList(ofMonth.map(weekdayOfMonth))} of ${months}`
  }
  const inMonths = isAny(month) ? '' : ` in ${monthsInWords(month)}`
  if (values.join() === '1,2,3,4,5') return `Monday to Friday${inMonths}`
  const days = MONDAY_FIRST.filter((day) => values.includes(day))
  return text.includes('/') ? null : `every ${inList(days.map((day) => WEEKDAY_NAMES[day] ?? ''))}${inMonths}`
}

function weekdayOfMonth({ weekday, nth }: WeekdayOfMonth): string {
  return `${nth === 'last' ? 'last' : NTH[nth]} ${WEEKDAY_NAMES[weekday]}`
}

function monthsInWords({ values }: CronField): string {
  return inList(values.map((month) => MONTH_NAMES[month - 1] ?? ''))
}

function isAny({ text }: CronField): boolean {
  return text === '*'
}

/** Values one by one, and no star, range or step among them. */
function isList({ text }: CronField): boolean {
  return !/[*/-]/.test(text)
}

/** The step of a star, where it divides the whole and so is the same from one hour, or day, to the next. */
function stepOf({ text }: CronField, whole: number): number | null {
  if (text === '*') return 1
  const step = Number(/^\*\/(\d+)$/.exec(text)?.[1])
  return step < whole && whole % step === 0 ? step : null
}

function ordinal(value: number): string {
  const isTeen = value >= 11 && value <= 13
  const ending = isTeen ? 'th' : (['th', 'st', 'nd', 'rd'][value % 10] ?? 'th')
  return `${value}${ending}`
}

function inList(items: string[]): string {
  if (items.length < 2) return items.join('')
  return `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0')
}
