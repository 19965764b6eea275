import type { Incident } from '#domain/incident.ts'
import type { Transition, TransitionReason } from '#domain/lifecycle.ts'
import type { StoredStatus } from '#domain/status.ts'
import type { Reader, Tx } from './database.ts'

interface TransitionRow {
  from_status: StoredStatus
  to_status: StoredStatus
  at: number
  reason: TransitionReason
}

interface IncidentRow {
  id: string
  monitor_id: number
  opened_at: number
  closed_at: number | null
}

/** Returns the id of the new row. */
export function insertTransition(tx: Tx, transition: Transition & { monitorId: number }): number {
  const row = tx.get<{ id: number }>(
    `INSERT INTO transitions (monitor_id, from_status, to_status, at, reason)
     VALUES ($monitorId, $from, $to, $at, $reason) RETURNING id`,
    { ...transition },
  )
  if (row === null) throw new Error('The new transition was not inserted.')
  return row.id
}

/** Newest first; from `from` on, up to but without `to`. */
export function listTransitions(
  reader: Reader,
  range: { monitorId: number; from: number; to: number; limit: number },
): Transition[] {
  return reader
    .all<TransitionRow>(
      `SELECT from_status, to_status, at, reason FROM transitions
        WHERE monitor_id = $monitorId AND at >= $from AND at < $to
        ORDER BY at DESC, id DESC
        LIMIT $limit`,
      range,
    )
    .map((row) => ({ from: row.from_status, to: row.to_status, at: row.at, reason: row.reason }))
}

export function openIncident(
  tx: Tx,
  opening: { id: string; monitorId: number; transitionId: number; at: number },
): void {
  tx.run('INSERT INTO incidents (id, monitor_id, opened_by, opened_at) VALUES ($id, $monitorId, $transitionId, $at)', {
    ...opening,
  })
}

/** Closes the open incident of the monitor and returns it; null when there is none. */
export function closeIncident(
  tx: Tx,
  closing: { monitorId: number; transitionId: number; at: number },
): Incident | null {
  const row = tx.get<IncidentRow>(
    `UPDATE incidents SET closed_by = $transitionId, closed_at = $at
      WHERE monitor_id = $monitorId AND closed_at IS NULL
      RETURNING id, monitor_id, opened_at, closed_at`,
    closing,
  )
  return row && { id: row.id, monitorId: row.monitor_id, openedAt: row.opened_at, closedAt: row.closed_at }
}
