// What it takes to read bodies, and how much they hold.
import type { BodyReading, KeptMail } from '#domain/body.ts'
import type { Reader, Tx } from './database.ts'

export interface ReadingRow {
  charset: string | null
  encoding: string | null
  text: string | null
  mail: string | null
  droppedBytes: number | null
}

/** Of the ping that was inserted last. A body that is plain UTF-8 needs none. */
export function insertReading(tx: Tx, { mail, ...reading }: BodyReading): void {
  if (reading.charset === null && reading.encoding === null && mail === null) return
  const { charset, encoding, text } = reading
  tx.run(
    `INSERT INTO body_readings (ping_id, charset, encoding, text, mail)
     VALUES (last_insert_rowid(), $charset, $encoding, $text, $mail)`,
    { charset, encoding, text, mail: mail && JSON.stringify(mail) },
  )
}

export function findReading(reader: Reader, ping: { monitorId: number; number: number }): BodyReading | null {
  const row = reader.get<ReadingRow>(
    `SELECT charset, encoding, text, mail, dropped_bytes AS droppedBytes
       FROM body_readings JOIN pings ON pings.id = ping_id
      WHERE monitor_id = $monitorId AND number = $number`,
    { monitorId: ping.monitorId, number: ping.number },
  )
  return row && toReading(row)
}

/** Keeps what a mail says beside its ping. */
export function keepMail(tx: Tx, { mail, ...ping }: { monitorId: number; number: number; mail: KeptMail }): void {
  tx.run(
    `INSERT INTO body_readings (ping_id, mail)
     SELECT id, $mail FROM pings WHERE monitor_id = $monitorId AND number = $number
         ON CONFLICT (ping_id) DO UPDATE SET mail = excluded.mail`,
    { ...ping, mail: JSON.stringify(mail) },
  )
}

export function toReading({ mail, ...row }: ReadingRow): BodyReading {
  return { ...row, mail: mail === null ? null : JSON.parse(mail) }
}

/** Which UUIDs are ping keys, and which words are aliases of the project. */
export function listKeysAmong(
  reader: Reader,
  { projectId, uuids, words }: { projectId: string; uuids: readonly string[]; words: readonly string[] },
): string[] {
  const rows = reader.all<{ found: string }>(
    `SELECT ping_key AS found FROM monitors WHERE ping_key IN (SELECT value FROM json_each($uuids))
      UNION
     SELECT alias FROM monitors WHERE alias IN (SELECT value FROM json_each($words)) AND project_id = $projectId`,
    { projectId, uuids: JSON.stringify(uuids), words: JSON.stringify(words) },
  )
  return rows.map(({ found }) => found)
}

// SQLite takes the index of all pings by itself, and then reads each of them.
const WITH_BODY = 'pings INDEXED BY pings_with_body'

export function listProjectIdsWithBodies(reader: Reader): string[] {
  return reader
    .all<{ id: string }>(
      `SELECT id FROM projects
        WHERE EXISTS (SELECT 1 FROM monitors JOIN ${WITH_BODY} ON monitor_id = monitors.id
                       WHERE project_id = projects.id AND body IS NOT NULL)`,
    )
    .map(({ id }) => id)
}

export function listMonitorIds(reader: Reader, projectId: string): number[] {
  return reader
    .all<{ id: number }>('SELECT id FROM monitors WHERE project_id = $projectId ORDER BY id', { projectId })
    .map(({ id }) => id)
}

// What a compressed body says may be a thousand times as long as it, and is kept beside it.
const BYTES = 'length(body) + coalesce(octet_length(text), 0) + coalesce(octet_length(mail), 0)'

/** How much the next `limit` bodies of a monitor hold, from above a number on, and which of them is the newest. */
export function sumBodies(
  reader: Reader,
  range: { monitorId: number; above: number; limit: number },
): { count: number; bytes: number; newest: number | null } {
  const row = reader.get<{ count: number; bytes: number; newest: number | null }>(
    `SELECT count(*) AS count, coalesce(sum(bytes), 0) AS bytes, max(number) AS newest
       FROM (SELECT number, ${BYTES} AS bytes FROM ${WITH_BODY} LEFT JOIN body_readings ON ping_id = id
              WHERE monitor_id = $monitorId AND number > $above AND body IS NOT NULL
              ORDER BY number
              LIMIT $limit)`,
    range,
  )
  return row ?? { count: 0, bytes: 0, newest: null }
}

/** When the oldest body of a monitor came; null: it has none. */
export function findOldestBody(reader: Reader, monitorId: number): number | null {
  const row = reader.get<{ at: number }>(
    `SELECT at FROM ${WITH_BODY}
      WHERE monitor_id = $monitorId AND body IS NOT NULL
      ORDER BY number
      LIMIT 1`,
    { monitorId },
  )
  return row?.at ?? null
}

/** As much as is dropped at once. */
export interface BodyChunk {
  bodies: number
  bytes: number
}

/**
 * Drops a chunk of a monitor's oldest bodies from before `before`, but no more than it takes to be rid of `excess`
 * bytes. Returns how many bytes they held.
 */
export function dropOldBodies(
  tx: Tx,
  { monitorId, before, excess, chunk }: { monitorId: number; before: number; excess: number; chunk: BodyChunk },
): number {
  const old = tx.all<{ id: number; bodyBytes: number; bytes: number }>(
    `SELECT id, length(body) AS bodyBytes, ${BYTES} AS bytes FROM ${WITH_BODY} LEFT JOIN body_readings ON ping_id = id
      WHERE monitor_id = $monitorId AND body IS NOT NULL AND at < $before
      ORDER BY number
      LIMIT $limit`,
    { monitorId, before, limit: chunk.bodies },
  )
  let bytes = 0
  for (const body of old) {
    if (bytes >= Math.min(excess, chunk.bytes)) break
    bytes += body.bytes
    dropBody(tx, body)
  }
  return bytes
}

function dropBody(tx: Tx, { id, bodyBytes }: { id: number; bodyBytes: number }): void {
  tx.run('UPDATE pings SET body = NULL WHERE id = $id', { id })
  tx.run(
    `INSERT INTO body_readings (ping_id, dropped_bytes) VALUES ($id, $bodyBytes)
         ON CONFLICT (ping_id)
         DO UPDATE SET charset = NULL, encoding = NULL, text = NULL, mail = NULL, dropped_bytes = $bodyBytes`,
    { id, bodyBytes },
  )
}
