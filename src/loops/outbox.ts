import { claimDeliveries, deliver } from '#actions/deliveries.ts'
import type { Deps } from '#deps.ts'
import type { Loop } from './index.ts'

const EVERY_MS = 250
/** How many messages may be on their way at once. */
const PLACES = 32

/** Sends what is in the outbox. A tick only begins to send: a slow receiver must not hold up the next tick. */
export function createOutbox(deps: Deps): Loop {
  const underWay = new Set<Promise<void>>()

  const tick = async (): Promise<void> => {
    const free = PLACES - underWay.size
    if (free === 0) return
    for (const claimed of claimDeliveries(deps, free)) {
      // What was sent but could not be written down stays claimed; its lease runs out and it is sent again.
      const sending = deliver(deps, claimed)
        .catch((error) => deps.log.error('An outcome could not be written', { delivery: claimed.id, error }))
        .finally(() => underWay.delete(sending))
      underWay.add(sending)
    }
  }

  const settled = async (): Promise<void> => {
    await Promise.all(underWay)
  }

  return { name: 'outbox', everyMs: EVERY_MS, tick, settled }
}
