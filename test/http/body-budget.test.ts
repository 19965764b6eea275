// How request bodies share the memory budget, at a real port.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import type { Monitor } from '#domain/monitor.ts'
import { bytesInFlight, LARGE_BODIES_MAX } from '#http/body.ts'
import type { Reservation } from '#lib/byte-budget.ts'
import { TestGuard } from '../support/cronguard.ts'
import { Served } from '../support/served.ts'

const MIB = 1024 * 1024
const UNKNOWN_PING_KEY = '00000000-0000-4000-8000-000000000000'

let guard: TestGuard
let served: Served
let backup: Monitor
let others: Reservation | null

beforeEach(() => {
  guard = new TestGuard({ env: { CRONGUARD_PING_BODY_LIMIT: String(MIB) } })
  backup = guard.monitor(guard.project(), { name: 'backup' })
  served = new Served(guard).open()
  others = null
})

afterEach(async () => {
  others?.close()
  await served.close()
  guard.stop()
})

const post = (path: string, size: number, headers: Record<string, string> = {}) =>
  fetch(served.url + path, { method: 'POST', body: 'x'.repeat(size), headers })

describe('Memory budget for bodies, while other requests fill it', () => {
  beforeEach(() => {
    others = bytesInFlight.open(() => {})
    others.resize(LARGE_BODIES_MAX)
    others.settle()
  })

  test('a large ping gets 503 with Retry-After and is not recorded, and succeeds once memory is free', async () => {
    const refused = await post(`/ping/${backup.pingKey}`, MIB)
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5'])
    expect(refused.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    expect(await refused.text()).toContain('Nothing was recorded')
    expect(guard.now(backup).pingCount).toBe(0)
    others?.close()
    expect((await post(`/ping/${backup.pingKey}`, MIB)).status).toBe(200)
    expect(guard.now(backup).pingCount).toBe(1)
  })

  test('any number of ordinary pings is recorded', async () => {
    for (let round = 0; round < 200; round++)
      expect((await post(`/ping/${backup.pingKey}`, 64 * 1024)).status).toBe(200)
    expect(guard.now(backup).pingCount).toBe(200)
  })
})

describe('Request body', () => {
  test('frees its memory with the answer, whatever that is', async () => {
    for (let round = 0; round < 40; round++) {
      const path = round % 2 === 0 ? `/ping/${backup.pingKey}` : '/api/v3/checks/'
      expect([200, 401]).toContain((await post(path, 2_000_000 / (1 + (round % 2) * 2), { 'X-Api-Key': '' })).status)
    }
    others = bytesInFlight.open(() => {})
    expect(others.resize(LARGE_BODIES_MAX)).toBe(true)
  })

  test.each(['/login', '/api/v3/checks/'])(
    'of more than 1 MiB is refused at %s, which takes no pings',
    async (path) => {
      expect((await post(path, MIB + 1)).status).toBe(413)
      expect((await post(`/ping/${backup.pingKey}`, MIB + 1)).status).toBe(200)
    },
  )

  // The rest of the body never arrives, so only a server that does not wait for it can answer.
  test.each([
    ['an unknown path', 'POST /nothing', {}, 404],
    ['an unknown path below the API', 'POST /api/v3/nothing', {}, 404],
    ['an unknown monitor', `POST /ping/${UNKNOWN_PING_KEY}`, {}, 404],
    ['an unknown project', 'POST /ping/unknown-key-22-letters/backup?create=1', {}, 404],
    ['a wrong API key', 'POST /api/v3/checks/', { 'X-Api-Key': 'x'.repeat(32) }, 401],
    ['a malformed API key', 'POST /api/v3/checks/', { 'X-Api-Key': 'x' }, 401],
    ['a wrong method', 'PUT /api/v3/checks/', {}, 405],
  ])('for %s is answered before it has arrived, and the connection closes', async (_what, line, headers, status) => {
    const [method = '', path = ''] = line.split(' ')
    for (const length of [{ 'Content-Length': '16777216' }, { 'Transfer-Encoding': 'chunked' }]) {
      const answer = await served.send({ method, path, headers: { ...headers, ...length, Connection: 'keep-alive' } })
      expect([answer.status, answer.headers.get('connection')]).toEqual([status, 'close'])
    }
  })
})
