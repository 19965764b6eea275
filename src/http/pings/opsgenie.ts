// The heartbeats of Opsgenie: a name in the path, and the key in a header.
import type { PingAddress } from '#actions/pings.ts'
import type { Deps } from '#deps.ts'
import { newUuid } from '#lib/tokens.ts'
import { findProjectByPingKey } from '#store/projects.ts'
import type { Dialect, IncomingPing } from './dialect.ts'
import { originOf, recordOrRefuse, TOKEN } from './report.ts'
import { readBody } from './sent.ts'

export const opsgenie: Dialect = {
  name: 'Opsgenie',
  routes: ['/v2/heartbeats/*'],
  methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH'],
  matchesRequest: ({ path }) => PATH.test(path),
  addressOf: (_, ping) => addressOf(ping),
  answer,
  refuse: (status, message) => reply(status, { message }),
}

const PATH = new RegExp(`^/v2/heartbeats/(${TOKEN})/ping/?$`)
const GENIE_KEY = new RegExp(`^GenieKey +(${TOKEN})$`, 'i')

async function answer(deps: Deps, { request, path }: IncomingPing): Promise<Response> {
  const address = addressOf({ request, path })
  if (findProjectByPingKey(deps.db, address.projectPingKey) === null) return reply(401, { message: 'Unknown key.' })
  const refusal = await recordOrRefuse(deps, {
    address,
    signal: 'success',
    exitStatus: null,
    runId: null,
    origin: originOf(request),
    ...(await readBody(request, deps.config.pingBodyLimit)),
  })
  // Opsgenie also responds PONG to an unknown heartbeat. Here that would hide a lost ping.
  if (refusal !== null) return reply(refusal.status, { message: refusal.text })
  // It is not certain which 2xx status Opsgenie sends. Its clients accept any.
  return reply(202, { result: 'PONG - Heartbeat received' })
}

function addressOf({ request, path }: Pick<IncomingPing, 'request' | 'path'>) {
  const slug = PATH.exec(path)?.[1] ?? ''
  const projectPingKey = GENIE_KEY.exec(request.headers.get('authorization') ?? '')?.[1] ?? ''
  return { projectPingKey, slug, mayCreate: false } satisfies PingAddress
}

function reply(status: number, said: { result: string } | { message: string }): Response {
  return Response.json({ ...said, took: 0, requestId: newUuid() }, { status })
}
