// The telemetry URLs of Cronitor: by API key and monitor, and the older ones by code.
import type { PingAddress } from '#actions/pings.ts'
import type { Deps } from '#deps.ts'
import { SLUG_MAX } from '#domain/monitor.ts'
import type { PingSignal } from '#domain/ping.ts'
import type { Dialect, IncomingPing } from './dialect.ts'
import { exitStatusOf, lastOf, originOf, plainText, recordOrRefuse, runIdOf, secondsOf, TOKEN, UUID } from './report.ts'
import { bodyOf } from './sent.ts'

export const cronitor: Dialect = {
  name: 'Cronitor',
  routes: ['/p/*', '/ping/*', '/*'],
  methods: ['GET', 'HEAD', 'POST'],
  // Healthchecks pings below /ping/ and at the root, too: a state tells them apart, but for the ending that both have.
  isSpoken: ({ path, query }) => {
    if (path.startsWith('/p/')) return true
    if (!path.startsWith('/ping/')) return BY_CODE.test(path)
    const [isByKey, , , ending] = BY_KEY.exec(path) ?? []
    return isByKey !== undefined && (query.has('state') || ending === 'run' || ending === 'complete')
  },
  addressOf: (_, { path }) => readTarget(path)?.address ?? null,
  answer,
}

// borgmatic puts the state behind whatever URL it is given.
const STATE = '/(run|complete|fail)'
const BY_KEY = new RegExp(`^/p(?:ing)?/(?!${UUID}/)(${TOKEN})/(${TOKEN})(?:${STATE})?/?$`)
const BY_CODE = new RegExp(`^/(?!${UUID}/fail/?$)([A-Za-z0-9_-]{3,64})${STATE}/?$`)
const SLUG = new RegExp(`^[a-z0-9_-]{1,${SLUG_MAX}}$`)

/** `ok` says that all is well again, `tick` and nothing at all that the job is alive. */
const SIGNALS = new Map<string, PingSignal>([
  ['run', 'start'],
  ['complete', 'success'],
  ['fail', 'fail'],
  ['ok', 'success'],
  ['tick', 'success'],
  ['', 'success'],
])

async function answer(deps: Deps, { request, path, query }: IncomingPing): Promise<Response> {
  const target = readTarget(path)
  if (target === null) return plainText('not found', 404)
  const signal = SIGNALS.get(target.state ?? lastOf(query, 'state'))
  // What Cronitor makes of another state is not known; to record it as a success would be a guess.
  if (signal === undefined) return plainText('unknown state', 400)
  const refusal = await recordOrRefuse(deps, {
    address: target.address,
    signal,
    exitStatus: exitStatusOf(lastOf(query, 'status_code')),
    runId: runIdOf(lastOf(query, 'series')),
    measuredMs: secondsOf(lastOf(query, 'duration')),
    origin: originOf(request),
    // The libraries say `message`, the command line `msg`.
    ...(await bodyOf(request, {
      text: lastOf(query, 'message') || lastOf(query, 'msg'),
      limit: deps.config.pingBodyLimit,
    })),
  })
  return refusal === null ? plainText('OK', 200) : plainText(refusal.text, refusal.status)
}

function readTarget(path: string): { address: PingAddress; state: string | undefined } | null {
  const [, projectPingKey, slug, state] = BY_KEY.exec(path) ?? []
  // Cronitor makes a monitor of every name that it does not know. The keys that it gives itself have capitals.
  if (projectPingKey && slug)
    return { address: SLUG.test(slug) ? { projectPingKey, slug, mayCreate: true } : { token: slug }, state }
  const [, token, stateOfCode] = BY_CODE.exec(path) ?? []
  return token ? { address: { token }, state: stateOfCode } : null
}
