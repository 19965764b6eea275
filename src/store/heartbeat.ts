import type { Boot } from '#domain/blackout.ts'
import type { Reader, Tx } from './database.ts'

export interface Heartbeat {
  aliveAt: number
  /** Null: it did not stop on purpose. */
  stoppedAt: number | null
}

/** The last sign of life; null: there was none yet. */
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

/** The process stops on purpose. */
export function markStopped(tx: Tx): void {
  tx.run('UPDATE heartbeat SET alive_at = $now, stopped_at = $now WHERE id = 1', { now: tx.now })
}

/** The run of the machine in which the last sign of life was given; null where nobody knows. */
export function readBoot(reader: Reader): Boot | null {
  return reader.get('SELECT boot_id AS id, booted_at AS at, boot_since AS since FROM heartbeat WHERE boot_id NOT NULL')
}

export function saveBoot(tx: Tx, boot: Boot | null): void {
  const { id = null, at = null, since = null } = boot ?? {}
  tx.run('UPDATE heartbeat SET boot_id = $id, booted_at = $at, boot_since = $since WHERE id = 1', { id, at, since })
}

/** The clock was set by `byMs`: by what it says now the last sign of life was so much later, but not after now. */
export function shiftHeartbeat(tx: Tx, byMs: number): void {
  tx.run('UPDATE heartbeat SET alive_at = min(alive_at + $byMs, max(alive_at, $now)) WHERE id = 1', {
    byMs,
    now: tx.now,
  })
}
