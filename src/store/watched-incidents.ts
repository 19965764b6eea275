// Open incidents of which people are notified again.
import type { AlertRules } from '#domain/monitor.ts'
import type { MonitorNotification, MutedBy } from '#domain/notification.ts'
import type { Reminded } from '#domain/reminder.ts'
import type { Reader, Tx } from './database.ts'

/** What was said of an open incident so far. */
export interface Watched extends Reminded {
  id: string
  monitorId: number
  /** What muted a notification that is owed since; null if none is. */
  mutedBy: MutedBy | null
  isAcknowledged: boolean
  /** Since when it could have been acknowledged. */
  escalatesFrom: number
  /** The longest delay of the channels that were notified. */
  escalatedMs: number
}

const COLUMNS = `incidents.id, incidents.monitor_id AS monitorId, opened_at AS openedAt, reminded_at AS remindedAt,
  reminders, muted_by AS mutedBy, acknowledged_at IS NOT NULL AS isAcknowledged,
  coalesce(unmuted_at, opened_at) AS escalatesFrom, escalated_ms AS escalatedMs`

type Row<One> = Omit<One, 'isAcknowledged' | 'remindLess'> & { isAcknowledged: number }

/** With the notification that opened it; null for an incident of a version without notifications. */
export interface OpenIncident extends Watched {
  opening: MonitorNotification | null
}

/** Null if it is closed. */
export function findOpenIncident(reader: Reader, id: string): OpenIncident | null {
  const row = reader.get<Row<Watched> & { content: string | null }>(
    `SELECT ${COLUMNS}, (SELECT content FROM notifications WHERE transition_id = opened_by) AS content
       FROM incidents
      WHERE id = $id AND closed_at IS NULL`,
    { id },
  )
  if (row === null) return null
  const { content, ...incident } = row
  return {
    ...incident,
    isAcknowledged: row.isAcknowledged === 1,
    opening: content === null ? null : JSON.parse(content),
  }
}

/** An open incident with what its monitor and the channels of it want. */
export interface WatchedIncident extends Watched, Pick<AlertRules, 'remindMs' | 'remindLess'> {
  /** The delay of the channels that are notified next; null if none is left. */
  nextDelayMs: number | null
}

/** Those of which a notification is owed, and unacknowledged ones that reminders or the delays of channels concern. */
export function listWatchedIncidents(reader: Reader): WatchedIncident[] {
  const hasDelays = reader.get('SELECT 1 FROM channels WHERE delay_ms > 0 AND disabled_at IS NULL LIMIT 1') !== null
  return reader
    .all<Row<WatchedIncident> & { remindLess: number }>(
      `SELECT ${COLUMNS}, remind_ms AS remindMs, remind_less AS remindLess,
              (SELECT min(delay_ms)
                 FROM monitor_channels JOIN channels ON channels.id = channel_id
                WHERE monitor_channels.monitor_id = incidents.monitor_id
                  AND disabled_at IS NULL AND delay_ms > escalated_ms) AS nextDelayMs
         FROM incidents JOIN monitors ON monitors.id = incidents.monitor_id
        WHERE closed_at IS NULL
          AND (muted_by IS NOT NULL OR (acknowledged_at IS NULL AND (remind_ms IS NOT NULL OR $hasDelays)))`,
      { hasDelays },
    )
    .map((row) => ({ ...row, isAcknowledged: row.isAcknowledged === 1, remindLess: row.remindLess === 1 }))
}

/** Records that people were notified again. */
export function noteAgain(
  tx: Tx,
  {
    id,
    monitorId,
    ...said
  }: Pick<Watched, 'id' | 'monitorId' | 'remindedAt' | 'reminders' | 'escalatesFrom' | 'escalatedMs'>,
): void {
  tx.touch(monitorId)
  tx.run(
    `UPDATE incidents
        SET muted_by = NULL, reminded_at = $remindedAt, reminders = $reminders,
            unmuted_at = nullif($escalatesFrom, opened_at), escalated_ms = $escalatedMs
      WHERE id = $id`,
    { id, ...said },
  )
}
