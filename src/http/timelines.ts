import type { Monitor } from '#domain/monitor.ts'
import { lastPrunedNumber } from '#domain/ping.ts'
import {
  cursorBelow,
  mergeNewest,
  pingKindOf,
  showsEvents,
  TIMELINE_TOP,
  type TimelineCursor,
  type TimelineEntry,
  type TimelineEvent,
  type TimelineFilter,
  type TimelinePing,
} from '#domain/timeline.ts'
import type { Reader } from '#store/database.ts'
import { findPingNumbersAround, listEventsAfter, listEventsBefore, listNewestPings } from '#store/timeline.ts'
import type { Conceal } from './concealing.ts'

export interface TimelinePage {
  /** Newest first. */
  entries: TimelineEntry[]
  /** Where older entries begin; null if there are none. */
  below: TimelineCursor | null
  /** Where newer entries will be; null unless this is the newest page. */
  above: TimelineCursor | null
}

export interface TimelineNews {
  entries: TimelineEntry[]
  /** Null if there are too many new entries to add, so that the page must be reloaded. */
  above: TimelineCursor | null
}

const PAGE_SIZE = 50
/** A filter for a rare kind searches this many pings per page, so that no page takes long. */
const SEARCHED_MAX = 20_000

interface Wanted {
  monitor: Monitor
  filter: TimelineFilter
  /** The number of newest pings that are kept. */
  kept: number
  conceal: Conceal
  /** Whether an email that wasn't parsed yet is shown in its raw form. */
  showsRawMail: boolean
}

/** The newest entries below `before`. If a filter rarely matches, a page may be short although more pages follow. */
export function readTimeline(
  reader: Reader,
  { before, ...wanted }: Wanted & { before: TimelineCursor | null },
): TimelinePage {
  const { monitor, filter, kept } = wanted
  const start = before ?? TIMELINE_TOP
  const { pings, searchedTo } = readPings(reader, { ...wanted, below: start.pingNumber })
  const events = showsEvents(filter)
    ? listEventsBefore(reader, { monitorId: monitor.id, ...start, limit: PAGE_SIZE + 1 })
    : []
  const entries = mergeNewest({ pings, events }, PAGE_SIZE)
  const above = before === null ? topOf({ monitor, events }) : null
  const end = cursorBelow(start, entries)
  if (entries.length < pings.length + events.length) return { entries, below: end, above }
  return { entries, below: furtherBelow(reader, { monitor, kept, end, searchedTo }), above }
}

/** The entries that are newer than `after`. */
export function readTimelineNews(
  reader: Reader,
  { after, ...wanted }: Wanted & { after: TimelineCursor },
): TimelineNews {
  const { monitor, filter, kept } = wanted
  const kind = pingKindOf(filter)
  const above = Math.max(after.pingNumber, lastPrunedNumber(monitor, kept))
  const searched = { above, below: monitor.pingCount + 1 }
  if (kind !== 'every' && searched.below - searched.above > SEARCHED_MAX) return { entries: [], above: null }
  const range = { monitorId: monitor.id, limit: PAGE_SIZE + 1 }
  const pings = kind === 'none' ? [] : listNewestPings(reader, { ...range, ...searched, kind }).map(shownTo(wanted))
  const events = showsEvents(filter) ? listEventsAfter(reader, { ...range, ...after }) : []
  if (pings.length + events.length > PAGE_SIZE) return { entries: [], above: null }
  const entries = mergeNewest({ pings, events }, PAGE_SIZE)
  return { entries, above: { ...after, ...topOf({ monitor, events, otherwise: after }) } }
}

function readPings(
  reader: Reader,
  { below, ...wanted }: Wanted & { below: number },
): { pings: TimelinePing[]; searchedTo: number } {
  const { monitor, filter, kept } = wanted
  const kind = pingKindOf(filter)
  const forgotten = lastPrunedNumber(monitor, kept)
  if (kind === 'none') return { pings: [], searchedTo: forgotten }
  const ceiling = Math.min(below, monitor.pingCount + 1)
  const above = kind === 'every' ? forgotten : Math.max(forgotten, ceiling - 1 - SEARCHED_MAX)
  const range = { monitorId: monitor.id, kind, above, below: ceiling, limit: PAGE_SIZE + 1 }
  return { pings: listNewestPings(reader, range).map(shownTo(wanted)), searchedTo: above }
}

function shownTo({ conceal, showsRawMail }: Pick<Wanted, 'conceal' | 'showsRawMail'>) {
  return (ping: TimelinePing): TimelinePing => {
    const { beginning } = ping
    if (beginning === null) return ping
    if (beginning.isRawMail && !showsRawMail) return { ...ping, beginning: null }
    return { ...ping, beginning: { ...beginning, text: conceal(beginning.text, beginning.isCut) } }
  }
}

// Everything that was read is shown. There may be more in the part that wasn't searched yet.
function furtherBelow(
  reader: Reader,
  { monitor, kept, end, searchedTo }: Pick<Wanted, 'monitor' | 'kept'> & { end: TimelineCursor; searchedTo: number },
): TimelineCursor | null {
  const forgotten = lastPrunedNumber(monitor, kept)
  if (searchedTo <= forgotten) return null
  const number = searchedTo + 1
  const { below } = findPingNumbersAround(reader, { monitorId: monitor.id, number, forgotten })
  return below === null ? null : { ...end, pingNumber: number }
}

function topOf({
  monitor,
  events,
  otherwise = { eventAt: 0, eventId: 0 },
}: {
  monitor: Monitor
  events: TimelineEvent[]
  otherwise?: Pick<TimelineCursor, 'eventAt' | 'eventId'>
}): TimelineCursor {
  const [newest] = events
  const { eventAt, eventId } = newest ? { eventAt: newest.at, eventId: newest.id } : otherwise
  return { pingNumber: monitor.pingCount, eventAt, eventId }
}
