// What people may type, without what nobody sees: limits that are counted as people count, in characters and not in
// UTF-16 units.
import { z } from 'zod'
import { withoutInvisible } from '#lib/invisible.ts'

/** "A description has" begins the sentence that says what is wrong. */
export function limitedText(what: string, max: number) {
  return z
    .string()
    .transform((text) => withoutInvisible(text).trim())
    .refine((value) => [...value].length <= max, `${what} at most ${max.toLocaleString('en')} characters.`)
}

/** As `limitedText`, and nothing that would break the line: it may stand in the subject of a mail. */
export function limitedLine(what: string, max: number) {
  return limitedText(what, max).refine((value) => !/\p{Cc}/u.test(value), `${what} no control characters.`)
}
