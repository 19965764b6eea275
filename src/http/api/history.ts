import { Elysia } from 'elysia'
import type { Deps } from '#deps.ts'
import { SECOND } from '#lib/duration.ts'
import { AppError } from '#lib/errors.ts'
import { listDeliveries } from '#store/deliveries.ts'
import { listTransitions } from '#store/incidents.ts'
import { findPingBody, listPings } from '#store/pings.ts'
import { findCheck, findCheckByPingKey } from './checks.ts'
import { type ApiCall, endpoint, read, write } from './endpoint.ts'
import { toDelivery, toFlip, toPing } from './shapes.ts'

const PINGS_MAX = 1000
const DELIVERIES_MAX = 1000
const FLIPS_MAX = 10_000
const FOR_EVER = 10_000_000_000
const YEAR_SECONDS = 31_536_000

/** What happened to a monitor: its pings and their bodies, its flips, and what became of every message. */
export function historyRoutes(deps: Deps) {
  return new Elysia({ name: 'api/history' })
    .use(endpoint(deps, { path: '/checks/:id/pings/', operations: { GET: write((call) => pings(deps, call)) } }))
    .use(
      endpoint(deps, {
        path: '/checks/:id/pings/:number/body',
        operations: { GET: write((call) => pingBody(deps, call)) },
      }),
    )
    .use(endpoint(deps, { path: '/checks/:id/flips/', operations: { GET: read((call) => flips(deps, call)) } }))
    .use(
      endpoint(deps, {
        path: '/checks/:id/deliveries/',
        versions: [3],
        operations: { GET: write((call) => deliveries(deps, call)) },
      }),
    )
}

function pings(deps: Deps, call: ApiCall): Response {
  const monitor = findCheckByPingKey(deps, call)
  const context = { monitor, baseUrl: deps.config.baseUrl, version: call.version }
  const newest = listPings(deps.db, { monitorId: monitor.id, limit: PINGS_MAX })
  return Response.json({ pings: newest.map((ping) => toPing(ping, context)) })
}

function pingBody(deps: Deps, call: ApiCall): Response {
  const monitor = findCheckByPingKey(deps, call)
  const number = call.params.number ?? ''
  const body = /^[0-9]{1,15}$/.test(number)
    ? findPingBody(deps.db, { monitorId: monitor.id, number: Number(number) })
    : null
  if (body === null) throw new AppError('not_found', 'there is no such body')
  // A body is whatever a job sent: a browser must not take it for a page.
  const headers = { 'Content-Type': 'text/plain', 'X-Content-Type-Options': 'nosniff' }
  return new Response(new Uint8Array(body), { headers })
}

function flips(deps: Deps, call: ApiCall): Response {
  const monitor = findCheck(deps, call)
  const range = readRange(call.query, deps.clock.now())
  if (range === null) return new Response(null, { status: 400 })
  const transitions = listTransitions(deps.db, { monitorId: monitor.id, ...range, limit: FLIPS_MAX })
  return Response.json({ flips: transitions.map(toFlip) })
}

function deliveries(deps: Deps, call: ApiCall): Response {
  const monitor = findCheckByPingKey(deps, call)
  const newest = listDeliveries(deps.db, { monitorId: monitor.id, limit: DELIVERIES_MAX })
  return Response.json({ deliveries: newest.map(toDelivery) })
}

/** The stretch that the query asks for; `seconds` counts back from now. Null when a number is none or out of range. */
function readRange(query: URLSearchParams, now: number): { from: number; to: number } | null {
  const start = readSeconds(query.getAll('start').at(-1), FOR_EVER)
  const end = readSeconds(query.getAll('end').at(-1), FOR_EVER)
  const length = readSeconds(query.getAll('seconds').at(-1), YEAR_SECONDS)
  if (start === null || end === null || length === null) return null
  const since = length === undefined || length === 0 ? 0 : now - length * SECOND
  return { from: Math.max((start ?? 0) * SECOND, since), to: (end ?? FOR_EVER) * SECOND }
}

/** Undefined when it was not given, null when it is not usable. */
function readSeconds(text: string | undefined, max: number): number | undefined | null {
  if (text === undefined) return undefined
  if (!/^[0-9]{1,11}$/.test(text)) return null
  return Number(text) <= max ? Number(text) : null
}
