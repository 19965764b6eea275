import { AppError } from '#lib/errors.ts'
import type { Shell } from './command.ts'

interface Confirmation {
  /** What would be lost, as a sentence. */
  loss: string
  /** Whether `--yes` was given: then nobody is asked. */
  yes: boolean
}

/** Asks whoever is at the terminal before something is lost. Throws invalid for "no", and where nobody can be asked. */
export async function confirm(shell: Shell, { loss, yes }: Confirmation): Promise<void> {
  if (yes) return
  const answer = await shell.ask(`${loss} Continue? [y/N] `)
  if (answer === null) throw new AppError('invalid', `${loss} Nothing was done: add --yes to confirm.`)
  if (!/^\s*y(es)?\s*$/i.test(answer)) throw new AppError('invalid', 'Nothing was done.')
}
