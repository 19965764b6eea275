import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import type { Monitor } from '#domain/monitor.ts'
import type { Project } from '#domain/project.ts'
import { findChannel } from '#store/channels.ts'
import { TestGuard } from '../support/cronguard.ts'

let guard: TestGuard
let project: Project
let backup: Monitor
let key: string

beforeEach(() => {
  guard = new TestGuard()
  project = guard.project()
  backup = guard.monitor(project, { name: 'backup', slug: 'backup' })
  key = guard.apiKey(project)
})

afterEach(() => guard.stop())

interface Call {
  method?: string
  body?: unknown
  with?: string | null
}

async function call(path: string, { method, body, with: apiKey = key }: Call = {}) {
  const response = await guard.request(`/api/v3${path}`, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: apiKey === null ? {} : { 'X-Api-Key': apiKey },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, json: text.startsWith('{') ? JSON.parse(text) : text }
}

describe('Management API: routes', () => {
  interface Route {
    method: string
    path: (ids: { check: string; channel: string }) => string
    /** What a read-only key, and a key of another project, get. */
    readOnly: number
    outsider: number
  }

  const routes: Route[] = [
    { method: 'GET', path: () => '/checks/', readOnly: 200, outsider: 200 },
    { method: 'POST', path: () => '/checks/', readOnly: 401, outsider: 201 },
    { method: 'GET', path: ({ check }) => `/checks/${check}`, readOnly: 200, outsider: 403 },
    { method: 'POST', path: ({ check }) => `/checks/${check}`, readOnly: 401, outsider: 403 },
    { method: 'DELETE', path: ({ check }) => `/checks/${check}`, readOnly: 401, outsider: 403 },
    { method: 'POST', path: ({ check }) => `/checks/${check}/pause`, readOnly: 401, outsider: 403 },
    { method: 'POST', path: ({ check }) => `/checks/${check}/resume`, readOnly: 401, outsider: 403 },
    { method: 'GET', path: ({ check }) => `/checks/${check}/pings/`, readOnly: 401, outsider: 403 },
    { method: 'GET', path: ({ check }) => `/checks/${check}/pings/1/body`, readOnly: 401, outsider: 403 },
    { method: 'GET', path: ({ check }) => `/checks/${check}/flips/`, readOnly: 200, outsider: 403 },
    { method: 'GET', path: ({ check }) => `/checks/${check}/deliveries/`, readOnly: 401, outsider: 403 },
    { method: 'GET', path: () => '/channels/', readOnly: 401, outsider: 200 },
    { method: 'POST', path: () => '/channels/', readOnly: 401, outsider: 400 },
    { method: 'DELETE', path: ({ channel }) => `/channels/${channel}`, readOnly: 401, outsider: 404 },
    { method: 'POST', path: ({ channel }) => `/channels/${channel}/test`, readOnly: 401, outsider: 404 },
  ]

  test.each(routes)(
    '$method $path requires a key with access, and shows others nothing of the check',
    async (route) => {
      const channel = guard.mailTo(project, 'ops@example.org')
      await guard.ping(backup, '', { method: 'POST', body: 'secret output' })
      const path = route.path({ check: backup.pingKey, channel })
      const outsider = guard.apiKey(guard.project('mallory@example.org'))
      const body = route.method === 'POST' ? {} : undefined
      const as = (apiKey: string | null) =>
        call(path, { method: route.method, with: apiKey, ...(body === undefined ? {} : { body }) })

      expect([(await as(null)).status, (await as('W'.repeat(32))).status]).toEqual([401, 401])
      expect((await as(guard.apiKey(project, 'read-only'))).status).toBe(route.readOnly)
      const foreign = await as(outsider)
      expect(foreign.status).toBe(route.outsider)
      expect(JSON.stringify(foreign.json)).not.toContain(backup.pingKey)
      expect(JSON.stringify(foreign.json)).not.toContain('backup')
      expect(JSON.stringify(foreign.json)).not.toContain('secret output')
      expect(guard.now(backup)).toMatchObject({ name: 'backup', status: 'up' })
    },
  )

  test('show no ping key to a read-only key', async () => {
    const readOnly = guard.apiKey(project, 'read-only')
    await guard.ping(backup, '', { method: 'POST', body: 'x' })
    for (const path of ['/checks/', `/checks/${backup.uniqueKey}`, `/checks/${backup.uniqueKey}/flips/`]) {
      const { status, json } = await call(path, { with: readOnly })
      expect(status).toBe(200)
      expect(JSON.stringify(json)).not.toContain(backup.pingKey)
    }
  })

  test('never show an API key again: only its hash is stored', () => {
    const everything = JSON.stringify(guard.db.all('SELECT * FROM api_keys'))
    expect(everything).not.toContain(key)
    expect(everything).toContain(key.slice(0, 8))
  })

  test('accept a Bearer key and api_key in the body, and no key in the query', async () => {
    const bearer = { headers: { Authorization: `Bearer ${key}` } }
    expect((await guard.request('/api/v3/checks/', bearer)).status).toBe(200)
    expect((await guard.request(`/api/v3/checks/?api_key=${key}`)).status).toBe(401)
    const fromProxy = { method: 'POST', headers: { Authorization: `Bearer ${'p'.repeat(32)}` } }
    const body = JSON.stringify({ api_key: key })
    expect((await guard.request('/api/v3/checks/', { ...fromProxy, body })).status).toBe(201)
    expect((await guard.request('/api/v3/checks/', { ...fromProxy, body: '{}' })).status).toBe(401)
  })

  test('accept a trailing slash on a collection, and not after a check', async () => {
    expect((await call('/checks')).status).toBe(200)
    expect((await call(`/checks/${backup.pingKey}/pings`)).status).toBe(200)
    expect((await call(`/checks/${backup.pingKey}/`)).status).toBe(404)
  })

  test('work under a host name of one letter', async () => {
    const request = new Request('http://x/api/v3/checks/', { headers: { 'X-Api-Key': key } })
    expect((await guard.handler(request, null)).status).toBe(200)
  })

  test.each([
    ['PATCH', '/checks/', 405],
    ['PUT', '/channels/', 405],
    ['HEAD', '/checks/', 405],
    ['OPTIONS', '/checks/', 204],
  ])('%s %s answers %p, readable from any origin', async (method, path, status) => {
    const response = await call(path, { method, with: null })
    expect(response.status).toBe(status)
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    expect(response.headers.get('access-control-allow-methods')).toContain('OPTIONS')
  })
})

describe('Management API: URL of a check', () => {
  const unique = '0'.repeat(40)
  test.each([
    ['GET', '/checks/nonsense', 404],
    ['POST', '/checks/nonsense/pause', 404],
    ['OPTIONS', '/checks/nonsense', 404],
    ['GET', `/checks/${unique}`, 401],
    ['POST', `/checks/${unique}`, 405],
    ['DELETE', `/checks/${unique}`, 405],
    ['GET', `/checks/${unique}/flips/`, 401],
    ['GET', `/checks/${unique}/pings/`, 404],
    ['POST', `/checks/${unique}/pause`, 404],
  ])('%s %s answers %d without a key', async (...asked) => {
    const [method, path, status] = asked
    expect((await call(path, { method, with: null })).status).toBe(status)
  })

  test('by unique key allows only GET and OPTIONS', async () => {
    const { headers } = await call(`/checks/${unique}`, { method: 'OPTIONS' })
    expect(headers.get('access-control-allow-methods')).toBe('GET, OPTIONS')
  })
})

describe('Management API: flips', () => {
  test('are filtered by start (inclusive), end (exclusive) and seconds', async () => {
    const start = guard.clock.now() / 1000
    await guard.ping(backup)
    guard.clock.advance(100_000)
    await guard.ping(backup, '/fail')
    guard.clock.advance(100_000)
    const flips = async (query: string) => {
      const { json } = await call(`/checks/${backup.pingKey}/flips/?${query}`)
      return json.flips.map(({ up }: { up: number }) => up)
    }
    expect(await flips('')).toEqual([0, 1])
    expect(await flips(`start=${start}&end=${start + 100}`)).toEqual([1])
    expect(await flips(`start=${start + 1}`)).toEqual([0])
    expect(await flips('seconds=150')).toEqual([0])
    expect(await flips(`start=x&start=${start + 1}`)).toEqual([0])
  })
})

describe('Management API: changing a check', () => {
  test('moves its deadline at once', async () => {
    await guard.ping(backup)
    await call(`/checks/${backup.pingKey}`, { body: { timeout: 600, grace: 60 } })
    expect(guard.now(backup).deadlineAt).toBe(guard.clock.now() + 660_000)
  })

  test('keeps what pings have written', async () => {
    await guard.ping(backup, '/start')
    await call(`/checks/${backup.pingKey}`, { body: { name: 'renamed' } })
    expect(guard.now(backup)).toMatchObject({ name: 'renamed', pingCount: 1, openRuns: [{ runId: null }] })
  })
})

describe('Management API: channels', () => {
  const create = (body: unknown) => call('/channels/', { body })

  test('are created, assigned to every monitor, listed, tested and deleted', async () => {
    const { status, json } = await create({ kind: 'email', name: 'ops', settings: { address: 'ops@example.org' } })
    expect([status, json]).toEqual([201, { id: json.id, name: 'ops', kind: 'email' }])
    expect((await call('/channels/')).json).toEqual({ channels: [{ id: json.id, name: 'ops', kind: 'email' }] })
    expect((await call(`/checks/${backup.pingKey}`)).json.channels).toBe(json.id)

    expect((await call(`/channels/${json.id}/test`, { method: 'POST' })).json).toEqual({
      result: 'sent',
      reason: null,
      detail: '250 OK',
    })
    expect(guard.outside.subjects()).toEqual(['Down: TEST'])
    guard.outside.failWith('refused')
    expect((await call(`/channels/${json.id}/test`, { method: 'POST' })).json).toMatchObject({ reason: 'refused' })

    expect((await call(`/channels/${json.id}`, { method: 'DELETE' })).status).toBe(200)
    expect((await call('/channels/')).json).toEqual({ channels: [] })
    expect((await call(`/channels/${json.id}`, { method: 'DELETE' })).status).toBe(404)
  })

  test('have the settings that the form begins with, where none are sent', async () => {
    const { json } = await create({ kind: 'ntfy', settings: { topic: 'jobs', upPriority: '2' } })
    expect(findChannel(guard.db, json.id)?.settings).toEqual({
      server: 'https://ntfy.sh',
      topic: 'jobs',
      downPriority: 5,
      upPriority: 2,
    })
  })

  test.each([
    ['an empty object', {}, 'json validation error: kind is not a string'],
    ['an unknown kind', { kind: 'pigeon', settings: {} }, '"pigeon" is not a channel kind.'],
    ['no settings', { kind: 'email' }, 'json validation error: settings is not an object'],
    [
      'an invalid address',
      { kind: 'email', settings: { address: 'not-an-address' } },
      'address: Enter an email address, such as ada@example.org.',
    ],
    [
      'two addresses in one',
      { kind: 'email', settings: { address: 'a@example.org\r\nBcc: b@example.org' } },
      'address: Enter an email address, such as ada@example.org.',
    ],
    [
      'a file URL',
      { kind: 'webhook', settings: { url: 'file:///etc/passwd' } },
      'url: Enter a URL that starts with https:// or http://.',
    ],
    ['a number for a URL', { kind: 'webhook', settings: { url: 5 } }, 'url: Enter text.'],
    ['no URL', { kind: 'webhook', settings: {} }, 'url: This field is required.'],
    [
      'an unknown option',
      { kind: 'webhook', settings: { url: 'http://x.test', up: 'x' } },
      'up: Use one of: same, own, none.',
    ],
    [
      'a URL of 1,014 characters',
      { kind: 'webhook', settings: { url: `http://x.test/${'x'.repeat(1000)}` } },
      'url: Use at most 1,000 characters.',
    ],
    [
      'a name of 101 characters',
      { kind: 'webhook', name: 'x'.repeat(101), settings: { url: 'http://x.test' } },
      'Use at most 100 characters.',
    ],
  ])('POST with %s answers 400', async (_what, body, error) => {
    const { status, json } = await create(body)
    expect(status).toBe(400)
    expect(json.error).toBe(error)
  })

  test('run one test at a time', async () => {
    const id = guard.webhookTo(project, 'http://slow.example.org/')
    const held = guard.outside.holdNextCall()
    const first = call(`/channels/${id}/test`, { method: 'POST' })
    await held.arrived
    expect((await call(`/channels/${id}/test`, { method: 'POST' })).status).toBe(429)
    const outsider = guard.apiKey(guard.project('mallory@example.org'))
    expect((await call(`/channels/${id}/test`, { method: 'POST', with: outsider })).status).toBe(404)
    held.letGo()
    expect((await first).json.result).toBe('sent')
    expect((await call(`/channels/${id}/test`, { method: 'POST' })).status).toBe(200)
  })

  test('are listed without their settings', async () => {
    await create({ kind: 'webhook', name: 'hook', settings: { url: 'http://x.test/t0ken', secret: 'hush' } })
    const listed = JSON.stringify((await call('/channels/')).json)
    expect(listed).not.toContain('t0ken')
    expect(listed).not.toContain('hush')
  })
})

describe('Management API: deliveries of a check', () => {
  test('have channel, state, attempts, last outcome and times', async () => {
    const channel = guard.webhookTo(project, 'http://hooks.example.org/')
    guard.outside.failWith('refused')
    await guard.ping(backup, '/fail')
    await guard.tick()
    const { json } = await call(`/checks/${backup.pingKey}/deliveries/`)
    expect(json.deliveries).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        channel,
        channel_name: 'webhook',
        kind: 'webhook',
        status: 'down',
        state: 'pending',
        attempts: 1,
        last_outcome: {
          result: 'failed',
          reason: 'refused',
          detail: 'Connection refused',
          at: '2026-03-01T12:00:00+00:00',
        },
        created: '2026-03-01T12:00:00+00:00',
        next_attempt: expect.stringMatching(/^2026-03-01T12:00:(0[89]|1[012])\+00:00$/),
        settled: null,
      },
    ])
    guard.outside.failWith(null)
    await guard.pass(60_000)
    const settled = (await call(`/checks/${backup.pingKey}/deliveries/`)).json.deliveries[0]
    expect(settled).toMatchObject({ state: 'sent', attempts: 2, next_attempt: null })
  })
})

describe('Management API: a ping body', () => {
  test('is plain text, even if it is HTML', async () => {
    await guard.ping(backup, '', { method: 'POST', body: '<script>alert(1)</script>' })
    const { headers, json } = await call(`/checks/${backup.pingKey}/pings/1/body`)
    expect(json).toBe('<script>alert(1)</script>')
    expect(headers.get('content-type')).toStartWith('text/plain')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
  })
})
