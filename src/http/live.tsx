// What changes is pushed to the pages that are open: the rows of the monitors that changed, and the counts.
import type { Deps } from '#deps.ts'
import { countByStatus, type ListedMonitor } from '#domain/monitor-list.ts'
import { withBasePath } from '#lib/base-path.ts'
import { SECOND } from '#lib/duration.ts'
import { AppError } from '#lib/errors.ts'
import { countMonitors, listListedMonitors, listProjectIdsOf, listStatuses } from '#store/monitor-lists.ts'
import type { Reading } from '#views/components/moment.tsx'
import { MonitorRow } from '#views/partials/monitor-row.tsx'

export interface Live {
  name: string
  everyMs: number
  /** Sends what changed since the last tick. Without open pages it does nothing. */
  tick(): Promise<void>
  settled(): Promise<void>
  /** Grows with every change. A page that is drawn now remembers it, and says it when it opens its stream. */
  version(): number
  /** An endless answer for one tab. Throws too_many when there are too many already: the page asks now and then. */
  open(audience: Audience): Response
  /** Ends every stream, and opens no more: the process stops. */
  close(): void
}

const EVERY_MS = 250
const STREAMS_MAX = 2000
/** One more ends the oldest of the same person. */
const STREAMS_PER_USER_MAX = 20
/** Keeps proxies, our own server and the page from taking a quiet stream for a dead one. @NOTE assets/live.js */
const SIGN_OF_LIFE_MS = 5 * SECOND
/** A page that has not taken this many messages does not listen any more. It comes back, and asks for everything. */
const BACKLOG_MAX = 500
/** When more than this changes at once, the list is asked for instead. */
const ROWS_MAX = 100
/** When more than this has changed anywhere since a page was drawn, it asks for everything. */
const CHANGES_MAX = 1000
/** How long a page waits that made room for another one: it must not drive that one out at once. */
const CROWDED_RETRY_MS = 30 * SECOND

const STREAM_HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-store',
  // nginx would keep the messages back until there are enough of them.
  'X-Accel-Buffering': 'no',
  'X-Content-Type-Options': 'nosniff',
}

interface Stream {
  zone: string
  userId: string
  openedAt: number
  isAllowed: Audience['isAllowed']
  controller: ReadableStreamDefaultController<Uint8Array>
  leave(): void
}

/** Who looks at a project, and how they read moments. */
export interface Audience {
  projectId: string
  userId: string
  reading: Reading
  /** What the page knows already; null: nothing. */
  drawn: Drawn | null
  /** Whether they still may: asked again and again, for a stream outlives a session that was ended. */
  isAllowed(): boolean
}

/** When a page was drawn, by the version and by the clock. */
export interface Drawn {
  version: number
  at: number
}

/** What is known of a project that somebody looks at. */
interface Watched {
  streams: Set<Stream>
  /** The monitors that it had at the last look. */
  ids: Set<number>
  counts: string
  lookedAt: number
  /** When the next monitor becomes late: a change that nobody writes. */
  nextDueAt: number
  /** What was written since the last look, because looking failed. */
  owed: ReadonlySet<number>
  /** Whether that may be anything. */
  owesEverything: boolean
  isFailing: boolean
}

export function createLive(deps: Deps): Live {
  const projects = new Map<string, Watched>()
  /** The version of the last change of each monitor. */
  const changes = new Map<number, number>()
  // What another process knew says nothing here: a version of before is older than the first one of now.
  const firstVersion = deps.clock.now()
  let version = firstVersion
  const takeNewsOfOthers = watchOthers(deps)
  /** The version of the last change by a command beside the server. */
  let otherVersion = 0
  let touched = new Set<number>()
  let lastSignAt = deps.clock.elapsed()
  let isClosed = false

  const unwatch = deps.db.watch((ids) => {
    version += 1
    for (const id of ids) changes.set(id, version)
    if (projects.size > 0) for (const id of ids) touched.add(id)
  })

  const tellAll = (): void => {
    const { isChanged, isNews } = takeNewsOfOthers()
    if (isChanged) otherVersion = version += 1
    const news = { ids: touched, isEverything: isNews, now: deps.clock.now() }
    const told = concerned(deps, { projects, news })
    // Not before: when that cannot be read, the next tick knows all of it.
    touched = new Set()
    for (const [projectId, watched] of told) notifyOrDefer(deps, { projectId, watched, news })
  }

  const tick = async (): Promise<void> => {
    tellAll()
    if (deps.clock.elapsed() - lastSignAt >= SIGN_OF_LIFE_MS) {
      lastSignAt = deps.clock.elapsed()
      for (const { streams } of projects.values()) beat([...streams])
    }
    forgetEmpty(projects)
  }

  const open = (audience: Audience): Response => {
    const { projectId, reading, drawn } = audience
    const streams = [...projects.values()].flatMap((watched) => [...watched.streams])
    if (isClosed || streams.length >= STREAMS_MAX) {
      throw new AppError('too_many', 'There is no room for another stream.')
    }
    const own = streams.filter(({ userId }) => userId === audience.userId)
    if (own.length >= STREAMS_PER_USER_MAX) makeRoom(own)
    // What was written until now is news for the others: this page was drawn with it, or is told what it missed.
    tellAll()
    const watched = projects.get(projectId) ?? firstLook(deps, { projectId, now: reading.now })
    projects.set(projectId, watched)
    const knownFrom = Math.max(firstVersion, otherVersion)
    const isOfNow = drawn !== null && drawn.version >= knownFrom && drawn.version <= version
    const missed = isOfNow ? missedSince(deps, { projectId, reading, drawn, changes }) : [message('refresh', '')]
    return new Response(streamFor(watched, audience, missed), { headers: STREAM_HEADERS })
  }

  const close = (): void => {
    isClosed = true
    unwatch()
    for (const { streams } of projects.values()) for (const stream of [...streams]) end(stream)
    projects.clear()
  }

  return { name: 'live', everyMs: EVERY_MS, tick, settled: async () => {}, version: () => version, open, close }
}

/** What another process wrote is not known by its monitors. An import commits many times: it is told once a second. */
function watchOthers({ db, clock }: Deps) {
  let isOwed = false
  let toldAt = Number.NEGATIVE_INFINITY
  return (): { isChanged: boolean; isNews: boolean } => {
    const isChanged = db.wasChangedElsewhere()
    const isNews = (isOwed || isChanged) && clock.elapsed() - toldAt >= SECOND
    isOwed = (isOwed || isChanged) && !isNews
    if (isNews) toldAt = clock.elapsed()
    return { isChanged, isNews }
  }
}

// A ping in a project that nobody looks at costs the others nothing.
function concerned(
  { db }: Deps,
  { projects, news }: { projects: Map<string, Watched>; news: News },
): [string, Watched][] {
  if (projects.size === 0) return []
  const ids = [...news.ids]
  const changed = new Set(ids.length === 0 ? [] : listProjectIdsOf(db, ids))
  return [...projects].filter(
    ([projectId, { ids: known, owed, owesEverything, nextDueAt }]) =>
      news.isEverything ||
      owesEverything ||
      news.now >= nextDueAt ||
      owed.size > 0 ||
      changed.has(projectId) ||
      ids.some((id) => known.has(id)),
  )
}

// What cannot be read in one project must not keep the news of the others; it is tried again at every tick.
function notifyOrDefer(deps: Deps, { projectId, watched, news }: Telling): void {
  const ids = watched.owed.union(news.ids)
  const isEverything = news.isEverything || watched.owesEverything
  try {
    tellNews(deps, { projectId, watched, news: { ...news, ids, isEverything } })
    Object.assign(watched, { owed: new Set(), owesEverything: false, isFailing: false })
  } catch (error) {
    if (!watched.isFailing) deps.log.error('An open page could not be brought up to date', { projectId, error })
    Object.assign(watched, { owed: ids, owesEverything: isEverything, isFailing: true })
  }
}

/** What changed between the moment a page was drawn and the moment its stream opens. */
function missedSince(
  deps: Deps,
  missing: { projectId: string; reading: Reading; drawn: Drawn; changes: Map<number, number> },
): string[] {
  const { projectId, reading, drawn, changes } = missing
  const since = [...changes].filter(([, version]) => version > drawn.version).map(([id]) => id)
  // Nobody knows any more in which project a monitor was that is gone.
  if (since.length > CHANGES_MAX || countMonitors(deps.db, since) < since.length) return [message('refresh', '')]
  const isMissed = ({ id, dueAt }: { id: number; dueAt: number | null }): boolean =>
    (changes.get(id) ?? 0) > drawn.version || (dueAt !== null && dueAt > drawn.at && dueAt <= reading.now)
  const changed = listStatuses(deps.db, projectId)
    .filter(isMissed)
    .map(({ id }) => id)
  if (changed.length > ROWS_MAX) return [message('refresh', '')]
  return rowMessages(deps, { monitors: rowsOf(deps, { projectId, changed }), reading })
}

function firstLook({ db }: Deps, { projectId, now }: { projectId: string; now: number }): Watched {
  const states = listStatuses(db, projectId)
  return {
    streams: new Set(),
    ids: new Set(states.map(({ id }) => id)),
    counts: JSON.stringify(countByStatus(states, now)),
    lookedAt: now,
    nextDueAt: nextDueAfter(states, now),
    owed: new Set(),
    owesEverything: false,
    isFailing: false,
  }
}

// The counts come first: the tab shows at once whether something is down.
function streamFor(
  watched: Watched,
  { reading, userId, isAllowed }: Audience,
  missed: string[],
): ReadableStream<Uint8Array> {
  let stream: Stream
  return new ReadableStream<Uint8Array>({
    start: (controller) => {
      const viewer = { zone: reading.zone, userId, openedAt: reading.now, isAllowed }
      stream = { ...viewer, controller, leave: () => void watched.streams.delete(stream) }
      watched.streams.add(stream)
      controller.enqueue(encode([message('counts', watched.counts), ...missed].join('')))
    },
    cancel: () => stream.leave(),
  })
}

interface News {
  /** The monitors, of any project, of which something was written. */
  ids: ReadonlySet<number>
  /** Whether it may be more than these: somebody else wrote. */
  isEverything: boolean
  now: number
}

interface Telling {
  projectId: string
  watched: Watched
  news: News
}

// What is known of the project changes last: when anything fails, the next look finds the same news.
function tellNews(deps: Deps, { projectId, watched, news }: Telling): void {
  const states = listStatuses(deps.db, projectId)
  const isNewlyLate = ({ dueAt }: { dueAt: number | null }) =>
    dueAt !== null && dueAt > watched.lookedAt && dueAt <= news.now
  const changed = states.filter((state) => news.ids.has(state.id) || isNewlyLate(state)).map(({ id }) => id)
  const ids = new Set(states.map(({ id }) => id))
  const gone = [...watched.ids].filter((id) => !ids.has(id))
  const counts = JSON.stringify(countByStatus(states, news.now))
  const common = [
    ...gone.map((id) => message('gone', String(id))),
    ...(counts === watched.counts ? [] : [message('counts', counts)]),
  ]
  if (news.isEverything || changed.length > ROWS_MAX)
    sendAll([...watched.streams], encode([...common, message('refresh', '')].join('')))
  else sendRows(deps, watched, { monitors: rowsOf(deps, { projectId, changed }), common, now: news.now })
  Object.assign(watched, { ids, counts, lookedAt: news.now, nextDueAt: nextDueAfter(states, news.now) })
}

function rowsOf({ db }: Deps, { projectId, changed }: { projectId: string; changed: number[] }): ListedMonitor[] {
  return changed.length === 0 ? [] : listListedMonitors(db, { projectId, ids: changed })
}

// Drawn once for all who read the same clock, however many they are.
function sendRows(
  deps: Deps,
  { streams }: Watched,
  { monitors, common, now }: { monitors: ListedMonitor[]; common: string[]; now: number },
): void {
  if (monitors.length + common.length === 0) return
  for (const [zone, audience] of Map.groupBy(streams, (stream) => stream.zone)) {
    sendAll(audience, encode([...rowMessages(deps, { monitors, reading: { zone, now } }), ...common].join('')))
  }
}

function rowMessages(
  { config: { basePath } }: Deps,
  { monitors, reading }: { monitors: ListedMonitor[]; reading: Reading },
): string[] {
  const rowOf = (monitor: ListedMonitor): string => (<MonitorRow monitor={monitor} reading={reading} />).toString()
  return withBasePath(basePath, () => monitors.map((monitor) => message('row', rowOf(monitor))))
}

function sendAll(streams: Stream[], bytes: Uint8Array): void {
  for (const stream of streams) {
    if ((stream.controller.desiredSize ?? 0) < -BACKLOG_MAX) end(stream)
    else stream.controller.enqueue(bytes)
  }
}

function beat(streams: Stream[]): void {
  const allowed = streams.filter((stream) => stream.isAllowed())
  for (const stream of streams) if (!allowed.includes(stream)) end(stream)
  sendAll(allowed, encode(message('alive', '')))
}

function makeRoom(streams: Stream[]): void {
  const oldest = streams.reduce((first, stream) => (stream.openedAt < first.openedAt ? stream : first))
  oldest.controller.enqueue(encode(`retry: ${CROWDED_RETRY_MS}\n${message('crowded', '')}`))
  end(oldest)
}

function end({ controller, leave }: Stream): void {
  leave()
  controller.close()
}

function forgetEmpty(projects: Map<string, Watched>): void {
  for (const [projectId, { streams }] of projects) if (streams.size === 0) projects.delete(projectId)
}

function nextDueAfter(states: { dueAt: number | null }[], now: number): number {
  return states.reduce((next, { dueAt }) => (dueAt !== null && dueAt > now ? Math.min(next, dueAt) : next), Infinity)
}

function message(event: string, data: string): string {
  const lines = data.split('\n').map((line) => `data: ${line}\n`)
  return `event: ${event}\n${lines.join('')}\n`
}

const encoder = new TextEncoder()

function encode(text: string): Uint8Array {
  return encoder.encode(text)
}
