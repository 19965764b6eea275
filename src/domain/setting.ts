// What a setting can hold, and its limits. The messages of the schemas are codes: each door phrases them itself.
import { z } from 'zod'
import { AppError } from '#lib/errors.ts'
import { withoutInvisible } from '#lib/invisible.ts'
import { currentZoneName } from '#lib/zone-names.ts'
import { readExpressionKind } from './schedule-times.ts'

export type SettingProblem =
  | 'not_text'
  | 'not_number'
  | 'not_flag'
  | 'too_long'
  | 'too_small'
  | 'too_large'
  | 'nul'
  | 'control'
  | 'unknown_value'
  | 'not_slug'
  | 'not_alias'
  | 'not_zone'
  | 'not_expression'

export type SettingValue = string | number | boolean | null

/** Each kind says how doors read and show it. `schema` checks a value as the domain stores it. */
export type SettingKind =
  | { is: 'text'; schema: z.ZodType; max: number; hasLines: boolean; pattern: RegExp | null }
  | { is: 'zone'; schema: z.ZodType }
  | { is: 'flag'; schema: z.ZodType }
  /** Milliseconds. If `isOptional`, null means "not set". */
  | { is: 'duration'; schema: z.ZodType; min: number; max: number; isOptional: boolean }
  | { is: 'count'; schema: z.ZodType; min: number; max: number }
  | { is: 'choice'; schema: z.ZodType; values: readonly string[]; isOptional: boolean }

interface TextRules {
  max: number
  hasLines?: boolean
  /** Invisible characters are removed, because people read the text. */
  isShown?: boolean
}

export function text({ max, hasLines = false, isShown = false }: TextRules): SettingKind {
  const schema = characters(max)
    .refine((value) => !value.includes('\0'), 'nul')
    .overwrite((value) => (isShown ? withoutInvisible(value) : value))
  return { is: 'text', schema, max, hasLines, pattern: null }
}

/** Text for subjects and titles. */
export function line(max: number): SettingKind {
  const schema = characters(max)
    .refine((value) => !/\p{Cc}/u.test(value), 'control')
    .overwrite(withoutInvisible)
  return { is: 'text', schema, max, hasLines: false, pattern: null }
}

export function slug(max: number): SettingKind {
  const pattern = /^[a-z0-9_-]*$/
  const schema = characters(max).refine((value) => pattern.test(value), 'not_slug')
  return { is: 'text', schema, max, hasLines: false, pattern }
}

/** Empty, or text that matches the pattern, which also limits its length. */
export function alias(pattern: RegExp, max: number): SettingKind {
  const orEmpty = new RegExp(`^(${pattern.source.slice(1, -1)})?$`)
  const schema = z.string('not_text').refine((value) => orEmpty.test(value), 'not_alias')
  return { is: 'text', schema, max, hasLines: false, pattern: orEmpty }
}

export function expression(max: number): SettingKind {
  const schema = characters(max)
    .refine((value) => !value.includes('\0'), 'nul')
    .refine((value) => value === '' || isExpression(value), 'not_expression')
  return { is: 'text', schema, max, hasLines: true, pattern: null }
}

export function isExpression(value: string): boolean {
  try {
    return readExpressionKind(value) !== undefined
  } catch (error) {
    if (error instanceof AppError) return false
    throw error
  }
}

/** An obsolete name of a zone becomes its current one. */
export function timeZone(): SettingKind {
  const schema = z.string('not_text').transform((name, context) => {
    const zone = currentZoneName(name)
    if (zone === null) context.addIssue('not_zone')
    return zone ?? name
  })
  return { is: 'zone', schema }
}

export function flag(): SettingKind {
  return { is: 'flag', schema: z.boolean('not_flag') }
}

export function duration(min: number, max: number): SettingKind {
  return { is: 'duration', schema: wholeNumber(min, max), min, max, isOptional: false }
}

export function optionalDuration(min: number, max: number): SettingKind {
  return { is: 'duration', schema: wholeNumber(min, max).nullable(), min, max, isOptional: true }
}

export function count(min: number, max: number): SettingKind {
  return { is: 'count', schema: wholeNumber(min, max), min, max }
}

export function choice(values: readonly string[]): SettingKind {
  return { is: 'choice', schema: z.enum(values, 'unknown_value'), values, isOptional: false }
}

export function optionalChoice(values: readonly string[]): SettingKind {
  return { is: 'choice', schema: z.enum(values, 'unknown_value').nullable(), values, isOptional: true }
}

// Counts characters, not UTF-16 units. A lone surrogate becomes the replacement character that the database stores.
function characters(max: number) {
  return z
    .string('not_text')
    .overwrite((value) => value.toWellFormed())
    .refine((value) => [...value].length <= max, { error: 'too_long', params: { max } })
}

function wholeNumber(min: number, max: number) {
  return z.number('not_number').int('not_number').min(min, 'too_small').max(max, 'too_large')
}

export type Checked = { value: SettingValue } | { problem: SettingProblem }

/** Checks a value and returns it in its stored form. */
export function checkValue({ schema }: SettingKind, value: unknown): Checked {
  const parsed = schema.safeParse(value)
  if (parsed.success) return { value: parsed.data as SettingValue }
  return { problem: parsed.error.issues[0]?.message as SettingProblem }
}

/** Typed text without surrounding spaces and invisible characters. Control characters are refused. */
export function checkTyped(kind: SettingKind & { is: 'text' }, typed: string): Checked {
  const value = withoutInvisible(typed).trim()
  const hasControl = kind.hasLines ? /(?![\n\t])\p{Cc}/u.test(value) : /\p{Cc}/u.test(value)
  const checked = checkValue(kind, value)
  return hasControl && 'value' in checked ? { problem: 'control' } : checked
}
