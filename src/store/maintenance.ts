import { displayName } from '#domain/account.ts'
import type { MaintenanceTimes, MaintenanceWindow, Span } from '#domain/maintenance.ts'
import { type MonitorScope, type ScopeColumns, scopeFrom, scopeParams } from '#domain/monitor-scope.ts'
import type { ScheduleKind } from '#domain/schedule.ts'
import type { Reader, Tx } from './database.ts'

interface WindowRow extends ScopeColumns {
  id: string
  project_id: string
  name: string
  starts_at: number
  ends_at: number | null
  schedule_kind: ScheduleKind | null
  expression: string | null
  time_zone: string | null
  duration_ms: number | null
  created_at: number
  created_from: string | null
  user_name: string | null
  user_email: string | null
}

const WINDOWS = `
  SELECT maintenance_windows.id, project_id, monitor_id, tag, maintenance_windows.name, starts_at, ends_at,
         schedule_kind, expression, maintenance_windows.time_zone, duration_ms, maintenance_windows.created_at,
         created_from, users.name AS user_name, users.email AS user_email
    FROM maintenance_windows LEFT JOIN users ON users.id = created_by`

/** The windows of a project that have not ended by `since`, in the order in which they were created. */
export function listWindows(
  reader: Reader,
  { projectId, since }: { projectId: string; since: number },
): MaintenanceWindow[] {
  return reader
    .all<WindowRow>(
      `${WINDOWS} WHERE project_id = $projectId AND (ends_at IS NULL OR ends_at > $since)
        ORDER BY maintenance_windows.created_at, maintenance_windows.rowid`,
      { projectId, since },
    )
    .map(toWindow)
}

export function findWindow(reader: Reader, id: string): MaintenanceWindow | null {
  const row = reader.get<WindowRow>(`${WINDOWS} WHERE maintenance_windows.id = $id`, { id })
  return row && toWindow(row)
}

/** The times that a monitor's ping URL asked for, as far as they end after `since`. */
export function listOpenedByPing(reader: Reader, { monitorId, since }: { monitorId: number; since: number }): Span[] {
  return reader.all<Span>(
    `SELECT starts_at AS "from", ends_at AS "to" FROM maintenance_windows
      WHERE monitor_id = $monitorId AND created_from IS NOT NULL AND ends_at > $since`,
    { monitorId, since },
  )
}

export interface NewWindow {
  id: string
  projectId: string
  scope: MonitorScope
  name: string
  times: MaintenanceTimes
  userId: string | null
  from: string | null
}

export function insertWindow(tx: Tx, { scope, times, ...window }: NewWindow): void {
  const recurring = times.is === 'recurring' ? times : null
  tx.run(
    `INSERT INTO maintenance_windows (
       id, project_id, monitor_id, tag, name, starts_at, ends_at, schedule_kind, expression, time_zone, duration_ms,
       created_at, created_by, created_from
     ) VALUES (
       $id, $projectId, $monitorId, $tag, $name, $startsAt, $endsAt, $kind, $expression, $timeZone, $durationMs,
       $now, $userId, $from
     )`,
    {
      ...window,
      ...scopeParams(scope),
      startsAt: times.startsAt,
      endsAt: times.is === 'once' ? times.endsAt : null,
      kind: recurring?.schedule.kind ?? null,
      expression: recurring?.schedule.expression ?? null,
      timeZone: recurring?.schedule.timeZone ?? null,
      durationMs: recurring?.durationMs ?? null,
      now: tx.now,
    },
  )
}

/** A window that is over stays for the history. */
export function endWindow(tx: Tx, id: string): void {
  tx.run('UPDATE maintenance_windows SET ends_at = $now WHERE id = $id', { id, now: tx.now })
}

export function deleteWindow(tx: Tx, id: string): void {
  tx.run('DELETE FROM maintenance_windows WHERE id = $id', { id })
}

export function deleteOldWindows(tx: Tx, before: number): void {
  tx.run('DELETE FROM maintenance_windows WHERE ends_at < $before', { before })
}

function toWindow(row: WindowRow): MaintenanceWindow {
  return {
    id: row.id,
    projectId: row.project_id,
    scope: scopeFrom(row),
    name: row.name,
    times: timesOf(row),
    createdAt: row.created_at,
    by: row.user_email === null ? null : displayName({ name: row.user_name ?? '', email: row.user_email }),
    from: row.created_from,
  }
}

function timesOf(row: WindowRow): MaintenanceTimes {
  const { starts_at: startsAt, ends_at: endsAt, schedule_kind: kind, duration_ms: durationMs } = row
  if (endsAt !== null) return { is: 'once', startsAt, endsAt }
  const schedule = {
    kind: kind ?? 'cron',
    periodMs: 0,
    expression: row.expression ?? '',
    timeZone: row.time_zone ?? 'UTC',
  }
  return { is: 'recurring', startsAt, schedule, durationMs: durationMs ?? 0 }
}
