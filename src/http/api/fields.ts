// Parses the fields of a request with a schema, and reports the first problem.
import { z } from 'zod'
import { HIDDEN_WORD_MAX, HIDDEN_WORD_MIN, HIDDEN_WORDS_MAX } from '#domain/project.ts'
import { AppError } from '#lib/errors.ts'
import { NO_NUL } from './limits.ts'

/** Throws `invalid` with the first problem. */
export function readBody<T>(schema: z.ZodType<T>, body: Record<string, unknown>): T {
  return readWith(schema, { sent: body, what: 'json' })
}

/** If a parameter occurs several times, the last value is used. Throws `invalid` with the first problem. */
export function readQuery<T>(schema: z.ZodType<T>, query: URLSearchParams): T {
  return readWith(schema, { sent: Object.fromEntries(query), what: 'query' })
}

// The limit counts code points instead of UTF-16 units. An unpaired surrogate becomes U+FFFD, as in the database.
export function text(field: string, max: number) {
  return z
    .string(`${field} is not a string`)
    .overwrite((value) => value.toWellFormed())
    .refine((value) => [...value].length <= max, `${field} is too long`)
    .refine((value) => !value.includes('\0'), `${field} has a NUL character`)
    .meta({ maxLength: max, ...NO_NUL })
}

/** By the codes of the domain's schemas. */
const CODES: Record<string, string> = {
  too_long: 'is too long',
  control: 'has control characters',
  no_project_name: 'is empty',
  too_many_words: `has more than ${HIDDEN_WORDS_MAX} words`,
  not_clock: 'has a time that is not like 22:00',
  not_day: 'has a day that is not 1 to 7',
  no_days: 'has no days',
  whole_week: 'never ends',
  not_zone: 'has an invalid timezone',
  short_word: `has a word with fewer than ${HIDDEN_WORD_MIN} characters`,
  long_word: `has a word with more than ${HIDDEN_WORD_MAX} characters`,
}

/** Text that a schema of the domain checks, phrased as the API does. */
export function checkedText(field: string, schema: z.ZodType<string>) {
  return z.string(`${field} is not a string`).superRefine(checkedBy(field, schema))
}

/** A check of a value by a schema of the domain, phrased as the API does. */
export function checkedBy<T>(field: string, schema: z.ZodType<unknown, T>) {
  return (value: T, context: z.core.$RefinementCtx) => {
    for (const problem of problemsOf(field, schema, value)) context.addIssue(problem)
  }
}

/** The same for a list of lines. */
export function checkedLines(field: string, schema: z.ZodType<string>) {
  return z
    .array(z.string(`${field} has an item that is not a string`), `${field} is not an array`)
    .superRefine((lines, context) => {
      const problems = lines.some((line) => line.includes('\n'))
        ? [`${field} ${CODES.control}`]
        : problemsOf(field, schema, lines.join('\n'))
      for (const problem of problems) context.addIssue(problem)
    })
}

function problemsOf(field: string, schema: z.ZodType, value: unknown): string[] {
  const issues = schema.safeParse(value).error?.issues ?? []
  return issues.map(({ message }) => `${field} ${CODES[message] ?? 'is not valid'}`)
}

export function flag(field: string) {
  return z.boolean(`${field} is not a boolean`)
}

/** The requested length of a list. */
export function limitUpTo(max: number, otherwise: number) {
  return z.coerce
    .number('limit is not a number')
    .int('limit is not a number')
    .min(1, 'limit is too small')
    .max(max, 'limit is too large')
    .default(otherwise)
    .describe('The maximum number of items.')
}

function readWith<T>(schema: z.ZodType<T>, { sent, what }: { sent: unknown; what: string }): T {
  const parsed = schema.safeParse(sent)
  if (parsed.success) return parsed.data
  throw new AppError('invalid', `${what} validation error: ${parsed.error.issues[0]?.message ?? 'value is not usable'}`)
}
