// The fields of a check, as clients send them.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import type { Monitor } from '#domain/monitor.ts'
import type { Project } from '#domain/project.ts'
import { callApi } from '../support/api.ts'
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

const call = (path: string, { body, version = 3 }: { body?: unknown; version?: number } = {}) =>
  callApi(guard, path, { body, version, with: key })

test.each([
  ['Nightly  Backup', 'nightly-backup'],
  ['-a-', 'a'],
  ['__x--', 'x'],
  ['---', ''],
  ['Über Größe', 'uber-groe'],
  ['a\u2028b\u00a0c d', 'ab-c-d'],
])('Management API v1: the name %j becomes the slug %j', async (name, slug) => {
  expect((await call('/checks/', { version: 1, body: { name } })).json.slug).toBe(slug)
})

describe('Management API: a request body', () => {
  test.each([
    ['no JSON', '{', 'could not parse request body'],
    ['a list', '[]', 'json validation error: value is not an object'],
    ['null', 'null', 'json validation error: value is not an object'],
    ['endless', `{"name": "${'x'.repeat(1_000_000)}"}`, 'request body is too large'],
  ])('that is %s answers 400', async (_name, body, error) => {
    expect(await call('/checks/', { body })).toMatchObject({ status: 400, json: { error } })
  })

  test('of null pauses and resumes a check, as some clients send it', async () => {
    expect((await call(`/checks/${backup.pingKey}/pause`, { body: 'null' })).json.status).toBe('paused')
    expect((await call(`/checks/${backup.pingKey}/resume`, { body: 'null' })).json.status).toBe('new')
    expect(await call(`/checks/${backup.pingKey}/resume`, { body: 'null' })).toMatchObject({
      status: 409,
      json: 'check is not paused',
    })
  })

  test.each([
    ['a short timeout', { timeout: 59 }, 'timeout is too small'],
    ['a short grace', { grace: 1 }, 'grace is too small'],
    ['a timeout of 0', { timeout: 0, subminute: true }, 'timeout is too small'],
    ['a timeout of more than a year', { timeout: 31_536_001, subminute: true }, 'timeout is too large'],
    ['a timeout of 1.5', { timeout: 1.5, subminute: true }, 'timeout is not a number'],
    ['a string as subminute', { subminute: 'yes' }, 'subminute is not a boolean'],
    ['a name of 101 characters', { name: '😀'.repeat(101) }, 'name is too long'],
    ['a NUL in its tags', { tags: 'a\0b' }, 'tags has a NUL character'],
    ['a NUL in its slug', { slug: 'a\0' }, 'slug does not match pattern'],
    ['tags of 501 characters', { tags: 'x'.repeat(501) }, 'tags is too long'],
    ['a description of 10,001 characters', { desc: 'x'.repeat(10_001) }, 'desc is too long'],
    ['an empty schedule', { schedule: '' }, 'schedule is not a valid cron or OnCalendar expression'],
    ['two errors', { grace: 1, methods: 'PUT' }, 'grace is too small'],
    ['a timeout of 1e20', { timeout: 1e20 }, 'timeout is too large'],
    ['a timeout of 1e300', { timeout: 1e300 }, 'timeout is not a number'],
    ['unique by uuid', { unique: ['uuid'] }, "an item in 'unique' has unexpected value"],
  ])('with %s answers 400 and changes nothing', async (_what, body, problem) => {
    const { status, json } = await call(`/checks/${backup.pingKey}`, { body })
    expect(status).toBe(400)
    expect(json.error).toBe(`json validation error: ${problem}`)
    expect(guard.now(backup)).toEqual(backup)
  })

  test.each(['60.0', '6e1', '6E1'])('with the timeout %s answers 400: clients see no integer', async (number) => {
    const { status, json } = await call('/checks/', { body: `{"timeout": ${number}, "name": "6e1 and 60.0"}` })
    expect([status, json.error]).toEqual([400, 'json validation error: timeout is not a number'])
  })

  test('with a line break in the name stores a space instead', async () => {
    expect((await call('/checks/', { body: { name: 'a\nb' } })).json.name).toBe('a b')
  })

  test.each([
    ['bytes that are not UTF-8', new Uint8Array([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xff, 0x22, 0x7d])],
    ['a byte order mark', new TextEncoder().encode('\ufeff{}')],
    ['only white space', new TextEncoder().encode(' \n')],
  ])('of %s answers 400', async (_what, body) => {
    const response = await guard.request('/api/v3/checks/', { method: 'POST', headers: { 'X-Api-Key': key }, body })
    expect([response.status, await response.json()]).toEqual([400, { error: 'could not parse request body' }])
  })

  test('with a subject keyword sets filter_subject by the keywords that remain', async () => {
    const old = { success_kw: 'done', failure_kw: 'error', filter_subject: true }
    const { uuid } = (await call('/checks/', { body: old })).json
    const change = async (body: object) => (await call(`/checks/${uuid}`, { body })).json.filter_subject
    expect(await change({ subject: '' })).toBe(true)
    expect(await change({ subject_fail: '' })).toBe(false)
    expect(await change({ subject: 'done' })).toBe(true)
    expect(await change({ subject: '', filter_subject: true })).toBe(true)
  })

  test('prefers success_kw and failure_kw over subject and subject_fail', async () => {
    const body = { subject: 'old', success_kw: 'new', subject_fail: 'old', failure_kw: '' }
    expect((await call('/checks/', { body })).json).toMatchObject({ success_kw: 'new', failure_kw: '' })
  })

  test('with half an emoji in the name finds the check again by unique', async () => {
    const body = { name: 'x\ud83d', unique: ['name'] }
    expect((await call('/checks/', { body })).status).toBe(201)
    expect((await call('/checks/', { body })).status).toBe(200)
  })

  test('accepts seconds with subminute, and a name of a hundred emoji', async () => {
    const body = { timeout: 2, grace: 1, subminute: true, name: '😀'.repeat(100) }
    expect(await call('/checks/', { body })).toMatchObject({ status: 201, json: { timeout: 2, grace: 1 } })
  })
})

describe('Management API: a check that was read', () => {
  test.each([
    { timeout: 3600, grace: 60 },
    { timeout: 2, grace: 1, subminute: true },
    { tags: 'nightly  backup', success_kw: 'OK', failure_kw: 'BAD' },
    { filter_http_body: true, success_kw: 'OK', failure_kw: 'BAD' },
    { filter_subject: true, success_kw: 'OK', failure_kw: 'BAD' },
  ])('can be sent back unchanged: %j', async (spec) => {
    const { json: made } = await call('/checks/', { body: { name: 'nightly-report', ...spec } })
    const sentBack = await call(`/checks/${made.uuid}`, { body: made })
    expect([sentBack.status, sentBack.json]).toEqual([200, made])
  })
})
