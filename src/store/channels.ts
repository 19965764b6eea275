import type { Channel } from '#domain/channel.ts'
import type { Reader, Tx } from './database.ts'

interface ChannelRow {
  id: string
  project_id: string
  kind: string
  name: string
  settings: string
}

const COLUMNS = 'channels.id, channels.project_id, channels.kind, channels.name, channels.settings'

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

/** The ids of the channels of every monitor of a project, sorted, by the monitor's id. */
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

export function insertChannel(tx: Tx, channel: Channel): void {
  tx.run(
    `INSERT INTO channels (id, project_id, kind, name, settings, created_at)
     VALUES ($id, $projectId, $kind, $name, $settings, $now)`,
    { ...channel, settings: JSON.stringify(channel.settings), now: tx.now },
  )
}

/** Remembers whether the last attempt of a channel failed, and since when they do. */
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

/** Replaces the monitor's channels by these; one of another project is passed over. */
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

/** A new channel tells of every monitor of its project. */
export function assignToAllMonitors(tx: Tx, { channelId, projectId }: { channelId: string; projectId: string }): void {
  tx.run(
    `INSERT INTO monitor_channels (monitor_id, channel_id)
     SELECT id, $channelId FROM monitors WHERE project_id = $projectId`,
    { channelId, projectId },
  )
}

function toChannel(row: ChannelRow): Channel {
  return {
    id: row.id,
    projectId: row.project_id,
    kind: row.kind,
    name: row.name,
    settings: JSON.parse(row.settings),
  }
}
