// What the page of a monitor reads of its history: always a bounded stretch, however long the history is.
import type { RecordedTransition } from '#domain/lifecycle.ts'
import type { PingKind } from '#domain/ping.ts'
import type { TimelineCursor, TimelinePing } from '#domain/timeline.ts'
import type { Reader } from './database.ts'
import { TRANSITION_COLUMNS, type TransitionRow, toTransition } from './incidents.ts'
import { PING_COLUMNS, type PingRow, toPing } from './pings.ts'

interface TimelinePingRow extends PingRow {
  body_start: Uint8Array | null
}

/** `every`: of all kinds. */
export type WantedKind = PingKind | 'every'

const BODY_START_BYTES = 160
const TIMELINE_COLUMNS = `${PING_COLUMNS}, substr(body, 1, ${BODY_START_BYTES}) AS body_start`

interface PingRange {
  monitorId: number
  kind: WantedKind
  /** Numbers, both without the end itself: only this many pings are looked at. */
  above: number
  below: number
  limit: number
}

/** The newest pings of a stretch of numbers, newest first. */
export function listNewestPings(reader: Reader, range: PingRange): TimelinePing[] {
  return reader
    .all<TimelinePingRow>(
      `SELECT ${TIMELINE_COLUMNS} FROM pings
        WHERE monitor_id = $monitorId AND number > $above AND number < $below AND ($kind = 'every' OR kind = $kind)
        ORDER BY number DESC
        LIMIT $limit`,
      { ...range },
    )
    .map(toTimelinePing)
}

interface TransitionRange extends Pick<TimelineCursor, 'transitionAt' | 'transitionId'> {
  monitorId: number
  limit: number
}

/** The newest transitions below a place, newest first. */
export function listTransitionsBelow(reader: Reader, range: TransitionRange): RecordedTransition[] {
  return reader
    .all<TransitionRow>(
      `SELECT ${TRANSITION_COLUMNS} FROM transitions
        WHERE monitor_id = $monitorId AND (at, id) < ($transitionAt, $transitionId)
        ORDER BY at DESC, id DESC
        LIMIT $limit`,
      { ...range },
    )
    .map(toTransition)
}

/** The newest transitions above a place, newest first. */
export function listTransitionsAbove(reader: Reader, range: TransitionRange): RecordedTransition[] {
  return reader
    .all<TransitionRow>(
      `SELECT ${TRANSITION_COLUMNS} FROM transitions
        WHERE monitor_id = $monitorId AND (at, id) > ($transitionAt, $transitionId)
        ORDER BY at DESC, id DESC
        LIMIT $limit`,
      { ...range },
    )
    .map(toTransition)
}

/** The number of the next ping that is kept, below this one or above it; null when there is none. */
export function findPingNumbersAround(
  reader: Reader,
  by: { monitorId: number; number: number },
): { below: number | null; above: number | null } {
  const row = reader.get<{ below: number | null; above: number | null }>(
    `SELECT (SELECT max(number) FROM pings WHERE monitor_id = $monitorId AND number < $number) AS below,
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

/** The newest ends of runs whose start was heard, among the pings with a number greater than `above`; newest first. */
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
  return { ...toPing(row), bodyStart: row.body_start }
}
