import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import type { Monitor } from '#domain/monitor.ts'
import type { Project } from '#domain/project.ts'
import { StorageRefusedError } from '#lib/errors.ts'
import { listMonitors } from '#store/monitors.ts'
import { listPings } from '#store/pings.ts'
import { storedBytes } from '../support/bodies.ts'
import { TestGuard } from '../support/cronguard.ts'

const RUN = '00000000-0000-4000-8000-00000000000a'

let guard: TestGuard
let project: Project
let backup: Monitor

beforeEach(() => {
  guard = new TestGuard()
  project = guard.project()
  backup = guard.monitor(project, { name: 'backup', slug: 'backup' })
})

afterEach(() => guard.stop())

const pings = () => listPings(guard.db, { monitorId: backup.id, limit: 100 })

async function answer(path: string, init: RequestInit = {}): Promise<[status: number, text: string]> {
  const response = await guard.request(path, init)
  return [response.status, await response.text()]
}

describe('Ping URL', () => {
  const paths: [ending: string, status: number, text: string][] = [
    ['', 200, 'OK'],
    ['/', 200, 'OK'],
    ['/start', 200, 'OK'],
    ['/fail', 200, 'OK'],
    ['/log', 200, 'OK'],
    ['/0', 200, 'OK'],
    ['/007', 200, 'OK'],
    ['/255', 200, 'OK'],
    ['/256', 400, 'invalid url format'],
    ['/99999999999999999999', 400, 'invalid url format'],
    ['/start/', 404, 'not found'],
    ['/START', 400, 'invalid url format'],
    ['/foo', 404, 'not found'],
    ['/-1', 404, 'not found'],
    ['/start/1', 404, 'not found'],
    ['/%66ail', 404, 'not found'],
    [`?rid=${RUN}`, 200, 'OK'],
    [`?rid=${RUN.toUpperCase()}`, 200, 'OK'],
    ['?rid=', 400, 'invalid uuid format'],
    [`?rid={${RUN}}`, 400, 'invalid uuid format'],
    [`?rid=${RUN}%0a`, 400, 'invalid uuid format'],
    [`?rid=nonsense&rid=${RUN}`, 200, 'OK'],
    ['?create=1&unknown=x', 200, 'OK'],
  ]
  test.each(paths)('that ends in %p answers %p %p', async (ending, status, text) => {
    expect(await answer(`/ping/${backup.pingKey}${ending}`)).toEqual([status, text])
    expect(pings()).toHaveLength(status === 200 ? 1 : 0)
  })

  test.each([
    '/ping/',
    '/ping/not-a-uuid',
    '/ping/07c2f548-9850-4b27-af5d-6c9dc157ec02',
    '/ping/07c2f548-9850-4b27-af5d-6c9dc157ec02/256',
    '/ping/07c2f548-9850-4b27-af5d-6c9dc157ec02?rid=x',
    '/ping//backup',
  ])('%s answers 404 before any other error', async (path) => {
    expect(await answer(path)).toEqual([404, 'not found'])
  })

  test('accepts capitals, and no ping key without hyphens', async () => {
    expect(await answer(`/ping/${backup.pingKey.toUpperCase()}`)).toEqual([200, 'OK'])
    expect(await answer(`/ping/${backup.pingKey.replaceAll('-', '')}`)).toEqual([404, 'not found'])
  })

  test('works under a host name of one letter, with a trailing slash too', async () => {
    for (const url of [`http://x/ping/${backup.pingKey}/`, `http://nas:80/ping/${backup.pingKey}`]) {
      const response = await guard.handler(new Request(url, { method: 'POST', body: 'hello' }), '192.0.2.9')
      expect([response.status, await response.text()]).toEqual([200, 'OK'])
    }
    expect(pings().map(({ remoteAddress, bodySize }) => [remoteAddress, bodySize])).toEqual([
      ['192.0.2.9', 5],
      ['192.0.2.9', 5],
    ])
  })
})

describe('Ping method', () => {
  test.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])('%s is recorded', async (method) => {
    expect(await answer(`/ping/${backup.pingKey}`, { method })).toEqual([200, 'OK'])
    expect(pings()).toMatchObject([{ kind: 'success', method }])
  })

  test('HEAD is recorded, and answered without a body', async () => {
    const response = await guard.request(`/ping/${backup.pingKey}`, { method: 'HEAD' })
    expect(response.status).toBe(200)
    expect(response.headers.get('ping-body-limit')).toBe('100000')
    expect(pings()).toMatchObject([{ method: 'HEAD' }])
  })

  test('OPTIONS records nothing, and allows browsers to ping', async () => {
    const response = await guard.request(`/ping/${backup.pingKey}`, { method: 'OPTIONS' })
    expect(response.status).toBe(204)
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    expect(pings()).toEqual([])
  })
})

describe('Ping answer', () => {
  test('is OK in plain text, never cached, and announces the body limit', async () => {
    const response = await guard.request(`/ping/${backup.pingKey}`)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'max-age=0, no-cache, no-store, must-revalidate, private',
      'access-control-allow-origin': '*',
      'ping-body-limit': '100000',
    })
  })

  test('is 503 with Retry-After while the disk is full', async () => {
    guard.deps.db.writeGrouped = () => Promise.reject(new StorageRefusedError(new Error('database or disk is full')))
    const response = await guard.request(`/ping/${backup.pingKey}`, { method: 'POST', body: 'x' })
    expect(response.status).toBe(503)
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(await response.text()).not.toContain('OK')
  })

  test('is 503 on a read-only disk, and OK once it accepts writes again', async () => {
    guard.db.write((tx) => tx.runScript('PRAGMA query_only = ON'))
    const refused = await guard.request(`/ping/${backup.pingKey}`)
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5'])
    expect(await refused.text()).toContain('Nothing was recorded')
    guard.db.get('PRAGMA query_only = OFF')
    await guard.ping(backup)
    expect(pings()).toHaveLength(1)
  })

  test('to an unexpected error is 500 with a request number, and the ping key is not logged', async () => {
    guard.deps.db.writeGrouped = () => Promise.reject(new Error('boom'))
    const [status, text] = await answer(`/ping/${backup.pingKey}`)
    expect(status).toBe(500)
    expect(text).not.toContain('boom')
    expect(JSON.stringify(guard.log)).not.toContain(backup.pingKey)
    expect(text).toContain(String(guard.log[0]?.fields.request))
  })
})

describe('Ping body', () => {
  const post = (body: string | Uint8Array<ArrayBuffer> | ReadableStream) =>
    guard.ping(backup, '', { method: 'POST', body })
  const stored = () => storedBytes(guard.db, { monitorId: backup.id, number: 1 })

  test('is stored byte for byte', async () => {
    const bytes = new Uint8Array([0, 255, 0xc3, 0x28, 13, 10, 0])
    await post(bytes)
    expect(stored()).toEqual(bytes)
  })

  test('that is empty is not stored', async () => {
    await post('')
    expect(stored()).toBeNull()
  })
})

describe('Ping origin', () => {
  test('is stored: address, method, scheme and the first 200 characters of the user agent', async () => {
    await guard.ping(backup, '', { headers: { 'User-Agent': 'é'.repeat(10) + 'a'.repeat(300) } })
    expect(pings()[0]).toMatchObject({ remoteAddress: '192.0.2.7', method: 'GET', scheme: 'http' })
    expect(pings()[0]?.userAgent).toHaveLength(200)
  })

  test('is the connection, not what a header claims', async () => {
    await guard.ping(backup, '', { headers: { 'X-Forwarded-For': '1.1.1.1', 'X-Forwarded-Proto': 'https' } })
    expect(pings()[0]).toMatchObject({ remoteAddress: '192.0.2.7', scheme: 'http' })
  })
})

describe('Ping by slug', () => {
  const monitors = () => listMonitors(guard.db, project.id)

  test('reaches the monitor of its own project only', async () => {
    const other = guard.project('mallory@example.org')
    expect(await answer(`/ping/${project.pingKey}/backup/fail`)).toEqual([200, 'OK'])
    expect(await answer(`/ping/${other.pingKey}/backup`)).toEqual([404, 'not found'])
    expect(pings()).toMatchObject([{ kind: 'fail' }])
  })

  test('answers 409 when two monitors share the slug, and records nothing', async () => {
    guard.monitor(project, { name: 'twin', slug: 'backup' })
    expect(await answer(`/ping/${project.pingKey}/backup?create=1`)).toEqual([409, 'ambiguous slug'])
    expect(pings()).toEqual([])
  })

  test('with create=1 creates an unknown monitor with every channel, and pings it', async () => {
    const channelId = guard.mailTo(project, 'ops@example.org')
    expect(await answer(`/ping/${project.pingKey}/fresh/start?create=1`)).toEqual([201, 'Created'])
    expect(await answer(`/ping/${project.pingKey}/fresh?create=1`)).toEqual([200, 'OK'])
    const made = monitors().find(({ slug }) => slug === 'fresh')
    expect(made).toMatchObject({ name: 'fresh', status: 'up', pingCount: 2, graceMs: 3_600_000 })
    expect(
      guard.db.all('SELECT channel_id FROM monitor_channels WHERE monitor_id = $id', { id: made?.id ?? 0 }),
    ).toEqual([{ channel_id: channelId }])
  })

  test.each([
    ['fresh', 404, 'not found'],
    ['fresh?create=0', 404, 'not found'],
    ['fresh?create=1&create=', 404, 'not found'],
    ['fresh/256?create=1', 400, 'invalid url format'],
    ['fresh?create=1&rid=x', 400, 'invalid uuid format'],
    ['Fresh?create=1', 400, 'invalid url format'],
    [`${'a'.repeat(101)}?create=1`, 400, 'invalid url format'],
    ['a.b?create=1', 404, 'not found'],
  ])('%s is refused and creates no monitor', async (path, status, text) => {
    expect(await answer(`/ping/${project.pingKey}/${path}`)).toEqual([status, text])
    expect(monitors()).toHaveLength(1)
  })

  test('with create=1 creates one monitor for several first pings at once', async () => {
    const path = `/ping/${project.pingKey}/fresh?create=1`
    const statuses = await Promise.all([answer(path), answer(path), answer(path)])
    expect(statuses.map(([status]) => status).sort()).toEqual([200, 200, 201])
    expect(monitors()).toHaveLength(2)
  })

  test('accepts a slug with the name of a signal', async () => {
    guard.monitor(project, { name: 'odd', slug: 'start' })
    expect(await answer(`/ping/${project.pingKey}/start`)).toEqual([200, 'OK'])
  })
})

describe('Concurrent pings', () => {
  test('each get their own number, and all are stored', async () => {
    await Promise.all(Array.from({ length: 700 }, () => guard.ping(backup)))
    expect(guard.now(backup).pingCount).toBe(700)
    expect(guard.db.get<{ n: number }>('SELECT count(DISTINCT number) AS n FROM pings')?.n).toBe(700)
  })
})
