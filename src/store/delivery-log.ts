// Reads the deliveries of a project for the API.
import type { Attempt, DeliveryState, FailureReason, Outcome } from '#domain/delivery.ts'
import type { HoldReason } from '#domain/hold.ts'
import type { Reader } from './database.ts'
import { type DeliveryRecord, RECORD_COLUMNS, RECORD_TABLES, type RecordRow, toRecord } from './deliveries.ts'

export interface LoggedDelivery extends DeliveryRecord {
  /** Increases with time. */
  sequence: number
  projectId: string
  /** Null for a notification about the server itself. */
  monitor: { uniqueKey: string; name: string } | null
}

interface LoggedRow extends RecordRow {
  project_id: string
  unique_key: string | null
  monitor_name: string | null
}

const COLUMNS = `${RECORD_COLUMNS}, notifications.project_id, unique_key, monitors.name AS monitor_name`
const TABLES = `${RECORD_TABLES} LEFT JOIN monitors ON monitors.id = deliveries.monitor_id`

export function findLoggedDelivery(reader: Reader, id: string): LoggedDelivery | null {
  const row = reader.get<LoggedRow>(`SELECT ${COLUMNS} FROM ${TABLES} WHERE deliveries.id = $id`, { id })
  return row && toLogged(row)
}

export interface LogRange {
  projectId: string
  /** Null for any state. */
  state: DeliveryState | null
  /** Only deliveries with a lower sequence. Null to start with the newest. */
  below: number | null
  limit: number
}

/** Newest first. */
export function listLoggedDeliveries(reader: Reader, range: LogRange): LoggedDelivery[] {
  return reader
    .all<LoggedRow>(
      `SELECT ${COLUMNS} FROM ${TABLES}
        WHERE deliveries.sequence IN (
                SELECT sequence FROM notifications JOIN deliveries ON notification_id = notifications.id
                 WHERE project_id = $projectId
                   AND ($below IS NULL OR sequence < $below) AND ($state IS NULL OR state = $state)
                 ORDER BY sequence DESC LIMIT $limit
              )
        ORDER BY deliveries.sequence DESC`,
      { ...range },
    )
    .map(toLogged)
}

/** In the order in which they were made. */
export function listDeliveriesOfIncident(reader: Reader, incidentId: string): DeliveryRecord[] {
  return reader
    .all<RecordRow>(
      `SELECT ${RECORD_COLUMNS}
         FROM incidents JOIN ${RECORD_TABLES}
        WHERE incidents.id = $incidentId
          AND (notifications.transition_id IN (opened_by, closed_by) OR notifications.incident_id = incidents.id)
        ORDER BY deliveries.sequence`,
      { incidentId },
    )
    .map(toRecord)
}

/** When a delivery and its notification were created, and how its last attempt failed, if one did. */
export function findQueueing(
  reader: Reader,
  sequence: number,
): { queuedAt: number; notedAt: number; heldFor: HoldReason | null; lastFailure: string | null } | null {
  return reader.get(
    `SELECT deliveries.created_at AS queuedAt, notifications.created_at AS notedAt,
            held_for AS heldFor,
            (SELECT detail FROM delivery_attempts
              WHERE delivery_sequence = sequence AND result = 'failed'
              ORDER BY number DESC LIMIT 1) AS lastFailure
       FROM deliveries JOIN notifications ON notifications.id = notification_id
      WHERE sequence = $sequence`,
    { sequence },
  )
}

/** What the program said in the last attempt; null if it ran none. */
export function findOutput(reader: Reader, deliveryId: string): string | null {
  const row = reader.get<{ text: string }>(
    `SELECT text
       FROM delivery_outputs
       JOIN deliveries ON deliveries.sequence = delivery_sequence
      WHERE deliveries.id = $deliveryId`,
    { deliveryId },
  )
  return row?.text ?? null
}

/** Oldest first. */
export function listAttempts(reader: Reader, sequence: number): Attempt[] {
  return reader
    .all<{
      started_at: number
      finished_at: number
      result: Outcome['result']
      reason: FailureReason | null
      detail: string
    }>(
      `SELECT started_at, finished_at, result, reason, detail
         FROM delivery_attempts
        WHERE delivery_sequence = $sequence
        ORDER BY number`,
      { sequence },
    )
    .map(({ started_at, finished_at, ...attempt }) => ({ ...attempt, startedAt: started_at, finishedAt: finished_at }))
}

function toLogged(row: LoggedRow): LoggedDelivery {
  return {
    ...toRecord(row),
    sequence: row.sequence,
    projectId: row.project_id,
    monitor: row.unique_key === null ? null : { uniqueKey: row.unique_key, name: row.monitor_name ?? '' },
  }
}
