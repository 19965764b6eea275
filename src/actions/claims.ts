// Claims deliveries for this process to send. After a crash the lease runs out, or the next start ends it.
import { canCombine } from '#channels/index.ts'
import type { Deps } from '#deps.ts'
import { LEASE_MS } from '#domain/delivery.ts'
import { asDigest, chooseDeliveries } from '#domain/outbox.ts'
import type { Tx } from '#store/database.ts'
import { type ClaimedDelivery, claimDelivery } from '#store/deliveries.ts'
import { endLeases, insertInterruptedAttempt } from '#store/leases.ts'
import { countUnderWay, isAnythingDue, listDueOfChannel, listHeldWith, listQueues } from '#store/outbox.ts'
import type { LimitedQueue, SendLimits } from './send-limits.ts'

/** How many messages are sent at once. The limits per channel and kind keep a slow receiver from using all slots. */
const SLOTS = 32
const PER_CHANNEL_MAX = 4
const PER_KIND_MAX = 24
/** How many notifications leave as one message at most. */
const COMBINED_MAX = 50

/** How many channels are looked at together, and how often if none of them may send. Others take their turn later. */
const WINDOW_MAX = 100
const LOOKS_MAX = 5

const INTERRUPTED = 'Interrupted while sending: it may have arrived'

/** A delivery, with others that leave in the same message. */
export interface ClaimedMessage extends ClaimedDelivery {
  others: readonly ClaimedDelivery[]
}

export interface Claiming {
  /** What this process is sending. */
  sending: ReadonlySet<ClaimedMessage>
  limits: SendLimits
  /** Where the next look begins, so that all channels get their turn. */
  position: { from: string }
}

/** As `claimDue`, in a transaction of its own, if anything is due. */
export function claimDeliveries(deps: Deps, claiming: Claiming): ClaimedMessage[] {
  if (!isAnythingDue(deps.db, deps.clock.now())) return []
  return deps.db.write((tx) => claimDue(tx, claiming), 'unsynced')
}

/**
 * Claims as many due deliveries as there are free slots. Where the destination accepts fewer messages than are due, the
 * rest is combined into the last one. When the power fails, a claim may be lost. Then the delivery is still pending.
 */
export function claimDue(tx: Tx, { sending, limits, position }: Claiming): ClaimedMessage[] {
  const free = SLOTS - sending.size
  if (free <= 0) return []
  const sequences = [...sending].flatMap((message) => [message, ...message.others]).map(({ sequence }) => sequence)
  const look = { now: tx.now, sending: sequences, perChannel: PER_CHANNEL_MAX }
  const slots = { free, perChannel: PER_CHANNEL_MAX, perKind: PER_KIND_MAX }
  const underWay = countUnderWay(tx, look)
  const queues = lookAround(position, (from) => {
    const found = listQueues(tx, { ...look, window: { from, max: WINDOW_MAX } })
    const digests = found.queues.map((queue) => (canCombine(queue.kind) ? asDigest(queue) : queue))
    return { ...found, queues: limits.apply(digests) }
  })
  const chosen = chooseDeliveries(queues, underWay, slots)
  const except = [...sequences, ...chosen]
  return chosen
    .map((sequence) => claimMessage(tx, { sequence, others: othersOf(tx, { queues, sequence, except }) }))
    .filter((message) => message !== null)
}

/** Looks at further channels while none of those before may send. */
function lookAround(
  position: Claiming['position'],
  look: (from: string) => { queues: LimitedQueue[]; next: string },
): LimitedQueue[] {
  for (let looks = 0; looks < LOOKS_MAX; looks += 1) {
    const { from } = position
    const { queues, next } = look(from)
    position.from = next
    const isAll = from === '' && next === ''
    if (isAll || queues.some(({ due }) => due.length > 0)) return queues
  }
  return []
}

/** The deliveries of the channel that are combined with this one. */
function othersOf(
  tx: Tx,
  { queues, sequence, except }: { queues: readonly LimitedQueue[]; sequence: number; except: readonly number[] },
): number[] {
  const queue = queues.find(({ due }) => due.includes(sequence))
  if (!queue || queue.channelId === null) return []
  const look = { channelId: queue.channelId, now: tx.now, except, limit: COMBINED_MAX - 1 }
  if (queue.isShort && queue.due.at(-1) === sequence) return listDueOfChannel(tx, look)
  return canCombine(queue.kind) && queue.held.includes(sequence) ? listHeldWith(tx, { ...look, first: sequence }) : []
}

function claimMessage(
  tx: Tx,
  { sequence, others }: { sequence: number; others: readonly number[] },
): ClaimedMessage | null {
  const first = claim(tx, sequence)
  if (first === null) return null
  return { ...first, others: others.map((other) => claim(tx, other)).filter((other) => other !== null) }
}

function claim(tx: Tx, sequence: number): ClaimedDelivery | null {
  insertInterruptedAttempt(tx, { sequence, leaseMs: LEASE_MS, detail: INTERRUPTED })
  return claimDelivery(tx, { sequence, leasedUntil: tx.now + LEASE_MS })
}

/**
 * Releases deliveries that a killed process had claimed, without waiting for their leases. Call it only with the lock
 * on the data folder and before sending anything, because then no process can be sending them.
 */
export function reclaimDeliveries(deps: Deps): void {
  const count = deps.db.write((tx) => endLeases(tx, { leaseMs: LEASE_MS, detail: INTERRUPTED }))
  if (count > 0) deps.log.info('Sending was interrupted; sending these notifications again', { count })
}
