import { z } from 'zod'
import { endMaintenance, planMaintenance } from '#actions/maintenance.ts'
import type { Deps } from '#deps.ts'
import {
  MAINTENANCE_MAX_MS,
  MAINTENANCE_NAME_MAX,
  type MaintenanceTimes,
  type MaintenanceWindow,
} from '#domain/maintenance.ts'
import { readSchedule } from '#domain/schedule-input.ts'
import { cookielessRoutes } from '#http/routes.ts'
import { SECOND } from '#lib/duration.ts'
import { AppError } from '#lib/errors.ts'
import { currentZoneName } from '#lib/zone-names.ts'
import { findWindow, listWindows } from '#store/maintenance.ts'
import { findMonitorById } from '#store/monitors.ts'
import { time, seconds as toSeconds } from '#words/wire-time.ts'
import type { About } from './about.ts'
import { MaintenanceAnswer } from './answers.ts'
import { type ApiCall, endpoint, read, write } from './endpoint.ts'
import { readBody, text } from './fields.ts'
import { readScope, SCOPE_FIELDS } from './scope.ts'

const NewMaintenance = z
  .object({
    ...SCOPE_FIELDS,
    name: text('name', MAINTENANCE_NAME_MAX).optional().describe('What people see.'),
    seconds: z
      .number('seconds is not a number')
      .int('seconds is not a number')
      .min(1, 'seconds is too small')
      .max(MAINTENANCE_MAX_MS / SECOND, 'seconds is too large')
      .describe('How long it lasts; each time, if it recurs.'),
    starts: z.iso
      .datetime({ offset: true, error: 'starts is not a time' })
      .optional()
      .describe('Now without it. A recurring window begins with its first time after it.'),
    schedule: text('schedule', 100).optional().describe('When it recurs: a cron or OnCalendar expression, or words.'),
    tz: z.string('tz is not a string').optional().describe('The time zone of the schedule; `UTC` without it.'),
  })
  .refine(({ check, tag }) => check === undefined || tag === undefined, 'only one of check and tag can be given')
  .meta({ id: 'NewMaintenance' })

/** Maintenance windows; added in version 3. */
export function maintenanceApiRoutes(deps: Deps) {
  return cookielessRoutes('api/maintenance', 'json')
    .use(
      endpoint(deps, {
        path: '/maintenance/',
        versions: [3],
        operations: { GET: read((call) => list(deps, call), LIST), POST: write((call) => create(deps, call), CREATE) },
      }),
    )
    .use(
      endpoint(deps, {
        path: '/maintenance/:id',
        versions: [3],
        operations: { DELETE: write((call) => end(deps, call), END) },
      }),
    )
}

const LIST: About = {
  id: 'listMaintenance',
  resource: 'Maintenance',
  summary: 'Lists the maintenance windows that have not ended',
  answers: { 200: z.object({ maintenance: z.array(MaintenanceAnswer) }) },
}

function list(deps: Deps, call: ApiCall): Response {
  const found = listWindows(deps.db, { projectId: call.projectId, since: deps.clock.now() })
  return Response.json({ maintenance: found.map((one) => toAnswer(deps, one, call)) })
}

const CREATE: About = {
  id: 'createMaintenance',
  resource: 'Maintenance',
  summary: 'Plans maintenance of one check, the checks with a tag, or all checks of the project',
  notes: 'Deadlines in it are put off to its end plus the grace period. What is still down then is reported.',
  body: NewMaintenance,
  answers: { 201: MaintenanceAnswer },
  refusals: {
    403: 'The check belongs to another project, or the project has 200 windows.',
    404: 'The check does not exist.',
  },
}

function create(deps: Deps, call: ApiCall): Response {
  const { name = '', ...wanted } = readBody(NewMaintenance, call.body)
  const scope = readScope(deps, { call, ...wanted })
  const times = readTimes(wanted, deps.clock.now())
  const planned = planMaintenance(deps, { projectId: call.projectId, scope, name, times, userId: null })
  return Response.json(toAnswer(deps, planned, call), { status: 201 })
}

function readTimes(
  { seconds, starts, schedule, tz = 'UTC' }: Omit<z.output<typeof NewMaintenance>, 'name'>,
  now: number,
): MaintenanceTimes {
  const startsAt = starts === undefined ? now : Date.parse(starts)
  const durationMs = seconds * SECOND
  if (schedule === undefined) return { is: 'once', startsAt, endsAt: startsAt + durationMs }
  const timeZone = currentZoneName(tz)
  if (timeZone === null) throw new AppError('invalid', 'json validation error: tz is not a valid timezone')
  const read = readSchedule(schedule)
  const expression = read.kind === 'period' ? '' : read.expression
  const periodMs = read.kind === 'period' ? read.periodMs : 0
  return { is: 'recurring', startsAt, durationMs, schedule: { kind: read.kind, expression, periodMs, timeZone } }
}

const END: About = {
  id: 'endMaintenance',
  resource: 'Maintenance',
  summary: 'Ends maintenance, or cancels it before it begins',
  answers: { 200: MaintenanceAnswer },
}

function end(deps: Deps, call: ApiCall): Response {
  const windowId = call.params.id ?? ''
  const found = findWindow(deps.db, windowId)
  endMaintenance(deps, { projectId: call.projectId, windowId })
  if (found === null) throw new Error('A missing window cannot be ended.')
  return Response.json(toAnswer(deps, found, call))
}

function toAnswer(
  { db }: Deps,
  { id, scope, name, times, createdAt, by }: MaintenanceWindow,
  { access }: ApiCall,
): z.output<typeof MaintenanceAnswer> {
  const monitor = scope.is === 'monitor' ? findMonitorById(db, scope.monitorId) : null
  const recurring = times.is === 'recurring' ? times : null
  return {
    id,
    check: monitor?.uniqueKey ?? null,
    tag: scope.is === 'tag' ? scope.tag : null,
    name,
    starts: time(times.startsAt),
    ends: times.is === 'once' ? time(times.endsAt) : null,
    schedule: recurring?.schedule.expression ?? null,
    tz: recurring?.schedule.timeZone ?? null,
    seconds: toSeconds(recurring?.durationMs ?? (times.is === 'once' ? times.endsAt - times.startsAt : 0)),
    created: time(createdAt),
    created_by: access === 'read-only' ? null : by,
  }
}
