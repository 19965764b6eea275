import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { sendThrough } from '#channels/index.ts'
import type { Message } from '#channels/kind.ts'
import { signalRpc } from '#channels/signal-rpc.ts'
import type { Outcome } from '#domain/delivery.ts'
import { BASE_URL, DELIVERY_ID, type Receiver, testChannelKind } from './conformance.ts'
import { OUTPUT, PLAIN_TEXTS } from './expected.ts'
import { addressesIn, DOWN, GAP, HOSTILE_TEXTS, nameIn, TEST, transportsTo, UP } from './service.ts'

const VALID = { server: 'signal.example.org:7583', to: '+15551234567' }

interface Request {
  id: string
  method: string
  // biome-ignore lint/suspicious/noExplicitAny: the shape is what the tests compare.
  params: any
}

/** A server in place of signal-cli's daemon. */
class Daemon implements Receiver {
  readonly requests: Request[] = []
  readonly receipts: Receiver['receipts'] = []
  says: number | null = null
  /** The lines with which it answers. */
  lines: (request: Request) => unknown[] = ({ id }) => [
    { jsonrpc: '2.0', ...(this.says === null ? { result: { timestamp: 999 } } : errorOf(this.says)), id },
  ]
  port = 0
  readonly #sockets = new Set<Socket>()
  readonly #server = createServer((socket) => {
    this.#sockets.add(socket)
    socket.on('error', () => {})
    let text = ''
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      const end = text.indexOf('\n')
      if (end !== -1) this.#answer(socket, JSON.parse(text.slice(0, end)))
    })
  })

  async open(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    this.port = (this.#server.address() as AddressInfo).port
    return this
  }

  send(message: Message, change: Record<string, unknown> = {}): Promise<Outcome> {
    const settings = signalRpc.settings.parse({ ...VALID, server: `127.0.0.1:${this.port}`, ...change })
    return sendThrough({ kind: signalRpc, settings }, message, transportsTo(''))
  }

  stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }

  #answer(socket: Socket, request: Request): void {
    this.requests.push(request)
    const { message, textStyle } = request.params
    this.receipts.push({
      name: nameIn(message),
      status: message.startsWith('Up: ') ? 'up' : 'down',
      deliveryId: request.id,
      isTest: message.includes('This is a test.'),
      text: message,
      structure: [...Object.keys(request.params), ...addressesIn(message), String(textStyle.length)],
    })
    socket.write(
      this.lines(request)
        .map((line) => `${JSON.stringify(line)}\n`)
        .join(''),
    )
  }
}

// The form is that of AsamK/signal-cli, `JsonSendMessageResult.java`, and of healthchecks.
function errorOf(code: number, ...types: string[]) {
  const results = types.map((type) => ({ recipientAddress: { number: '+15551234567' }, type }))
  return { error: { code, message: 'Failed to send message', data: { response: { timestamp: 0, results } } } }
}

testChannelKind({
  kind: 'signal-rpc',
  startReceiver: () => new Daemon().open(),
  reach: ({ host, port, isSecure }) => ({
    settings: { server: `${host}:${port}`, tls: isSecure ? 'on' : undefined, account: undefined, to: VALID.to },
    transports: transportsTo(''),
    close: () => {},
  }),
  invalidSettings: [
    ['no fields', {}],
    ['no port', { ...VALID, server: 'localhost' }],
    ['a port that does not exist', { ...VALID, server: 'localhost:70000' }],
    ['a URL', { ...VALID, server: 'http://localhost:7583' }],
    ['a file', { ...VALID, server: '/run/signal-cli/socket' }],
    ['an address that is always refused', { ...VALID, server: '169.254.169.254:80' }],
  ],
  secrets: [],
  refusals: [
    [-1, 'status', false],
    [-32603, 'status', false],
  ],
  giveUpMs: 30_000,
})

describe('signal-rpc', () => {
  let daemon: Daemon
  beforeEach(async () => {
    daemon = await new Daemon().open()
  })
  afterEach(() => daemon.stop())

  // The request is that of healthchecks, `hc/integrations/signal/transport.py`, and the answer that of signal-cli's
  // manual page `signal-cli-jsonrpc.5`.
  test('sends a request with text and ranges of formats', async () => {
    for (const message of [DOWN, UP, GAP, TEST]) expect((await daemon.send(message)).result).toBe('sent')
    const open = `Open monitor: ${BASE_URL}/monitors/${'f'.repeat(40)}`
    const golden = (title: string, text: string, links: string) => ({
      jsonrpc: '2.0',
      method: 'send',
      params: {
        recipient: ['+15551234567'],
        message: [title, text, links].join('\n\n'),
        textStyle: [`0:${title.length}:BOLD`],
      },
      id: DELIVERY_ID,
    })
    const down = golden('Down: backup', PLAIN_TEXTS.down, `${open} · Acknowledge: ${BASE_URL}/acknowledge/token`)
    down.params.textStyle.push(`${down.params.message.indexOf(OUTPUT)}:${OUTPUT.length}:MONOSPACE`)
    expect(daemon.requests as unknown[]).toEqual([
      down,
      golden('Up: backup', PLAIN_TEXTS.up, open),
      golden(
        'CronGuard was offline (11:21 – 12:00 UTC)',
        PLAIN_TEXTS.gap,
        `Open project: ${BASE_URL}/projects/project-1`,
      ),
      golden('Down: TEST', PLAIN_TEXTS.test, `Open CronGuard: ${BASE_URL}/`),
    ])
  })

  test.each([
    ['a user name', 'ada.42', { recipient: ['u:ada.42'] }],
    ['a user name with its prefix', 'u:ada.42', { recipient: ['u:ada.42'] }],
    ['an account ID', '11111111-1111-4111-8111-111111111111', { recipient: ['11111111-1111-4111-8111-111111111111'] }],
    [
      'a group',
      'Pmpi+EfPWmsxiomLe9Nx2XF9HOE483p6iKiFj65iMwI=',
      { groupId: 'Pmpi+EfPWmsxiomLe9Nx2XF9HOE483p6iKiFj65iMwI=' },
    ],
  ])('sends to %s', async (_what, to, target) => {
    await daemon.send(DOWN, { to })
    expect(daemon.requests[0]?.params).toMatchObject(target)
  })

  test('a recovery answers the message about the incident if the account is known', async () => {
    expect(await daemon.send(DOWN)).toMatchObject({ result: 'sent', receipt: '999' })
    const answer = { ...UP, thread: { ...UP.thread, receipt: '999' } }
    await daemon.send(answer, { account: '+15005550006' })
    await daemon.send(answer)
    expect(daemon.requests[1]?.params).toMatchObject({
      account: '+15005550006',
      quoteTimestamp: 999,
      quoteAuthor: '+15005550006',
    })
    expect(daemon.requests[2]?.params.quoteTimestamp).toBeUndefined()
  })

  test('ignores received messages and answers to others', async () => {
    daemon.lines = ({ id }) => [
      { jsonrpc: '2.0', method: 'receive', params: { envelope: { source: '+371' } } },
      { jsonrpc: '2.0', ...errorOf(-1), id: 'another' },
      { jsonrpc: '2.0', result: { timestamp: 5 }, id },
    ]
    expect(await daemon.send(DOWN)).toMatchObject({ result: 'sent', receipt: '5' })
  })

  test('gives up if the daemon sends too much', async () => {
    daemon.lines = () => Array(1200).fill({ method: 'receive', params: 'x'.repeat(1000) })
    expect(await daemon.send(DOWN)).toMatchObject({ result: 'failed', reason: 'connection', isPermanent: false })
  })

  test.each([
    [-1, ['UNREGISTERED_FAILURE'], true],
    [-1, ['NETWORK_FAILURE'], false],
    [-1, ['UNREGISTERED_FAILURE', 'NETWORK_FAILURE'], false],
    [-4, ['IDENTITY_FAILURE'], false],
    [-5, ['RATE_LIMIT_FAILURE'], false],
  ])('reads the error %d with %p (permanent: %p)', async (code, types, isPermanent) => {
    daemon.lines = ({ id }) => [{ jsonrpc: '2.0', ...errorOf(code, ...types), id }]
    expect(await daemon.send(DOWN)).toMatchObject({
      result: 'failed',
      detail: `signal-cli answered with error ${code}: Failed to send message: ${types.join(', ')}`,
      isPermanent,
    })
  })

  test.each(HOSTILE_TEXTS)('shows %s in the output as text', async (_what, text) => {
    await daemon.send({ ...DOWN, output: { text: 'all is well', isCut: false } })
    await daemon.send({ ...DOWN, output: { text, isCut: false } })
    expect(daemon.receipts[1]?.structure).toEqual(daemon.receipts[0]?.structure as string[])
  })

  test('stays within 2,000 bytes, and says what was cut', async () => {
    await daemon.send({ ...DOWN, output: { text: '🛡️é<&*_'.repeat(1250), isCut: true } })
    const text: string = daemon.requests[0]?.params.message
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(2000)
    expect(text).toContain('(cut)')
    expect(text).not.toContain('\ufffd')
    const [start = 0, length = 0] = daemon.requests[0]?.params.textStyle[1].split(':').map(Number) ?? []
    expect(text.slice(start, start + length)).toStartWith('… (cut)')
  })
})
