// Finds what can be sent. The cost depends on the number of channels that are looked at, not on how much they have.
import type { Queue, UnderWay } from '#domain/outbox.ts'
import type { Reader } from './database.ts'

interface QueueRow {
  sequence: number
  channel_id: string | null
  channel_kind: string
  is_failing: number
  is_held: number
}

/** Some of the channels with something to send, in the order of their IDs. */
export interface Window {
  /** The lowest ID. Empty: from the beginning. */
  from: string
  /** The most channels that are looked at. */
  max: number
}

/**
 * Of each channel in the window, the first `perChannel` deliveries that are due and not in `sending`. `next` is where
 * the next window begins; empty after the last channel.
 */
export function listQueues(
  reader: Reader,
  look: { now: number; sending: readonly number[]; perChannel: number; window: Window },
): { queues: Queue[]; next: string } {
  const { now, sending, perChannel, window } = look
  const channels = listChannelsWithDeliveries(reader, window)
  const rows = reader.all<QueueRow>(
    `SELECT deliveries.sequence, deliveries.channel_id, channel_kind, failing_since IS NOT NULL AS is_failing,
            held_for IS NOT NULL AS is_held
       FROM json_each($channels) AS queues
            JOIN deliveries ON deliveries.sequence IN (
              SELECT sequence FROM deliveries
               WHERE is_next = 1 AND coalesce(channel_id, '') = queues.value
                 AND coalesce(next_attempt_at, leased_until) <= $now
                 AND sequence NOT IN (SELECT value FROM json_each($sending))
               ORDER BY coalesce(next_attempt_at, leased_until), sequence
               LIMIT $perChannel
            )
            LEFT JOIN channels ON channels.id = queues.value`,
    { now, perChannel, channels: JSON.stringify(channels), sending: JSON.stringify(sending) },
  )
  const queues = Map.groupBy(rows, ({ channel_id }) => channel_id)
    .values()
    .map(toQueue)
    .toArray()
  return { queues, next: channels.length < window.max ? '' : `${channels.at(-1)} ` }
}

function listChannelsWithDeliveries(reader: Reader, { from, max }: Window): string[] {
  return reader
    .all<{ channel: string }>(
      `WITH RECURSIVE queues (channel) AS (
         SELECT min(coalesce(channel_id, '')) FROM deliveries WHERE is_next = 1 AND coalesce(channel_id, '') >= $from
         UNION ALL
         SELECT (SELECT min(coalesce(channel_id, '')) FROM deliveries
                  WHERE is_next = 1 AND coalesce(channel_id, '') > channel)
           FROM queues WHERE channel IS NOT NULL
          LIMIT $max
       )
       SELECT channel FROM queues WHERE channel IS NOT NULL`,
      { from, max },
    )
    .map(({ channel }) => channel)
}

/** Whether a delivery is due, including one whose lease has expired. */
// The expressions must match those of the indexes.
export function isAnythingDue(reader: Reader, now: number): boolean {
  const due = reader.get(
    'SELECT 1 FROM deliveries WHERE is_next = 1 AND coalesce(next_attempt_at, leased_until) <= $now LIMIT 1',
    { now },
  )
  return due !== null
}

function toQueue(rows: QueueRow[]): Queue {
  const [first] = rows
  if (!first) throw new Error('A queue has at least one delivery.')
  return {
    channelId: first.channel_id,
    kind: first.channel_kind,
    isFailing: first.is_failing === 1,
    due: rows.map(({ sequence }) => sequence),
    held: rows.filter(({ is_held }) => is_held === 1).map(({ sequence }) => sequence),
  }
}

/** What is being sent: deliveries with a lease, and those in `sending`, even if their leases have expired. */
export function countUnderWay(
  reader: Reader,
  { now, sending }: { now: number; sending: readonly number[] },
): UnderWay[] {
  return reader.all(
    `SELECT channel_id AS channelId, channel_kind AS kind, count(*) AS count
       FROM deliveries
      WHERE leased_until IS NOT NULL
        AND (leased_until > $now OR sequence IN (SELECT value FROM json_each($sending)))
      GROUP BY channel_id, channel_kind`,
    { now, sending: JSON.stringify(sending) },
  )
}

/** The deliveries of a channel that are due, except these. */
export function listDueOfChannel(
  reader: Reader,
  { channelId, now, except, limit }: { channelId: string; now: number; except: readonly number[]; limit: number },
): number[] {
  return reader
    .all<{ sequence: number }>(
      `SELECT sequence FROM deliveries
        WHERE is_next = 1 AND coalesce(channel_id, '') = $channelId
          AND coalesce(next_attempt_at, leased_until) <= $now
          AND sequence NOT IN (SELECT value FROM json_each($except))
        ORDER BY coalesce(next_attempt_at, leased_until), sequence
        LIMIT $limit`,
      { channelId, now, limit, except: JSON.stringify(except) },
    )
    .map(({ sequence }) => sequence)
}

/** More need not be looked at: what was held earlier about the same monitor comes first. */
const READY_MAX = 200

/**
 * What was held for the quiet hours of a channel and leaves in one message with `first`, oldest first. Notifications
 * about the same monitor stay in order: none leaves before an earlier one that stays.
 */
export function listHeldWith(
  reader: Reader,
  held: { channelId: string; first: number; now: number; except: readonly number[]; limit: number },
): number[] {
  return reader
    .all<{ sequence: number }>(
      `WITH ready AS (
         SELECT sequence, monitor_id FROM deliveries
          WHERE channel_id = $channelId AND held_for IS NOT NULL AND settled_at IS NULL
            AND next_attempt_at <= $now
            AND (sequence = $first OR sequence NOT IN (SELECT value FROM json_each($except)))
          ORDER BY sequence LIMIT ${READY_MAX}
       )
       SELECT sequence FROM ready
        WHERE sequence <> $first
          AND NOT EXISTS (
                SELECT 1 FROM deliveries AS earlier
                 WHERE earlier.settled_at IS NULL AND earlier.channel_id = $channelId
                   AND earlier.monitor_id IS ready.monitor_id AND earlier.sequence < ready.sequence
                   AND earlier.sequence NOT IN (SELECT sequence FROM ready)
              )
        ORDER BY sequence
        LIMIT $limit`,
      { ...held, except: JSON.stringify(held.except) },
    )
    .map(({ sequence }) => sequence)
}

/** How many deliveries of these channels are due, at most `limit`. */
export function countDueOfChannels(
  reader: Reader,
  { channelIds, now, limit }: { channelIds: readonly string[]; now: number; limit: number },
): number {
  const row = reader.get<{ count: number }>(
    `SELECT count(*) AS count
       FROM (SELECT 1
               FROM json_each($channelIds) AS sharing
                    JOIN deliveries ON is_next = 1 AND coalesce(channel_id, '') = sharing.value
                     AND coalesce(next_attempt_at, leased_until) <= $now
              LIMIT $limit)`,
    { channelIds: JSON.stringify(channelIds), now, limit },
  )
  return row?.count ?? 0
}

/** The channels of a kind whose newest delivery was queued or settled at `since` or later. */
export function listSentSince(reader: Reader, { kind, since }: { kind: string; since: number }): string[] {
  return reader
    .all<{ id: string }>(
      `SELECT channels.id
         FROM channels JOIN deliveries ON deliveries.sequence = (
                SELECT max(sequence) FROM deliveries WHERE channel_id = channels.id
              )
        WHERE kind = $kind AND coalesce(settled_at, deliveries.created_at) >= $since`,
      { kind, since },
    )
    .map(({ id }) => id)
}

/** The most messages of the past that count against a limit. */
const SENT_MAX = 10_000

/**
 * When a channel sent messages in that time, oldest first. Notifications that left as one message have the same time.
 * Moments in the future were written with a wrong clock.
 */
export function listSentMoments(reader: Reader, span: { channelId: string; since: number; until: number }): number[] {
  return reader
    .all<{ at: number }>(
      `SELECT DISTINCT settled_at AS at
         FROM (SELECT settled_at, state FROM deliveries
                WHERE channel_id = $channelId ORDER BY sequence DESC LIMIT ${SENT_MAX})
        WHERE state = 'sent' AND settled_at BETWEEN $since AND $until
        ORDER BY settled_at`,
      span,
    )
    .map(({ at }) => at)
}
