import { AppError } from './errors.ts'

/** What is wrong with a form, by the name of the field. */
export type FieldProblems = Record<string, string>

type Parsed<T> = { success: true; data: T } | { success: false; error: { issues: { message: string }[] } }

/** Notes the problem of a field and gives `otherwise` for its value; `throwProblems` ends that sooner or later. */
export function readField<T>(problems: FieldProblems, name: string, parsed: Parsed<T>, otherwise: NoInfer<T>): T {
  if (parsed.success) return parsed.data
  problems[name] = parsed.error.issues[0]?.message ?? 'This is not usable.'
  return otherwise
}

/** Throws invalid when a field has a problem; the first one is the message. */
export function throwProblems(problems: FieldProblems): void {
  const [first] = Object.values(problems)
  if (first !== undefined) throw new AppError('invalid', first, problems)
}
