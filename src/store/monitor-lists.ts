// Reads many monitors at once, with the columns that lists need.
import type { ListedMonitor } from '#domain/monitor-list.ts'
import { DAILY } from '#domain/schedule.ts'
import type { Reader } from './database.ts'
import { columnsOf, settingsReader } from './monitor-settings.ts'
import { type MonitorRow, toOpenRuns } from './monitors.ts'

const LISTED_SETTINGS = { name: '', slug: '', tags: '', schedule: DAILY }
const toListedSettings = settingsReader(LISTED_SETTINGS)

const LISTED_COLUMNS = `
  id, unique_key, status, ${columnsOf(LISTED_SETTINGS).join(', ')}, ping_count, last_ping_at,
  open_runs, due_at, deadline_at, recent_runs`

/** The monitors of a project for a list; only those in `ids` if given. */
export function listListedMonitors(
  reader: Reader,
  { projectId, ids }: { projectId: string; ids?: readonly number[] },
): ListedMonitor[] {
  const rows = ids
    ? reader.all<MonitorRow>(
        `SELECT ${LISTED_COLUMNS} FROM monitors
          WHERE id IN (SELECT value FROM json_each($ids)) AND project_id = $projectId`,
        { projectId, ids: JSON.stringify(ids) },
      )
    : reader.all<MonitorRow>(`SELECT ${LISTED_COLUMNS} FROM monitors WHERE project_id = $projectId`, { projectId })
  return rows.map(toListed)
}

interface OthersDown {
  projectId: string
  exceptId: number
  limit: number
}

/** The names of other monitors of the project that are down. */
export function listOthersDown(
  reader: Reader,
  others: OthersDown,
): { name: string; slug: string; uniqueKey: string }[] {
  return reader.all(
    `SELECT name, slug, unique_key AS uniqueKey
       FROM monitors
      WHERE project_id = $projectId AND status = 'down' AND id <> $exceptId
      ORDER BY id
      LIMIT $limit`,
    { ...others },
  )
}

/** Counts at most `limit` of them. */
export function countOthersDown(reader: Reader, others: OthersDown): number {
  const row = reader.get<{ count: number }>(
    `SELECT count(*) AS count
       FROM (SELECT 1 FROM monitors
              WHERE project_id = $projectId AND status = 'down' AND id <> $exceptId
              LIMIT $limit)`,
    { ...others },
  )
  return row?.count ?? 0
}

/** The distinct projects of these monitors. */
export function listProjectIdsOf(reader: Reader, ids: readonly number[]): string[] {
  return reader
    .all<{ project_id: string }>(
      'SELECT DISTINCT project_id FROM monitors WHERE id IN (SELECT value FROM json_each($ids))',
      { ids: JSON.stringify(ids) },
    )
    .map((row) => row.project_id)
}

export function countMonitorsOfProject(reader: Reader, projectId: string): number {
  const row = reader.get<{ count: number }>('SELECT count(*) AS count FROM monitors WHERE project_id = $projectId', {
    projectId,
  })
  return row?.count ?? 0
}

/** How many of these monitors still exist. */
export function countMonitors(reader: Reader, ids: readonly number[]): number {
  const row = reader.get<{ count: number }>(
    'SELECT count(*) AS count FROM monitors WHERE id IN (SELECT value FROM json_each($ids))',
    { ids: JSON.stringify(ids) },
  )
  return row?.count ?? 0
}

/** The status columns of every monitor of a project. */
export function listStatuses(
  reader: Reader,
  projectId: string,
): Pick<ListedMonitor, 'id' | 'status' | 'dueAt' | 'deadlineAt'>[] {
  return reader.all(
    `SELECT id, status, due_at AS dueAt, deadline_at AS deadlineAt FROM monitors WHERE project_id = $projectId`,
    { projectId },
  )
}

/** What a channel's page lists of every monitor of a project. */
export function listNamesAndTags(
  reader: Reader,
  projectId: string,
): Pick<ListedMonitor, 'id' | 'uniqueKey' | 'name' | 'slug' | 'tags'>[] {
  return reader.all(
    'SELECT id, unique_key AS uniqueKey, name, slug, tags FROM monitors WHERE project_id = $projectId ORDER BY id',
    { projectId },
  )
}

/** The slugs of the project's monitors, except that of the monitor `exceptId`. */
export function listSlugs(reader: Reader, by: { projectId: string; exceptId: number | null }): string[] {
  return reader
    .all<{ slug: string }>(
      `SELECT slug FROM monitors
        WHERE project_id = $projectId AND slug > '' AND id IS NOT $exceptId`,
      by,
    )
    .map(({ slug }) => slug)
}

function toListed(row: MonitorRow): ListedMonitor {
  return {
    id: row.id,
    uniqueKey: row.unique_key,
    ...toListedSettings(row),
    status: row.status,
    pingCount: row.ping_count,
    lastPingAt: row.last_ping_at,
    openRuns: toOpenRuns(row.open_runs),
    dueAt: row.due_at,
    deadlineAt: row.deadline_at,
    recentRuns: row.recent_runs,
  }
}
