// Of a body over the limit, the beginning and the end are stored.
import { afterEach, describe, expect, test } from 'bun:test'
import { gzipSync } from 'node:zlib'
import type { Monitor } from '#domain/monitor.ts'
import type { Project } from '#domain/project.ts'
import { findBody } from '#store/bodies.ts'
import { listPings } from '#store/pings.ts'
import { TestGuard } from '../support/cronguard.ts'
import { Served } from '../support/served.ts'
import { memberOf } from '../support/visitor.ts'

let guard: TestGuard
let project: Project
let monitor: Monitor

function start(limit: number | null, filter = {}): void {
  guard = new TestGuard({ env: limit === null ? {} : { CRONGUARD_PING_BODY_LIMIT: String(limit) } })
  project = guard.project()
  monitor = guard.monitor(project, { name: 'backup', filter: { httpBody: true, failsByDefault: true, ...filter } })
}
afterEach(() => guard.stop())

const bytesOf = (text: string) => new Uint8Array(Buffer.from(text))
const post = (body: RequestInit['body'], headers: Record<string, string> = {}) =>
  guard.request(`/ping/${monitor.pingKey}`, { method: 'POST', body, headers })
const number = () => guard.now(monitor).pingCount
const kept = () => findBody(guard.db, { monitorId: monitor.id, number: number() })
const ends = () => {
  const { head = new Uint8Array(), tail = new Uint8Array(), cutBytes } = kept()?.body ?? {}
  return { head: Buffer.from(head).toString(), tail: Buffer.from(tail).toString(), cutBytes }
}
const kind = () => listPings(guard.db, { monitorId: monitor.id, limit: 1 })[0]?.kind
const raw = () => {
  const headers = { 'X-Api-Key': guard.apiKey(project) }
  return guard.request(`/api/v3/checks/${monitor.pingKey}/pings/${number()}/body`, { headers })
}
const pageFor = async (role: 'member' | 'viewer') =>
  (await memberOf(guard, project, role)).read(`/monitors/${monitor.uniqueKey}/pings/${number()}`)
const inPieces = (bytes: Uint8Array, size: number) =>
  new ReadableStream({
    start(controller) {
      for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.slice(at, at + size))
      controller.close()
    },
  })

/** Bytes that show their position. */
const counted = (length: number) => new Uint8Array(length).map((_, index) => index % 251)

describe('Ping body limit: a body', () => {
  test('keeps 100,000 bytes by default, as Ping-Body-Limit announces: the first 10,000 and the end', async () => {
    start(null)
    const body = counted(1_000_000)
    const answer = await post(body)
    expect(answer.headers.get('ping-body-limit')).toBe('100000')
    expect(kept()?.body).toEqual({ head: body.slice(0, 10_000), tail: body.slice(-90_000), cutBytes: 900_000 })
  })

  test('is stored whole up to the limit', async () => {
    start(20_000)
    const body = counted(20_000)
    await post(body)
    expect(kept()?.body).toEqual({ head: body, tail: new Uint8Array(), cutBytes: 0 })
    expect((await raw()).headers.get('x-cronguard-body-cut')).toBeNull()
  })

  test.each([1, 700, 9999, 10_000, 10_001, 64_000])('is cut the same in chunks of %d bytes', async (size) => {
    start(10_007)
    for (const length of [10_006, 10_007, 10_008, 10_013, 10_014, 10_015, 30_001]) {
      const body = counted(length)
      await post(inPieces(body, Math.max(size, length / 500)))
      const cutBytes = Math.max(0, length - 10_007)
      const tail = cutBytes > 0 ? body.slice(-7) : new Uint8Array()
      expect(kept()?.body).toEqual({ head: body.slice(0, cutBytes > 0 ? 10_000 : length), tail, cutBytes })
    }
  })

  test('keeps only its beginning when the limit is 10,000 or less, like Healthchecks', async () => {
    start(10_000, { successKeywords: 'done' })
    await post(`${'x'.repeat(12_000)} done`)
    expect(ends()).toEqual({ head: 'x'.repeat(10_000), tail: '', cutBytes: 2005 })
    expect(kind()).toBe('fail')
  })

  test('is dropped when the limit is 0', async () => {
    start(0)
    await post('said for nothing')
    expect(listPings(guard.db, { monitorId: monitor.id, limit: 1 })[0]).toMatchObject({ bodySize: 0, droppedBytes: 0 })
    expect((await raw()).status).toBe(404)
  })

  test('is searched in its beginning and its end, and not across the cut', async () => {
    start(10_010, { successKeywords: 'all done, begun' })
    await post(`${'x'.repeat(50_000)} all done`)
    expect(kind()).toBe('success')
    await post(`begun${'x'.repeat(50_000)}`)
    expect(kind()).toBe('success')
    await post(`${'x'.repeat(9996)}all ${'y'.repeat(50)}done${'z'.repeat(6)}`)
    expect(ends()).toMatchObject({ tail: 'donezzzzzz' })
    expect(kind()).toBe('fail')
  })

  test('is returned by the API as beginning and end, with the number of missing bytes in a header', async () => {
    start(10_004)
    await post(`${'a'.repeat(10_000)}${'b'.repeat(30_000)}end.`)
    const answer = await raw()
    expect(answer.headers.get('x-cronguard-body-cut')).toBe('30000')
    expect(await answer.text()).toBe(`${'a'.repeat(10_000)}end.`)
  })

  test('is shown with the number of missing bytes between its two parts', async () => {
    start(10_004)
    await post(`${'a '.repeat(5000)}${'b'.repeat(1_234_567)}end.`)
    for (const role of ['member', 'viewer'] as const) {
      const page = await pageFor(role)
      expect(page).toContain('1,244,571 bytes')
      expect(page).toMatch(/a a a <\/pre>\s*<p class="soft">… 1,234,567 bytes not stored …<\/p>/)
      expect(page).not.toContain('bbb')
      if (role === 'member') expect(page).toMatch(/>end\.<\/pre>/)
    }
  })

  test.each([
    ['UTF-8', (text: string) => bytesOf(text), ''],
    ['UTF-16', (text: string) => new Uint8Array(Buffer.from(`\uFEFF${text}`, 'utf16le')), ''],
    ['a declared UTF-16', (text: string) => new Uint8Array(Buffer.from(text, 'utf16le')), '; charset=utf-16le'],
  ])('in %s shows only whole characters, wherever it is cut', async (_name, encode, charset) => {
    for (let more = 0; more < 8; more++) {
      start(10_020 + more)
      await post(encode(`${'x'.repeat(more)}${'😀é'.repeat(4000)}`), { 'Content-Type': `text/plain${charset}` })
      const page = await pageFor('member')
      const parts = [...page.matchAll(/<pre class="ping-body"[^>]*>([^<]*)<\/pre>/g)].map(([, text = '']) =>
        text.trim(),
      )
      expect(parts).toHaveLength(2)
      for (const part of parts) expect(part).toMatch(/^x*é?(😀é)+😀?$/u)
      guard.stop()
    }
    start(null)
  })

  test('that is compressed is stored as received, and decompressed to its end', async () => {
    start(20_000, { successKeywords: 'all done' })
    const lines = Array.from({ length: 30_000 }, (_, line) => (line * 7919) % 100_003).join('\n')
    const packed = gzipSync(`${lines} all done`)
    expect(packed.length).toBeGreaterThan(20_000)
    await post(packed, { 'Content-Encoding': 'gzip' })
    expect(kind()).toBe('success')
    expect(kept()?.body).toMatchObject({ head: new Uint8Array(packed.subarray(0, 10_000)) })
    const page = await pageFor('member')
    expect(page).toContain('all done')
    expect(page).toContain(`${(lines.length + ' all done'.length - 20_000).toLocaleString('en')} bytes not stored`)
  })

  test('hides a secret from a viewer when the cut separated it from its name', async () => {
    start(10_040)
    const secret = 'c2VjcmV0OnNlY3JldA'
    await post(`${'a\n'.repeat(9000)}Authorization: Basic ${secret}\nlast line of the log`)
    expect(ends().tail).toContain(secret)
    expect(ends().tail).not.toContain('Basic')
    const page = await pageFor('viewer')
    expect(page).not.toContain(secret)
    expect(page).toContain('last line of the log')
  })

  test('is read the same from a real connection', async () => {
    start(null)
    const served = new Served(guard).open()
    const body = counted(3_000_000)
    expect((await fetch(`${served.url}/ping/${monitor.pingKey}`, { method: 'POST', body })).status).toBe(200)
    expect(kept()?.body).toEqual({ head: body.slice(0, 10_000), tail: body.slice(-90_000), cutBytes: 2_900_000 })
    await served.close()
  })
})
