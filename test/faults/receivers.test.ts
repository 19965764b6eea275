// Receivers that refuse, hang, lie, or send endless answers: none of them delays notifications to a healthy one.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { createServer, type Server, type Socket } from 'node:net'
import { Binary, eventually } from '../support/binary.ts'
import { firstUser, monitorOf } from '../support/job.ts'
import { startHttpReceiver } from '../support/receivers.ts'

const TEN_MB = 10_000_000

let cronguard: Binary
let healthy: ReturnType<typeof startHttpReceiver>
let key: string
const servers: Server[] = []
const sockets = new Set<Socket>()

beforeAll(async () => {
  healthy = startHttpReceiver()
  const mailPort = await listen((socket) => void socket.write('220 mail ready, and silent from now on\r\n'))
  cronguard = await Binary.prepare({
    CRONGUARD_SMTP_HOST: '127.0.0.1',
    CRONGUARD_SMTP_PORT: String(mailPort),
    CRONGUARD_SMTP_SECURITY: 'none',
  })
  await cronguard.start()
  key = (await firstUser(cronguard)).key
})

afterAll(async () => {
  await cronguard.dispose()
  healthy.stop()
  for (const socket of sockets) socket.destroy()
  for (const server of servers) server.close()
})

test('outbox: a healthy webhook is notified at once while all others fail, and each failure is reported', async () => {
  const broken: Record<string, (socket: Socket) => void> = {
    hangs: () => {},
    lies: (socket) => void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nshort'),
    babbles: (socket) => void socket.end('what do you want\r\n\r\n'),
    floods: (socket) => flood(socket),
    drips: (socket) => drip(socket),
    'hangs up': (socket) => void socket.destroy(),
  }
  for (const [name, behave] of Object.entries(broken)) await hook(name, `http://127.0.0.1:${await listen(behave)}/`)
  await hook('refuses', 'http://127.0.0.1:9/')
  const settings = { address: 'ops@example.org' }
  await cronguard.api('/channels/', { key, body: { kind: 'email', name: 'silent mail', settings } })
  await hook('healthy', `${healthy.url}/hook`)
  const { url, uuid } = await monitorOf(cronguard, { key, name: 'backup', timeout: 3600, grace: 3600 })

  const failedAt = performance.now()
  await fetch(`${url}/fail`)
  await eventually('word at the healthy receiver', () => healthy.received.length > 0, 3000)
  expect(performance.now() - failedAt).toBeLessThan(3000)

  const deliveries = async (): Promise<
    { channel_name: string; state: string; last_outcome: { reason: string } | null }[]
  > => (await cronguard.api(`/checks/${uuid}/deliveries/`, { key })).deliveries
  const isTold = (state: string) => ['sent', 'failed'].includes(state)
  const tried = await eventually(
    'an outcome of each',
    async () => {
      const all = await deliveries()
      return all.every(({ last_outcome, state }) => last_outcome !== null || isTold(state)) ? all : null
    },
    60_000,
  )
  const reasons = Object.fromEntries(
    tried.map(({ channel_name: name, last_outcome, state }) => [name, last_outcome?.reason ?? state]),
  )
  expect(reasons).toMatchObject({ healthy: 'sent', hangs: 'timeout', refuses: 'refused', 'silent mail': 'timeout' })
  expect(reasons.floods).toBe('sent')
  for (const name of ['lies', 'babbles', 'drips', 'hangs up']) expect([name, reasons[name]]).not.toEqual([name, null])

  await Bun.sleep(500)
  expect(await residentBytes()).toBeLessThan(300_000_000)
  expect((await fetch(`${cronguard.url}/health`)).status).toBe(200)
}, 90_000)

async function hook(name: string, url: string): Promise<void> {
  await cronguard.api('/channels/', { key, body: { kind: 'webhook', name, settings: { url } } })
}

function listen(behave: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    behave(socket)
  })
  servers.push(server)
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : 0)
    })
  })
}

function flood(socket: Socket): void {
  socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${TEN_MB}\r\n\r\n`)
  socket.end('x'.repeat(TEN_MB))
}

function drip(socket: Socket): void {
  socket.write('HTTP/1.1 200 OK\r\nX: ')
  const timer = setInterval(() => socket.write('x'), 200)
  socket.on('close', () => clearInterval(timer))
}

async function residentBytes(): Promise<number> {
  const status = await Bun.file(`/proc/${cronguard.pid}/status`).text()
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024
}
