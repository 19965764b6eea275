import type { MonitorNotification } from '#domain/notification.ts'
import type { Reader } from './database.ts'

/** What was sent about an incident. */
export interface SentIncident {
  down: MonitorNotification
  /** Null if the incident is open. */
  up: MonitorNotification | null
}

/** The newest incident of a project's monitors; null if there is none. */
export function findLastIncident(reader: Reader, projectId: string): SentIncident | null {
  const row = reader.get<{ down: string; up: string | null }>(
    `SELECT content AS down,
            (SELECT closing.content FROM incidents JOIN notifications AS closing ON closing.transition_id = closed_by
              WHERE opened_by = notifications.transition_id) AS up
       FROM notifications
      WHERE project_id = $projectId AND transition_id IS NOT NULL AND content ->> 'status' = 'down'
      ORDER BY id DESC
      LIMIT 1`,
    { projectId },
  )
  return row && { down: JSON.parse(row.down), up: row.up === null ? null : JSON.parse(row.up) }
}
