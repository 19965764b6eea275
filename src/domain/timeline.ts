// A monitor's timeline, newest first: pings, status changes and gaps in one list.
import type { GapReason } from './gap.ts'
import type { RecordedTransition } from './lifecycle.ts'
import type { PingKind, RecordedPing } from './ping.ts'

export const TIMELINE_FILTERS = ['all', 'success', 'fail', 'start', 'log', 'ignored', 'status'] as const
/** `status` shows status changes and gaps only; the name of a kind shows only pings of that kind. */
export type TimelineFilter = (typeof TIMELINE_FILTERS)[number]

export interface TimelinePing extends RecordedPing {
  /** The beginning of its body; null if it has none. */
  beginning: { text: string; isCut: boolean; isRawMail: boolean } | null
}

/** An entry that isn't a ping: a status change, or a deadline that was extended after a gap. */
export type TimelineEvent =
  | ({ type: 'transition' } & RecordedTransition)
  /** `at`: when CronGuard was back. */
  | { type: 'gap'; id: number; at: number; from: number; reason: GapReason }

export type TimelineEntry = { type: 'ping'; ping: TimelinePing } | TimelineEvent

/**
 * A place between two entries. It holds one position among the pings and one among the other entries, so that paging
 * neither skips nor repeats an entry when times are equal or the clock was set back.
 */
export interface TimelineCursor {
  pingNumber: number
  eventAt: number
  eventId: number
}

/** Above all entries. */
export const TIMELINE_TOP: TimelineCursor = {
  pingNumber: Number.MAX_SAFE_INTEGER,
  eventAt: Number.MAX_SAFE_INTEGER,
  eventId: Number.MAX_SAFE_INTEGER,
}

/** The kind of pings that a filter shows. */
export function pingKindOf(filter: TimelineFilter): PingKind | 'every' | 'none' {
  if (filter === 'all') return 'every'
  return filter === 'status' ? 'none' : filter
}

export function showsEvents(filter: TimelineFilter): boolean {
  return filter === 'all' || filter === 'status'
}

/** "120.1764000000000.7" */
export function writeCursor({ pingNumber, eventAt, eventId }: TimelineCursor): string {
  return `${pingNumber}.${eventAt}.${eventId}`
}

/** Null if `text` isn't a cursor. */
export function readCursor(text: string | null): TimelineCursor | null {
  const match = /^(\d{1,16})\.(\d{1,16})\.(-?\d{1,16})$/.exec(text ?? '')
  if (match === null) return null
  const [pingNumber = 0, eventAt = 0, eventId = 0] = match.slice(1).map(Number)
  return [pingNumber, eventAt, eventId].every(Number.isSafeInteger) ? { pingNumber, eventAt, eventId } : null
}

interface Streams {
  /** Newest first, like the events. */
  pings: readonly TimelinePing[]
  events: readonly TimelineEvent[]
}

/** The newest `limit` entries of both, newest first. A status change is listed above the ping that caused it. */
export function mergeNewest({ pings, events }: Streams, limit: number): TimelineEntry[] {
  const entries: TimelineEntry[] = []
  let [nextPing, nextEvent] = [0, 0]
  while (entries.length < limit) {
    const ping = pings[nextPing]
    const event = events[nextEvent]
    if (event !== undefined && (ping === undefined || event.at >= ping.at)) {
      entries.push(event)
      nextEvent++
    } else if (ping !== undefined) {
      entries.push({ type: 'ping', ping })
      nextPing++
    } else break
  }
  return entries
}

/** The place below these entries, which begin at `start`. */
export function cursorBelow(start: TimelineCursor, entries: readonly TimelineEntry[]): TimelineCursor {
  return entries.reduce(moved, start)
}

function moved(cursor: TimelineCursor, entry: TimelineEntry): TimelineCursor {
  if (entry.type === 'ping') return { ...cursor, pingNumber: entry.ping.number }
  return { ...cursor, eventAt: entry.at, eventId: entry.id }
}
