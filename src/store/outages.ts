// Which monitors went down together.
import type { Reader } from './database.ts'

interface Outage {
  projectId: string
  tags: string
}

/** More are not needed to decide anything. */
const OUTAGES_MAX = 200

/** The monitors whose deadline passes until then. */
export function listDeadlinesUntil(reader: Reader, until: number): Outage[] {
  return reader.all(
    `SELECT project_id AS projectId, tags FROM monitors
      WHERE deadline_at <= $until ORDER BY deadline_at LIMIT ${OUTAGES_MAX}`,
    { until },
  )
}

/** The monitors that went down since then without a ping, and are still down. */
export function listMissing(reader: Reader, since: number): Outage[] {
  return reader.all(
    `SELECT DISTINCT monitors.id, project_id AS projectId, tags
       FROM transitions JOIN monitors ON monitors.id = monitor_id
      WHERE at >= $since AND to_status = 'down' AND reason IN ('timeout', 'no-ping', 'overrun') AND status = 'down'
      LIMIT ${OUTAGES_MAX}`,
    { since },
  )
}

/** Whether any monitor of the server got a ping since then. */
export function hasPingSince(reader: Reader, since: number): boolean {
  return reader.get('SELECT 1 FROM monitors WHERE last_ping_at >= $since LIMIT 1', { since }) !== null
}
