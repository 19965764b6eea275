import type { Reader, Tx } from './database.ts'

/** The incident that a delivery is about, with what the channel's service returned for its first message. */
export interface Thread {
  incidentId: string
  /** Whether it is open, and no one has acknowledged it. */
  isUnacknowledged: boolean
  receipt: string | null
}

interface ThreadRow {
  incidentId: string
  isUnacknowledged: number
  receipt: string | null
}

/** Null if the delivery is not about an incident. */
export function findThread(reader: Reader, { sequence }: { sequence: number }): Thread | null {
  const row = reader.get<ThreadRow>(
    `SELECT incidents.id AS incidentId, closed_at IS NULL AND acknowledged_at IS NULL AS isUnacknowledged, receipt
       FROM deliveries
       JOIN notifications ON notifications.id = notification_id
       JOIN incidents ON incidents.id = coalesce(
         notifications.incident_id,
         (SELECT id FROM incidents WHERE opened_by = transition_id),
         (SELECT id FROM incidents WHERE closed_by = transition_id)
       )
       LEFT JOIN channel_threads ON channel_threads.incident_id = incidents.id
             AND channel_threads.channel_id = deliveries.channel_id
      WHERE sequence = $sequence`,
    { sequence },
  )
  return row && { ...row, isUnacknowledged: row.isUnacknowledged === 1 }
}

/** Keeps the first receipt of an incident. */
export function insertReceipt(tx: Tx, thread: { channelId: string; incidentId: string; receipt: string }): void {
  tx.run(
    `INSERT INTO channel_threads (channel_id, incident_id, receipt)
     SELECT $channelId, $incidentId, $receipt
      WHERE EXISTS (SELECT 1 FROM channels WHERE id = $channelId)
        AND EXISTS (SELECT 1 FROM incidents WHERE id = $incidentId)
     ON CONFLICT DO NOTHING`,
    thread,
  )
}
