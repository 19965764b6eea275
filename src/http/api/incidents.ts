import { z } from 'zod'
import { searchIncidents } from '#actions/incident-lists.ts'
import { acknowledgeIncident, type IncidentRef, withdrawAcknowledgment } from '#actions/incidents.ts'
import type { Deps } from '#deps.ts'
import { type IncidentSummary, incidentMs, NEWEST_INCIDENTS, NOTE_MAX } from '#domain/incident.ts'
import { TAGS_MAX } from '#domain/monitor.ts'
import { cookielessRoutes } from '#http/routes.ts'
import { AppError } from '#lib/errors.ts'
import { listDeliveriesOfIncident } from '#store/delivery-log.ts'
import { findIncidentSummary } from '#store/incidents.ts'
import { acknowledgerInWords } from '#words/acknowledgment.ts'
import { seconds, time, timeOrNull } from '#words/wire-time.ts'
import type { About } from './about.ts'
import { Incident, IncidentDetails, NextPage } from './answers.ts'
import { findCheck } from './checks.ts'
import { type ApiCall, bodiless, endpoint, read, write } from './endpoint.ts'
import { limitUpTo, readBody, readQuery, text } from './fields.ts'
import { toDelivery } from './shapes.ts'

const LIMIT_MAX = 500
const LIMIT = 100

const moment = (field: string) => z.iso.datetime({ offset: true, error: `${field} is not a time` }).optional()

const IncidentQuery = z.object({
  open: z
    .enum(['1', '0'], 'open has unexpected value')
    .optional()
    .describe('`1` for open incidents only, `0` for past ones.'),
  check: z.string().optional().describe('Only those of this check, by `uuid` or `unique_key`.'),
  search: z
    .string()
    .max(200, 'search is too long')
    .default('')
    .describe('Words in the name, slug or tags of the check.'),
  tag: z.string().max(TAGS_MAX, 'tag is too long').default('').describe('Only those of checks with this tag.'),
  since: moment('since').describe('Only those that began at this time or later.'),
  until: moment('until').describe('Only those that began before this time.'),
  acknowledged: z
    .enum(['1', '0'], 'acknowledged has unexpected value')
    .optional()
    .describe('`1` for acknowledged incidents only, `0` for the others.'),
  before: z.string().optional().describe('Only those after the incident with this ID in the list.'),
  limit: limitUpTo(LIMIT_MAX, LIMIT),
})

const Acknowledgment = z
  .object({
    note: text('note', NOTE_MAX).optional().describe('Text to append to the note.'),
  })
  .meta({ id: 'Acknowledgment' })

/** Incidents and their acknowledgments; added in version 3. */
export function incidentApiRoutes(deps: Deps) {
  return cookielessRoutes('api/incidents', 'json')
    .use(
      endpoint(deps, {
        path: '/incidents/',
        versions: [3],
        operations: { GET: read((call) => list(deps, call), LIST) },
      }),
    )
    .use(
      endpoint(deps, {
        path: '/incidents/:id',
        versions: [3],
        operations: { GET: read((call) => show(deps, call), SHOW) },
      }),
    )
    .use(
      endpoint(deps, {
        path: '/incidents/:id/acknowledge',
        versions: [3],
        operations: {
          POST: bodiless((call) => acknowledge(deps, call), ACKNOWLEDGE),
          DELETE: write((call) => withdraw(deps, call), WITHDRAW),
        },
      }),
    )
}

const LIST: About = {
  id: 'listIncidents',
  resource: 'Incidents',
  summary: 'Lists the incidents of the project, newest first',
  query: IncidentQuery,
  answers: { 200: z.object({ incidents: z.array(Incident), next: NextPage }) },
  refusals: { 403: 'The check belongs to another project.' },
}

function list(deps: Deps, call: ApiCall): Response {
  const { open, check, before, limit, search, tag, since, until, acknowledged } = readQuery(IncidentQuery, call.query)
  const found = searchIncidents(deps.db, {
    projectId: call.projectId,
    monitorId: check === undefined ? null : findCheck(deps, { ...call, params: { id: check } }).id,
    isOpen: open === undefined ? null : open === '1',
    filter: {
      text: search,
      tag,
      since: since === undefined ? null : Date.parse(since),
      until: until === undefined ? null : Date.parse(until),
      isAcknowledged: acknowledged === undefined ? null : acknowledged === '1',
    },
    ...placeOf(before === undefined ? NEWEST_INCIDENTS : find(deps, call, before)),
    limit: limit + 1,
  })
  const shown = found.slice(0, limit)
  const next = found.length > limit ? (shown.at(-1)?.id ?? null) : null
  return Response.json({ incidents: shown.map((incident) => toIncident(incident, { deps, call })), next })
}

const SHOW: About = {
  id: 'readIncident',
  resource: 'Incidents',
  summary: 'Returns an incident with its notifications',
  answers: { 200: IncidentDetails },
}

function show(deps: Deps, call: ApiCall): Response {
  const incident = find(deps, call, call.params.id)
  const details: z.output<typeof IncidentDetails> = {
    ...toIncident(incident, { deps, call }),
    ...(call.access === 'read-only' ? {} : { deliveries: deliveriesOf(deps, incident) }),
  }
  return Response.json(details)
}

const ACKNOWLEDGE: About = {
  id: 'acknowledgeIncident',
  resource: 'Incidents',
  summary: 'Acknowledges an incident and appends a note',
  notes: 'If the incident is already acknowledged, only the note is appended.',
  body: Acknowledgment,
  answers: { 200: IncidentDetails },
}

function acknowledge(deps: Deps, call: ApiCall): Response {
  const { note } = readBody(Acknowledgment, call.body)
  acknowledgeIncident(deps, { ...refOf(call), userId: null, addedNote: note })
  return show(deps, call)
}

const WITHDRAW: About = {
  id: 'withdrawAcknowledgment',
  resource: 'Incidents',
  summary: 'Removes the acknowledgment',
  answers: { 200: IncidentDetails },
}

function withdraw(deps: Deps, call: ApiCall): Response {
  withdrawAcknowledgment(deps, refOf(call))
  return show(deps, call)
}

function refOf({ projectId, params }: ApiCall): IncidentRef {
  return { projectId, incidentId: params.id ?? '' }
}

function find({ db }: Deps, { projectId }: ApiCall, id: string | undefined): IncidentSummary {
  const found = findIncidentSummary(db, id ?? '')
  if (found === null || found.projectId !== projectId) throw new AppError('not_found', 'Incident not found.')
  return found.incident
}

function placeOf({ openedAt, openedBy }: Pick<IncidentSummary, 'openedAt' | 'openedBy'>) {
  return { openedAt, openedBy }
}

function deliveriesOf({ db }: Deps, { id }: IncidentSummary) {
  return listDeliveriesOfIncident(db, id).map(toDelivery)
}

// Read-only keys are often shared, for example in dashboards, so they don't reveal names or addresses of users.
function toIncident(
  incident: IncidentSummary,
  { deps, call: { access } }: { deps: Deps; call: ApiCall },
): z.output<typeof Incident> {
  const { acknowledgment, monitor } = incident
  return {
    id: incident.id,
    check: monitor.uniqueKey,
    check_name: monitor.name,
    reason: incident.reason,
    opened: time(incident.openedAt),
    closed: timeOrNull(incident.closedAt),
    duration: seconds(incidentMs(incident, deps.clock.now())),
    acknowledged: timeOrNull(acknowledgment?.at ?? null),
    acknowledged_by: access === 'read-only' ? null : acknowledgment && acknowledgerInWords(acknowledgment),
    note: incident.note,
    failed_deliveries: incident.failedDeliveries,
  }
}
