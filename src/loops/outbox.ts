import { Sender } from '#actions/sender.ts'
import type { Deps } from '#deps.ts'
import type { Loop } from './index.ts'

/** Sends the deliveries in the outbox. A tick only begins to send, because a slow receiver must not delay the next. */
export function createOutbox(deps: Deps): Loop {
  const sender = new Sender(deps)
  return { name: 'outbox', everyMs: 250, tick: () => sender.sendDue(), settled: () => sender.end() }
}
