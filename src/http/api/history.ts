import { z } from 'zod'
import type { Deps } from '#deps.ts'
import { lastPrunedNumber } from '#domain/ping.ts'
import { CUT_HEADER, rawBody } from '#http/raw-body.ts'
import { cookielessRoutes } from '#http/routes.ts'
import { SECOND } from '#lib/duration.ts'
import { AppError } from '#lib/errors.ts'
import { findBody } from '#store/bodies.ts'
import { listDeliveries } from '#store/deliveries.ts'
import { listTransitions } from '#store/incidents.ts'
import { listPings } from '#store/pings.ts'
import type { About } from './about.ts'
import { Delivery, Flip, Ping } from './answers.ts'
import { findCheck, findCheckByPingKey } from './checks.ts'
import { type ApiCall, endpoint, read, write } from './endpoint.ts'
import { toDelivery, toFlip, toPing } from './shapes.ts'

const PINGS_MAX = 1000
const DELIVERIES_MAX = 1000
const FLIPS_MAX = 10_000
const TIME_MAX = 10_000_000_000
const YEAR_SECONDS = 31_536_000

/** A monitor's pings and their bodies, its flips and its deliveries. */
export function historyRoutes(deps: Deps) {
  return cookielessRoutes('api/history', 'json')
    .use(
      endpoint(deps, {
        path: '/checks/:id/pings/',
        ids: 'uuid',
        operations: { GET: write((call) => pings(deps, call), PINGS) },
      }),
    )
    .use(
      endpoint(deps, {
        path: '/checks/:id/pings/:number/body',
        ids: 'uuid',
        operations: { GET: write((call) => pingBody(deps, call), PING_BODY) },
      }),
    )
    .use(
      endpoint(deps, {
        path: '/checks/:id/flips/',
        ids: 'uuid or unique key',
        operations: { GET: read((call) => flips(deps, call), FLIPS) },
      }),
    )
    .use(
      endpoint(deps, {
        path: '/checks/:id/deliveries/',
        ids: 'uuid',
        versions: [3],
        operations: { GET: write((call) => deliveries(deps, call), DELIVERIES) },
      }),
    )
}

const PINGS: About = {
  id: 'listPings',
  resource: 'History',
  summary: `Lists the newest ${PINGS_MAX.toLocaleString('en')} pings of a check, newest first`,
  answers: { 200: z.object({ pings: z.array(Ping) }) },
}

function pings(deps: Deps, call: ApiCall): Response {
  const monitor = findCheckByPingKey(deps, call)
  const context = { monitor, baseUrl: deps.config.baseUrl, version: call.version }
  const limit = Math.min(PINGS_MAX, deps.config.retention.pingsPerMonitor)
  const newest = listPings(deps.db, { monitorId: monitor.id, limit })
  return Response.json({ pings: newest.map((ping) => toPing(ping, context)) })
}

const PING_BODY: About = {
  id: 'readPingBody',
  resource: 'History',
  summary: 'Returns the body of a ping as it was sent',
  notes:
    'For a body over the limit, only the beginning and the end are stored. ' +
    `\`${CUT_HEADER}\` is the number of bytes missing between them.`,
  answers: { 200: z.string() },
}

function pingBody(deps: Deps, call: ApiCall): Response {
  const monitor = findCheckByPingKey(deps, call)
  const number = /^[0-9]{1,15}$/.test(call.params.number ?? '') ? Number(call.params.number) : 0
  const isKept = number > lastPrunedNumber(monitor, deps.config.retention.pingsPerMonitor)
  const kept = isKept ? findBody(deps.db, { monitorId: monitor.id, number }) : null
  if (kept === null) throw new AppError('not_found', 'ping body not found')
  // Jobs can send HTML, which a browser must not render.
  const headers = { 'Content-Type': 'text/plain', 'X-Content-Type-Options': 'nosniff' }
  return rawBody(kept, headers)
}

const FLIPS: About = {
  id: 'listFlips',
  resource: 'History',
  summary: 'Lists the status changes of a check, newest first',
  notes: 'An invalid parameter returns 400 with an empty body.',
  hasEmptyBadRequest: true,
  query: z.object({
    seconds: z.int().min(0).max(YEAR_SECONDS).optional().describe('Only those in the last N seconds.'),
    start: z.int().min(0).max(TIME_MAX).optional().describe('Only those at or after this Unix time.'),
    end: z.int().min(0).max(TIME_MAX).optional().describe('Only those before this Unix time.'),
  }),
  answers: { 200: z.object({ flips: z.array(Flip) }) },
}

function flips(deps: Deps, call: ApiCall): Response {
  const monitor = findCheck(deps, call)
  const range = readRange(call.query, deps.clock.now())
  if (range === null) return new Response(null, { status: 400 })
  const transitions = listTransitions(deps.db, { monitorId: monitor.id, ...range, limit: FLIPS_MAX })
  return Response.json({ flips: transitions.map(toFlip) })
}

const DELIVERIES: About = {
  id: 'listDeliveriesOfCheck',
  resource: 'History',
  summary: `Lists the newest ${DELIVERIES_MAX.toLocaleString('en')} notifications of a check`,
  answers: { 200: z.object({ deliveries: z.array(Delivery) }) },
}

function deliveries(deps: Deps, call: ApiCall): Response {
  const monitor = findCheckByPingKey(deps, call)
  const newest = listDeliveries(deps.db, { monitorId: monitor.id, limit: DELIVERIES_MAX })
  return Response.json({ deliveries: newest.map(toDelivery) })
}

/** The requested time range; `seconds` counts back from now. Null if a number is malformed or out of range. */
function readRange(query: URLSearchParams, now: number): { from: number; to: number } | null {
  const start = readSeconds(query.getAll('start').at(-1), TIME_MAX)
  const end = readSeconds(query.getAll('end').at(-1), TIME_MAX)
  const length = readSeconds(query.getAll('seconds').at(-1), YEAR_SECONDS)
  if (start === null || end === null || length === null) return null
  const since = length === undefined || length === 0 ? 0 : now - length * SECOND
  return { from: Math.max((start ?? 0) * SECOND, since), to: (end ?? TIME_MAX) * SECOND }
}

/** Undefined if there is none; null if it is invalid. */
function readSeconds(text: string | undefined, max: number): number | undefined | null {
  if (text === undefined) return undefined
  if (!/^[0-9]{1,11}$/.test(text)) return null
  return Number(text) <= max ? Number(text) : null
}
