// The check-in URLs of Dead Man's Snitch: a token at the root, and `m` for a message and `s` for the exit status in the
// URL or in a form.
import type { Deps } from '#deps.ts'
import type { Dialect, IncomingPing } from './dialect.ts'
import { cutText, exitStatusOf, lastOf, originOf, plainText, readForm, recordOrRefuse, UUID } from './report.ts'

// Whether Dead Man's Snitch takes POST is not known, but it is used; refusing it could only lose pings.
export const deadMansSnitch: Dialect = {
  name: "Dead Man's Snitch",
  routes: ['/*'],
  methods: ['GET', 'HEAD', 'POST'],
  // A bare UUID is a Healthchecks URL; but what `s` says must not get lost.
  isSpoken: ({ path, query }) => PATH.test(path) && (!IS_UUID.test(path.slice(1)) || query.has('s') || query.has('m')),
  addressOf: (_, { path }) => ({ token: tokenOf(path) }),
  answer,
}

const PATH = /^\/([A-Za-z0-9_-]{4,64})\/?$/
const IS_UUID = new RegExp(`^${UUID}/?$`)

async function answer(deps: Deps, { request, path, query }: IncomingPing): Promise<Response> {
  const { bytes, form } = await readForm(request, deps.config.pingBodyLimit)
  const read = (name: string): string => lastOf(query.has(name) ? query : form, name)
  const [status, message] = [read('s'), read('m')]
  const isForm = form.has('s') || form.has('m')
  const refusal = await recordOrRefuse(deps, {
    address: { token: tokenOf(path) },
    signal: status === '' || status === '0' ? 'success' : 'fail',
    exitStatus: exitStatusOf(status),
    runId: null,
    origin: originOf(request),
    body: message !== '' || isForm ? cutText(message, deps.config.pingBodyLimit) : bytes,
  })
  // Some clients take nothing but 202 for success. Nobody is known to read the text.
  return refusal === null ? plainText('OK', 202) : plainText(refusal.text, refusal.status)
}

function tokenOf(path: string): string {
  return PATH.exec(path)?.[1] ?? ''
}
