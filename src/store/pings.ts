import type { KeptBody } from '#domain/body.ts'
import type { PingKind, RecordedPing } from '#domain/ping.ts'
import type { RecentPing } from '#domain/recent-runs.ts'
import { insertBody } from './bodies.ts'
import type { Reader, Tx } from './database.ts'

/** One row of `PING_COLUMNS`. */
export interface PingRow {
  monitor_id: number
  number: number
  kind: PingKind
  at: number
  run_id: string | null
  exit_status: number | null
  duration_ms: number | null
  scheme: string
  method: string
  remote_address: string | null
  user_agent: string
  reported_by: string | null
  body_bytes: number
  has_body: 0 | 1
}

export const PING_COLUMNS = `
  monitor_id, number, kind, at, run_id, exit_status, duration_ms, scheme, method, remote_address, user_agent,
  reported_by, body_bytes,
  body_bytes > 0 AND EXISTS (
    SELECT 1 FROM bodies WHERE bodies.monitor_id = pings.monitor_id AND bodies.number = pings.number
  ) AS has_body`

/** The body is stored separately, or only its size. */
export function insertPing(
  tx: Tx,
  {
    body,
    reading,
    keepsBody = true,
    ...ping
  }: Omit<RecordedPing, 'bodySize' | 'droppedBytes'> & KeptBody & { keepsBody?: boolean },
): void {
  const keptBytes = body.head.length + body.tail.length
  const bodyBytes = keptBytes === 0 ? 0 : keptBytes + (body.cutBytes ?? 0)
  tx.run(
    `INSERT INTO pings (
       monitor_id, number, kind, at, run_id, exit_status, duration_ms, scheme, method, remote_address, user_agent,
       reported_by, body_bytes
     ) VALUES (
       $monitorId, $number, $kind, $at, $runId, $exitStatus, $durationMs, $scheme, $method, $remoteAddress,
       $userAgent, $reportedBy, $bodyBytes
     )`,
    { ...ping, reportedBy: ping.reportedBy ?? null, bodyBytes },
  )
  if (bodyBytes > 0 && keepsBody) insertBody(tx, { monitorId: ping.monitorId, number: ping.number, body, reading })
}

/** The senders of a monitor's newest pings. */
export function listLastSenders(reader: Reader, of: { monitorId: number; limit: number }): (string | null)[] {
  return reader
    .all<{ remote_address: string | null }>(
      `SELECT remote_address FROM pings
        WHERE monitor_id = $monitorId
        ORDER BY number DESC
        LIMIT $limit`,
      of,
    )
    .map((row) => row.remote_address)
}

interface StartOrEnd {
  kind: PingKind
  at: number
}

/**
 * A run's newest ping that is a start or an end. All pings without a run ID count as one run. `newest` is the number of
 * the monitor's newest ping, which usually is the result. Finding it by number is ten times faster.
 */
export function findStartOrEnd(
  reader: Reader,
  { monitorId, runId, newest }: { monitorId: number; runId: string | null; newest: number },
): StartOrEnd | null {
  const last = reader.get<StartOrEnd & { run_id: string | null }>(
    'SELECT kind, at, run_id FROM pings WHERE monitor_id = $monitorId AND number = $newest',
    { monitorId, newest },
  )
  const isOfRun = last !== null && last.run_id === runId && last.kind !== 'log' && last.kind !== 'ignored'
  return isOfRun ? last : searchStartOrEnd(reader, { monitorId, runId })
}

// Two statements, so that each uses its own index.
function searchStartOrEnd(
  reader: Reader,
  { monitorId, runId }: { monitorId: number; runId: string | null },
): StartOrEnd | null {
  if (runId === null) {
    return reader.get(
      `SELECT kind, at FROM pings
        WHERE monitor_id = $monitorId AND run_id IS NULL AND kind NOT IN ('log', 'ignored')
        ORDER BY number DESC LIMIT 1`,
      { monitorId },
    )
  }
  return reader.get(
    `SELECT kind, at FROM pings
      WHERE monitor_id = $monitorId AND run_id = $runId AND kind NOT IN ('log', 'ignored')
      ORDER BY number DESC LIMIT 1`,
    { monitorId, runId },
  )
}

/** Newest first. */
export function listPings(reader: Reader, { monitorId, limit }: { monitorId: number; limit: number }): RecordedPing[] {
  return reader
    .all<PingRow>(`SELECT ${PING_COLUMNS} FROM pings WHERE monitor_id = $monitorId ORDER BY number DESC LIMIT $limit`, {
      monitorId,
      limit,
    })
    .map(toPing)
}

/** The newest ping received at `at` or earlier. */
export function findLastPing(
  reader: Reader,
  { monitorId, at }: { monitorId: number; at: number },
): RecordedPing | null {
  const row = reader.get<PingRow>(
    `SELECT ${PING_COLUMNS} FROM pings WHERE monitor_id = $monitorId AND at <= $at ORDER BY number DESC LIMIT 1`,
    { monitorId, at },
  )
  return row && toPing(row)
}

/** The newest pings up to a number, newest first. */
export function listRecentPings(
  reader: Reader,
  range: { monitorId: number; upTo: number; limit: number },
): RecentPing[] {
  return reader.all<RecentPing>(
    `SELECT kind, at, duration_ms AS durationMs FROM pings
      WHERE monitor_id = $monitorId AND number <= $upTo
      ORDER BY number DESC
      LIMIT $limit`,
    range,
  )
}

/** Whether the same sender pinged before. */
export function hasEarlierPingLike(
  reader: Reader,
  { monitorId, number, scheme, userAgent }: Pick<RecordedPing, 'monitorId' | 'number' | 'scheme' | 'userAgent'>,
): boolean {
  const earlier = reader.get(
    `SELECT 1 FROM pings
      WHERE monitor_id = $monitorId AND number < $number AND scheme = $scheme AND user_agent = $userAgent
      LIMIT 1`,
    { monitorId, number, scheme, userAgent },
  )
  return earlier !== null
}

export function findPing(reader: Reader, by: { monitorId: number; number: number }): RecordedPing | null {
  const row = reader.get<PingRow>(
    `SELECT ${PING_COLUMNS} FROM pings WHERE monitor_id = $monitorId AND number = $number`,
    by,
  )
  return row && toPing(row)
}

export function toPing(row: PingRow): RecordedPing {
  return {
    monitorId: row.monitor_id,
    number: row.number,
    kind: row.kind,
    at: row.at,
    runId: row.run_id,
    exitStatus: row.exit_status,
    durationMs: row.duration_ms,
    scheme: row.scheme,
    method: row.method,
    remoteAddress: row.remote_address,
    userAgent: row.user_agent,
    reportedBy: row.reported_by,
    bodySize: row.has_body === 1 ? row.body_bytes : 0,
    droppedBytes: row.has_body === 1 ? 0 : row.body_bytes,
  }
}
