// What the ping API of Healthchecks has beyond the wire cases: ping URLs at the root, and names of signals.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { Moved } from '../../support/moved.ts'

const RUN = '684e2e73-017e-465f-8149-d70b7c5aaa49'
const UNKNOWN_PING_KEY = '07c2f548-9850-4b27-af5d-6c9dc157ec02'

let moved: Moved

beforeEach(() => {
  moved = new Moved('default')
})

afterEach(() => moved.stop())

describe('Healthchecks ping URL at the root, like hc-ping.com', () => {
  const endings = ['', '/', '/start', '/fail', '/log', '/0', '/007', '/255', '/256', '/TERM', '/foo', '/start/', '/-1']
  test.each([...endings, `?rid=${RUN}`, '?rid=x', '?create=1'])(
    'that ends in %p answers as below /ping',
    async (ending) => {
      const { pingKey } = moved.backup
      const [below, root] = [
        await moved.guard.request(`/ping/${pingKey}${ending}`),
        await moved.guard.request(`/${pingKey}${ending}`),
      ]
      expect([root.status, await root.text(), [...root.headers]]).toEqual([
        below.status,
        await below.text(),
        [...below.headers],
      ])
      const [first, second] = moved.pings()
      expect(second).toEqual(first as NonNullable<typeof first>)
    },
  )

  test('with an unknown ping key answers 404 with "not found"', async () => {
    for (const path of [`/${UNKNOWN_PING_KEY}`, `/${UNKNOWN_PING_KEY}/fail`, `/${UNKNOWN_PING_KEY}/256`]) {
      expect(await moved.answer(path)).toEqual([404, 'not found'])
    }
  })

  test('accepts capitals, and no ping key without hyphens', async () => {
    const { pingKey } = moved.backup
    expect(await moved.answer(`/${pingKey.toUpperCase()}`)).toEqual([200, 'OK'])
    for (const path of [`/${pingKey.replaceAll('-', '')}`, `/${pingKey}x`]) {
      const response = await moved.guard.request(path)
      expect([response.status, response.headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8'])
    }
    expect(moved.kinds()).toEqual(['success'])
  })

  test('accepts every method, from any site', async () => {
    const { pingKey } = moved.backup
    for (const method of ['HEAD', 'POST', 'PUT', 'DELETE']) {
      const init = { method, headers: { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://example.com' } }
      expect((await moved.guard.request(`/${pingKey}`, init)).status).toBe(200)
    }
    const preflight = await moved.guard.request(`/${pingKey}`, { method: 'OPTIONS' })
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, '*'])
    expect(moved.kinds()).toHaveLength(4)
  })

  test('answers 503 with Retry-After while the disk is read-only, and never logs the ping key', async () => {
    moved.guard.db.write((tx) => tx.runScript('PRAGMA query_only = ON'))
    const response = await moved.guard.request(`/${moved.backup.pingKey}`)
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5'])
    moved.guard.deps.db.writeGrouped = () => Promise.reject(new Error('boom'))
    expect((await moved.answer(`/${moved.backup.pingKey}`))[0]).toBe(500)
    expect(JSON.stringify(moved.guard.log)).not.toContain(moved.backup.pingKey)
  })
})

describe('Ping with the name of a signal as exit status', () => {
  const signals: [name: string, exitStatus: number][] = [
    ['HUP', 129],
    ['INT', 130],
    ['ABRT', 134],
    ['KILL', 137],
    ['SEGV', 139],
    ['TERM', 143],
    ['RTMIN', 162],
    ['RTMIN+3', 165],
  ]
  test.each(signals)('%s is a failure with status %d', async (name, exitStatus) => {
    for (const path of [`/ping/${moved.backup.pingKey}/${name}`, `/ping/${moved.project.pingKey}/backup/${name}`]) {
      expect(await moved.answer(path)).toEqual([200, 'OK'])
    }
    expect(moved.pings()).toMatchObject([
      { kind: 'fail', exitStatus },
      { kind: 'fail', exitStatus },
    ])
  })

  test('is refused in lowercase, with SIG, or with an unknown name', async () => {
    for (const name of ['term', 'SIGTERM', 'START', 'FAIL', 'TERMS', 'RTMIN+31', 'RTMIN3', 'RTMIN+']) {
      expect((await moved.answer(`/ping/${moved.backup.pingKey}/${name}`))[0]).toBeGreaterThanOrEqual(400)
      expect((await moved.answer(`/ping/${moved.project.pingKey}/backup/${name}`))[0]).toBe(404)
    }
    expect(moved.kinds()).toEqual([])
  })

  test('is a slug in the place of a slug, and a slug has no capitals', async () => {
    expect(await moved.answer(`/ping/${moved.project.pingKey}/TERM`)).toEqual([400, 'invalid url format'])
    moved.guard.monitor(moved.project, { name: 'term', slug: 'term' })
    expect(await moved.answer(`/ping/${moved.project.pingKey}/term`)).toEqual([200, 'OK'])
  })
})
