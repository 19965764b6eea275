import { Elysia } from 'elysia'
import { resendDelivery } from '#actions/deliveries.ts'
import { acknowledgeIncident, saveNote, withdrawAcknowledgement } from '#actions/incidents.ts'
import type { Deps } from '#deps.ts'
import {
  cursorAt,
  type IncidentPlace,
  type IncidentSummary,
  NEWEST_INCIDENTS,
  noteFingerprint,
  readIncidentCursor,
} from '#domain/incident.ts'
import { may, type Permission } from '#domain/project.ts'
import type { Story } from '#domain/story.ts'
import { orAgain } from '#http/forms.ts'
import { frameOf, readingOf } from '#http/frame.ts'
import { type House, inProject, type ProjectVisit, projectOf, type SignedInVisit, signedIn } from '#http/guards.ts'
import { readStory } from '#http/incident-stories.ts'
import { page, partial, redirect } from '#http/respond.tsx'
import { AppError } from '#lib/errors.ts'
import type { Reader } from '#store/database.ts'
import { findDelivery } from '#store/deliveries.ts'
import {
  countOpenIncidents,
  findIncident,
  findIncidentIdOfDelivery,
  listOpenIncidents,
  listPastIncidents,
} from '#store/incidents.ts'
import { type FormState, freshForm, SEEN_FIELD } from '#views/components/field.tsx'
import { IncidentNow, IncidentPage } from '#views/pages/incident.tsx'
import {
  INCIDENT_FILTERS,
  IncidentList,
  type IncidentListProps,
  type IncidentQuery,
  IncidentsPage,
} from '#views/pages/incidents.tsx'

const FORM = { parse: 'none' } as const
const STEP = 50
/** A page grows to this many; then it begins anew. */
const COUNT_MAX = 500

export function incidentRoutes(house: House) {
  const operate = (answer: (visit: IncidentVisit) => Response | Promise<Response>) =>
    onIncident(house, 'operate', answer)
  return new Elysia({ name: 'web/incidents' })
    .get(
      '/projects/:project/incidents',
      inProject(house, 'look', (visit) =>
        page(<IncidentsPage visit={frameOf(visit)} list={readList(house.deps, visit)} />),
      ),
    )
    .get(
      '/projects/:project/incidents/list',
      inProject(house, 'look', (visit) => partial(<IncidentList {...readList(house.deps, visit)} />)),
    )
    .get(
      '/incidents/:incident',
      onIncident(house, 'look', (visit) => showIncident(house, { visit, again: null })),
    )
    .get(
      '/incidents/:incident/story',
      onIncident(house, 'look', (visit) => showNow(house, visit)),
    )
    .post(
      '/incidents/:incident/acknowledgement',
      operate((visit) => acknowledge(house, visit)),
      FORM,
    )
    .post(
      '/incidents/:incident/acknowledgement/withdrawal',
      operate((visit) => withdraw(house, visit)),
      FORM,
    )
    .get(
      '/incidents/:incident/note',
      onIncident(house, 'look', ({ incidentId }) => redirect(`/incidents/${incidentId}`)),
    )
    .post(
      '/incidents/:incident/note',
      operate((visit) => keepNote(house, visit)),
      FORM,
    )
    .post(
      '/deliveries/:delivery/resend',
      signedIn(house, (visit) => resend(house, visit)),
      FORM,
    )
}

interface IncidentVisit extends ProjectVisit {
  incidentId: string
}

/** For a member of the project that the incident `:incident` is of. */
function onIncident(
  house: House,
  permission: Permission,
  answer: (visit: IncidentVisit) => Response | Promise<Response>,
) {
  return signedIn(house, (visit) => {
    const incidentId = visit.params.incident ?? ''
    const projectId = findIncident(house.deps.db, incidentId)?.projectId ?? ''
    const project = projectOf(house, { visit, projectId, permission })
    return answer({ ...visit, project, incidentId })
  })
}

function readList({ db }: Deps, visit: ProjectVisit): IncidentListProps {
  const query = readQuery(visit.query)
  const { project } = visit
  const found = findIncidents(db, { projectId: project.id, query })
  const incidents = found.slice(0, query.count)
  return {
    project,
    reading: readingOf(visit),
    query,
    incidents,
    more: found.length > query.count ? moreOf(query, incidents) : null,
    openCount: countOpenIncidents(db, project.id),
  }
}

/** One more than are asked for, if there are as many. */
function findIncidents(
  reader: Reader,
  { projectId, query: { filter, count, before } }: { projectId: string; query: IncidentQuery },
): IncidentSummary[] {
  const limit = count + 1
  const showsOpen = filter !== 'past' && before?.part !== 'past'
  const openBelow = before ?? NEWEST_INCIDENTS
  const open = showsOpen ? listOpenIncidents(reader, { ...placeOf(openBelow), projectId, limit }) : []
  if (filter === 'open') return open
  const pastBelow = before?.part === 'past' ? before : NEWEST_INCIDENTS
  return [...open, ...listPastIncidents(reader, { ...placeOf(pastBelow), projectId, limit: limit - open.length })]
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

/** What is not usable in a URL counts as not given. */
function readQuery(query: URLSearchParams): IncidentQuery {
  const filter = INCIDENT_FILTERS.find((known) => known === query.get('show')) ?? 'all'
  const count = Math.min(COUNT_MAX, Math.max(STEP, readWhole(query.get('count')) ?? STEP))
  return { filter, count, before: readIncidentCursor(query.get('before')) }
}

function readWhole(text: string | null): number | null {
  return text !== null && /^[0-9]{1,15}$/.test(text) ? Number(text) : null
}

interface Again {
  form: FormState
  problem: string | null
}

function showIncident({ deps }: House, { visit, again }: { visit: IncidentVisit; again: Again | null }): Response {
  const story = storyOf(deps, visit)
  return page(
    <IncidentPage
      visit={frameOf(visit)}
      project={visit.project}
      reading={readingOf(visit)}
      story={story}
      form={again?.form ?? freshForm({ note: story.incident.note, [SEEN_FIELD]: noteFingerprint(story.incident.note) })}
      problem={again?.problem ?? null}
    />,
    again ? 422 : 200,
  )
}

function showNow({ deps }: House, visit: IncidentVisit): Response {
  const mayOperate = may(visit.project.role, 'operate')
  return partial(<IncidentNow story={storyOf(deps, visit)} reading={readingOf(visit)} mayOperate={mayOperate} />)
}

function storyOf(deps: Deps, { incidentId }: IncidentVisit): Story {
  const story = readStory(deps, incidentId)
  if (story === null) throw new AppError('not_found', 'There is no such incident.')
  return story
}

function acknowledge({ deps }: House, visit: IncidentVisit): Response {
  const isMine = acknowledgeIncident(deps, { ...refOf(visit), userId: visit.user.id })
  return redirect(`/incidents/${visit.incidentId}`, isMine ? 'incident-acknowledged' : undefined)
}

function withdraw({ deps }: House, visit: IncidentVisit): Response {
  withdrawAcknowledgement(deps, refOf(visit))
  return redirect(`/incidents/${visit.incidentId}`, 'incident-released')
}

async function keepNote(house: House, visit: IncidentVisit): Promise<Response> {
  const note = visit.form.text('note')
  const seen = visit.form.text(SEEN_FIELD)
  return await orAgain(
    () => {
      saveNote(house.deps, { ...refOf(visit), note, seen })
      return redirect(`/incidents/${visit.incidentId}`, 'note-saved')
    },
    ({ code, fields, message }) => {
      const isOutdated = code === 'conflict'
      const current = storyOf(house.deps, visit).incident.note
      const values = { note, [SEEN_FIELD]: isOutdated ? noteFingerprint(current) : seen }
      return showIncident(house, {
        visit,
        again: { form: { values, problems: fields }, problem: isOutdated ? message : null },
      })
    },
  )
}

function resend(house: House, visit: SignedInVisit): Response {
  const { deps } = house
  const deliveryId = visit.params.delivery ?? ''
  const projectId = findDelivery(deps.db, deliveryId)?.projectId ?? ''
  projectOf(house, { visit, projectId, permission: 'operate' })
  resendDelivery(deps, { projectId, deliveryId })
  const incidentId = findIncidentIdOfDelivery(deps.db, deliveryId)
  return redirect(incidentId === null ? '/' : `/incidents/${incidentId}`, 'delivery-queued')
}

function refOf({ project, incidentId }: IncidentVisit): { projectId: string; incidentId: string } {
  return { projectId: project.id, incidentId }
}
