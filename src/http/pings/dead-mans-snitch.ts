// The check-in URLs of Dead Man's Snitch: a token at the root. The query or a form contains a message (`m`) and an
// exit status (`s`).
import type { Deps } from '#deps.ts'
import { type Body, bodyOf, readBody } from '#domain/body.ts'
import type { PingSignal } from '#domain/ping.ts'
import type { Dialect, IncomingPing } from './dialect.ts'
import { exitStatusOf, lastOf, originOf, plainText, recordOrRefuse, UUID } from './report.ts'
import { keepTexts, readSentForm } from './sent.ts'

// It is unknown whether Dead Man's Snitch accepts POST, but jobs use it, and refusing it would lose pings.
export const deadMansSnitch: Dialect = {
  name: "Dead Man's Snitch",
  routes: ['/*'],
  methods: ['GET', 'HEAD', 'POST'],
  ownQuery: ['s', 'm'],
  // A UUID alone is a Healthchecks URL, but with `s` or `m` it is a check-in whose exit status must not be ignored.
  matchesRequest: ({ path, query }) =>
    PATH.test(path) && (!IS_UUID.test(path.slice(1)) || query.has('s') || query.has('m')),
  addressOf: (_, { path }) => ({ token: tokenOf(path), dialect: 'snitch' }),
  answer,
}

const PATH = /^\/([A-Za-z0-9_-]{4,64})\/?$/
const IS_UUID = new RegExp(`^${UUID}/?$`)

async function answer(deps: Deps, { request, path, query }: IncomingPing): Promise<Response> {
  const limit = deps.config.pingBodyLimit
  const { kept, form } = await readSentForm(request, { limit, names: ['s', 'm'] })
  const read = (name: string): Body => (query.has(name) ? null : form?.get(name)) ?? bodyOf(lastOf(query, name))
  const [status, message] = [readBody({ body: read('s') }).head, read('m')]
  const isForm = form?.has('s') || form?.has('m')
  const refusal = await recordOrRefuse(deps, {
    address: { token: tokenOf(path), dialect: 'snitch' },
    signal: signalOf(status, { isKnown: form !== null || query.has('s') }),
    exitStatus: exitStatusOf(status),
    runId: null,
    origin: originOf(request),
    ...(message.head.length > 0 || isForm ? keepTexts([message], limit) : kept),
  })
  // Some clients accept only 202 as success. No known client reads the text.
  return refusal === null ? plainText('OK', 202) : plainText(refusal.text, refusal.status)
}

function tokenOf(path: string): string {
  return PATH.exec(path)?.[1] ?? ''
}

// An incomplete form may have contained a failure, so it is only logged.
function signalOf(status: string, { isKnown }: { isKnown: boolean }): PingSignal {
  if (!isKnown) return 'log'
  return status === '' || status === '0' ? 'success' : 'fail'
}
