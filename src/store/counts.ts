// What badges and metrics tell of many rows at once.
import type { StoredStatus } from '#domain/status.ts'
import type { Reader } from './database.ts'

/** As much of a monitor as tells its status. */
interface Standing {
  status: StoredStatus
  dueAt: number | null
  deadlineAt: number | null
}

/** Of every monitor of a project, its tags and what tells its status. */
export function listTaggedStatuses(reader: Reader, projectId: string): (Standing & { tags: string })[] {
  return reader.all(
    `SELECT tags, status, due_at AS dueAt, deadline_at AS deadlineAt FROM monitors WHERE project_id = $projectId`,
    { projectId },
  )
}

/**
 * All monitors of the instance, those together that have the same status at `now`: one of them stands for its group,
 * and `count` says how many they are.
 */
export function listStandings(reader: Reader, now: number): (Standing & { count: number })[] {
  return reader.all(
    `SELECT status, max(due_at) AS dueAt, max(deadline_at) AS deadlineAt, count(*) AS count
       FROM monitors
      GROUP BY status, due_at <= $now, deadline_at <= $now`,
    { now },
  )
}

/** How far back the last success of a monitor is looked for. */
const SUCCESS_SEARCH_MAX = 200

/** When each monitor of a project last reported a success, by its id; those without one in their newest pings lack. */
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

/** The deadline that has waited longest, or comes next; null when there is none. */
export function findFirstDeadline(reader: Reader): number | null {
  const row = reader.get<{ at: number | null }>(
    'SELECT min(deadline_at) AS at FROM monitors WHERE deadline_at IS NOT NULL',
  )
  return row?.at ?? null
}

/** Grows with every ping; null before the first. */
export function findNewestPingId(reader: Reader): number | null {
  return reader.get<{ id: number | null }>('SELECT max(id) AS id FROM pings')?.id ?? null
}

/** Grows with every notification; null before the first. */
export function findNewestNotificationId(reader: Reader): number | null {
  return reader.get<{ id: number | null }>('SELECT max(id) AS id FROM notifications')?.id ?? null
}

export interface OutboxCounts {
  pending: number
  sending: number
  /** When the oldest of them was written; null when there is none. */
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

/** What waits to be sent through channels whose last message arrived, and when the oldest of it was written. */
export function countReachable(reader: Reader): { waiting: number; oldestAt: number | null } {
  const row = reader.get<{ waiting: number; oldestAt: number | null }>(
    `SELECT count(*) AS waiting, min(deliveries.created_at) AS oldestAt
       FROM deliveries LEFT JOIN channels ON channels.id = channel_id
      WHERE settled_at IS NULL AND failing_since IS NULL`,
  )
  return row ?? { waiting: 0, oldestAt: null }
}

/** So many of the newest deliveries are looked at: at a time when nothing is sent there may be very many. */
const SENT_SEARCH_MAX = 1000

/** When a delivery last reached somebody, of the newest ones; null when none of them did. */
export function findLastSentAt(reader: Reader): number | null {
  const row = reader.get<{ at: number | null }>(
    `SELECT max(settled_at) AS at
       FROM (SELECT state, settled_at FROM deliveries ORDER BY sequence DESC LIMIT ${SENT_SEARCH_MAX})
      WHERE state IN ('sent', 'logged')`,
  )
  return row?.at ?? null
}

/** How many deliveries of a project's monitors are in the outbox. */
export function countOutboxOfProject(reader: Reader, projectId: string): number {
  const row = reader.get<{ count: number }>(
    `SELECT count(*) AS count
       FROM deliveries JOIN monitors ON monitors.id = monitor_id
      WHERE settled_at IS NULL AND project_id = $projectId`,
    { projectId },
  )
  return row?.count ?? 0
}

/** How large the database is, without what stands only in its write-ahead log. */
export function databaseBytes(reader: Reader): number {
  const row = reader.get<{ bytes: number }>(
    'SELECT page_count * page_size AS bytes FROM pragma_page_count(), pragma_page_size()',
  )
  return row?.bytes ?? 0
}

/** Since when this process watches; null when none ever did. */
export function findWatchStart(reader: Reader): number | null {
  return reader.get<{ at: number }>('SELECT started_at AS at FROM heartbeat')?.at ?? null
}

/** What is wrong with the file, in the words of SQLite; null when nothing is. Reads all of it. */
export function findDamage(reader: Reader): string | null {
  const row = reader.get<{ quick_check: string }>('PRAGMA quick_check(1)')
  return row?.quick_check === 'ok' ? null : (row?.quick_check ?? 'it cannot be checked')
}
