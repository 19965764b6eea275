// Pings to unknown URLs, tried one after another.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { PROVISIONED_MAX } from '#actions/monitors.ts'
import type { Monitor } from '#domain/monitor.ts'
import type { Project } from '#domain/project.ts'
import { GUESSES_MAX } from '#http/pings/guesses.ts'
import { MINUTE } from '#lib/duration.ts'
import { TestGuard } from '../support/cronguard.ts'

const GUESSER = '198.51.100.9'

let guard: TestGuard
let project: Project
let nas: Monitor

beforeEach(() => {
  guard = new TestGuard()
  project = guard.project()
  nas = guard.monitor(project, { name: 'nas', slug: 'nas', alias: 'nas1' })
})
afterEach(() => guard.stop())

const get = (path: string, peer = GUESSER) => guard.request(path, {}, peer)
const statusOf = async (path: string, peer = GUESSER) => (await get(path, peer)).status

async function guessTooOften(peer = GUESSER): Promise<void> {
  for (let tries = 0; tries <= GUESSES_MAX; tries++) await get(`/ping/${crypto.randomUUID()}`, peer)
}

describe('Too many pings to unknown URLs', () => {
  test('answer 429 with Retry-After to their network', async () => {
    await guessTooOften()
    for (const path of ['/ping/07c2f548-9850-4b27-af5d-6c9dc157ec02', '/api/push/nas2', `/${project.pingKey}/x`]) {
      const response = await get(path)
      expect([response.status, await response.text()]).toEqual([429, 'too many pings to unknown URLs'])
      expect(Number(response.headers.get('retry-after'))).toBeWithin(1, 61)
    }
    expect(await statusOf('/api/push/nas2', '203.0.113.5')).toBe(404)
    expect(guard.log.filter(({ event }) => event.startsWith('Too many pings'))).toHaveLength(1)
  })

  test.each([{ 'Content-Encoding': 'gzip' }, { 'Content-Length': '100000' }])(
    'are counted with a body and %p as well',
    async (headers) => {
      const post = () =>
        guard.request(`/api/push/${crypto.randomUUID()}`, { method: 'POST', headers, body: 'x' }, GUESSER)
      for (let tries = 0; tries < GUESSES_MAX; tries++) expect((await post()).status).toBe(404)
      expect((await post()).status).toBe(429)
    },
  )

  test('do not block a valid URL from the same network', async () => {
    expect(await statusOf('/api/push/nas1')).toBe(200)
    await guessTooOften()
    const valid = [`/ping/${nas.pingKey}`, `/${nas.pingKey}`, `/ping/${project.pingKey}/nas`, `/${project.pingKey}/nas`]
    for (const path of [...valid, '/api/push/nas1', `/api/push/${nas.pingKey}`]) {
      for (let times = 0; times < 3; times++) expect([path, await statusOf(path)]).toEqual([path, 200])
    }
  })

  test('block a short alias from a network that has never pinged it', async () => {
    expect(await statusOf('/api/push/nas1', '203.0.113.5')).toBe(200)
    await guessTooOften()
    expect(await statusOf('/api/push/nas1')).toBe(429)
    expect(guard.now(nas).pingCount).toBe(1)
  })

  test('include pings to a short alias', async () => {
    for (let times = 0; times <= GUESSES_MAX; times++) expect(await statusOf('/api/push/nas1')).toBe(200)
    expect(await statusOf('/api/push/nas2')).toBe(429)
  })
})

describe('Monitors created by pings', () => {
  const create = (slug: string) => get(`/ping/${project.pingKey}/${slug}?create=1`)

  test('are limited per project and minute, and the next ping answers 429 with Retry-After', async () => {
    for (let made = 0; made < PROVISIONED_MAX; made++) expect((await create(`job-${made}`)).status).toBe(201)
    const refused = await create('one-more')
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '60'])
    expect((await create('job-1')).status).toBe(200)
    expect(await statusOf(`/ping/${project.pingKey}/nas?create=1`)).toBe(200)
    const other = guard.project('bob@example.org')
    expect(await statusOf(`/ping/${other.pingKey}/job?create=1`)).toBe(201)
    guard.clock.advance(MINUTE)
    expect((await create('one-more')).status).toBe(201)
  })

  test('are counted apart from those of users, and not blocked after the clock is set back', async () => {
    for (let made = 0; made < PROVISIONED_MAX; made++) guard.monitor(project, { name: `mine-${made}` })
    for (let made = 0; made < PROVISIONED_MAX; made++) await create(`job-${made}`)
    guard.clock.step(-10 * MINUTE)
    expect((await create('one-more')).status).toBe(201)
  })
})

describe('Monitor page', () => {
  test.each([
    ['nas1', true],
    ['a-long-enough-alias', false],
  ])('with the alias %s warns that it can be guessed: %p', async (alias, isWarned) => {
    const { signedIn } = await import('../support/visitor.ts')
    const monitor = guard.monitor(project, { name: 'other', alias: alias === 'nas1' ? 'nas3' : alias })
    const visitor = await signedIn(guard, 'alice@example.org')
    const html = await (await visitor.get(`/monitors/${monitor.uniqueKey}`)).text()
    expect(html.includes('someone could guess it')).toBe(isWarned)
  })
})
