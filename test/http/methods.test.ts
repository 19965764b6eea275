// What every URL answers to a method that it does not accept.
import { afterAll, describe, expect, test } from 'bun:test'
import { createRoutes } from '#http/server.ts'
import { callApi } from '../support/api.ts'
import { TestGuard } from '../support/cronguard.ts'

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'OPTIONS', 'HEAD']
const UUID = '00000000-0000-4000-8000-000000000000'

const DIALECTS = ['SNITCH', 'CRONITOR', 'GATUS', 'SENTRY', 'OPSGENIE', 'HONEYBADGER']

const guard = new TestGuard()
const withDialects = new TestGuard({
  env: Object.fromEntries(DIALECTS.map((name) => [`CRONGUARD_DIALECT_${name}`, 'on'])),
})
const project = guard.project()
withDialects.project()
afterAll(() => {
  guard.stop()
  withDialects.stop()
})

const { routes } = createRoutes(withDialects.deps, () => [], withDialects.live)
const addresses = [...new Set(routes.map(({ path }) => path.replace(/:\w+/g, UUID).replace('*', 'x')))]

describe('Method not allowed', () => {
  test('answers 405 with the allowed methods, at every URL', async () => {
    let refused = 0
    for (const address of addresses) {
      for (const method of METHODS) {
        const { status, headers } = await withDialects.request(address, { method })
        const allowed = headers.get('allow')?.split(', ') ?? []
        if (status !== 405) expect([method, address, allowed]).toEqual([method, address, []])
        else {
          refused += 1
          expect([method, address, allowed.length > 0, allowed.includes(method)]).toEqual([
            method,
            address,
            true,
            false,
          ])
        }
      }
    }
    expect(refused).toBeGreaterThan(addresses.length)
  }, 30_000)

  test.each([
    ['PUT', '/login', 'GET, HEAD, POST'],
    ['GET', '/logout', 'POST'],
    ['POST', '/livez', 'GET, HEAD'],
    ['DELETE', '/docs/api', 'GET, HEAD'],
    ['POST', '/', 'GET, HEAD'],
    ['POST', '/metrics', 'GET, HEAD'],
    ['PATCH', '/api/v1/checks/', 'GET, POST, OPTIONS'],
    ['HEAD', '/api/v3/status/', 'GET, OPTIONS'],
    ['POST', '/api/openapi.json', 'GET, OPTIONS'],
  ])('%s %s allows %s', async (method, path, allowed) => {
    const { status, headers } = await guard.request(path, { method })
    expect([status, headers.get('allow')]).toEqual([405, allowed])
  })

  test('answers 404 at an unknown URL', async () => {
    for (const path of ['/nothing', '/nothing/at/all', '/monitors/a/b/c']) {
      const { status, headers } = await guard.request(path, { method: 'PUT' })
      expect([path, status, headers.get('allow')]).toEqual([path, 404, null])
    }
  })
})

describe('Management API: POST to a list', () => {
  const monitor = guard.monitor(project, { name: 'backup' })

  test.each([1, 2, 3])(
    'without a trailing slash redirects to the list, like Healthchecks: version %d',
    async (version) => {
      const path = `/checks/${monitor.pingKey}/pings`
      const { status, headers } = await guard.request(`/api/v${version}${path}`, { method: 'POST' })
      expect([status, headers.get('location')]).toEqual([301, `/api/v${version}${path}/`])
      expect((await callApi(guard, `${path}/`, { version, with: guard.apiKey(project) })).status).toBe(200)
    },
  )

  test('with a trailing slash answers 405', async () => {
    expect((await guard.request(`/api/v3/checks/${monitor.pingKey}/pings/`, { method: 'POST' })).status).toBe(405)
  })
})
