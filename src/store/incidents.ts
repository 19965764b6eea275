import { displayName } from '#domain/account.ts'
import type { Acknowledgment, AcknowledgmentLink, Incident, IncidentPlace, IncidentSummary } from '#domain/incident.ts'
import type { RecordedTransition, Transition, TransitionReason } from '#domain/lifecycle.ts'
import type { MutedBy } from '#domain/notification.ts'
import type { StoredStatus } from '#domain/status.ts'
import type { Reader, Tx } from './database.ts'

/** One row of `TRANSITION_COLUMNS`. */
export interface TransitionRow {
  id: number
  from_status: StoredStatus
  to_status: StoredStatus
  at: number
  reason: TransitionReason
}

export const TRANSITION_COLUMNS = 'id, from_status, to_status, at, reason'

export interface IncidentRow {
  id: string
  opened_by: number
  monitor_id: number
  opened_at: number
  closed_at: number | null
  acknowledged_at: number | null
  acknowledged_via: string | null
  user_name: string | null
  user_email: string | null
  note: string
}

export const INCIDENT_COLUMNS = `
  incidents.id, incidents.monitor_id, opened_by, opened_at, closed_at, acknowledged_at, acknowledged_via, note,
  users.name AS user_name, users.email AS user_email`

/** Includes the monitor, and the user who acknowledged the incident. */
export const INCIDENT_TABLES = `
  incidents JOIN monitors ON monitors.id = incidents.monitor_id
            LEFT JOIN users ON users.id = acknowledged_by`

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

/** Transitions from `from` (inclusive) to `to` (exclusive), newest first. */
export function listTransitions(
  reader: Reader,
  range: { monitorId: number; from: number; to: number; limit: number },
): RecordedTransition[] {
  return reader
    .all<TransitionRow>(
      `SELECT ${TRANSITION_COLUMNS} FROM transitions
        WHERE monitor_id = $monitorId AND at >= $from AND at < $to
        ORDER BY at DESC, id DESC
        LIMIT $limit`,
      range,
    )
    .map(toTransition)
}

export function openIncident(
  tx: Tx,
  opening: { id: string; monitorId: number; transitionId: number; at: number },
): void {
  tx.run('INSERT INTO incidents (id, monitor_id, opened_by, opened_at) VALUES ($id, $monitorId, $transitionId, $at)', {
    ...opening,
  })
  tx.touch(opening.monitorId)
}

export interface IncidentOpening {
  id: string
  openedAt: number
  /** Whether a notification of it is owed because it was muted. */
  isMuted: boolean
  /** The transition that opened it. */
  openedBy: number
}

/**
 * Closes the open incident of the monitor. Null when there is none. If the clock was set back, the incident is closed
 * at the moment it was opened.
 */
export function closeIncident(
  tx: Tx,
  closing: { monitorId: number; transitionId: number; at: number },
): IncidentOpening | null {
  tx.touch(closing.monitorId)
  const row = tx.get<Omit<IncidentOpening, 'isMuted'> & { isMuted: number }>(
    `UPDATE incidents SET closed_by = $transitionId, closed_at = max(opened_at, $at)
      WHERE monitor_id = $monitorId AND closed_at IS NULL
      RETURNING id, opened_at AS openedAt, opened_by AS openedBy, muted_by IS NOT NULL AS isMuted`,
    closing,
  )
  return row && { ...row, isMuted: row.isMuted === 1 }
}

/** The due time without a ping that a transition is about. Null if it has another reason. */
export function findMissedAt(reader: Reader, transitionId: number): number | null {
  const row = reader.get<{ dueAt: number | null }>(
    `SELECT content ->> 'dueAt' AS dueAt
       FROM transitions JOIN notifications ON transition_id = transitions.id
      WHERE transitions.id = $transitionId AND reason IN ('timeout', 'no-ping')`,
    { transitionId },
  )
  return row?.dueAt ?? null
}

/** The incident and the project of its monitor. */
export function findIncident(reader: Reader, id: string): { incident: Incident; projectId: string } | null {
  const row = reader.get<IncidentRow & { project_id: string }>(
    `SELECT ${INCIDENT_COLUMNS}, monitors.project_id FROM ${INCIDENT_TABLES} WHERE incidents.id = $id`,
    { id },
  )
  return row && { incident: toIncident(row), projectId: row.project_id }
}

/** The open incidents of a project by monitor. */
export function listOpenOfProject(reader: Reader, projectId: string): Map<number, string> {
  const rows = reader.all<{ id: string; monitorId: number }>(
    `SELECT incidents.id, monitor_id AS monitorId
       FROM incidents JOIN monitors ON monitors.id = monitor_id
      WHERE project_id = $projectId AND closed_at IS NULL`,
    { projectId },
  )
  return new Map(rows.map(({ id, monitorId }) => [monitorId, id]))
}

/** The channels that were notified of an incident. */
export function listNotifiedChannels(reader: Reader, incidentId: string): string[] {
  return reader
    .all<{ id: string }>(
      `SELECT DISTINCT channel_id AS id
         FROM incidents
         JOIN notifications ON transition_id = opened_by OR incident_id = incidents.id
         JOIN deliveries ON notification_id = notifications.id
        WHERE incidents.id = $incidentId AND channel_id IS NOT NULL`,
      { incidentId },
    )
    .map(({ id }) => id)
}

/** Owes the monitor's people a notification of its open incident, unless one is owed already. */
export function muteIncident(tx: Tx, { id, monitorId, by }: { id: string; monitorId: number; by: MutedBy }): void {
  tx.touch(monitorId)
  tx.run('UPDATE incidents SET muted_by = $by WHERE id = $id AND muted_by IS NULL', { id, by })
}

/** When the monitor last recovered; null if it never was down. */
export function findLastRecovery(reader: Reader, monitorId: number): number | null {
  const row = reader.get<{ at: number | null }>(
    'SELECT max(closed_at) AS at FROM incidents WHERE monitor_id = $monitorId',
    { monitorId },
  )
  return row?.at ?? null
}

/** The incident that a delivery is about, or null. */
export function findIncidentIdOfDelivery(reader: Reader, deliveryId: string): string | null {
  const row = reader.get<{ id: string }>(
    `SELECT incidents.id
       FROM deliveries
       JOIN notifications ON notifications.id = notification_id
       JOIN incidents ON transition_id IN (opened_by, closed_by) OR incidents.id = incident_id
      WHERE deliveries.id = $deliveryId AND incidents.monitor_id = deliveries.monitor_id`,
    { deliveryId },
  )
  return row?.id ?? null
}

interface SummaryRow extends IncidentRow {
  unique_key: string
  monitor_name: string
  slug: string
  tags: string
  reason: TransitionReason
  failed_deliveries: number
}

const SUMMARY_COLUMNS = `${INCIDENT_COLUMNS}, monitors.unique_key, monitors.name AS monitor_name, monitors.slug,
  monitors.tags,
  (SELECT reason FROM transitions WHERE transitions.id = opened_by) AS reason,
  (SELECT count(*)
     FROM notifications JOIN deliveries ON deliveries.notification_id = notifications.id
    WHERE (transition_id IN (opened_by, closed_by) OR incident_id = incidents.id)
      AND state = 'failed') AS failed_deliveries`

interface IncidentRange extends IncidentPlace {
  projectId: string
  limit: number
}

/** Which incidents are listed. Nulls don't filter. */
export interface ListedIncidents {
  monitorIds: readonly number[] | null
  isOpen: boolean | null
  isAcknowledged: boolean | null
  /** It began at this moment or later, and before `until`. */
  since: number | null
  until: number | null
}

/** The incidents that match, newest first, starting after the given position. */
export function listIncidents(
  reader: Reader,
  { monitorIds, isOpen, ...range }: IncidentRange & ListedIncidents,
): IncidentSummary[] {
  // Literal, because the indexes are partial.
  const openness = isOpen === null ? '' : `AND closed_at IS ${isOpen ? 'NULL' : 'NOT NULL'}`
  return reader
    .all<SummaryRow>(
      `SELECT ${SUMMARY_COLUMNS} FROM ${INCIDENT_TABLES}
        WHERE project_id = $projectId AND (opened_at, opened_by) < ($openedAt, $openedBy) ${openness}
          AND ($monitorIds IS NULL OR monitors.id IN (SELECT value FROM json_each($monitorIds)))
          AND ($isAcknowledged IS NULL OR (acknowledged_at IS NOT NULL) = $isAcknowledged)
          AND opened_at >= coalesce($since, opened_at) AND ($until IS NULL OR opened_at < $until)
        ORDER BY opened_at DESC, opened_by DESC
        LIMIT $limit`,
      { ...range, monitorIds: monitorIds && JSON.stringify(monitorIds) },
    )
    .map(toSummary)
}

/** Incidents of these monitors that were open at some time in the span, newest first. */
export function listIncidentsAround(
  reader: Reader,
  { monitorIds, ...span }: { monitorIds: readonly number[]; from: number; to: number; limit: number },
): IncidentSummary[] {
  return reader
    .all<SummaryRow>(
      `SELECT ${SUMMARY_COLUMNS} FROM ${INCIDENT_TABLES}
        WHERE monitors.id IN (SELECT value FROM json_each($monitorIds))
          AND opened_at <= $to AND (closed_at IS NULL OR closed_at >= $from)
        ORDER BY opened_at DESC, opened_by DESC
        LIMIT $limit`,
      { ...span, monitorIds: JSON.stringify(monitorIds) },
    )
    .map(toSummary)
}

/** The incident as lists show it, and the project of its monitor. */
export function findIncidentSummary(
  reader: Reader,
  id: string,
): { incident: IncidentSummary; projectId: string } | null {
  const row = reader.get<SummaryRow & { project_id: string }>(
    `SELECT ${SUMMARY_COLUMNS}, monitors.project_id FROM ${INCIDENT_TABLES} WHERE incidents.id = $id`,
    { id },
  )
  return row && { incident: toSummary(row), projectId: row.project_id }
}

export function countOpenIncidents(reader: Reader, projectId: string): number {
  const row = reader.get<{ count: number }>(
    `SELECT count(*) AS count
       FROM incidents JOIN monitors ON monitors.id = incidents.monitor_id
      WHERE project_id = $projectId AND closed_at IS NULL`,
    { projectId },
  )
  return row?.count ?? 0
}

/** Returns false when the incident was already acknowledged. */
export function acknowledgeIncident(
  tx: Tx,
  incident: { id: string; monitorId: number; userId: string | null; via: AcknowledgmentLink | null },
): boolean {
  tx.touch(incident.monitorId)
  const changed = tx.run(
    `UPDATE incidents SET acknowledged_at = $now, acknowledged_by = $userId, acknowledged_via = $via
      WHERE id = $id AND acknowledged_at IS NULL`,
    {
      id: incident.id,
      userId: incident.userId,
      via: incident.via === null ? null : JSON.stringify(incident.via),
      now: tx.now,
    },
  )
  return changed > 0
}

export function withdrawAcknowledgment(tx: Tx, { id, monitorId }: { id: string; monitorId: number }): void {
  tx.touch(monitorId)
  tx.run(
    'UPDATE incidents SET acknowledged_at = NULL, acknowledged_by = NULL, acknowledged_via = NULL WHERE id = $id',
    { id },
  )
}

export function saveNote(tx: Tx, { id, monitorId, note }: { id: string; monitorId: number; note: string }): void {
  tx.touch(monitorId)
  tx.run('UPDATE incidents SET note = $note WHERE id = $id', { id, note })
}

export function toTransition(row: TransitionRow): RecordedTransition {
  return { id: row.id, from: row.from_status, to: row.to_status, at: row.at, reason: row.reason }
}

export function toIncident(row: IncidentRow): Incident {
  return {
    id: row.id,
    monitorId: row.monitor_id,
    openedAt: row.opened_at,
    closedAt: row.closed_at,
    acknowledgment: toAcknowledgment(row),
    note: row.note,
  }
}

function toAcknowledgment({ acknowledged_at, acknowledged_via, ...user }: IncidentRow): Acknowledgment | null {
  if (acknowledged_at === null) return null
  const by = user.user_email === null ? null : displayName({ name: user.user_name ?? '', email: user.user_email })
  return { at: acknowledged_at, by, via: acknowledged_via === null ? null : JSON.parse(acknowledged_via) }
}

function toSummary(row: SummaryRow): IncidentSummary {
  return {
    ...toIncident(row),
    openedBy: row.opened_by,
    monitor: { uniqueKey: row.unique_key, name: row.monitor_name, slug: row.slug, tags: row.tags },
    reason: row.reason,
    failedDeliveries: row.failed_deliveries,
  }
}
