// Pushes changes to open pages: the rows of changed monitors, and the counts.
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
  /** Sends the changes since the last tick. Without open pages it does nothing. */
  tick(): Promise<void>
  settled(): Promise<void>
  /**
   * Increases with each change. A page keeps the version it was rendered with and sends it when it opens its stream.
   */
  version(): number
  /** The event stream of one tab. Throws `too_many` if there are too many streams; the page then polls. */
  open(audience: Audience): Response
  /** Ends all streams and opens no more, because the process stops. */
  close(): void
}

const EVERY_MS = 250
const STREAMS_MAX = 2000
/** Another stream ends the user's oldest one. */
const STREAMS_PER_USER_MAX = 20
/** Keeps proxies, the server and the page from closing an idle stream. @NOTE Keep in step with assets/live.js. */
const SIGN_OF_LIFE_MS = 5 * SECOND
/** A page with this many unread messages is disconnected. It reconnects and reloads everything. */
const BACKLOG_MAX = 500
/** If more rows than this change at once, the page reloads the list. */
const ROWS_MAX = 100
/** If more than this changed since a page was rendered, the page reloads everything. */
const CHANGES_MAX = 1000
/** How long a disconnected page waits, so that it doesn't displace the newer one immediately. */
const CROWDED_RETRY_MS = 30 * SECOND

const STREAM_HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-store',
  // Without this, nginx buffers the messages.
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

/** Who views a project, and how times are written for them. */
export interface Audience {
  projectId: string
  userId: string
  reading: Reading
  /** When the page was rendered; null if unknown. */
  drawn: RenderedAt | null
  /** Whether they still have access. It is checked again and again, because a stream can outlive its session. */
  isAllowed(): boolean
}

/** The version and time at which a page was rendered. */
export interface RenderedAt {
  version: number
  at: number
}

/** The state of a project with open pages. */
interface Watched {
  streams: Set<Stream>
  /** Its monitors at the last check. */
  ids: Set<number>
  counts: string
  lookedAt: number
  /** When the next monitor becomes late, which is a change without a write. */
  nextDueAt: number
  /** Monitors that changed while reading failed. */
  owed: ReadonlySet<number>
  /** Whether any other monitor may have changed, too. */
  owesEverything: boolean
  isFailing: boolean
}

export function createLive(deps: Deps): Live {
  const projects = new Map<string, Watched>()
  /** The version of the last change of each monitor. */
  const changes = new Map<number, number>()
  // Versions of an earlier process are lower than the first one of this process.
  const firstVersion = deps.clock.now()
  let version = firstVersion
  const readOtherWrites = watchOtherProcesses(deps)
  /** The version of the last change by a command in another process. */
  let otherVersion = 0
  let touched = new Set<number>()
  let lastSignAt = deps.clock.elapsed()
  let isClosed = false

  const stopWatching = deps.db.watch((ids) => {
    version += 1
    for (const id of ids) changes.set(id, version)
    if (projects.size > 0) for (const id of ids) touched.add(id)
  })

  const notifyAll = (): void => {
    const { isChanged, isDue } = readOtherWrites()
    if (isChanged) otherVersion = version += 1
    const news = { ids: touched, isEverything: isDue, now: deps.clock.now() }
    // Rows and counts are of one moment, even if another process commits between the reads.
    deps.db.read(() => {
      const concernedProjects = concerned(deps, { projects, news })
      // Cleared only now: if reading fails, the next tick still has all changes.
      touched = new Set()
      for (const [projectId, watched] of concernedProjects) notifyOrDefer(deps, { projectId, watched, news })
    })
  }

  const tick = async (): Promise<void> => {
    notifyAll()
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
      throw new AppError('too_many', 'Too many pages are open. The page will poll for changes.')
    }
    const own = streams.filter(({ userId }) => userId === audience.userId)
    if (own.length >= STREAMS_PER_USER_MAX) closeOldest(own)
    // Sends earlier changes to the other pages first. The new page already has them or gets what it missed.
    notifyAll()
    const watched = projects.get(projectId) ?? readProjectState(deps, { projectId, now: reading.now })
    projects.set(projectId, watched)
    const oldestKnownVersion = Math.max(firstVersion, otherVersion)
    const isCurrent = drawn !== null && drawn.version >= oldestKnownVersion && drawn.version <= version
    const missed = isCurrent ? missedSince(deps, { projectId, reading, drawn, changes }) : [message('refresh', '')]
    return new Response(streamFor(watched, audience, missed), { headers: STREAM_HEADERS })
  }

  const close = (): void => {
    isClosed = true
    stopWatching()
    for (const { streams } of projects.values()) for (const stream of [...streams]) end(stream)
    projects.clear()
  }

  return { name: 'live', everyMs: EVERY_MS, tick, settled: async () => {}, version: () => version, open, close }
}

/**
 * Another process doesn't report which monitors it changed. It is checked once a second, as an import commits often.
 */
function watchOtherProcesses({ db, clock }: Deps) {
  let isOwed = false
  let readAt = Number.NEGATIVE_INFINITY
  return (): { isChanged: boolean; isDue: boolean } => {
    const isChanged = db.wasChangedElsewhere()
    const isDue = (isOwed || isChanged) && clock.elapsed() - readAt >= SECOND
    isOwed = (isOwed || isChanged) && !isDue
    if (isDue) readAt = clock.elapsed()
    return { isChanged, isDue }
  }
}

// A ping in a project without open pages costs the other projects nothing.
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

// An error in one project must not delay changes of the others. It is retried at each tick.
function notifyOrDefer(deps: Deps, { projectId, watched, news }: ProjectUpdate): void {
  const ids = watched.owed.union(news.ids)
  const isEverything = news.isEverything || watched.owesEverything
  try {
    pushChanges(deps, { projectId, watched, news: { ...news, ids, isEverything } })
    Object.assign(watched, { owed: new Set(), owesEverything: false, isFailing: false })
  } catch (error) {
    if (!watched.isFailing) deps.log.error('Could not update an open page', { projectId, error })
    Object.assign(watched, { owed: ids, owesEverything: isEverything, isFailing: true })
  }
}

/** The changes between the rendering of a page and the opening of its stream. */
function missedSince(
  deps: Deps,
  missing: { projectId: string; reading: Reading; drawn: RenderedAt; changes: Map<number, number> },
): string[] {
  const { projectId, reading, drawn, changes } = missing
  const since = [...changes].filter(([, version]) => version > drawn.version).map(([id]) => id)
  // The project of a deleted monitor is unknown.
  if (since.length > CHANGES_MAX || countMonitors(deps.db, since) < since.length) return [message('refresh', '')]
  const isMissed = ({ id, dueAt }: { id: number; dueAt: number | null }): boolean =>
    (changes.get(id) ?? 0) > drawn.version || (dueAt !== null && dueAt > drawn.at && dueAt <= reading.now)
  const changed = listStatuses(deps.db, projectId)
    .filter(isMissed)
    .map(({ id }) => id)
  if (changed.length > ROWS_MAX) return [message('refresh', '')]
  return rowMessages(deps, { monitors: rowsOf(deps, { projectId, changed }), reading })
}

function readProjectState({ db }: Deps, { projectId, now }: { projectId: string; now: number }): Watched {
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

// The counts are sent first, so that the tab immediately shows whether a monitor is down.
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
  /** The monitors that changed, in any project. */
  ids: ReadonlySet<number>
  /** Whether others may have changed, too, because another process wrote. */
  isEverything: boolean
  now: number
}

interface ProjectUpdate {
  projectId: string
  watched: Watched
  news: News
}

// The stored state of the project is updated last. If anything fails, the next check finds the same changes.
function pushChanges(deps: Deps, { projectId, watched, news }: ProjectUpdate): void {
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

// Rendered once for all viewers in the same time zone.
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

function closeOldest(streams: Stream[]): void {
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
