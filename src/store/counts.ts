// Counts and summaries for badges, metrics and warnings.
import type { StoredStatus } from '#domain/status.ts'
import type { Reader } from './database.ts'

/** The columns that determine the status of a monitor. */
interface StatusColumns {
  status: StoredStatus
  dueAt: number | null
  deadlineAt: number | null
}

/** The tags and status columns of every monitor of a project. */
export function listTaggedStatuses(reader: Reader, projectId: string): (StatusColumns & { tags: string })[] {
  return reader.all(
    `SELECT tags, status, due_at AS dueAt, deadline_at AS deadlineAt FROM monitors WHERE project_id = $projectId`,
    { projectId },
  )
}

/**
 * Groups all monitors of the server by their status at `now`. Each row has the columns of one monitor of the group, and
 * `count` is the size of the group.
 */
export function countByStatus(reader: Reader, now: number): (StatusColumns & { count: number })[] {
  return reader.all(
    `SELECT status, max(due_at) AS dueAt, max(deadline_at) AS deadlineAt, count(*) AS count
       FROM monitors
      GROUP BY status, due_at <= $now, deadline_at <= $now`,
    { now },
  )
}

/** The number of newest pings that are searched for the last success. */
const SUCCESS_SEARCH_MAX = 200

/** The time of each monitor's last success by monitor id, without monitors that have none among their newest pings. */
export function listLastSuccesses(reader: Reader, projectId: string): Map<number, number> {
  const rows = reader.all<{ id: number; at: number | null }>(
    `SELECT id, (SELECT at FROM pings
                  WHERE monitor_id = monitors.id AND kind = 'success'
                    AND number > monitors.ping_count - ${SUCCESS_SEARCH_MAX}
                  ORDER BY number DESC LIMIT 1) AS at
       FROM monitors
      WHERE project_id = $projectId`,
    { projectId },
  )
  return new Map(rows.flatMap(({ id, at }) => (at === null ? [] : [[id, at]])))
}

/** The earliest deadline, overdue or upcoming. Null when there is none. */
export function findFirstDeadline(reader: Reader): number | null {
  const row = reader.get<{ at: number | null }>(
    'SELECT min(deadline_at) AS at FROM monitors WHERE deadline_at IS NOT NULL',
  )
  return row?.at ?? null
}

/** Whether any ping is kept. */
export function hasPings(reader: Reader): boolean {
  return reader.get('SELECT 1 FROM pings LIMIT 1') !== null
}

/** How many pings were recorded, including those of deleted monitors. */
export function countRecordedPings(reader: Reader): number {
  const row = reader.get<{ count: number }>(
    'SELECT count + coalesce((SELECT sum(ping_count) FROM monitors), 0) AS count FROM departed_pings',
  )
  return row?.count ?? 0
}

/** Increases with every notification. Null before the first. */
export function findNewestNotificationId(reader: Reader): number | null {
  return reader.get<{ id: number | null }>('SELECT max(id) AS id FROM notifications')?.id ?? null
}

export interface OutboxCounts {
  pending: number
  sending: number
  /** When the oldest unsettled delivery was created. Null when there is none. */
  oldestAt: number | null
}

export function countOutbox(reader: Reader): OutboxCounts {
  const row = reader.get<OutboxCounts>(
    `SELECT count(*) FILTER (WHERE state = 'pending') AS pending,
            count(*) FILTER (WHERE state = 'sending') AS sending,
            min(created_at) AS oldestAt
       FROM deliveries
      WHERE settled_at IS NULL`,
  )
  return row ?? { pending: 0, sending: 0, oldestAt: null }
}

/** Unsettled deliveries of channels that are not failing, and when the oldest was created. */
export function countReachable(reader: Reader): { waiting: number; oldestAt: number | null } {
  const row = reader.get<{ waiting: number; oldestAt: number | null }>(
    `SELECT count(*) AS waiting, min(deliveries.created_at) AS oldestAt
       FROM deliveries LEFT JOIN channels ON channels.id = channel_id
      WHERE settled_at IS NULL AND failing_since IS NULL`,
  )
  return row ?? { waiting: 0, oldestAt: null }
}

/** The number of newest deliveries that are searched, because a long failure may leave very many. */
const SENT_SEARCH_MAX = 1000

/** When one of the newest deliveries was last sent. Null when none was. */
export function findLastSentAt(reader: Reader): number | null {
  const row = reader.get<{ at: number | null }>(
    `SELECT max(settled_at) AS at
       FROM (SELECT state, settled_at FROM deliveries ORDER BY sequence DESC LIMIT ${SENT_SEARCH_MAX})
      WHERE state IN ('sent', 'logged')`,
  )
  return row?.at ?? null
}

/** The number of unsettled deliveries of a project's monitors. */
export function countOutboxOfProject(reader: Reader, projectId: string): number {
  const row = reader.get<{ count: number }>(
    `SELECT count(*) AS count
       FROM deliveries JOIN monitors ON monitors.id = monitor_id
      WHERE settled_at IS NULL AND project_id = $projectId`,
    { projectId },
  )
  return row?.count ?? 0
}

/** The size of the database without the write-ahead log. */
export function databaseBytes(reader: Reader): number {
  const row = reader.get<{ bytes: number }>(
    'SELECT page_count * page_size AS bytes FROM pragma_page_count(), pragma_page_size()',
  )
  return row?.bytes ?? 0
}

/** When the server last started. Null when it never did. */
export function findWatchStart(reader: Reader): number | null {
  return reader.get<{ at: number }>('SELECT started_at AS at FROM heartbeat')?.at ?? null
}

/** SQLite's description of damage in the file, or null. Reads the whole file. */
export function findDamage(reader: Reader): string | null {
  const row = reader.get<{ quick_check: string }>('PRAGMA quick_check(1)')
  return row?.quick_check === 'ok' ? null : (row?.quick_check ?? 'the check failed')
}
