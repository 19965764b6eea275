// What was sent before the start, for the limits of destinations.
import type { Deps } from '#deps.ts'
import type { Channel } from '#domain/channel.ts'
import { type Buckets, type RateLimit, takeOne } from '#domain/rate-limit.ts'
import { findChannel } from '#store/channels.ts'
import { listSentMoments, listSentSince } from '#store/outbox.ts'

/** When the bucket of a limit is full again, as `Buckets` holds it. */
export type Recall = (kind: string, limit: RateLimit) => number

export function createRecall(
  { db, clock }: Pick<Deps, 'db' | 'clock'>,
  limitsOf: (channel: Channel) => readonly RateLimit[],
): Recall {
  /** By kind and window, and by key: the channels that sent something in the window before the start. */
  const sharing = new Map<string, Map<string, string[]>>()

  const channelsByKey = (channelIds: readonly string[]): Map<string, string[]> => {
    const byKey = new Map<string, string[]>()
    for (const id of channelIds) {
      const channel = findChannel(db, id)
      for (const { key } of channel ? limitsOf(channel) : []) byKey.set(key, (byKey.get(key) ?? []).concat(id))
    }
    return byKey
  }

  // A sent message of the past takes what it would have taken then, in the order of all that share the bucket.
  return (kind, limit) => {
    const now = clock.now()
    const windowMs = limit.burst * limit.perMs
    const span = { since: now - windowMs, until: now }
    const group = `${kind} ${windowMs}`
    if (!sharing.has(group)) sharing.set(group, channelsByKey(listSentSince(db, { kind, since: span.since })))
    const channelIds = sharing.get(group)?.get(limit.key) ?? []
    const bucket: Buckets = new Map([[limit.key, Number.NEGATIVE_INFINITY]])
    const moments = channelIds.flatMap((channelId) => listSentMoments(db, { channelId, ...span }))
    for (const at of moments.sort((a, b) => a - b)) takeOne(bucket, [limit], clock.elapsed() - (now - at))
    return bucket.get(limit.key) ?? 0
  }
}
