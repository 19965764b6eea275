// Ping bodies that are not plain UTF-8 are decoded for search and display, and stored as received.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import type { Monitor } from '#domain/monitor.ts'
import { listPings } from '#store/pings.ts'
import { storedBytes } from '../support/bodies.ts'
import { Moved } from '../support/moved.ts'
import { memberOf, type Visitor } from '../support/visitor.ts'

let moved: Moved
let monitor: Monitor
let member: Visitor

beforeEach(async () => {
  moved = new Moved(['KUMA', 'CRONITOR', 'OPSGENIE', 'GATUS'], { CRONGUARD_PING_BODY_LIMIT: '10000' })
  const filter = { failureKeywords: 'ERROR, Schlüssel', httpBody: true }
  monitor = moved.guard.monitor(moved.project, { name: 'words', slug: 'words', alias: 'words-token', filter })
  member = await memberOf(moved.guard, moved.project, 'member')
})

afterEach(() => moved.stop())

const latin1 = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'))
const utf16 = (text: string, order: 'le' | 'be') => {
  const bytes = Buffer.from(`\uFEFF${text}`, 'utf16le')
  return new Uint8Array(order === 'le' ? bytes : bytes.swap16())
}
const plain = (charset: string) => ({ 'Content-Type': `text/plain; charset=${charset}` })
const packed = (encoding: string) => ({ 'Content-Encoding': encoding })
const post = (body: Uint8Array, headers: Record<string, string> = {}, path = `/ping/${monitor.pingKey}`) =>
  moved.answer(path, { method: 'POST', headers, body: new Uint8Array(body) })
const kinds = () => listPings(moved.guard.db, { monitorId: monitor.id, limit: 100 }).map(({ kind }) => kind)
const pageOf = (number: number) => member.read(`/monitors/${monitor.uniqueKey}/pings/${number}`)

const text = 'log: ERROR 5, Schlüssel fehlt'
const bodies: [what: string, body: Uint8Array, headers: Record<string, string>][] = [
  ['in UTF-8 with a byte order mark', new TextEncoder().encode(`\uFEFF${text}`), {}],
  ['in UTF-16LE, as PowerShell 5 writes', utf16(text, 'le'), {}],
  ['in UTF-16BE', utf16(text, 'be'), {}],
  ['in UTF-16LE, declared as something else', utf16(text, 'le'), plain('us-ascii')],
  ['in ISO-8859-1', latin1(text), plain('iso-8859-1')],
  ['in a charset in quotes', latin1(text), plain('"ISO-8859-15"; x=y')],
  ['in gzip', gzipSync(text), packed('gzip')],
  ['in deflate', deflateSync(text), packed('deflate')],
  ['in deflate without its header', deflateRawSync(text), packed('deflate')],
  ['in brotli', brotliCompressSync(text), packed('br')],
  ['in zstd', zstdCompressSync(text), packed('zstd')],
  ['in gzip by its old name, and in ISO-8859-1', gzipSync(latin1(text)), { ...packed('X-GZIP'), ...plain('latin1') }],
]

describe('Ping body', () => {
  test.each(bodies)('%s is decoded for search and display, and stored as received', async (_what, body, headers) => {
    expect(await post(body, headers)).toEqual([200, 'OK'])
    expect(kinds()).toEqual(['fail'])
    expect(await pageOf(1)).toContain(text)
    expect(await member.read(`/monitors/${monitor.uniqueKey}/timeline`)).toContain(text)
    expect(storedBytes(moved.guard.db, { monitorId: monitor.id, number: 1 })).toEqual(new Uint8Array(body))
    const headersOfApi = { 'X-Api-Key': moved.guard.apiKey(moved.project) }
    const path = `/api/v3/checks/${monitor.pingKey}/pings/1/body`
    const raw = await moved.guard.request(path, { headers: headersOfApi })
    expect(new Uint8Array(await raw.arrayBuffer())).toEqual(new Uint8Array(body))
  })

  const doors: [dialect: string, method: string, path: () => string, headers: () => Record<string, string>][] = [
    ['Uptime Kuma', 'POST', () => '/api/push/words-token', () => ({})],
    ['Cronitor', 'POST', () => `/p/${moved.project.pingKey}/words?state=complete`, () => ({})],
    [
      'Opsgenie',
      'POST',
      () => '/v2/heartbeats/words/ping',
      () => ({ Authorization: `GenieKey ${moved.project.pingKey}` }),
    ],
    [
      'Gatus',
      'POST',
      () => '/api/v1/endpoints/words/external?success=true',
      () => ({ Authorization: `Bearer ${moved.project.pingKey}` }),
    ],
  ]
  test.each(doors)('is decoded the same in the dialect of %s', async (_dialect, _method, path, headers) => {
    await post(gzipSync(latin1(text)), { ...headers(), ...packed('gzip'), ...plain('iso-8859-1') }, path())
    expect(kinds()).toEqual(['fail'])
    expect(await pageOf(1)).toContain(text)
  })

  test('that is cut off is decoded as far as it goes', async () => {
    const whole = gzipSync(`ERROR ${Array.from({ length: 5000 }, (_, line) => line * 7919).join('\n')}`)
    await post(whole.subarray(0, whole.length / 2), packed('gzip'))
    await post(utf16('ERROR!', 'le').subarray(0, 13), {})
    expect(kinds()).toEqual(['fail', 'fail'])
  })

  test.each([
    ['plain text', 'ERROR: no gzip at all'],
    ['nonsense', '\x1f\x8b\x08 ERROR nonsense'],
  ])('that claims to be gzip and is %s is read as received', async (_what, sent) => {
    await post(new TextEncoder().encode(sent), packed('gzip'))
    expect(kinds()).toEqual(['fail'])
    expect(await pageOf(1)).toContain(sent.slice(3))
  })

  test('with an unknown charset or encoding is read as UTF-8', async () => {
    await post(new TextEncoder().encode('Schlüssel'), plain('klingon'))
    await post(new TextEncoder().encode('Schlüssel'), packed('lzma, gzip'))
    expect(kinds()).toEqual(['fail', 'fail'])
  })

  test('that decompresses to more than the limit is kept up to the limit', async () => {
    const bomb = (encode: (bytes: Uint8Array) => Uint8Array) => encode(new Uint8Array(100_000_000).fill(0x41))
    await post(bomb(gzipSync), packed('gzip'))
    await post(bomb(zstdCompressSync), packed('zstd'))
    expect(kinds()).toEqual(['ignored', 'ignored'])
    expect(moved.guard.db.all('SELECT length(text) AS length, text_tail FROM bodies')).toEqual([
      { length: 10_000, text_tail: null },
      { length: 10_000, text_tail: null },
    ])
  })

  test('is searched up to the limit, like Healthchecks', async () => {
    await post(new TextEncoder().encode(`${'x'.repeat(9_996)}ERROR`))
    await post(gzipSync(`${'x'.repeat(9_996)}ERROR`), packed('gzip'))
    await post(gzipSync(`${'x'.repeat(9_995)}ERROR`), packed('gzip'))
    expect(kinds()).toEqual(['fail', 'ignored', 'ignored'])
  })
})

describe('Ping body on the pages', () => {
  test('hides ping keys from viewers', async () => {
    const viewer = await memberOf(moved.guard, moved.project, 'viewer')
    const { pingKey } = monitor
    const bare = pingKey.replaceAll('-', '')
    const elsewhere = '0193b5a0-5ec4-4e70-8000-1234567890ab'
    const secrets = [
      pingKey,
      bare,
      moved.project.pingKey,
      'words-token',
      elsewhere,
      'cgw_abcdefghijklmnopqrstuvwxyz01',
      'c2VjcmV0OnNlY3JldA==',
    ]
    const body = [
      `+ curl -fsS https://cron.example.org/ping/${pingKey}/fail`,
      `bare ${bare}, capitals ${pingKey.toUpperCase()}, slug /ping/${moved.project.pingKey}/words?create=1`,
      `POST /api/push/words-token and https://elsewhere.example.org/base/${elsewhere}`,
      'X-Api-Key: cgw_abcdefghijklmnopqrstuvwxyz01',
      'Authorization: Basic c2VjcmV0OnNlY3JldA==',
      `DSN https://${moved.project.pingKey}@cron.example.org/1`,
      '42 rows copied',
    ].join('\n')
    const headers = { 'User-Agent': `job/${pingKey} ${'x'.repeat(145)} ${pingKey}` }
    await moved.guard.ping(monitor, `?rid=${pingKey}`, { method: 'POST', body, headers })
    await moved.guard.ping(monitor, '', { method: 'POST', body: `${'y'.repeat(590)}${pingKey}` })
    await moved.guard.ping(monitor, '', { method: 'POST', body: `${'y '.repeat(4_990)}${pingKey}` })
    await post(new Uint8Array(Buffer.from(`wide ${pingKey}`, 'utf16le')))
    const page = `/monitors/${monitor.uniqueKey}`
    const pings = [1, 2, 3, 4].map((number) => `${page}/pings/${number}`)
    for (const path of [page, `${page}/timeline`, ...pings]) {
      const shown = (await viewer.read(path)).toLowerCase().replaceAll('␀', '')
      for (const secret of secrets) expect(shown).not.toContain(secret.toLowerCase())
      expect(shown).not.toContain(pingKey.slice(0, 9))
    }
    expect(await viewer.read(`${page}/pings/1`)).toContain('42 rows copied')
    expect(await viewer.read(`${page}/pings/1`)).not.toContain(`${page}/pings/1/body`)
    expect(await member.read(`${page}/pings/1`)).toContain(pingKey)
  })
})
