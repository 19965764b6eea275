// What is sent along with a request, read with a schema; the first problem is told.
import { z } from 'zod'
import { AppError } from '#lib/errors.ts'
import { NO_NUL } from './limits.ts'

/** Throws invalid. */
export function readBody<T>(schema: z.ZodType<T>, body: Record<string, unknown>): T {
  return readWith(schema, { sent: body, what: 'json' })
}

/** Of a name that is given several times, the last one counts. Throws invalid. */
export function readQuery<T>(schema: z.ZodType<T>, query: URLSearchParams): T {
  return readWith(schema, { sent: Object.fromEntries(query), what: 'query' })
}

// Counted in characters as people count them, not in UTF-16 units. Half a character is kept as what the database keeps.
export function text(field: string, max: number) {
  return z
    .string(`${field} is not a string`)
    .overwrite((value) => value.toWellFormed())
    .refine((value) => [...value].length <= max, `${field} is too long`)
    .refine((value) => !value.includes('\0'), `${field} has a NUL character`)
    .meta({ maxLength: max, ...NO_NUL })
}

export function flag(field: string) {
  return z.boolean(`${field} is not a boolean`)
}

/** How many of a list are asked for. */
export function limitUpTo(max: number, otherwise: number) {
  return z.coerce
    .number('limit is not a number')
    .int('limit is not a number')
    .min(1, 'limit is too small')
    .max(max, 'limit is too large')
    .default(otherwise)
    .describe('How many at most.')
}

function readWith<T>(schema: z.ZodType<T>, { sent, what }: { sent: unknown; what: string }): T {
  const parsed = schema.safeParse(sent)
  if (parsed.success) return parsed.data
  throw new AppError('invalid', `${what} validation error: ${parsed.error.issues[0]?.message ?? 'value is not usable'}`)
}
