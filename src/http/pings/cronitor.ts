// The telemetry URLs of Cronitor: with an API key and a monitor, and older ones with a code.
import type { PingAddress } from '#actions/pings.ts'
import type { Deps } from '#deps.ts'
import { SLUG_MAX } from '#domain/monitor.ts'
import type { PingSignal } from '#domain/ping.ts'
import { findProjectByPingKey } from '#store/projects.ts'
import type { Dialect, IncomingPing } from './dialect.ts'
import { healthchecks } from './healthchecks.ts'
import { isPingAtRoot } from './paths.ts'
import { exitStatusOf, lastOf, originOf, plainText, recordOrRefuse, runIdOf, secondsOf, TOKEN, UUID } from './report.ts'
import { readTextOrBody } from './sent.ts'

/** For a heartbeat, the libraries send a stamp and metrics without a state. */
const OWN_QUERY = ['state', 'metric', 'stamp']

export const cronitor: Dialect = {
  name: 'Cronitor',
  routes: ['/p/*', '/ping/*', '/*'],
  methods: ['GET', 'HEAD', 'POST'],
  ownQuery: OWN_QUERY,
  // Healthchecks also uses /ping/ and the root. Its clients never send these states or parameters, except for /fail.
  matchesRequest: ({ path, query }) => {
    if (path.startsWith('/p/')) return true
    const isBelowPing = path.startsWith('/ping/')
    if (!isBelowPing && BY_CODE.test(path)) return true
    const [isByKey, , , ending] = BY_KEY.exec(path) ?? []
    if (isByKey === undefined || !(isBelowPing || isPingAtRoot(path))) return false
    return OWN_QUERY.some((name) => query.has(name)) || ending === 'run' || ending === 'complete'
  },
  addressOf: (deps, ping) => {
    const target = readTarget(ping.path)
    if (target === null) return null
    return isProjectPingKey(deps, target.token) ? healthchecks.addressOf(deps, ping) : addressOf(target)
  },
  answer,
}

// borgmatic appends the state to any URL.
const STATE = '/(run|complete|fail)'
const BY_KEY = new RegExp(`^(?:/p(?:ing)?(?=/)|(?!/p(?:ing)?/))/(?!${UUID}/)(${TOKEN})/(${TOKEN})(?:${STATE})?/?$`)
const BY_CODE = new RegExp(`^/(?!${UUID}/fail/?$)([A-Za-z0-9_-]{3,64})${STATE}/?$`)
const SLUG = new RegExp(`^[a-z0-9_-]{1,${SLUG_MAX}}$`)

/** `ok` means that the job has recovered. `tick` and a missing state mean that the job is alive. */
const SIGNALS = new Map<string, PingSignal>([
  ['run', 'start'],
  ['complete', 'success'],
  ['fail', 'fail'],
  ['ok', 'success'],
  ['tick', 'success'],
  ['', 'success'],
])

async function answer(deps: Deps, ping: IncomingPing): Promise<Response> {
  const { request, path, query } = ping
  const target = readTarget(path)
  if (target === null) return plainText('not found', 404)
  // At the root, the name of a state may be a slug of Healthchecks.
  if (isProjectPingKey(deps, target.token)) return await healthchecks.answer(deps, ping)
  const signal = SIGNALS.get(target.state ?? lastOf(query, 'state'))
  // It is unknown how Cronitor handles other states. Recording them as success could hide a failure.
  if (signal === undefined) return plainText('unknown state', 400)
  const refusal = await recordOrRefuse(deps, {
    address: addressOf(target),
    signal,
    exitStatus: exitStatusOf(lastOf(query, 'status_code')),
    runId: runIdOf(lastOf(query, 'series')),
    measuredMs: secondsOf(lastOf(query, 'duration')),
    origin: originOf(request),
    // The libraries send `message`, the command-line tool sends `msg`.
    ...(await readTextOrBody(request, {
      text: lastOf(query, 'message') || lastOf(query, 'msg'),
      limit: deps.config.pingBodyLimit,
    })),
  })
  return refusal === null ? plainText('OK', 200) : plainText(refusal.text, refusal.status)
}

interface Target {
  /** The code in a URL at the root. */
  token?: string | undefined
  projectPingKey?: string | undefined
  slug?: string
  state: string | undefined
}

function readTarget(path: string): Target | null {
  const [, token, stateOfCode] = BY_CODE.exec(path) ?? []
  if (token) return { token, state: stateOfCode }
  const [, projectPingKey, slug, state] = BY_KEY.exec(path) ?? []
  return projectPingKey && slug ? { projectPingKey, slug, state } : null
}

// As in Cronitor, an unknown name creates a monitor. A name with capital letters is a key that Cronitor generated, so
// its monitor must exist.
function addressOf({ token, projectPingKey = '', slug = '' }: Target): PingAddress {
  if (token === undefined && SLUG.test(slug)) return { projectPingKey, slug, mayCreate: true }
  return { token: token ?? slug, dialect: 'cronitor' }
}

function isProjectPingKey({ db }: Deps, token: string | undefined): boolean {
  return token !== undefined && findProjectByPingKey(db, token) !== null
}
