// Handles deliveries that a process claimed but did not settle.
import type { Tx } from './database.ts'

/** Records an interrupted attempt when the lease ran out. The notification may or may not have arrived. */
export function insertInterruptedAttempt(
  tx: Tx,
  { sequence, leaseMs, detail }: { sequence: number; leaseMs: number; detail: string },
): void {
  tx.run(
    `INSERT INTO delivery_attempts (delivery_sequence, number, started_at, finished_at, result, reason, detail)
     SELECT sequence, attempts, leased_until - $leaseMs, $now, 'failed', 'error', $detail
       FROM deliveries
      WHERE sequence = $sequence AND state = 'sending' AND leased_until <= $now
     ON CONFLICT DO NOTHING`,
    { sequence, leaseMs, detail, now: tx.now },
  )
}

/** Ends all leases, so that the deliveries can be claimed again at once. Returns how many there were. */
export function endLeases(tx: Tx, { leaseMs, detail }: { leaseMs: number; detail: string }): number {
  tx.run(
    `INSERT INTO delivery_attempts (delivery_sequence, number, started_at, finished_at, result, reason, detail)
     SELECT sequence, attempts, leased_until - $leaseMs, $now, 'failed', 'error', $detail
       FROM deliveries
      WHERE settled_at IS NULL AND state = 'sending'
     ON CONFLICT DO NOTHING`,
    { leaseMs, detail, now: tx.now },
  )
  return tx.run(
    `UPDATE deliveries SET leased_until = min(leased_until, $now) WHERE settled_at IS NULL AND state = 'sending'`,
    { now: tx.now },
  )
}
