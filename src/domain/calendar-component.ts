// One component of an OnCalendar date or time: a star, or a list of values and ranges, each with or without a step.
import { AppError } from '#lib/errors.ts'

/**
 * A single value has `stop` null; with a step it repeats up to the maximum. `step` is 1 for a range without a step, and
 * null for a single value without one.
 */
export interface Component {
  start: number
  stop: number | null
  step: number | null
}

export interface Shape {
  name: string
  min: number
  max: number
}

export const SHAPES = {
  year: { name: 'year', min: 1970, max: 2199 },
  month: { name: 'month', min: 1, max: 12 },
  day: { name: 'day', min: 1, max: 31 },
  dayFromEnd: { name: 'day from the end of the month', min: 1, max: 28 },
  hour: { name: 'hour', min: 0, max: 23 },
  minute: { name: 'minute', min: 0, max: 59 },
  second: { name: 'second', min: 0, max: 59 },
} as const

/** Null for a star, which matches any value. */
export function readComponents(shape: Shape, text: string): Component[] | null {
  if (text === '*') return null
  return text.split(',').map((part) => readComponent(shape, part))
}

/** All values that the components name, up to `max`. */
export function valuesOf(components: Component[], max: number): number[] {
  return components.flatMap(({ start, stop, step }) => {
    const last = Math.min(max, stop ?? (step === null ? start : max))
    const by = step ?? 1
    return Array.from({ length: Math.max(0, Math.floor((last - start) / by) + 1) }, (_, index) => start + index * by)
  })
}

function readComponent(shape: Shape, part: string): Component {
  const [, first, last, by] = /^(\d{1,4})(?:\.\.(\d{1,4}))?(?:\/(\d{1,4}))?$/.exec(part) ?? []
  if (first === undefined) throw problem(shape, part, expectation(part))
  const start = readValue(shape, { part, digits: first })
  const stop = last === undefined ? null : readValue(shape, { part, digits: last })
  if (stop !== null && stop < start) throw problem(shape, part, 'a range must ascend, for example 1..5')
  const step = by === undefined ? null : Number(by)
  if (step === 0) throw problem(shape, part, 'the step after / must be at least 1')
  return { start, stop, step: step ?? (stop === null ? null : 1) }
}

function readValue(shape: Shape, { part, digits }: { part: string; digits: string }): number {
  const value = shape.name === SHAPES.year.name ? fullYear(Number(digits)) : Number(digits)
  if (value < shape.min || value > shape.max)
    throw problem(shape, part, `enter a number from ${shape.min} to ${shape.max}`)
  return value
}

function fullYear(year: number): number {
  if (year < 70) return year + 2000
  return year < 100 ? year + 1900 : year
}

function expectation(part: string): string {
  if (part === '') return 'a value is missing'
  if (part === '*') return '* cannot be part of a list'
  if (part.startsWith('*/')) return `write 0${part.slice(1)} or 1${part.slice(1)}`
  if (part.includes('.') && !part.includes('..')) return 'fractions are not supported'
  return 'enter a number, a range such as 1..5 or a step such as 0/15'
}

function problem({ name }: Shape, part: string, reason: string): AppError {
  const where = part === '' ? `The ${name} has an empty part` : `Invalid ${name} "${part}"`
  return new AppError('invalid', `${where}: ${reason}.`)
}
