import { displayName } from '#domain/account.ts'
import type { AcknowledgmentLink } from '#domain/incident.ts'
import { type MonitorScope, scopeFrom, scopeParams } from '#domain/monitor-scope.ts'
import type { Snooze } from '#domain/snooze.ts'
import type { Reader, Tx } from './database.ts'

interface SnoozeRow {
  id: string
  project_id: string
  monitor_id: number | null
  tag: string | null
  ends_at: number | null
  created_at: number
  created_via: string | null
  user_name: string | null
  user_email: string | null
}

const SNOOZES = `
  SELECT snoozes.id, project_id, monitor_id, tag, ends_at, snoozes.created_at, created_via,
         users.name AS user_name, users.email AS user_email
    FROM snoozes LEFT JOIN users ON users.id = created_by`

/** The snoozes of a project that have not ended, the newest last. */
export function listSnoozes(reader: Reader, { projectId, now }: { projectId: string; now: number }): Snooze[] {
  return reader
    .all<SnoozeRow>(
      `${SNOOZES} WHERE project_id = $projectId AND (ends_at IS NULL OR ends_at > $now) ORDER BY snoozes.created_at`,
      { projectId, now },
    )
    .map(toSnooze)
}

export function findSnooze(reader: Reader, id: string): Snooze | null {
  const row = reader.get<SnoozeRow>(`${SNOOZES} WHERE snoozes.id = $id`, { id })
  return row && toSnooze(row)
}

export interface NewSnooze {
  id: string
  projectId: string
  scope: MonitorScope
  endsAt: number | null
  userId: string | null
  via: AcknowledgmentLink | null
}

export function insertSnooze(tx: Tx, { scope, via, ...snooze }: NewSnooze): void {
  tx.run(
    `INSERT INTO snoozes (id, project_id, monitor_id, tag, ends_at, created_at, created_by, created_via)
     VALUES ($id, $projectId, $monitorId, $tag, $endsAt, $now, $userId, $via)`,
    {
      ...snooze,
      ...scopeParams(scope),
      via: via === null ? null : JSON.stringify(via),
      now: tx.now,
    },
  )
}

export function deleteSnooze(tx: Tx, id: string): void {
  tx.run('DELETE FROM snoozes WHERE id = $id', { id })
}

/** Ends the snoozes that last until this monitor recovers. */
export function deleteSnoozesUntilRecovery(tx: Tx, monitorId: number): void {
  tx.run('DELETE FROM snoozes WHERE monitor_id = $monitorId AND ends_at IS NULL', { monitorId })
}

export function deleteEndedSnoozes(tx: Tx, before: number): void {
  tx.run('DELETE FROM snoozes WHERE ends_at < $before', { before })
}

function toSnooze(row: SnoozeRow): Snooze {
  return {
    id: row.id,
    projectId: row.project_id,
    scope: scopeFrom(row),
    endsAt: row.ends_at,
    createdAt: row.created_at,
    by: row.user_email === null ? null : displayName({ name: row.user_name ?? '', email: row.user_email }),
    via: row.created_via === null ? null : JSON.parse(row.created_via),
  }
}
