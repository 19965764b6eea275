// Text that people type: invisible characters are removed, and limits count characters, not UTF-16 units.
import { z } from 'zod'
import { withoutInvisible } from '#lib/invisible.ts'

/** `what` begins the error message, as "A description has". */
export function limitedText(what: string, max: number) {
  return z
    .string()
    .transform((text) => withoutInvisible(text).trim())
    .refine((value) => [...value].length <= max, `${what} at most ${max.toLocaleString('en')} characters.`)
}

/** Like `limitedText`, without control characters, so that it fits in a mail's subject. */
export function limitedLine(what: string, max: number) {
  return limitedText(what, max).refine((value) => !/\p{Cc}/u.test(value), `${what} no control characters.`)
}
