// Limits as JSON Schema has them, beside the rules that are checked: both say the same.

const CONTROL = '\\u0000-\\u001f\\u007f-\\u009f'
/** What `trim` takes away, besides the control characters. */
const SPACE = '\\u0020\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff'

/** No NUL, which the database cannot hold. */
export const NO_NUL = { pattern: '^[^\\u0000]*$' }
/** On one line. */
export const ONE_LINE = { pattern: `^[^${CONTROL}]*$` }
/** On one line, and not only spaces. */
export const FILLED_LINE = { minLength: 1, pattern: `^[^${CONTROL}]*[^${CONTROL}${SPACE}][^${CONTROL}]*$` }
