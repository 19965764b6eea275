import {
  deleteMonitor,
  type MonitorRef,
  pauseMonitor,
  resumeMonitor,
  saveMonitor,
  updateMonitor,
} from '#actions/monitors.ts'
import type { Deps } from '#deps.ts'
import { type Monitor, tagList } from '#domain/monitor.ts'
import { TEXT } from '#http/pings/report.ts'
import { cookielessRoutes } from '#http/routes.ts'
import { AppError } from '#lib/errors.ts'
import { listChannelIdsByMonitor, listChannels, listChannelsOfMonitor } from '#store/channels.ts'
import { findMonitorByPingKey, findMonitorByUniqueKey, listMonitors } from '#store/monitors.ts'
import { toCheck } from '#words/check.ts'
import {
  DELETE_CHECK,
  LIST_CHECKS,
  PAUSE_CHECK,
  READ_CHECK,
  RESUME_CHECK,
  SAVE_CHECK,
  UPDATE_CHECK,
} from './check-about.ts'
import { readCheckSpec, resolveChannels, toChange, toMatch } from './check-spec.ts'
import { type ApiCall, bodiless, endpoint, read, UNIQUE_KEY, write } from './endpoint.ts'

export function checkRoutes(deps: Deps) {
  return cookielessRoutes('api/checks', 'json')
    .use(
      endpoint(deps, {
        path: '/checks/',
        operations: {
          GET: read((call) => list(deps, call), LIST_CHECKS),
          POST: write((call) => save(deps, call), SAVE_CHECK),
        },
      }),
    )
    .use(
      endpoint(deps, {
        path: '/checks/:id',
        ids: 'uuid or unique key',
        operations: {
          GET: read((call) => answer(deps, call, findCheck(deps, call)), READ_CHECK),
          POST: write((call) => update(deps, call), UPDATE_CHECK),
          DELETE: write((call) => remove(deps, call), DELETE_CHECK),
        },
      }),
    )
    .use(
      endpoint(deps, {
        path: '/checks/:id/pause',
        ids: 'uuid',
        operations: { POST: bodiless((call) => pause(deps, call), PAUSE_CHECK) },
      }),
    )
    .use(
      endpoint(deps, {
        path: '/checks/:id/resume',
        ids: 'uuid',
        operations: { POST: bodiless((call) => resume(deps, call), RESUME_CHECK) },
      }),
    )
}

/** The check with the UUID or unique key in the URL. Throws an error unless it belongs to the API key's project. */
export function findCheck(deps: Deps, { params, projectId }: ApiCall): Monitor {
  const id = params.id ?? ''
  if (UNIQUE_KEY.test(id)) return found(findMonitorByUniqueKey(deps.db, { projectId, uniqueKey: id }))
  return findCheckByPingKey(deps, { params, projectId })
}

/** Like `findCheck`, for operations that require the UUID. */
export function findCheckByPingKey(deps: Deps, { params, projectId }: Pick<ApiCall, 'params' | 'projectId'>): Monitor {
  const monitor = found(findMonitorByPingKey(deps.db, params.id?.toLowerCase() ?? ''))
  if (monitor.projectId !== projectId) throw new AppError('forbidden', 'this check belongs to another project')
  return monitor
}

function found(monitor: Monitor | null): Monitor {
  if (monitor === null) throw new AppError('not_found', 'check not found')
  return monitor
}

function list(deps: Deps, call: ApiCall): Response {
  const tags = call.query.getAll('tag')
  const slug = call.query.getAll('slug').at(-1) ?? ''
  const channelIds = listChannelIdsByMonitor(deps.db, call.projectId)
  const now = deps.clock.now()
  const checks = listMonitors(deps.db, call.projectId)
    .filter((monitor) => slug === '' || monitor.slug === slug)
    .filter((monitor) => hasAllTags(monitor, tags))
    .map((monitor) =>
      toCheck({ monitor, channelIds: channelIds.get(monitor.id) ?? [], now, baseUrl: deps.config.baseUrl }, call),
    )
  return Response.json({ checks })
}

function save(deps: Deps, call: ApiCall): Response {
  const spec = readCheckSpec(call.body)
  const { monitor, isCreated } = saveMonitor(deps, {
    projectId: call.projectId,
    match: toMatch(spec),
    change: toChange(spec, call.version),
    pingKey: spec.import_uuid ?? null,
    newChannelIds: [],
    ...chosenChannels(deps, call, spec.channels),
  })
  return answer(deps, call, monitor, isCreated ? 201 : 200)
}

function update(deps: Deps, call: ApiCall): Response {
  const { pingKey } = findCheckByPingKey(deps, call)
  const spec = readCheckSpec(call.body)
  if ((spec.import_uuid ?? pingKey) !== pingKey) throw new AppError('invalid', UUID_STAYS)
  const monitor = updateMonitor(deps, {
    ref: refOf(call),
    change: toChange(spec, call.version),
    ...chosenChannels(deps, call, spec.channels),
  })
  return answer(deps, call, monitor)
}

const UUID_STAYS = 'import_uuid cannot be changed: the check has another UUID'

function pause(deps: Deps, call: ApiCall): Response {
  return answer(deps, call, pauseMonitor(deps, refOf(call)))
}

function resume(deps: Deps, call: ApiCall): Response {
  try {
    return answer(deps, call, resumeMonitor(deps, refOf(call), 'unarmed'))
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'conflict') throw error
    return new Response('check is not paused', { status: 409, headers: { 'Content-Type': TEXT } })
  }
}

function remove(deps: Deps, call: ApiCall): Response {
  const { monitor, channelIds } = deleteMonitor(deps, refOf(call))
  return show(deps, call, { monitor, channelIds })
}

function answer(deps: Deps, call: ApiCall, monitor: Monitor, status = 200): Response {
  const channelIds = listChannelsOfMonitor(deps.db, monitor.id).map(({ id }) => id)
  return show(deps, call, { monitor, channelIds }, status)
}

function show(deps: Deps, call: ApiCall, check: { monitor: Monitor; channelIds: string[] }, status = 200): Response {
  const view = { ...check, now: deps.clock.now(), baseUrl: deps.config.baseUrl }
  return Response.json(toCheck(view, call), { status })
}

function chosenChannels(deps: Deps, { projectId }: ApiCall, wanted: string | undefined): { channelIds?: string[] } {
  return wanted === undefined ? {} : { channelIds: resolveChannels(listChannels(deps.db, projectId), wanted) }
}

function hasAllTags(monitor: Monitor, wanted: string[]): boolean {
  const tags = tagList(monitor.tags)
  return wanted.every((tag) => tags.includes(tag))
}

function refOf({ params, projectId }: ApiCall): MonitorRef {
  return { projectId, pingKey: params.id?.toLowerCase() ?? '' }
}
