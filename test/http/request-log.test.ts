// What the log says of requests: who can be found again by an id, and that no secret ever stands there.
import { afterEach, describe, expect, test } from 'bun:test'
import { createRoutes } from '#http/server.ts'
import { StorageRefusedError } from '#lib/errors.ts'
import { DIALECTS } from '#settings.ts'
import { TestGuard } from '../support/cronguard.ts'

const DEBUG = { CRONGUARD_LOG_LEVEL: 'debug' }
const EVERY_DIALECT = Object.fromEntries(DIALECTS.map((name) => [`CRONGUARD_DIALECT_${name.toUpperCase()}`, 'on']))
const PROXY = { CRONGUARD_TRUSTED_PROXIES: '127.0.0.1' }
/** As ping keys, tokens and aliases look: long, short, and encoded. */
const SECRETS = ['0e3c4f2a-5b6d-4c7e-8f90-a1b2c3d4e5f6', 'k9f3', 'c2354d53d2', 'a%62c.svg']

let guard: TestGuard
afterEach(() => {
  guard.live.close()
  guard.stop()
})

/** A CronGuard in which somebody has an account already. */
function open(env: Record<string, string> = {}): TestGuard {
  guard = new TestGuard({ env })
  guard.project()
  return guard
}

function breakDatabase(error: Error): void {
  guard.deps.db.get = () => {
    throw error
  }
}

const answeredLines = () => guard.log.filter(({ event }) => event === 'A request was answered')

describe('Every request', () => {
  test('is one line when the level is debug', async () => {
    open(DEBUG)
    await guard.request('/docs/pinging?secret=hunter2', {}, '198.51.100.9')
    expect(answeredLines()).toEqual([
      {
        level: 'debug',
        event: 'A request was answered',
        fields: {
          request: expect.stringMatching(/^[a-z0-9]{8}$/),
          peer: '198.51.100.9',
          method: 'GET',
          path: '/docs/…',
          status: 200,
          ms: expect.any(Number),
        },
      },
    ])
  })

  test('is no line when it is not', async () => {
    open()
    await guard.request('/docs/pinging')
    await guard.request('/nowhere')
    expect(guard.log).toEqual([])
  })

  test('shows the words of its path, and hides what may be a secret', async () => {
    open({ ...DEBUG, CRONGUARD_BASE_URL: 'https://example.com/cron' })
    const shown = async (path: string) => {
      await guard.request(path)
      return answeredLines().at(-1)?.fields.path
    }
    expect(await shown('/cron/ping/0e3c4f2a-5b6d-4c7e-8f90-a1b2c3d4e5f6/fail')).toBe('/ping/…/…')
    expect(await shown('/0e3c4f2a-5b6d-4c7e-8f90-a1b2c3d4e5f6')).toBe('/…')
    expect(await shown('/projects/0e3c4f2a/monitors/new')).toBe('/projects/…/monitors/new')
    expect(await shown(`/${'x/'.repeat(500)}`)).toBe(`/${'…/'.repeat(10)}…`)
  })
})

describe('No secret in an address', () => {
  test.each(SECRETS)('like %p stands in the log, whatever becomes of the request', async (secret) => {
    open({ ...DEBUG, ...EVERY_DIALECT })
    const routes = createRoutes(guard.deps, () => [], guard.live).routes
    const paths = [...new Set(routes.map(({ path }) => path))].filter((path) => /[:*]/.test(path))
    expect(paths.length).toBeGreaterThan(60)
    const askAll = async () => {
      for (const path of paths) {
        const asked = path.replace(/:[^/]+|\*/g, secret)
        for (const method of ['GET', 'POST']) {
          const answer = await guard.request(`${asked}?key=${secret}`, { method })
          await answer.body?.cancel()
        }
      }
    }
    await askAll()
    breakDatabase(new Error('broken'))
    guard.deps.db.writeGrouped = () => Promise.reject(new StorageRefusedError(new Error('full')))
    await askAll()
    expect(answeredLines()).toHaveLength(paths.length * 4)
    expect(guard.log.filter(({ level }) => level === 'error').length).toBeGreaterThan(60)
    const written = guard.log.map(({ event, fields }) => JSON.stringify([event, fields, stackOf(fields.error)]))
    expect(written.filter((line) => line.includes(secret))).toEqual([])
  })
})

function stackOf(error: unknown): string {
  return error instanceof Error ? String(error.stack) : ''
}

describe('The id of a request', () => {
  test.each([
    ['a page', '/', 'text/html'],
    ['the API', '/api/v3/checks/', 'application/json'],
    ['a ping', '/ping/0e3c4f2a-5b6d-4c7e-8f90-a1b2c3d4e5f6', 'text/plain'],
  ])('that fails in %s is in the answer, in its header, and in the log', async (_what, path, type) => {
    open()
    breakDatabase(new Error('broken'))
    guard.deps.db.writeGrouped = () => Promise.reject(new Error('broken'))
    const answer = await guard.request(path, { headers: { 'X-Api-Key': 'x'.repeat(32) } })
    const id = String(guard.log[0]?.fields.request)
    expect([answer.status, answer.headers.get('x-request-id')]).toEqual([500, id])
    expect(id).toMatch(/^[a-z0-9]{8}$/)
    expect(answer.headers.get('content-type')).toStartWith(type)
    expect(await answer.text()).toContain(`Unexpected error (reference ${id}).`)
  })

  test('is in the header of every refusal, and the same in the log of a full disk and of the answer', async () => {
    open(DEBUG)
    expect((await guard.request('/nowhere')).headers.get('x-request-id')).toMatch(/^[a-z0-9]{8}$/)
    guard.log.length = 0
    guard.deps.db.writeGrouped = () => Promise.reject(new StorageRefusedError(new Error('full')))
    const answer = await guard.request('/ping/0e3c4f2a-5b6d-4c7e-8f90-a1b2c3d4e5f6')
    const id = answer.headers.get('x-request-id')
    expect(guard.log.map(({ event, fields }) => [event, fields.request])).toEqual([
      ['A request was refused', id],
      ['A request was answered', id],
    ])
  })

  test('is not told where nothing went wrong', async () => {
    open()
    expect((await guard.request('/login')).headers.get('x-request-id')).toBeNull()
  })

  test.each(['7f9a-0.B_c', 'x', 'y'.repeat(64)])('is %p of a trusted proxy that names it so', async (given) => {
    open(PROXY)
    const answer = await guard.request('/nowhere', { headers: { 'X-Request-Id': given } }, '127.0.0.1')
    expect(answer.headers.get('x-request-id')).toBe(given)
  })

  test.each([
    ['somebody who is not trusted says so', 'abc', '198.51.100.9'],
    ['it is empty', '', '127.0.0.1'],
    ['it is too long', 'y'.repeat(65), '127.0.0.1'],
    ['it holds more than a word', 'a b', '127.0.0.1'],
    ['it holds markup', '<b>', '127.0.0.1'],
  ])('is our own when %s', async (_why, given, peer) => {
    open(PROXY)
    const answer = await guard.request('/nowhere', { headers: { 'X-Request-Id': given } }, peer)
    expect(answer.headers.get('x-request-id')).toMatch(/^[a-z0-9]{8}$/)
  })
})
