import { AppError } from '#lib/errors.ts'

/** A schedule that is refused with ways to write what may be meant: each of `choices` can be typed as it is. */
export class ScheduleChoiceError extends AppError {
  readonly choices: readonly string[]

  constructor(message: string, choices: readonly string[]) {
    super('invalid', message)
    this.choices = choices
  }
}

/** "x" can mean two things: each choice says one of them. */
export function ambiguous(said: string, choices: readonly string[]): ScheduleChoiceError {
  return new ScheduleChoiceError(`"${said}" can mean two things. Write ${listed(choices)}.`, choices)
}

/** "a", "b" or "c" */
export function listed(choices: readonly string[]): string {
  const quoted = choices.map((choice) => `"${choice}"`)
  return quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`
}
