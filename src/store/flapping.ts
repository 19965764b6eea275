// Monitors that go up and down so often that their notifications are held.
import type { Reader, Tx } from './database.ts'

/** Since when the monitor is flapping; null if it isn't. */
export function findFlappingSince(reader: Reader, monitorId: number): number | null {
  const row = reader.get<{ since: number }>('SELECT since FROM flapping_monitors WHERE monitor_id = $monitorId', {
    monitorId,
  })
  return row?.since ?? null
}

/** Null if it is no longer flapping. */
export function saveFlappingSince(tx: Tx, { monitorId, since }: { monitorId: number; since: number | null }): void {
  tx.run('DELETE FROM flapping_monitors WHERE monitor_id = $monitorId', { monitorId })
  if (since === null) return
  tx.run('INSERT INTO flapping_monitors (monitor_id, since) VALUES ($monitorId, $since)', { monitorId, since })
}

/** Those without a change since then. */
export function listCalmed(reader: Reader, since: number): number[] {
  return reader
    .all<{ id: number }>(
      `SELECT monitor_id AS id FROM flapping_monitors
        WHERE NOT EXISTS (SELECT 1 FROM transitions
                           WHERE transitions.monitor_id = flapping_monitors.monitor_id AND at > $since)`,
      { since },
    )
    .map(({ id }) => id)
}

/** How often the monitor went down or recovered since then, up to `limit`. */
export function countChanges(
  reader: Reader,
  search: { monitorId: number; since: number; until: number; limit: number },
): number {
  const row = reader.get<{ count: number }>(
    `SELECT count(*) AS count
       FROM (SELECT 1 FROM transitions
              WHERE monitor_id = $monitorId AND at > $since AND at <= $until
                AND (to_status = 'down' OR (from_status = 'down' AND to_status = 'up'))
              LIMIT $limit)`,
    search,
  )
  return row?.count ?? 0
}
