// What is wrong with an export, in sentences: where, what, and what to do.
import type { z } from 'zod'
import { AppError } from '#lib/errors.ts'
import type { SettingProblem } from './setting.ts'

type Issue = z.core.$ZodIssue

const PROBLEMS_SHOWN_MAX = 5

/** `content`: what was read, to distinguish missing fields from invalid ones, and to name things. */
export function unusableExport(issues: readonly Issue[], content: unknown): AppError {
  const lines = issues.slice(0, PROBLEMS_SHOWN_MAX).map((issue) => `  - ${sentence(issue, content)}`)
  const more = issues.length > PROBLEMS_SHOWN_MAX ? [`  - and ${issues.length - PROBLEMS_SHOWN_MAX} more`] : []
  return new AppError('invalid', ['This export is not valid:', ...lines, ...more, ADVICE].join('\n'))
}

const ADVICE = 'Nothing was imported. Correct the file, or export it again.'

function sentence(issue: Issue, content: unknown): string {
  const problem = problemOf(issue, valueAt(content, issue.path))
  const place = placeOf(issue.path) || 'the file'
  const owner = nameAround(content, issue.path)
  return `${place}${owner === null ? '' : ` (“${owner}”)`} ${problem}`
}

const KINDS: Record<string, string> = {
  string: 'text in quotes',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list in [ ]',
  object: 'an object in { }',
  record: 'an object in { }',
}

/** By the codes that settings are refused with. */
const SETTING_PROBLEMS: Record<string, string> = {
  nul: 'must not contain NUL characters',
  control: 'must not contain control characters',
  not_slug: 'must contain only a to z, digits, "-" and "_"',
  not_alias: 'must have 4 to 64 letters a to z, A to Z, digits, "-" and "_"',
  not_zone: 'must be a time zone like "Europe/Berlin"',
  not_expression: 'must be a cron or an OnCalendar expression',
} satisfies Partial<Record<SettingProblem, string>>

function problemOf(issue: Issue, value: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      return value === undefined ? 'is missing: add it' : `must be ${KINDS[issue.expected] ?? issue.expected}`
    case 'unrecognized_keys': {
      const fields = issue.keys.map((key) => `"${key}"`).join(', ')
      return `has ${fields}, which this version does not support: remove it, or upgrade CronGuard`
    }
    case 'too_small':
      return `must ${amountOf('at least', issue.minimum, issue.origin)}`
    case 'too_big':
      return `must ${amountOf('at most', issue.maximum, issue.origin)}`
    case 'invalid_value':
      return `must be ${issue.values.map((one) => JSON.stringify(one)).join(' or ')}`
    case 'invalid_format':
      return issue.format === 'datetime' ? 'must be a time like "2026-11-30T12:00:00Z"' : lowered(issue.message)
    case 'custom':
      return issue.message === 'too_long'
        ? `must have at most ${issue.params?.max} characters`
        : (SETTING_PROBLEMS[issue.message] ?? lowered(issue.message))
    default:
      return lowered(issue.message)
  }
}

function amountOf(bound: string, limit: number | bigint, origin: string): string {
  if (origin === 'string') return `have ${bound} ${limit} characters`
  return origin === 'array' ? `have ${bound} ${limit} items` : `be ${bound} ${limit}`
}

// Our own rules say "must have …"; those that forms share are sentences.
function lowered(message: string): string {
  return /^must /.test(message) ? message : `is invalid: ${message}`
}

function placeOf(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '')
}

function valueAt(content: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, part) => (value as Record<PropertyKey, unknown> | undefined)?.[part], content)
}

// Of the innermost thing in a list that has a name.
function nameAround(content: unknown, path: readonly PropertyKey[]): string | null {
  for (let length = path.length; length > 0; length--) {
    if (typeof path[length - 1] !== 'number') continue
    const { name } = (valueAt(content, path.slice(0, length)) ?? {}) as { name?: unknown }
    if (typeof name === 'string' && name !== '') return name
  }
  return null
}
