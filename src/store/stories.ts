// Reads incidents with their events and deliveries, in a fixed number of statements.

import type { Attempt, DeliveryState, FailureReason, Outcome } from '#domain/delivery.ts'
import type { HoldReason } from '#domain/hold.ts'
import type { TransitionReason } from '#domain/lifecycle.ts'
import type { MonitorNotification } from '#domain/notification.ts'
import type { AgainChapter, Chapter, Story, StoryDelivery, StoryPing } from '#domain/story.ts'
import type { Reader } from './database.ts'
import { INCIDENT_COLUMNS, INCIDENT_TABLES, type IncidentRow, toIncident } from './incidents.ts'

interface HeadRow extends IncidentRow {
  closed_by: number | null
  unique_key: string
  monitor_name: string
  slug: string
}

interface ChapterRow {
  transition_id: number
  notification_id: number | null
  at: number
  reason: TransitionReason
  content: string | null
}

interface AgainRow {
  id: number
  incident_id: string
  content: string
}

interface DeliveryRow {
  sequence: number
  id: string
  notification_id: number
  channel_id: string | null
  channel_name: string
  channel_kind: string
  is_reachable: number
  is_repeat: number
  state: DeliveryState
  created_at: number
  next_attempt_at: number | null
  held_for: HoldReason | null
}

interface AttemptRow {
  delivery_sequence: number
  started_at: number
  finished_at: number
  result: Outcome['result']
  reason: FailureReason | null
  detail: string
}

const HEAD_COLUMNS = `${INCIDENT_COLUMNS}, closed_by,
  monitors.unique_key, monitors.name AS monitor_name, monitors.slug`

export function findStory(reader: Reader, incidentId: string): Story | null {
  const heads = reader.all<HeadRow>(`SELECT ${HEAD_COLUMNS} FROM ${INCIDENT_TABLES} WHERE incidents.id = $incidentId`, {
    incidentId,
  })
  return toStories(reader, heads)[0] ?? null
}

/** The incidents of a monitor, newest first. */
export function listStories(reader: Reader, page: { monitorId: number; limit: number }): Story[] {
  const heads = reader.all<HeadRow>(
    `SELECT ${HEAD_COLUMNS} FROM ${INCIDENT_TABLES}
      WHERE incidents.monitor_id = $monitorId
      ORDER BY opened_at DESC, opened_by DESC
      LIMIT $limit`,
    page,
  )
  return toStories(reader, heads)
}

function toStories(reader: Reader, heads: HeadRow[]): Story[] {
  const transitionIds = heads.flatMap(({ opened_by, closed_by }) => (closed_by ? [opened_by, closed_by] : [opened_by]))
  const chapters = readChapters(reader, JSON.stringify(transitionIds))
  const again = readAgain(reader, JSON.stringify(heads.map(({ id }) => id)))
  const lastPings = readLastPings(reader, JSON.stringify(heads.map(({ opened_by }) => opened_by)))
  return heads.map((head) => ({
    incident: toIncident(head),
    monitor: { uniqueKey: head.unique_key, name: head.monitor_name, slug: head.slug },
    opening: chapterOf(chapters, head.opened_by),
    again: again.get(head.id) ?? [],
    closing: head.closed_by === null ? null : chapterOf(chapters, head.closed_by),
    lastPing: lastPings.get(head.opened_by) ?? null,
  }))
}

function chapterOf(chapters: Map<number, Chapter>, transitionId: number): Chapter {
  const chapter = chapters.get(transitionId)
  if (!chapter) throw new Error(`Transition ${transitionId} is missing from its incident.`)
  return chapter
}

function readChapters(reader: Reader, transitionIds: string): Map<number, Chapter> {
  const rows = reader.all<ChapterRow>(
    `SELECT transitions.id AS transition_id, at, reason, content, notifications.id AS notification_id
       FROM transitions LEFT JOIN notifications ON notifications.transition_id = transitions.id
      WHERE transitions.id IN (SELECT value FROM json_each($transitionIds))`,
    { transitionIds },
  )
  const deliveries = readDeliveries(
    reader,
    rows.map((row) => row.notification_id),
  )
  return new Map(
    rows.map(({ transition_id, notification_id, at, reason, content }) => {
      const notification: MonitorNotification | null = content === null ? null : JSON.parse(content)
      return [transition_id, { at, reason, notification, deliveries: deliveries.get(notification_id ?? 0) ?? [] }]
    }),
  )
}

/** By incident. */
function readAgain(reader: Reader, incidentIds: string): Map<string, AgainChapter[]> {
  const rows = reader.all<AgainRow>(
    `SELECT id, incident_id, content FROM notifications
      WHERE incident_id IN (SELECT value FROM json_each($incidentIds))
      ORDER BY id`,
    { incidentIds },
  )
  const deliveries = readDeliveries(
    reader,
    rows.map(({ id }) => id),
  )
  return grouped(
    rows.map(({ id, incident_id, content }) => [
      incident_id,
      { notification: JSON.parse(content), deliveries: deliveries.get(id) ?? [] },
    ]),
  )
}

/** By notification. */
function readDeliveries(reader: Reader, notificationIds: readonly (number | null)[]): Map<number, StoryDelivery[]> {
  const rows = reader.all<DeliveryRow>(
    `SELECT sequence, deliveries.id, notification_id, channel_id, channel_name, channel_kind,
            channels.id IS NOT NULL AND disabled_at IS NULL AS is_reachable,
            deliveries.created_at > notifications.created_at AS is_repeat,
            state, deliveries.created_at, next_attempt_at,
            iif(attempts = 0, held_for, NULL) AS held_for
       FROM notifications
       JOIN deliveries ON deliveries.notification_id = notifications.id
       LEFT JOIN channels ON channels.id = channel_id
      WHERE notification_id IN (SELECT value FROM json_each($notificationIds))
      ORDER BY sequence`,
    { notificationIds: JSON.stringify(notificationIds) },
  )
  const attempts = readAttempts(reader, JSON.stringify(rows.map(({ sequence }) => sequence)))
  return grouped(rows.map((row) => [row.notification_id, toDelivery(row, attempts.get(row.sequence) ?? [])]))
}

function readAttempts(reader: Reader, sequences: string): Map<number, Attempt[]> {
  const rows = reader.all<AttemptRow>(
    `SELECT delivery_sequence, started_at, finished_at, result, reason, detail
       FROM delivery_attempts
      WHERE delivery_sequence IN (SELECT value FROM json_each($sequences))
      ORDER BY delivery_sequence, number`,
    { sequences },
  )
  return grouped(
    rows.map(({ delivery_sequence, started_at, finished_at, ...row }) => [
      delivery_sequence,
      { ...row, startedAt: started_at, finishedAt: finished_at },
    ]),
  )
}

// The ping count in the notification is the number of the newest ping at that time. The search starts there and skips
// all later pings.
function readLastPings(reader: Reader, transitionIds: string): Map<number, StoryPing> {
  const rows = reader.all<StoryPing & { transitionId: number }>(
    `SELECT transitions.id AS transitionId, number, kind, pings.at, exit_status AS exitStatus
       FROM transitions
       JOIN notifications ON notifications.transition_id = transitions.id
       JOIN pings ON pings.monitor_id = transitions.monitor_id AND pings.number = (
              SELECT number FROM pings
               WHERE monitor_id = transitions.monitor_id AND number <= content ->> '$.monitor.pingCount'
                 AND at <= transitions.at AND kind NOT IN ('log', 'ignored')
               ORDER BY number DESC LIMIT 1
            )
      WHERE transitions.id IN (SELECT value FROM json_each($transitionIds))`,
    { transitionIds },
  )
  return new Map(rows.map(({ transitionId, ...ping }) => [transitionId, ping]))
}

function grouped<Key, T>(entries: [key: Key, item: T][]): Map<Key, T[]> {
  const groups = new Map<Key, T[]>()
  for (const [key, item] of entries) {
    const group = groups.get(key)
    if (group) group.push(item)
    else groups.set(key, [item])
  }
  return groups
}

function toDelivery(row: DeliveryRow, attempts: Attempt[]): StoryDelivery {
  return {
    id: row.id,
    channelId: row.channel_id,
    channelName: row.channel_name,
    kind: row.channel_kind,
    isReachable: row.is_reachable === 1,
    isRepeat: row.is_repeat === 1,
    state: row.state,
    attempts,
    createdAt: row.created_at,
    nextAttemptAt: row.next_attempt_at,
    heldFor: row.held_for,
  }
}
