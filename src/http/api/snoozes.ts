import { z } from 'zod'
import { endSnooze, snooze } from '#actions/snoozes.ts'
import type { Deps } from '#deps.ts'
import { SNOOZE_MAX_MS, type Snooze } from '#domain/snooze.ts'
import { cookielessRoutes } from '#http/routes.ts'
import { SECOND } from '#lib/duration.ts'
import { AppError } from '#lib/errors.ts'
import { findMonitorById } from '#store/monitors.ts'
import { findSnooze, listSnoozes } from '#store/snoozes.ts'
import { acknowledgerInWords } from '#words/acknowledgment.ts'
import { time, timeOrNull } from '#words/wire-time.ts'
import type { About } from './about.ts'
import { SnoozeAnswer } from './answers.ts'
import { type ApiCall, endpoint, read, write } from './endpoint.ts'
import { readBody } from './fields.ts'
import { readScope, SCOPE_FIELDS } from './scope.ts'

const NewSnooze = z
  .object({
    ...SCOPE_FIELDS,
    seconds: z
      .number('seconds is not a number')
      .int('seconds is not a number')
      .min(1, 'seconds is too small')
      .max(SNOOZE_MAX_MS / SECOND, 'seconds is too large')
      .optional()
      .describe('How long. Without it, one check is snoozed until it recovers.'),
  })
  .refine(({ check, tag }) => check === undefined || tag === undefined, 'only one of check and tag can be given')
  .meta({ id: 'NewSnooze' })

/** Snoozes; added in version 3. */
export function snoozeApiRoutes(deps: Deps) {
  return cookielessRoutes('api/snoozes', 'json')
    .use(
      endpoint(deps, {
        path: '/snoozes/',
        versions: [3],
        operations: { GET: read((call) => list(deps, call), LIST), POST: write((call) => create(deps, call), CREATE) },
      }),
    )
    .use(
      endpoint(deps, {
        path: '/snoozes/:id',
        versions: [3],
        operations: { DELETE: write((call) => end(deps, call), END) },
      }),
    )
}

const LIST: About = {
  id: 'listSnoozes',
  resource: 'Snoozes',
  summary: 'Lists the snoozes that have not ended',
  answers: { 200: z.object({ snoozes: z.array(SnoozeAnswer) }) },
}

function list(deps: Deps, call: ApiCall): Response {
  const found = listSnoozes(deps.db, { projectId: call.projectId, now: deps.clock.now() })
  return Response.json({ snoozes: found.map((one) => toAnswer(deps, one, call)) })
}

const CREATE: About = {
  id: 'createSnooze',
  resource: 'Snoozes',
  summary: 'Snoozes one check, the checks with a tag, or all checks of the project',
  notes: 'Snoozed checks notify no one. What is still down when the snooze ends is reported then.',
  body: NewSnooze,
  answers: { 201: SnoozeAnswer },
  refusals: { 403: 'The check belongs to another project.', 404: 'The check does not exist.' },
}

function create(deps: Deps, call: ApiCall): Response {
  const { check, tag, seconds } = readBody(NewSnooze, call.body)
  if (seconds === undefined && check === undefined) {
    throw new AppError('invalid', 'json validation error: seconds is missing')
  }
  const endsAt = seconds === undefined ? null : deps.clock.now() + seconds * SECOND
  const scope = readScope(deps, { call, check, tag })
  const created = snooze(deps, { projectId: call.projectId, scope, endsAt, userId: null })
  return Response.json(toAnswer(deps, created, call), { status: 201 })
}

const END: About = {
  id: 'endSnooze',
  resource: 'Snoozes',
  summary: 'Ends a snooze early',
  answers: { 200: SnoozeAnswer },
}

function end(deps: Deps, call: ApiCall): Response {
  const snoozeId = call.params.id ?? ''
  const found = findSnooze(deps.db, snoozeId)
  endSnooze(deps, { projectId: call.projectId, snoozeId })
  return found ? Response.json(toAnswer(deps, found, call)) : new Response(null, { status: 404 })
}

// As for incidents, a read-only key doesn't reveal who did it.
function toAnswer(
  { db }: Deps,
  { id, scope, endsAt, createdAt, by, via }: Snooze,
  { access }: ApiCall,
): z.output<typeof SnoozeAnswer> {
  const monitor = scope.is === 'monitor' ? findMonitorById(db, scope.monitorId) : null
  return {
    id,
    check: monitor?.uniqueKey ?? null,
    tag: scope.is === 'tag' ? scope.tag : null,
    created: time(createdAt),
    created_by: access === 'read-only' ? null : acknowledgerInWords({ at: createdAt, by, via }),
    ends: timeOrNull(endsAt),
  }
}
