import { Elysia } from 'elysia'
import { silenceOf } from '#actions/channels.ts'
import { rememberProject } from '#actions/sessions.ts'
import type { Deps } from '#deps.ts'
import {
  countByStatus,
  LIST_ORDERS,
  type ListFilter,
  NO_FILTER,
  SHOWN_STATUSES,
  selectMonitors,
  tagsOf,
} from '#domain/monitor-list.ts'
import type { OwnProject } from '#domain/project.ts'
import { frameOf, readingOf } from '#http/frame.ts'
import { type House, inProject, type ProjectVisit, type SignedInVisit, signedIn } from '#http/guards.ts'
import type { Audience, Drawn } from '#http/live.tsx'
import { page, partial, redirect } from '#http/respond.tsx'
import { zipped } from '#http/zip.ts'
import { wasWritten } from '#lib/errors.ts'
import { listChannels } from '#store/channels.ts'
import { listListedMonitors, listStatuses } from '#store/monitor-lists.ts'
import { findOwnProject } from '#store/projects.ts'
import { findSignedIn } from '#store/sessions.ts'
import { type ChannelsState, DashboardPage, NoProjectPage } from '#views/pages/dashboard.tsx'
import { filterQuery, MonitorList } from '#views/partials/monitor-list.tsx'

const TEXT_MAX = 200

export function dashboardRoutes(house: House) {
  return new Elysia({ name: 'web/dashboard' })
    .get(
      '/',
      signedIn(house, (visit) => showCurrent(house, visit)),
    )
    .get(
      '/projects/:project',
      inProject(house, 'look', (visit) => show(house, visit)),
    )
    .get(
      '/projects/:project/monitors',
      inProject(house, 'look', ({ project }) => redirect(`/projects/${project.id}`)),
    )
    .get(
      '/projects/:project/monitors/list',
      inProject(house, 'look', (visit) => showList(house, visit)),
    )
    .get(
      '/projects/:project/counts',
      inProject(house, 'look', (visit) => showCounts(house, visit)),
    )
    .get(
      '/projects/:project/events',
      inProject(house, 'look', (visit) => house.live.open(audienceOf(house, visit))),
    )
}

function audienceOf({ deps }: House, visit: ProjectVisit): Audience {
  const { project, session, user } = visit
  const isAllowed = (): boolean =>
    findSignedIn(deps.db, { id: session.id, now: deps.clock.now() }) !== null &&
    findOwnProject(deps.db, { projectId: project.id, userId: user.id }) !== null
  return { projectId: project.id, userId: user.id, reading: readingOf(visit), drawn: drawnOf(visit.query), isAllowed }
}

function drawnOf(query: URLSearchParams): Drawn | null {
  const [version, at] = [Number(query.get('version')), Number(query.get('drawn'))]
  return version > 0 && at > 0 ? { version, at } : null
}

function showCurrent(house: House, visit: SignedInVisit): Response | Promise<Response> {
  const { project } = visit
  return project === null ? page(<NoProjectPage visit={frameOf(visit)} />) : show(house, { ...visit, project })
}

function show({ deps }: House, visit: ProjectVisit): Promise<Response> {
  const { project, session } = visit
  if (session.projectId !== project.id) {
    wasWritten(() => rememberProject(deps, { id: session.id, projectId: project.id }))
  }
  const monitors = listListedMonitors(deps.db, { projectId: project.id })
  const document = (
    <DashboardPage
      visit={frameOf(visit)}
      project={project}
      tags={tagsOf(monitors)}
      all={countByStatus(monitors, visit.now)}
      channels={channelsOf(deps, project)}
      {...listOf({ monitors, project, visit })}
    />
  )
  return zipped(visit.request, page(document))
}

function channelsOf(deps: Deps, { id }: OwnProject): ChannelsState {
  const silences = listChannels(deps.db, id).map((channel) => silenceOf(deps, channel))
  if (silences.length === 0) return 'none'
  if (silences.includes(null)) return 'on'
  return silences.every((silence) => silence === 'switched off') ? 'off' : 'unheard'
}

function showList({ deps }: House, visit: ProjectVisit): Promise<Response> {
  const { project } = visit
  const monitors = listListedMonitors(deps.db, { projectId: project.id })
  const list = listOf({ monitors, project, visit })
  const address = `/projects/${project.id}${filterQuery(list.filter)}`
  return zipped(visit.request, partial(<MonitorList {...list} />, { address }))
}

function showCounts({ deps }: House, { project, now }: ProjectVisit): Response {
  const counts = countByStatus(listStatuses(deps.db, project.id), now)
  return Response.json(counts, { headers: { 'Cache-Control': 'no-store' } })
}

interface Listing {
  monitors: ReturnType<typeof listListedMonitors>
  project: OwnProject
  visit: SignedInVisit
}

function listOf({ monitors, project, visit }: Listing) {
  const filter = readFilter(visit.query)
  const inSearch = selectMonitors(monitors, { ...filter, status: null }, visit.now)
  return {
    projectId: project.id,
    monitors: selectMonitors(inSearch, filter, visit.now),
    counts: countByStatus(inSearch, visit.now),
    filter,
    reading: readingOf(visit),
  }
}

// What cannot be read asks for nothing: an old bookmark still shows monitors.
function readFilter(query: URLSearchParams): ListFilter {
  const order = query.get('sort') ?? ''
  const status = query.get('status') ?? ''
  return {
    text: (query.get('q') ?? '').trim().slice(0, TEXT_MAX),
    status: SHOWN_STATUSES.find((known) => known === status) ?? null,
    tag: (query.get('tag') ?? '').slice(0, TEXT_MAX),
    order: LIST_ORDERS.find((known) => known === order) ?? NO_FILTER.order,
  }
}
