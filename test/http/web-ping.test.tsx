import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import type { Monitor } from '#domain/monitor.ts'
import type { Project } from '#domain/project.ts'
import { SECOND } from '#lib/duration.ts'
import { TestGuard } from '../support/cronguard.ts'
import { memberOf, signedIn, Visitor, words } from '../support/visitor.ts'

let guard: TestGuard
let project: Project
let monitor: Monitor
let viewer: Visitor
let member: Visitor

beforeEach(async () => {
  guard = new TestGuard()
  project = guard.project()
  monitor = guard.monitor(project, { name: 'backup' })
  viewer = await memberOf(guard, project, 'viewer')
  member = await memberOf(guard, project, 'member')
})

afterEach(() => guard.stop())

const at = (path: string) => `/monitors/${monitor.uniqueKey}/pings/${path}`
const post = (body: string | Uint8Array<ArrayBuffer>, headers = {}) =>
  guard.ping(monitor, '', { method: 'POST', body, headers })

describe('Ping page', () => {
  test('shows everything that is known about the ping', async () => {
    const rid = '0188c1a2-9f3b-7c4d-8e5f-0123456789ab'
    await guard.ping(monitor, `/start?rid=${rid}`)
    guard.clock.advance(90 * SECOND)
    const headers = { 'User-Agent': 'curl/8.5' }
    await guard.ping(monitor, `/3?rid=${rid}`, { method: 'PUT', body: 'disk full', headers })
    const text = words(await viewer.read(at('2')))
    for (const fact of [
      'Ping #2: fail',
      '1 Mar 2026, 12:01:30',
      'Duration 1 minute 30 seconds',
      'Exit status 3',
      `Run ID ${rid}`,
      'Method PUT over HTTP',
      'IP address 192.0.2.7',
      'User agent curl/8.5',
      '9 bytes',
      'disk full',
    ]) {
      expect(text).toContain(fact)
    }
  })

  test('says when there is no body and no exit status', async () => {
    await guard.ping(monitor)
    const text = words(await viewer.read(at('1')))
    expect(text).toContain('No body.')
    expect(text).toContain('Exit status none')
    expect((await member.get(at('1/body'))).status).toBe(404)
  })

  test('links to the previous and the next ping, if any', async () => {
    for (let count = 0; count < 3; count++) await guard.ping(monitor)
    const leads = async (number: string) => {
      const text = await viewer.read(at(number))
      return [text.includes(`${at('')}${Number(number) - 1}" rel="prev"`), text.includes('rel="next"')]
    }
    expect([await leads('1'), await leads('2'), await leads('3')]).toEqual([
      [false, true],
      [true, true],
      [true, false],
    ])
  })

  test.each(['0', '2', '-1', '1e0', '01', '1.0', 'x', '9'.repeat(30)])(
    'answers 404 for the number %s',
    async (number) => {
      await guard.ping(monitor)
      expect((await viewer.get(at(number))).status).toBe(404)
      expect((await member.get(at(`${number}/body`))).status).toBe(404)
    },
  )

  test('answers 404 for a ping of another monitor', async () => {
    const other = guard.monitor(project, { name: 'other' })
    await guard.ping(other)
    expect((await viewer.get(at('1'))).status).toBe(404)
  })

  test('is for members of the project only', async () => {
    await post('secret words')
    const visitors: [Visitor, page: number, raw: number][] = [
      [new Visitor(guard), 303, 303],
      [await signedIn(guard, 'outsider@example.org'), 404, 404],
      [viewer, 200, 403],
      [member, 200, 200],
    ]
    for (const [visitor, page, raw] of visitors) {
      expect([(await visitor.get(at('1'))).status, (await visitor.get(at('1/body'))).status]).toEqual([page, raw])
    }
  })
})

describe('Body on the ping page', () => {
  test('is escaped, and its raw form runs nothing in a browser', async () => {
    const body = '</pre><script>alert(1)</script>\u202Eabc\u0000\u0007\u001b[31m'
    await post(body, { 'User-Agent': '<script>alert(2)</script>' })
    const text = await viewer.read(at('1'))
    expect(text).not.toContain('<script>alert')
    expect(text).toContain('&lt;/pre&gt;&lt;script&gt;alert(1)&lt;/script&gt;')
    expect(text).toContain('\u2400\u2407\u241b[31m')
    const raw = await member.get(at('1/body'))
    expect(await raw.text()).toBe(body)
    expect(Object.fromEntries(raw.headers)).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
      'content-disposition': 'inline; filename="ping-1.txt"',
      'cache-control': 'no-store',
    })
  })

  test('that is not text is shown as far as it goes, and its raw form is unchanged', async () => {
    const bytes = new Uint8Array([0xc3, 0x28, 0x41, 0x00, 0xff])
    await post(bytes)
    expect(await viewer.read(at('1'))).toContain('\uFFFD(A\u2400\uFFFD')
    expect(new Uint8Array(await (await member.get(at('1/body'))).arrayBuffer())).toEqual(bytes)
    await viewer.read(`/monitors/${monitor.uniqueKey}/timeline`)
  })

  test('keeps its lines, and an empty first line', async () => {
    await post('\nfirst\r\n  second')
    expect(await viewer.read(at('1'))).toContain('dir="auto" tabindex="0">\n\nfirst\n  second</pre>')
  })
})
