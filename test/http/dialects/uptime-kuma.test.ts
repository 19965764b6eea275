import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { pauseMonitor } from '#actions/monitors.ts'
import { ALIAS, Moved } from '../../support/moved.ts'

const UNKNOWN: [number, string] = [404, '{"ok":false,"msg":"Monitor not found or not active."}']

let moved: Moved

beforeEach(() => {
  moved = new Moved(['KUMA'])
})

afterEach(() => moved.stop())

const push = (query = '', init: RequestInit = {}) => moved.answer(`/api/push/${ALIAS}${query}`, init)

describe('Uptime Kuma push URL', () => {
  const queries: [query: string, kind: string, body: string][] = [
    ['', 'success', ''],
    ['?status=up', 'success', ''],
    ['?status=up&msg=OK&ping=', 'success', 'OK'],
    ['?status=up&msg=OK&ping=12.5', 'success', 'OK'],
    ['?status=down&msg=disk%20full&ping=', 'fail', 'disk full'],
    ['?status=DOWN', 'fail', ''],
    ['?status=UP', 'fail', ''],
    ['?status=0', 'fail', ''],
    ['?status=&msg=&ping=', 'success', ''],
    ['?status=up&status=down', 'fail', ''],
    ['?status=down&status=up', 'success', ''],
    ['?msg=a&msg=b', 'success', 'b'],
    ['?msg=start', 'success', 'start'],
    ['?ping=soon', 'success', ''],
    ['?ping=0', 'success', ''],
    ['?ping=100000000000', 'success', ''],
    ['?unknown=1', 'success', ''],
  ]
  test.each(queries)('with %p answers like Uptime Kuma, and records a %s', async (query, kind, body) => {
    const response = await moved.guard.request(`/api/push/${ALIAS}${query}`)
    expect(response.headers.get('content-type')).toStartWith('application/json')
    expect([response.status, await response.text()]).toEqual([200, '{"ok":true}'])
    expect(moved.pings()).toMatchObject([{ kind, body, exitStatus: null, runId: null }])
  })

  test.each(['?ping=-1', '?ping=100000000001', '?status=up&ping=-0.5'])(
    'with %p answers 404 like Uptime Kuma, and records nothing',
    async (query) => {
      expect(await push(query)).toEqual([404, '{"ok":false,"msg":"Invalid ping value."}'])
      expect(moved.kinds()).toEqual([])
    },
  )

  test.each(['', 'x'.repeat(65), 'a b', `${ALIAS}/more`, '%64%33adb33f00', 'unknown-token'])(
    'with the unknown token %p answers 404 like Uptime Kuma',
    async (token) => {
      expect(await moved.answer(`/api/push/${token}`)).toEqual(UNKNOWN)
      expect(moved.kinds()).toEqual([])
    },
  )

  test('accepts a ping key as token, with hyphens or without, and in capitals', async () => {
    const { pingKey } = moved.backup
    for (const token of [pingKey, pingKey.replaceAll('-', ''), pingKey.toUpperCase()]) {
      expect(await moved.answer(`/api/push/${token}`)).toEqual([200, '{"ok":true}'])
    }
    expect(moved.kinds()).toEqual(['success', 'success', 'success'])
  })

  test('accepts a POST with a body', async () => {
    expect(await push('', { method: 'POST', body: 'all copied' })).toEqual([200, '{"ok":true}'])
    expect(moved.pings()).toMatchObject([{ kind: 'success', method: 'POST', body: 'all copied' }])
  })

  test('of a paused monitor answers 200, so that a script with curl -f does not fail', async () => {
    pauseMonitor(moved.guard.deps, moved.guard.refOf(moved.backup))
    expect(await push('?status=up')).toEqual([200, '{"ok":true}'])
    expect(moved.kinds()).toEqual(['success'])
  })

  test('cuts a message at the body limit', async () => {
    moved.stop()
    moved = new Moved(['KUMA'], { CRONGUARD_PING_BODY_LIMIT: '5' })
    await push('?msg=much%20too%20long')
    expect(moved.pings()).toMatchObject([{ body: 'much ' }])
  })
})

describe('borgmatic, which reports up at the start to Uptime Kuma', () => {
  const borgmatic = (status: string, msg: string) =>
    push(`?status=${status}&msg=${msg}`, { headers: { 'User-Agent': 'borgmatic' } })

  test('records a start, and a success only when it finishes', async () => {
    await borgmatic('up', 'start')
    expect(moved.kinds()).toEqual(['start'])
    expect(moved.guard.now(moved.backup)).toMatchObject({ status: 'new', lastPingAt: null })
    moved.guard.clock.advance(60_000)
    await borgmatic('up', 'finish')
    expect(moved.pings()).toMatchObject([
      { kind: 'start', body: 'start', userAgent: 'borgmatic' },
      { kind: 'success', body: 'finish', durationMs: 60_000 },
    ])
  })

  test('records a failure', async () => {
    await borgmatic('up', 'start')
    await borgmatic('down', 'fail')
    expect(moved.kinds()).toEqual(['start', 'fail'])
    expect(moved.guard.now(moved.backup).status).toBe('down')
  })
})
