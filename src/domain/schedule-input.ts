// One field for a schedule in any form: a length of time, a cron expression, an OnCalendar expression or plain words.
import { SECOND } from '#lib/duration.ts'
import { AppError } from '#lib/errors.ts'
import { checkAmbiguity, checkNumber } from './ambiguous-words.ts'
import { ON_CALENDAR_SHORTHANDS } from './calendar-line.ts'
import { parseCron } from './cron.ts'
import { cronInWords } from './cron-words.ts'
import { readCrontabLine } from './crontab-line.ts'
import { parseOnCalendar } from './on-calendar.ts'
import { readPlainLength, readPlainWords } from './plain-schedule.ts'
import { onCalendarInWords, PERIOD_MAX_MS, PERIOD_MIN_MS, periodInWords, type Schedule } from './schedule.ts'
import { ScheduleChoiceError } from './schedule-choice.ts'

/** What was read. The zone of cron and OnCalendar comes from elsewhere. */
export type ScheduleInput = SaidBack &
  (
    | { kind: 'period'; periodMs: number }
    | { kind: 'cron'; expression: string }
    | { kind: 'on-calendar'; expression: string }
  )

interface SaidBack {
  words: string
  /** What goes on after the words where they say more than was written: "because no time is given". */
  because?: string
}

/** "every Monday at 00:00, because no time is given" */
export function saidBack({ words, because }: SaidBack): string {
  return because === undefined ? words : `${words}, ${because}`
}

export const SCHEDULE_MAX_LENGTH = 100

/** Throws an AppError whose sentence says where the text cannot be read. */
export function readSchedule(text: string): ScheduleInput {
  const written = text.trim()
  if (written === '') throw new AppError('invalid', 'Say when pings are expected, as in "every day at 3am".')
  const line = readCrontabLine(written)
  if (line !== null) return cronInput(line.schedule)
  if (written.length > SCHEDULE_MAX_LENGTH) {
    throw new AppError('invalid', `A schedule has at most ${SCHEDULE_MAX_LENGTH} characters.`)
  }
  checkQuotes(written)
  checkNumber(written)
  if (isSeconds(written)) return periodInput(Number(written) * SECOND)
  if (EVERY.test(written)) return everyInput(written)
  checkCrontab(written)
  if (isCron(written)) return cronInput(written)
  return isOnCalendar(written) ? onCalendarInput(written) : plainInput(written)
}

/** Ways to write what a refused schedule may have meant, to choose from; none where there is nothing to offer. */
export function scheduleChoices(text: string): readonly string[] {
  try {
    readSchedule(text)
    return []
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return error instanceof ScheduleChoiceError ? error.choices : []
  }
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

/** As some schedulers written in Go have it. */
const EVERY = /^@every\b\s*/i

function everyInput(text: string): ScheduleInput {
  const periodMs = readLength(text.replace(EVERY, ''))
  if (periodMs === null) throw new AppError('invalid', 'After "@every" comes a length of time, as in "@every 5m".')
  return periodInput(periodMs)
}

/** As it stands in a program or a file of settings. */
function checkQuotes(text: string): void {
  const [quote = ''] = text
  const unquoted = text.replaceAll(QUOTE, '').trim()
  if (!QUOTES.includes(quote) || unquoted === '') return
  throw new ScheduleChoiceError(`Remove the quotation marks: ${unquoted}`, [unquoted])
}

const QUOTES = `"'\`“”„‘’«»`
const QUOTE = /["'`“”„‘’«»]/g

/** What stands in crontabs besides the five fields. */
function checkCrontab(text: string): void {
  const [zone] = /^(?:CRON_)?TZ\s*=\s*\S*/i.exec(text) ?? []
  if (zone) throw new AppError('invalid', `Leave "${zone}" out, and choose the time zone apart from the schedule.`)
  const lines = text.split('\n').map((line) => line.trim())
  if (lines.length > 1 && lines.some(isCron)) {
    const rule = 'A schedule is one line of a crontab, and these are several'
    throw new AppError('invalid', `${rule}. Say them in one, as "0 3,15 * * *", or make a monitor for each.`)
  }
  if (/^@reboot\b/i.test(text)) {
    const rule = '"@reboot" has no time of its own, so nothing can be missed'
    throw new AppError('invalid', `${rule}. Write how often the job should report, as "every day".`)
  }
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
  checkAmbiguity(text)
  const plain = readPlainWords(text)
  if (plain.kind === 'period') return periodInput(plain.periodMs)
  const { expression, because } = plain
  return { ...cronInput(expression), ...(because !== undefined && { because }) }
}

/** As it stands in a timer unit of systemd. */
const PREFIX = /^[ \t]*OnCalendar[ \t]*=[ \t]*/gim
/** An H is for Jenkins to replace: it is no word of plain language, and the field says what to write instead. */
const CRON_WORD = /^(?:[\d*?]|H(?![a-z]))[\w*?/,#()-]*$|^\d*~\d*(?:\/\d+)?$/
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
