import { type ClaimedMessage, claimDeliveries } from '#actions/claims.ts'
import { deliver } from '#actions/deliveries.ts'
import { createSendLimits } from '#actions/send-limits.ts'
import type { Deps } from '#deps.ts'
import type { Loop } from './index.ts'

const EVERY_MS = 250

/**
 * Sends the deliveries in the outbox. A tick only starts sending, because a slow receiver must not delay the next tick.
 * Each finished delivery makes room for the next at once, so that a long queue does not wait for ticks.
 */
export function createOutbox(deps: Deps): Loop {
  const limits = createSendLimits(deps)
  const underWay = new Map<ClaimedMessage, Promise<void>>()
  const failures: unknown[] = []
  let isEnding = false
  let isRefilling = false

  const fill = (): void => {
    const sending = [...underWay.keys()].flatMap((message) => [message, ...message.others])
    const sequences = sending.map(({ sequence }) => sequence)
    for (const message of claimDeliveries(deps, sequences, { limits, messages: underWay.size })) begin(message)
  }

  const begin = (message: ClaimedMessage): void => {
    const sending = deliver(deps, message, limits)
      .catch((error) => void failures.push(error))
      .finally(() => {
        underWay.delete(message)
        refill()
      })
    underWay.set(message, sending)
  }

  // Deliveries that are settled together make room for the next ones together.
  const refill = (): void => {
    if (isRefilling) return
    isRefilling = true
    setImmediate(() => {
      isRefilling = false
      if (isEnding) return
      try {
        fill()
      } catch (error) {
        failures.push(error)
      }
    })
  }

  const tick = async (): Promise<void> => {
    isEnding = false
    fill()
    // A delivery whose outcome could not be saved stays claimed. It is sent again when its lease runs out.
    if (failures.length > 0) throw new AggregateError(failures.splice(0), 'Some delivery outcomes could not be saved')
  }

  const settled = async (): Promise<void> => {
    isEnding = true
    await Promise.all(underWay.values())
  }

  return { name: 'outbox', everyMs: EVERY_MS, tick, settled }
}
