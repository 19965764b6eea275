// The push URLs of Uptime Kuma: a token in the path, and the status, message and ping time in the query.
import type { TokenAddress } from '#actions/pings.ts'
import type { Deps } from '#deps.ts'
import type { PingSignal } from '#domain/ping.ts'
import type { Dialect, IncomingPing } from './dialect.ts'
import { lastOf, originOf, recordOrRefuse } from './report.ts'
import { readTextOrBody } from './sent.ts'

export const uptimeKuma: Dialect = {
  name: 'Uptime Kuma',
  routes: ['/api/push/*'],
  methods: null,
  matchesRequest: () => true,
  addressOf: (_, { path }) => addressOf(path),
  answer,
  refuse: (status, text) => refuse(status === 404 ? UNKNOWN : text, status),
}

const PATH = /^\/api\/push\/([A-Za-z0-9_-]{1,64})\/?$/
const PING_MAX_MS = 100_000_000_000

async function answer(deps: Deps, { request, path, query }: IncomingPing): Promise<Response> {
  const address = addressOf(path)
  if (address === null) return refuse(UNKNOWN)
  // The response time of a service. It isn't a run's duration, so it isn't stored, but an invalid value is an error as
  // in Uptime Kuma.
  const pingMs = Number.parseFloat(lastOf(query, 'ping'))
  if (pingMs < 0 || pingMs > PING_MAX_MS) return refuse('Invalid ping value.')
  const refusal = await recordOrRefuse(deps, {
    address,
    signal: signalOf({ request, query }),
    exitStatus: null,
    runId: null,
    origin: originOf(request),
    ...(await readTextOrBody(request, { text: lastOf(query, 'msg'), limit: deps.config.pingBodyLimit })),
  })
  return refusal === null ? Response.json({ ok: true }) : refuse(UNKNOWN)
}

function addressOf(path: string): TokenAddress | null {
  const token = PATH.exec(path)?.[1]
  return token === undefined ? null : { token, dialect: 'kuma' }
}

// Any status except `up` is a failure. borgmatic also sends `up` at the start of a run, before anything has succeeded.
function signalOf({ request, query }: { request: Request; query: URLSearchParams }): PingSignal {
  if ((lastOf(query, 'status') || 'up') !== 'up') return 'fail'
  const isBorgmatic = /^borgmatic\b/.test(request.headers.get('user-agent') ?? '')
  return isBorgmatic && lastOf(query, 'msg') === 'start' ? 'start' : 'success'
}

const UNKNOWN = 'Monitor not found or not active.'

function refuse(msg: string, status = 404): Response {
  return Response.json({ ok: false, msg }, { status })
}
