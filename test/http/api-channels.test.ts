import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import type { Project } from '#domain/project.ts'
import { type ApiRequest, callApi } from '../support/api.ts'
import { TestGuard } from '../support/cronguard.ts'

let guard: TestGuard
let project: Project
let key: string

beforeEach(() => {
  guard = new TestGuard()
  project = guard.project()
  guard.monitor(project, { name: 'backup', slug: 'backup' })
  key = guard.apiKey(project)
})

afterEach(() => guard.stop())

function call(path: string, request: Partial<ApiRequest> = {}) {
  return callApi(guard, path, { with: key, ...request })
}

describe('Management API: channels', () => {
  let channel: string

  beforeEach(() => {
    const settings = { url: 'http://hooks.example.org/t0ken', secret: 'hush' }
    channel = guard.channel(project, { kind: 'webhook', settings })
  })

  const stored = () => guard.db.get<{ settings: string }>('SELECT settings FROM channels')?.settings ?? ''
  const change = (body: unknown) => call(`/channels/${channel}`, { body })

  test('GET returns the state of a channel and which settings are set, without their values', async () => {
    guard.monitor(project, { name: 'nightly-report' }, [channel])
    expect(await call(`/channels/${channel}`)).toEqual({
      status: 200,
      json: {
        id: channel,
        name: 'webhook',
        kind: 'webhook',
        enabled: true,
        confirmed: true,
        tells_blackouts: true,
        events: ['down', 'up', 'reminder'],
        quiet_hours: null,
        delay: 0,
        weekly_test: false,
        proven: '2026-03-01T12:00:00+00:00',
        scope: 'these',
        scope_tags: '',
        summary: expect.stringMatching(/^http:\/\/hooks\.example\.org/),
        settings_given: ['url', 'secret'],
        failing_since: null,
        n_checks: 2,
        n_waiting: 0,
      },
    })
  })

  test('POST keeps what the request leaves out', async () => {
    expect((await change({ name: 'hook' })).json).toMatchObject({ name: 'hook', enabled: true })
    await change({ settings: { url: 'http://hooks.example.org/n3w' } })
    expect(JSON.parse(stored())).toEqual({ url: 'http://hooks.example.org/n3w', secret: 'hush' })
    await change({ settings: { secret: 'psst' } })
    expect(JSON.parse(stored())).toEqual({ url: 'http://hooks.example.org/n3w', secret: 'psst' })
    expect((await change({ settings: { secret: null } })).json.settings_given).toEqual(['url'])
    expect((await change({})).json.name).toBe('hook')
  })

  test('POST disables and enables a channel; disabling it fails its pending deliveries', async () => {
    const report = guard.monitor(project, { name: 'nightly-report' }, [channel])
    await guard.ping(report, '/fail')
    expect((await call(`/channels/${channel}`)).json.n_waiting).toBe(1)
    expect((await change({ enabled: false })).json).toMatchObject({ enabled: false, n_waiting: 0 })
    expect(guard.deliveries(report)[0]?.state).toBe('failed')
    expect((await change({ enabled: true })).json.enabled).toBe(true)
    expect((await change({ tells_blackouts: false })).json).toMatchObject({ enabled: true, tells_blackouts: false })
  })

  test('POST with a new URL requires the secret again', async () => {
    const { status, json } = await change({ name: 'hook', settings: { url: 'http://evil.example.com/' } })
    expect([status, json.error]).toEqual([400, expect.stringContaining('Enter “Secret” again')])
    expect(stored()).toContain('t0ken')
    expect((await call(`/channels/${channel}`)).json.name).toBe('webhook')
    await change({ settings: { url: 'http://other.example.com/', secret: 'new' } })
    expect(JSON.parse(stored())).toEqual({ url: 'http://other.example.com/', secret: 'new' })
  })

  test.each([
    ['a number as name', { name: 1 }, 'json validation error: name is not a string'],
    ['a name of 101 characters', { name: 'x'.repeat(101) }, 'Use at most 100 characters.'],
    ['a string as enabled', { enabled: 'no' }, 'json validation error: enabled is not a boolean'],
    ['a list as settings', { settings: [] }, 'json validation error: settings is not an object'],
    [
      'a number as setting',
      { settings: { url: 5 } },
      'json validation error: a value in settings is neither a string nor null',
    ],
    [
      'no URL',
      { enabled: false, settings: { url: null, secret: 'x' } },
      'url: Enter a URL that starts with https:// or http://.',
    ],
    ['null', null, 'json validation error: value is not an object'],
  ])('POST with %s answers 400 and changes nothing', async (_what, body, error) => {
    const before = guard.db.all('SELECT * FROM channels')
    expect(await change(body)).toEqual({ status: 400, json: { error } })
    expect(guard.db.all('SELECT * FROM channels')).toEqual(before)
  })
})
