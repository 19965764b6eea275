import { isGroup } from '#actions/channel-groups.ts'
import { unusableReasonOf } from '#actions/channels.ts'
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
import { inProject, type ProjectRequest, type SignedInRequest, signedIn, type WebDeps } from '#http/guards.ts'
import type { Audience, RenderedAt } from '#http/live.tsx'
import { page, partial, redirect } from '#http/respond.tsx'
import { cookieRoutes } from '#http/routes.ts'
import { gzipped } from '#http/zip.ts'
import { url } from '#lib/base-path.ts'
import { tryWrite } from '#lib/errors.ts'
import { listChannels } from '#store/channels.ts'
import { listListedMonitors, listStatuses } from '#store/monitor-lists.ts'
import { findOwnProject } from '#store/projects.ts'
import { findSignedIn } from '#store/sessions.ts'
import { type ChannelsState, DashboardPage, NoProjectPage } from '#views/pages/dashboard.tsx'
import { filterQuery, MonitorList } from '#views/partials/monitor-list.tsx'

const TEXT_MAX = 200

export function dashboardRoutes(web: WebDeps) {
  return cookieRoutes(web.deps, 'web/dashboard')
    .get(
      '/',
      signedIn(web, (context) => showCurrent(web, context)),
    )
    .get(
      '/projects/:project',
      inProject(web, 'look', (context) => show(web, context)),
    )
    .get(
      '/projects/:project/monitors',
      inProject(web, 'look', ({ project }) => redirect(url(`/projects/${project.id}`))),
    )
    .get(
      '/projects/:project/monitors/list',
      inProject(web, 'look', (context) => showList(web, context)),
    )
    .get(
      '/projects/:project/counts',
      inProject(web, 'look', (context) => showCounts(web, context)),
    )
    .get(
      '/projects/:project/events',
      inProject(web, 'look', (context) => web.live.open(audienceOf(web, context))),
    )
}

function audienceOf({ deps }: WebDeps, context: ProjectRequest): Audience {
  const { project, session, user } = context
  const isAllowed = (): boolean =>
    findSignedIn(deps.db, { id: session.id, now: deps.clock.now() }) !== null &&
    findOwnProject(deps.db, { projectId: project.id, userId: user.id }) !== null
  return {
    projectId: project.id,
    userId: user.id,
    reading: readingOf(context),
    drawn: renderedAtOf(context.query),
    isAllowed,
  }
}

function renderedAtOf(query: URLSearchParams): RenderedAt | null {
  const [version, at] = [Number(query.get('version')), Number(query.get('drawn'))]
  return version > 0 && at > 0 ? { version, at } : null
}

function showCurrent(web: WebDeps, context: SignedInRequest): Response | Promise<Response> {
  const { project } = context
  return project === null ? page(<NoProjectPage context={frameOf(context)} />) : show(web, { ...context, project })
}

async function show({ deps }: WebDeps, context: ProjectRequest): Promise<Response> {
  const { project, session } = context
  const monitors = listListedMonitors(deps.db, { projectId: project.id })
  const document = (
    <DashboardPage
      context={frameOf(context)}
      project={project}
      tags={tagsOf(monitors)}
      all={countByStatus(monitors, context.now)}
      channels={channelsOf(deps, project)}
      {...listOf({ monitors, project, context })}
    />
  )
  const response = await gzipped(context.request, page(document))
  // After the page, because an answer to a GET can't write while it reads.
  if (session.projectId !== project.id) {
    tryWrite(() => rememberProject(deps, { id: session.id, projectId: project.id }))
  }
  return response
}

function channelsOf(deps: Deps, { id }: OwnProject): ChannelsState {
  const reasons = listChannels(deps.db, id)
    .filter((channel) => !isGroup(channel))
    .map((channel) => unusableReasonOf(deps, channel))
  if (reasons.length === 0) return 'none'
  if (reasons.includes(null)) return 'on'
  if (reasons.every((unusableReason) => unusableReason === 'disabled')) return 'off'
  return reasons.includes('no mail server configured') ? 'no-mail-server' : 'unconfirmed'
}

function showList({ deps }: WebDeps, context: ProjectRequest): Promise<Response> {
  const { project } = context
  const monitors = listListedMonitors(deps.db, { projectId: project.id })
  const list = listOf({ monitors, project, context })
  const address = url(`/projects/${project.id}${filterQuery(list.filter)}`)
  return gzipped(context.request, partial(<MonitorList {...list} />, { address }))
}

function showCounts({ deps }: WebDeps, { project, now }: ProjectRequest): Response {
  const counts = countByStatus(listStatuses(deps.db, project.id), now)
  return Response.json(counts, { headers: { 'Cache-Control': 'no-store' } })
}

interface Listing {
  monitors: ReturnType<typeof listListedMonitors>
  project: OwnProject
  context: SignedInRequest
}

function listOf({ monitors, project, context }: Listing) {
  const filter = readFilter(context.query)
  const inSearch = selectMonitors(monitors, { ...filter, status: null }, context.now)
  return {
    projectId: project.id,
    monitors: selectMonitors(inSearch, filter, context.now),
    counts: countByStatus(inSearch, context.now),
    filter,
    reading: readingOf(context),
  }
}

// Invalid parameters are ignored, so that old bookmarks keep working.
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
