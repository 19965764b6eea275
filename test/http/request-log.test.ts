// What the log has of requests: an id to find them by, and never a secret.
import { afterEach, describe, expect, test } from 'bun:test'
import { createRoutes } from '#http/server.ts'
import { StorageRefusedError } from '#lib/errors.ts'
import { DIALECTS } from '#settings.ts'
import { TestGuard } from '../support/cronguard.ts'

const DEBUG = { CRONGUARD_LOG_LEVEL: 'debug' }
const EVERY_DIALECT = Object.fromEntries(DIALECTS.map((name) => [`CRONGUARD_DIALECT_${name.toUpperCase()}`, 'on']))
const PROXY = { CRONGUARD_TRUSTED_PROXIES: '127.0.0.1' }
/** Examples of ping keys, tokens and aliases: long, short, and encoded. */
const SECRETS = ['0e3c4f2a-5b6d-4c7e-8f90-a1b2c3d4e5f6', 'k9f3', 'c2354d53d2', 'a%62c.svg']

let guard: TestGuard
afterEach(() => {
  guard.live.close()
  guard.stop()
})

/** A server with an account. */
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

const answeredLines = () => guard.log.filter(({ event }) => event === 'Request answered')

describe('Request log', () => {
  test('has one line for each request at level debug', async () => {
    open(DEBUG)
    await guard.request('/docs/pinging?secret=hunter2', {}, '198.51.100.9')
    expect(answeredLines()).toEqual([
      {
        level: 'debug',
        event: 'Request answered',
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

  test('has no line for a request at other levels', async () => {
    open()
    await guard.request('/docs/pinging')
    await guard.request('/nowhere')
    expect(guard.log).toEqual([])
  })

  test('has the words of the path, and hides what may be a secret', async () => {
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

describe('Request log: a secret in the URL', () => {
  test.each(SECRETS)('such as %p is never logged, whatever the outcome', async (secret) => {
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

describe('Request id', () => {
  test.each([
    ['a page', '/', 'text/html'],
    ['the API', '/api/v3/checks/', 'application/json'],
    ['a ping', '/ping/0e3c4f2a-5b6d-4c7e-8f90-a1b2c3d4e5f6', 'text/plain'],
  ])('of an error in %s is in the text and the header of the answer, and in the log', async (_what, path, type) => {
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

  test('is in the header of every refusal, and the same in both log lines about a full disk', async () => {
    open(DEBUG)
    expect((await guard.request('/nowhere')).headers.get('x-request-id')).toMatch(/^[a-z0-9]{8}$/)
    guard.log.length = 0
    guard.deps.db.writeGrouped = () => Promise.reject(new StorageRefusedError(new Error('full')))
    const answer = await guard.request('/ping/0e3c4f2a-5b6d-4c7e-8f90-a1b2c3d4e5f6')
    const id = answer.headers.get('x-request-id')
    expect(guard.log.map(({ event, fields }) => [event, fields.request])).toEqual([
      ['Request refused', id],
      ['Request answered', id],
    ])
  })

  test('is not in the header of a success', async () => {
    open()
    expect((await guard.request('/login')).headers.get('x-request-id')).toBeNull()
  })

  test.each(['7f9a-0.B_c', 'x', 'y'.repeat(64)])('is %p when a trusted proxy sends it', async (given) => {
    open(PROXY)
    const answer = await guard.request('/nowhere', { headers: { 'X-Request-Id': given } }, '127.0.0.1')
    expect(answer.headers.get('x-request-id')).toBe(given)
  })

  test.each([
    ['its sender is not trusted', 'abc', '198.51.100.9'],
    ['it is empty', '', '127.0.0.1'],
    ['it is too long', 'y'.repeat(65), '127.0.0.1'],
    ['it has more than one word', 'a b', '127.0.0.1'],
    ['it has markup', '<b>', '127.0.0.1'],
  ])('is generated when %s', async (_why, given, peer) => {
    open(PROXY)
    const answer = await guard.request('/nowhere', { headers: { 'X-Request-Id': given } }, peer)
    expect(answer.headers.get('x-request-id')).toMatch(/^[a-z0-9]{8}$/)
  })
})
