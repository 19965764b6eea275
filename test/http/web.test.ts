import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { StorageRefusedError } from '#lib/errors.ts'
import { TestGuard } from '../support/cronguard.ts'

let guard: TestGuard

beforeEach(() => {
  guard = new TestGuard()
})

afterEach(() => guard.stop())

describe('Before the first account', () => {
  test.each(['/', '/login', '/register', '/docs', '/settings', '/projects/new', '/password-reset'])(
    '%s redirects to the setup',
    async (path) => {
      const response = await guard.request(path)
      expect([response.status, response.headers.get('location')]).toEqual([303, '/setup'])
    },
  )

  test('the setup page says where the link is, and has no form', async () => {
    const text = await (await guard.request('/setup')).text()
    expect(text).toContain('CronGuard is not set up yet')
    expect(text).toContain('cronguard user create')
    expect(text).not.toContain('<form')
  })
})

describe('Pages', () => {
  test('run and show nothing from other origins, and cannot be framed', async () => {
    const { headers } = await guard.request('/setup')
    const policy = headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toContain('unsafe')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('referrer-policy')).toBe('same-origin')
  })

  test('link assets under names that change with their content, to be cached forever', async () => {
    const text = await (await guard.request('/setup')).text()
    const paths = [...text.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, path]) => path ?? '')
    expect(paths.length).toBeGreaterThan(5)
    for (const path of paths) {
      const plain = await guard.request(path)
      if (/\.(woff2|png)$/.test(path)) continue
      const packed = await guard.request(path, { headers: { 'Accept-Encoding': 'gzip, br' } })
      expect(plain.headers.get('cache-control')).toContain('immutable')
      expect(packed.headers.get('content-encoding')).toBe('gzip')
      const unpacked = Bun.gunzipSync(new Uint8Array(await packed.arrayBuffer()))
      expect(new TextDecoder().decode(unpacked)).toBe(await plain.text())
    }
  })
})

describe('Not found', () => {
  test.each([
    ['/nowhere', 'text/html'],
    ['/api/v3/nowhere', 'application/json'],
    ['/ping/nowhere', 'text/plain'],
  ])('%s answers 404 in %s', async (path, contentType) => {
    const response = await guard.request(path)
    expect(response.status).toBe(404)
    expect(response.headers.get('content-type')).toStartWith(contentType)
  })

  test('does not repeat the input', async () => {
    const text = await (await guard.request('/%3Cscript%3Ealert(1)%3C/script%3E')).text()
    expect(text).not.toContain('alert(1)')
  })
})

describe('Unexpected error', () => {
  test('is a page with the id of the request, which is in the log, and reveals nothing else', async () => {
    guard.deps.db.get = () => {
      throw new Error('the password is hunter2')
    }
    const response = await guard.request('/')
    const text = await response.text()
    expect(response.status).toBe(500)
    expect(text).not.toContain('hunter2')
    expect(text).toContain(String(guard.log[0]?.fields.request))
    expect(guard.log[0]).toMatchObject({ level: 'error' })
  })

  test('of the disk answers 503 in the API, with Retry-After', async () => {
    const key = guard.apiKey(guard.project())
    guard.deps.db.write = () => {
      throw new StorageRefusedError(new Error('full'))
    }
    const response = await guard.request('/api/v3/checks/', {
      method: 'POST',
      headers: { 'X-Api-Key': key },
      body: '{}',
    })
    expect(response.status).toBe(503)
    expect(response.headers.get('retry-after')).toBe('5')
  })
})

describe('Aborted request', () => {
  test('is not an error, and no key is logged with its path', async () => {
    const project = guard.project()
    const { pingKey } = guard.monitor(project, { name: 'backup' })
    const headers = { 'X-Api-Key': guard.apiKey(project) }
    const broken = () =>
      new ReadableStream({ pull: (controller) => controller.error(new DOMException('gone', 'AbortError')) })
    for (const path of [`/ping/${pingKey}`, `/api/v3/checks/${pingKey}`]) {
      expect((await guard.request(path, { method: 'POST', headers, body: broken() })).status).toBe(400)
    }
    expect(guard.log).toEqual([])

    guard.deps.db.get = () => {
      throw new Error('boom')
    }
    expect((await guard.request(`/api/v3/checks/${pingKey}`, { headers })).status).toBe(500)
    const token = 'AbCdEfGhIjKlMnOpQrStUvWxYz012345'
    const paths = ['/password-reset/', '/invitations/']
    for (const path of paths) expect((await guard.request(path + token)).status).toBe(500)
    expect((await guard.request(`/verify-email/${token}`, { method: 'POST' })).status).toBe(500)
    expect(guard.log.map(({ fields }) => fields.path)).toEqual([
      '/api/v3/checks/…',
      ...paths.map((path) => `${path}…`),
      '/verify-email/…',
    ])
    expect(JSON.stringify(guard.log)).not.toContain(pingKey)
    expect(JSON.stringify(guard.log)).not.toContain(token)
  })
})
