import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** Of the ping URL of a receiver. */
export const PATH = '/ping/0b3f2d4e-5a6b-4c7d-8e9f-0a1b2c3d4e5f'

interface ReceivedPing {
  path: string
  body: string
}

type Mood = 'well' | 'busy at first' | 'killed at first' | 'refuses'

/** A server that takes pings, is busy or dies without an answer at the first request, or refuses them all. */
export async function startReceiver(mood: Mood = 'well') {
  const pings: ReceivedPing[] = []
  let isFirst = true
  const server = createServer(async (request, response) => {
    const body = await text(request)
    const isTrouble = isFirst && mood.endsWith('at first')
    isFirst = false
    if (isTrouble && mood === 'killed at first') request.socket.destroy()
    else if (isTrouble) response.writeHead(503, { 'Retry-After': '1' }).end('busy')
    else {
      pings.push({ path: request.url ?? '', body })
      response.writeHead(mood === 'refuses' ? 404 : 200).end(mood === 'refuses' ? 'not found' : 'OK')
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
