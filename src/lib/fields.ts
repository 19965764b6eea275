import { AppError } from './errors.ts'

/** The problems of a form, by field name. */
export type FieldProblems = Record<string, string>

/** Throws invalid when a field has a problem. The first problem is the message. */
export function throwProblems(problems: FieldProblems): void {
  const [first] = Object.values(problems)
  if (first !== undefined) throw new AppError('invalid', first, problems)
}
