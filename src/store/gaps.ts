import type { ClockStep } from '#domain/clock-rule.ts'
import { GIVE_UP_AFTER_MS } from '#domain/delivery.ts'
import type { Gap } from '#domain/gap.ts'
import type { Reader, Tx } from './database.ts'

/** Returns the id of the new row. */
export function insertGap(tx: Tx, { from, to, reason }: Gap): number {
  const row = tx.get<{ id: number }>(
    'INSERT INTO blackouts (from_at, to_at, reason) VALUES ($from, $to, $reason) RETURNING id',
    { from, to, reason },
  )
  if (row === null) throw new Error('The new gap was not inserted.')
  return row.id
}

export function insertExtendedMonitor(tx: Tx, extended: { monitorId: number; blackoutId: number }): void {
  tx.run('INSERT INTO extended_monitors (monitor_id, blackout_id) VALUES ($monitorId, $blackoutId)', extended)
}

/** The monitors that expect a ping by `before`, or have a run in progress. */
export function listExpectingMonitors(reader: Reader, before: number): number[] {
  return reader
    .all<{ id: number }>(
      `SELECT id FROM monitors
        WHERE deadline_at IS NOT NULL AND (slot_at <= $before OR deadline_at <= $before OR open_runs <> '')
        ORDER BY id`,
      { before },
    )
    .map(({ id }) => id)
}

/** The monitors with a cron or OnCalendar schedule. */
export function listMonitorsByClock(reader: Reader): number[] {
  return reader
    .all<{ id: number }>("SELECT id FROM monitors WHERE schedule_kind <> 'period' AND slot_at IS NOT NULL")
    .map(({ id }) => id)
}

/** The monitors with a stored time of `since` or later, and all with open runs. */
export function listMonitorsSince(reader: Reader, since: number): number[] {
  return reader
    .all<{ id: number }>(
      `SELECT id FROM monitors
        WHERE last_ping_at >= $since OR armed_at >= $since OR open_runs <> '' OR extended_until >= $since`,
      { since },
    )
    .map(({ id }) => id)
}

export interface ExtendedMonitor {
  projectId: string
  name: string
  slug: string
  uniqueKey: string
}

export function listExtendedMonitors(reader: Reader, blackoutId: number): ExtendedMonitor[] {
  return reader.all(
    `SELECT project_id AS projectId, name, slug, unique_key AS uniqueKey
       FROM extended_monitors JOIN monitors ON monitors.id = monitor_id
      WHERE blackout_id = $blackoutId
      ORDER BY project_id, monitors.id`,
    { blackoutId },
  )
}

/** The gaps after which this monitor's deadline was extended, newest first. */
export function listGapsOfMonitor(
  reader: Reader,
  range: { monitorId: number; from: number; to: number; limit: number },
): (Gap & { id: number })[] {
  return reader.all(
    `SELECT id, from_at AS "from", to_at AS "to", reason
       FROM extended_monitors JOIN blackouts ON id = blackout_id
      WHERE monitor_id = $monitorId AND to_at >= $from AND to_at < $to
      ORDER BY to_at DESC, id DESC
      LIMIT $limit`,
    range,
  )
}

/** After the clock was set, CronGuard gives up on a delivery after the same time as before. */
export function redateDeliveries(tx: Tx, { since, byMs, newFrom }: ClockStep): void {
  tx.run(
    `UPDATE deliveries SET give_up_at = give_up_at + $byMs
      WHERE settled_at IS NULL
        AND give_up_at - $tryMs BETWEEN $since AND $now - $byMs
        AND give_up_at - $tryMs NOT BETWEEN $newFrom AND $now`,
    { since, byMs, newFrom, tryMs: GIVE_UP_AFTER_MS, now: tx.now },
  )
}

/** After CronGuard was offline, pending deliveries are retried for that much longer. */
export function lengthenDeliveries(tx: Tx, lost: { lostMs: number }): void {
  tx.run('UPDATE deliveries SET give_up_at = give_up_at + $lostMs WHERE settled_at IS NULL', lost)
}

/**
 * After the clock was set back, no delivery waits until the clock shows its time again. What is held for quiet hours
 * waits for their end, which `moveHeld` decides.
 */
export function bringDeliveriesForward(tx: Tx, leaseMs: number): void {
  tx.run(
    `UPDATE deliveries
        SET next_attempt_at = min(next_attempt_at, $now), leased_until = min(leased_until, $now + $leaseMs)
      WHERE settled_at IS NULL AND (held_for IS NULL OR attempts > 0)`,
    { now: tx.now, leaseMs },
  )
}
