import { Elysia } from 'elysia'
import { z } from 'zod'
import { createChannel, deleteChannel, testChannel } from '#actions/channels.ts'
import type { Deps } from '#deps.ts'
import { AppError } from '#lib/errors.ts'
import { listChannels } from '#store/channels.ts'
import { type ApiCall, endpoint, write } from './endpoint.ts'
import { toChannel } from './shapes.ts'

const NewChannel = z.object({
  kind: z.string('kind is not a string'),
  name: z.string('name is not a string').default(''),
  settings: z.looseObject({}, 'settings is not an object'),
})

/** Lists channels as every client knows it; creating, deleting and testing are additions of version 3. */
export function channelRoutes(deps: Deps) {
  const GET = write((call) => list(deps, call))
  return new Elysia({ name: 'api/channels' })
    .use(endpoint(deps, { path: '/channels/', versions: [1, 2], operations: { GET } }))
    .use(
      endpoint(deps, {
        path: '/channels/',
        versions: [3],
        operations: { GET, POST: write((call) => create(deps, call)) },
      }),
    )
    .use(
      endpoint(deps, {
        path: '/channels/:id',
        versions: [3],
        operations: { DELETE: write((call) => remove(deps, call)) },
      }),
    )
    .use(
      endpoint(deps, {
        path: '/channels/:id/test',
        versions: [3],
        operations: { POST: { ...write((call) => test(deps, call)), allowsNullBody: true } },
      }),
    )
}

function list(deps: Deps, { projectId }: ApiCall): Response {
  return Response.json({ channels: listChannels(deps.db, projectId).map(toChannel) })
}

function create(deps: Deps, { projectId, body }: ApiCall): Response {
  const parsed = NewChannel.safeParse(body)
  if (!parsed.success) throw new AppError('invalid', `json validation error: ${parsed.error.issues[0]?.message}`)
  const channel = createChannel(deps, { projectId, ...parsed.data })
  return Response.json(toChannel(channel), { status: 201 })
}

function remove(deps: Deps, { projectId, params }: ApiCall): Response {
  return Response.json(toChannel(deleteChannel(deps, { projectId, channelId: params.id ?? '' })))
}

async function test(deps: Deps, { projectId, params }: ApiCall): Promise<Response> {
  const outcome = await testChannel(deps, { projectId, channelId: params.id ?? '' })
  const { result, detail } = outcome
  return Response.json({ result, reason: outcome.result === 'failed' ? outcome.reason : null, detail })
}
