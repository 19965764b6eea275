// Reads the history of a monitor for its page, always in parts of limited size.

import { decodeBody } from '#domain/body.ts'
import type { GapReason } from '#domain/gap.ts'
import type { PingKind } from '#domain/ping.ts'
import type { TimelineCursor, TimelineEvent, TimelinePing } from '#domain/timeline.ts'
import type { Reader } from './database.ts'
import { type TransitionRow, toTransition } from './incidents.ts'
import { PING_COLUMNS, type PingRow, toPing } from './pings.ts'

interface TimelinePingRow extends PingRow {
  body_start: Uint8Array | null
  charset: string | null
  text_start: string | null
  subject: string | null
}

/** `every` means all kinds. */
export type WantedKind = PingKind | 'every'

/** More than is shown, because keys are removed first. */
const BODY_START = 600
const TIMELINE_COLUMNS = `${PING_COLUMNS}, substr(head, 1, ${BODY_START}) AS body_start,
  charset, substr(text, 1, ${BODY_START}) AS text_start, substr(mail ->> 'subject', 1, ${BODY_START}) AS subject`

interface PingRange {
  monitorId: number
  kind: WantedKind
  /** Ping numbers, both exclusive. */
  above: number
  below: number
  limit: number
}

/** The newest pings in a range of numbers, newest first. */
export function listNewestPings(reader: Reader, range: PingRange): TimelinePing[] {
  return reader
    .all<TimelinePingRow>(
      `SELECT ${TIMELINE_COLUMNS} FROM pings LEFT JOIN bodies USING (monitor_id, number)
        WHERE monitor_id = $monitorId AND number > $above AND number < $below AND ($kind = 'every' OR kind = $kind)
        ORDER BY number DESC
        LIMIT $limit`,
      { ...range },
    )
    .map(toTimelinePing)
}

interface EventRange extends Pick<TimelineCursor, 'eventAt' | 'eventId'> {
  monitorId: number
  limit: number
}

interface EventRow extends TransitionRow {
  blackout_from: number | null
}

// The IDs of gaps are negative here, so that no two events of one moment have the same ID.
const TURNS = `
  SELECT id, from_status, to_status, at, reason, NULL AS blackout_from
    FROM transitions WHERE monitor_id = $monitorId
   UNION ALL
  SELECT -id, '', '', to_at, reason, from_at
    FROM extended_monitors JOIN blackouts ON id = blackout_id WHERE monitor_id = $monitorId`

/** The newest events below a place, newest first. */
export function listEventsBefore(reader: Reader, range: EventRange): TimelineEvent[] {
  return reader
    .all<EventRow>(
      `SELECT * FROM (${TURNS})
        WHERE at < $eventAt OR (at = $eventAt AND id < $eventId)
        ORDER BY at DESC, id DESC
        LIMIT $limit`,
      { ...range },
    )
    .map(toEvent)
}

/** The newest events above a place, newest first. */
export function listEventsAfter(reader: Reader, range: EventRange): TimelineEvent[] {
  return reader
    .all<EventRow>(
      `SELECT * FROM (${TURNS})
        WHERE at > $eventAt OR (at = $eventAt AND id > $eventId)
        ORDER BY at DESC, id DESC
        LIMIT $limit`,
      { ...range },
    )
    .map(toEvent)
}

/** The numbers of the nearest pings below this one, but above `forgotten`, and above it. Null if there are none. */
export function findPingNumbersAround(
  reader: Reader,
  by: { monitorId: number; number: number; forgotten: number },
): { below: number | null; above: number | null } {
  const row = reader.get<{ below: number | null; above: number | null }>(
    `SELECT (SELECT max(number) FROM pings
              WHERE monitor_id = $monitorId AND number < $number AND number > $forgotten) AS below,
            (SELECT min(number) FROM pings WHERE monitor_id = $monitorId AND number > $number) AS above`,
    by,
  )
  return row ?? { below: null, above: null }
}

export interface TimedPing {
  number: number
  kind: PingKind
  at: number
  durationMs: number
}

/** The newest ends of runs with a known start, among the pings with numbers above `above`, newest first. */
export function listTimedPings(
  reader: Reader,
  range: { monitorId: number; above: number; limit: number },
): TimedPing[] {
  return reader.all(
    `SELECT number, kind, at, duration_ms AS durationMs FROM pings
      WHERE monitor_id = $monitorId AND number > $above
        AND kind IN ('success', 'fail') AND duration_ms IS NOT NULL
      ORDER BY number DESC
      LIMIT $limit`,
    range,
  )
}

function toTimelinePing(row: TimelinePingRow): TimelinePing {
  return { ...toPing(row), beginning: beginningOf(row) }
}

function beginningOf({ scheme, body_start: body, charset, ...row }: TimelinePingRow): TimelinePing['beginning'] {
  if (body === null) return null
  const isRawMail = scheme === 'email' && row.subject === null
  const text = row.subject ?? row.text_start
  if (text !== null) return { text, isCut: text.length >= BODY_START, isRawMail }
  const decoded = decodeBody(body, charset).replace(/\uFFFD+$/, '')
  return { text: decoded, isCut: body.length >= BODY_START, isRawMail }
}

function toEvent(row: EventRow): TimelineEvent {
  const { id, at, reason, blackout_from: from } = row
  if (from !== null) return { type: 'gap', id, at, from, reason: reason as string as GapReason }
  return { type: 'transition', ...toTransition(row) }
}
