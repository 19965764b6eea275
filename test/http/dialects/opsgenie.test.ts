import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { ALIAS, Moved } from '../../support/moved.ts'

let moved: Moved

beforeEach(() => {
  moved = new Moved(['OPSGENIE'])
})

afterEach(() => moved.stop())

const ping = (authorization: string, name = 'backup', init: RequestInit = {}) =>
  moved.answer(`/v2/heartbeats/${name}/ping`, { ...init, headers: { Authorization: authorization } })

describe('A heartbeat of Opsgenie', () => {
  test.each(['GET', 'POST', 'PUT', 'PATCH'])('by %s is a success, and is answered with PONG', async (method) => {
    const [status, text] = await ping(`GenieKey ${moved.project.pingKey}`, 'backup', { method })
    expect(status).toBe(202)
    expect(JSON.parse(text)).toEqual({
      result: expect.stringMatching(/^PONG/),
      took: expect.any(Number),
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
    expect(moved.heard()).toMatchObject([{ kind: 'success', method }])
  })

  test.each(['', 'GenieKey', 'GenieKey ', `Bearer ${ALIAS}`, `GenieKey ${ALIAS}`, 'GenieKey two words'])(
    'with %p as its key is refused',
    async (authorization) => {
      const [status, text] = await ping(authorization)
      expect([status, JSON.parse(text)]).toMatchObject([401, { message: 'Unknown key.' }])
      expect(moved.kinds()).toEqual([])
    },
  )

  test('that is not there gets no PONG', async () => {
    const [status, text] = await ping(`GenieKey ${moved.project.pingKey}`, 'nightly-report')
    expect([status, JSON.parse(text)]).toMatchObject([404, { message: 'not found' }])
    expect(text).not.toContain('PONG')
  })

  test('of another project is not found', async () => {
    const other = moved.guard.project('mallory@example.org')
    expect((await ping(`GenieKey ${other.pingKey}`))[0]).toBe(404)
    expect(moved.kinds()).toEqual([])
  })

  test('keeps what is posted with it', async () => {
    await ping(`GenieKey ${moved.project.pingKey}`, 'backup', { method: 'POST', body: 'all copied' })
    expect(moved.heard()).toMatchObject([{ body: 'all copied' }])
  })
})

test('The Go library of Opsgenie pings with GET', async () => {
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
