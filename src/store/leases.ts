// Deliveries that a process claimed and did not settle.
import type { Tx } from './database.ts'

/** The attempt before this one left no word, if its lease ran out: nobody knows whether the message arrived. */
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

/** Nobody sends what was claimed any more, whatever the leases say: it may be claimed at once. Returns how many. */
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
