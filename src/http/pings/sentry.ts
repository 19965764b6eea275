// The cron check-ins of Sentry by plain HTTP; its libraries send envelopes, which are not understood.
import type { PingAddress, PingInput } from '#actions/pings.ts'
import type { Deps } from '#deps.ts'
import type { OpenRun } from '#domain/monitor.ts'
import { endsRun, type PingSignal, type RunId } from '#domain/ping.ts'
import { listPingKeysBySlug } from '#store/monitors.ts'
import type { Dialect, IncomingPing } from './dialect.ts'
import { lastOf, originOf, readSent, recordOrRefuse, runIdOf, TOKEN } from './report.ts'

// The number of the project says nothing that the public key does not.
export const sentry: Dialect = {
  name: 'Sentry',
  routes: ['/api/:project/cron/:slug/:key'],
  methods: ['GET', 'HEAD', 'POST'],
  isSpoken: ({ path }) => PATH.test(path),
  addressOf: (deps, { path }) => addressOf(deps, path),
  answer,
}

const PATH = new RegExp(`^/api/[0-9]{1,20}/cron/(${TOKEN})/(${TOKEN})/?$`)

const SENTRY_SLUG_MAX = 50

const SIGNALS = new Map<string, PingSignal>([
  ['ok', 'success'],
  ['error', 'fail'],
  ['in_progress', 'start'],
])

async function answer(deps: Deps, { request, path, query }: IncomingPing): Promise<Response> {
  const sent = await readSent(request)
  if (sent === null) return refuse(400, 'The body is no JSON object.')
  const read = (name: string): string => {
    const value = sent.fields[name]
    return typeof value === 'string' ? value : lastOf(query, name)
  }
  const status = read('status')
  if (status === '') return refuse(400, 'There is no status.')
  // Another word is tolerated; as a note it changes nothing.
  const signal = SIGNALS.get(status) ?? 'log'
  const refusal = await recordOrRefuse(deps, {
    address: addressOf(deps, path),
    signal,
    exitStatus: null,
    runId: runIdFor(signal, read('check_in_id')),
    origin: originOf(request),
    // With `monitor_config` and all: a person may want to read it, but a job does not change its monitor.
    body: sent.bytes.subarray(0, deps.config.pingBodyLimit),
  })
  return refusal === null ? new Response(null, { status: 202 }) : refuse(refusal.status, refusal.text)
}

// All zeros mean the newest run, as no id does; a run that begins is a new one.
function runIdFor(signal: PingSignal, checkInId: string): PingInput['runId'] {
  if (!/^[0-]*$/.test(checkInId)) return runIdOf(checkInId)
  return endsRun(signal) ? newestRun : null
}

function newestRun(openRuns: readonly OpenRun[]): RunId | null {
  return openRuns.at(-1)?.runId ?? null
}

function addressOf(deps: Deps, path: string): PingAddress {
  const [, slug = '', projectPingKey = ''] = PATH.exec(path) ?? []
  return { projectPingKey, slug: knownSlug(deps, { projectPingKey, slug }), mayCreate: false }
}

// Sentry cuts the slugs of its monitors.
function knownSlug({ db }: Deps, { projectPingKey, slug }: { projectPingKey: string; slug: string }): string {
  const isKnown = listPingKeysBySlug(db, { projectPingKey, slug }).length > 0
  return isKnown ? slug : slug.slice(0, SENTRY_SLUG_MAX)
}

function refuse(status: number, detail: string): Response {
  return Response.json({ detail }, { status })
}
