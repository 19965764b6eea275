// The heartbeats of Opsgenie: a name, and the key in a header.
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
  isSpoken: ({ path }) => PATH.test(path),
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
  // Opsgenie says PONG to a heartbeat that is not there, too. That would be a lie here.
  if (refusal !== null) return reply(refusal.status, { message: refusal.text })
  // Which 2xx Opsgenie answers is not known for sure; its clients take every one.
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
