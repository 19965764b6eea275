// Connections that stay open for the next request to the same origin and the same checked addresses.
import { afterEach, describe, expect, test } from 'bun:test'
import type { LookupAddress } from 'node:dns'
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { Outbound, OutboundOptions } from '#lib/outbound.ts'
import { IDLE_MS } from '#lib/outbound-http.ts'
import { eventually } from '../support/binary.ts'
import { newOutbound } from '../support/outbound.ts'

const NAME = 'hooks.example.test'
const OTHER = 'other.example.test'
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK'

let outbound: Outbound
const servers: Server[] = []
const opened: Socket[] = []

afterEach(() => {
  outbound.close()
  for (const socket of opened.splice(0)) socket.destroy()
  for (const server of servers.splice(0)) server.close()
})

const isOpen = (socket: Socket) => !socket.destroyed
const at = (address: string): LookupAddress[] => [{ address, family: 4 }]

function start(options: Partial<OutboundOptions> = {}): void {
  outbound = newOutbound({ resolve: async () => at('127.0.0.1'), ...options })
}

async function listen(server: Server): Promise<number> {
  servers.push(server)
  server.on('connection', (socket: Socket) => {
    opened.push(socket)
    socket.on('error', () => {})
  })
  server.listen(0, '0.0.0.0')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** Answers every request on a connection, and keeps it open. */
async function listenForHttp(): Promise<number> {
  const server = createHttpServer((_request, response) => void response.end('OK'))
  server.keepAliveTimeout = 10 * IDLE_MS
  return await listen(server)
}

/** Handles the requests of each connection by its number, from 1. */
function listenRaw(onRequest: (socket: Socket, number: number) => void): Promise<number> {
  return listen(
    createServer((socket) => {
      let number = 0
      socket.on('data', () => {
        number += 1
        onRequest(socket, number)
      })
    }),
  )
}

function call(port: number, { host = NAME, timeoutMs = 5000 } = {}) {
  const url = `http://${host}:${port}/`
  return outbound.send({ method: 'POST', url, headers: {}, body: '{}', timeoutMs })
}

describe('A kept connection', () => {
  test('serves the next requests to the same origin', async () => {
    start()
    const port = await listenForHttp()
    for (let turn = 0; turn < 3; turn += 1) expect(await call(port)).toMatchObject({ status: 200, body: 'OK' })
    expect(opened).toHaveLength(1)
  })

  test('does not serve another name, even with the same address', async () => {
    start()
    const port = await listenForHttp()
    await call(port)
    await call(port, { host: OTHER })
    expect(opened).toHaveLength(2)
  })

  test('does not serve the same name after its address has changed', async () => {
    const answers = [at('127.0.0.1'), at('127.0.0.2')]
    start({ resolve: async () => answers.shift() ?? [] })
    const port = await listenForHttp()
    await call(port)
    await call(port)
    expect(opened.map(({ localAddress }) => localAddress)).toEqual(['127.0.0.1', '127.0.0.2'])
  })

  test('does not serve a name whose address is forbidden now', async () => {
    const answers = [at('127.0.0.1'), at('169.254.169.254')]
    start({ resolve: async () => answers.shift() ?? [] })
    const port = await listenForHttp()
    await call(port)
    expect(await call(port)).toMatchObject({ kind: 'blocked' })
  })

  test('is closed after a few seconds without a request', async () => {
    start()
    const port = await listenForHttp()
    await call(port)
    const idleSince = performance.now()
    await eventually('the end of the connection', () => !opened.some(isOpen), IDLE_MS + 3000)
    expect(performance.now() - idleSince).toBeGreaterThan(IDLE_MS - 500)
  }, 20_000)

  test('is closed when the server stops', async () => {
    start()
    const port = await listenForHttp()
    await call(port)
    outbound.close()
    await eventually('the end of the connection', () => !opened.some(isOpen))
  })

  test('outlives the time limit of the request that opened it', async () => {
    start()
    const port = await listenForHttp()
    await call(port, { timeoutMs: 50 })
    await Bun.sleep(100)
    await call(port)
    expect(opened).toHaveLength(1)
  })

  test('is one of four at most while nothing uses them', async () => {
    start()
    const port = await listenForHttp()
    await Promise.all(Array.from({ length: 8 }, () => call(port)))
    await eventually('four connections', () => opened.filter(isOpen).length === 4)
  })
})

describe('A kept connection that the receiver closes', () => {
  test('without an answer is replaced by a new one, once', async () => {
    start()
    const requests: number[] = []
    const port = await listenRaw((socket, number) => {
      requests.push(number)
      if (number === 1) socket.write(OK)
      else socket.destroy()
    })
    await call(port)
    expect(await call(port)).toMatchObject({ status: 200 })
    expect(requests).toEqual([1, 2, 1])
  })

  test('and whose replacement gets no answer either is a failure', async () => {
    start()
    let requests = 0
    const port = await listenRaw((socket) => {
      requests += 1
      if (requests === 1) socket.write(OK)
      else socket.destroy()
    })
    await call(port)
    expect(await call(port)).toMatchObject({ kind: 'failure', reason: 'connection' })
    expect(requests).toBe(3)
  })

  test('while idle is not used again', async () => {
    start()
    const port = await listenRaw((socket) => void socket.end(OK))
    for (let turn = 0; turn < 3; turn += 1) {
      expect(await call(port)).toMatchObject({ status: 200 })
      await eventually('the end of the connection', () => !opened.some(isOpen))
    }
    expect(opened).toHaveLength(3)
  })

  test('in the middle of an answer is a failure, and the request is not sent again', async () => {
    start()
    let requests = 0
    const port = await listenRaw((socket, number) => {
      requests += 1
      if (number === 1) socket.write(OK)
      else socket.end('HTTP/1.1 200 OK\r\nContent-')
    })
    await call(port)
    expect(await call(port)).toMatchObject({ kind: 'failure', reason: 'connection' })
    expect(requests).toBe(2)
  })

  test('after the time limit is a timeout, and the request is not sent again', async () => {
    start()
    let requests = 0
    const port = await listenRaw((socket, number) => {
      requests += 1
      if (number === 1) socket.write(OK)
    })
    await call(port)
    expect(await call(port, { timeoutMs: 100 })).toMatchObject({ kind: 'failure', reason: 'timeout' })
    expect(requests).toBe(2)
  })
})
