import { AppError } from './errors.ts'

/** The problems of a form, by field name. */
export type FieldProblems = Record<string, string>

type Parsed<T> = { success: true; data: T } | { success: false; error: { issues: { message: string }[] } }

/** Returns the parsed value, or records the problem and returns `otherwise`. Call `throwProblems` afterwards. */
export function readField<T>(problems: FieldProblems, name: string, parsed: Parsed<T>, otherwise: NoInfer<T>): T {
  if (parsed.success) return parsed.data
  problems[name] = parsed.error.issues[0]?.message ?? 'Enter a valid value.'
  return otherwise
}

/** Throws invalid when a field has a problem. The first problem is the message. */
export function throwProblems(problems: FieldProblems): void {
  const [first] = Object.values(problems)
  if (first !== undefined) throw new AppError('invalid', first, problems)
}
