// Patterns for JSON Schema. They describe the same limits as the validation.

const CONTROL = '\\u0000-\\u001f\\u007f-\\u009f'
/** The characters that `trim` removes, besides control characters. */
const SPACE = '\\u0020\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff'

/** No NUL, because the database can't store it. */
export const NO_NUL = { pattern: '^[^\\u0000]*$' }
/** A single line. */
export const ONE_LINE = { pattern: `^[^${CONTROL}]*$` }
/** A single line that isn't blank. */
export const FILLED_LINE = { minLength: 1, pattern: `^[^${CONTROL}]*[^${CONTROL}${SPACE}][^${CONTROL}]*$` }
