import type { Reader, Tx } from './database.ts'

/** The incident that a delivery is about, with what the channel's service returned for its first message. */
export interface Thread {
  incidentId: string
  receipt: string | null
}

/** Null if the delivery is not about an incident. */
export function findThread(reader: Reader, delivery: { channelId: string; deliveryId: string }): Thread | null {
  return reader.get<Thread>(
    `SELECT incidents.id AS incidentId, receipt
       FROM deliveries
       JOIN notifications ON notifications.id = notification_id
       JOIN incidents ON transition_id IN (opened_by, closed_by)
       LEFT JOIN channel_threads ON incident_id = incidents.id AND channel_threads.channel_id = $channelId
      WHERE deliveries.id = $deliveryId AND incidents.monitor_id = deliveries.monitor_id`,
    delivery,
  )
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
