import { mailConfirmations } from '#actions/confirmations.ts'
import type { Deps } from '#deps.ts'
import { SECOND } from '#lib/duration.ts'
import type { Loop } from './index.ts'

/** Sends confirmation emails, without waiting for the mail server. */
export function createConfirmer(deps: Deps): Loop {
  let sending: Promise<void> | null = null

  const tick = async (): Promise<void> => {
    sending ??= mailConfirmations(deps)
      .catch((error) => deps.log.error('Could not send a confirmation email', { error }))
      .finally(() => {
        sending = null
      })
  }

  return { name: 'confirmations', everyMs: SECOND, tick, settled: async () => void (await sending) }
}
