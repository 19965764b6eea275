// Deliveries that wait for the end of quiet hours.
import type { Reader, Tx } from './database.ts'

export interface HeldDelivery {
  sequence: number
  until: number
  isUrgent: boolean
  /** Its channel, and the groups that it was sent to. */
  channelIds: string[]
}

/** Those of a project, or of all projects. A failed attempt ends the hold. */
export function listHeld(reader: Reader, projectId: string | null): HeldDelivery[] {
  return reader
    .all<{ sequence: number; until: number; isUrgent: number; channelIds: string }>(
      `SELECT sequence, next_attempt_at AS until, coalesce(urgent, 0) AS isUrgent,
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
  tx.run('UPDATE deliveries SET next_attempt_at = $until WHERE sequence = $sequence', held)
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
