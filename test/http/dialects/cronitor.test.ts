import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { listMonitors } from '#store/monitors.ts'
import { findProjectByPingKey } from '#store/projects.ts'
import { ALIAS, Moved } from '../../support/moved.ts'

let moved: Moved

beforeEach(() => {
  moved = new Moved(['CRONITOR'])
})

afterEach(() => moved.stop())

const telemetry = (query: string, monitor = 'backup') => moved.answer(`/p/${moved.project.pingKey}/${monitor}${query}`)
const slugs = () => {
  const project = findProjectByPingKey(moved.guard.db, moved.project.pingKey)
  return listMonitors(moved.guard.db, project?.id ?? '').map(({ slug }) => slug)
}

describe('Cronitor telemetry URL', () => {
  const states: [query: string, kind: string][] = [
    ['', 'success'],
    ['?state=', 'success'],
    ['?state=run', 'start'],
    ['?state=complete', 'success'],
    ['?state=fail', 'fail'],
    ['?state=ok', 'success'],
    ['?state=tick', 'success'],
    ['/run', 'start'],
    ['/complete', 'success'],
    ['/fail', 'fail'],
    ['/fail?state=complete', 'fail'],
  ]
  test.each(states)('with %p records a %s', async (query, kind) => {
    expect(await telemetry(query)).toEqual([200, 'OK'])
    expect(moved.pings()).toMatchObject([{ kind, runId: null }])
  })

  test.each(['?state=done', '?state=FAIL', '?state=complete&state=x'])(
    'with %p answers 400, because the state is unknown',
    async (query) => {
      expect(await telemetry(query)).toEqual([400, 'unknown state'])
      expect(moved.kinds()).toEqual([])
    },
  )

  test('stores the message, as message or as msg', async () => {
    await telemetry('?state=fail&message=no+space')
    await telemetry('?state=fail&msg=no%20space%20either')
    expect(moved.pings().map(({ body }) => body)).toEqual(['no space', 'no space either'])
  })

  test('stores the duration of the run', async () => {
    await telemetry('?state=complete&duration=12.345')
    await telemetry('?state=complete&duration=nonsense')
    expect(moved.pings().map(({ durationMs }) => durationMs)).toEqual([12_345, null])
    expect(moved.guard.now(moved.backup).lastDurationMs).toBeNull()
  })

  test('stores the exit status', async () => {
    await telemetry('?state=fail&status_code=137')
    await telemetry('?state=complete&status_code=0')
    await telemetry('?state=complete&status_code=nonsense')
    expect(moved.pings().map(({ exitStatus }) => exitStatus)).toEqual([137, 0, null])
  })

  test('takes the alias of a monitor in place of a Cronitor key with capitals', async () => {
    const backup = moved.guard.monitor(moved.project, { name: 'nightly', alias: 'UQZCNL' })
    expect(await telemetry('?state=fail', 'UQZCNL')).toEqual([200, 'OK'])
    expect(moved.pings(backup)).toMatchObject([{ kind: 'fail' }])
    expect(await telemetry('?state=run', 'UQZCNX')).toEqual([404, 'not found'])
  })

  test('may end in a state below /ping/ too, where a slug of Healthchecks can have the same name', async () => {
    const job = moved.guard.monitor(moved.project, { name: 'run', slug: 'run' })
    const below = (ending: string) => moved.answer(`/ping/${moved.project.pingKey}/${ending}`)
    for (const ending of ['backup/run', 'backup/complete', 'run', 'complete', 'complete?create=1']) await below(ending)
    expect(moved.kinds()).toEqual(['start', 'success'])
    expect(moved.pings(job)).toMatchObject([{ kind: 'success' }])
    expect(slugs().sort()).toEqual(['backup', 'complete', 'run'])
  })

  test('tells overlapping runs apart by series', async () => {
    await telemetry('?state=run&series=1763973600.123')
    moved.guard.clock.advance(1000)
    await telemetry('?state=run&series=1763973601.456')
    moved.guard.clock.advance(1000)
    await telemetry('?state=complete&series=1763973600.123')
    await telemetry('?state=complete&series=1763973601.456')
    const [first, second, firstEnd, secondEnd] = moved.pings()
    expect(first?.runId).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    expect(first?.runId).not.toBe(second?.runId ?? null)
    expect([firstEnd?.runId, firstEnd?.durationMs]).toEqual([first?.runId ?? null, 2000])
    expect([secondEnd?.runId, secondEnd?.durationMs]).toEqual([second?.runId ?? null, 1000])
  })

  test('stores a series that is a UUID as the run id', async () => {
    await telemetry('?state=run&series=684E2E73-017E-465F-8149-D70B7C5AAA49')
    expect(moved.pings()).toMatchObject([{ runId: '684e2e73-017e-465f-8149-d70b7c5aaa49' }])
  })

  test('creates an unknown monitor, like Cronitor', async () => {
    expect(await telemetry('?state=complete', 'nightly-report')).toEqual([200, 'OK'])
    expect(slugs()).toEqual(['backup', 'nightly-report'])
  })

  test.each(['Nightly-Report', 'nightly%20report', 'a.b', 'x'.repeat(101)])(
    'answers 404 to a name that cannot be a slug, such as %s',
    async (name) => {
      expect(await telemetry('?state=complete', name)).toEqual([404, 'not found'])
      expect(slugs()).toEqual(['backup'])
    },
  )

  test('creates no monitor for an unknown state or key', async () => {
    expect(await telemetry('?state=done', 'nightly-report')).toEqual([400, 'unknown state'])
    const path = `/p/${moved.guard.apiKey(moved.project)}/nightly-report?state=complete`
    expect(await moved.answer(path)).toEqual([404, 'not found'])
    expect(slugs()).toEqual(['backup'])
  })

  test('answers 409 when several monitors of the project have the slug', async () => {
    moved.guard.db.write((tx) => tx.run("UPDATE monitors SET slug = 'backup'"))
    moved.guard.monitor(moved.project, { name: 'second', slug: 'second' })
    moved.guard.db.write((tx) => tx.run("UPDATE monitors SET slug = 'backup'"))
    expect(await telemetry('?state=complete')).toEqual([409, 'ambiguous slug'])
  })

  test.each(['', '/', '/onlyakey', '/key/slug/other', '/key/slug/run/x'])(
    'answers 404 with %p after /p',
    async (ending) => {
      expect((await moved.answer(`/p${ending}`))[0]).toBe(404)
    },
  )
})

describe('Cronitor command line', () => {
  test('reports a run below /ping, with its many parameters', async () => {
    const { pingKey } = moved.project
    const shared = 'try=1&host=db1&series=1763973600.123'
    const measured = 'duration=2.878&status_code=2'
    const run = `/ping/${pingKey}/backup?state=run&stamp=1763973600.123&msg=backup.sh&${shared}`
    const end = `/ping/${pingKey}/backup?state=fail&stamp=1763973603.001&${measured}&msg=oops&${shared}`
    expect(await moved.answer(run)).toEqual([200, 'OK'])
    moved.guard.clock.advance(2878)
    expect(await moved.answer(end)).toEqual([200, 'OK'])
    expect(moved.pings()).toMatchObject([
      { kind: 'start', body: 'backup.sh' },
      { kind: 'fail', body: 'oops', exitStatus: 2, durationMs: 2878 },
    ])
  })

  test('reports a run by key and name at the root', async () => {
    const { pingKey } = moved.project
    expect(await moved.answer(`/${pingKey}/backup?state=fail`)).toEqual([200, 'OK'])
    expect(await moved.answer(`/${pingKey}/backup?state=run`)).toEqual([200, 'OK'])
    expect(await moved.answer(`/${pingKey}/backup`)).toEqual([200, 'OK'])
    expect(await moved.answer(`/${pingKey}/backup/fail`)).toEqual([200, 'OK'])
    expect(moved.kinds()).toEqual(['fail', 'start', 'success', 'fail'])
  })

  test('does not hide a page: one with a state in its query is shown', async () => {
    const response = await moved.guard.request('/projects/new?state=fail')
    expect([response.status, response.headers.get('location')]).toEqual([
      303,
      '/login?next=%2Fprojects%2Fnew%3Fstate%3Dfail',
    ])
  })

  test('is recognized by the state parameter: a URL without it is a Healthchecks slug URL', async () => {
    const { pingKey } = moved.project
    expect(await moved.answer(`/ping/${pingKey}/backup/fail`)).toEqual([200, 'OK'])
    expect(await moved.answer(`/ping/${pingKey}/unknown`)).toEqual([404, 'not found'])
    expect(await moved.answer(`/ping/${moved.backup.pingKey}/start?state=x`)).toEqual([200, 'OK'])
    expect(moved.kinds()).toEqual(['fail', 'start'])
  })
})

describe("Cronitor's older URLs", () => {
  test.each([
    ['run', 'start'],
    ['complete', 'success'],
    ['fail', 'fail'],
  ])('end in /%s', async (ending, kind) => {
    expect(await moved.answer(`/${ALIAS}/${ending}?msg=hello`)).toEqual([200, 'OK'])
    expect(moved.pings()).toMatchObject([{ kind, body: 'hello' }])
  })

  test.each([`/${ALIAS}`, `/${ALIAS}/tick`, `/${ALIAS}/run/x`, '/ab/run'])('%s answers 404', async (path) => {
    expect((await moved.answer(path))[0]).toBe(404)
    expect(moved.kinds()).toEqual([])
  })

  test('accept a ping key as the code', async () => {
    const { pingKey } = moved.backup
    expect(await moved.answer(`/${pingKey}/run`)).toEqual([200, 'OK'])
    expect(await moved.answer(`/${pingKey.replaceAll('-', '')}/complete`)).toEqual([200, 'OK'])
    expect(await moved.answer(`/${pingKey}/fail`)).toEqual([200, 'OK'])
    expect(moved.kinds()).toEqual(['start', 'success', 'fail'])
  })

  test('do not hide a page, whatever the alias of a monitor is', async () => {
    const odd = moved.guard.monitor(moved.project, { name: 'odd', alias: 'settings' })
    expect((await moved.answer('/settings/fail'))[0]).toBe(303)
    expect(moved.pings(odd)).toEqual([])
  })
})

describe('borgmatic, which appends the state to its Cronitor URL', () => {
  const headers = { 'User-Agent': 'borgmatic' }

  test.each(['/d3adb33f00', '/p/KEY/backup'])('reports start, end and failure to %s', async (url) => {
    const pingUrl = url.replace('KEY', moved.project.pingKey)
    for (const state of ['run', 'complete', 'fail']) {
      expect(await moved.answer(`${pingUrl}/${state}`, { headers })).toEqual([200, 'OK'])
    }
    expect(moved.kinds()).toEqual(['start', 'success', 'fail'])
  })
})

describe('Cronitor libraries, which send heartbeats without a state', () => {
  const heartbeat = (monitor: string, query: string) =>
    moved.answer(`/ping/${moved.project.pingKey}/${monitor}?${query}`)

  test.each(['stamp=1763973600.123', 'metric=count%3A5'])('%s records a success with its message', async (query) => {
    expect(await heartbeat('backup', `${query}&message=all+well`)).toEqual([200, 'OK'])
    expect(moved.pings()).toMatchObject([{ kind: 'success', body: 'all well' }])
    expect(await heartbeat('new-job', query)).toEqual([200, 'OK'])
    expect(slugs()).toContain('new-job')
    const nightly = moved.guard.monitor(moved.project, { name: 'nightly', alias: 'UQZCNL' })
    expect(await heartbeat('UQZCNL', query)).toEqual([200, 'OK'])
    expect(moved.pings(nightly)).toHaveLength(1)
  })
})

describe('Cronitor dialect disabled', () => {
  test('a ping with a state answers 404, and the log names the setting once', async () => {
    const off = new Moved([])
    const { pingKey } = off.project
    for (const query of ['state=fail', 'state=run', 'stamp=1.5&metric=count%3A1']) {
      expect(await off.answer(`/ping/${pingKey}/backup?${query}`)).toEqual([404, 'not found'])
      expect(await off.answer(`/${pingKey}/backup?${query}`)).toEqual([404, 'not found'])
    }
    expect(await off.answer(`/${off.backup.pingKey}?s=1`)).toEqual([404, 'not found'])
    expect(off.kinds()).toEqual([])
    const lines = off.guard.log.filter(({ event }) => event.includes('CRONGUARD_DIALECT_'))
    expect(lines.map(({ event }) => event)).toEqual([
      'Cronitor pings are refused: set CRONGUARD_DIALECT_CRONITOR=on to accept them',
      "Dead Man's Snitch pings are refused: set CRONGUARD_DIALECT_SNITCH=on to accept them",
    ])
    expect(JSON.stringify(off.guard.log)).not.toContain(pingKey)
    expect(await off.answer(`/ping/${pingKey}/backup?rid=684e2e73-017e-465f-8149-d70b7c5aaa49`)).toEqual([200, 'OK'])
    off.stop()
  })
})

test('A Healthchecks slug URL at the root may have the name of a Cronitor state', async () => {
  const job = moved.guard.monitor(moved.project, { name: 'fail', slug: 'fail' })
  expect(await moved.answer(`/${moved.project.pingKey}/fail`)).toEqual([200, 'OK'])
  expect(moved.pings(job)).toMatchObject([{ kind: 'success' }])
})
