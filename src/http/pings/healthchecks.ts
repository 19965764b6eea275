// The ping API as every Healthchecks client speaks it.
import { Elysia } from 'elysia'
import { type PingAddress, type PingInput, recordPing } from '#actions/pings.ts'
import type { Deps } from '#deps.ts'
import { SLUG_MAX } from '#domain/monitor.ts'
import { EXIT_STATUS_MAX, type PingSignal, USER_AGENT_MAX } from '#domain/ping.ts'
import { readHead } from '#http/body.ts'
import { peerOf, schemeOf } from '#http/peer.ts'
import { splitUrl } from '#http/url.ts'
import { AppError } from '#lib/errors.ts'
import { findWatchedByPingKey, listPingKeysBySlug } from '#store/monitors.ts'
import { findProjectByPingKey } from '#store/projects.ts'

// The path is read from the URL as it came: decoded parameters would let `%2f` and the like pass for the real thing.
export function healthchecksPingRoutes(deps: Deps) {
  return new Elysia({ name: 'pings/healthchecks' }).all('/ping/*', ({ request }) => answerPing(deps, request), {
    parse: 'none',
  })
}

const UUID = '[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}'
const ENDING = '/(start|fail|log|[0-9]+)'
const BY_PING_KEY = new RegExp(`^/ping/(${UUID})(?:/|${ENDING})?$`)
const BY_SLUG = new RegExp(`^/ping/([A-Za-z0-9_-]+)/([A-Za-z0-9_-]+)(?:${ENDING})?$`)
const RUN_ID = new RegExp(`^${UUID}$`)

const NO_CACHE = 'max-age=0, no-cache, no-store, must-revalidate, private'
const TEXT = 'text/plain; charset=utf-8'

interface PingUrl {
  address: PingAddress
  /** What follows the key or the slug: a signal or an exit status. */
  ending: string | null
  query: URLSearchParams
}

async function answerPing(deps: Deps, request: Request): Promise<Response> {
  if (request.method === 'OPTIONS') return preflight()
  const url = readUrl(request.url)
  if (url === null) return refuse(404, 'not found')
  const { address, ending } = url
  if ('slug' in address && /[A-Z]/.test(address.slug)) return refuse(400, 'invalid url format')
  const exitStatus = ending !== null && /^[0-9]/.test(ending) ? Number(ending) : null
  const runId = url.query.getAll('rid').at(-1) ?? null
  const problem = problemOf({ address, exitStatus, runId })
  try {
    if (problem !== null) return refuseMalformed(deps, { address, problem })
    const { isCreated } = await recordPing(deps, {
      address,
      signal: signalOf({ ending, exitStatus }),
      exitStatus,
      runId: runId?.toLowerCase() ?? null,
      origin: originOf(request),
      body: await readHead(request, deps.config.pingBodyLimit),
    })
    return isCreated ? recorded(deps, 'Created', 201) : recorded(deps, 'OK', 200)
  } catch (error) {
    return refusalOf(error)
  }
}

function readUrl(url: string): PingUrl | null {
  const { path, query } = splitUrl(url)
  const byPingKey = BY_PING_KEY.exec(path)
  if (byPingKey?.[1]) {
    return { address: { pingKey: byPingKey[1].toLowerCase() }, ending: byPingKey[2] ?? null, query }
  }
  const bySlug = BY_SLUG.exec(path)
  if (!bySlug?.[1] || !bySlug[2]) return null
  const mayCreate = query.getAll('create').at(-1) === '1'
  return { address: { projectPingKey: bySlug[1], slug: bySlug[2], mayCreate }, ending: bySlug[3] ?? null, query }
}

interface PingFacts {
  address: PingAddress
  exitStatus: number | null
  runId: string | null
}

function problemOf({ address, exitStatus, runId }: PingFacts): string | null {
  if ('slug' in address && address.slug.length > SLUG_MAX) return 'invalid url format'
  if (exitStatus !== null && exitStatus > EXIT_STATUS_MAX) return 'invalid url format'
  if (runId !== null && !RUN_ID.test(runId)) return 'invalid uuid format'
  return null
}

function signalOf({ ending, exitStatus }: { ending: string | null; exitStatus: number | null }): PingSignal {
  if (exitStatus !== null) return exitStatus === 0 ? 'success' : 'fail'
  return (ending ?? 'success') as PingSignal
}

function originOf(request: Request): PingInput['origin'] {
  return {
    scheme: schemeOf(request),
    method: request.method,
    remoteAddress: peerOf(request),
    userAgent: (request.headers.get('user-agent') ?? '').slice(0, USER_AGENT_MAX),
  }
}

// Who asks for a monitor that is not there is told that first; and a malformed ping never creates one.
function refuseMalformed(deps: Deps, { address, problem }: { address: PingAddress; problem: string }): Response {
  if ('pingKey' in address) {
    const isKnown = findWatchedByPingKey(deps.db, address.pingKey) !== null
    return isKnown ? refuse(400, problem) : refuse(404, 'not found')
  }
  const found = listPingKeysBySlug(deps.db, address).length
  if (found > 1) return refuse(409, 'ambiguous slug')
  const couldCreate = address.mayCreate && findProjectByPingKey(deps.db, address.projectPingKey) !== null
  return found === 1 || couldCreate ? refuse(400, problem) : refuse(404, 'not found')
}

function recorded(deps: Deps, text: 'OK' | 'Created', status: number): Response {
  return new Response(text, {
    status,
    headers: {
      'Content-Type': TEXT,
      'Cache-Control': NO_CACHE,
      Expires: new Date(deps.clock.now()).toUTCString(),
      'Access-Control-Allow-Origin': '*',
      'Ping-Body-Limit': String(deps.config.pingBodyLimit),
    },
  })
}

function refusalOf(error: unknown): Response {
  if (error instanceof AppError && error.code === 'not_found') return refuse(404, 'not found')
  if (error instanceof AppError && error.code === 'conflict') return refuse(409, 'ambiguous slug')
  throw error
}

function refuse(status: number, text: string): Response {
  return new Response(text, { status, headers: { 'Content-Type': TEXT, 'Cache-Control': NO_CACHE } })
}

// A browser asks before it pings from another site: yes, and nothing is recorded.
function preflight(): Response {
  return new Response(null, {
    status: 204,
    headers: {
      'Access-Control-Allow-Origin': '*',
      'Access-Control-Allow-Methods': 'GET, HEAD, POST, PUT, OPTIONS',
      'Access-Control-Allow-Headers': '*',
      'Access-Control-Max-Age': '600',
    },
  })
}
