// What every kind of channel owes, whatever it speaks: run against real servers on loopback.
import { afterAll, afterEach, beforeAll, describe, expect, spyOn, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import { findKind } from '#channels/index.ts'
import type { ChannelKind, Transports } from '#channels/kind.ts'
import { DETAIL_MAX, type FailureReason, type Outcome } from '#domain/delivery.ts'
import { composeTest, type MonitorNotification, type Notification } from '#domain/notification.ts'
import { everyPeriod } from '#domain/schedule.ts'
import { withVisibleDirections } from '#lib/invisible.ts'

/** What a receiver made of one notification. */
export interface Receipt {
  name: string
  status: string
  deliveryId: string
  isTest: boolean
  /** The names of headers, fields and elements: what no monitor's name may add to. */
  structure: string[]
}

/** A real server of the kind's other side. */
export interface Receiver {
  port: number
  receipts: Receipt[]
  /** The number with which it refuses from now on; null: it takes everything. */
  says: number | null
  stop(): Promise<void>
}

export interface Address {
  host: string
  port: number
  isSecure: boolean
}

/** Valid settings for a receiver, and the wires to reach it. */
export interface Reach {
  settings: unknown
  transports: Transports
  close(): void
}

/** All that the suite must be told about a kind. */
export interface ChannelAdaptor {
  kind: string
  startReceiver(): Promise<Receiver>
  reach(address: Address): Reach
  invalidSettings: [what: string, settings: unknown][]
  /** Parts of what `reach` makes that no person may be shown. */
  secrets: string[]
  refusals: [says: number, reason: FailureReason, isPermanent: boolean][]
  /** How long the kind waits for a receiver that never answers. */
  giveUpMs: number
}

export const AT = Date.UTC(2026, 2, 1, 12, 0, 0)
export const BASE_URL = 'https://cronguard.example.org'
export const DELIVERY_ID = '5f0c1c2e-8f7f-4d52-a5ce-0a1f4c1b7d11'

const LOOPBACK = '127.0.0.1'
// Too long for the name system, so that no query leaves the machine.
const UNKNOWN_HOST = `${'a'.repeat(64)}.invalid`
/** What takes longer than this is shown a shorter clock. */
const PATIENCE_MS = 10_000
const HASTENED_MS = 300

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
  describe(`A channel of kind ${adaptor.kind}`, () => {
    testSettings(adaptor)
    testMessages(adaptor)
    testRefusals(adaptor)
    testBrokenReceivers(adaptor)
  })
}

export function messageOf(notification: Notification, deliveryId = DELIVERY_ID) {
  return { notification, deliveryId, baseUrl: BASE_URL, zone: 'UTC' }
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

/** For this machine's loopback, valid for two days, signed by itself: nothing is wrong with it but the signature. */
export function makeCertificate(): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'cronguard-certificate-'))
  const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  try {
    const subject = ['-subj', '/CN=localhost', '-addext', `subjectAltName=IP:${LOOPBACK},DNS:localhost`]
    const files = ['-keyout', keyFile, '-out', certFile]
    const openssl = ['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject, ...files]
    const { exitCode, stderr } = Bun.spawnSync(openssl, { stderr: 'pipe' })
    if (exitCode !== 0) throw new Error(`openssl made no certificate: ${stderr.toString()}`)
    return { key: readFileSync(keyFile, 'utf8'), cert: readFileSync(certFile, 'utf8') }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

export interface Peer {
  port: number
  stop(): Promise<void>
}

/** A bare TCP server: what it does with a connection is told. */
export async function startPeer(onConnection: (socket: Socket) => void): Promise<Peer> {
  return await listen(createServer(), 'connection', onConnection)
}

/** Makes `AbortSignal.timeout` end soon, and returns what was asked of it and how to undo it. */
export function hastenDeadlines(): { asked: number[]; undo(): void } {
  const asked: number[] = []
  const timeout = AbortSignal.timeout.bind(AbortSignal)
  const spy = spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
    asked.push(ms)
    return timeout(Math.min(ms, HASTENED_MS))
  })
  return { asked, undo: () => spy.mockRestore() }
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
  if (!found) throw new Error(`No channel is of kind ${kind}.`)
  return found
}

/** One attempt, in which nobody may read a secret. */
async function attempt(adaptor: ChannelAdaptor, reach: Reach, message = messageOf(notificationOf())): Promise<Outcome> {
  const kind = kindOf(adaptor)
  const outcome = await kind.send(reach.settings, message, reach.transports)
  const shown = `${JSON.stringify(outcome)} ${kind.summary(reach.settings)}`
  expect(adaptor.secrets.filter((secret) => shown.includes(secret))).toEqual([])
  expect(outcome.detail).not.toBe('')
  expect(outcome.detail.length).toBeLessThanOrEqual(DETAIL_MAX)
  return outcome
}

/** One attempt at an address of which nothing is kept. */
async function attemptAt(adaptor: ChannelAdaptor, address: Partial<Address>): Promise<Outcome> {
  const reach = adaptor.reach({ host: LOOPBACK, port: 1, isSecure: false, ...address })
  try {
    return await attempt(adaptor, reach)
  } finally {
    reach.close()
  }
}

function testSettings(adaptor: ChannelAdaptor): void {
  test('has a label, and its fields are what its settings are made of', () => {
    const { kind, label, fields, settings } = kindOf(adaptor)
    expect(kind).toBe(adaptor.kind)
    expect(label).not.toBe('')
    const reach = adaptor.reach({ host: LOOPBACK, port: 1, isSecure: false })
    reach.close()
    expect(settings.safeParse(reach.settings).success).toBe(true)
    expect(Object.keys(reach.settings as object).sort()).toEqual(fields.map(({ name }) => name).sort())
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

  test.each(['down', 'up'] as const)('tells that a monitor is %s', async (status) => {
    const outcome = await attempt(adaptor, reach, messageOf(notificationOf({ status })))
    expect(outcome.result).toBe('sent')
    expect(receiver.receipts).toMatchObject([{ name: 'backup', status, deliveryId: DELIVERY_ID, isTest: false }])
  })

  test('sends a test that says that it is one', async () => {
    const notification = composeTest({ project: 'Ops', now: AT })
    expect((await attempt(adaptor, reach, messageOf(notification))).result).toBe('sent')
    expect(receiver.receipts).toMatchObject([{ name: 'TEST', status: 'down', deliveryId: DELIVERY_ID, isTest: true }])
  })

  test('carries the same delivery id when it is tried again', async () => {
    receiver.says = adaptor.refusals[0]?.[0] ?? null
    expect((await attempt(adaptor, reach)).result).toBe('failed')
    receiver.says = null
    receiver.receipts.length = 0
    expect((await attempt(adaptor, reach)).result).toBe('sent')
    expect((await attempt(adaptor, reach)).result).toBe('sent')
    expect(receiver.receipts.map(({ deliveryId }) => deliveryId)).toEqual([DELIVERY_ID, DELIVERY_ID])
  })

  test.each(HOSTILE_NAMES)('brings a name with %s as it is and nothing more', async (_what, name) => {
    await attempt(adaptor, reach)
    expect((await attempt(adaptor, reach, messageOf(notificationOf({ name })))).result).toBe('sent')
    const [plain, hostile] = receiver.receipts
    // What people read shows what would turn it around; what programs read has the name itself.
    expect([name, withVisibleDirections(name)].map(onOneLine)).toContain(onOneLine(hostile?.name))
    expect(hostile).toMatchObject({ status: 'down', deliveryId: DELIVERY_ID })
    expect(hostile?.structure).toEqual(plain?.structure ?? [])
  })
}

// A title has one line; what it does to line breaks is its own affair.
function onOneLine(text = ''): string {
  return text.replace(/[\r\n\s]+/g, ' ').trim()
}

function testRefusals(adaptor: ChannelAdaptor): void {
  test.each(adaptor.refusals)('answered with %d: the reason is %s, for good: %p', async (says, reason, isPermanent) => {
    const receiver = await adaptor.startReceiver()
    receiver.says = says
    const outcome = await attemptAt(adaptor, { port: receiver.port }).finally(() => receiver.stop())
    expect(outcome).toMatchObject({ result: 'failed', reason, isPermanent })
    expect(outcome.detail).toContain(String(says))
  })
}

function testBrokenReceivers(adaptor: ChannelAdaptor): void {
  const failed = (reason: FailureReason) => ({ result: 'failed', reason, isPermanent: false })

  test('is refused where nobody listens', async () => {
    const { port, stop } = await startPeer(() => {})
    await stop()
    expect(await attemptAt(adaptor, { port })).toMatchObject(failed('refused'))
  })

  test('does not find an unknown host', async () => {
    expect(await attemptAt(adaptor, { host: UNKNOWN_HOST })).toMatchObject(failed('dns'))
  })

  test('does not trust a certificate that signed itself', async () => {
    const peer = await listen(createTlsServer(makeCertificate()), 'secureConnection', (socket) => socket.end())
    const outcome = await attemptAt(adaptor, { port: peer.port, isSecure: true }).finally(() => peer.stop())
    const detail = 'The TLS certificate is not trusted: an unknown authority signed it'
    expect(outcome).toMatchObject({ ...failed('tls'), detail })
  })

  test('does not take a plain connection for a secure one', async () => {
    const peer = await startPeer((socket) => socket.end('220 hello\r\n'))
    const outcome = await attemptAt(adaptor, { port: peer.port, isSecure: true }).finally(() => peer.stop())
    expect(outcome).toMatchObject({ ...failed('tls'), detail: 'The server does not speak TLS on this port' })
  })

  test('survives a receiver that speaks nonsense', async () => {
    const peer = await startPeer((socket) => socket.end('\u0000\u0001 nonsense \r\n\r\n'))
    const outcome = await attemptAt(adaptor, { port: peer.port }).finally(() => peer.stop())
    expect(outcome).toMatchObject({ result: 'failed', isPermanent: false })
  })

  test('survives a receiver that hangs up without a word', async () => {
    const peer = await startPeer((socket) => socket.destroy())
    const outcome = await attemptAt(adaptor, { port: peer.port }).finally(() => peer.stop())
    expect(outcome).toMatchObject(failed('connection'))
  })

  test('gives up on a receiver that never answers', async () => {
    const hastened = adaptor.giveUpMs > PATIENCE_MS ? hastenDeadlines() : null
    const limitMs = hastened ? HASTENED_MS : adaptor.giveUpMs
    const peer = await startPeer(() => {})
    const startedAt = performance.now()
    try {
      expect(await attemptAt(adaptor, { port: peer.port })).toMatchObject(failed('timeout'))
    } finally {
      hastened?.undo()
      await peer.stop()
    }
    expect(performance.now() - startedAt).toBeWithin(limitMs - 50, limitMs + 2000)
    if (hastened) expect(hastened.asked).toEqual([adaptor.giveUpMs])
  }, 20_000)
}
