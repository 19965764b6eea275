import { z } from 'zod'
import { resendDelivery } from '#actions/deliveries.ts'
import type { Deps } from '#deps.ts'
import { DELIVERY_STATES } from '#domain/delivery.ts'
import { cookielessRoutes } from '#http/routes.ts'
import { AppError } from '#lib/errors.ts'
import { findLoggedDelivery, type LoggedDelivery, listAttempts, listLoggedDeliveries } from '#store/delivery-log.ts'
import { time } from '#words/wire-time.ts'
import type { About } from './about.ts'
import { DeliveryDetails, NextPage, ProjectDelivery } from './answers.ts'
import { type ApiCall, bodiless, endpoint, write } from './endpoint.ts'
import { limitUpTo, readQuery } from './fields.ts'
import { toDelivery } from './shapes.ts'

const LIMIT_MAX = 1000
const LIMIT = 100

const DeliveryQuery = z.object({
  state: z.enum(DELIVERY_STATES, 'state has unexpected value').optional().describe('Only those in this state.'),
  before: z.string().optional().describe('Only those older than the delivery with this ID.'),
  limit: limitUpTo(LIMIT_MAX, LIMIT),
})

/** The deliveries of a project; added in version 3. */
export function deliveryRoutes(deps: Deps) {
  return cookielessRoutes('api/deliveries', 'json')
    .use(
      endpoint(deps, {
        path: '/deliveries/',
        versions: [3],
        operations: { GET: write((call) => list(deps, call), LIST) },
      }),
    )
    .use(
      endpoint(deps, {
        path: '/deliveries/:id',
        versions: [3],
        operations: { GET: write((call) => show(deps, find(deps, call, call.params.id)), SHOW) },
      }),
    )
    .use(
      endpoint(deps, {
        path: '/deliveries/:id/repeat',
        versions: [3],
        operations: { POST: bodiless((call) => repeat(deps, call), REPEAT) },
      }),
    )
}

const LIST: About = {
  id: 'listDeliveries',
  resource: 'Deliveries',
  summary: 'Lists the deliveries of the project, newest first',
  query: DeliveryQuery,
  answers: { 200: z.object({ deliveries: z.array(ProjectDelivery), next: NextPage }) },
}

function list(deps: Deps, call: ApiCall): Response {
  const { state = null, before, limit } = readQuery(DeliveryQuery, call.query)
  const below = before === undefined ? null : find(deps, call, before).sequence
  const found = listLoggedDeliveries(deps.db, { projectId: call.projectId, state, below, limit: limit + 1 })
  const shown = found.slice(0, limit)
  const next = found.length > limit ? (shown.at(-1)?.id ?? null) : null
  return Response.json({ deliveries: shown.map(toProjectDelivery), next })
}

const SHOW: About = {
  id: 'readDelivery',
  resource: 'Deliveries',
  summary: 'Returns a delivery with all attempts',
  answers: { 200: DeliveryDetails },
}

function show({ db }: Deps, delivery: LoggedDelivery, status = 200): Response {
  const attempts = listAttempts(db, delivery.sequence)
  const details: z.output<typeof DeliveryDetails> = {
    ...toProjectDelivery(delivery),
    attempt_log: attempts.map(({ startedAt, finishedAt, ...attempt }) => ({
      started: time(startedAt),
      finished: time(finishedAt),
      ...attempt,
    })),
  }
  return Response.json(details, { status })
}

const REPEAT: About = {
  id: 'repeatDelivery',
  resource: 'Deliveries',
  summary: 'Sends the same notification through the same channel again',
  notes: 'This creates a new delivery, which is returned.',
  answers: { 201: DeliveryDetails },
  refusals: { 409: 'The notification is still being sent, or its channel was deleted or is disabled.' },
}

function repeat(deps: Deps, call: ApiCall): Response {
  const { id } = resendDelivery(deps, { projectId: call.projectId, deliveryId: call.params.id ?? '' })
  return show(deps, find(deps, call, id), 201)
}

function find({ db }: Deps, { projectId }: ApiCall, id: string | undefined): LoggedDelivery {
  const delivery = findLoggedDelivery(db, id ?? '')
  if (delivery === null || delivery.projectId !== projectId) {
    throw new AppError('not_found', 'Delivery not found.')
  }
  return delivery
}

function toProjectDelivery(delivery: LoggedDelivery): z.output<typeof ProjectDelivery> {
  const { monitor } = delivery
  return { ...toDelivery(delivery), check: monitor?.uniqueKey ?? null, check_name: monitor?.name ?? null }
}
