// What is old enough to go, in chunks that keep nobody waiting.
import type { Reader, Tx } from './database.ts'

/** The oldest ping that is kept of a monitor falls out of the window when a new one comes. */
export function deletePing(tx: Tx, ping: { monitorId: number; number: number }): void {
  tx.run('DELETE FROM pings WHERE monitor_id = $monitorId AND number = $number', ping)
}

export interface KeptPings {
  /** The newest of each monitor. */
  perMonitor: number
  /** Older ones go. */
  since: number
}

/** The next monitor above `afterId` with a ping that goes; null when there is none. */
export function findPrunable(reader: Reader, { perMonitor, since, afterId }: KeptPings & { afterId: number }) {
  const row = reader.get<{ id: number }>(
    `SELECT id FROM monitors
      WHERE id > $afterId
        AND EXISTS (
              SELECT 1 FROM (SELECT number, at FROM pings WHERE monitor_id = monitors.id ORDER BY number LIMIT 1)
               WHERE number <= ping_count - $perMonitor OR at < $since
            )
      ORDER BY id
      LIMIT 1`,
    { perMonitor, since, afterId },
  )
  return row?.id ?? null
}

/** Deletes up to `limit` of a monitor's oldest pings that go; returns how many it deleted. */
export function deleteOldPings(
  tx: Tx,
  { monitorId, perMonitor, since, limit }: KeptPings & { monitorId: number; limit: number },
): number {
  return tx.run(
    `DELETE FROM pings
      WHERE id IN (
              SELECT pings.id FROM pings JOIN monitors ON monitors.id = monitor_id
               WHERE monitor_id = $monitorId AND (number <= ping_count - $perMonitor OR at < $since)
               ORDER BY number
               LIMIT $limit
            )`,
    { monitorId, perMonitor, since, limit },
  )
}

/**
 * Deletes up to `limit` transitions from before `before`, with their incidents and messages; returns how many. The
 * newest of a monitor from before stays, for what came after begins with it, and so does one whose incident lasts.
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
               ORDER BY at
               LIMIT $limit
            )`,
    { before, limit },
  )
}

export function deleteOldBlackouts(tx: Tx, before: number): number {
  return tx.run('DELETE FROM blackouts WHERE to_at < $before', { before })
}

/** Remembers the size of today, once a day. */
export function noteSize(tx: Tx, size: { day: number; bytes: number }): void {
  tx.run('INSERT INTO sizes (day, bytes) VALUES ($day, $bytes) ON CONFLICT DO NOTHING', size)
}

/** Oldest first. */
export function listSizes(reader: Reader, since: number): { day: number; bytes: number }[] {
  return reader.all('SELECT day, bytes FROM sizes WHERE day >= $since ORDER BY day', { since })
}

/** What a database holds that is of no use any more: it is given back bit by bit. */
export function freeBytes(reader: Reader): number {
  const row = reader.get<{ bytes: number }>(
    'SELECT freelist_count * page_size AS bytes FROM pragma_freelist_count, pragma_page_size',
  )
  return row?.bytes ?? 0
}
