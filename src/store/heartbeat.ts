import type { Tx } from './database.ts'

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

/** The process stops on purpose. */
export function markStopped(tx: Tx): void {
  tx.run('UPDATE heartbeat SET alive_at = $now, stopped_at = $now WHERE id = 1', { now: tx.now })
}
