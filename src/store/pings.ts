import type { PingKind, RecordedPing } from '#domain/ping.ts'
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
  body_size: number | null
}

export const PING_COLUMNS = `
  monitor_id, number, kind, at, run_id, exit_status, duration_ms, scheme, method, remote_address, user_agent,
  reported_by, length(body) AS body_size`

export function insertPing(tx: Tx, { body, ...ping }: Omit<RecordedPing, 'bodySize'> & { body: Uint8Array }): void {
  tx.run(
    `INSERT INTO pings (
       monitor_id, number, kind, at, run_id, exit_status, duration_ms, scheme, method, remote_address, user_agent,
       reported_by, body
     ) VALUES (
       $monitorId, $number, $kind, $at, $runId, $exitStatus, $durationMs, $scheme, $method, $remoteAddress,
       $userAgent, $reportedBy, $body
     )`,
    { ...ping, reportedBy: ping.reportedBy ?? null, body: body.length === 0 ? null : body },
  )
}

/** From where the last pings of a monitor came. */
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
 * The newest ping of a run that is its start or its end. Pings without a run id are one run of their own. `newest` is
 * the number of the monitor's newest ping: it mostly is the one, and finding it by number is ten times faster.
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

// Two statements, so that each finds its own index.
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

/** The newest pings first. */
export function listPings(reader: Reader, { monitorId, limit }: { monitorId: number; limit: number }): RecordedPing[] {
  return reader
    .all<PingRow>(`SELECT ${PING_COLUMNS} FROM pings WHERE monitor_id = $monitorId ORDER BY number DESC LIMIT $limit`, {
      monitorId,
      limit,
    })
    .map(toPing)
}

/** The newest ping that came no later than `at`. */
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

/** The body as it came; null when there is no such ping or it had none. */
export function findPingBody(
  reader: Reader,
  { monitorId, number }: { monitorId: number; number: number },
): Uint8Array | null {
  const row = reader.get<{ body: Uint8Array | null }>(
    'SELECT body FROM pings WHERE monitor_id = $monitorId AND number = $number',
    { monitorId, number },
  )
  return row?.body ?? null
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
    bodySize: row.body_size ?? 0,
  }
}
