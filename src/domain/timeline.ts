// What happened to a monitor, newest first: its pings and its turns in one row.
import type { BlackoutReason } from './blackout.ts'
import type { RecordedTransition } from './lifecycle.ts'
import type { PingKind, RecordedPing } from './ping.ts'

export const TIMELINE_FILTERS = ['all', 'success', 'fail', 'start', 'log', 'ignored', 'status'] as const
/** `status`: only the turns; a kind: only the pings of this kind. */
export type TimelineFilter = (typeof TIMELINE_FILTERS)[number]

export interface TimelinePing extends RecordedPing {
  /** How what it says begins; null when it had no body. */
  beginning: { text: string; isCut: boolean; isRawMail: boolean } | null
}

/** What is no ping: its status changed, or it got a second chance after a blackout. */
export type Turn =
  | ({ type: 'transition' } & RecordedTransition)
  /** `at`: when the watch went on. */
  | { type: 'blackout'; id: number; at: number; from: number; reason: BlackoutReason }

export type TimelineEntry = { type: 'ping'; ping: TimelinePing } | Turn

/**
 * A place between two entries. Pings and turns each have their own half of it, so that no page loses or repeats
 * one when moments are equal, or when the clock of the machine was set back.
 */
export interface TimelineCursor {
  pingNumber: number
  turnAt: number
  turnId: number
}

/** Above everything. */
export const TIMELINE_TOP: TimelineCursor = {
  pingNumber: Number.MAX_SAFE_INTEGER,
  turnAt: Number.MAX_SAFE_INTEGER,
  turnId: Number.MAX_SAFE_INTEGER,
}

/** Which pings a filter lets through. */
export function pingKindOf(filter: TimelineFilter): PingKind | 'every' | 'none' {
  if (filter === 'all') return 'every'
  return filter === 'status' ? 'none' : filter
}

export function showsTurns(filter: TimelineFilter): boolean {
  return filter === 'all' || filter === 'status'
}

/** "120.1764000000000.7" */
export function writeCursor({ pingNumber, turnAt, turnId }: TimelineCursor): string {
  return `${pingNumber}.${turnAt}.${turnId}`
}

/** Null for what is none. */
export function readCursor(text: string | null): TimelineCursor | null {
  const match = /^(\d{1,16})\.(\d{1,16})\.(-?\d{1,16})$/.exec(text ?? '')
  if (match === null) return null
  const [pingNumber = 0, turnAt = 0, turnId = 0] = match.slice(1).map(Number)
  return [pingNumber, turnAt, turnId].every(Number.isSafeInteger) ? { pingNumber, turnAt, turnId } : null
}

interface Streams {
  /** Newest first, as the turns. */
  pings: readonly TimelinePing[]
  turns: readonly Turn[]
}

/** The newest `limit` of both, newest first. What a ping made of the monitor stands above the ping. */
export function mergeNewest({ pings, turns }: Streams, limit: number): TimelineEntry[] {
  const entries: TimelineEntry[] = []
  let [nextPing, nextTurn] = [0, 0]
  while (entries.length < limit) {
    const ping = pings[nextPing]
    const turn = turns[nextTurn]
    if (turn !== undefined && (ping === undefined || turn.at >= ping.at)) {
      entries.push(turn)
      nextTurn++
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
  return { ...cursor, turnAt: entry.at, turnId: entry.id }
}
