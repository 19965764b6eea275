// Deletes what is too old, in chunks so small that no one has to wait.
import type { Reader, Tx } from './database.ts'

/** Deletes a monitor's oldest ping when a new one pushes it out of the window. */
export function deletePing(tx: Tx, ping: { monitorId: number; number: number }): void {
  tx.run('DELETE FROM pings WHERE monitor_id = $monitorId AND number = $number', ping)
}

export interface KeptPings {
  /** How many of the newest pings of each monitor to keep. */
  perMonitor: number
  /** Older pings are deleted. */
  since: number
}

/** The next `limit` monitors after `afterId`, and whether each has pings to delete. */
export function findPrunableMonitors(
  reader: Reader,
  { perMonitor, since, afterId, limit }: KeptPings & { afterId: number; limit: number },
): { monitorId: number; isPrunable: boolean }[] {
  const rows = reader.all<{ monitorId: number; isPrunable: number | null }>(
    `SELECT id AS monitorId,
            (SELECT number <= ping_count - $perMonitor OR at < $since
               FROM pings WHERE monitor_id = monitors.id ORDER BY number LIMIT 1) AS isPrunable
       FROM monitors
      WHERE id > $afterId
      ORDER BY id
      LIMIT $limit`,
    { perMonitor, since, afterId, limit },
  )
  return rows.map(({ monitorId, isPrunable }) => ({ monitorId, isPrunable: isPrunable === 1 }))
}

/** The maximum deleted at once, in bytes too, because a body may have one byte or millions. */
export interface PingChunk {
  pings: number
  bytes: number
}

/** Deletes some of a monitor's expired pings, at least one if there are any. Returns how many. */
export function deleteOldPings(
  tx: Tx,
  { monitorId, perMonitor, since, chunk }: KeptPings & { monitorId: number; chunk: PingChunk },
): number {
  return tx.run(
    `DELETE FROM pings
      WHERE monitor_id = $monitorId
        AND number IN (
              SELECT number
                FROM (SELECT pings.number, at, ping_count,
                             sum(coalesce(bytes, 0)) OVER (ORDER BY pings.number) AS bytes_until,
                             coalesce(bytes, 0) AS bytes
                        FROM pings JOIN monitors ON monitors.id = pings.monitor_id
                        LEFT JOIN bodies ON bodies.monitor_id = pings.monitor_id AND bodies.number = pings.number
                       WHERE pings.monitor_id = $monitorId
                       ORDER BY pings.number
                       LIMIT $pings)
               WHERE (number <= ping_count - $perMonitor OR at < $since) AND bytes_until - bytes < $bytes
            )`,
    { monitorId, perMonitor, since, ...chunk },
  )
}

/**
 * Deletes up to `limit` transitions from before `before`, with their incidents and notifications, and returns how many.
 * Keeps a monitor's newest transition before `before`, because the later history starts with it, and transitions with
 * an open incident or a pending delivery.
 */
export function deleteOldTransitions(tx: Tx, { before, limit }: { before: number; limit: number }): number {
  return tx.run(
    `DELETE FROM transitions
      WHERE id IN (
              SELECT id FROM transitions AS old
               WHERE at < $before
                 AND EXISTS (SELECT 1 FROM transitions AS later
                              WHERE later.monitor_id = old.monitor_id AND later.at < $before
                                AND (later.at, later.id) > (old.at, old.id))
                 AND NOT EXISTS (SELECT 1 FROM incidents
                                  WHERE opened_by = old.id AND (closed_at IS NULL OR closed_at >= $before))
                 AND NOT EXISTS (SELECT 1 FROM notifications JOIN deliveries ON notification_id = notifications.id
                                  WHERE transition_id = old.id AND settled_at IS NULL)
               ORDER BY at
               LIMIT $limit
            )`,
    { before, limit },
  )
}

/** As `deleteOldTransitions`: with their notifications, but not while a delivery is pending. */
export function deleteOldGaps(tx: Tx, { before, limit }: { before: number; limit: number }): number {
  return tx.run(
    `DELETE FROM blackouts
      WHERE id IN (
              SELECT id FROM blackouts AS old
               WHERE to_at < $before
                 AND NOT EXISTS (SELECT 1 FROM notifications JOIN deliveries ON notification_id = notifications.id
                                  WHERE blackout_id = old.id AND settled_at IS NULL)
               ORDER BY id
               LIMIT $limit
            )`,
    { before, limit },
  )
}

/** As `deleteOldGaps`, for notifications about neither a transition nor a gap. */
export function deleteOldNotices(tx: Tx, { before, limit }: { before: number; limit: number }): number {
  return tx.run(
    `DELETE FROM notifications
      WHERE id IN (
              SELECT id FROM notifications AS old
               WHERE transition_id IS NULL AND blackout_id IS NULL AND incident_id IS NULL AND created_at < $before
                 AND NOT EXISTS (SELECT 1 FROM deliveries WHERE notification_id = old.id AND settled_at IS NULL)
               LIMIT $limit
            )`,
    { before, limit },
  )
}

export function deleteExpiredMailedLinks(tx: Tx, now: number): void {
  tx.run('DELETE FROM mailed_links WHERE expires_at <= $now', { now })
}

export function deleteExpiredInvitations(tx: Tx, now: number): void {
  tx.run('DELETE FROM invitations WHERE expires_at <= $now', { now })
}

/** Stores the database size, once a day. */
export function noteSize(tx: Tx, size: { day: number; bytes: number }): void {
  tx.run('INSERT INTO sizes (day, bytes) VALUES ($day, $bytes) ON CONFLICT DO NOTHING', size)
}

export function deleteSizesAfter(tx: Tx, day: number): void {
  tx.run('DELETE FROM sizes WHERE day > $day', { day })
}

/** Oldest first. */
export function listSizes(reader: Reader, since: number): { day: number; bytes: number }[] {
  return reader.all('SELECT day, bytes FROM sizes WHERE day >= $since ORDER BY day', { since })
}

/** The size of the free pages of the database. New rows go there first. */
export function freeBytes(reader: Reader): number {
  const row = reader.get<{ bytes: number }>(
    'SELECT freelist_count * page_size AS bytes FROM pragma_freelist_count, pragma_page_size',
  )
  return row?.bytes ?? 0
}

/** Whether the database can return free pages to the disk. One created by an early CronGuard can't. */
export function hasIncrementalVacuum(reader: Reader): boolean {
  return reader.get('SELECT 1 FROM pragma_auto_vacuum WHERE auto_vacuum = 2') !== null
}

/** The number of stored pings. Numbers have no gaps, so they are not counted. */
export function countPings(reader: Reader): number {
  const row = reader.get<{ count: number | null }>(
    `SELECT sum(ping_count + 1 - (SELECT min(number) FROM pings WHERE monitor_id = monitors.id)) AS count
       FROM monitors`,
  )
  return row?.count ?? 0
}
