// Tests for kinds that call an HTTP service: a real receiver in place of the service, the conformance suite, and texts
// that try to format, link or mention.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { findKind, sendThrough } from '#channels/index.ts'
import type { ChannelKind, Message, Transports } from '#channels/kind.ts'
import type { Outcome } from '#domain/delivery.ts'
import { composeGapNotice } from '#domain/notice.ts'
import { composeTest } from '#domain/notification.ts'
import { createLogMailer } from '#lib/mail.ts'
import type { Outbound } from '#lib/outbound.ts'
import { derivePushKeys } from '#lib/push-keys.ts'
import { newOutbound } from '../support/outbound.ts'
import {
  type Address,
  AT,
  BASE_URL,
  type ChannelAdaptor,
  messageOf,
  notificationOf,
  type Receipt,
  type Receiver,
  testChannelKind,
} from './conformance.ts'
import { OUTPUT } from './expected.ts'

/** A request as the receiver got it. */
export interface Call {
  method: string
  path: string
  headers: IncomingHttpHeaders
  text: string
  /** The body, if it is JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: each service has its own shape.
  json: any
  /** The body, if it is a form. */
  form: Record<string, string>
}

export interface Answer {
  status: number
  headers?: Record<string, string>
  body?: string
}

/** What a receiver reads from a request. */
export type Read = Pick<Receipt, 'name' | 'status' | 'isTest' | 'structure'>

export interface ServiceAdaptor
  extends Pick<ChannelAdaptor, 'kind' | 'invalidSettings' | 'secrets'>,
    Partial<Pick<ChannelAdaptor, 'giveUpMs' | 'refusals'>> {
  /** The addresses that the kind calls, if they can't be set: requests to them go to the receiver. */
  origins?: readonly string[]
  /** Settings that cover every field. `base` is the receiver's address. */
  settings(base: string): Record<string, unknown>
  /** The text of a body that is encrypted. */
  decrypt?(body: Buffer): string
  /** The service's answer to an accepted request. */
  accepts(call: Call): Answer
  /** Null for requests that carry no message. */
  read(call: Call): Read | null
  /** Whether it only sends the title and what happened, which always fit. */
  alwaysFits?: true
  /** Real error answers, and the outcomes that they must lead to. */
  errors: [what: string, answer: Answer, outcome: Partial<Extract<Outcome, { result: 'failed' }>>][]
}

const REFUSALS: ChannelAdaptor['refusals'] = [
  [500, 'status', false],
  [503, 'status', false],
  [429, 'status', false],
]

/** A receiver in place of a service. */
export class Service implements Receiver {
  readonly calls: Call[] = []
  readonly receipts: Receipt[] = []
  /** The servers that the kind called, before its requests were sent here. */
  readonly origins: string[] = []
  says: number | null = null
  /** Replaces the usual answer. */
  answer: ((call: Call) => Answer) | null = null
  port = 0
  readonly #adaptor: ServiceAdaptor
  readonly #server = createServer(async (request, response) => {
    const chunks = await Array.fromAsync(request)
    const { method = '', url: path = '', headers } = request
    const body = Buffer.concat(chunks)
    const text = this.#adaptor.decrypt?.(body) ?? body.toString('utf8')
    const call = toCall({ method, path, headers, text })
    const { status, headers: more, body: answer } = this.#answerTo(call)
    response.writeHead(status, { 'Content-Type': 'application/json', ...more }).end(answer)
  })

  constructor(adaptor: ServiceAdaptor) {
    this.#adaptor = adaptor
  }

  async open(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    this.port = (this.#server.address() as AddressInfo).port
    return this
  }

  get base(): string {
    return `http://127.0.0.1:${this.port}`
  }

  get kind(): ChannelKind {
    const kind = findKind(this.#adaptor.kind)
    if (!kind) throw new Error(`Channel kind ${this.#adaptor.kind} does not exist.`)
    return kind
  }

  /** One attempt with the adaptor's settings, changed as given and parsed as they would be. */
  async send(message: Message, change: Record<string, unknown> = {}): Promise<Outcome> {
    const settings = this.kind.settings.parse({ ...this.#adaptor.settings(this.base), ...change })
    return await sendThrough({ kind: this.kind, settings }, message, this.transports())
  }

  transports(address?: Address): Transports {
    const { isSecure = false, host = '127.0.0.1', port = this.port } = address ?? {}
    return transportsTo(`${isSecure ? 'https' : 'http'}://${host}:${port}`, this.#adaptor.origins, this.origins)
  }

  stop(): Promise<void> {
    this.#server.closeAllConnections()
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }

  #answerTo(call: Call): Answer {
    this.calls.push(call)
    const read = this.#adaptor.read(call)
    const deliveryId = String(call.headers['x-cronguard-delivery'])
    if (read) this.receipts.push({ ...read, deliveryId, text: textOf(call) })
    if (this.answer) return this.answer(call)
    // A service may repeat the request in its answer: nothing of that may be shown.
    if (this.says !== null)
      return { status: this.says, body: `${call.path} ${JSON.stringify(call.headers)} ${call.text}` }
    return this.#adaptor.accepts(call)
  }
}

/** The server's secret key. */
export const SECRET_KEY = 'a secret key of tests'

/** Transports that send requests for these origins to another address, and record the origins. */
export function transportsTo(base: string, origins: readonly string[] = [], called: string[] = []): Transports {
  const silence = () => {}
  const real = newOutbound()
  const outbound: Outbound = {
    ...real,
    send: (request) => {
      const { origin } = new URL(request.url)
      called.push(origin)
      return real.send(
        origins.includes(origin) ? { ...request, url: base + request.url.slice(origin.length) } : request,
      )
    },
  }
  const mailer = createLogMailer({ debug: silence, info: silence, warn: silence, error: silence })
  return { outbound, mailer, pushKeys: () => derivePushKeys(SECRET_KEY) }
}

function toCall(raw: Pick<Call, 'method' | 'path' | 'headers' | 'text'>): Call {
  const type = raw.headers['content-type'] ?? ''
  const isForm = type.startsWith('application/x-www-form-urlencoded')
  return {
    ...raw,
    json: type.startsWith('application/json') ? JSON.parse(raw.text) : null,
    form: isForm ? Object.fromEntries(new URLSearchParams(raw.text)) : {},
  }
}

function textOf({ text, path, form }: Call): string {
  return [text, path, ...Object.values(form)].join(' ')
}

/** The body of a call and its address, as a golden test compares them. */
export function requestOf({ method, path, headers, json, form, text }: Call) {
  const { authorization } = headers
  return {
    request: `${method} ${path}`,
    ...(authorization && { authorization }),
    body: json ?? (Object.keys(form).length > 0 ? form : text),
  }
}

const ACKNOWLEDGE = `${BASE_URL}/acknowledge/token`

/** The messages of the golden tests: one incident of the monitor "backup". */
export const DOWN: Message = {
  ...messageOf(notificationOf({ reason: 'fail', lastPing: failedPing() })),
  output: { text: OUTPUT, isCut: false },
}
DOWN.links.acknowledge = ACKNOWLEDGE
export const UP: Message = messageOf(notificationOf({ status: 'up', reason: 'ping', downMs: 7_260_000, dueAt: null }))
/** After CronGuard itself was offline. */
export const GAP: Message = messageOf(
  composeGapNotice({
    gap: { from: AT - 39 * 60_000, to: AT, reason: 'crash' },
    project: { id: 'project-1', name: 'Ops' },
    monitors: [
      { name: 'backup', slug: 'backup', uniqueKey: 'f'.repeat(40) },
      { name: 'billing', slug: 'billing', uniqueKey: 'e'.repeat(40) },
    ],
  }),
)
/** After the recipient of another channel unsubscribed. */
export const UNSUBSCRIBED: Message = messageOf({
  status: 'notice',
  at: AT,
  reason: 'unsubscribed',
  isTest: false,
  project: 'Ops',
  projectId: 'project-1',
  channel: { id: '5f4dcc3b-5aa7-4d61-9d83-27deb882cf99', title: 'On-call', recipient: 'ops@example.org' },
})
export const TEST: Message = messageOf(composeTest({ project: 'Ops', now: AT }))

function failedPing() {
  return { kind: 'fail' as const, at: AT, exitStatus: 3, durationMs: 61_000 }
}

/** Texts of jobs that try to mention, link, format or break out. */
export const HOSTILE_TEXTS: [what: string, text: string][] = [
  ['mentions', '@everyone @here @channel @all <!channel> <@U012AB3CD> @**all** <users/all> [~admin]'],
  ['bare links', 'https://evil.example/x www.evil.example mailto:a@evil.example evil.example'],
  ['Markdown', '**bold** _it_ ~~gone~~ [click](https://evil.example) ![img](https://evil.example/i.png) # h1'],
  ['Markdown over several lines', '# heading\n\n- list\n1. list\n> quote\n\n---\n\n| a | b |\n|---|---|\n| 1 | 2 |'],
  ['code fences', '```\nout\n```\n~~~\nmore\n~~~\n`tick` ``````'],
  ['HTML', '</pre></b><a href="https://evil.example">x</a><img src=x onerror=alert(1)><script>alert(1)</script>'],
  ['Slack links', '<https://evil.example|click> *bold* _it_ ~no~ &lt;!channel&gt;'],
  ['cron asterisks', '*/5 * * * * root /usr/bin/* && echo **'],
  ['BBCode and LaTeX', '[url=https://evil.example]x[/url] $$x^2$$ $HOME $x %s {{7*7}} #{x}'],
]

/** Runs the conformance suite, the errors, and the hostile texts for a kind that calls an HTTP service. */
export function testService(adaptor: ServiceAdaptor): void {
  testChannelKind({
    refusals: REFUSALS,
    giveUpMs: 15_000,
    ...adaptor,
    startReceiver: () => new Service(adaptor).open(),
    reach: (address) => {
      const { host, port, isSecure } = address
      const base = `${isSecure ? 'https' : 'http'}://${host}:${port}`
      const kind = findKind(adaptor.kind)
      const settings = kind?.settings.parse(adaptor.settings(base))
      return { settings, transports: transportsTo(base, adaptor.origins), close: () => {} }
    },
  })

  describe(`Channel ${adaptor.kind}, as a service`, () => {
    let service: Service
    beforeEach(async () => {
      service = await new Service(adaptor).open()
    })
    afterEach(() => service.stop())

    test.each(adaptor.errors)('reads the error: %s', async (_what, answer, expected) => {
      service.answer = () => answer
      expect(await service.send(DOWN)).toMatchObject({ result: 'failed', ...expected })
    })

    test('sends the notice that a recipient unsubscribed', async () => {
      expect((await service.send(UNSUBSCRIBED)).result).toBe('sent')
      const sent = service.calls.map(textOf).join(' ')
      expect(sent).toMatch(/unsubscribed/i)
      expect(sent).not.toMatch(/undefined|\bnull was\b/)
    })

    test('waits as long as Retry-After says', async () => {
      service.answer = () => ({ status: 429, headers: { 'Retry-After': '17' }, body: '{}' })
      expect(await service.send(DOWN)).toMatchObject({ result: 'failed', isPermanent: false, retryAfterMs: 17_000 })
    })

    test('does not follow a redirect', async () => {
      service.answer = () => ({ status: 302, headers: { Location: `${service.base}/elsewhere` } })
      expect(await service.send(DOWN)).toMatchObject({ result: 'failed' })
      expect(service.calls.some(({ path }) => path === '/elsewhere')).toBe(false)
    })

    test('reads at most the beginning of an answer of 10 MB', async () => {
      service.answer = () => ({ status: 500, body: 'x'.repeat(10_000_000) })
      const outcome = await service.send(DOWN)
      expect(outcome).toMatchObject({ result: 'failed', isPermanent: false })
      expect(outcome.detail.length).toBeLessThanOrEqual(200)
    })

    test.each(HOSTILE_TEXTS)('shows %s in names and output as text', async (_what, text) => {
      const benign = await structureOf(service, 'backup job', 'all is well')
      expect(await structureOf(service, text.replace(/\s+/g, ' ').slice(0, 100), text)).toEqual(benign)
    })

    test('accepts a message in which everything is very long, and says that it was cut', async () => {
      const notification = notificationOf({ name: '備'.repeat(100), project: '👩‍👩‍👧‍👦'.repeat(20) })
      notification.monitor.description = 'Read https://wiki.example.org/backup. '.repeat(250)
      const message = { ...messageOf(notification), output: { text: '🛡️é<&*_'.repeat(1250), isCut: true } }
      expect((await service.send(message)).result).toBe('sent')
      const sent = service.calls.map(textOf).join(' ')
      expect(sent).not.toContain('\ufffd')
      if (!adaptor.alwaysFits) expect(sent.replaceAll('\\', '')).toContain('(cut)')
    })
  })
}

async function structureOf(service: Service, name: string, output: string): Promise<string[] | undefined> {
  service.calls.length = 0
  service.receipts.length = 0
  const message = { ...messageOf(notificationOf({ name })), output: { text: output, isCut: false } }
  expect((await service.send(message)).result).toBe('sent')
  return service.receipts.at(-1)?.structure
}

/** The elements and addresses of HTML, which no text may change. */
export function structureOfHtml(html: string): string[] {
  const found: string[] = []
  new HTMLRewriter()
    .on('*', {
      element: (element) => {
        found.push(
          [element.tagName, ...Array.from(element.attributes, ([name, value]) => `${name}=${value}`)].join(' '),
        )
      },
    })
    .transform(html)
  return found
}

/** The text of HTML. */
export function textOfHtml(html: string): string {
  let text = ''
  new HTMLRewriter()
    .onDocument({
      text: (chunk) => {
        text += chunk.text
      },
    })
    .transform(html)
  return decodeEntities(text)
}

/** What an app would turn into a link, a mention, a command or a tag by itself. */
export function findLinks(text: string): string[] {
  const patterns = [/\b[a-z]+:\/\/\S+/gi, /(?<!\w)[@#$~/]\w+/g, /[\w.]+@[\w.]+/g, /\b[\w-]+(\.[\w-]+)*\.[a-z]{2,}\b/gi]
  return patterns.flatMap((pattern) => text.match(pattern) ?? [])
}

/** Text as people see it. */
export function withoutJoiners(text: string): string {
  return text.replaceAll('\u2060', '')
}

/** The first line of a text without the status and without word joiners. */
export function nameIn(text = ''): string {
  return (text.split('\n')[0] ?? '').replaceAll('\u2060', '').replace(/^(Up|Down): /, '')
}

/** The addresses that apps link in plain text. */
export function addressesIn(text: string): string[] {
  return text.match(/\b(?:https?:\/\/|www\.)\w\S*|\b[\w.-]+@[\w-]+\.\w+|\b[\w-]+\.(?:com|example|org)\b/gi) ?? []
}

/** Markdown outside code, in which only what we write may have a meaning. Parsers disagree about the rest. */
export function structureOfMarkdown(markdown: string): string[] {
  const blocks = markdown.match(/^```\n.*?\n```$/gms) ?? []
  const outside = blocks
    .reduce((text, block) => text.replace(block, ''), markdown)
    .replace(/(?<!`)(`+)(?!`)(.*?)(?<!`)\1(?!`)/gs, 'code')
  const signs =
    outside.match(/[*_~`|$<>\\@#]+|!?\[[^\]]*\]\([^)]*\)|(?<!\d):\w+:|^\s*(?:[-+]|\d+[.)])\s|^(?: {4}|\t)/gm) ?? []
  const text = outside.replace(/\[[^\]]*\]\([^)]*\)/g, '')
  return [...blocks.map(() => 'block'), ...signs, ...findLinks(text)]
}

/** The text of a title that may be shown as code. */
export function withoutCode(markdown: string): string {
  const [, , code] = /^(`+) ?(.*?) ?\1$/.exec(markdown) ?? []
  return withoutJoiners(code ?? markdown)
}

/** The HTML that Markdown leads to, with automatic links, tables and strikethrough. */
export function htmlOfMarkdown(markdown: string): string {
  return Bun.markdown.html(markdown, { autolinks: true })
}

function decodeEntities(text: string): string {
  return text.replace(/&(?:lt|gt|quot|amp|#39|#x27);/g, (entity) => ENTITIES[entity] ?? entity)
}

const ENTITIES: Record<string, string> = {
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&amp;': '&',
  '&#39;': "'",
  '&#x27;': "'",
}
