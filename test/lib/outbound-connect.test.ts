// Connections of other protocols than HTTP, such as MQTT: the same lookup, check and pin as for requests.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import type { ConnectionResult, OutboundConnection, OutboundOptions } from '#lib/outbound.ts'
import { makeAuthority } from '../support/authority.ts'
import { newOutbound, PRIVATE_ADVICE } from '../support/outbound.ts'
import { ROOT } from '../support/source.ts'

const NAME = 'broker.example.test'
const TIMEOUT_MS = 300

const servers: Server[] = []
const sockets = new Set<Socket>()

afterEach(() => {
  for (const socket of sockets) socket.destroy()
  sockets.clear()
  for (const server of servers.splice(0)) server.close()
})

async function listen(server: Server): Promise<number> {
  servers.push(server)
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

const greeter = () => createServer((socket) => void socket.write('hello'))

async function connect(
  connection: Partial<OutboundConnection> & { port: number },
  options: Partial<OutboundOptions> = {},
): Promise<ConnectionResult> {
  const all = { host: NAME, isTls: false, timeoutMs: 5000, ...connection }
  const resolve = async () => [{ address: '127.0.0.1', family: 4 }]
  const result = await newOutbound({ resolve, ...options }).connect(all)
  if (result.kind === 'connected') sockets.add(result.socket)
  return result
}

async function firstText(result: ConnectionResult): Promise<string> {
  if (result.kind !== 'connected') return result.detail
  const [data] = await once(result.socket, 'data')
  return String(data)
}

describe('Outbound connections', () => {
  test('go to the checked address of a host name', async () => {
    const port = await listen(greeter())
    expect(await firstText(await connect({ port }))).toBe('hello')
  })

  test('go to an IP address without DNS', async () => {
    const port = await listen(greeter())
    const resolve = () => Promise.reject(new Error('DNS was asked'))
    expect(await firstText(await connect({ host: '127.0.0.1', port }, { resolve }))).toBe('hello')
  })

  test('go to the second address if nothing listens at the first', async () => {
    const port = await listen(greeter())
    const resolve = async () => ['127.0.0.2', '127.0.0.1'].map((address) => ({ address, family: 4 }))
    expect(await firstText(await connect({ port }, { resolve }))).toBe('hello')
  })

  test.each([
    ['169.254.169.254', 'The host resolves to a cloud metadata address. CronGuard never sends requests there.'],
    ['10.0.0.5', `The host resolves to a private address. ${PRIVATE_ADVICE}`],
  ])('are refused if a name resolves to %s', async (address, detail) => {
    const resolve = async () => [{ address, family: 4 }]
    const options = { resolve, allowsPrivate: false }
    expect(await connect({ port: 1883 }, options)).toEqual({ kind: 'blocked', detail, isFinal: false })
  })

  test('are refused to a forbidden address, however it is written', async () => {
    for (const host of ['169.254.169.254', '[::ffff:169.254.169.254]', '::ffff:a9fe:a9fe'])
      expect(await connect({ host, port: 1883 })).toMatchObject({ kind: 'blocked', isFinal: true })
  })

  test('fail when nothing listens', async () => {
    const port = await listen(createServer())
    servers.pop()?.close()
    expect(await connect({ port })).toMatchObject({ kind: 'failure', reason: 'refused' })
  })

  test('time out when the TLS handshake never ends', async () => {
    const port = await listen(createServer())
    const startedAt = performance.now()
    expect(await connect({ port, isTls: true, timeoutMs: TIMEOUT_MS })).toMatchObject({ reason: 'timeout' })
    expect(performance.now() - startedAt).toBeWithin(TIMEOUT_MS - 20, TIMEOUT_MS + 1000)
  })
})

describe('Outbound connections with TLS', () => {
  let folder = ''

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'cronguard-authority-'))
    makeAuthority(folder, NAME)
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('check the certificate against the name, and send the name in SNI', async () => {
    const [key, cert] = ['leaf.key', 'leaf.pem'].map((file) => readFileSync(join(folder, file)))
    const server = createTlsServer({ key, cert }, (socket) => {
      socket.on('error', () => {})
      socket.write(`for ${(socket as unknown as { servername?: unknown }).servername}`)
    })
    server.on('tlsClientError', () => {})
    const port = await listen(server)
    const results = await connectInChild([NAME, 'other.example.test', '127.0.0.1'], port)
    const refused = 'The TLS certificate is for another host name'
    expect(results).toEqual([`for ${NAME}`, refused, refused])
  })

  /** Another process, because trusted certificates are read at its start. */
  async function connectInChild(hosts: string[], port: number): Promise<string[]> {
    const script = `
      import { newOutbound } from '${ROOT}/test/support/outbound.ts'
      const outbound = newOutbound({ resolve: async () => [{ address: '127.0.0.1', family: 4 }] })
      const results = []
      for (const host of ${JSON.stringify(hosts)}) {
        const result = await outbound.connect({ host, port: ${port}, isTls: true, timeoutMs: 5000 })
        if (result.kind !== 'connected') results.push(result.detail)
        else results.push(await new Promise((done) => result.socket.once('data', (data) => done(String(data)))))
      }
      console.log(JSON.stringify(results))
      process.exit(0)
    `
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: join(folder, 'authority.pem') }
    const child = Bun.spawn([process.execPath, '-e', script], { cwd: ROOT, env, stdout: 'pipe', stderr: 'inherit' })
    return JSON.parse(await new Response(child.stdout).text())
  }
})
