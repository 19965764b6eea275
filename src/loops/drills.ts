import { drill } from '#actions/drills.ts'
import type { Deps } from '#deps.ts'
import { HOUR } from '#lib/duration.ts'
import type { Loop } from './index.ts'

/** Sends the weekly tests of channels. */
export function createDriller(deps: Deps): Loop {
  let sending: Promise<void> = Promise.resolve()
  const tick = async (): Promise<void> => {
    sending = drill(deps)
    await sending
  }
  return { name: 'drills', everyMs: HOUR, tick, settled: () => sending.catch(() => {}) }
}
