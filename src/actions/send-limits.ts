// Keeps to the limits of destinations. What must wait stays in the outbox, so this memory may be lost: after a start,
// the buckets are filled from what was sent before.
import { destinationOf, findKind } from '#channels/index.ts'
import type { Deps } from '#deps.ts'
import type { Channel } from '#domain/channel.ts'
import { RETRY_AFTER_MAX_MS } from '#domain/delivery.ts'
import type { Queue } from '#domain/outbox.ts'
import { allowanceOf, type Buckets, type RateLimit, takeOne } from '#domain/rate-limit.ts'
import { SECOND } from '#lib/duration.ts'
import { sha256Hex } from '#lib/tokens.ts'
import { findChannel } from '#store/channels.ts'
import { countDueOfChannels } from '#store/outbox.ts'
import { hasMailServer } from './mail-server.ts'
import { createRecall } from './sent-before.ts'

/** Only what would take longer one by one is combined, because a combined message lacks output, links and a thread. */
const COMBINE_AFTER_MS = 10 * SECOND

export interface SendLimits {
  /** What may leave of these queues now, with the messages that each may have for itself. */
  apply(queues: readonly Queue[]): LimitedQueue[]
  /** Call it for each message that is sent. */
  take(channelId: string | null): void
  /** The receiver asked to wait. That holds everything that goes there. */
  hold(channel: Channel, ms: number): void
}

export interface LimitedQueue extends Queue {
  /** Whether the last of `due` carries the other deliveries of the channel, because no more messages may leave. */
  isShort: boolean
}

interface QueueWithLimits {
  queue: Queue
  limits: readonly RateLimit[] | null
}

/** A bucket in one look at the queues. */
interface Shared {
  fullAt: number
  /** How many messages of all its channels leave now. */
  leaving: number
  channelIds: string[]
}

type SharedBuckets = ReadonlyMap<string, Shared>

export function createSendLimits({ db, clock, config }: Pick<Deps, 'db' | 'clock' | 'config'>): SendLimits {
  const buckets: Buckets = new Map()
  const heldUntil = new Map<string, number>()

  const limitsOf = (channel: Channel): readonly RateLimit[] => {
    const kind = findKind(channel.kind)
    // Without a mail server, emails are only written to the log.
    if (kind?.needsMailServer && !hasMailServer({ db, config })) return []
    const settings = kind?.limits && kind.settings.safeParse(channel.settings)
    return settings?.success ? (kind?.limits?.(settings.data) ?? []) : []
  }

  const recall = createRecall({ db, clock }, limitsOf)

  const isHeld = (channel: Channel): boolean => {
    const until = heldUntil.get(holdKey(channel))
    return until !== undefined && until > clock.elapsed()
  }

  /** Null if the queue waits, because its receiver asked for that. */
  const limitsOfQueue = ({ channelId, kind }: Queue): readonly RateLimit[] | null => {
    const isLimited = findKind(kind)?.limits !== undefined || heldUntil.size > 0
    const channel = isLimited && channelId !== null ? findChannel(db, channelId) : null
    if (channel === null) return []
    return isHeld(channel) ? null : limitsOf(channel)
  }

  const share = (served: readonly QueueWithLimits[]): Map<string, Shared> => {
    const shared = new Map<string, Shared>()
    for (const { queue, limits } of served) {
      for (const limit of limits ?? []) {
        if (!buckets.has(limit.key)) buckets.set(limit.key, recall(queue.kind, limit))
        const bucket = shared.get(limit.key) ?? { fullAt: buckets.get(limit.key) ?? 0, leaving: 0, channelIds: [] }
        bucket.channelIds.push(queue.channelId ?? '')
        shared.set(limit.key, bucket)
      }
    }
    return shared
  }

  return {
    apply: (queues) => {
      // The channel that waits longest comes first, so that a busy one can't use up a bucket that others share.
      const waiting = queues.toSorted(byAge).map((queue) => ({ queue, limits: limitsOfQueue(queue) }))
      const shared = share(waiting)
      const served = new Map(waiting.map((one) => [one.queue, limited({ db, clock }, { ...one, shared })]))
      return queues.flatMap((queue) => served.get(queue) ?? [])
    },
    take: (channelId) => {
      const channel = channelId === null ? null : findChannel(db, channelId)
      if (channel) takeOne(buckets, limitsOf(channel), clock.elapsed())
    },
    hold: (channel, ms) => {
      const now = clock.elapsed()
      for (const [key, until] of heldUntil) if (until <= now) heldUntil.delete(key)
      heldUntil.set(holdKey(channel), now + Math.min(ms, RETRY_AFTER_MAX_MS))
    },
  }
}

type Place = Pick<Deps, 'db' | 'clock'>

// Queues with a common bucket share what is left in it, so `shared` holds what earlier queues may take.
function limited(place: Place, { queue, limits, shared }: QueueWithLimits & { shared: SharedBuckets }): LimitedQueue {
  const now = place.clock.elapsed()
  if (limits === null) return { ...queue, due: [], isShort: false }
  if (limits.length === 0) return { ...queue, isShort: false }
  const left: Buckets = new Map(limits.map(({ key }) => [key, shared.get(key)?.fullAt ?? 0]))
  const allowed = queue.due.slice(0, allowanceOf(left, limits, now))
  for (const _ of allowed) takeOne(left, limits, now)
  for (const { key } of limits) {
    const bucket = shared.get(key)
    if (bucket) Object.assign(bucket, { fullAt: left.get(key), leaving: bucket.leaving + allowed.length })
  }
  const isShort = allowed.length < queue.due.length && findKind(queue.kind)?.isPerIncident !== true
  return { ...queue, due: allowed, isShort: isShort && limits.some((limit) => takesLong(place, { limit, shared })) }
}

function takesLong({ db, clock }: Place, { limit, shared }: { limit: RateLimit; shared: SharedBuckets }): boolean {
  const { channelIds, leaving } = shared.get(limit.key) ?? { channelIds: [], leaving: 0 }
  const max = leaving + Math.floor(COMBINE_AFTER_MS / limit.perMs) + 1
  return countDueOfChannels(db, { channelIds, now: clock.now(), limit: max }) === max
}

// A destination may contain a secret.
function holdKey(channel: Channel): string {
  return sha256Hex(destinationOf(channel))
}

/** By the oldest delivery that is due. */
function byAge(a: Queue, b: Queue): number {
  return Math.min(...a.due) - Math.min(...b.due)
}
