import { type Channel, type ChannelReport, type ChannelScope, scopeTags, toScope } from '#domain/channel.ts'
import type { ChannelEvent, ChannelRules } from '#domain/channel-rules.ts'
import type { DeliveryState, FailureReason } from '#domain/delivery.ts'
import type { Notification } from '#domain/notification.ts'
import type { FailingChannel } from '#domain/warnings.ts'
import { compareNames } from '#lib/sorting.ts'
import type { Reader, Tx } from './database.ts'

interface ChannelRow {
  id: string
  project_id: string
  kind: string
  name: string
  settings: string
  disabled_at: number | null
  tells_blackouts: number
  events: string
  quiet_hours: string | null
  delay_ms: number
  drills: number
  scope: ChannelScope['is']
  scope_tags: string
  unconfirmed_since: number | null
  unsubscribed_at: number | null
}

const COLUMNS = `
  channels.id, channels.project_id, channels.kind, channels.name, channels.settings, channels.disabled_at,
  channels.tells_blackouts, channels.events, channels.quiet_hours, channels.delay_ms, channels.drills,
  channels.scope, channels.scope_tags, channels.unconfirmed_since, channels.unsubscribed_at`

export function findChannel(reader: Reader, id: string): Channel | null {
  const row = reader.get<ChannelRow>(`SELECT ${COLUMNS} FROM channels WHERE id = $id`, { id })
  return row && toChannel(row)
}

/** In the order in which they were created. */
export function listChannels(reader: Reader, projectId: string): Channel[] {
  return reader
    .all<ChannelRow>(`SELECT ${COLUMNS} FROM channels WHERE project_id = $projectId ORDER BY created_at, rowid`, {
      projectId,
    })
    .map(toChannel)
}

/** The channels of a kind, in all projects, that send to this endpoint. */
export function listChannelsWithEndpoint(reader: Reader, search: { kind: string; endpoint: string }): Channel[] {
  return reader
    .all<ChannelRow>(
      `SELECT ${COLUMNS} FROM channels WHERE kind = $kind AND settings ->> 'endpoint' = $endpoint ORDER BY id`,
      search,
    )
    .map(toChannel)
}

export function countChannels(reader: Reader, projectId: string): number {
  const row = reader.get<{ count: number }>('SELECT count(*) AS count FROM channels WHERE project_id = $projectId', {
    projectId,
  })
  return row?.count ?? 0
}

interface ReportRow extends ChannelRow {
  failing_since: number | null
  proven_since: number
  drilled_at: number | null
  drill_problem: string | null
  monitors: number
  waiting: number
  state: DeliveryState | null
  delivery_created_at: number
  finished_at: number | null
  reason: FailureReason | null
  detail: string | null
  content_status: Notification['status']
  monitor_name: string | null
  slug: string | null
  unique_key: string | null
}

// Includes the newest delivery of each channel, so that any number of channels takes one statement.
const REPORT_COLUMNS = `${COLUMNS}, channels.failing_since,
  coalesce(proved_at, channels.created_at) AS proven_since, drilled_at, drill_problem,
  (SELECT count(*) FROM monitor_channels WHERE channel_id = channels.id) AS monitors,
  (SELECT count(*) FROM deliveries
    WHERE channel_id = channels.id AND settled_at IS NULL AND state = 'pending') AS waiting,
  deliveries.state, deliveries.created_at AS delivery_created_at, finished_at, reason, detail,
  content ->> 'status' AS content_status,
  monitors.name AS monitor_name, monitors.slug, monitors.unique_key`

const REPORT_TABLES = `
  channels
  LEFT JOIN deliveries
         ON deliveries.sequence = (
              SELECT sequence FROM deliveries
               WHERE channel_id = channels.id AND (attempts > 0 OR settled_at IS NOT NULL)
               ORDER BY sequence DESC LIMIT 1
            )
  LEFT JOIN notifications ON notifications.id = deliveries.notification_id
  LEFT JOIN monitors ON monitors.id = deliveries.monitor_id
  LEFT JOIN delivery_attempts
         ON delivery_sequence = deliveries.sequence
        AND number = (SELECT max(number) FROM delivery_attempts WHERE delivery_sequence = deliveries.sequence)`

/** In the order in which they were created. */
export function listChannelReports(reader: Reader, projectId: string): ChannelReport[] {
  return reader
    .all<ReportRow>(
      `SELECT ${REPORT_COLUMNS} FROM ${REPORT_TABLES}
        WHERE channels.project_id = $projectId
        ORDER BY channels.created_at, channels.rowid`,
      { projectId },
    )
    .map(toReport)
}

export function findChannelReport(reader: Reader, id: string): ChannelReport | null {
  const row = reader.get<ReportRow>(`SELECT ${REPORT_COLUMNS} FROM ${REPORT_TABLES} WHERE channels.id = $id`, { id })
  return row && toReport(row)
}

/** The monitors that use a channel, by name. */
export function listMonitorsOfChannel(
  reader: Reader,
  channelId: string,
): { uniqueKey: string; name: string; slug: string }[] {
  const monitors = reader.all<{ uniqueKey: string; name: string; slug: string }>(
    `SELECT unique_key AS uniqueKey, name, slug
       FROM monitor_channels JOIN monitors ON monitors.id = monitor_id
      WHERE channel_id = $channelId
      ORDER BY monitors.id`,
    { channelId },
  )
  return monitors.sort((a, b) => compareNames(a.name, b.name))
}

export function listChannelsOfMonitor(reader: Reader, monitorId: number): Channel[] {
  return reader
    .all<ChannelRow>(
      `SELECT ${COLUMNS}
         FROM monitor_channels JOIN channels ON channels.id = monitor_channels.channel_id
        WHERE monitor_channels.monitor_id = $monitorId
        ORDER BY channels.id`,
      { monitorId },
    )
    .map(toChannel)
}

/** The sorted IDs of the channels of each monitor in a project, by monitor ID. */
export function listChannelIdsByMonitor(reader: Reader, projectId: string): Map<number, string[]> {
  const rows = reader.all<{ monitor_id: number; channel_id: string }>(
    `SELECT monitor_channels.monitor_id, monitor_channels.channel_id
       FROM monitor_channels JOIN monitors ON monitors.id = monitor_channels.monitor_id
      WHERE monitors.project_id = $projectId
      ORDER BY monitor_channels.monitor_id, monitor_channels.channel_id`,
    { projectId },
  )
  const byMonitor = new Map<number, string[]>()
  for (const row of rows) {
    const ids = byMonitor.get(row.monitor_id)
    if (ids) ids.push(row.channel_id)
    else byMonitor.set(row.monitor_id, [row.channel_id])
  }
  return byMonitor
}

/** Counts the channels of all projects. */
export function countAllChannels(reader: Reader): { all: number; off: number } {
  const row = reader.get<{ count: number; off: number }>(
    'SELECT count(*) AS count, count(disabled_at) AS off FROM channels',
  )
  return { all: row?.count ?? 0, off: row?.off ?? 0 }
}

/** The enabled channels of all projects that are failing, the longest failing first. */
export function listFailingChannels(reader: Reader): (FailingChannel & { projectId: string })[] {
  return reader.all(
    `SELECT id, project_id AS projectId, iif(name = '', kind, name) AS name, failing_since AS since
       FROM channels
      WHERE disabled_at IS NULL AND failing_since IS NOT NULL
      ORDER BY failing_since`,
  )
}

export function insertChannel(
  tx: Tx,
  {
    id,
    projectId,
    kind,
    name,
    settings,
    notifiesGaps,
    rules,
    scope,
  }: Omit<Channel, 'disabledAt' | 'unconfirmedSince' | 'unsubscribedAt'>,
): void {
  tx.run(
    `INSERT INTO channels (
       id, project_id, kind, name, settings, tells_blackouts, events, quiet_hours, delay_ms, drills, scope,
       scope_tags,       created_at
     ) VALUES (
       $id, $projectId, $kind, $name, $settings, $notifiesGaps, $events, $quietHours, $delayMs, $drills, $scope,
       $scopeTags,       $now
     )`,
    {
      id,
      projectId,
      kind,
      name,
      settings: JSON.stringify(settings),
      notifiesGaps,
      ...rulesParams(rules),
      scope: scope.is,
      scopeTags: scopeTags(scope),
      now: tx.now,
    },
  )
}

export function saveChannel(
  tx: Tx,
  {
    id,
    name,
    settings,
    notifiesGaps,
    rules,
    scope,
  }: Pick<Channel, 'id' | 'name' | 'settings' | 'notifiesGaps' | 'rules' | 'scope'>,
): void {
  tx.run(
    `UPDATE channels
        SET name = $name, settings = $settings, tells_blackouts = $notifiesGaps, events = $events,
            quiet_hours = $quietHours, delay_ms = $delayMs, drills = $drills, scope = $scope, scope_tags = $scopeTags
      WHERE id = $id`,
    {
      id,
      name,
      settings: JSON.stringify(settings),
      notifiesGaps,
      ...rulesParams(rules),
      scope: scope.is,
      scopeTags: scopeTags(scope),
    },
  )
}

/** Null if the channel is enabled. */
export function saveDisabledAt(tx: Tx, { id, disabledAt }: Pick<Channel, 'id' | 'disabledAt'>): void {
  tx.run('UPDATE channels SET disabled_at = $disabledAt, unsubscribed_at = NULL WHERE id = $id', { id, disabledAt })
}

/** Records whether the last attempt of a channel failed, and since when its attempts fail. */
export function markChannel(tx: Tx, { channelId, isFailing }: { channelId: string; isFailing: boolean }): void {
  tx.run(
    `UPDATE channels
        SET failing_since = iif($isFailing, coalesce(failing_since, $now), NULL)
      WHERE id = $channelId AND (failing_since IS NOT NULL) <> $isFailing`,
    { channelId, isFailing, now: tx.now },
  )
}

export function deleteChannel(tx: Tx, id: string): void {
  tx.run('DELETE FROM channels WHERE id = $id', { id })
}

/** Replaces the monitor's channels with these. Channels of other projects are ignored. */
export function setChannelsOfMonitor(
  tx: Tx,
  { monitorId, channelIds }: { monitorId: number; channelIds: string[] },
): void {
  tx.run('DELETE FROM monitor_channels WHERE monitor_id = $monitorId', { monitorId })
  tx.run(
    `INSERT INTO monitor_channels (monitor_id, channel_id)
     SELECT $monitorId, id FROM channels
      WHERE id IN (SELECT value FROM json_each($channelIds))
        AND project_id = (SELECT project_id FROM monitors WHERE id = $monitorId)`,
    { monitorId, channelIds: JSON.stringify(channelIds) },
  )
}

/** These monitors use the channel, and no others. Monitors of other projects are ignored. */
export function setMonitorsOfChannel(
  tx: Tx,
  { channelId, monitorIds }: { channelId: string; monitorIds: readonly number[] },
): void {
  tx.run('DELETE FROM monitor_channels WHERE channel_id = $channelId', { channelId })
  tx.run(
    `INSERT INTO monitor_channels (monitor_id, channel_id)
     SELECT id, $channelId FROM monitors
      WHERE id IN (SELECT value FROM json_each($monitorIds))
        AND project_id = (SELECT project_id FROM channels WHERE id = $channelId)`,
    { channelId, monitorIds: JSON.stringify(monitorIds) },
  )
}

export function connect(tx: Tx, { monitorId, channelId }: { monitorId: number; channelId: string }): void {
  tx.run('INSERT OR IGNORE INTO monitor_channels (monitor_id, channel_id) VALUES ($monitorId, $channelId)', {
    monitorId,
    channelId,
  })
}

export function disconnect(tx: Tx, { monitorId, channelId }: { monitorId: number; channelId: string }): void {
  tx.run('DELETE FROM monitor_channels WHERE monitor_id = $monitorId AND channel_id = $channelId', {
    monitorId,
    channelId,
  })
}

/** The IDs of the monitors that use a channel, in ascending order. */
export function listMonitorIdsOfChannel(reader: Reader, channelId: string): number[] {
  return reader
    .all<{ id: number }>(
      'SELECT monitor_id AS id FROM monitor_channels WHERE channel_id = $channelId ORDER BY monitor_id',
      { channelId },
    )
    .map(({ id }) => id)
}

/** The number of monitors in a project that use none of these channels. */
export function countWithoutChannel(
  reader: Reader,
  { projectId, channelIds }: { projectId: string; channelIds: readonly string[] },
): number {
  const row = reader.get<{ count: number }>(
    `SELECT count(*) AS count FROM monitors
      WHERE project_id = $projectId
        AND NOT EXISTS (
              SELECT 1 FROM monitor_channels
               WHERE monitor_id = monitors.id AND channel_id IN (SELECT value FROM json_each($channelIds))
            )`,
    { projectId, channelIds: JSON.stringify(channelIds) },
  )
  return row?.count ?? 0
}

function toChannel(row: ChannelRow): Channel {
  return {
    id: row.id,
    projectId: row.project_id,
    kind: row.kind,
    name: row.name,
    settings: JSON.parse(row.settings),
    disabledAt: row.disabled_at,
    notifiesGaps: row.tells_blackouts === 1,
    rules: {
      events: row.events.split(' ').filter((event): event is ChannelEvent => event !== ''),
      quietHours: row.quiet_hours === null ? null : JSON.parse(row.quiet_hours),
      delayMs: row.delay_ms,
      drills: row.drills === 1,
    },
    scope: toScope(row.scope, row.scope_tags),
    unconfirmedSince: row.unconfirmed_since,
    unsubscribedAt: row.unsubscribed_at,
  }
}

function rulesParams({ events, quietHours, delayMs, drills }: ChannelRules) {
  return { events: events.join(' '), quietHours: quietHours && JSON.stringify(quietHours), delayMs, drills }
}

function toReport(row: ReportRow): ChannelReport {
  return {
    channel: toChannel(row),
    failingSince: row.failing_since,
    provenAt: row.proven_since,
    drill: row.drilled_at === null ? null : { at: row.drilled_at, problem: row.drill_problem },
    monitors: row.monitors,
    waiting: row.waiting,
    lastDelivery: row.state && {
      state: row.state,
      status: row.content_status,
      at: row.finished_at ?? row.delivery_created_at,
      reason: row.reason,
      detail: row.detail ?? '',
      monitor:
        row.unique_key === null
          ? null
          : { uniqueKey: row.unique_key, name: row.monitor_name ?? '', slug: row.slug ?? '' },
    },
  }
}
