// Error messages for cron expressions without exactly five fields. Other programs add a field for seconds or for the
// year.
import { AppError } from '#lib/errors.ts'
import { MONTHS, WEEKDAYS } from './cron-field.ts'
import { ScheduleChoiceError } from './schedule-choice.ts'

const RULE = 'A cron expression has five fields: minute, hour, day of the month, month, day of the week.'
const WEEKDAY_NAME = new RegExp(WEEKDAYS.join('|'), 'i')
const MONTH_NAME = new RegExp(MONTHS.join('|'), 'i')
const FIELD = new RegExp(`^(?:${[...WEEKDAYS, ...MONTHS].join('|')}|[\\dLWH*?~#/,-]|\\(\\d+-\\d+\\))+$`, 'i')
const YEAR = /^\d{4}/

/** Whether a word could be a field of any program's cron expression. */
export function isCronField(word: string): boolean {
  return FIELD.test(word)
}

/** The message suggests an expression only if it means the same. */
export function fieldCountError(parts: readonly string[], isCron: (expression: string) => boolean): AppError {
  const count = parts[0] === '' ? 0 : parts.length
  const rest = parts.slice(5).join(' ')
  if (count > 5 && !isCronField(parts[5] ?? '')) {
    return new AppError('invalid', `${RULE} "${rest}" comes after them: remove it.`)
  }
  if (count < 6 || count > 7 || !parts.every(isCronField)) {
    return new AppError('invalid', `${RULE} This one has ${count}.`)
  }
  const problem = `${RULE} This one has ${count} fields: ${unsupported(parts)} not supported.`
  const offered = sameSchedule(parts)
  if (offered !== null && isCron(offered)) {
    return new ScheduleChoiceError(`${problem} Did you mean "${offered}"?`, [offered])
  }
  return new AppError('invalid', `${problem} ${adviceFor(parts)}`)
}

function unsupported(parts: readonly string[]): string {
  if (parts.length === 7) return 'seconds and years are'
  return isYearLast(parts) ? 'years are' : 'seconds are'
}

/** Whether the last of six fields is a year, as on AWS. Otherwise the first one is the seconds. */
function isYearLast(parts: readonly string[]): boolean {
  const [, , date, month = '', weekday = '', last = ''] = parts
  if (parts.length !== 6 || last === '?' || month === '?') return false
  return YEAR.test(last) || date === '?' || weekday === '?' || MONTH_NAME.test(month) || WEEKDAY_NAME.test(weekday)
}

/** Five fields with the same meaning; null if there are none, or if programs disagree about the meaning. */
function sameSchedule(parts: readonly string[]): string | null {
  const isYear = isYearLast(parts)
  const fields = isYear ? parts.slice(0, 5) : parts.slice(1, 6)
  const [seconds, year] = [isYear ? '0' : (parts[0] ?? ''), isYear ? parts[5] : parts[6]]
  if (!/^0+$/.test(seconds) || (year !== undefined && !/^[*?]$/.test(year))) return null
  const [, , date = '', , weekday = ''] = fields
  if (!/^[*?]/.test(date) && !/^[*?]/.test(weekday)) return null
  return isWeekdayClear(parts, weekday) ? fields.map((field) => (field === '?' ? '*' : field)).join(' ') : null
}

// In Quartz and AWS Sunday is 1, in cron it is 0. An expression with a ? or a year may be either.
function isWeekdayClear(parts: readonly string[], weekday: string): boolean {
  const mayBeQuartz = parts.length === 7 || parts.includes('?') || /\d[L#]/i.test(weekday)
  return !mayBeQuartz || !/\d/.test(weekday.replace(/#\d/, '').replace(/\/\d+$/, ''))
}

function adviceFor(parts: readonly string[]): string {
  const weekday = (isYearLast(parts) ? parts[4] : parts[5]) ?? ''
  if (!isWeekdayClear(parts, weekday)) {
    return `Remove them, and write "${weekday}" with names like MON-FRI: programs number the days differently.`
  }
  return 'OnCalendar expressions support them, for example "Mon 2027-*-* 12:00:30".'
}
