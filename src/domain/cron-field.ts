// One field of a cron expression.
import { AppError } from '#lib/errors.ts'

export type CronFieldName = 'minute' | 'hour' | 'date' | 'month' | 'weekday'

export interface CronField {
  text: string
  startsWithStar: boolean
  /** In ascending order; Sunday is 0. Empty if the field has only L, LW, MON#2 or 5L. */
  values: readonly number[]
  /** L: the last day of the month. */
  hasLast: boolean
  /** LW: the last Monday to Friday of the month. */
  hasLastWorkday: boolean
  /** MON#2 and 5L: the nth or the last such weekday of the month. */
  ofMonth: readonly WeekdayOfMonth[]
}

export interface WeekdayOfMonth {
  weekday: number
  nth: number | 'last'
}

interface Shape {
  name: string
  min: number
  max: number
  /** The first name means `min`. */
  names: string[]
}

export const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']
export const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT']

const SHAPES: Record<CronFieldName, Shape> = {
  minute: { name: 'minute', min: 0, max: 59, names: [] },
  hour: { name: 'hour', min: 0, max: 23, names: [] },
  date: { name: 'day of the month', min: 1, max: 31, names: [] },
  month: { name: 'month', min: 1, max: 12, names: MONTHS },
  weekday: { name: 'day of the week', min: 0, max: 7, names: WEEKDAYS },
}

/** Throws `invalid` with a message that names the field and the part that can't be read. */
export function readCronField(name: CronFieldName, text: string): CronField {
  const values = new Set<number>()
  const field = { text, startsWithStar: text.startsWith('*'), hasLast: false, hasLastWorkday: false }
  const ofMonth: WeekdayOfMonth[] = []
  for (const part of text.toUpperCase().split(',')) {
    if (name === 'date' && part === 'L') field.hasLast = true
    else if (name === 'date' && part === 'LW') field.hasLastWorkday = true
    else if (name === 'weekday' && /#|.L$/.test(part)) ofMonth.push(readWeekdayOfMonth(part))
    else for (const value of readPart(SHAPES[name], part)) values.add(name === 'weekday' ? value % 7 : value)
  }
  return { ...field, values: [...values].sort((a, b) => a - b), ofMonth }
}

function readWeekdayOfMonth(part: string): WeekdayOfMonth {
  const shape = SHAPES.weekday
  if (part.endsWith('L')) return { weekday: readValue(shape, { part, text: part.slice(0, -1) }) % 7, nth: 'last' }
  const [weekday = '', nth = '', ...rest] = part.split('#')
  if (rest.length > 0 || !/^[1-5]$/.test(nth)) {
    throw problem(
      shape,
      part,
      'enter a number from 1 to 5 after #, for example MON#2 for the second Monday of the month',
    )
  }
  return { weekday: readValue(shape, { part, text: weekday }) % 7, nth: Number(nth) }
}

/** A star, a value or a range, with or without a step. */
function readPart(shape: Shape, part: string): number[] {
  const [range = '', step, ...rest] = part.split('/')
  if (rest.length > 0) throw problem(shape, part, 'use only one /')
  const [first, last] = readRange(shape, { part, range, hasStep: step !== undefined })
  const by = step === undefined ? 1 : readStep(shape, { part, step })
  return Array.from({ length: Math.floor((last - first) / by) + 1 }, (_, index) => first + index * by)
}

function readRange(
  shape: Shape,
  { part, range, hasStep }: { part: string; range: string; hasStep: boolean },
): [first: number, last: number] {
  if (range === '*') return [shape.min, shape.max]
  const [from = '', to, ...rest] = range.split('-')
  if (rest.length > 0) throw problem(shape, part, 'use only one - in a range, for example 1-5')
  const first = readValue(shape, { part, text: from })
  if (to === undefined) return [first, hasStep ? shape.max : first]
  const last = readValue(shape, { part, text: to })
  if (last < first) throw problem(shape, part, 'a range must ascend, for example 1-5')
  return [first, last]
}

function readStep(shape: Shape, { part, step }: { part: string; step: string }): number {
  if (!/^\d{1,4}$/.test(step) || Number(step) === 0) {
    throw problem(shape, part, 'enter a whole number of at least 1 after /, for example */5')
  }
  return Number(step)
}

function readValue(shape: Shape, { part, text }: { part: string; text: string }): number {
  const named = shape.names.indexOf(text)
  if (named !== -1) return shape.min + named
  if (!/^\d{1,4}$/.test(text)) throw problem(shape, part, expectation(shape, text))
  const value = Number(text)
  if (value < shape.min || value > shape.max)
    throw problem(shape, part, `enter a number from ${shape.min} to ${shape.max}`)
  return value
}

function expectation({ min, max, names }: Shape, text: string): string {
  if (/^H(\(|$)/.test(text))
    return 'H works only in Jenkins. Enter the value that Jenkins chose, or a period such as "every 15 minutes"'
  if (text.includes('~')) {
    return 'cron picks a random time in that range. Enter the time that it picked, or a period such as "every hour"'
  }
  if (text === '?') return 'enter * for any value'
  if (text === '') return 'a value is missing'
  if (names.length === 0) return `"${text}" is not a number from ${min} to ${max}`
  return `"${text}" is neither a number from ${min} to ${max} nor a name from ${names[0]} to ${names.at(-1)}`
}

function problem({ name }: Shape, part: string, reason: string): AppError {
  const where = part === '' ? `The ${name} has an empty part` : `Invalid ${name} "${part}"`
  return new AppError('invalid', `${where}: ${reason}.`)
}
