import { AppError } from '#lib/errors.ts'
import type { Shell } from './command.ts'

interface Confirmation {
  /** A sentence that says what would be deleted. */
  loss: string
  /** Whether `--yes` was given, which skips the question. */
  yes: boolean
}

/** Asks for confirmation at the terminal. Throws invalid for "no", and when there is no terminal. */
export async function confirm(shell: Shell, { loss, yes }: Confirmation): Promise<void> {
  if (yes) return
  const answer = await shell.ask(`${loss} Continue? [y/N] `)
  if (answer === null) throw new AppError('invalid', `${loss} Nothing was changed. Add --yes to confirm.`)
  if (!/^\s*y(es)?\s*$/i.test(answer)) throw new AppError('invalid', 'Canceled. Nothing was changed.')
}
