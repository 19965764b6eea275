import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { ALIAS, Moved } from '../../support/moved.ts'

let moved: Moved

beforeEach(() => {
  moved = new Moved(['OPSGENIE'])
})

afterEach(() => moved.stop())

const ping = (authorization: string, name = 'backup', init: RequestInit = {}) =>
  moved.answer(`/v2/heartbeats/${name}/ping`, { ...init, headers: { Authorization: authorization } })

describe('Opsgenie heartbeat', () => {
  test.each(['GET', 'POST', 'PUT', 'PATCH'])('by %s records a success and answers PONG', async (method) => {
    const [status, text] = await ping(`GenieKey ${moved.project.pingKey}`, 'backup', { method })
    expect(status).toBe(202)
    expect(JSON.parse(text)).toEqual({
      result: expect.stringMatching(/^PONG/),
      took: expect.any(Number),
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
    expect(moved.pings()).toMatchObject([{ kind: 'success', method }])
  })

  test.each(['', 'GenieKey', 'GenieKey ', `Bearer ${ALIAS}`, `GenieKey ${ALIAS}`, 'GenieKey two words'])(
    'with the key %p answers 401',
    async (authorization) => {
      const [status, text] = await ping(authorization)
      expect([status, JSON.parse(text)]).toMatchObject([401, { message: 'Unknown key.' }])
      expect(moved.kinds()).toEqual([])
    },
  )

  test('for an unknown monitor answers 404 without PONG', async () => {
    const [status, text] = await ping(`GenieKey ${moved.project.pingKey}`, 'nightly-report')
    expect([status, JSON.parse(text)]).toMatchObject([404, { message: 'not found' }])
    expect(text).not.toContain('PONG')
  })

  test('for a monitor of another project answers 404', async () => {
    const other = moved.guard.project('mallory@example.org')
    expect((await ping(`GenieKey ${other.pingKey}`))[0]).toBe(404)
    expect(moved.kinds()).toEqual([])
  })

  test('stores the posted body', async () => {
    await ping(`GenieKey ${moved.project.pingKey}`, 'backup', { method: 'POST', body: 'all copied' })
    expect(moved.pings()).toMatchObject([{ body: 'all copied' }])
  })
})

test('Opsgenie heartbeat: the Go library pings with GET', async () => {
  const headers = {
    Authorization: `GenieKey ${moved.project.pingKey}`,
    'Content-Type': 'application/json; charset=utf-8',
    'User-Agent': 'opsgenie-go-sdk-v2 go1.22 (linux/amd64)',
  }
  const response = await moved.guard.request('/v2/heartbeats/backup/ping', { headers })
  expect(response.status).toBeLessThan(400)
  expect(response.headers.get('content-type')).toStartWith('application/json')
  expect(await response.json()).toHaveProperty('requestId')
  expect(moved.kinds()).toEqual(['success'])
})
