// The ping API of Healthchecks.
import { openByPing } from '#actions/maintenance.ts'
import { findWatchedByUuid, type PingAddress, recordPing, requirePingable, type TokenAddress } from '#actions/pings.ts'
import type { Deps } from '#deps.ts'
import { SLUG_MAX } from '#domain/monitor.ts'
import { EXIT_STATUS_MAX, type PingSignal } from '#domain/ping.ts'
import { readLength } from '#domain/schedule-input.ts'
import type { SplitUrl } from '#http/url.ts'
import { AppError } from '#lib/errors.ts'
import { signalNumber } from '#lib/signals.ts'
import type { Dialect, IncomingPing } from './dialect.ts'
import { ENDING, isPingAtRoot } from './paths.ts'
import { originOf, plainText, refusalOf, TEXT, UUID } from './report.ts'
import { readBody } from './sent.ts'

/** Below /ping/, as on self-hosted servers, and at the root, as on hc-ping.com. */
export const healthchecks: Dialect = {
  name: 'Healthchecks',
  routes: ['/ping/*', '/*'],
  methods: null,
  matchesRequest: ({ path }) => path.startsWith('/ping/') || isPingAtRoot(path),
  addressOf: (_, { path, query }) => readUrl({ path, query })?.address ?? null,
  answer,
}

const BY_PING_KEY = new RegExp(`^(?:/ping)?/(${UUID})(?:/|${ENDING})?$`)
const BY_SLUG = new RegExp(`^(?:/ping)?/([A-Za-z0-9_-]+)/([A-Za-z0-9_-]+)(?:${ENDING})?$`)
const RUN_ID = new RegExp(`^${UUID}$`)

const NO_CACHE = 'max-age=0, no-cache, no-store, must-revalidate, private'

interface PingUrl {
  address: KnownAddress
  /** The signal or exit status after the key or slug. */
  ending: string | null
}

/** A ping key or a slug. */
type KnownAddress = Exclude<PingAddress, TokenAddress>

async function answer(deps: Deps, { request, path, query }: IncomingPing): Promise<Response> {
  const url = readUrl({ path, query })
  if (url === null) return refuse(404, 'not found')
  const { address, ending } = url
  const monitorId = request.method === 'POST' ? maintainedBy(deps, address) : null
  if (monitorId !== null) return openMaintenance(deps, { monitorId, request, query })
  if ('slug' in address && /[A-Z]/.test(address.slug)) return refuse(400, 'invalid url format')
  const exitStatus = readExitStatus(ending)
  const runId = query.getAll('rid').at(-1) ?? null
  const problem = problemOf({ address, exitStatus, runId })
  try {
    if (problem !== null) {
      // A 404 for an unknown address takes precedence, and a malformed ping never creates a monitor.
      requirePingable(deps, address)
      return refuse(400, problem)
    }
    const { isCreated } = await recordPing(deps, {
      address,
      signal: signalOf({ ending, exitStatus }),
      exitStatus,
      runId: runId?.toLowerCase() ?? null,
      origin: originOf(request),
      ...(await readBody(request, deps.config.pingBodyLimit)),
    })
    return isCreated ? recorded(deps, 'Created', 201) : recorded(deps, 'OK', 200)
  } catch (error) {
    const { status, text } = refusalOf(error)
    return refuse(status, text)
  }
}

// A monitor's ping URL followed by /maintenance. With a project's ping key, it is the slug of a monitor.
function maintainedBy({ db }: Deps, address: KnownAddress): number | null {
  if (!('slug' in address) || address.slug !== 'maintenance' || !RUN_ID.test(address.projectPingKey)) return null
  return findWatchedByUuid(db, address.projectPingKey.toLowerCase())?.id ?? null
}

function openMaintenance(
  deps: Deps,
  { monitorId, request, query }: { monitorId: number; request: Request; query: URLSearchParams },
): Response {
  const ms = readLength(query.getAll('for').at(-1) ?? '')
  if (ms === null || ms <= 0) return refuse(400, 'say how long, for example ?for=20m')
  try {
    const { times } = openByPing(deps, { monitorId, ms, address: originOf(request).remoteAddress })
    const until = times.is === 'once' ? new Date(times.endsAt).toISOString() : ''
    return recorded(deps, `OK, maintenance until ${until}`, 200)
  } catch (error) {
    if (error instanceof AppError && error.code === 'invalid') return refuse(400, error.message)
    const { status, text } = refusalOf(error)
    return refuse(status, error instanceof AppError && error.code === 'conflict' ? error.message : text)
  }
}

function readUrl({ path, query }: SplitUrl): PingUrl | null {
  const byPingKey = BY_PING_KEY.exec(path)
  if (byPingKey?.[1]) {
    return { address: { pingKey: byPingKey[1].toLowerCase() }, ending: byPingKey[2] ?? null }
  }
  const bySlug = BY_SLUG.exec(path)
  if (!bySlug?.[1] || !bySlug[2]) return null
  const mayCreate = query.getAll('create').at(-1) === '1'
  return { address: { projectPingKey: bySlug[1], slug: bySlug[2], mayCreate }, ending: bySlug[3] ?? null }
}

// The exit status of a process that a signal ended is 128 plus the signal's number, as in a shell: 143 for TERM (15).
function readExitStatus(ending: string | null): number | null {
  if (ending === null) return null
  if (/^[0-9]/.test(ending)) return Number(ending)
  const signal = signalNumber(ending)
  return signal === null ? null : 128 + signal
}

interface PingFacts {
  address: KnownAddress
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

function recorded(deps: Deps, text: string, status: number): Response {
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

function refuse(status: number, text: string): Response {
  const response = plainText(text, status)
  response.headers.set('Cache-Control', NO_CACHE)
  return response
}
