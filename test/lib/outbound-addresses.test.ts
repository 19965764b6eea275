// The addresses to which requests go: the answer of DNS is checked, and used without a second lookup.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import type { LookupAddress } from 'node:dns'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer as createHttpServer, type Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createOutbound, type OutboundOptions, type OutboundResult } from '#lib/outbound.ts'
import { makeAuthority } from '../support/authority.ts'
import { newOutbound, PRIVATE_ADVICE } from '../support/outbound.ts'
import { ROOT } from '../support/source.ts'

const NAME = 'hooks.example.test'
const TIMEOUT_MS = 300

let answers: LookupAddress[][] = []
let asked: string[] = []
let server: Server
let port = 0
let paths: string[] = []

beforeAll(async () => {
  server = createHttpServer((request, response) => {
    paths.push(request.url ?? '')
    if (request.url?.startsWith('/away')) response.writeHead(307, { Location: 'http://169.254.169.254/' })
    response.end(request.headers.host)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
beforeEach(() => {
  answers = []
  asked = []
  paths = []
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const at = (...addresses: string[]): LookupAddress[] =>
  addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))

/** A DNS server of our own; without a prepared answer it never answers. */
function resolve(hostname: string): Promise<LookupAddress[]> {
  asked.push(hostname)
  const answer = answers.shift()
  return answer ? Promise.resolve(answer) : new Promise(() => {})
}

function call(url: string, options: Partial<OutboundOptions> = {}, timeoutMs = 5000): Promise<OutboundResult> {
  return newOutbound({ resolve, ...options }).send({ method: 'POST', url, headers: {}, body: '', timeoutMs })
}

const blocked = (detail: string, isFinal: boolean) => ({ kind: 'blocked', detail, isFinal }) as const
const METADATA = 'a cloud metadata address. CronGuard never sends requests there.'
const PRIVATE = `a private address. ${PRIVATE_ADVICE}`

describe('Outbound: a host name', () => {
  test('is resolved once, and the connection goes to the checked address', async () => {
    answers = [at('127.0.0.1'), at('169.254.169.254'), at('169.254.169.254')]
    expect(await call(`http://${NAME}:${port}/hook`)).toMatchObject({
      kind: 'answer',
      status: 200,
      body: `${NAME}:${port}`,
    })
    expect(asked).toEqual([NAME])
  })

  test('is resolved and checked again for the next request', async () => {
    answers = [at('127.0.0.1'), at('169.254.169.254')]
    const outbound = newOutbound({ resolve })
    const send = () =>
      outbound.send({ method: 'GET', url: `http://${NAME}:${port}/`, headers: {}, body: '', timeoutMs: 5000 })
    expect(await send()).toMatchObject({ kind: 'answer' })
    expect(await send()).toEqual(blocked(`The host resolves to ${METADATA}`, false))
  })

  test.each([
    [['127.0.0.1', '169.254.169.254']],
    [['169.254.169.254', '127.0.0.1']],
    [['127.0.0.1', '::ffff:169.254.169.254']],
    [['127.0.0.1', '64:ff9b::a9fe:a9fe']],
  ])('is refused when one of its addresses is refused: %p', async (addresses) => {
    answers = [at(...addresses)]
    expect(await call(`http://${NAME}:${port}/`)).toEqual(blocked(`The host resolves to ${METADATA}`, false))
    expect(paths).toEqual([])
  })

  test.each(['127.0.0.1', '10.0.0.5', 'fd00::5', '::1'])(
    'that resolves to %s is refused if private addresses are refused, without naming the address',
    async (address) => {
      answers = [at('93.184.216.34', address)]
      expect(await call(`http://${NAME}:${port}/`, { allowsPrivate: false })).toEqual(
        blocked(`The host resolves to ${PRIVATE}`, false),
      )
    },
  )

  test('is allowed when its private network is listed', async () => {
    answers = [at('127.0.0.1')]
    const rules = { allowsPrivate: false, allow: ['127.0.0.0/8'] }
    expect(await call(`http://${NAME}:${port}/`, rules)).toMatchObject({ kind: 'answer', status: 200 })
  })

  test.each(['localhost', 'LOCALHOST'])('such as %s is resolved, too, and found private', async (host) => {
    const outbound = createOutbound({ allowsPrivate: false, allow: [], privateAdvice: PRIVATE_ADVICE })
    const request = { method: 'GET', url: `http://${host}:${port}/`, headers: {}, body: '', timeoutMs: 5000 } as const
    expect(await outbound.send(request)).toEqual(blocked(`The host resolves to ${PRIVATE}`, false))
  })

  test('with a trailing dot is the same name', async () => {
    answers = [at('127.0.0.1')]
    expect(await call(`http://localhost.:${port}/`, { allowsPrivate: false })).toMatchObject({ kind: 'blocked' })
    expect(asked).toEqual(['localhost.'])
  })

  test('is reached at its second address if nothing listens at the first', async () => {
    answers = [at('::1', '127.0.0.1')]
    expect(await call(`http://${NAME}:${port}/`)).toMatchObject({ kind: 'answer', body: `${NAME}:${port}` })
  })

  test('without an address is unknown', async () => {
    answers = [[]]
    expect(await call(`http://${NAME}/`)).toEqual({ kind: 'failure', reason: 'dns', detail: 'Could not resolve host' })
  })

  test('is resolved within the timeout of the request', async () => {
    const detail = 'Connection timed out'
    expect(await call(`http://${NAME}/`, {}, TIMEOUT_MS)).toEqual({ kind: 'failure', reason: 'timeout', detail })
  })
})

describe('Outbound: an address in the URL', () => {
  test.each([
    'http://169.254.169.254/',
    'http://169.254.169.254./',
    'http://2852039166/',
    'http://0251.0376.0251.0376/',
    'http://0xa9fea9fe/',
    'http://0xa9.254.43518/',
    'http://１６９.254.169.254/',
    'http://①⑥⑨.254.169.254/',
  ])('is recognized when written as %s, without DNS', async (url) => {
    expect(await call(url)).toEqual(blocked(`169.254.169.254 is ${METADATA}`, true))
    expect(asked).toEqual([])
  })

  test.each([
    ['http://[::ffff:169.254.169.254]/', '::ffff:a9fe:a9fe'],
    ['https://[::ffff:a9fe:a9fe]:8443/', '::ffff:a9fe:a9fe'],
    ['http://[64:ff9b::a9fe:a9fe]/', '64:ff9b::a9fe:a9fe'],
    ['http://[2002:a9fe:a9fe::]/', '2002:a9fe:a9fe::'],
    ['http://[fd00:ec2::254]/', 'fd00:ec2::254'],
  ])('%s is recognized, too', async (url, address) => {
    expect(await call(url)).toEqual(blocked(`${address} is ${METADATA}`, true))
  })

  test.each([
    ['http://10.0.0.5/', '10.0.0.5'],
    ['http://10.5/', '10.0.0.5'],
    ['http://127.1/', '127.0.0.1'],
    ['http://0177.0.0.1/', '127.0.0.1'],
    ['http://2130706433/', '127.0.0.1'],
    ['http://127.0.0.1./', '127.0.0.1'],
    ['http://[::1]/', '::1'],
    ['http://[0:0:0:0:0:0:0:1]/', '::1'],
    ['http://[fd00::5]/', 'fd00::5'],
    ['http://[::ffff:10.0.0.5]/', '::ffff:a00:5'],
    ['http://192.168.1.1:8080/', '192.168.1.1'],
  ])('%s is refused where private addresses are refused', async (url, address) => {
    expect(await call(url, { allowsPrivate: false })).toEqual(blocked(`${address} is ${PRIVATE}`, true))
  })

  test.each(['http://0/', 'http://0.0.0.0/', 'http://[::]/', 'http://[::127.0.0.1]/', 'http://255.255.255.255/'])(
    '%s does not lead to this machine',
    async (url) => {
      const atPort = new URL(url)
      atPort.port = String(port)
      expect(await call(atPort.href)).toMatchObject({ kind: 'blocked', isFinal: true })
      expect(paths).toEqual([])
    },
  )

  test.each(['http://[fe80::1%25eth0]/', 'http://[fe80::1%eth0]/'])('with a zone is not a URL: %s', (url) => {
    expect(URL.canParse(url)).toBe(false)
  })

  test('is allowed where private addresses are allowed', async () => {
    expect(await call(`http://127.0.0.1:${port}/`)).toMatchObject({ kind: 'answer', status: 200 })
  })
})

test('Outbound: a redirect to a forbidden address is an answer, and is not followed', async () => {
  expect(await call(`http://127.0.0.1:${port}/away`)).toMatchObject({ kind: 'answer', status: 307 })
  expect(paths).toEqual(['/away'])
})

describe('Outbound: TLS to a pinned address', () => {
  let folder = ''
  let secure: Server
  let secureUrl: (host: string) => string
  const servedNames: unknown[] = []

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cronguard-authority-'))
    makeAuthority(folder, NAME)
    const [key, cert] = ['leaf.key', 'leaf.pem'].map((file) => readFileSync(join(folder, file)))
    secure = createHttpsServer({ key, cert }, (request, response) => {
      servedNames.push((request.socket as unknown as { servername?: unknown }).servername)
      response.end(request.headers.host)
    })
    await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve))
    const securePort = (secure.address() as AddressInfo).port
    secureUrl = (host) => `https://${host}:${securePort}/`
  })
  afterAll(() => {
    secure.closeAllConnections()
    secure.close()
    rmSync(folder, { recursive: true, force: true })
  })

  test('checks the certificate against the name, and sends the name in SNI', async () => {
    const urls = [NAME, 'other.example.test', '127.0.0.1'].map(secureUrl)
    const [good, ...others] = await callInChild(urls, join(folder, 'authority.pem'))
    expect(good).toMatchObject({ kind: 'answer', status: 200, body: new URL(urls[0] ?? '').host })
    expect(servedNames).toEqual([NAME])
    const refused = { kind: 'failure', reason: 'tls', detail: 'The TLS certificate is for another host name' } as const
    expect(others).toEqual([refused, refused])
  })

  test('refuses a certificate of an unknown authority', async () => {
    const [result] = await callInChild([secureUrl(NAME)], '')
    const detail = 'The TLS certificate is not trusted: an unknown authority signed it'
    expect(result).toEqual({ kind: 'failure', reason: 'tls', detail })
  })
})

/** Another process, because trusted certificates are read at its start. Every name resolves to 127.0.0.1. */
async function callInChild(urls: string[], authority: string): Promise<OutboundResult[]> {
  const script = `
    import { newOutbound } from '${ROOT}/test/support/outbound.ts'
    const outbound = newOutbound({ resolve: async () => [{ address: '127.0.0.1', family: 4 }] })
    const results = []
    for (const url of ${JSON.stringify(urls)})
      results.push(await outbound.send({ method: 'GET', url, headers: {}, body: '', timeoutMs: 5000 }))
    console.log(JSON.stringify(results))
  `
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: authority }
  const child = Bun.spawn([process.execPath, '-e', script], { cwd: ROOT, env, stdout: 'pipe', stderr: 'inherit' })
  return JSON.parse(await new Response(child.stdout).text())
}
