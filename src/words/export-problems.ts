// Why an export can't be imported: where the error is, what is wrong, and what to do.
import { EXPORT_VERSION, type ExportProblem, MONITORS_IN_FILE_MAX } from '#domain/export.ts'
import type { Issue } from '#domain/issue.ts'

const PROBLEMS_SHOWN_MAX = 5

export function exportProblemInWords(problem: ExportProblem): string {
  switch (problem.is) {
    case 'not_json':
      return 'This is not a CronGuard export: it is not valid JSON.'
    case 'not_export':
      return 'This is not a CronGuard export.'
    case 'newer':
      return (
        `This export has format version ${problem.version}, but this server supports ${EXPORT_VERSION}. ` +
        'Upgrade CronGuard.'
      )
    case 'invalid':
      return issuesInWords(problem)
    case 'too_many_monitors': {
      const [has, most] = [problem.count, MONITORS_IN_FILE_MAX].map((number) => number.toLocaleString('en'))
      return `This export has ${has} monitors, but an import takes at most ${most}. Import its projects one by one.`
    }
    case 'twice':
      return `This export contains the same ${problem.what} twice.`
  }
}

function issuesInWords({ issues, content }: { issues: readonly Issue[]; content: unknown }): string {
  const lines = issues.slice(0, PROBLEMS_SHOWN_MAX).map((issue) => `  - ${sentence(issue, content)}`)
  const more = issues.length > PROBLEMS_SHOWN_MAX ? [`  - and ${issues.length - PROBLEMS_SHOWN_MAX} more`] : []
  return ['This export is not valid:', ...lines, ...more, ADVICE].join('\n')
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

/** By the codes of the schemas. */
const CODES: Record<string, string> = {
  nul: 'must not contain NUL characters',
  control: 'must not contain control characters',
  not_slug: 'must contain only a to z, digits, "-" and "_"',
  not_alias: 'must have 4 to 64 letters a to z, A to Z, digits, "-" and "_"',
  not_zone: 'must be a time zone like "Europe/Berlin"',
  not_expression: 'must be a cron or an OnCalendar expression',
  no_expression: 'must have an expression',
  no_project_name: 'must not be empty',
  not_uuid: 'must be a lowercase UUID',
}

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
      if (issue.format === 'datetime') return 'must be a time like "2026-11-30T12:00:00Z"'
      return CODES[issue.message] ?? 'is invalid'
    case 'custom': {
      const { min, max } = issue.params ?? {}
      if (issue.message === 'too_long') return `must have at most ${max} characters`
      if (issue.message === 'not_key') return `must have ${min} to ${max} letters a to z, A to Z, digits, "-" and "_"`
      return CODES[issue.message] ?? 'is invalid'
    }
    default:
      return 'is invalid'
  }
}

function amountOf(bound: string, limit: number | bigint, origin: string): string {
  if (origin === 'string') return `have ${bound} ${limit} characters`
  return origin === 'array' ? `have ${bound} ${limit} items` : `be ${bound} ${limit}`
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
