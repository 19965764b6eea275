import type { GroupDelivery } from '#domain/channel.ts'
import type { Reader, Tx } from './database.ts'

export function insertGroupDelivery(tx: Tx, delivery: { groupId: string; deliveryId: string }): void {
  tx.run('INSERT INTO channel_group_deliveries (group_id, delivery_id) VALUES ($groupId, $deliveryId)', delivery)
}

interface Row {
  at: number
  status: GroupDelivery['status']
  sent: number
  unsettled: number
  total: number
  name: string | null
  slug: string
  uniqueKey: string
}

/** How the newest notification to a group went; null if there is none. */
export function findLastGroupDelivery(reader: Reader, groupId: string): GroupDelivery | null {
  const row = reader.get<Row>(
    `WITH newest AS (
       SELECT notification_id
         FROM channel_group_deliveries JOIN deliveries ON deliveries.id = delivery_id
        WHERE group_id = $groupId
        ORDER BY sequence DESC LIMIT 1
     )
     SELECT max(deliveries.created_at) AS at, content ->> 'status' AS status, count(*) AS total,
            count(*) FILTER (WHERE state = 'sent') AS sent,
            count(*) FILTER (WHERE settled_at IS NULL) AS unsettled,
            monitors.name AS name, slug, unique_key AS uniqueKey
       FROM newest
       JOIN deliveries ON deliveries.notification_id = newest.notification_id
       JOIN channel_group_deliveries ON delivery_id = deliveries.id AND group_id = $groupId
       JOIN notifications ON notifications.id = newest.notification_id
       LEFT JOIN monitors ON monitors.id = deliveries.monitor_id
      GROUP BY newest.notification_id`,
    { groupId },
  )
  if (row === null) return null
  const { name, slug, uniqueKey, ...counts } = row
  return { ...counts, monitor: name === null ? null : { name, slug, uniqueKey } }
}
