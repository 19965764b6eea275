// Tests that every kind of channel must pass, against real servers on loopback.
import { afterAll, afterEach, beforeAll, describe, expect, spyOn, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import { findKind, sendThrough } from '#channels/index.ts'
import type { ChannelKind, Message, Transports } from '#channels/kind.ts'
import { WORDING_FIELDS } from '#channels/shared/wording.ts'
import { DETAIL_MAX, type FailureReason, type Outcome } from '#domain/delivery.ts'
import { composeTest, type MonitorNotification, type Notification } from '#domain/notification.ts'
import { everyPeriod } from '#domain/schedule.ts'
import { withVisibleDirections } from '#lib/invisible.ts'
import { pageLinks } from '#words/message.ts'
import { testOutage } from './outage.ts'

/** One notification as a receiver read it. */
export interface Receipt {
  name: string
  status: string
  deliveryId: string
  isTest: boolean
  /** Everything that people may see of it. */
  text: string
  /** The names of headers, fields and elements: the name of a monitor must not add any. */
  structure: string[]
}

/** A real server that receives notifications of the kind. */
export interface Receiver {
  port: number
  receipts: Receipt[]
  /** The status with which it refuses; null: it accepts everything. */
  says: number | null
  stop(): Promise<void>
}

export interface Address {
  host: string
  port: number
  isSecure: boolean
}

/** Valid settings for a receiver, and the transports to reach it. */
export interface Reach {
  settings: unknown
  transports: Transports
  close(): void
}

/** What the suite has to know about a kind. */
export interface ChannelAdaptor {
  kind: string
  startReceiver(): Promise<Receiver>
  reach(address: Address): Reach
  invalidSettings: [what: string, settings: unknown][]
  /** Parts of the settings of `reach` that no one may see. */
  secrets: string[]
  refusals: [says: number, reason: FailureReason, isPermanent: boolean][]
  /** How long the kind waits for a receiver that never answers. */
  giveUpMs: number
}

export const AT = Date.UTC(2026, 2, 1, 12, 0, 0)
export const BASE_URL = 'https://cronguard.example.org'
/** The check of `messageOf`, shortened. */
export const CHECK = {
  name: 'backup',
  slug: 'backup',
  uuid: 'b6dbc2f0-5f3c-4b11-9f0a-5ac0c1a7e0b1',
  ping_url: `${BASE_URL}/ping/b6dbc2f0-5f3c-4b11-9f0a-5ac0c1a7e0b1`,
}
/** The incident of `messageOf`. */
export const THREAD_KEY = 'c2a7a8a0-50c1-4d3a-9a0e-0a8d1b8f3f21'
export const DELIVERY_ID = '5f0c1c2e-8f7f-4d52-a5ce-0a1f4c1b7d11'

const LOOPBACK = '127.0.0.1'
// Too long for DNS, so no query leaves the machine.
const UNKNOWN_HOST = `${'a'.repeat(64)}.invalid`
/** Longer timeouts than this are shortened. */
const PATIENCE_MS = 10_000
const SHORTENED_MS = 300

const HOSTILE_NAMES: [what: string, name: string][] = [
  ['a script', '<script>alert(1)</script></title></div>'],
  ['an image that runs code', '"><img src=x onerror=alert(1)>'],
  ['quotes and backslashes', `"double" 'single' \`back\` \\ \\" &amp; &`],
  ['line breaks and a header', 'backup\r\nBcc: eve@example.com\r\nX-CronGuard-Delivery: forged'],
  ['line breaks and a body', 'backup\n\n<p>forged</p>\n.\nQUIT'],
  ['emoji', '🛡️ backup 👩‍👩‍👧‍👦 𝔅'],
  ['text from right to left, and an override', 'نسخ احتياطي \u202Egnp.exe'],
  ['100 letters without a space', 'x'.repeat(100)],
  ['100 characters of three bytes', '備'.repeat(100)],
  ['placeholders', '$' + '{7*7} {{7*7}} %0d%0a %s'],
]

export function testChannelKind(adaptor: ChannelAdaptor): void {
  testOutage(adaptor)
  describe(`Channel ${adaptor.kind}`, () => {
    testSettings(adaptor)
    testMessages(adaptor)
    testRefusals(adaptor)
    testBrokenReceivers(adaptor)
  })
}

export function messageOf(notification: Notification, deliveryId = DELIVERY_ID): Message {
  return {
    notification,
    deliveryId,
    baseUrl: BASE_URL,
    zone: 'UTC',
    links: pageLinks(notification, BASE_URL),
    output: null,
    late: null,
    check: () => CHECK,
    thread: { key: THREAD_KEY, receipt: null },
  }
}

export function notificationOf(change: Partial<MonitorNotification> & { name?: string } = {}): MonitorNotification {
  const { name = 'backup', ...rest } = change
  return {
    status: 'down',
    at: AT,
    reason: 'timeout',
    isTest: false,
    monitor: {
      name,
      slug: 'backup',
      uniqueKey: 'f'.repeat(40),
      tags: ['db', 'prod'],
      description: 'Copies the database.',
      schedule: everyPeriod(3_600_000),
      graceMs: 600_000,
      maxRunMs: null,
      minRunMs: null,
      failuresInARow: 0,
      pingCount: 7,
    },
    project: 'Ops',
    lastPing: { kind: 'success', at: AT - 4_200_000, exitStatus: null, durationMs: null },
    dueAt: AT - 600_000,
    downMs: null,
    ...rest,
  }
}

export interface Certificate {
  key: string
  cert: string
}

/** For loopback, valid for two days, and self-signed: only the signature is wrong. */
export function makeCertificate(): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'cronguard-certificate-'))
  const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  try {
    const subject = ['-subj', '/CN=localhost', '-addext', `subjectAltName=IP:${LOOPBACK},DNS:localhost`]
    const files = ['-keyout', keyFile, '-out', certFile]
    const openssl = ['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject, ...files]
    const { exitCode, stderr } = Bun.spawnSync(openssl, { stderr: 'pipe' })
    if (exitCode !== 0) throw new Error(`openssl created no certificate: ${stderr.toString()}`)
    return { key: readFileSync(keyFile, 'utf8'), cert: readFileSync(certFile, 'utf8') }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

export interface Peer {
  port: number
  stop(): Promise<void>
}

/** A plain TCP server with the given behavior. */
export async function startPeer(onConnection: (socket: Socket) => void): Promise<Peer> {
  return await listen(createServer(), 'connection', onConnection)
}

/** Shortens `AbortSignal.timeout` and timers of `timerMs`; returns the requested times, and how to restore both. */
export function shortenTimeouts(timerMs?: number): { asked: number[]; undo(): void } {
  const asked: number[] = []
  const shorten = (ms: number): number => {
    asked.push(ms)
    return Math.min(ms, SHORTENED_MS)
  }
  const timeout = AbortSignal.timeout.bind(AbortSignal)
  const signals = spyOn(AbortSignal, 'timeout').mockImplementation((ms) => timeout(shorten(ms)))
  const setTimer = globalThis.setTimeout
  const replaced = (run: () => void, ms?: number) => setTimer(run, ms && ms === timerMs ? shorten(ms) : ms)
  const timers = spyOn(globalThis, 'setTimeout').mockImplementation(Object.assign(replaced, setTimer))
  return {
    asked,
    undo: () => {
      signals.mockRestore()
      timers.mockRestore()
    },
  }
}

async function listen(server: Server, event: string, onConnection: (socket: Socket) => void): Promise<Peer> {
  const sockets = new Set<Socket>()
  server.on(event, (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    onConnection(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, LOOPBACK, resolve))
  return {
    port: (server.address() as AddressInfo).port,
    stop: () => {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

function kindOf({ kind }: ChannelAdaptor): ChannelKind {
  const found = findKind(kind)
  if (!found) throw new Error(`Channel kind ${kind} does not exist.`)
  return found
}

/** One attempt, whose outcome must not contain a secret. */
async function attempt(adaptor: ChannelAdaptor, reach: Reach, message = messageOf(notificationOf())): Promise<Outcome> {
  const kind = kindOf(adaptor)
  const outcome = await sendThrough({ kind, settings: reach.settings }, message, reach.transports)
  const shown = `${JSON.stringify(outcome)} ${kind.summary(reach.settings)}`
  expect(adaptor.secrets.filter((secret) => shown.includes(secret))).toEqual([])
  expect(outcome.detail).not.toBe('')
  expect(outcome.detail.length).toBeLessThanOrEqual(DETAIL_MAX)
  return outcome
}

/** One attempt at this address, closed afterwards. */
async function attemptAt(adaptor: ChannelAdaptor, address: Partial<Address>): Promise<Outcome> {
  const reach = adaptor.reach({ host: LOOPBACK, port: 1, isSecure: false, ...address })
  try {
    return await attempt(adaptor, reach)
  } finally {
    reach.close()
  }
}

function testSettings(adaptor: ChannelAdaptor): void {
  test('has a label, and a field for each setting', () => {
    const { kind, label, fields, settings } = kindOf(adaptor)
    expect(kind).toBe(adaptor.kind)
    expect(label).not.toBe('')
    const reach = adaptor.reach({ host: LOOPBACK, port: 1, isSecure: false })
    reach.close()
    expect(settings.safeParse(reach.settings).success).toBe(true)
    const own = fields.filter((field) => !WORDING_FIELDS.includes(field))
    expect(Object.keys(reach.settings as object).sort()).toEqual(own.map(({ name }) => name).sort())
    for (const { name } of fields.filter(({ isRequired }) => isRequired)) {
      expect(settings.safeParse({ ...(reach.settings as object), [name]: undefined }).success).toBe(false)
    }
  })

  test.each(adaptor.invalidSettings)('refuses settings with %s', (_what, settings) => {
    expect(kindOf(adaptor).settings.safeParse(settings).success).toBe(false)
  })
}

function testMessages(adaptor: ChannelAdaptor): void {
  let receiver: Receiver
  let reach: Reach

  beforeAll(async () => {
    receiver = await adaptor.startReceiver()
    reach = adaptor.reach({ host: LOOPBACK, port: receiver.port, isSecure: false })
  })
  afterEach(() => {
    receiver.says = null
    receiver.receipts.length = 0
  })
  afterAll(async () => {
    reach.close()
    await receiver.stop()
  })

  test.each(['down', 'up'] as const)('notifies that a monitor is %s', async (status) => {
    const outcome = await attempt(adaptor, reach, messageOf(notificationOf({ status })))
    expect(outcome.result).toBe('sent')
    expect(receiver.receipts).toMatchObject([{ name: 'backup', status, deliveryId: DELIVERY_ID, isTest: false }])
  })

  test('sends a test that is marked as a test', async () => {
    const notification = composeTest({ project: 'Ops', now: AT })
    expect((await attempt(adaptor, reach, messageOf(notification))).result).toBe('sent')
    expect(receiver.receipts).toMatchObject([{ name: 'TEST', status: 'down', deliveryId: DELIVERY_ID, isTest: true }])
  })

  test('keeps the delivery id when it retries', async () => {
    receiver.says = adaptor.refusals[0]?.[0] ?? null
    expect((await attempt(adaptor, reach)).result).toBe('failed')
    receiver.says = null
    receiver.receipts.length = 0
    expect((await attempt(adaptor, reach)).result).toBe('sent')
    expect((await attempt(adaptor, reach)).result).toBe('sent')
    expect(receiver.receipts.map(({ deliveryId }) => deliveryId)).toEqual([DELIVERY_ID, DELIVERY_ID])
  })

  test.each(HOSTILE_NAMES)('sends a name with %s unchanged, and nothing else with it', async (_what, name) => {
    await attempt(adaptor, reach)
    expect((await attempt(adaptor, reach, messageOf(notificationOf({ name })))).result).toBe('sent')
    const [plain, hostile] = receiver.receipts
    // Text for people shows direction controls as visible signs; fields for programs contain the name itself.
    expect([name, withVisibleDirections(name)].map(onOneLine)).toContain(onOneLine(hostile?.name))
    expect(hostile).toMatchObject({ status: 'down', deliveryId: DELIVERY_ID })
    expect(hostile?.structure).toEqual(plain?.structure ?? [])
  })
}

// A title has one line, and each kind replaces line breaks in its own way.
function onOneLine(text = ''): string {
  return text.replace(/[\r\n\s]+/g, ' ').trim()
}

function testRefusals(adaptor: ChannelAdaptor): void {
  test.each(adaptor.refusals)(
    'fails when answered with %d: reason %s, permanent: %p',
    async (says, reason, isPermanent) => {
      const receiver = await adaptor.startReceiver()
      receiver.says = says
      const outcome = await attemptAt(adaptor, { port: receiver.port }).finally(() => receiver.stop())
      expect(outcome).toMatchObject({ result: 'failed', reason, isPermanent })
      expect(outcome.detail).toContain(String(says))
    },
  )
}

function testBrokenReceivers(adaptor: ChannelAdaptor): void {
  const failed = (reason: FailureReason) => ({ result: 'failed', reason, isPermanent: false })

  test('fails with "refused" when nothing listens', async () => {
    const { port, stop } = await startPeer(() => {})
    await stop()
    expect(await attemptAt(adaptor, { port })).toMatchObject(failed('refused'))
  })

  test('fails with "dns" for an unknown host', async () => {
    expect(await attemptAt(adaptor, { host: UNKNOWN_HOST })).toMatchObject(failed('dns'))
  })

  test('fails with "tls" for a self-signed certificate', async () => {
    const peer = await listen(createTlsServer(makeCertificate()), 'secureConnection', (socket) => socket.end())
    const outcome = await attemptAt(adaptor, { port: peer.port, isSecure: true }).finally(() => peer.stop())
    const detail = 'The TLS certificate is not trusted: an unknown authority signed it'
    expect(outcome).toMatchObject({ ...failed('tls'), detail })
  })

  test('fails with "tls" when the server does not speak TLS', async () => {
    const peer = await startPeer((socket) => socket.end('220 hello\r\n'))
    const outcome = await attemptAt(adaptor, { port: peer.port, isSecure: true }).finally(() => peer.stop())
    expect(outcome).toMatchObject({ ...failed('tls'), detail: 'The server does not speak TLS on this port' })
  })

  test('fails when the receiver sends nonsense', async () => {
    const peer = await startPeer((socket) => socket.end('\u0000\u0001 nonsense \r\n\r\n'))
    const outcome = await attemptAt(adaptor, { port: peer.port }).finally(() => peer.stop())
    expect(outcome).toMatchObject({ result: 'failed', isPermanent: false })
  })

  test('fails with "connection" when the receiver closes the connection', async () => {
    const peer = await startPeer((socket) => socket.destroy())
    const outcome = await attemptAt(adaptor, { port: peer.port }).finally(() => peer.stop())
    expect(outcome).toMatchObject(failed('connection'))
  })

  test('fails with "timeout" when the receiver never answers', async () => {
    const shortened = adaptor.giveUpMs > PATIENCE_MS ? shortenTimeouts(adaptor.giveUpMs) : null
    const limitMs = shortened ? SHORTENED_MS : adaptor.giveUpMs
    const peer = await startPeer(() => {})
    const startedAt = performance.now()
    try {
      expect(await attemptAt(adaptor, { port: peer.port })).toMatchObject(failed('timeout'))
    } finally {
      shortened?.undo()
      await peer.stop()
    }
    expect(performance.now() - startedAt).toBeWithin(limitMs - 50, limitMs + 2000)
    if (shortened) expect(Math.max(...shortened.asked)).toBe(adaptor.giveUpMs)
  }, 20_000)
}
