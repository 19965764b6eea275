import type { Issue } from '#domain/issue.ts'
import { type FieldProblems, throwProblems } from '#lib/fields.ts'
import { issueInWords } from '#words/problems.ts'

type Parsed<T> = { success: true; data: T } | { success: false; error: { issues: Issue[] } }

/** Returns the parsed value, or records the problem and returns `otherwise`. Call `throwProblems` afterwards. */
export function readField<T>(problems: FieldProblems, name: string, parsed: Parsed<T>, otherwise: NoInfer<T>): T {
  if (parsed.success) return parsed.data
  const [first] = parsed.error.issues
  problems[name] = first ? issueInWords(first) : 'Enter a valid value.'
  return otherwise
}

/** Returns the parsed value of the only field. Throws invalid if it has a problem. */
export function readOnlyField(name: string, parsed: Parsed<string>): string {
  const problems: FieldProblems = {}
  const value = readField(problems, name, parsed, '')
  throwProblems(problems)
  return value
}
