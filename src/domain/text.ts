// Text that people type: invisible characters are removed, and limits count characters, not UTF-16 units.
import { z } from 'zod'
import { withoutInvisible } from '#lib/invisible.ts'

export function limitedText(max: number) {
  return z
    .string()
    .transform((text) => withoutInvisible(text).trim())
    .refine((value) => [...value].length <= max, { error: 'too_long', params: { max } })
}

/** Like `limitedText`, without control characters, so that it fits in an email's subject. */
export function limitedLine(max: number) {
  return limitedText(max).refine((value) => !/\p{Cc}/u.test(value), 'control')
}
