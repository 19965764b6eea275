// What it takes to read bodies, and how much they hold.
import type { BodyReading, KeptMail } from '#domain/body.ts'
import type { Reader, Tx } from './database.ts'

export interface ReadingRow {
  charset: string | null
  encoding: string | null
  text: string | null
  mail: string | null
}

/** Of the ping that was inserted last. A body that is plain UTF-8 needs none. */
export function insertReading(tx: Tx, { mail, ...reading }: BodyReading): void {
  if (reading.charset === null && reading.encoding === null && mail === null) return
  tx.run(
    `INSERT INTO body_readings (ping_id, charset, encoding, text, mail)
     VALUES (last_insert_rowid(), $charset, $encoding, $text, $mail)`,
    { ...reading, mail: mail && JSON.stringify(mail) },
  )
}

export function findReading(reader: Reader, ping: { monitorId: number; number: number }): BodyReading | null {
  const row = reader.get<ReadingRow>(
    `SELECT charset, encoding, text, mail FROM body_readings JOIN pings ON pings.id = ping_id
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
