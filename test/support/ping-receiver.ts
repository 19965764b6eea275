import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** The path of the ping URL of a receiver. */
export const PATH = '/ping/0b3f2d4e-5a6b-4c7d-8e9f-0a1b2c3d4e5f'

interface ReceivedPing {
  path: string
  body: string
}

type Behavior = 'well' | 'busy at first' | 'killed at first' | 'refuses'

/** A server that accepts pings, answers the first one with 503 or not at all, or refuses all of them. */
export async function startReceiver(behavior: Behavior = 'well') {
  const pings: ReceivedPing[] = []
  let isFirst = true
  const server = createServer(async (request, response) => {
    const body = await text(request)
    const isTrouble = isFirst && behavior.endsWith('at first')
    isFirst = false
    if (isTrouble && behavior === 'killed at first') request.socket.destroy()
    else if (isTrouble) response.writeHead(503, { 'Retry-After': '1' }).end('busy')
    else {
      pings.push({ path: request.url ?? '', body })
      response.writeHead(behavior === 'refuses' ? 404 : 200).end(behavior === 'refuses' ? 'not found' : 'OK')
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const close = () => {
    server.close()
    server.closeAllConnections()
  }
  return { pings, pingUrl: `http://127.0.0.1:${port}${PATH}`, [Symbol.dispose]: close }
}
