// Stores the bodies of pings, what is needed to read them, and their size.
import type { Body, BodyReading, BodyText, KeptBody, KeptMail } from '#domain/body.ts'
import type { Reader, Tx } from './database.ts'

interface BodyRow {
  head: Uint8Array
  tail: Uint8Array | null
  cut_bytes: number | null
  charset: string | null
  encoding: string | null
  text: string | null
  text_tail: string | null
  text_cut_bytes: number | null
  mail: string | null
}

interface PingKey {
  monitorId: number
  number: number
}

export function insertBody(tx: Tx, { monitorId, number, body, reading }: PingKey & KeptBody): void {
  const { charset, encoding, text } = reading
  const mail = reading.mail && JSON.stringify(reading.mail)
  tx.run(
    `INSERT INTO bodies (
       monitor_id, number, bytes, cut_bytes, charset, encoding, text_cut_bytes, head, tail, text, text_tail, mail
     ) VALUES (
       $monitorId, $number, $bytes, $cutBytes, $charset, $encoding, $textCutBytes, $head, $tail, $text, $textTail, $mail
     )`,
    {
      monitorId,
      number,
      bytes: bytesOf(body, text) + Buffer.byteLength(mail ?? ''),
      cutBytes: body.cutBytes,
      charset,
      encoding,
      textCutBytes: text?.cutBytes ?? null,
      head: body.head,
      tail: body.tail.length === 0 ? null : body.tail,
      text: text?.head ?? null,
      textTail: text?.tail || null,
      mail,
    },
  )
}

// The text of a compressed body may be a thousand times as long as the body.
function bytesOf({ head, tail }: Body, text: BodyText | null): number {
  return head.length + tail.length + (text === null ? 0 : Buffer.byteLength(text.head) + Buffer.byteLength(text.tail))
}

/** Null if the ping does not exist, had no body, or lost it to make room for newer ones. */
export function findBody(reader: Reader, { monitorId, number }: PingKey): KeptBody | null {
  const row = reader.get<BodyRow>(
    `SELECT head, tail, cut_bytes, charset, encoding, text, text_tail, text_cut_bytes, mail
       FROM bodies
      WHERE monitor_id = $monitorId AND number = $number`,
    { monitorId, number },
  )
  return row && toKeptBody(row)
}

function toKeptBody({ head, tail, cut_bytes: cutBytes, charset, encoding, mail, ...row }: BodyRow): KeptBody {
  const text = row.text === null ? null : { head: row.text, tail: row.text_tail ?? '', cutBytes: row.text_cut_bytes }
  const reading: BodyReading = { charset, encoding, text, mail: mail === null ? null : JSON.parse(mail) }
  return { body: { head, tail: tail ?? new Uint8Array(), cutBytes }, reading }
}

/** The text of an email. Null if it was not read yet, or if the ping is not an email. */
export function findMail(reader: Reader, { monitorId, number }: PingKey): KeptMail | null {
  const row = reader.get<{ mail: string | null }>(
    'SELECT mail FROM bodies WHERE monitor_id = $monitorId AND number = $number',
    { monitorId, number },
  )
  return row?.mail == null ? null : JSON.parse(row.mail)
}

export function keepMail(tx: Tx, { mail, ...ping }: PingKey & { mail: KeptMail }): void {
  tx.run(
    `UPDATE bodies
        SET mail = $mail, bytes = bytes - coalesce(octet_length(mail), 0) + octet_length($mail)
      WHERE monitor_id = $monitorId AND number = $number`,
    { ...ping, mail: JSON.stringify(mail) },
  )
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

export function listProjectIdsWithBodies(reader: Reader): string[] {
  return reader
    .all<{ id: string }>(
      `SELECT id FROM projects
        WHERE EXISTS (SELECT 1 FROM monitors JOIN bodies ON monitor_id = monitors.id
                       WHERE project_id = projects.id)`,
    )
    .map(({ id }) => id)
}

export function listMonitorIds(reader: Reader, projectId: string): number[] {
  return reader
    .all<{ id: number }>('SELECT id FROM monitors WHERE project_id = $projectId ORDER BY id', { projectId })
    .map(({ id }) => id)
}

/** The total size of the next `limit` bodies of a monitor after a ping number, and the number of the newest one. */
export function sumBodies(
  reader: Reader,
  range: { monitorId: number; above: number; limit: number },
): { count: number; bytes: number; newest: number | null } {
  const row = reader.get<{ count: number; bytes: number; newest: number | null }>(
    `SELECT count(*) AS count, coalesce(sum(bytes), 0) AS bytes, max(number) AS newest
       FROM (SELECT number, bytes FROM bodies
              WHERE monitor_id = $monitorId AND number > $above
              ORDER BY number
              LIMIT $limit)`,
    range,
  )
  return row ?? { count: 0, bytes: 0, newest: null }
}

// The cross joins make SQLite start with the bodies, because a monitor may have far fewer bodies than pings.
/** When the oldest body of a monitor was received. Null if it has none. */
export function findOldestBody(reader: Reader, monitorId: number): number | null {
  const row = reader.get<{ at: number }>(
    `SELECT at FROM bodies CROSS JOIN pings USING (monitor_id, number)
      WHERE monitor_id = $monitorId
      ORDER BY number
      LIMIT 1`,
    { monitorId },
  )
  return row?.at ?? null
}

/** The maximum that is dropped at once. */
export interface BodyChunk {
  bodies: number
  bytes: number
}

/**
 * Drops some of a monitor's oldest bodies from before `before`, but no more than needed to free `excess` bytes. Returns
 * how many bytes it freed.
 */
export function dropOldBodies(
  tx: Tx,
  { monitorId, before, excess, chunk }: { monitorId: number; before: number; excess: number; chunk: BodyChunk },
): number {
  const old = tx.all<{ id: number; bytes: number }>(
    `SELECT bodies.id, bytes FROM bodies CROSS JOIN pings USING (monitor_id, number)
      WHERE monitor_id = $monitorId AND at < $before
      ORDER BY number
      LIMIT $limit`,
    { monitorId, before, limit: chunk.bodies },
  )
  let bytes = 0
  for (const body of old) {
    if (bytes >= Math.min(excess, chunk.bytes)) break
    bytes += body.bytes
    tx.run('DELETE FROM bodies WHERE id = $id', { id: body.id })
  }
  return bytes
}
