// One field for a schedule in any form: a length of time, a cron expression, an OnCalendar expression or plain words.
import { SECOND } from '#lib/duration.ts'
import { AppError } from '#lib/errors.ts'
import { ON_CALENDAR_SHORTHANDS } from './calendar-line.ts'
import { parseCron } from './cron.ts'
import { cronInWords } from './cron-words.ts'
import { parseOnCalendar } from './on-calendar.ts'
import { readPlainLength, readPlainWords } from './plain-schedule.ts'
import { onCalendarInWords, PERIOD_MAX_MS, PERIOD_MIN_MS, periodInWords, type Schedule } from './schedule.ts'

/** What was read; `words` say it back. The zone of cron and OnCalendar comes from elsewhere. */
export type ScheduleInput =
  | { kind: 'period'; periodMs: number; words: string }
  | { kind: 'cron'; expression: string; words: string }
  | { kind: 'on-calendar'; expression: string; words: string }

export const SCHEDULE_MAX_LENGTH = 100

/** Throws an AppError whose sentence says where the text cannot be read. */
export function readSchedule(text: string): ScheduleInput {
  const written = text.trim()
  if (written === '') throw new AppError('invalid', 'Say when pings are expected, as in "every day at 3am".')
  if (written.length > SCHEDULE_MAX_LENGTH) {
    throw new AppError('invalid', `A schedule has at most ${SCHEDULE_MAX_LENGTH} characters.`)
  }
  if (isSeconds(written)) return periodInput(Number(written) * SECOND)
  if (isCron(written)) return cronInput(written)
  return isOnCalendar(written) ? onCalendarInput(written) : plainInput(written)
}

/** A length of time, as "10 minutes", "1h 30m" or a number of seconds; null for anything else. */
export function readLength(text: string): number | null {
  const written = text.trim()
  return isSeconds(written) ? Number(written) * SECOND : readPlainLength(written)
}

/** Which of the two an expression is, where nothing but these two is possible: five words on one line are cron. */
export function expressionKind(expression: string): 'cron' | 'on-calendar' {
  const text = expression.trim()
  return !text.includes('\n') && text.split(/\s+/).length === 5 ? 'cron' : 'on-calendar'
}

/** The text that `readSchedule` reads back as this schedule. */
export function scheduleAsInput({ kind, periodMs, expression }: Schedule): string {
  if (kind === 'period') return periodAsInput(periodMs)
  return kind === 'cron' ? expression : onCalendarAsInput(expression)
}

// The words name the two largest units only.
function periodAsInput(periodMs: number): string {
  const words = periodInWords(periodMs)
  const read = readSchedule(words)
  return read.kind === 'period' && read.periodMs === periodMs ? words : `every ${periodMs / SECOND} seconds`
}

function onCalendarAsInput(expression: string): string {
  return isOnCalendar(expression) && !isCron(expression) ? expression : `OnCalendar=${expression}`
}

function isSeconds(text: string): boolean {
  return /^\d+$/.test(text)
}

function periodInput(periodMs: number): ScheduleInput {
  if (periodMs < PERIOD_MIN_MS || periodMs > PERIOD_MAX_MS) {
    throw new AppError('invalid', 'A period is at least one second and at most 365 days long.')
  }
  return { kind: 'period', periodMs, words: periodInWords(periodMs) }
}

function cronInput(text: string): ScheduleInput {
  const cron = parseCron(text)
  return { kind: 'cron', expression: cron.expression, words: cronInWords(cron) }
}

function onCalendarInput(text: string): ScheduleInput {
  const { expression } = parseOnCalendar(text.replaceAll(PREFIX, ''))
  return { kind: 'on-calendar', expression, words: onCalendarInWords(expression) }
}

function plainInput(text: string): ScheduleInput {
  const plain = readPlainWords(text)
  return plain.kind === 'period' ? periodInput(plain.periodMs) : cronInput(plain.expression)
}

/** As it stands in a timer unit of systemd. */
const PREFIX = /^[ \t]*OnCalendar[ \t]*=[ \t]*/gim
const CRON_WORD = /^[\d*?][\w*?/,#-]*$/
const LONE_DATE = /^[\d*.,/]+-[\d*.,/]+-/

function isCron(text: string): boolean {
  const words = text.split(/\s+/)
  if (text.startsWith('@')) return true
  const [minute = '', hour = '', date = ''] = words
  if (LONE_DATE.test(minute) || text.includes(':') || !CRON_WORD.test(minute) || !CRON_WORD.test(hour)) return false
  return words.length >= 5 || (words.length >= 3 && CRON_WORD.test(date)) || text.includes('*')
}

/** Whether it has what only an OnCalendar expression has. */
function isOnCalendar(text: string): boolean {
  if (/\n|\.\.|[~*=]|\d-\d|\d\/\d|:\d\d:\d\d/.test(text)) return true
  const words = text.split(/\s+/)
  const zone = words.length > 1 && ZONE.test(words.at(-1) ?? '') ? words.pop() : undefined
  const shorthand = words.length === 1 ? (words[0] ?? '').toLowerCase() : ''
  if (zone === undefined) return ON_CALENDAR_SHORTHANDS.has(shorthand) && !PLAIN_ADVERBS.has(shorthand)
  return ON_CALENDAR_SHORTHANDS.has(shorthand) || (/^\S*:\S*$/.test(words.at(-1) ?? '') && words.length <= 2)
}

const ZONE = /^(UTC|[A-Z][A-Za-z]+\/[\w/+-]+)$/
/** Both languages have them; in plain words they are lengths of time, or go on with a day or a time. */
const PLAIN_ADVERBS: ReadonlySet<string> = new Set([
  'minutely',
  'hourly',
  'daily',
  'weekly',
  'monthly',
  'quarterly',
  'yearly',
  'annually',
])
