import {
  type Attempt,
  type DeliveryState,
  type FailureReason,
  GIVE_UP_AFTER_MS,
  type Outcome,
  type Settlement,
} from '#domain/delivery.ts'
import type { Hold, HoldReason } from '#domain/hold.ts'
import type { Notification } from '#domain/notification.ts'
import type { Reader, Tx } from './database.ts'

/** A delivery that this process has claimed to send it. */
export interface ClaimedDelivery {
  sequence: number
  id: string
  channelId: string | null
  channelKind: string
  channelName: string
  /** Includes this attempt. */
  attempts: number
  giveUpAt: number
  notification: Notification
  createdAt: number
  /** Why it was held; null if it wasn't. */
  heldFor: HoldReason | null
}

export interface DeliveryRecord {
  id: string
  channelId: string | null
  channelKind: string
  channelName: string
  status: Notification['status']
  state: DeliveryState
  attempts: number
  lastAttempt: Attempt | null
  createdAt: number
  nextAttemptAt: number | null
  settledAt: number | null
}

interface DeliveryRow {
  sequence: number
  monitor_id: number | null
  id: string
  channel_id: string | null
  channel_kind: string
  channel_name: string
  attempts: number
  content: string
}

interface ClaimedRow extends DeliveryRow {
  give_up_at: number
  created_at: number
  held_for: HoldReason | null
}

/** What `toRecord` reads. */
export interface RecordRow extends DeliveryRow {
  created_at: number
  state: DeliveryState
  next_attempt_at: number | null
  settled_at: number | null
  status: Notification['status']
  started_at: number | null
  finished_at: number | null
  result: Outcome['result'] | null
  reason: FailureReason | null
  detail: string | null
}

/** Returns the id of the new row. */
export function insertNotification(
  tx: Tx,
  {
    notification,
    ...about
  }: {
    /** Without it and a gap, the notification is about the project. */
    transitionId?: number
    gapId?: number
    /** Of an open incident that people are notified of again. */
    incidentId?: string
    projectId: string
    notification: Notification
  },
): number {
  const row = tx.get<{ id: number }>(
    `INSERT INTO notifications (transition_id, blackout_id, incident_id, project_id, content, created_at)
     VALUES ($transitionId, $gapId, $incidentId, $projectId, $content, $now) RETURNING id`,
    { transitionId: null, gapId: null, incidentId: null, ...about, content: JSON.stringify(notification), now: tx.now },
  )
  if (row === null) throw new Error('The new notification was not inserted.')
  return row.id
}

export function insertDelivery(
  tx: Tx,
  delivery: {
    id: string
    notificationId: number
    /** Null for a notification about the server itself. */
    monitorId: number | null
    channel: { id: string; kind: string; name: string }
    /** Null to send it at once. */
    hold: Hold | null
  },
): void {
  tx.run(
    `INSERT INTO deliveries (
       id, notification_id, monitor_id, channel_id, channel_kind, channel_name, next_attempt_at, held_for, created_at,
       give_up_at
     ) VALUES (
       $id, $notificationId, $monitorId, $channelId, $kind, $name, $sendAt, $heldFor, $now, $sendAt + $giveUpAfterMs
     )`,
    {
      id: delivery.id,
      notificationId: delivery.notificationId,
      monitorId: delivery.monitorId,
      channelId: delivery.channel.id,
      kind: delivery.channel.kind,
      name: delivery.channel.name,
      sendAt: delivery.hold?.until ?? tx.now,
      heldFor: delivery.hold?.reason ?? null,
      now: tx.now,
      giveUpAfterMs: GIVE_UP_AFTER_MS,
    },
  )
  touch(tx, delivery.monitorId)
}

/** Settles a new delivery for which the channel sends nothing. */
export function skipDelivery(tx: Tx, { id, detail }: { id: string; detail: string }): void {
  const skipped = tx.get<{ sequence: number; attempts: number }>(
    `UPDATE deliveries SET state = 'logged', attempts = 1, next_attempt_at = NULL, settled_at = $now
      WHERE id = $id
      RETURNING sequence, attempts`,
    { id, now: tx.now },
  )
  if (skipped === null) return
  const { sequence, attempts } = skipped
  insertAttempt(tx, { sequence, number: attempts, startedAt: tx.now, outcome: { result: 'logged', detail } })
}

/** Claims one delivery until `leasedUntil`. Null when it is no longer available. */
export function claimDelivery(
  tx: Tx,
  { sequence, leasedUntil }: { sequence: number; leasedUntil: number },
): ClaimedDelivery | null {
  const row = tx.get<ClaimedRow>(
    `UPDATE deliveries
        SET state = 'sending', attempts = attempts + 1, next_attempt_at = NULL, leased_until = $leasedUntil
      WHERE sequence = $sequence AND coalesce(next_attempt_at, leased_until) <= $now
      RETURNING sequence, monitor_id, id, channel_id, channel_kind, channel_name, attempts, give_up_at,
                created_at, held_for,
                (SELECT content FROM notifications WHERE notifications.id = notification_id) AS content`,
    { sequence, leasedUntil, now: tx.now },
  )
  if (row === null) return null
  touch(tx, row.monitor_id)
  return {
    ...toDelivery(row),
    sequence: row.sequence,
    giveUpAt: row.give_up_at,
    notification: readNotification(row.content),
    createdAt: row.created_at,
    heldFor: row.held_for,
  }
}

// Earlier versions called the monitors `spared`, and such a notification may still be pending.
function readNotification(content: string): Notification {
  const { spared, sparedCount, ...notification } = JSON.parse(content)
  return sparedCount === undefined ? notification : { ...notification, extended: spared, extendedCount: sparedCount }
}

/** Saves the outcome of an attempt. Returns false when another process has claimed the delivery since. */
export function settleDelivery(
  tx: Tx,
  { sequence, attempts, settlement }: { sequence: number; attempts: number; settlement: Settlement },
): boolean {
  const settled = tx.get<{ monitorId: number | null }>(
    `UPDATE deliveries
        SET state = $state, next_attempt_at = $nextAttemptAt, leased_until = NULL,
            settled_at = CASE WHEN $nextAttemptAt IS NULL THEN $now END
      WHERE sequence = $sequence AND attempts = $attempts AND state = 'sending'
      RETURNING monitor_id AS monitorId`,
    { sequence, attempts, state: settlement.state, nextAttemptAt: settlement.nextAttemptAt, now: tx.now },
  )
  if (settled) touch(tx, settled.monitorId)
  return settled !== null
}

/** Keeps what a program said in the last attempt. */
export function saveOutput(tx: Tx, { sequence, text }: { sequence: number; text: string }): void {
  tx.run(
    `INSERT INTO delivery_outputs (delivery_sequence, text)
     SELECT $sequence, $text
      WHERE EXISTS (SELECT 1 FROM deliveries WHERE sequence = $sequence)
     ON CONFLICT DO UPDATE
        SET text = excluded.text`,
    { sequence, text },
  )
}

export function insertAttempt(
  tx: Tx,
  attempt: { sequence: number; number: number; startedAt: number; outcome: Outcome },
): void {
  tx.run(
    `INSERT INTO delivery_attempts (delivery_sequence, number, started_at, finished_at, result, reason, detail)
     SELECT $sequence, $number, $startedAt, $now, $result, $reason, $detail
      WHERE EXISTS (SELECT 1 FROM deliveries WHERE sequence = $sequence)
     ON CONFLICT DO UPDATE
        SET finished_at = excluded.finished_at, result = excluded.result, reason = excluded.reason,
            detail = excluded.detail`,
    {
      sequence: attempt.sequence,
      number: attempt.number,
      startedAt: attempt.startedAt,
      now: tx.now,
      result: attempt.outcome.result,
      reason: attempt.outcome.result === 'failed' ? attempt.outcome.reason : null,
      detail: attempt.outcome.detail,
    },
  )
}

/** Sends the pending deliveries of a channel at once, except what is held for its quiet hours. */
export function bringForwardOfChannel(tx: Tx, channelId: string): void {
  tx.run(
    `UPDATE deliveries SET next_attempt_at = $now
      WHERE channel_id = $channelId AND state = 'pending' AND (held_for IS NULL OR attempts > 0)`,
    { channelId, now: tx.now },
  )
}

/** Fails all pending deliveries of a channel. Running ones settle by themselves. Returns how many failed. */
export function failPendingOfChannel(tx: Tx, { channelId, detail }: { channelId: string; detail: string }): number {
  tx.run(
    `INSERT INTO delivery_attempts (delivery_sequence, number, started_at, finished_at, result, reason, detail)
     SELECT sequence, attempts + 1, $now, $now, 'failed', 'settings', $detail
       FROM deliveries
      WHERE channel_id = $channelId AND state = 'pending'`,
    { channelId, detail, now: tx.now },
  )
  const failed = tx.all<{ monitorId: number | null }>(
    `UPDATE deliveries
        SET state = 'failed', next_attempt_at = NULL, settled_at = $now
      WHERE channel_id = $channelId AND state = 'pending'
      RETURNING monitor_id AS monitorId`,
    { channelId, now: tx.now },
  )
  for (const { monitorId } of failed) touch(tx, monitorId)
  return failed.length
}

/** The columns needed to send a delivery again. */
export interface FoundDelivery {
  notificationId: number
  notification: Notification
  monitorId: number | null
  projectId: string
  channelId: string | null
  state: DeliveryState
}

export function findDelivery(reader: Reader, id: string): FoundDelivery | null {
  const row = reader.get<Omit<FoundDelivery, 'notification'> & { content: string }>(
    `SELECT notification_id AS notificationId, content, monitor_id AS monitorId, project_id AS projectId,
            channel_id AS channelId, state
       FROM deliveries JOIN notifications ON notifications.id = notification_id
      WHERE deliveries.id = $id`,
    { id },
  )
  return row && { ...row, notification: readNotification(row.content) }
}

/** Whether an unsettled delivery of this notification to this channel exists. */
export function isUnderWay(reader: Reader, message: { notificationId: number; channelId: string }): boolean {
  const found = reader.get(
    `SELECT 1 FROM deliveries
      WHERE notification_id = $notificationId AND channel_id = $channelId AND settled_at IS NULL`,
    message,
  )
  return found !== null
}

/** The number of a channel's newest deliveries that are searched, because many may fail at once. */
const RECENT_MAX = 1000

/** Whether another delivery of this channel failed at `since` or later, with a reason other than `exceptFor`. */
export function hasOtherFailed(
  reader: Reader,
  failure: { channelId: string; sequence: number; since: number; exceptFor: string },
): boolean {
  const found = reader.get(
    `SELECT 1
       FROM (SELECT sequence, state, settled_at FROM deliveries
              WHERE channel_id = $channelId AND sequence <> $sequence
              ORDER BY sequence DESC LIMIT ${RECENT_MAX})
      WHERE state = 'failed' AND settled_at >= $since
        AND NOT EXISTS (SELECT 1 FROM delivery_attempts
                         WHERE delivery_sequence = sequence AND reason = 'settings' AND detail = $exceptFor)
      LIMIT 1`,
    failure,
  )
  return found !== null
}

/** Includes the last attempt of each delivery. */
export const RECORD_COLUMNS = `
  deliveries.*, notifications.content ->> 'status' AS status,
  delivery_attempts.started_at, delivery_attempts.finished_at, delivery_attempts.result, delivery_attempts.reason,
  delivery_attempts.detail`

export const RECORD_TABLES = `
  deliveries
  JOIN notifications ON notifications.id = deliveries.notification_id
  LEFT JOIN delivery_attempts
         ON delivery_sequence = deliveries.sequence
        AND delivery_attempts.number =
              (SELECT max(number) FROM delivery_attempts WHERE delivery_sequence = deliveries.sequence)`

/** Newest first. */
export function listDeliveries(
  reader: Reader,
  { monitorId, limit }: { monitorId: number; limit: number },
): DeliveryRecord[] {
  return reader
    .all<RecordRow>(
      `SELECT ${RECORD_COLUMNS} FROM ${RECORD_TABLES}
        WHERE deliveries.monitor_id = $monitorId
        ORDER BY deliveries.sequence DESC
        LIMIT $limit`,
      { monitorId, limit },
    )
    .map(toRecord)
}

export function toRecord(row: RecordRow): DeliveryRecord {
  return {
    ...toDelivery(row),
    createdAt: row.created_at,
    status: row.status,
    state: row.state,
    lastAttempt: toAttempt(row),
    nextAttemptAt: row.next_attempt_at,
    settledAt: row.settled_at,
  }
}

function toDelivery(row: DeliveryRow) {
  return {
    id: row.id,
    channelId: row.channel_id,
    channelKind: row.channel_kind,
    channelName: row.channel_name,
    attempts: row.attempts,
  }
}

function touch(tx: Tx, monitorId: number | null): void {
  if (monitorId !== null) tx.touch(monitorId)
}

function toAttempt({ started_at, finished_at, result, reason, detail }: RecordRow): Attempt | null {
  if (started_at === null || finished_at === null || result === null) return null
  return { startedAt: started_at, finishedAt: finished_at, result, reason, detail: detail ?? '' }
}
