// The parts of a monitor's page that are updated separately, each with its own URL.
import { bandsOf } from '#actions/bands.ts'
import { windowsOf } from '#actions/maintenance.ts'
import { snoozeOf } from '#actions/snoozes.ts'
import { bandsIn } from '#domain/band.ts'
import { maintenanceEnd } from '#domain/maintenance.ts'
import type { Monitor } from '#domain/monitor.ts'
import { may } from '#domain/project.ts'
import { readCursor, TIMELINE_FILTERS, type TimelineFilter } from '#domain/timeline.ts'
import { uptimeOf } from '#domain/uptime.ts'
import { concealFor } from '#http/concealing.ts'
import { readingOf } from '#http/frame.ts'
import { type MonitorRequest, onMonitor, type WebDeps } from '#http/guards.ts'
import { outputOfStory, readStories } from '#http/incident-stories.ts'
import { partial } from '#http/respond.tsx'
import { cookieRoutes } from '#http/routes.ts'
import { readTimeline, readTimelineNews } from '#http/timelines.ts'
import type { Markup } from '#jsx/jsx-runtime'
import { type Address, url } from '#lib/base-path.ts'
import { lengthInWords } from '#lib/duration.ts'
import { AppError } from '#lib/errors.ts'
import { lastDays, shortMomentInZone } from '#lib/zone.ts'
import type { Reader } from '#store/database.ts'
import { listTransitions } from '#store/incidents.ts'
import { listTimedPings } from '#store/timeline.ts'
import type { TimedRun } from '#views/components/duration-chart.tsx'
import type { Reading } from '#views/components/moment.tsx'
import { type DayUptime, MonitorCharts } from '#views/partials/monitor-charts.tsx'
import { MonitorIncidents } from '#views/partials/monitor-incidents.tsx'
import { isNew, MonitorOverview } from '#views/partials/monitor-overview.tsx'
import { NewerEntries, OlderEntries, Timeline } from '#views/partials/timeline.tsx'
import { PING_WORDS } from '#words/ping.ts'

export function monitorPartRoutes(web: WebDeps) {
  const part = (draw: (web: WebDeps, context: MonitorRequest) => Markup) =>
    onMonitor(web, 'look', (context) => partial(draw(web, context)))
  return cookieRoutes(web.deps, 'web/monitor-parts')
    .get('/monitors/:monitor/overview', part(overviewPart))
    .get('/monitors/:monitor/charts', part(chartsPart))
    .get('/monitors/:monitor/incidents', part(incidentsPart))
    .get(
      '/monitors/:monitor/timeline',
      onMonitor(web, 'look', (context) =>
        partial(timelinePart(web, context), {
          address: url(`/monitors/${context.monitor.uniqueKey}?kind=${filterOf(context)}`),
        }),
      ),
    )
    .get(
      '/monitors/:monitor/timeline/older',
      onMonitor(web, 'look', (context) => partial(olderPart(web, context), olderAddress(context))),
    )
    .get('/monitors/:monitor/timeline/newer', part(newerPart))
}

const DAYS = 90
const INCIDENTS = 5
const RUNS = 60
/** The number of pings that are searched for measured runs. */
const RUNS_SEARCHED = 1000
/**
 * Enough for a change every five minutes for a month (8,640). Days before the oldest change that was read are empty.
 */
const TRANSITIONS_MAX = 10_000

export function overviewPart({ deps }: WebDeps, context: MonitorRequest): Markup {
  const { monitor, project } = context
  const mayOperate = may(project.role, 'operate')
  const [story] = monitor.status === 'down' ? readStories(deps, { monitorId: monitor.id, limit: 1 }) : []
  return (
    <MonitorOverview
      monitor={monitor}
      changedAt={changedAt(deps.db, monitor)}
      mayOperate={mayOperate}
      pingUrl={mayOperate ? `${deps.config.baseUrl}/ping/${monitor.pingKey}` : ''}
      output={story ? outputOfStory(deps, { project, story }) : null}
      snooze={snoozeOf(deps.db, { monitor, now: deps.clock.now() })}
      maintenanceUntil={maintenanceEnd(windowsOf(deps.db, { monitor, since: context.now }), context.now)}
      reading={readingOf(context)}
    />
  )
}

export function chartsPart({ deps: { db } }: WebDeps, context: MonitorRequest): Markup {
  const { monitor } = context
  const reading = readingOf(context)
  return (
    <MonitorCharts
      uniqueKey={monitor.uniqueKey}
      days={isNew(monitor) ? [] : readDays(db, { monitor, reading })}
      runs={readRuns(db, { monitor, reading })}
      isEmpty={isNew(monitor)}
      reading={reading}
    />
  )
}

export function incidentsPart({ deps }: WebDeps, context: MonitorRequest): Markup {
  const { monitor, project } = context
  return (
    <MonitorIncidents
      uniqueKey={monitor.uniqueKey}
      projectId={project.id}
      stories={readStories(deps, { monitorId: monitor.id, limit: INCIDENTS })}
      mayOperate={may(project.role, 'operate')}
      reading={readingOf(context)}
    />
  )
}

export function timelinePart(web: WebDeps, context: MonitorRequest): Markup {
  const wanted = wantedOf(web, context)
  const { above, ...first } = readTimeline(web.deps.db, { ...wanted, before: readCursor(context.query.get('before')) })
  const steps = above === null ? null : stepsOf(context)
  let { entries, below } = first
  for (let step = 0; step < (steps ?? 0) && below !== null; step++) {
    const older = readTimeline(web.deps.db, { ...wanted, before: below })
    entries = [...entries, ...older.entries]
    below = older.below
  }
  return <Timeline {...viewOf(context)} entries={entries} below={below} above={above} steps={steps} />
}

const STEPS_MAX = 20

// The number of times that a user who returns to the page had loaded older entries.
function stepsOf({ query }: MonitorRequest): number {
  const steps = Number(query.get('steps') ?? 0)
  return Number.isInteger(steps) ? Math.min(Math.max(steps, 0), STEPS_MAX) : 0
}

function olderAddress(context: MonitorRequest): { address: Address } | undefined {
  const steps = stepsOf(context)
  return steps === 0
    ? undefined
    : { address: url(`/monitors/${context.monitor.uniqueKey}?kind=${filterOf(context)}&steps=${steps}`) }
}

function olderPart(web: WebDeps, context: MonitorRequest): Markup {
  const before = readCursor(context.query.get('before'))
  if (before === null) throw new AppError('invalid', 'Invalid position in the timeline. Reload the page.')
  const { entries, below } = readTimeline(web.deps.db, { ...wantedOf(web, context), before })
  return <OlderEntries {...viewOf(context)} entries={entries} below={below} steps={stepsOf(context) || null} />
}

function newerPart(web: WebDeps, context: MonitorRequest): Markup {
  const after = readCursor(context.query.get('after'))
  if (after === null) throw new AppError('invalid', 'Invalid position in the timeline. Reload the page.')
  const news = readTimelineNews(web.deps.db, { ...wantedOf(web, context), after })
  return <NewerEntries {...viewOf(context)} {...news} />
}

function wantedOf({ deps }: WebDeps, context: MonitorRequest) {
  return {
    monitor: context.monitor,
    filter: filterOf(context),
    kept: deps.config.retention.pingsPerMonitor,
    conceal: concealFor(deps, context),
    showsRawMail: may(context.project.role, 'operate'),
  }
}

function viewOf(context: MonitorRequest) {
  return { uniqueKey: context.monitor.uniqueKey, filter: filterOf(context), reading: readingOf(context) }
}

function filterOf({ query }: MonitorRequest): TimelineFilter {
  return TIMELINE_FILTERS.find((filter) => filter === query.get('kind')) ?? 'all'
}

function changedAt(reader: Reader, { id, createdAt }: Monitor): number {
  const [newest] = listTransitions(reader, { monitorId: id, from: 0, to: Number.MAX_SAFE_INTEGER, limit: 1 })
  return newest?.at ?? createdAt
}

interface ReadBy {
  monitor: Monitor
  reading: Reading
}

function readDays(reader: Reader, { monitor, reading }: ReadBy): DayUptime[] {
  const periods = lastDays(DAYS, reading)
  const range = { monitorId: monitor.id, from: periods[0]?.from ?? 0, to: Number.MAX_SAFE_INTEGER }
  const transitions = listTransitions(reader, { ...range, limit: TRANSITIONS_MAX })
  const oldest = transitions.length === TRANSITIONS_MAX ? transitions.at(-1) : undefined
  const { status, createdAt } = monitor
  const from = periods[0]?.from ?? reading.now
  const bands = bandsOf(reader, { monitor, from, to: reading.now })
  const history = { transitions, status, createdAt: oldest?.at ?? createdAt, now: reading.now }
  const days = uptimeOf({ periods, ...history, excluded: bands.maintenance })
  return days.map((day) => ({ ...day, bands: bandsIn(day, bands) }))
}

function readRuns(reader: Reader, { monitor, reading }: ReadBy): TimedRun[] {
  const above = monitor.pingCount - RUNS_SEARCHED
  return listTimedPings(reader, { monitorId: monitor.id, above, limit: RUNS })
    .map(({ number, kind, at, durationMs }) => ({
      label: `#${number} ${PING_WORDS[kind]}, ${shortMomentInZone(at, reading)}, ${lengthInWords(durationMs)}`,
      durationMs,
      failed: kind === 'fail',
    }))
    .reverse()
}
