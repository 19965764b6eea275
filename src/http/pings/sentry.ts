// The cron check-ins of Sentry, over plain HTTP and in the envelopes of its libraries.
import type { Deps } from '#deps.ts'
import type { Dialect, IncomingPing } from './dialect.ts'
import { asList, isObject, lastOf, mostSevere, TOKEN } from './report.ts'
import { readSentJson } from './sent.ts'
import { addressOf, readCheckIn, recordCheckIn, UNKNOWN } from './sentry-check-in.ts'
import { answerEnvelope } from './sentry-envelope.ts'

// The project's number in the path is ignored, because the public key already identifies the project.
export const sentry: Dialect = {
  name: 'Sentry',
  routes: ['/api/:project/cron/:slug/:key', '/api/:project/envelope'],
  methods: ['GET', 'HEAD', 'POST'],
  matchesRequest: ({ path }) => PATH.test(path) || ENVELOPE.test(path),
  // The body of an envelope names the monitors.
  addressOf: (deps, { path }) => (ENVELOPE.test(path) ? null : addressOf(deps, targetOf(path))),
  answer: (deps, ping) => (ENVELOPE.test(ping.path) ? answerEnvelope(deps, ping) : answer(deps, ping)),
  refuse,
}

const PATH = new RegExp(`^/api/[0-9]{1,20}/cron/(${TOKEN})/(${TOKEN})/?$`)
const ENVELOPE = /^\/api\/[0-9]{1,20}\/envelope\/?$/

async function answer(deps: Deps, { request, path, query }: IncomingPing): Promise<Response> {
  const { kept, value, isReadable } = await readSentJson(request, deps.config.pingBodyLimit)
  const inQuery = {
    status: lastOf(query, 'status'),
    check_in_id: lastOf(query, 'check_in_id'),
    duration: lastOf(query, 'duration'),
  }
  const members = value === undefined ? [{}] : asList(value)
  const checkIns = members.map((sent) => readCheckIn(isObject(sent) ? { ...inQuery, ...sent } : sent))
  if (isReadable && checkIns.every((checkIn) => checkIn === null)) return refuse(400, 'The status is missing.')
  const checkIn = (isReadable ? mostSevere(checkIns.map((one) => one ?? UNKNOWN)) : null) ?? UNKNOWN
  const refusal = await recordCheckIn(deps, { request, ...targetOf(path), checkIn, kept })
  return refusal === null ? new Response(null, { status: 202 }) : refuse(refusal.status, refusal.text)
}

function targetOf(path: string): { projectPingKey: string; slug: string } {
  const [, slug = '', projectPingKey = ''] = PATH.exec(path) ?? []
  return { projectPingKey, slug }
}

function refuse(status: number, detail: string): Response {
  return Response.json({ detail }, { status })
}
