import type { Boot } from '#domain/gap.ts'
import type { Reader, Tx } from './database.ts'

export interface Heartbeat {
  aliveAt: number
  /** Null if it was not stopped. */
  stoppedAt: number | null
}

/** The last heartbeat, or null if there was none yet. */
export function readHeartbeat(reader: Reader): Heartbeat | null {
  return reader.get('SELECT alive_at AS aliveAt, stopped_at AS stoppedAt FROM heartbeat')
}

/** Records that the process started to check deadlines. */
export function markStarted(tx: Tx): void {
  tx.run(
    `INSERT INTO heartbeat (id, started_at, alive_at) VALUES (1, $now, $now)
     ON CONFLICT (id) DO UPDATE SET started_at = $now, alive_at = $now, stopped_at = NULL`,
    { now: tx.now },
  )
}

export function markAlive(tx: Tx): void {
  tx.run('UPDATE heartbeat SET alive_at = $now WHERE id = 1', { now: tx.now })
}

/** Changes nothing, but fails if the disk can't be written. */
export function proveWritable(tx: Tx): void {
  tx.run('UPDATE heartbeat SET alive_at = alive_at WHERE id = 1')
}

/** Records that the process stopped and accepted pings until `at`. */
export function markStopped(tx: Tx, at: number): void {
  tx.run('UPDATE heartbeat SET alive_at = $at, stopped_at = $at WHERE id = 1', { at })
}

/** The machine's boot during which CronGuard last started. Null if the system does not report it. */
export function readBoot(reader: Reader): Boot | null {
  return reader.get('SELECT boot_id AS id, boot_since AS since FROM heartbeat WHERE boot_id NOT NULL')
}

export function saveBoot(tx: Tx, boot: Boot | null): void {
  const { id = null, since = null } = boot ?? {}
  tx.run('UPDATE heartbeat SET boot_id = $id, boot_since = $since WHERE id = 1', { id, since })
}
