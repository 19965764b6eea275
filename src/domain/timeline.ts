// What happened to a monitor, newest first: its pings and its transitions in one row.
import type { RecordedTransition } from './lifecycle.ts'
import type { PingKind, RecordedPing } from './ping.ts'

export const TIMELINE_FILTERS = ['all', 'success', 'fail', 'start', 'log', 'ignored', 'status'] as const
/** `status`: only the transitions; a kind: only the pings of this kind. */
export type TimelineFilter = (typeof TIMELINE_FILTERS)[number]

export interface TimelinePing extends RecordedPing {
  /** The first bytes of the body; null when there was none. */
  bodyStart: Uint8Array | null
}

export type TimelineEntry =
  | { type: 'ping'; ping: TimelinePing }
  | { type: 'transition'; transition: RecordedTransition }

/**
 * A place between two entries. Pings and transitions each have their own half of it, so that no page loses or repeats
 * one when moments are equal, or when the clock of the machine was set back.
 */
export interface TimelineCursor {
  pingNumber: number
  transitionAt: number
  transitionId: number
}

/** Above everything. */
export const TIMELINE_TOP: TimelineCursor = {
  pingNumber: Number.MAX_SAFE_INTEGER,
  transitionAt: Number.MAX_SAFE_INTEGER,
  transitionId: Number.MAX_SAFE_INTEGER,
}

/** Which pings a filter lets through. */
export function pingKindOf(filter: TimelineFilter): PingKind | 'every' | 'none' {
  if (filter === 'all') return 'every'
  return filter === 'status' ? 'none' : filter
}

export function showsTransitions(filter: TimelineFilter): boolean {
  return filter === 'all' || filter === 'status'
}

/** "120.1764000000000.7" */
export function writeCursor({ pingNumber, transitionAt, transitionId }: TimelineCursor): string {
  return `${pingNumber}.${transitionAt}.${transitionId}`
}

/** Null for what is none. */
export function readCursor(text: string | null): TimelineCursor | null {
  const match = /^(\d{1,16})\.(\d{1,16})\.(\d{1,16})$/.exec(text ?? '')
  if (match === null) return null
  const [pingNumber = 0, transitionAt = 0, transitionId = 0] = match.slice(1).map(Number)
  return [pingNumber, transitionAt, transitionId].every(Number.isSafeInteger)
    ? { pingNumber, transitionAt, transitionId }
    : null
}

interface Streams {
  /** Newest first, as the transitions. */
  pings: readonly TimelinePing[]
  transitions: readonly RecordedTransition[]
}

/** The newest `limit` of both, newest first. What a ping made of the monitor stands above the ping. */
export function mergeNewest({ pings, transitions }: Streams, limit: number): TimelineEntry[] {
  const entries: TimelineEntry[] = []
  let [nextPing, nextTransition] = [0, 0]
  while (entries.length < limit) {
    const ping = pings[nextPing]
    const transition = transitions[nextTransition]
    if (transition !== undefined && (ping === undefined || transition.at >= ping.at)) {
      entries.push({ type: 'transition', transition })
      nextTransition++
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
  return { ...cursor, transitionAt: entry.transition.at, transitionId: entry.transition.id }
}
