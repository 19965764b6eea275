// What holds for a ping in every dialect.
import { afterEach, describe, expect, test } from 'bun:test'
import { createRoutes } from '#http/server.ts'
import { ALIAS, DIALECTS, type DialectSetting, Moved } from '../../support/moved.ts'

interface Example {
  name: string
  setting: DialectSetting
  /** A request that reports a success, and the status of its answer. */
  ping: (keys: Keys) => { path: string; init?: RequestInit }
  status: number
  /** The status of the answer to an unknown token, key or name. */
  unknown: number
  methods: string[]
  refused: string[]
}

interface Keys {
  token: string
  key: string
  slug: string
}

/** The content type of errors; the other dialects answer in plain text. */
const TYPES: Partial<Record<DialectSetting, string>> = {
  KUMA: 'application/json;charset=utf-8',
  SENTRY: 'application/json;charset=utf-8',
  OPSGENIE: 'application/json;charset=utf-8',
}

const ALL = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']
const USUAL = ['GET', 'HEAD', 'POST']

const EXAMPLES: Example[] = [
  {
    name: 'Uptime Kuma',
    setting: 'KUMA',
    ping: ({ token }) => ({ path: `/api/push/${token}` }),
    status: 200,
    unknown: 404,
    methods: ALL,
    refused: [],
  },
  {
    name: "Dead Man's Snitch",
    setting: 'SNITCH',
    ping: ({ token }) => ({ path: `/${token}` }),
    status: 202,
    unknown: 404,
    methods: USUAL,
    refused: ['PUT', 'PATCH', 'DELETE'],
  },
  {
    name: 'Cronitor by key',
    setting: 'CRONITOR',
    ping: ({ key, slug }) => ({ path: `/p/${key}/${slug}?state=complete` }),
    status: 200,
    unknown: 404,
    methods: USUAL,
    refused: ['PUT', 'PATCH', 'DELETE'],
  },
  {
    name: 'the command line of Cronitor',
    setting: 'CRONITOR',
    ping: ({ key, slug }) => ({ path: `/ping/${key}/${slug}?state=complete` }),
    status: 200,
    unknown: 404,
    methods: USUAL,
    refused: ['PUT', 'PATCH', 'DELETE'],
  },
  {
    name: 'Cronitor by code',
    setting: 'CRONITOR',
    ping: ({ token }) => ({ path: `/${token}/complete` }),
    status: 200,
    unknown: 404,
    methods: USUAL,
    refused: ['PUT', 'PATCH', 'DELETE'],
  },
  {
    name: 'Gatus',
    setting: 'GATUS',
    ping: ({ key, slug }) => ({
      path: `/api/v1/endpoints/${slug}/external?success=true`,
      init: { method: 'POST', headers: { Authorization: `Bearer ${key}` } },
    }),
    status: 200,
    unknown: 401,
    methods: ['POST'],
    refused: ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE'],
  },
  {
    name: 'Sentry',
    setting: 'SENTRY',
    ping: ({ key, slug }) => ({ path: `/api/7/cron/${slug}/${key}?status=ok` }),
    status: 202,
    unknown: 404,
    methods: USUAL,
    refused: ['PUT', 'PATCH', 'DELETE'],
  },
  {
    name: 'Opsgenie',
    setting: 'OPSGENIE',
    ping: ({ key, slug }) => ({
      path: `/v2/heartbeats/${slug}/ping`,
      init: { headers: { Authorization: `GenieKey ${key}` } },
    }),
    status: 202,
    unknown: 401,
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH'],
    refused: ['DELETE'],
  },
  {
    name: 'Honeybadger by id',
    setting: 'HONEYBADGER',
    ping: ({ token }) => ({ path: `/v1/check_in/${token}` }),
    status: 200,
    unknown: 404,
    methods: USUAL,
    refused: ['PUT', 'PATCH', 'DELETE'],
  },
  {
    name: 'Honeybadger by slug',
    setting: 'HONEYBADGER',
    ping: ({ key, slug }) => ({ path: `/v1/check_in/${key}/${slug}` }),
    status: 200,
    unknown: 404,
    methods: USUAL,
    refused: ['PUT', 'PATCH', 'DELETE'],
  },
]

let moved: Moved

afterEach(() => moved.stop())

const keysOf = ({ project, backup }: Moved): Keys => ({ token: ALIAS, key: project.pingKey, slug: backup.slug })

async function send({ ping }: Example, keys: Partial<Keys> = {}, init: RequestInit = {}): Promise<Response> {
  const { path, init: own } = ping({ ...keysOf(moved), ...keys })
  return await moved.guard.request(path, { ...own, ...init })
}

/** The text of an answer, or its keys where it is JSON. */
async function shapeOf(response: Response): Promise<string | string[]> {
  const text = await response.text()
  return text.startsWith('{') ? Object.keys(JSON.parse(text)) : text
}

describe.each(EXAMPLES)('Ping in the dialect of $name', (example) => {
  const { setting, status, unknown, methods, refused, ping } = example
  const isByToken = ping({ token: 'A', key: 'B', slug: 'C' }).path.includes('A')

  test('is recorded with and without a trailing slash, and never redirected', async () => {
    moved = new Moved([setting])
    expect((await send(example)).status).toBe(status)
    const { path, init } = ping(keysOf(moved))
    const [first = '', query] = path.split('?')
    const withSlash = `${first}/${query === undefined ? '' : `?${query}`}`
    expect((await moved.guard.request(withSlash, init)).status).toBe(status)
    expect(moved.kinds()).toEqual(['success', 'success'])
  })

  test('is recorded with duplicate slashes in its URL, except at the end', async () => {
    moved = new Moved([setting])
    const { path, init } = ping(keysOf(moved))
    const [first = '', query = ''] = path.split('?')
    const doubled = `//${first.slice(1).replaceAll('/', '//')}`
    for (const extra of [`/${first}`, `//${first}`, doubled])
      expect((await moved.guard.request(`${extra}?${query}`, init)).status).toBe(status)
    expect((await moved.guard.request(`${first}//?${query}`, init)).status).toBe(404)
    expect(moved.kinds()).toEqual(['success', 'success', 'success'])
  })

  test('is refused with TRACE and CONNECT', async () => {
    moved = new Moved([setting])
    for (const method of ['TRACE', 'CONNECT']) expect((await send(example, {}, { method })).status).toBe(405)
    expect(moved.kinds()).toEqual([])
  })

  test('answers 404 while the dialect is disabled', async () => {
    moved = new Moved(DIALECTS.filter((name) => name !== setting))
    expect((await send(example)).status).toBe(404)
    expect(moved.kinds()).toEqual([])
  })

  test('is recorded with every method that the tool accepts', async () => {
    moved = new Moved([setting])
    for (const method of methods) expect((await send(example, {}, { method })).status).toBe(status)
    expect(moved.pings().map(({ method }) => method)).toEqual(methods)
  })

  test('answers 405 to other methods, and OPTIONS records nothing', async () => {
    moved = new Moved([setting])
    for (const method of refused) {
      const response = await send(example, {}, { method })
      expect([response.status, response.headers.get('allow')]).toEqual([405, [...methods, 'OPTIONS'].join(', ')])
    }
    expect((await send(example, {}, { method: 'OPTIONS' })).status).toBe(204)
    expect(moved.kinds()).toEqual([])
  })

  test('to an unknown monitor is refused before its long body is read', async () => {
    moved = new Moved([setting])
    const wrong = isByToken ? { token: 'feedfacefeed' } : { key: 'unknown-key-22-letters' }
    let pulled = 0
    const body = new ReadableStream({
      pull: (controller) => {
        pulled += 1
        controller.enqueue(new Uint8Array(1000))
      },
    })
    const response = await send(example, wrong, { method: 'POST', body })
    expect([response.status, response.headers.get('connection')]).toEqual([unknown, 'close'])
    expect(response.headers.get('content-type')).toBe(TYPES[setting] ?? 'text/plain; charset=utf-8')
    expect(await shapeOf(response)).toEqual(await shapeOf(await send(example, wrong)))
    expect(pulled).toBeLessThan(3)
    expect(moved.kinds()).toEqual([])
  })

  test('to an unknown monitor is refused before its compressed body is read, however short', async () => {
    moved = new Moved([setting])
    const wrong = isByToken ? { token: 'feedfacefeed' } : { key: 'unknown-key-22-letters' }
    const pulled: number[] = []
    const pull = (controller: ReadableStreamDefaultController) => {
      pulled.push(controller.desiredSize ?? 0)
      controller.close()
    }
    const body = new ReadableStream({ pull }, { highWaterMark: 0 })
    const headers = { ...ping(keysOf(moved)).init?.headers, 'Content-Encoding': 'gzip', 'Content-Length': '1000' }
    const wrongHeaders = ping({ ...keysOf(moved), ...wrong }).init?.headers
    const response = await send(example, wrong, { method: 'POST', headers: { ...headers, ...wrongHeaders }, body })
    expect([response.status, pulled]).toEqual([unknown, []])
  })

  test('to an unknown monitor does not answer like a known one', async () => {
    moved = new Moved([setting])
    const wrong = isByToken ? { token: 'feedfacefeed' } : { key: 'unknown-key-22-letters' }
    expect((await send(example, wrong)).status).toBe(unknown)
    expect(moved.kinds()).toEqual([])
  })

  test('with an API key is refused', async () => {
    moved = new Moved([setting])
    const apiKey = moved.guard.apiKey(moved.project)
    expect((await send(example, { token: apiKey, key: apiKey })).status).toBe(unknown)
    expect(moved.kinds()).toEqual([])
  })

  test('reaches only the project of its key', async () => {
    moved = new Moved([setting])
    const other = moved.guard.project('mallory@example.org')
    const theirs = moved.guard.monitor(other, { name: 'theirs', slug: 'theirs' })
    const response = await send(example, { key: other.pingKey, slug: isByToken ? 'backup' : 'theirs' })
    expect(response.status).toBe(status)
    expect(moved.pings(theirs)).toHaveLength(isByToken ? 0 : 1)
    expect(moved.pings()).toHaveLength(isByToken ? 1 : 0)
  })

  test('answers 503 with Retry-After while the disk is read-only', async () => {
    moved = new Moved([setting])
    moved.guard.db.write((tx) => tx.runScript('PRAGMA query_only = ON'))
    const response = await send(example)
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5'])
    expect(response.headers.get('content-type')).toBe(TYPES[setting] ?? 'text/plain; charset=utf-8')
    expect(await response.text()).toContain('Nothing was recorded')
  })

  test('that fails answers 500 with a request number, and logs no key', async () => {
    moved = new Moved([setting])
    moved.guard.deps.db.writeGrouped = () => Promise.reject(new Error('boom'))
    const response = await send(example)
    const text = await response.text()
    expect(response.status).toBe(500)
    expect(text).toContain(String(moved.guard.log.find(({ level }) => level === 'error')?.fields.request))
    for (const secret of [ALIAS, moved.project.pingKey]) expect(JSON.stringify(moved.guard.log)).not.toContain(secret)
  })

  test('may be sent by a page of another site', async () => {
    moved = new Moved([setting])
    const { path, init } = ping(keysOf(moved))
    const headers = { ...(init?.headers as Record<string, string>), 'Sec-Fetch-Site': 'cross-site' }
    const response = await moved.guard.request(path, { method: 'POST', headers })
    expect(response.status).toBe(status)
  })

  test('keeps at most the first bytes of a body up to the limit', async () => {
    moved = new Moved([setting], { CRONGUARD_PING_BODY_LIMIT: '10' })
    await send(example, {}, { method: 'POST', body: 'x'.repeat(100_000) })
    expect(moved.pings()).toMatchObject([{ kind: 'success', body: 'xxxxxxxxxx' }])
  })
})

describe('All dialects enabled', () => {
  test('the pages at the root answer as without dialects', async () => {
    const plain = new Moved([])
    moved = new Moved(DIALECTS)
    const routes = createRoutes(plain.guard.deps, () => [], plain.guard.live).routes
    const fixed = routes.filter(({ method, path }) => method !== 'ALL' && !/[:*]/.test(path))
    expect(fixed.length).toBeGreaterThan(20)
    for (const { method, path } of fixed) {
      const [without] = await plain.answer(path, { method })
      const [withAll] = await moved.answer(path, { method })
      expect([method, path, withAll]).toEqual([method, path, without])
    }
    plain.stop()
  })

  test.each(['//login', '//', '///projects', '//docs/pinging', '//api/v3/checks/'])(
    'no page or API answers at %s',
    async (path) => {
      moved = new Moved(DIALECTS)
      expect((await moved.answer(path))[0]).toBe(404)
    },
  )

  test.each(['/login', '/logout', '/setup', '/projects'])(
    'a form sent by another site to %s is refused',
    async (path) => {
      moved = new Moved(DIALECTS)
      const headers = { 'Sec-Fetch-Site': 'cross-site' }
      expect((await moved.answer(path, { method: 'POST', headers }))[0]).toBe(403)
    },
  )

  test('a monitor whose alias is the name of a page does not hide the page', async () => {
    moved = new Moved(DIALECTS)
    moved.guard.monitor(moved.project, { name: 'odd', alias: 'login' })
    for (const method of ['GET', 'HEAD']) {
      const response = await moved.guard.request('/login', { method })
      expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    }
  })

  test('unknown paths of the management API answer as without dialects', async () => {
    const plain = new Moved([])
    moved = new Moved(DIALECTS)
    const paths = [
      '/api/v1/endpoints/',
      '/api/v1/endpoints/backup',
      '/api/v1/cron/backup/x',
      '/api/v3/nothing',
      '/api/x',
    ]
    for (const path of paths) {
      const before = await plain.answer(path)
      expect(before[0]).toBe(404)
      expect(JSON.parse(before[1])).toHaveProperty('error')
      expect(await moved.answer(path)).toEqual(before)
    }
    plain.stop()
  })

  test.each(['', '/', '/start', '/fail', '/log', '/0', '/3', '/TERM', '/256', '/foo', '/start/'])(
    'a Healthchecks ping URL that ends in %p answers as without dialects',
    async (ending) => {
      const plain = new Moved([])
      moved = new Moved(DIALECTS)
      const before = await plain.answer(`/ping/${plain.backup.pingKey}${ending}`)
      expect(await moved.answer(`/ping/${moved.backup.pingKey}${ending}`)).toEqual(before)
      expect(moved.kinds()).toEqual(plain.kinds())
      plain.stop()
    },
  )

  test('a Healthchecks slug URL is recorded', async () => {
    moved = new Moved(DIALECTS)
    expect(await moved.answer(`/ping/${moved.project.pingKey}/backup`)).toEqual([200, 'OK'])
    expect(await moved.answer(`/ping/${moved.project.pingKey}/backup/fail`)).toEqual([200, 'OK'])
    expect(await moved.answer(`/ping/${moved.project.pingKey}/new?create=1`)).toEqual([201, 'Created'])
    expect(moved.kinds()).toEqual(['success', 'fail'])
  })
})

test('By default, CronGuard accepts Uptime Kuma pings, and no other dialect', async () => {
  moved = new Moved('default')
  for (const example of EXAMPLES) {
    const isEnabled = example.setting === 'KUMA'
    expect([example.name, (await send(example)).status]).toEqual([example.name, isEnabled ? example.status : 404])
  }
})
