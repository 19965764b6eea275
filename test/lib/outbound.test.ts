import { afterEach, describe, expect, test } from 'bun:test'
import { once } from 'node:events'
import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import { ANSWER_MAX_BYTES } from '#lib/outbound-http.ts'
import { newOutbound } from '../support/outbound.ts'

const TIMEOUT_MS = 300
const HEADERS = 'HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n'
const TIMED_OUT = { kind: 'failure', reason: 'timeout', detail: 'Connection timed out' } as const
const BROKEN = { kind: 'failure', reason: 'connection', detail: 'Connection failed' } as const
const hasIPv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'))
if (!hasIPv6) console.warn('Skipped: this machine has no ::1, so calling it is not tested.')

const outbound = newOutbound()
const servers: { server: Server; sockets: Set<Socket> }[] = []

afterEach(async () => {
  for (const { server, sockets } of servers.splice(0)) {
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  }
})

async function start(server: Server, host = '127.0.0.1'): Promise<string> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
  })
  servers.push({ server, sockets })
  server.listen(0, host)
  await once(server, 'listening')
  return `http://${host.includes(':') ? `[${host}]` : host}:${(server.address() as AddressInfo).port}/`
}

/** A server that handles a connection as given, after its first request. */
function startRaw(onRequest: (socket: Socket) => void): Promise<string> {
  return start(createServer((socket) => socket.once('data', () => onRequest(socket))))
}

function startHttp(listener: RequestListener, host?: string): Promise<string> {
  return start(createHttpServer(listener), host)
}

function call(url: string, { timeoutMs = 5000, body = '' } = {}) {
  return outbound.send({ method: 'POST', url, headers: { 'X-Job': 'backup' }, body, timeoutMs })
}

/** Writes the same text again and again, so slowly that no size limit is reached. */
function drip(socket: Socket, text: string, start = ''): void {
  socket.write(start)
  const timer = setInterval(() => socket.write(text), 20)
  socket.on('close', () => clearInterval(timer))
}

describe('Outbound', () => {
  test('sends method, headers and body, and returns the answer', async () => {
    const asked: unknown[] = []
    const url = await startHttp(async (request, response) => {
      const chunks: Buffer[] = await Array.fromAsync(request)
      const { method, url: path, headers } = request
      asked.push({ method, path, job: headers['x-job'], length: headers['content-length'], host: headers.host })
      response.writeHead(418).end(`got ${Buffer.concat(chunks)}`)
    })
    expect(await call(`${url}a/b?c=d`, { body: 'ü' })).toMatchObject({ kind: 'answer', status: 418, body: 'got ü' })
    const { host } = new URL(url)
    expect(asked).toEqual([{ method: 'POST', path: '/a/b?c=d', job: 'backup', length: '2', host }])
  })

  test.each(['GET', 'PUT', 'PATCH', 'DELETE'] as const)('sends %s with bytes as the body', async (method) => {
    const url = await startHttp(async (request, response) => {
      const chunks: Buffer[] = await Array.fromAsync(request)
      response.end(`${request.method} ${Buffer.concat(chunks).toHex()}`)
    })
    const request = { method, url, headers: {}, body: new Uint8Array([0, 255, 128]), timeoutMs: 5000 }
    expect(await outbound.send(request)).toMatchObject({ status: 200, body: `${method} 00ff80` })
  })

  test('returns the headers of the answer', async () => {
    const url = await startHttp((_request, response) => {
      response.writeHead(429, { 'Retry-After': '30', 'Set-Cookie': ['a=1', 'b=2'] }).end()
    })
    const headers = { 'retry-after': '30', 'set-cookie': 'a=1, b=2' }
    expect(await call(url)).toMatchObject({ status: 429, headers })
  })

  test('resolves a host name', async () => {
    const url = await startHttp((_request, response) => response.end('here'))
    expect(await call(url.replace('127.0.0.1', 'localhost'))).toMatchObject({ status: 200, body: 'here' })
  })

  test.skipIf(!hasIPv6)('reaches an IPv6 address', async () => {
    const url = await startHttp((request, response) => response.end(request.headers.host), '::1')
    expect(url).toStartWith('http://[::1]:')
    expect(await call(url)).toMatchObject({ kind: 'answer', status: 200, body: new URL(url).host })
  })

  test('does not follow a redirect', async () => {
    const paths: unknown[] = []
    const url = await startHttp((request, response) => {
      paths.push(request.url)
      response.writeHead(307, { Location: '/elsewhere' }).end()
    })
    expect(await call(url)).toMatchObject({ kind: 'answer', status: 307 })
    expect(paths).toEqual(['/'])
  })

  test.each(['file:///etc/passwd', 'data:text/plain,hello', 'ftp://127.0.0.1/'])('refuses the URL %s', async (url) => {
    await expect(call(url)).rejects.toThrow('Only http and https URLs can be called.')
  })
})

describe('Outbound: a request ends in time', () => {
  const slow: [what: string, onRequest: (socket: Socket) => void][] = [
    ['says nothing', () => {}],
    ['drips its headers', (socket) => drip(socket, 'X-Drip: drop\r\n', 'HTTP/1.1 200 OK\r\n')],
  ]
  test.each(slow)('when the receiver %s, and closes the connection', async (_what, onRequest) => {
    const closed = Promise.withResolvers<void>()
    const url = await startRaw((socket) => {
      socket.on('close', () => closed.resolve())
      onRequest(socket)
    })
    const startedAt = performance.now()
    expect(await call(url, { timeoutMs: TIMEOUT_MS })).toEqual(TIMED_OUT)
    expect(performance.now() - startedAt).toBeWithin(TIMEOUT_MS - 20, TIMEOUT_MS + 1000)
    await closed.promise
  })

  const answered: [what: string, onRequest: (socket: Socket) => void][] = [
    ['drips its body', (socket) => drip(socket, 'x', HEADERS)],
    ['stops in the middle of its body', (socket) => socket.write(`${HEADERS}half`)],
  ]
  test.each(answered)('and is answered when the receiver sends 200 and then %s', async (_what, onRequest) => {
    const closed = Promise.withResolvers<void>()
    const url = await startRaw((socket) => {
      socket.on('close', () => closed.resolve())
      onRequest(socket)
    })
    expect(await call(url, { timeoutMs: 2000 })).toMatchObject({ kind: 'answer', status: 200 })
    await closed.promise
  })

  test('when the receiver keeps sending interim answers', async () => {
    const url = await startRaw((socket) => drip(socket, 'HTTP/1.1 103 Early Hints\r\n\r\n'))
    expect(await call(url)).toEqual(BROKEN)
  })

  test('when the receiver does not read the request', async () => {
    const url = await start(createServer((socket) => socket.pause()))
    expect(await call(url, { timeoutMs: TIMEOUT_MS, body: 'x'.repeat(32 * 1024 * 1024) })).toEqual(TIMED_OUT)
  })

  test('when the receiver upgrades the protocol, which is an answer', async () => {
    const closed = Promise.withResolvers<void>()
    const url = await startRaw((socket) => {
      socket.on('close', () => closed.resolve())
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n')
    })
    expect(await call(url)).toMatchObject({ kind: 'answer', status: 101, body: '' })
    await closed.promise
  })
})

describe('Outbound: of an answer', () => {
  test('64 kB are kept, and the rest is not downloaded', async () => {
    let written = 0
    const url = await startRaw((socket) => {
      const chunk = Buffer.alloc(64 * 1024, 'x')
      const pour = () => {
        while (!socket.destroyed && written < 1e9) {
          written += chunk.length
          if (!socket.write(chunk)) return
        }
      }
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n')
      socket.on('drain', pour)
      pour()
    })
    const answer = await call(url)
    expect(answer).toMatchObject({ kind: 'answer', status: 200 })
    expect(answer.kind === 'answer' && answer.body).toBe('x'.repeat(ANSWER_MAX_BYTES))
    // This includes what the kernel buffers between both ends.
    expect(written).toBeLessThan(16 * 1024 * 1024)
  })

  test.each([ANSWER_MAX_BYTES - 1, ANSWER_MAX_BYTES, ANSWER_MAX_BYTES + 1])(
    '%d bytes are kept up to 64 kB',
    async (n) => {
      const url = await startHttp((_request, response) => response.end('x'.repeat(n)))
      expect(await call(url)).toMatchObject({ body: 'x'.repeat(Math.min(n, ANSWER_MAX_BYTES)) })
    },
  )

  test('the number of headers read is limited', async () => {
    const url = await startRaw((socket) => {
      const line = `X-Endless: ${'x'.repeat(10_000)}\r\n`
      const pour = () => {
        while (!socket.destroyed) if (!socket.write(line)) return
      }
      socket.write('HTTP/1.1 200 OK\r\n')
      socket.on('drain', pour)
      pour()
    })
    expect(await call(url)).toEqual(BROKEN)
  })
})

describe('Outbound: a failure names no address', () => {
  const broken: [what: string, onRequest: (socket: Socket) => void][] = [
    ['is closed without an answer', (socket) => socket.end()],
    ['is reset without an answer', (socket) => socket.resetAndDestroy()],
    ['is closed in the middle of the headers', (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-')],
    ['speaks no HTTP', (socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n')],
    ['sends an invalid length', (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n')],
  ]
  test.each(broken)('when the connection %s', async (_what, onRequest) => {
    expect(await call(await startRaw(onRequest))).toEqual(BROKEN)
  })

  test('but a connection closed in the middle of the body is an answer', async () => {
    const url = await startRaw((socket) => socket.end(`${HEADERS}half`))
    expect(await call(url)).toMatchObject({ kind: 'answer', status: 200 })
  })

  test('when nothing listens', async () => {
    const url = await startHttp(() => {})
    const last = servers.pop()
    last?.server.close()
    if (last) await once(last.server, 'close')
    expect(await call(url)).toEqual({ kind: 'failure', reason: 'refused', detail: 'Connection refused' })
  })

  test('when the host is unknown', async () => {
    // Too long for DNS, so no query leaves the machine.
    const url = `http://${'a'.repeat(64)}.invalid/secret-path`
    expect(await call(url)).toEqual({ kind: 'failure', reason: 'dns', detail: 'Could not resolve host' })
  })
})
