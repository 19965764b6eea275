import type { Monitor, MonitorKeys, MonitorSettings, MonitorState, OpenRun, WatchedMonitor } from '#domain/monitor.ts'
import type { ListedMonitor } from '#domain/monitor-list.ts'
import type { PingRules } from '#domain/ping.ts'
import type { Schedule } from '#domain/schedule.ts'
import type { StoredStatus } from '#domain/status.ts'
import type { Params, Reader, Tx } from './database.ts'

interface WatchedRow {
  id: number
  status: StoredStatus
  ping_count: number
  last_ping_at: number | null
  run_started_at: number | null
  run_id: string | null
  last_duration_ms: number | null
  recent_runs: string
  due_at: number | null
  deadline_at: number | null
  schedule_kind: string
  period_ms: number
  grace_ms: number
  post_only: number
  manual_resume: number
  start_keywords: string
  success_keywords: string
  failure_keywords: string
  filter_subject: number
  filter_body: number
  filter_http_body: number
  fails_by_default: number
}

interface MonitorRow extends WatchedRow {
  project_id: string
  ping_key: string
  unique_key: string
  badge_key: string
  name: string
  slug: string
  tags: string
  description: string
  created_at: number
}

const WATCHED_COLUMNS = `
  id, status, ping_count, last_ping_at, run_started_at, run_id, last_duration_ms, recent_runs, due_at, deadline_at,
  schedule_kind, period_ms, grace_ms, post_only, manual_resume, start_keywords, success_keywords, failure_keywords,
  filter_subject, filter_body, filter_http_body, fails_by_default`

const COLUMNS = `${WATCHED_COLUMNS},
  project_id, ping_key, unique_key, badge_key, name, slug, tags, description, created_at`

export function findWatchedByPingKey(reader: Reader, pingKey: string): WatchedMonitor | null {
  const row = reader.get<WatchedRow>(`SELECT ${WATCHED_COLUMNS} FROM monitors WHERE ping_key = $pingKey`, { pingKey })
  return row && toWatched(row)
}

export function findWatchedById(reader: Reader, id: number): WatchedMonitor | null {
  const row = reader.get<WatchedRow>(`SELECT ${WATCHED_COLUMNS} FROM monitors WHERE id = $id`, { id })
  return row && toWatched(row)
}

/** At most two: enough to know whether the slug is ambiguous. */
export function listPingKeysBySlug(reader: Reader, by: { projectPingKey: string; slug: string }): string[] {
  return reader
    .all<{ ping_key: string }>(
      `SELECT monitors.ping_key
         FROM monitors JOIN projects ON projects.id = monitors.project_id
        WHERE projects.ping_key = $projectPingKey AND monitors.slug = $slug
        LIMIT 2`,
      by,
    )
    .map((row) => row.ping_key)
}

export function findMonitorById(reader: Reader, id: number): Monitor | null {
  const row = reader.get<MonitorRow>(`SELECT ${COLUMNS} FROM monitors WHERE id = $id`, { id })
  return row && toMonitor(row)
}

export function findMonitorByPingKey(reader: Reader, pingKey: string): Monitor | null {
  const row = reader.get<MonitorRow>(`SELECT ${COLUMNS} FROM monitors WHERE ping_key = $pingKey`, { pingKey })
  return row && toMonitor(row)
}

export function findMonitorByBadgeKey(reader: Reader, badgeKey: string): Monitor | null {
  const row = reader.get<MonitorRow>(`SELECT ${COLUMNS} FROM monitors WHERE badge_key = $badgeKey`, { badgeKey })
  return row && toMonitor(row)
}

export function findMonitorByUniqueKey(reader: Reader, by: { projectId: string; uniqueKey: string }): Monitor | null {
  const row = reader.get<MonitorRow>(
    `SELECT ${COLUMNS} FROM monitors WHERE unique_key = $uniqueKey AND project_id = $projectId`,
    by,
  )
  return row && toMonitor(row)
}

/** The monitor with this unique key in one of the projects that the user belongs to. */
export function findMonitorForUser(reader: Reader, by: { uniqueKey: string; userId: string }): Monitor | null {
  const row = reader.get<MonitorRow>(
    `SELECT ${COLUMNS} FROM monitors
      WHERE unique_key = $uniqueKey
        AND project_id IN (SELECT project_id FROM memberships WHERE user_id = $userId)
      ORDER BY id`,
    by,
  )
  return row && toMonitor(row)
}

/** In the order in which they were created. */
export function listMonitors(reader: Reader, projectId: string): Monitor[] {
  return reader
    .all<MonitorRow>(`SELECT ${COLUMNS} FROM monitors WHERE project_id = $projectId ORDER BY id`, { projectId })
    .map(toMonitor)
}

const LISTED_COLUMNS = `
  id, unique_key, name, slug, tags, status, schedule_kind, period_ms, last_ping_at, run_started_at, run_id, due_at,
  deadline_at, recent_runs`

/** What a list shows of the monitors of a project; of those in `ids` only, when it is given. */
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

/** The projects of these monitors, each once. */
export function listProjectIdsOf(reader: Reader, ids: readonly number[]): string[] {
  return reader
    .all<{ project_id: string }>(
      'SELECT DISTINCT project_id FROM monitors WHERE id IN (SELECT value FROM json_each($ids))',
      { ids: JSON.stringify(ids) },
    )
    .map((row) => row.project_id)
}

/** How many of these monitors there still are. */
export function countMonitors(reader: Reader, ids: readonly number[]): number {
  const row = reader.get<{ count: number }>(
    'SELECT count(*) AS count FROM monitors WHERE id IN (SELECT value FROM json_each($ids))',
    { ids: JSON.stringify(ids) },
  )
  return row?.count ?? 0
}

/** As much of every monitor of a project as tells its status. */
export function listStatuses(
  reader: Reader,
  projectId: string,
): Pick<ListedMonitor, 'id' | 'status' | 'dueAt' | 'deadlineAt'>[] {
  return reader.all(
    `SELECT id, status, due_at AS dueAt, deadline_at AS deadlineAt FROM monitors WHERE project_id = $projectId`,
    { projectId },
  )
}

/** The slugs of the project's monitors that have one, but for the monitor `exceptId`. */
export function listSlugs(reader: Reader, by: { projectId: string; exceptId: number | null }): string[] {
  return reader
    .all<{ slug: string }>(
      `SELECT slug FROM monitors
        WHERE project_id = $projectId AND slug > '' AND id IS NOT $exceptId`,
      by,
    )
    .map(({ slug }) => slug)
}

/** The monitors whose deadline has come, earliest first, after the one that `after` names. */
export function listDueMonitors(
  reader: Reader,
  page: { now: number; limit: number; after: { deadlineAt: number; id: number } },
): { id: number; deadlineAt: number }[] {
  return reader.all(
    `SELECT id, deadline_at AS deadlineAt
       FROM monitors
      WHERE deadline_at IS NOT NULL AND deadline_at <= $now AND (deadline_at, id) > ($afterDeadlineAt, $afterId)
      ORDER BY deadline_at, id
      LIMIT $limit`,
    { now: page.now, limit: page.limit, afterDeadlineAt: page.after.deadlineAt, afterId: page.after.id },
  )
}

export function insertMonitor(
  tx: Tx,
  monitor: { projectId: string; settings: MonitorSettings; keys: MonitorKeys },
): number {
  const row = tx.get<{ id: number }>(
    `INSERT INTO monitors (
       project_id, ping_key, unique_key, badge_key, name, slug, tags, description,
       schedule_kind, period_ms, grace_ms, post_only, manual_resume, start_keywords, success_keywords,
       failure_keywords, filter_subject, filter_body, filter_http_body, fails_by_default, created_at
     ) VALUES (
       $projectId, $pingKey, $uniqueKey, $badgeKey, $name, $slug, $tags, $description,
       $scheduleKind, $periodMs, $graceMs, $postOnly, $manualResume, $startKeywords, $successKeywords,
       $failureKeywords, $filterSubject, $filterBody, $filterHttpBody, $failsByDefault, $now
     ) RETURNING id`,
    { projectId: monitor.projectId, ...monitor.keys, ...settingsParams(monitor.settings), now: tx.now },
  )
  if (row === null) throw new Error('The new monitor was not inserted.')
  tx.touch(row.id)
  return row.id
}

/** Only what a person sets; the state stays as the pings made it. */
export function saveSettings(tx: Tx, { id, settings }: { id: number; settings: MonitorSettings }): void {
  tx.run(
    `UPDATE monitors
        SET name = $name, slug = $slug, tags = $tags, description = $description,
            schedule_kind = $scheduleKind, period_ms = $periodMs, grace_ms = $graceMs,
            post_only = $postOnly, manual_resume = $manualResume, start_keywords = $startKeywords,
            success_keywords = $successKeywords, failure_keywords = $failureKeywords,
            filter_subject = $filterSubject, filter_body = $filterBody, filter_http_body = $filterHttpBody,
            fails_by_default = $failsByDefault
      WHERE id = $id`,
    { id, ...settingsParams(settings) },
  )
  tx.touch(id)
}

/** Only what the state machine remembers. */
export function saveState(tx: Tx, monitor: MonitorState & { id: number }): void {
  tx.run(
    `UPDATE monitors
        SET status = $status, ping_count = $pingCount, last_ping_at = $lastPingAt, run_started_at = $runStartedAt,
            run_id = $runId, last_duration_ms = $lastDurationMs, recent_runs = $recentRuns,
            due_at = $dueAt, deadline_at = $deadlineAt
      WHERE id = $id`,
    {
      id: monitor.id,
      status: monitor.status,
      pingCount: monitor.pingCount,
      lastPingAt: monitor.lastPingAt,
      runStartedAt: monitor.openRun?.startedAt ?? null,
      runId: monitor.openRun?.runId ?? null,
      lastDurationMs: monitor.lastDurationMs,
      recentRuns: monitor.recentRuns,
      dueAt: monitor.dueAt,
      deadlineAt: monitor.deadlineAt,
    },
  )
  tx.touch(monitor.id)
}

export function deleteMonitor(tx: Tx, id: number): void {
  tx.touch(id)
  tx.run('DELETE FROM monitors WHERE id = $id', { id })
}

function settingsParams({ schedule, filter, ...settings }: MonitorSettings): Params {
  return {
    name: settings.name,
    slug: settings.slug,
    tags: settings.tags,
    description: settings.description,
    scheduleKind: schedule.kind,
    periodMs: schedule.periodMs,
    graceMs: settings.graceMs,
    postOnly: settings.postOnly,
    manualResume: settings.manualResume,
    startKeywords: filter.startKeywords,
    successKeywords: filter.successKeywords,
    failureKeywords: filter.failureKeywords,
    filterSubject: filter.subject,
    filterBody: filter.body,
    filterHttpBody: filter.httpBody,
    failsByDefault: filter.failsByDefault,
  }
}

function toWatched(row: WatchedRow): WatchedMonitor {
  return {
    id: row.id,
    status: row.status,
    pingCount: row.ping_count,
    lastPingAt: row.last_ping_at,
    openRun: toOpenRun(row),
    lastDurationMs: row.last_duration_ms,
    recentRuns: row.recent_runs,
    dueAt: row.due_at,
    deadlineAt: row.deadline_at,
    schedule: toSchedule(row),
    graceMs: row.grace_ms,
    ...toPingRules(row),
  }
}

function toMonitor(row: MonitorRow): Monitor {
  return {
    ...toWatched(row),
    projectId: row.project_id,
    pingKey: row.ping_key,
    uniqueKey: row.unique_key,
    badgeKey: row.badge_key,
    name: row.name,
    slug: row.slug,
    tags: row.tags,
    description: row.description,
    createdAt: row.created_at,
  }
}

function toListed(row: MonitorRow): ListedMonitor {
  return {
    id: row.id,
    uniqueKey: row.unique_key,
    name: row.name,
    slug: row.slug,
    tags: row.tags,
    status: row.status,
    schedule: toSchedule(row),
    lastPingAt: row.last_ping_at,
    openRun: toOpenRun(row),
    dueAt: row.due_at,
    deadlineAt: row.deadline_at,
    recentRuns: row.recent_runs,
  }
}

function toOpenRun(row: WatchedRow): OpenRun | null {
  return row.run_started_at === null ? null : { startedAt: row.run_started_at, runId: row.run_id }
}

function toSchedule(row: WatchedRow): Schedule {
  if (row.schedule_kind !== 'period') throw new Error(`Monitor ${row.id} has an unknown kind of schedule.`)
  return { kind: 'period', periodMs: row.period_ms }
}

function toPingRules(row: WatchedRow): PingRules {
  return {
    postOnly: row.post_only === 1,
    manualResume: row.manual_resume === 1,
    filter: {
      startKeywords: row.start_keywords,
      successKeywords: row.success_keywords,
      failureKeywords: row.failure_keywords,
      subject: row.filter_subject === 1,
      body: row.filter_body === 1,
      httpBody: row.filter_http_body === 1,
      failsByDefault: row.fails_by_default === 1,
    },
  }
}
