import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { createHmac } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { webhook } from '#channels/webhook.ts'
import type { Outcome } from '#domain/delivery.ts'
import { composeTest, type MonitorNotification } from '#domain/notification.ts'
import { createLogMailer } from '#lib/mail.ts'
import { newOutbound } from '../support/outbound.ts'
import {
  AT,
  BASE_URL,
  DELIVERY_ID,
  messageOf,
  notificationOf,
  type Receipt,
  type Receiver,
  startPeer,
  testChannelKind,
} from './conformance.ts'

const PATH_SECRET = 'T024F9-path-secret'
const QUERY_SECRET = 'query-secret-77'
const SIGNING_SECRET = 'signing-secret-ÄÖ'
const ROOT = join(import.meta.dir, '../..')

interface Call {
  method: string
  path: string
  headers: IncomingHttpHeaders
  bytes: Buffer
}

interface WebhookReceiver extends Receiver {
  calls: Call[]
  /** Replaces the usual answer. */
  answer: ((response: ServerResponse) => void) | null
}

async function startReceiver(): Promise<WebhookReceiver> {
  const server = createServer(async (request, response) => {
    const bytes = Buffer.concat(await Array.fromAsync(request))
    const { method = '', url: path = '', headers } = request
    receiver.calls.push({ method, path, headers, bytes })
    receiver.receipts.push(readReceipt(headers, bytes))
    if (receiver.answer) return receiver.answer(response)
    // A receiver may repeat the request in its answer: nothing of that may be shown.
    response.writeHead(receiver.says ?? 200).end(`thank you for ${path} ${headers['x-cronguard-signature']}`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const receiver: WebhookReceiver = {
    port: (server.address() as AddressInfo).port,
    receipts: [],
    calls: [],
    says: null,
    answer: null,
    stop: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
  return receiver
}

function readReceipt(headers: IncomingHttpHeaders, bytes: Buffer): Receipt {
  const body = JSON.parse(bytes.toString('utf8'))
  expect(headers['x-cronguard-delivery']).toBe(body.delivery_id)
  return {
    name: body.monitor_name,
    status: body.status,
    deliveryId: body.delivery_id,
    isTest: body.test,
    text: bytes.toString('utf8'),
    structure: [...Object.keys(headers), ...Object.keys(body), ...Object.keys(body.monitor)],
  }
}

/** All other settings with their defaults. */
const EXPLICIT = {
  language: 'none',
  method: 'POST',
  headers: '',
  body: '',
  down: 'send',
  up: 'same',
  upMethod: 'POST',
  upUrl: 'https://example.org/up',
  upHeaders: '',
  upBody: '',
  test: 'same',
  testMethod: 'POST',
  testUrl: 'https://example.org/test',
  testHeaders: '',
  testBody: '',
}

testChannelKind({
  kind: 'webhook',
  startReceiver,
  reach: ({ host, port, isSecure }) => ({
    settings: {
      url: `${isSecure ? 'https' : 'http'}://${host}:${port}/hooks/${PATH_SECRET}?key=${QUERY_SECRET}`,
      secret: SIGNING_SECRET,
      ...EXPLICIT,
    },
    transports: transports(),
    close: () => {},
  }),
  invalidSettings: [
    ['no fields', {}],
    ['an empty URL', { url: '' }],
    ['an invalid URL', { url: 'example.org/hook' }],
    ['a number for a URL', { url: 7 }],
    ['a file URL', { url: 'file:///etc/passwd' }],
    ['a data URL', { url: 'data:application/json,{}' }],
    ['a script URL', { url: 'javascript:alert(1)' }],
    ['an ftp URL', { url: 'ftp://example.org/' }],
    ['a user name and a password', { url: 'http://user:password@example.org/' }],
    ['a user name', { url: 'http://user@example.org/' }],
    ['an invalid host', { url: 'http://[::1/' }],
    ['a URL of 1001 characters', { url: `http://example.org/${'x'.repeat(982)}` }],
    ['a secret of 201 characters', { url: 'http://example.org/', secret: 'x'.repeat(201) }],
    ['a number for a secret', { url: 'http://example.org/', secret: 7 }],
  ],
  secrets: [PATH_SECRET, QUERY_SECRET, SIGNING_SECRET],
  refusals: [
    [500, 'status', false],
    [404, 'status', false],
    [401, 'status', false],
    [429, 'status', false],
    [410, 'status', true],
  ],
  giveUpMs: 5000,
})

let receiver: WebhookReceiver

beforeEach(async () => {
  receiver = await startReceiver()
})
afterEach(() => receiver.stop())

function transports() {
  const silence = () => {}
  const mailer = createLogMailer({ debug: silence, info: silence, warn: silence, error: silence })
  return { outbound: newOutbound(), mailer }
}

test('Webhook settings: say why a URL is refused', () => {
  const problem = (url: string) => webhook.settings.safeParse({ url }).error?.issues.map(({ message }) => message)
  expect(problem('http://user:pw@example.org/')).toEqual(['Remove the user name and password from the URL.'])
  expect(problem('ftp://user@example.org/')).toEqual(['Enter a URL that starts with https:// or http://.'])
})

async function send(settings: { url?: string; secret?: string } = {}, notification = notificationOf()) {
  const url = settings.url ?? `http://127.0.0.1:${receiver.port}/hook`
  return await webhook.send({ ...settings, url }, messageOf(notification), transports())
}

async function sentBody(notification: MonitorNotification): Promise<Record<string, unknown>> {
  expect(await send({}, notification)).toEqual({ result: 'sent', detail: 'Received status code 200' })
  return JSON.parse(receiver.calls.at(-1)?.bytes.toString('utf8') ?? '')
}

test('Webhook summary: differs for two URLs of one host, and shows neither path nor query', () => {
  const urls = ['https://hooks.example.org/s3cret-a', 'https://hooks.example.org/s3cret-b?token=s3cret']
  const summaries = urls.map((url) => webhook.summary({ url }))
  for (const summary of summaries) expect(summary).toMatch(/^https:\/\/hooks\.example\.org\/… \(#[0-9a-f]{4}\)$/)
  expect(new Set(summaries).size).toBe(2)
  expect(webhook.summary({ url: 'https://hooks.example.org' })).toBe('https://hooks.example.org')
})

describe('Webhook body', () => {
  test('describes a monitor that went down', async () => {
    expect(await sentBody(notificationOf())).toEqual({
      monitor_name: 'backup',
      status: 'down',
      timestamp: '2026-03-01T12:00:00.000Z',
      details: 'No ping received. One was due on 1 Mar 2026, 11:50:00 UTC, with a grace period of 10 minutes.',
      reason: 'timeout',
      test: false,
      delivery_id: DELIVERY_ID,
      project: 'Ops',
      monitor: {
        name: 'backup',
        slug: 'backup',
        unique_key: 'f'.repeat(40),
        tags: ['db', 'prod'],
        description: 'Copies the database.',
        schedule: 'every hour',
        grace_seconds: 600,
        ping_count: 7,
      },
      last_ping: {
        kind: 'success',
        timestamp: '2026-03-01T10:50:00.000Z',
        exit_status: null,
        duration_seconds: null,
      },
      expected_at: '2026-03-01T11:50:00.000Z',
      down_seconds: null,
      missed_runs: null,
      last_success: null,
      usual_seconds: null,
      others_down: null,
      acknowledged: null,
      output: null,
      url: `${BASE_URL}/monitors/${'f'.repeat(40)}`,
      incident_url: null,
      acknowledge_url: null,
    })
  })

  test('describes a recovery, with the downtime in whole seconds', async () => {
    const up = notificationOf({ status: 'up', reason: 'ping', dueAt: null, downMs: 61_999, lastPing: null })
    expect(await sentBody(up)).toMatchObject({
      status: 'up',
      reason: 'ping',
      details: 'The job recovered after 1 minute 1 second of downtime.',
      down_seconds: 61,
      expected_at: null,
      last_ping: null,
    })
  })

  test('describes a failed job, with its exit status', async () => {
    const lastPing = { kind: 'fail', at: AT, exitStatus: 3, durationMs: null } as const
    expect(await sentBody(notificationOf({ reason: 'fail', dueAt: null, lastPing }))).toMatchObject({
      reason: 'fail',
      details: 'The job failed with exit status 3.',
      last_ping: { kind: 'fail', timestamp: '2026-03-01T12:00:00.000Z', exit_status: 3 },
    })
  })

  test('is marked as a test in a test', async () => {
    const body = await sentBody(composeTest({ project: 'Ops', now: AT }))
    expect(body).toMatchObject({ test: true, monitor_name: 'TEST' })
    expect(body.details).toStartWith('This is a test.')
  })

  test('keeps line breaks in a name', async () => {
    const name = 'backup\r\nBcc: eve@example.com\n\t"x"\u0000'
    expect(await sentBody(notificationOf({ name }))).toMatchObject({ monitor_name: name })
  })
})

describe('Webhook headers', () => {
  test('contain content type, sender and delivery id', async () => {
    await send()
    expect(receiver.calls).toMatchObject([
      {
        method: 'POST',
        path: '/hook',
        headers: {
          'content-type': 'application/json',
          'user-agent': 'CronGuard',
          'x-cronguard-delivery': DELIVERY_ID,
          'content-length': String(receiver.calls[0]?.bytes.length),
          host: `127.0.0.1:${receiver.port}`,
        },
      },
    ])
  })

  test('contain a signature of the exact body if there is a secret', async () => {
    await send({ secret: SIGNING_SECRET }, notificationOf({ name: '備 backup 🛡️' }))
    const call = receiver.calls[0]
    const expected = createHmac('sha256', SIGNING_SECRET)
      .update(call?.bytes ?? '')
      .digest('hex')
    expect(call?.headers['x-cronguard-signature']).toBe(`sha256=${expected}`)
  })

  test.each([{}, { secret: '' }])('contain no signature without a secret: %j', async (settings) => {
    await send(settings)
    expect(receiver.calls).toHaveLength(1)
    expect(receiver.calls[0]?.headers).not.toHaveProperty('x-cronguard-signature')
  })
})

describe('Webhook request', () => {
  test.each([301, 302, 303, 307, 308])('does not follow a redirect with %d, and fails', async (status) => {
    receiver.answer = (response) => response.writeHead(status, { Location: '/elsewhere' }).end()
    const detail = `Received status code ${status}`
    expect(await send()).toEqual({ result: 'failed', reason: 'status', detail, isPermanent: false })
    expect(receiver.calls.map(({ path }) => path)).toEqual(['/hook'])
  })

  test('fails when the answer switches protocols', async () => {
    const peer = await startPeer((socket) =>
      socket.on('data', () =>
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'),
      ),
    )
    const outcome = await send({ url: `http://127.0.0.1:${peer.port}/` }).finally(() => peer.stop())
    expect(outcome).toMatchObject({ result: 'failed', reason: 'status', isPermanent: false })
  })

  test.each([
    'http://169.254.169.254/latest/meta-data/',
    'http://2852039166/',
    'http://0xa9.0xfe.0xa9.0xfe/',
    'http://[::ffff:169.254.169.254]/',
    'http://[fe80::1]/',
  ])('is never sent to a link-local address: %s', async (url) => {
    expect(webhook.settings.safeParse({ url }).error?.issues).toMatchObject([
      {
        path: ['url'],
        message: expect.stringMatching(/ is a (cloud metadata|link-local) address.* CronGuard never sends/),
      },
    ])
    expect(await send({ url })).toMatchObject({ result: 'failed', reason: 'blocked', isPermanent: true })
  })

  test('ignores a proxy in the environment', async () => {
    const proxy = await startReceiver()
    const outcome = await sendInChild(`http://127.0.0.1:${proxy.port}`).finally(() => proxy.stop())
    expect(outcome).toMatchObject({ result: 'sent' })
    expect(receiver.calls.map(({ path }) => path)).toEqual(['/hook'])
    expect(proxy.calls).toEqual([])
  })
})

/** Sends from another process, because a process reads its environment at the start. */
async function sendInChild(proxyUrl: string): Promise<Outcome> {
  const script = `
    import { webhook } from '${ROOT}/src/channels/webhook.ts'
    import { newOutbound } from '${ROOT}/test/support/outbound.ts'
    const message = ${JSON.stringify(messageOf(notificationOf()))}
    const settings = { url: 'http://127.0.0.1:${receiver.port}/hook' }
    console.log(JSON.stringify(await webhook.send(settings, message, { outbound: newOutbound() })))
  `
  const names = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy']
  const proxies = Object.fromEntries(names.map((name) => [name, proxyUrl]))
  const env = { ...process.env, ...proxies, NODE_USE_ENV_PROXY: '1', NO_PROXY: '', no_proxy: '' }
  const child = Bun.spawn([process.execPath, '-e', script], { cwd: ROOT, env, stdout: 'pipe', stderr: 'inherit' })
  return JSON.parse(await new Response(child.stdout).text())
}

describe('Webhook answer', () => {
  const ENOUGH = 16 * 1024 * 1024

  test('of 10 MB is not waited for', async () => {
    receiver.answer = (response) => response.end(Buffer.alloc(10 * 1024 * 1024, 'x'))
    const startedAt = performance.now()
    expect(await send()).toEqual({ result: 'sent', detail: 'Received status code 200' })
    expect(performance.now() - startedAt).toBeLessThan(2000)
  })

  test('without an end is not read to the end', async () => {
    let written = 0
    const chunk = Buffer.alloc(64 * 1024, 'x')
    const peer = await startPeer((socket) => {
      const pour = () => {
        while (!socket.destroyed && written < 1e9) {
          written += chunk.length
          if (!socket.write(chunk)) return
        }
      }
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n')
        socket.on('drain', pour)
        pour()
      })
    })
    const outcome = await send({ url: `http://127.0.0.1:${peer.port}/` }).finally(() => peer.stop())
    expect(outcome.result).toBe('sent')
    // This includes what the kernel buffers between both ends.
    expect(written).toBeLessThan(ENOUGH)
  })

  test('with a gzip bomb is not unpacked', async () => {
    const bomb = gzipSync(Buffer.alloc(256 * 1024 * 1024))
    receiver.answer = (response) => response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(bomb)
    Bun.gc(true)
    const before = process.memoryUsage().rss
    expect(await send()).toEqual({ result: 'sent', detail: 'Received status code 200' })
    expect(process.memoryUsage().rss - before).toBeLessThan(128 * 1024 * 1024)
  })
})
