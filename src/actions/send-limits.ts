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
import { countDueOfChannel, listSentMoments } from '#store/outbox.ts'
import { hasMailServer } from './mail-server.ts'

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

export function createSendLimits({ db, clock, config }: Pick<Deps, 'db' | 'clock' | 'config'>): SendLimits {
  const buckets: Buckets = new Map()
  const heldUntil = new Map<string, number>()
  const known = new Set<string>()

  const limitsOf = (channel: Channel): readonly RateLimit[] => {
    const kind = findKind(channel.kind)
    // Without a mail server, emails are only written to the log.
    if (kind?.needsMailServer && !hasMailServer({ db, config })) return []
    const settings = kind?.limits && kind.settings.safeParse(channel.settings)
    return settings?.success ? (kind?.limits?.(settings.data) ?? []) : []
  }

  // A sent message of the past takes what it would have taken then.
  const recall = (channelId: string, limits: readonly RateLimit[]): void => {
    if (known.has(channelId)) return
    known.add(channelId)
    const now = clock.now()
    const windowMs = Math.max(...limits.map(({ burst, perMs }) => burst * perMs))
    for (const at of listSentMoments(db, { channelId, since: now - windowMs, until: now }))
      takeOne(buckets, limits, clock.elapsed() - (now - at))
  }

  const isHeld = (channel: Channel): boolean => {
    const until = heldUntil.get(holdKey(channel))
    return until !== undefined && until > clock.elapsed()
  }

  // Queues with a common bucket share what is left in it, so `reserved` holds what earlier queues may take.
  const limited = (queue: Queue, reserved: Buckets): LimitedQueue => {
    const { channelId, due } = queue
    const kind = findKind(queue.kind)
    const isLimited = kind?.limits !== undefined || heldUntil.size > 0
    const channel = isLimited && channelId !== null ? findChannel(db, channelId) : null
    if (channel === null) return { ...queue, isShort: false }
    if (isHeld(channel)) return { ...queue, due: [], isShort: false }
    const limits = limitsOf(channel)
    if (limits.length === 0) return { ...queue, isShort: false }
    recall(channel.id, limits)
    for (const { key } of limits) if (!reserved.has(key)) reserved.set(key, buckets.get(key) ?? 0)
    const allowed = due.slice(0, allowanceOf(reserved, limits, clock.elapsed()))
    for (const _ of allowed) takeOne(reserved, limits, clock.elapsed())
    const isShort = allowed.length < due.length && kind?.isPerIncident !== true
    return { ...queue, due: allowed, isShort: isShort && takesLong(channel.id, { limits, leaving: allowed.length }) }
  }

  const takesLong = (channelId: string, { limits, leaving }: { limits: readonly RateLimit[]; leaving: number }) => {
    const patience = Math.floor(COMBINE_AFTER_MS / Math.max(...limits.map(({ perMs }) => perMs)))
    const limit = leaving + patience + 1
    return countDueOfChannel(db, { channelId, now: clock.now(), limit }) === limit
  }

  return {
    apply: (queues) => {
      const reserved: Buckets = new Map()
      // The channel that waits longest comes first, so that a busy one can't use up a bucket that others share.
      const served = new Map(queues.toSorted(byAge).map((queue) => [queue, limited(queue, reserved)]))
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

// A destination may contain a secret.
function holdKey(channel: Channel): string {
  return sha256Hex(destinationOf(channel))
}

/** By the oldest delivery that is due. */
function byAge(a: Queue, b: Queue): number {
  return Math.min(...a.due) - Math.min(...b.due)
}
