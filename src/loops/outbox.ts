import { claimDeliveries, deliver } from '#actions/deliveries.ts'
import type { Deps } from '#deps.ts'
import type { Loop } from './index.ts'

const EVERY_MS = 250

/**
 * Sends what is in the outbox. A tick only begins to send: a slow receiver must not hold up the next tick. Whenever
 * a message has been sent, the next one takes its place, so that many are not told by the pace of the ticks.
 */
export function createOutbox(deps: Deps): Loop {
  const underWay = new Map<number, Promise<void>>()
  const failures: unknown[] = []
  let isEnding = false

  const fill = (): void => {
    for (const delivery of claimDeliveries(deps, [...underWay.keys()])) begin(delivery)
  }

  const begin = (delivery: Parameters<typeof deliver>[1]): void => {
    const sending = deliver(deps, delivery)
      .catch((error) => void failures.push(error))
      .finally(() => {
        underWay.delete(delivery.sequence)
        refill()
      })
    underWay.set(delivery.sequence, sending)
  }

  const refill = (): void => {
    if (isEnding) return
    try {
      fill()
    } catch (error) {
      failures.push(error)
    }
  }

  const tick = async (): Promise<void> => {
    isEnding = false
    fill()
    // What was sent but could not be written down stays claimed; its lease runs out and it is sent again.
    if (failures.length > 0) throw new AggregateError(failures.splice(0), 'Some outcomes could not be written')
  }

  const settled = async (): Promise<void> => {
    isEnding = true
    await Promise.all(underWay.values())
  }

  return { name: 'outbox', everyMs: EVERY_MS, tick, settled }
}
