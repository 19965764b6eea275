// One field reads any form of schedule: a duration, a cron expression, an OnCalendar expression or plain words.
import { SECOND } from '#lib/duration.ts'
import { AppError } from '#lib/errors.ts'
import { checkAmbiguity, checkNumber } from './ambiguous-words.ts'
import { ON_CALENDAR_SHORTHANDS } from './calendar-line.ts'
import { parseCron } from './cron.ts'
import { readCrontabLine } from './crontab-line.ts'
import { parseOnCalendar } from './on-calendar.ts'
import { readPlainLength, readPlainWords, type Unsaid } from './plain-schedule.ts'
import { PERIOD_MAX_MS, PERIOD_MIN_MS, periodAsText, type Schedule } from './schedule.ts'
import { ScheduleChoiceError } from './schedule-choice.ts'

/** A parsed schedule, without the time zone of cron and OnCalendar. */
export type ScheduleInput = (
  | { kind: 'period'; periodMs: number }
  | { kind: 'cron'; expression: string }
  | { kind: 'on-calendar'; expression: string }
) & {
  /** What plain words left out: "every Monday" names no time, so it means midnight. */
  unsaid?: Unsaid[]
}

export const SCHEDULE_MAX_LENGTH = 100

/** Throws `invalid` with a message that names the part that can't be read. */
export function readSchedule(text: string): ScheduleInput {
  const written = text.trim()
  if (written === '') throw new AppError('invalid', 'Enter a schedule, for example "every day at 3am".')
  const line = readCrontabLine(written)
  if (line !== null) return cronInput(line.schedule)
  if (written.length > SCHEDULE_MAX_LENGTH) {
    throw new AppError('invalid', `Use at most ${SCHEDULE_MAX_LENGTH} characters.`)
  }
  checkQuotes(written)
  checkNumber(written)
  if (isSeconds(written)) return periodInput(Number(written) * SECOND)
  if (EVERY.test(written)) return everyInput(written)
  checkCrontab(written)
  if (isCron(written)) return cronInput(written)
  return isOnCalendar(written) ? onCalendarInput(written) : plainInput(written)
}

/** Suggestions for a refused schedule. */
export function scheduleChoices(text: string): readonly string[] {
  try {
    readSchedule(text)
    return []
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return error instanceof ScheduleChoiceError ? error.choices : []
  }
}

/** A duration in milliseconds, from "10 minutes", "1h 30m" or a number of seconds; null for anything else. */
export function readLength(text: string): number | null {
  const written = text.trim()
  return isSeconds(written) ? Number(written) * SECOND : readPlainLength(written)
}

/** The kind of an expression that is either cron or OnCalendar: five words on one line are cron. */
export function expressionKind(expression: string): 'cron' | 'on-calendar' {
  const text = expression.trim()
  return !text.includes('\n') && text.split(/\s+/).length === 5 ? 'cron' : 'on-calendar'
}

/** The text that `readSchedule` reads back as this schedule. */
export function scheduleAsInput({ kind, periodMs, expression }: Schedule): string {
  if (kind === 'period') return periodAsInput(periodMs)
  return kind === 'cron' ? expression : onCalendarAsInput(expression)
}

// `periodAsText` names only the two largest units, so an odd period is written in seconds.
function periodAsInput(periodMs: number): string {
  const words = periodAsText(periodMs)
  const read = readSchedule(words)
  return read.kind === 'period' && read.periodMs === periodMs ? words : `every ${periodMs / SECOND} seconds`
}

function onCalendarAsInput(expression: string): string {
  return isOnCalendar(expression) && !isCron(expression) ? expression : `OnCalendar=${expression}`
}

function isSeconds(text: string): boolean {
  return /^\d+$/.test(text)
}

/** The syntax of robfig/cron and other schedulers in Go. */
const EVERY = /^@every\b\s*/i

function everyInput(text: string): ScheduleInput {
  const periodMs = readLength(text.replace(EVERY, ''))
  if (periodMs === null) throw new AppError('invalid', '"@every" needs a duration, for example "@every 5m".')
  return periodInput(periodMs)
}

/** Quotation marks copied from a program or a configuration file. */
function checkQuotes(text: string): void {
  const [quote = ''] = text
  const unquoted = text.replaceAll(QUOTE, '').trim()
  if (!QUOTES.includes(quote) || unquoted === '') return
  throw new ScheduleChoiceError(`Remove the quotation marks: ${unquoted}`, [unquoted])
}

const QUOTES = `"'\`“”„‘’«»`
const QUOTE = /["'`“”„‘’«»]/g

/** Lines of a crontab that aren't five fields. */
function checkCrontab(text: string): void {
  const [zone] = /^(?:CRON_)?TZ\s*=\s*\S*/i.exec(text) ?? []
  if (zone) throw new AppError('invalid', `Remove "${zone}", and choose the time zone in its own field.`)
  const lines = text.split('\n').map((line) => line.trim())
  if (lines.length > 1 && lines.some(isCron)) {
    const rule = 'Enter a single crontab line'
    throw new AppError(
      'invalid',
      `${rule}. Combine the times, as in "0 3,15 * * *", or create a monitor for each line.`,
    )
  }
  if (/^@reboot\b/i.test(text)) {
    const rule = '"@reboot" has no fixed time'
    throw new AppError('invalid', `${rule}. Enter how often the job should report, for example "every day".`)
  }
}

function periodInput(periodMs: number): ScheduleInput {
  if (periodMs < PERIOD_MIN_MS || periodMs > PERIOD_MAX_MS) {
    throw new AppError('invalid', 'A period must be between 1 second and 365 days.')
  }
  return { kind: 'period', periodMs }
}

function cronInput(text: string): ScheduleInput {
  return { kind: 'cron', expression: parseCron(text).expression }
}

function onCalendarInput(text: string): ScheduleInput {
  return { kind: 'on-calendar', expression: parseOnCalendar(text.replaceAll(PREFIX, '')).expression }
}

function plainInput(text: string): ScheduleInput {
  checkAmbiguity(text)
  const plain = readPlainWords(text)
  if (plain.kind === 'period') return periodInput(plain.periodMs)
  const { expression, unsaid } = plain
  return { ...cronInput(expression), ...(unsaid.length > 0 && { unsaid }) }
}

/** The key of a systemd timer unit. */
const PREFIX = /^[ \t]*OnCalendar[ \t]*=[ \t]*/gim
/** Jenkins replaces an H. It counts as cron, so that the error message of the field says what to write instead. */
const CRON_WORD = /^(?:[\d*?]|H(?![a-z]))[\w*?/,#()-]*$|^\d*~\d*(?:\/\d+)?$/
const LONE_DATE = /^[\d*.,/]+-[\d*.,/]+-/

function isCron(text: string): boolean {
  const words = text.split(/\s+/)
  if (text.startsWith('@')) return true
  const [minute = '', hour = '', date = ''] = words
  if (LONE_DATE.test(minute) || text.includes(':') || !CRON_WORD.test(minute) || !CRON_WORD.test(hour)) return false
  return words.length >= 5 || (words.length >= 3 && CRON_WORD.test(date)) || text.includes('*')
}

/** Whether the text has syntax that only OnCalendar has. */
function isOnCalendar(text: string): boolean {
  if (/\n|\.\.|[~*=]|\d-\d|\d\/\d|:\d\d:\d\d/.test(text)) return true
  const words = text.split(/\s+/)
  const zone = words.length > 1 && ZONE.test(words.at(-1) ?? '') ? words.pop() : undefined
  const shorthand = words.length === 1 ? (words[0] ?? '').toLowerCase() : ''
  if (zone === undefined) return ON_CALENDAR_SHORTHANDS.has(shorthand) && !PLAIN_ADVERBS.has(shorthand)
  return ON_CALENDAR_SHORTHANDS.has(shorthand) || (/^\S*:\S*$/.test(words.at(-1) ?? '') && words.length <= 2)
}

const ZONE = /^(UTC|[A-Z][A-Za-z]+\/[\w/+-]+)$/
/** Words of both OnCalendar and plain language. In plain words a day or time can follow them. */
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
