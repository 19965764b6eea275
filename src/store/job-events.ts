// What people were notified of about jobs, and which jobs may have something new.
import type { JobEvent } from '#domain/job-event.ts'
import { DAY } from '#lib/duration.ts'
import type { Reader, Tx } from './database.ts'

/** When people were notified of each event of a monitor. Null for never. */
export interface ToldEvents {
  /** The pings up to this number were looked at. */
  checkedNumber: number
  lateDueAt: number | null
  neverAt: number | null
  oftenAt: number | null
  oddAt: number | null
}

/** Whether any channel is notified of one of these events. */
export function hasChannelFor(reader: Reader, events: readonly JobEvent[]): boolean {
  const found = reader.get(
    `SELECT 1 FROM channels JOIN json_each($events) ON instr(' ' || events || ' ', ' ' || value || ' ') > 0
      WHERE disabled_at IS NULL LIMIT 1`,
    { events: JSON.stringify(events) },
  )
  return found !== null
}

/**
 * The monitors with a channel for one of these events that may have something new: that are late, never got a ping, or
 * got pings since they were looked at.
 */
export function listEventful(reader: Reader, { events, now }: { events: readonly JobEvent[]; now: number }): number[] {
  return reader
    .all<{ id: number }>(
      `SELECT DISTINCT monitors.id
         FROM channels
         JOIN json_each($events) ON instr(' ' || events || ' ', ' ' || value || ' ') > 0
         JOIN monitor_channels ON channel_id = channels.id
         JOIN monitors ON monitors.id = monitor_channels.monitor_id
         LEFT JOIN job_events ON job_events.monitor_id = monitors.id
        WHERE disabled_at IS NULL
          AND ((status = 'up' AND due_at <= $now AND deadline_at > $now AND late_due_at IS NOT due_at)
            OR (status = 'new' AND ping_count = 0 AND never_at IS NULL AND monitors.created_at <= $now - ${DAY})
            OR checked_number IS NULL OR ping_count > checked_number)
        ORDER BY monitors.id`,
      { events: JSON.stringify(events), now },
    )
    .map(({ id }) => id)
}

export function findToldEvents(reader: Reader, monitorId: number): ToldEvents | null {
  return reader.get(
    `SELECT checked_number AS checkedNumber, late_due_at AS lateDueAt, never_at AS neverAt, often_at AS oftenAt,
            odd_at AS oddAt
       FROM job_events WHERE monitor_id = $monitorId`,
    { monitorId },
  )
}

export function saveToldEvents(tx: Tx, told: { monitorId: number } & ToldEvents): void {
  tx.run(
    `INSERT OR REPLACE INTO job_events (monitor_id, checked_number, late_due_at, never_at, often_at, odd_at)
     VALUES ($monitorId, $checkedNumber, $lateDueAt, $neverAt, $oftenAt, $oddAt)`,
    { ...told },
  )
}
