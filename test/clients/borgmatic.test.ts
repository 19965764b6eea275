// The requests of borgmatic's monitoring hooks, as they are sent for a backup that succeeds and for one that fails.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { ALIAS, Moved } from '../support/moved.ts'
import { type RawAnswer, Served } from '../support/served.ts'

const HEADERS = { 'User-Agent': 'borgmatic', 'Accept-Encoding': 'gzip, deflate', Accept: '*/*' }
const LOG = 'Creating archive "db1-2026-11-24"\nArchive fingerprint: 5f3e — 42 files\n'

let moved: Moved
let served: Served

beforeEach(() => {
  moved = new Moved(['KUMA', 'CRONITOR', 'SENTRY'])
  served = new Served(moved.guard).open()
})

afterEach(async () => {
  await served.close()
  moved.stop()
})

const get = (path: string) => served.send({ method: 'GET', path, headers: HEADERS })
const post = (path: string, body = '') => served.send({ method: 'POST', path, headers: HEADERS, body })

/** borgmatic accepts every status below 400. */
const expectGood = ({ status }: RawAnswer) => expect(status).toBeLessThan(400)

describe.each(['/ping/UUID', '/UUID', '/ping/KEY/backup'])(
  'borgmatic hook "healthchecks" with the ping_url %s',
  (pattern) => {
    const pingUrl = () => pattern.replace('UUID', moved.backup.pingKey).replace('KEY', moved.project.pingKey)

    test('reports a backup, with its log', async () => {
      expectGood(await post(`${pingUrl()}/start`))
      moved.guard.clock.advance(90_000)
      expectGood(await post(`${pingUrl()}/log`, LOG))
      expectGood(await post(pingUrl(), LOG))
      expect(moved.pings()).toMatchObject([
        { kind: 'start', method: 'POST', body: '', userAgent: 'borgmatic' },
        { kind: 'log', body: LOG },
        { kind: 'success', body: LOG, durationMs: 90_000 },
      ])
    })

    test('reports a failed backup', async () => {
      expectGood(await post(`${pingUrl()}/start`))
      expectGood(await post(`${pingUrl()}/fail`, 'x'.repeat(100_000)))
      expect(moved.pings()).toMatchObject([{ kind: 'start' }, { kind: 'fail', body: 'x'.repeat(100_000) }])
    })
  },
)

test('borgmatic hooks "healthchecks" and "watchgoose": ?create=1 creates a monitor', async () => {
  const path = `/ping/${moved.project.pingKey}/db1`
  expect((await post(`${path}/start?create=1`)).status).toBe(201)
  expect((await post(`${path}?create=1`, LOG)).status).toBe(200)
})

describe('borgmatic hook "uptime_kuma"', () => {
  const push = (query: string) => get(`/api/push/${ALIAS}?${query}`)

  test('reports a backup, whose start is not a success', async () => {
    expect(await push('status=up&msg=start')).toMatchObject({ status: 200, body: '{"ok":true}' })
    expect(moved.guard.now(moved.backup)).toMatchObject({ status: 'new', lastPingAt: null })
    moved.guard.clock.advance(90_000)
    expectGood(await push('status=up&msg=finish'))
    expect(moved.pings()).toMatchObject([{ kind: 'start' }, { kind: 'success', durationMs: 90_000 }])
  })

  test('reports a failed backup', async () => {
    expectGood(await push('status=up&msg=start'))
    expectGood(await push('status=down&msg=fail'))
    expect(moved.kinds()).toEqual(['start', 'fail'])
  })
})

describe.each(['/ALIAS', '/p/KEY/backup'])('borgmatic hook "cronitor" with the ping_url %s', (pattern) => {
  test('reports start, end and failure', async () => {
    const pingUrl = pattern.replace('ALIAS', ALIAS).replace('KEY', moved.project.pingKey)
    for (const state of ['run', 'complete', 'run', 'fail']) expectGood(await get(`${pingUrl}/${state}`))
    expect(moved.kinds()).toEqual(['start', 'success', 'start', 'fail'])
  })
})

test('borgmatic hook "sentry": reports start, end and failure', async () => {
  const path = `/api/5/cron/backup/${moved.project.pingKey}/`
  for (const status of ['in_progress', 'ok', 'in_progress', 'error']) {
    expectGood(await post(`${path}?status=${status}&environment=production`))
  }
  expect(moved.kinds()).toEqual(['start', 'success', 'start', 'fail'])
})
