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
  key = guard.apiKey(project)
})

afterEach(() => guard.stop())

function call(path: string, request: Partial<ApiRequest> = {}) {
  return callApi(guard, path, { with: key, ...request })
}

describe('Management API: project', () => {
  test('GET returns the ping key and the words to hide only to a read-write key', async () => {
    const { id, name, pingKey } = project
    expect((await call('/project/')).json).toEqual({ id, name, ping_key: pingKey, hidden_words: [] })
    expect((await call('/project/', { with: guard.apiKey(project, 'read-only') })).json).toEqual({ id, name })
  })

  test('POST renames it', async () => {
    expect((await call('/project/', { body: { name: ' Homelab ' } })).json.name).toBe('Homelab')
    expect((await call('/project/', { body: {} })).json.name).toBe('Homelab')
  })

  test('POST replaces the words to hide, and they are hidden from then on', async () => {
    const words = ['Acme Corp', 'winter']
    expect((await call('/project/', { body: { hidden_words: words } })).json.hidden_words).toEqual(words)
    expect((await call('/project/', { body: { name: 'Homelab' } })).json.hidden_words).toEqual(words)
    const monitor = guard.monitor(project, { name: 'backup' }, [guard.mailTo(project, 'ops@example.org')])
    await guard.ping(monitor, '/fail', { method: 'POST', body: 'Login of Acme Corp failed' })
    await guard.tick()
    expect(guard.outside.mails[0]?.text).toContain('Login of •••• failed')
    expect((await call('/project/', { body: { hidden_words: [] } })).json.hidden_words).toEqual([])
  })

  test.each([
    ['a text', 'Acme', 'hidden_words is not an array'],
    ['a number in it', ['Acme', 7], 'hidden_words has an item that is not a string'],
    ['a short word', ['ab'], 'hidden_words has a word with fewer than 3 characters'],
    ['a long word', ['x'.repeat(101)], 'hidden_words has a word with more than 100 characters'],
    ['51 words', Array.from({ length: 51 }, (_, index) => `word ${index}`), 'hidden_words has more than 50 words'],
    ['two lines', ['one\ntwo'], 'hidden_words has control characters'],
  ])('POST with %s as hidden_words answers 400', async (_what, words, problem) => {
    const error = `json validation error: ${problem}`
    expect(await call('/project/', { body: { hidden_words: words } })).toEqual({ status: 400, json: { error } })
    expect((await call('/project/')).json.hidden_words).toEqual([])
  })

  test.each([
    ['white space', '  ', 'name is empty'],
    ['a number', 7, 'name is not a string'],
    ['101 characters', 'x'.repeat(101), 'name is too long'],
    ['two lines', 'a\nb', 'name has control characters'],
  ])('POST with %s as name answers 400', async (_what, name, problem) => {
    expect(await call('/project/', { body: { name } })).toEqual({
      status: 400,
      json: { error: `json validation error: ${problem}` },
    })
    expect((await call('/project/')).json.name).toBe(project.name)
  })

  test('POST ping-key replaces the ping key, and the old one stops working', async () => {
    guard.monitor(project, { name: 'backup', slug: 'backup' })
    const { json } = await call('/project/ping-key', { body: {} })
    expect(json.ping_key).toMatch(/^[a-z0-9]{22}$/)
    expect((await guard.request(`/ping/${project.pingKey}/backup`)).status).toBe(404)
    expect((await guard.request(`/ping/${json.ping_key}/backup`)).status).toBe(200)
  })
})

describe('Management API: keys', () => {
  test('are created, shown once, listed by their first characters, and deleted', async () => {
    const made = await call('/keys/', { body: { access: 'read-only', name: 'wall display' } })
    expect(made).toMatchObject({ status: 201, json: { access: 'read-only', name: 'wall display' } })
    const { key: fresh, ...shown } = made.json
    expect(fresh).toMatch(/^cgr_[A-Za-z0-9]{28}$/)
    expect(shown.hint).toBe(fresh.slice(0, 8))
    expect((await call('/checks/', { with: fresh })).status).toBe(200)
    const listed = (await call('/keys/')).json.keys
    expect(listed).toContainEqual(shown)
    expect(listed.length).toBe(2)
    expect(JSON.stringify(listed)).not.toContain(fresh)
    expect(await call(`/keys/${shown.id}`, { method: 'DELETE' })).toEqual({ status: 200, json: shown })
    expect((await call('/checks/', { with: fresh })).status).toBe(401)
    expect((await call(`/keys/${shown.id}`, { method: 'DELETE' })).status).toBe(404)
  })

  test('can delete themselves, and still get an answer', async () => {
    const [own] = (await call('/keys/')).json.keys
    expect((await call(`/keys/${own.id}`, { method: 'DELETE' })).status).toBe(200)
    expect((await call('/keys/')).status).toBe(401)
  })

  test.each([
    ['no access', {}, 'access has unexpected value'],
    ['an unknown access', { access: 'admin' }, 'access has unexpected value'],
    ['a number as name', { access: 'read-only', name: 1 }, 'name is not a string'],
    ['a name of 101 characters', { access: 'read-only', name: 'x'.repeat(101) }, 'name is too long'],
    ['a name in two lines', { access: 'read-only', name: 'a\nb' }, 'name has control characters'],
  ])('POST with %s answers 400', async (_what, body, problem) => {
    expect(await call('/keys/', { body })).toEqual({
      status: 400,
      json: { error: `json validation error: ${problem}` },
    })
    expect((await call('/keys/')).json.keys.length).toBe(1)
  })

  test('are limited to 100 in a project', async () => {
    for (let made = 1; made < 100; made += 1) guard.apiKey(project)
    expect(await call('/keys/', { body: { access: 'read-write' } })).toMatchObject({ status: 409 })
  })
})
