import {
  type AliasDialect,
  DEFAULT_SETTINGS,
  type Monitor,
  type MonitorKeys,
  type MonitorSettings,
  type MonitorState,
  NO_RULES,
  type OpenRun,
  type WatchedMonitor,
} from '#domain/monitor.ts'
import type { StoredStatus } from '#domain/status.ts'
import type { Reader, Tx } from './database.ts'
import { retireAlias, retireMonitorKeys } from './keys.ts'
import { columnsOf, settingsParams, settingsReader } from './monitor-settings.ts'

/** The state, and the settings that the state machine uses. */
interface WatchedRow {
  id: number
  status: StoredStatus
  ping_count: number
  last_ping_at: number | null
  open_runs: string
  last_duration_ms: number | null
  failures_in_a_row: number
  recent_runs: string
  due_at: number | null
  slot_at: number | null
  extended_until: number | null
  was_extended: 0 | 1
  armed_at: number | null
  deadline_at: number | null
}

/** Includes all settings. */
export interface MonitorRow extends WatchedRow {
  project_id: string
  ping_key: string
  unique_key: string
  badge_key: string
  schedule_since: number
  created_at: number
}

const STATE_COLUMNS = `
  id, status, ping_count, last_ping_at, open_runs, last_duration_ms, failures_in_a_row, recent_runs,
  due_at, slot_at, extended_until, was_extended, armed_at, deadline_at`

const WATCHED_COLUMNS = [STATE_COLUMNS, ...columnsOf(NO_RULES)].join(', ')

const SETTING_COLUMNS = columnsOf(DEFAULT_SETTINGS)

const COLUMNS = `${[STATE_COLUMNS, ...SETTING_COLUMNS].join(', ')},
  project_id, ping_key, unique_key, badge_key, schedule_since, created_at`

export function findWatchedByPingKey(reader: Reader, pingKey: string): WatchedMonitor | null {
  const row = reader.get<WatchedRow>(`SELECT ${WATCHED_COLUMNS} FROM monitors WHERE ping_key = $pingKey`, { pingKey })
  return row && toWatched(row)
}

export function findWatchedById(reader: Reader, id: number): WatchedMonitor | null {
  const row = reader.get<WatchedRow>(`SELECT ${WATCHED_COLUMNS} FROM monitors WHERE id = $id`, { id })
  return row && toWatched(row)
}

/** A monitor's token from another tool. */
export interface AliasedMonitor {
  id: number
  alias: string
  aliasDialect: AliasDialect | null
}

/** `spellings` are all the ways to write one alias. */
export function findAliased(reader: Reader, spellings: readonly string[]): AliasedMonitor | null {
  return reader.get<AliasedMonitor>(
    `SELECT id, alias, alias_dialect AS aliasDialect
       FROM monitors
      WHERE alias IN (SELECT value FROM json_each($spellings))
      ORDER BY id
      LIMIT 1`,
    { spellings: JSON.stringify(spellings) },
  )
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

/** The monitors whose deadline has passed, earliest first, starting after `after`. */
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

const INSERT = `
  INSERT INTO monitors (
    project_id, ping_key, unique_key, badge_key, ${SETTING_COLUMNS.join(', ')}, schedule_since, created_at
  ) VALUES (
    $projectId, $pingKey, $uniqueKey, $badgeKey, ${SETTING_COLUMNS.map((column) => `$${column}`).join(', ')}, $now, $now
  ) RETURNING id`

export function insertMonitor(
  tx: Tx,
  monitor: { projectId: string; settings: MonitorSettings; keys: MonitorKeys },
): number {
  const row = tx.get<{ id: number }>(INSERT, {
    projectId: monitor.projectId,
    ...monitor.keys,
    ...settingsParams(monitor.settings),
    now: tx.now,
  })
  if (row === null) throw new Error('The new monitor was not inserted.')
  tx.touch(row.id)
  return row.id
}

const UPDATE_SETTINGS = `
  UPDATE monitors
     SET ${SETTING_COLUMNS.map((column) => `${column} = $${column}`).join(', ')}, schedule_since = $scheduleSince
   WHERE id = $id`

/** Saves the settings only, and leaves the state unchanged. */
export function saveSettings(
  tx: Tx,
  { id, settings, scheduleSince }: { id: number; settings: MonitorSettings; scheduleSince: number },
): void {
  retireAlias(tx, { monitorId: id, newAlias: settings.alias })
  tx.run(UPDATE_SETTINGS, { id, scheduleSince, ...settingsParams(settings) })
  tx.touch(id)
}

/** Saves the state only. */
export function saveState(tx: Tx, monitor: MonitorState & { id: number }): void {
  tx.run(
    `UPDATE monitors
        SET status = $status, ping_count = $pingCount, last_ping_at = $lastPingAt, open_runs = $openRuns,
            last_duration_ms = $lastDurationMs, failures_in_a_row = $failuresInARow, recent_runs = $recentRuns,
            due_at = $dueAt, slot_at = $slotAt, deadline_at = $deadlineAt, extended_until = $extendedUntil,
            was_extended = $wasExtended, armed_at = $armedAt
      WHERE id = $id`,
    {
      id: monitor.id,
      status: monitor.status,
      pingCount: monitor.pingCount,
      lastPingAt: monitor.lastPingAt,
      openRuns: fromOpenRuns(monitor.openRuns),
      lastDurationMs: monitor.lastDurationMs,
      failuresInARow: monitor.failuresInARow,
      recentRuns: monitor.recentRuns,
      dueAt: monitor.dueAt,
      slotAt: monitor.slotAt,
      extendedUntil: monitor.extendedUntil,
      wasExtended: monitor.wasExtended,
      armedAt: monitor.armedAt,
      deadlineAt: monitor.deadlineAt,
    },
  )
  tx.touch(monitor.id)
}

export function deleteMonitor(tx: Tx, id: number): void {
  retireMonitorKeys(tx, id)
  tx.touch(id)
  tx.run('DELETE FROM monitors WHERE id = $id', { id })
}

const toRules = settingsReader(NO_RULES)
const toSettings = settingsReader(DEFAULT_SETTINGS)

function toWatched(row: WatchedRow): WatchedMonitor {
  return { ...toState(row), ...toRules(row) }
}

function toState(row: WatchedRow): MonitorState & { id: number } {
  return {
    id: row.id,
    status: row.status,
    pingCount: row.ping_count,
    lastPingAt: row.last_ping_at,
    openRuns: toOpenRuns(row.open_runs),
    lastDurationMs: row.last_duration_ms,
    failuresInARow: row.failures_in_a_row,
    recentRuns: row.recent_runs,
    dueAt: row.due_at,
    slotAt: row.slot_at,
    extendedUntil: row.extended_until,
    wasExtended: row.was_extended === 1,
    armedAt: row.armed_at,
    deadlineAt: row.deadline_at,
  }
}

function toMonitor(row: MonitorRow): Monitor {
  return {
    ...toState(row),
    ...toSettings(row),
    projectId: row.project_id,
    pingKey: row.ping_key,
    uniqueKey: row.unique_key,
    badgeKey: row.badge_key,
    scheduleSince: row.schedule_since,
    createdAt: row.created_at,
  }
}

type RunTuple = [startedAt: number, runId: string | null, isJudged?: true]

function fromOpenRuns(runs: readonly OpenRun[]): string {
  if (runs.length === 0) return ''
  return JSON.stringify(
    runs.map(({ startedAt, runId, isJudged }): RunTuple => (isJudged ? [startedAt, runId, true] : [startedAt, runId])),
  )
}

export function toOpenRuns(text: string): OpenRun[] {
  if (text === '') return []
  return (JSON.parse(text) as RunTuple[]).map(([startedAt, runId, isJudged]) =>
    isJudged ? { startedAt, runId, isJudged } : { startedAt, runId },
  )
}
