import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { recordGap } from '#actions/gaps.ts'
import type { Monitor } from '#domain/monitor.ts'
import type { Project } from '#domain/project.ts'
import { DAY } from '#lib/duration.ts'
import { type ApiRequest, callApi } from '../support/api.ts'
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

function call(path: string, request: Partial<ApiRequest> = {}) {
  return callApi(guard, path, { with: key, ...request })
}

/** A monitor that is down, with one notification whose first attempt failed. */
async function failedBackup() {
  const channel = guard.webhookTo(project, 'http://hooks.example.org/t0ken')
  guard.monitor(project, { name: 'billing' })
  const report = guard.monitor(project, { name: 'nightly-report' }, [channel])
  guard.outside.failWith('refused')
  await guard.ping(report, '/fail')
  await guard.tick()
  const [delivery] = (await call('/deliveries/')).json.deliveries
  const [incident] = (await call('/incidents/')).json.incidents
  return { channel, report, delivery: delivery.id as string, incident: incident.id as string }
}

describe('Management API v3: channels, deliveries, incidents, project and keys', () => {
  interface Ids {
    channel: string
    delivery: string
    incident: string
    key: string
  }

  interface Route {
    method: string
    path: (ids: Ids) => string
    body?: unknown
    /** What a read-only key, and a key of another project, get. */
    readOnly: number
    outsider: number
  }

  const routes: Route[] = [
    { method: 'GET', path: ({ channel }) => `/channels/${channel}`, readOnly: 401, outsider: 404 },
    {
      method: 'POST',
      path: ({ channel }) => `/channels/${channel}`,
      body: { name: 'x' },
      readOnly: 401,
      outsider: 404,
    },
    { method: 'GET', path: () => '/deliveries/', readOnly: 401, outsider: 200 },
    { method: 'GET', path: ({ delivery }) => `/deliveries/?before=${delivery}`, readOnly: 401, outsider: 404 },
    { method: 'GET', path: ({ delivery }) => `/deliveries/${delivery}`, readOnly: 401, outsider: 404 },
    { method: 'POST', path: ({ delivery }) => `/deliveries/${delivery}/repeat`, readOnly: 401, outsider: 404 },
    { method: 'GET', path: () => '/incidents/', readOnly: 200, outsider: 200 },
    { method: 'GET', path: ({ incident }) => `/incidents/?before=${incident}`, readOnly: 200, outsider: 404 },
    { method: 'GET', path: ({ incident }) => `/incidents/${incident}`, readOnly: 200, outsider: 404 },
    {
      method: 'POST',
      path: ({ incident }) => `/incidents/${incident}/acknowledge`,
      body: { note: 'x' },
      readOnly: 401,
      outsider: 404,
    },
    { method: 'DELETE', path: ({ incident }) => `/incidents/${incident}/acknowledge`, readOnly: 401, outsider: 404 },
    { method: 'GET', path: () => '/project/', readOnly: 200, outsider: 200 },
    { method: 'POST', path: () => '/project/', body: {}, readOnly: 401, outsider: 200 },
    { method: 'POST', path: () => '/project/ping-key', readOnly: 401, outsider: 200 },
    { method: 'GET', path: () => '/keys/', readOnly: 401, outsider: 200 },
    { method: 'POST', path: () => '/keys/', body: { access: 'read-only' }, readOnly: 401, outsider: 201 },
    { method: 'DELETE', path: ({ key }) => `/keys/${key}`, readOnly: 401, outsider: 404 },
  ]

  test.each(routes)('$method $path requires a key with access, and shows others no secrets', async (route) => {
    const { channel, report, delivery, incident } = await failedBackup()
    const [{ id }] = (await call('/keys/')).json.keys
    const path = route.path({ channel, delivery, incident, key: id })
    const readOnly = guard.apiKey(project, 'read-only')
    const outsider = guard.apiKey(guard.project('mallory@example.org'))
    const body = route.method === 'POST' ? { body: route.body ?? {} } : {}
    const as = (apiKey: string | null) => call(path, { method: route.method, with: apiKey, ...body })
    const before = everything()

    expect(await as(null)).toEqual({ status: 401, json: { error: 'missing api key' } })
    expect(await as('W'.repeat(32))).toEqual({ status: 401, json: { error: 'wrong api key' } })
    const reader = await as(readOnly)
    expect(reader.status).toBe(route.readOnly)
    if (route.readOnly === 401) expect(reader.json).toEqual({ error: 'wrong api key' })
    const foreign = await as(outsider)
    expect(foreign.status).toBe(route.outsider)
    for (const { json } of [reader, foreign]) {
      for (const secret of [report.pingKey, project.pingKey, 't0ken', 'alice', channel]) {
        expect(JSON.stringify(json)).not.toContain(secret)
      }
    }
    expect(JSON.stringify(foreign.json)).not.toContain('nightly-report')
    expect(everything()).toEqual(before)
    expect(await call(path, { method: route.method, version: 2, ...body })).toMatchObject({ status: 404 })
  })

  // Everything of the project that a request could change.
  function everything() {
    const { id } = project
    return [
      guard.db.all('SELECT * FROM projects WHERE id = $id', { id }),
      guard.db.all('SELECT * FROM api_keys WHERE project_id = $id ORDER BY id', { id }),
      guard.db.all('SELECT * FROM channels WHERE project_id = $id ORDER BY id', { id }),
      guard.db.all('SELECT * FROM incidents'),
      guard.db.all('SELECT * FROM deliveries'),
    ]
  }

  test('accepts a collection with and without a trailing slash, and an item only without', async () => {
    const { delivery } = await failedBackup()
    for (const path of ['/deliveries', '/incidents', '/project', '/keys']) expect((await call(path)).status).toBe(200)
    expect((await call(`/deliveries/${delivery}/`)).status).toBe(404)
    expect((await call('/deliveries/nothing')).status).toBe(404)
    expect((await call('/keys/', { method: 'DELETE' })).status).toBe(405)
  })

  test.each([
    ['/incidents/?limit=0', 'limit is too small'],
    ['/incidents/?limit=501', 'limit is too large'],
    ['/incidents/?limit=1.5', 'limit is not a number'],
    ['/incidents/?open=yes', 'open has unexpected value'],
    ['/deliveries/?limit=1001', 'limit is too large'],
    ['/deliveries/?limit=many', 'limit is not a number'],
    ['/deliveries/?state=lost', 'state has unexpected value'],
  ])('refuses %s with an error message', async (path, problem) => {
    expect(await call(path)).toEqual({ status: 400, json: { error: `query validation error: ${problem}` } })
  })
})

describe('Management API: deliveries', () => {
  test('are listed newest first, in pages, and can be filtered by state', async () => {
    const channel = guard.webhookTo(project, 'http://hooks.example.org/')
    for (const name of ['one', 'two', 'three']) {
      await guard.ping(guard.monitor(project, { name }, [channel]), '/fail')
    }
    await guard.tick()
    guard.outside.failWith('refused')
    await guard.ping(guard.monitor(project, { name: 'four' }, [channel]), '/fail')
    await guard.tick()
    const names = ({ json }: { json: { deliveries: { check_name: string }[] } }) =>
      json.deliveries.map(({ check_name }) => check_name)

    expect(names(await call('/deliveries/'))).toEqual(['four', 'three', 'two', 'one'])
    expect((await call('/deliveries/')).json.next).toBeNull()
    expect(names(await call('/deliveries/?state=pending'))).toEqual(['four'])
    expect(names(await call('/deliveries/?state=sent'))).toEqual(['three', 'two', 'one'])
    const first = await call('/deliveries/?limit=2')
    expect(names(first)).toEqual(['four', 'three'])
    const second = await call(`/deliveries/?limit=2&before=${first.json.next}`)
    expect([names(second), second.json.next]).toEqual([['two', 'one'], null])
    expect((await call('/deliveries/?before=nothing')).status).toBe(404)
  })

  test('GET of one delivery returns every attempt', async () => {
    const { delivery, report } = await failedBackup()
    guard.outside.failWith(null)
    await guard.pass(60_000)
    const { json } = await call(`/deliveries/${delivery}`)
    expect(json).toMatchObject({ state: 'sent', attempts: 2, check: report.uniqueKey, check_name: 'nightly-report' })
    expect(json.attempt_log).toMatchObject([
      { result: 'failed', reason: 'refused', detail: 'Connection refused', started: '2026-03-01T12:00:00+00:00' },
      { result: 'sent', reason: null },
    ])
  })

  test('POST repeat creates a new delivery, and answers 409 while the first is still being sent', async () => {
    const { delivery } = await failedBackup()
    const repeat = () => call(`/deliveries/${delivery}/repeat`, { body: 'null' })
    const refusal = { error: 'This notification is still being sent.' }
    expect(await repeat()).toEqual({ status: 409, json: refusal })
    guard.outside.failWith(null)
    await guard.pass(60_000)
    const { status, json } = await repeat()
    expect([status, json.state, json.attempts, json.attempt_log]).toEqual([201, 'pending', 0, []])
    await guard.tick()
    expect((await call(`/deliveries/${json.id}`)).json.state).toBe('sent')
    expect(guard.outside.calls.length).toBe(2)
  })

  test('a delivery about a gap belongs to no check', async () => {
    const channel = guard.webhookTo(project, 'http://hooks.example.org/')
    await guard.ping(guard.monitor(project, { name: 'nightly-report' }, [channel]))
    guard.clock.advance(2 * DAY)
    guard.db.write((tx) => recordGap(tx, { from: tx.now - 2 * DAY, reason: 'crash', steppedMs: 0 }))
    const [delivery] = (await call('/deliveries/')).json.deliveries
    expect(delivery).toMatchObject({ status: 'blind', check: null, check_name: null, channel })
    expect((await call(`/deliveries/${delivery.id}`)).status).toBe(200)
    const outsider = { with: guard.apiKey(guard.project('mallory@example.org')) }
    expect((await call(`/deliveries/${delivery.id}`, outsider)).status).toBe(404)
    expect((await call('/deliveries/', outsider)).json.deliveries).toEqual([])
  })

  test('a delivery keeps the name of its deleted channel, and cannot be repeated', async () => {
    const { delivery, channel } = await failedBackup()
    await call(`/channels/${channel}`, { method: 'DELETE' })
    const kept = { channel: null, channel_name: 'webhook', state: 'failed' }
    expect((await call(`/deliveries/${delivery}`)).json).toMatchObject(kept)
    expect((await call(`/deliveries/${delivery}/repeat`, { body: {} })).status).toBe(409)
  })
})

describe('Management API: incidents', () => {
  async function openAndPast() {
    await guard.ping(backup, '/fail')
    guard.clock.advance(90_000)
    await guard.ping(backup)
    guard.clock.advance(60_000)
    await guard.ping(guard.monitor(project, { name: 'billing' }), '/fail')
  }

  const names = ({ json }: { json: { incidents: { check_name: string }[] } }) =>
    json.incidents.map(({ check_name }) => check_name)

  test('are listed newest first, in pages, and can be filtered by state and check', async () => {
    await openAndPast()
    expect(names(await call('/incidents/'))).toEqual(['billing', 'backup'])
    expect(names(await call('/incidents/?open=1'))).toEqual(['billing'])
    expect(names(await call('/incidents/?open=0'))).toEqual(['backup'])
    expect(names(await call(`/incidents/?check=${backup.pingKey}`))).toEqual(['backup'])
    expect(names(await call(`/incidents/?check=${backup.uniqueKey}&open=1`))).toEqual([])
    const first = await call('/incidents/?limit=1')
    expect(names(first)).toEqual(['billing'])
    const second = await call(`/incidents/?limit=1&before=${first.json.next}`)
    expect([names(second), second.json.next]).toEqual([['backup'], null])
    expect((await call(`/incidents/?check=${'0'.repeat(40)}`)).status).toBe(404)
  })

  test('of a check in another project answer 403 by ping key and 404 by unique key', async () => {
    const foreign = guard.monitor(guard.project('mallory@example.org'), { name: 'secret job' })
    await guard.ping(foreign, '/fail')
    expect((await call(`/incidents/?check=${foreign.pingKey}`)).status).toBe(403)
    expect((await call(`/incidents/?check=${foreign.uniqueKey}`)).status).toBe(404)
  })

  test('have times, reason and duration', async () => {
    await openAndPast()
    const [, past] = (await call('/incidents/')).json.incidents
    expect(past).toEqual({
      id: past.id,
      check: backup.uniqueKey,
      check_name: 'backup',
      reason: 'fail',
      opened: '2026-03-01T12:00:00+00:00',
      closed: '2026-03-01T12:01:30+00:00',
      duration: 90,
      acknowledged: null,
      acknowledged_by: null,
      note: '',
      failed_deliveries: 0,
    })
  })

  test('POST acknowledge appends its note to earlier notes, and keeps the first time', async () => {
    const { incident, delivery } = await failedBackup()
    const acknowledge = (body: unknown) => call(`/incidents/${incident}/acknowledge`, { body })
    expect((await acknowledge('null')).json).toMatchObject({ acknowledged: '2026-03-01T12:00:00+00:00', note: '' })
    guard.clock.advance(60_000)
    expect((await acknowledge({ note: 'The disk is full.' })).json.note).toBe('The disk is full.')
    const { json } = await acknowledge({ note: 'A new one is ordered.' })
    expect(json).toMatchObject({
      acknowledged: '2026-03-01T12:00:00+00:00',
      note: 'The disk is full.\nA new one is ordered.',
      deliveries: [{ id: delivery }],
    })
    const withdrawn = await call(`/incidents/${incident}/acknowledge`, { method: 'DELETE' })
    expect(withdrawn.json.acknowledged).toBeNull()
  })

  test.each([
    ['a number', 5, 'json validation error: note is not a string'],
    ['a text of 2001 characters', 'x'.repeat(2001), 'json validation error: note is too long'],
  ])('POST acknowledge with %s as note answers 400', async (_what, note, error) => {
    const { incident } = await failedBackup()
    expect(await call(`/incidents/${incident}/acknowledge`, { body: { note } })).toEqual({
      status: 400,
      json: { error },
    })
    expect((await call(`/incidents/${incident}`)).json.acknowledged).toBeNull()
  })

  test('POST acknowledge answers 400 when all notes together exceed 2000 characters', async () => {
    const { incident } = await failedBackup()
    const acknowledge = () => call(`/incidents/${incident}/acknowledge`, { body: { note: 'x'.repeat(1500) } })
    await acknowledge()
    await call(`/incidents/${incident}/acknowledge`, { method: 'DELETE' })
    expect(await acknowledge()).toMatchObject({ status: 400, json: { error: 'Use at most 2,000 characters.' } })
    expect((await call(`/incidents/${incident}`)).json).toMatchObject({ acknowledged: null, note: 'x'.repeat(1500) })
  })

  test('a read-only key sees neither who acknowledged an incident nor its deliveries', async () => {
    const { incident } = await failedBackup()
    guard.db.write((tx) =>
      tx.run('UPDATE incidents SET acknowledged_at = $now, acknowledged_by = (SELECT id FROM users)', { now: tx.now }),
    )
    expect((await call(`/incidents/${incident}`)).json.acknowledged_by).toBe('alice@example.org')
    const { json } = await call(`/incidents/${incident}`, { with: guard.apiKey(project, 'read-only') })
    expect([json.acknowledged_by, json.deliveries]).toEqual([null, undefined])
    expect(json.acknowledged).not.toBeNull()
  })
})
