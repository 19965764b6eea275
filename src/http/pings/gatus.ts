// The external endpoints of Gatus: another program does the check and sends the result.
import type { PingAddress } from '#actions/pings.ts'
import type { Deps } from '#deps.ts'
import { measuredMs } from '#domain/ping.ts'
import { bearerOf } from '#http/bearer.ts'
import { HOUR, MINUTE, SECOND } from '#lib/duration.ts'
import { findProjectByPingKey } from '#store/projects.ts'
import type { Dialect, IncomingPing } from './dialect.ts'
import { lastOf, originOf, plainText, recordOrRefuse, TOKEN } from './report.ts'
import { readTextOrBody } from './sent.ts'

export const gatus: Dialect = {
  name: 'Gatus',
  routes: ['/api/v1/endpoints/*'],
  methods: ['POST'],
  matchesRequest: ({ path }) => PATH.test(path),
  addressOf: (_, ping) => addressOf(ping),
  answer,
}

const PATH = new RegExp(`^/api/v1/endpoints/(${TOKEN})/external/?$`)
/** A duration in Go's syntax: "1h2m3.5s", "10ms", "0". */
const DURATION = /^[+-]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/
const DURATION_MAX = 100

async function answer(deps: Deps, { request, path, query }: IncomingPing): Promise<Response> {
  const success = lastOf(query, 'success')
  if (success !== 'true' && success !== 'false') return plainText('missing or invalid success', 400)
  const address = addressOf({ request, path })
  if (findProjectByPingKey(deps.db, address.projectPingKey) === null) return plainText('missing or invalid token', 401)
  if (!isDuration(lastOf(query, 'duration'))) return plainText('invalid duration', 400)
  const refusal = await recordOrRefuse(deps, {
    address,
    signal: success === 'true' ? 'success' : 'fail',
    exitStatus: null,
    runId: null,
    origin: originOf(request),
    measuredMs: goDurationMs(lastOf(query, 'duration')),
    ...(await readTextOrBody(request, {
      text: success === 'true' ? '' : lastOf(query, 'error'),
      limit: deps.config.pingBodyLimit,
    })),
  })
  return refusal === null ? plainText('', 200) : plainText(refusal.text, refusal.status)
}

function addressOf({ request, path }: Pick<IncomingPing, 'request' | 'path'>) {
  // The keys of Gatus are case-insensitive.
  const slug = (PATH.exec(path)?.[1] ?? '').toLowerCase()
  return { projectPingKey: bearerOf(request)?.trim() ?? '', slug, mayCreate: false } satisfies PingAddress
}

const UNIT_MS: Record<string, number> = { ns: 1e-6, us: 1e-3, ms: 1, s: SECOND, m: MINUTE, h: HOUR }

/** Null if the duration is empty or negative. */
function goDurationMs(duration: string): number | null {
  if (duration === '') return null
  const parts = [...duration.replaceAll(/[µμ]/g, 'u').matchAll(/([\d.]+)(ns|us|ms|s|m|h)/g)]
  const sumMs = parts.reduce((sum, [, count, unit = '']) => sum + Number(count) * (UNIT_MS[unit] ?? 0), 0)
  return measuredMs(duration.startsWith('-') ? -sumMs : sumMs)
}

function isDuration(duration: string): boolean {
  return duration === '' || (duration.length <= DURATION_MAX && DURATION.test(duration))
}
