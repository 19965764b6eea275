// Chooses which deliveries are sent next.

/** What a channel has to send. */
export interface Queue {
  channelId: string | null
  kind: string
  /** Whether its last attempt failed. */
  isFailing: boolean
  /** The deliveries that are due, the longest due first. Each is of another monitor. */
  due: readonly number[]
  /** Those of them that were held for quiet hours. */
  held: readonly number[]
}

/** What was held leaves as one message, so only the first of it is chosen. */
export function asDigest(queue: Queue): Queue {
  const [, ...others] = queue.held
  return { ...queue, due: queue.due.filter((sequence) => !others.includes(sequence)) }
}

export interface UnderWay {
  channelId: string | null
  kind: string
  count: number
}

export interface Slots {
  /** How many deliveries may start now. */
  free: number
  /** How many deliveries of one channel, and of one channel kind, may run at a time. */
  perChannel: number
  perKind: number
}

/**
 * Shares the free slots fairly: channels with fewer running deliveries come first, then those that do not fail, then
 * what has waited longest. A failing channel gets one slot until it works again.
 */
export function chooseDeliveries(queues: readonly Queue[], underWay: readonly UnderWay[], slots: Slots): number[] {
  const ofChannel = countsBy(underWay, ({ channelId }) => channelId)
  // A message may carry many deliveries, but a channel never sends more than `perChannel` messages.
  const messages = underWay.map((of) => ({ ...of, count: Math.min(of.count, slots.perChannel) }))
  const ofKind = countsBy(messages, ({ kind }) => kind)
  const candidates = queues.flatMap(({ channelId, kind, isFailing, due }) => {
    const running = ofChannel.get(channelId) ?? 0
    const room = Math.max(0, (isFailing ? 1 : slots.perChannel) - running)
    return due.slice(0, room).map((sequence, index) => ({ sequence, kind, isFailing, place: running + index }))
  })
  candidates.sort((a, b) => a.place - b.place || Number(a.isFailing) - Number(b.isFailing) || a.sequence - b.sequence)
  const chosen: number[] = []
  for (const { sequence, kind } of candidates) {
    if (chosen.length >= slots.free) break
    const running = ofKind.get(kind) ?? 0
    if (running >= slots.perKind) continue
    ofKind.set(kind, running + 1)
    chosen.push(sequence)
  }
  return chosen
}

function countsBy<Key>(underWay: readonly UnderWay[], keyOf: (of: UnderWay) => Key): Map<Key, number> {
  const counts = new Map<Key, number>()
  for (const of of underWay) counts.set(keyOf(of), (counts.get(keyOf(of)) ?? 0) + of.count)
  return counts
}
