import type { Boot } from '#domain/gap.ts'
import type { Reader, Tx } from './database.ts'

export interface Heartbeat {
  aliveAt: number
  /** Null: it was not stopped. */
  stoppedAt: number | null
}

/** The last heartbeat; null: there was none yet. */
export function readHeartbeat(reader: Reader): Heartbeat | null {
  return reader.get('SELECT alive_at AS aliveAt, stopped_at AS stoppedAt FROM heartbeat')
}

/** The process begins to watch. */
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

/** Changes nothing, and proves that the disk takes writes. */
export function proveWritable(tx: Tx): void {
  tx.run('UPDATE heartbeat SET alive_at = alive_at WHERE id = 1')
}

/** The process is stopped, and has accepted pings until `at`. */
export function markStopped(tx: Tx, at: number): void {
  tx.run('UPDATE heartbeat SET alive_at = $at, stopped_at = $at WHERE id = 1', { at })
}

/** The boot of the machine in which CronGuard started last; null where the system does not say. */
export function readBoot(reader: Reader): Boot | null {
  return reader.get('SELECT boot_id AS id, boot_since AS since FROM heartbeat WHERE boot_id NOT NULL')
}

export function saveBoot(tx: Tx, boot: Boot | null): void {
  const { id = null, since = null } = boot ?? {}
  tx.run('UPDATE heartbeat SET boot_id = $id, boot_since = $since WHERE id = 1', { id, since })
}
