// Deliveries that are held, and why.
import { GIVE_UP_AFTER_MS } from '#domain/delivery.ts'
import type { Hold, HoldReason, MessageWindow } from '#domain/hold.ts'
import type { MonitorNotification } from '#domain/notification.ts'
import type { Reader, Tx } from './database.ts'

export interface HeldDelivery {
  sequence: number
  until: number
  reason: HoldReason
  isUrgent: boolean
  /** Its channel, and the groups that it was sent to. */
  channelIds: string[]
}

/** Those of a project, or of all projects. A failed attempt ends the hold. */
export function listHeld(reader: Reader, projectId: string | null): HeldDelivery[] {
  return reader
    .all<{ sequence: number; until: number; reason: HoldReason; isUrgent: number; channelIds: string }>(
      `SELECT sequence, next_attempt_at AS until, held_for AS reason, coalesce(urgent, 0) AS isUrgent,
              (SELECT json_group_array(id)
                 FROM (SELECT deliveries.channel_id AS id
                        UNION
                       SELECT group_id FROM channel_group_deliveries WHERE delivery_id = deliveries.id)) AS channelIds
         FROM deliveries
         JOIN channels ON channels.id = channel_id
         LEFT JOIN monitors ON monitors.id = monitor_id
        WHERE held_for IS NOT NULL AND settled_at IS NULL AND state = 'pending' AND attempts = 0
          AND ($projectId IS NULL OR channels.project_id = $projectId)
        ORDER BY sequence`,
      { projectId },
    )
    .map((row) => ({ ...row, isUrgent: row.isUrgent === 1, channelIds: JSON.parse(row.channelIds) }))
}

export function saveHeldUntil(tx: Tx, held: { sequence: number; until: number }): void {
  tx.run(
    'UPDATE deliveries SET next_attempt_at = $until, give_up_at = $until + $giveUpAfterMs WHERE sequence = $sequence',
    { ...held, giveUpAfterMs: GIVE_UP_AFTER_MS },
  )
}

/** Sends what is held for a channel about a monitor at once. */
export function releaseHeld(tx: Tx, about: { channelId: string; monitorId: number | null }): void {
  tx.run(
    `UPDATE deliveries SET next_attempt_at = $now
      WHERE channel_id = $channelId AND monitor_id IS $monitorId AND held_for IS NOT NULL AND settled_at IS NULL
        AND state = 'pending' AND next_attempt_at > $now`,
    { ...about, now: tx.now },
  )
}

/** The hold of the last delivery about a monitor through a channel, which must not be overtaken; null if none is. */
export function findHold(reader: Reader, about: { channelId: string; monitorId: number; now: number }): Hold | null {
  return reader.get<Hold>(
    `SELECT next_attempt_at AS until, held_for AS reason
       FROM deliveries
      WHERE channel_id = $channelId AND monitor_id = $monitorId AND settled_at IS NULL
        AND held_for IS NOT NULL AND next_attempt_at > $now
      ORDER BY sequence DESC
      LIMIT 1`,
    about,
  )
}

/** Changes when what is held about a monitor for a reason is sent. */
export function endHold(
  tx: Tx,
  { monitorId, reason, until }: { monitorId: number; reason: HoldReason; until: number },
): void {
  tx.run(
    `UPDATE deliveries SET next_attempt_at = $until, give_up_at = $until + $giveUpAfterMs
      WHERE monitor_id = $monitorId AND held_for = $reason AND settled_at IS NULL AND state = 'pending'
        AND attempts = 0`,
    { monitorId, reason, until, giveUpAfterMs: GIVE_UP_AFTER_MS },
  )
}

/** The monitors whose notifications are held for a reason until then. */
export function listHeldMonitors(reader: Reader, held: { reason: HoldReason; until: number }): number[] {
  return reader
    .all<{ id: number }>(
      `SELECT DISTINCT monitor_id AS id FROM deliveries
        WHERE held_for = $reason AND settled_at IS NULL AND next_attempt_at = $until AND monitor_id IS NOT NULL`,
      held,
    )
    .map(({ id }) => id)
}

/**
 * The last notification before a delivery through its channel, since then, that was not held. Null if its monitor has
 * changed since, or if there is none.
 */
export function findFirstOfWindow(
  reader: Reader,
  before: { channelId: string | null; sequence: number; since: number },
): MonitorNotification | null {
  const { channelId, sequence, since } = before
  const row = reader.get<{ content: string; status: string | null }>(
    `SELECT content, monitors.status
       FROM deliveries
       JOIN notifications ON notifications.id = notification_id
       JOIN monitors ON monitors.id = deliveries.monitor_id
      WHERE channel_id = $channelId AND sequence < $sequence AND deliveries.created_at >= $since AND held_for IS NULL
      ORDER BY sequence DESC
      LIMIT 1`,
    { channelId, sequence, since },
  )
  if (row === null) return null
  const notification: MonitorNotification = JSON.parse(row.content)
  return notification.status === row.status ? notification : null
}

interface WindowKey {
  channelId: string
  status: 'down' | 'up'
}

export function findMessageWindow(reader: Reader, key: WindowKey): MessageWindow | null {
  return reader.get<MessageWindow>(
    `SELECT first_at AS firstAt, ends_at AS endsAt FROM message_windows
      WHERE channel_id = $channelId AND status = $status`,
    { ...key },
  )
}

export function saveMessageWindow(tx: Tx, window: WindowKey & MessageWindow): void {
  tx.run(
    `INSERT INTO message_windows (channel_id, status, first_at, ends_at)
     VALUES ($channelId, $status, $firstAt, $endsAt)
     ON CONFLICT DO UPDATE SET first_at = $firstAt, ends_at = $endsAt`,
    { ...window },
  )
}
