import { resendDelivery } from '#actions/deliveries.ts'
import { searchIncidents } from '#actions/incident-lists.ts'
import { surroundingsOf } from '#actions/incident-surroundings.ts'
import { acknowledgeIncident, saveNote, withdrawAcknowledgment } from '#actions/incidents.ts'
import { snoozeOf } from '#actions/snoozes.ts'
import type { Deps } from '#deps.ts'
import {
  cursorAt,
  type IncidentPlace,
  type IncidentSummary,
  incidentMs,
  NEWEST_INCIDENTS,
  noteFingerprint,
  readIncidentCursor,
} from '#domain/incident.ts'
import { type IncidentFilter, startOfDay } from '#domain/incident-filter.ts'
import { shownName, tagList } from '#domain/monitor.ts'
import type { Permission } from '#domain/project.ts'
import type { Snooze } from '#domain/snooze.ts'
import type { Story } from '#domain/story.ts'
import { orRerender } from '#http/forms.ts'
import { frameOf, readingOf } from '#http/frame.ts'
import {
  inProject,
  type ProjectRequest,
  projectOf,
  type SignedInRequest,
  signedIn,
  type WebDeps,
} from '#http/guards.ts'
import { outputOfStory, readStory } from '#http/incident-stories.ts'
import { PAGE_HEADERS, page, partial, redirect } from '#http/respond.tsx'
import { cookieRoutes } from '#http/routes.ts'
import { url } from '#lib/base-path.ts'
import { toCsv } from '#lib/csv.ts'
import { DAY } from '#lib/duration.ts'
import { AppError } from '#lib/errors.ts'
import type { Reader } from '#store/database.ts'
import { findDelivery } from '#store/deliveries.ts'
import { countOpenIncidents, findIncident, findIncidentIdOfDelivery } from '#store/incidents.ts'
import { listNamesAndTags } from '#store/monitor-lists.ts'
import { findMonitorById } from '#store/monitors.ts'
import { listSnoozes } from '#store/snoozes.ts'
import { type FormState, freshForm, SEEN_FIELD } from '#views/components/field.tsx'
import { IncidentNow, IncidentPage } from '#views/pages/incident.tsx'
import {
  INCIDENT_FILTERS,
  IncidentList,
  type IncidentListProps,
  type IncidentQuery,
  IncidentsPage,
  listPath,
  SEARCH_FIELDS,
} from '#views/pages/incidents.tsx'
import { acknowledgerInWords } from '#words/acknowledgment.ts'
import { seconds, timeOrNull } from '#words/wire-time.ts'
import { backFrom } from './incident-list.ts'

const FORM = { parse: 'none' } as const
const STEP = 50
/** A list grows up to this many incidents. After that, "more" starts a new page. */
const COUNT_MAX = 500
/** How many incidents a file has at most. */
const CSV_MAX = 10_000
const SEARCH_MAX = 500

export function incidentRoutes(web: WebDeps) {
  const operate = (answer: (context: IncidentRequest) => Response | Promise<Response>) =>
    onIncident(web, 'operate', answer)
  return cookieRoutes(web.deps, 'web/incidents')
    .get(
      '/projects/:project/incidents',
      inProject(web, 'look', (context) =>
        page(<IncidentsPage context={frameOf(context)} list={readList(web.deps, context)} />),
      ),
    )
    .get(
      '/projects/:project/incidents/list',
      inProject(web, 'look', (context) => {
        const list = readList(web.deps, context)
        return partial(<IncidentList {...list} />, { address: listPath(list.project, list.query) })
      }),
    )
    .get(
      '/projects/:project/incidents.csv',
      inProject(web, 'look', (context) => showCsv(web.deps, context)),
    )
    .get(
      '/incidents/:incident',
      onIncident(web, 'look', (context) => showIncident(web, { context, again: null })),
    )
    .get(
      '/incidents/:incident/story',
      onIncident(web, 'look', (context) => showNow(web, context)),
    )
    .post(
      '/incidents/:incident/acknowledgment',
      operate((context) => acknowledge(web, context)),
      FORM,
    )
    .post(
      '/incidents/:incident/acknowledgment/withdrawal',
      operate((context) => withdraw(web, context)),
      FORM,
    )
    .get(
      '/incidents/:incident/note',
      onIncident(web, 'look', ({ incidentId }) => redirect(url(`/incidents/${incidentId}`))),
    )
    .post(
      '/incidents/:incident/note',
      operate((context) => keepNote(web, context)),
      FORM,
    )
    .post(
      '/deliveries/:delivery/resend',
      signedIn(web, (context) => resend(web, context)),
      FORM,
    )
}

interface IncidentRequest extends ProjectRequest {
  incidentId: string
}

/** Guards a route with `:incident`, for members of the incident's project with this permission. */
function onIncident(
  web: WebDeps,
  permission: Permission,
  answer: (context: IncidentRequest) => Response | Promise<Response>,
) {
  return signedIn(web, (context) => {
    const incidentId = context.params.incident ?? ''
    const projectId = findIncident(web.deps.db, incidentId)?.projectId ?? ''
    const project = projectOf(web, { context, projectId, permission })
    return answer({ ...context, project, incidentId })
  })
}

function readList({ db }: Deps, context: ProjectRequest): IncidentListProps {
  const query = readQuery(context)
  const { project } = context
  const found = findIncidents(db, { projectId: project.id, query })
  const incidents = found.slice(0, query.count)
  return {
    project,
    reading: readingOf(context),
    query,
    incidents,
    more: found.length > query.count ? moreOf(query, incidents) : null,
    openCount: countOpenIncidents(db, project.id),
    snoozes: listSnoozes(db, { projectId: project.id, now: context.now }).filter(({ scope }) => scope.is !== 'monitor'),
    tags: [...new Set(listNamesAndTags(db, project.id).flatMap(({ tags }) => tagList(tags)))].toSorted(),
  }
}

/** Finds one incident more than requested, to know whether there are more. */
function findIncidents(
  reader: Reader,
  { projectId, query: { filter, search, count, before } }: { projectId: string; query: IncidentQuery },
): IncidentSummary[] {
  const limit = count + 1
  const about = { projectId, filter: search }
  const showsOpen = filter !== 'past' && before?.part !== 'past'
  const openBelow = before ?? NEWEST_INCIDENTS
  const open = showsOpen ? searchIncidents(reader, { ...about, ...placeOf(openBelow), isOpen: true, limit }) : []
  if (filter === 'open') return open
  const pastBelow = before?.part === 'past' ? before : NEWEST_INCIDENTS
  const rest = { ...about, ...placeOf(pastBelow), isOpen: false, limit: limit - open.length }
  return [...open, ...searchIncidents(reader, rest)]
}

function placeOf({ openedAt, openedBy }: IncidentPlace): IncidentPlace {
  return { openedAt, openedBy }
}

function moreOf(query: IncidentQuery, shown: readonly IncidentSummary[]): IncidentListProps['more'] {
  const count = query.count + STEP
  const last = shown.at(-1)
  if (count <= COUNT_MAX || last === undefined) return { query: { ...query, count }, isNewPage: false }
  return { query: { ...query, count: STEP, before: cursorAt(last) }, isNewPage: true }
}

/** Invalid parameters are ignored. */
function readQuery({ query, user }: Pick<ProjectRequest, 'query' | 'user'>): IncidentQuery {
  const filter = INCIDENT_FILTERS.find((known) => known === query.get('show')) ?? 'all'
  const count = Math.min(COUNT_MAX, Math.max(STEP, readWhole(query.get('count')) ?? STEP))
  const typed = Object.fromEntries(SEARCH_FIELDS.map((name) => [name, (query.get(name) ?? '').slice(0, SEARCH_MAX)]))
  return {
    filter,
    search: readSearch(typed, user.timeZone),
    typed,
    count,
    before: readIncidentCursor(query.get('before')),
  }
}

/** As the search form sends it: days are in the user's time zone, and `to` is the last one. */
function readSearch(typed: IncidentQuery['typed'], zone: string): IncidentFilter {
  const { q = '', tag = '', from = '', to = '', acknowledged = '' } = typed
  const lastDay = startOfDay(to, zone)
  return {
    text: q.trim(),
    tag,
    since: startOfDay(from, zone),
    until:
      lastDay === null
        ? null
        : startOfDay(new Date(Date.parse(`${to}T00:00:00Z`) + DAY).toISOString().slice(0, 10), zone),
    isAcknowledged: acknowledged === '' ? null : acknowledged === 'yes',
  }
}

/** The newest incidents of the search. */
function showCsv({ db, clock }: Deps, context: ProjectRequest): Response {
  const query = { ...readQuery(context), count: CSV_MAX - 1, before: null }
  const found = findIncidents(db, { projectId: context.project.id, query })
  const rows = found.map((incident) => {
    const { id, monitor, reason, openedAt, closedAt, acknowledgment, failedDeliveries, note } = incident
    return [
      id,
      shownName(monitor),
      monitor.slug,
      monitor.tags,
      reason,
      timeOrNull(openedAt),
      timeOrNull(closedAt),
      seconds(incidentMs(incident, clock.now())),
      timeOrNull(acknowledgment?.at ?? null),
      acknowledgment && acknowledgerInWords(acknowledgment),
      failedDeliveries,
      note,
    ]
  })
  return new Response(toCsv([CSV_COLUMNS, ...rows]), {
    headers: {
      ...PAGE_HEADERS,
      'Content-Type': 'text/csv; charset=utf-8',
      'Content-Disposition': 'attachment; filename="incidents.csv"',
    },
  })
}

const CSV_COLUMNS = [
  'id',
  'monitor',
  'slug',
  'tags',
  'reason',
  'started',
  'ended',
  'seconds',
  'acknowledged',
  'acknowledged_by',
  'failed_notifications',
  'note',
]

function readWhole(text: string | null): number | null {
  return text !== null && /^[0-9]{1,15}$/.test(text) ? Number(text) : null
}

interface RetryState {
  form: FormState
  problem: string | null
}

function showIncident(
  { deps }: WebDeps,
  { context, again }: { context: IncidentRequest; again: RetryState | null },
): Response {
  const story = storyOf(deps, context)
  return page(
    <IncidentPage
      context={frameOf(context)}
      project={context.project}
      reading={readingOf(context)}
      story={story}
      output={outputOfStory(deps, { project: context.project, story })}
      snooze={snoozeOfStory(deps, story)}
      surroundings={surroundingsOf(deps.db, { ...story, now: context.now })}
      form={again?.form ?? freshForm({ note: story.incident.note, [SEEN_FIELD]: noteFingerprint(story.incident.note) })}
      problem={again?.problem ?? null}
    />,
    again ? 422 : 200,
  )
}

function showNow({ deps }: WebDeps, context: IncidentRequest): Response {
  const story = storyOf(deps, context)
  const { project } = context
  const output = outputOfStory(deps, { project, story })
  const surroundings = surroundingsOf(deps.db, { ...story, now: context.now })
  const now = { story, output, snooze: snoozeOfStory(deps, story), surroundings, reading: readingOf(context), project }
  return partial(<IncidentNow {...now} />)
}

function storyOf(deps: Deps, { incidentId, user }: IncidentRequest): Story {
  const story = readStory(deps, { incidentId, isAdmin: user.isAdmin })
  if (story === null) throw new AppError('not_found', 'Incident not found.')
  return story
}

function snoozeOfStory({ db, clock }: Deps, { incident }: Story): Snooze | null {
  const monitor = findMonitorById(db, incident.monitorId)
  return monitor && snoozeOf(db, { monitor, now: clock.now() })
}

function acknowledge({ deps }: WebDeps, context: IncidentRequest): Response {
  const isMine = acknowledgeIncident(deps, { ...refOf(context), userId: context.user.id })
  return redirect(backFrom({ ...context, projectId: context.project.id }), isMine ? 'incident-acknowledged' : undefined)
}

function withdraw({ deps }: WebDeps, context: IncidentRequest): Response {
  withdrawAcknowledgment(deps, refOf(context))
  return redirect(url(`/incidents/${context.incidentId}`), 'incident-released')
}

async function keepNote(web: WebDeps, context: IncidentRequest): Promise<Response> {
  const note = context.form.text('note')
  const seen = context.form.text(SEEN_FIELD)
  return await orRerender(
    web.deps,
    () => {
      saveNote(web.deps, { ...refOf(context), note, seen })
      return redirect(url(`/incidents/${context.incidentId}`), 'note-saved')
    },
    ({ code, fields, message }) => {
      const isOutdated = code === 'conflict'
      const current = storyOf(web.deps, context).incident.note
      const values = { note, [SEEN_FIELD]: isOutdated ? noteFingerprint(current) : seen }
      return showIncident(web, {
        context,
        again: { form: { values, problems: fields }, problem: isOutdated ? message : null },
      })
    },
  )
}

function resend(web: WebDeps, context: SignedInRequest): Response {
  const { deps } = web
  const deliveryId = context.params.delivery ?? ''
  const projectId = findDelivery(deps.db, deliveryId)?.projectId ?? ''
  projectOf(web, { context, projectId, permission: 'operate' })
  const { isQueued } = resendDelivery(deps, { projectId, deliveryId })
  const incidentId = findIncidentIdOfDelivery(deps.db, deliveryId)
  return redirect(
    url(incidentId === null ? '/' : `/incidents/${incidentId}`),
    isQueued ? 'delivery-queued' : 'delivery-suppressed',
  )
}

function refOf({ project, incidentId }: IncidentRequest): { projectId: string; incidentId: string } {
  return { projectId: project.id, incidentId }
}
