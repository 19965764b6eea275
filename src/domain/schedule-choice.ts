import { AppError } from '#lib/errors.ts'

/** A refused schedule with suggestions. Each of `choices` is valid input. */
export class ScheduleChoiceError extends AppError {
  readonly choices: readonly string[]

  constructor(message: string, choices: readonly string[]) {
    super('invalid', message)
    this.choices = choices
  }
}

/** An ambiguous schedule. Each choice states one of its meanings. */
export function ambiguous(said: string, choices: readonly string[]): ScheduleChoiceError {
  return new ScheduleChoiceError(`"${said}" can mean two things. Write ${listed(choices)}.`, choices)
}

/** "a", "b" or "c" */
export function listed(choices: readonly string[]): string {
  const quoted = choices.map((choice) => `"${choice}"`)
  return quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`
}
