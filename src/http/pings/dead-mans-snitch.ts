// The check-in URLs of Dead Man's Snitch: a token at the root, and `m` for a message and `s` for the exit status in the
// URL or in a form.
import type { Deps } from '#deps.ts'
import type { PingSignal } from '#domain/ping.ts'
import type { Dialect, IncomingPing } from './dialect.ts'
import { exitStatusOf, lastOf, originOf, plainText, recordOrRefuse, UUID } from './report.ts'
import { keepText, readSentForm } from './sent.ts'

// Whether Dead Man's Snitch takes POST is not known, but it is used; refusing it could only lose pings.
export const deadMansSnitch: Dialect = {
  name: "Dead Man's Snitch",
  routes: ['/*'],
  methods: ['GET', 'HEAD', 'POST'],
  ownQuery: ['s', 'm'],
  // A bare UUID is a Healthchecks URL; but what `s` says must not get lost.
  isSpoken: ({ path, query }) => PATH.test(path) && (!IS_UUID.test(path.slice(1)) || query.has('s') || query.has('m')),
  addressOf: (_, { path }) => ({ token: tokenOf(path), dialect: 'snitch' }),
  answer,
}

const PATH = /^\/([A-Za-z0-9_-]{4,64})\/?$/
const IS_UUID = new RegExp(`^${UUID}/?$`)

async function answer(deps: Deps, { request, path, query }: IncomingPing): Promise<Response> {
  const limit = deps.config.pingBodyLimit
  const { kept, form } = await readSentForm(request, { limit, names: ['s', 'm'] })
  const read = (name: string): string => lastOf(query.has(name) || form === null ? query : form, name)
  const [status, message] = [read('s'), read('m')]
  const isForm = form?.has('s') || form?.has('m')
  const refusal = await recordOrRefuse(deps, {
    address: { token: tokenOf(path), dialect: 'snitch' },
    signal: signalOf(status, { isKnown: form !== null || query.has('s') }),
    exitStatus: exitStatusOf(status),
    runId: null,
    origin: originOf(request),
    ...(message !== '' || isForm ? keepText(message, limit) : kept),
  })
  // Some clients take nothing but 202 for success. Nobody is known to read the text.
  return refusal === null ? plainText('OK', 202) : plainText(refusal.text, refusal.status)
}

function tokenOf(path: string): string {
  return PATH.exec(path)?.[1] ?? ''
}

// A form that breaks off may have held bad news; as a note it changes nothing.
function signalOf(status: string, { isKnown }: { isKnown: boolean }): PingSignal {
  if (!isKnown) return 'log'
  return status === '' || status === '0' ? 'success' : 'fail'
}
