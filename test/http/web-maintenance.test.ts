// Maintenance windows on pages, with the API, and opened with a ping URL.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import type { Monitor } from '#domain/monitor.ts'
import type { Project } from '#domain/project.ts'
import { DAY, HOUR, MINUTE } from '#lib/duration.ts'
import { listWindows } from '#store/maintenance.ts'
import { callApi } from '../support/api.ts'
import { TestGuard } from '../support/cronguard.ts'
import { memberOf, signedIn, type Visitor, words } from '../support/visitor.ts'

let guard: TestGuard
let project: Project
let hook: string
let monitor: Monitor
let member: Visitor

beforeEach(async () => {
  guard = new TestGuard()
  project = guard.project()
  hook = guard.webhookTo(project, 'https://hooks.example.org/')
  monitor = guard.monitor(project, { name: 'backup', tags: 'nas' }, [hook])
  member = await memberOf(guard, project, 'member')
})
afterEach(() => {
  guard.live.close()
  guard.stop()
})

const planned = () => listWindows(guard.db, { projectId: project.id, since: guard.clock.now() })
const page = () => `/projects/${project.id}/maintenance`
const now = () => guard.clock.now()

describe('The maintenance page', () => {
  test('teaches while nothing is planned', async () => {
    expect(words(await member.read(page()))).toContain('No maintenance planned')
  })

  test('plans maintenance that begins now', async () => {
    await member.post(page(), { monitors: 'tag:nas', name: 'Kernel', kind: 'once', starts: '', length: '2 hours' })
    expect(planned()).toMatchObject([
      { name: 'Kernel', scope: { is: 'tag', tag: 'nas' }, times: { startsAt: now(), endsAt: now() + 2 * HOUR } },
    ])
    expect(words(await member.read(page()))).toMatch(/Kernel tag nas , by \S+ 1 Mar, 12:00 to 1 Mar, 14:00 End now/)
    expect(words(await member.read(`/monitors/${monitor.uniqueKey}`))).toContain('In maintenance until 1 Mar, 14:00')
  })

  test('reads a time in the zone of the person', async () => {
    guard.db.write((tx) => tx.run("UPDATE users SET time_zone = 'Europe/Berlin'"))
    const form = { monitors: 'all', kind: 'once', starts: '2026-07-01T22:00', length: '45 minutes' }
    await member.post(page(), form)
    const startsAt = Date.parse('2026-07-01T20:00Z')
    expect(planned()[0]?.times).toEqual({ is: 'once', startsAt, endsAt: startsAt + 45 * MINUTE })
  })

  test('plans maintenance that recurs, and shows four weeks of it', async () => {
    const form = { monitors: `monitor:${monitor.id}`, kind: 'recurring', schedule: 'every Sunday at 3am', length: '1h' }
    await member.post(page(), form)
    const text = words(await member.read(page()))
    expect(text).toContain('for 1 hour Cancel')
    expect(text.match(/03:00 – 04:00/g)).toHaveLength(3)
  })

  test.each([
    [{ length: 'soon' }, 'Write a duration'],
    [{ kind: 'recurring', schedule: 'now and then' }, 'Cannot read'],
    [{ kind: 'recurring', schedule: 'every 5 minutes' }, 'Use a time of day'],
    [{ starts: '2020-01-01T00:00' }, 'The end is in the past.'],
    [{ monitors: 'tag:gone' }, 'No monitor has the tag'],
    [{ monitors: 'monitor:99999' }, 'This monitor was deleted.'],
  ])('returns the form with what was typed: %j', async (change, message) => {
    const form = { monitors: 'all', name: 'Typed', kind: 'once', starts: '', length: '2h', ...change }
    const response = await member.post(page(), form)
    const html = await response.text()
    expect([response.status, planned()]).toEqual([422, []])
    expect(html).toContain('value="Typed"')
    expect(words(html)).toContain(message)
  })

  test('ends and cancels', async () => {
    for (const starts of ['', '2026-07-01T22:00']) {
      await member.post(page(), { monitors: 'all', kind: 'once', starts, length: '2h' })
    }
    guard.clock.advance(MINUTE)
    for (const { id } of planned()) await member.post(`/maintenance/${id}/end`)
    expect(planned()).toEqual([])
    // What has begun stays in the history.
    expect(listWindows(guard.db, { projectId: project.id, since: 0 })).toHaveLength(1)
  })

  test('is of its project only', async () => {
    await member.post(page(), { monitors: 'all', kind: 'once', starts: '', length: '2h' })
    const mallory = await signedIn(guard, 'mallory@example.org')
    expect((await mallory.post(`/maintenance/${planned()[0]?.id}/end`)).status).toBe(404)
    expect(planned()).toHaveLength(1)
  })
})

test('Uptime leaves maintenance out', async () => {
  await guard.ping(monitor)
  await guard.pass(2 * HOUR, HOUR)
  await member.post(page(), { monitors: 'all', kind: 'once', starts: '', length: '10h' })
  await guard.ping(monitor, '/fail')
  await guard.pass(8 * HOUR, HOUR)
  await guard.ping(monitor)
  await guard.pass(8 * HOUR, HOUR)
  const charts = words(await member.read(`/monitors/${monitor.uniqueKey}/charts`))
  expect(charts).toContain('30 days: 100%')
  expect(charts).toMatch(/1 Mar 2026: no downtime, maintenance 10 hours/)
})

describe('POST to a ping URL with /maintenance', () => {
  const post = async (path: string, method = 'POST') => {
    const response = await guard.request(path, { method })
    return [response.status, await response.text()] as const
  }

  test('begins maintenance, and notifies the channels', async () => {
    const answer = await post(`/ping/${monitor.pingKey}/maintenance?for=20m`)
    expect(answer).toEqual([200, 'OK, maintenance until 2026-03-01T12:20:00.000Z'])
    await guard.tick()
    const [notice] = guard.outside.calls.map(({ body }) => JSON.parse(body ?? ''))
    expect(notice).toMatchObject({
      status: 'notice',
      reason: 'maintenance',
      monitor: { name: 'backup', unique_key: monitor.uniqueKey },
      maintenance: { until: '2026-03-01T12:20:00.000Z', address: '192.0.2.7' },
    })
    expect(words(await member.read(page()))).toContain('from 192.0.2.7')
    expect(guard.now(monitor).pingCount).toBe(0)
  })

  test.each([
    ['without a length', '', 'POST', 400, 'say how long, for example ?for=20m'],
    ['with a wrong length', '?for=soon', 'POST', 400, 'say how long, for example ?for=20m'],
    ['for too long', '?for=25h', 'POST', 400, 'only 1 day of maintenance left'],
    ['with GET, as a link preview does', '?for=20m', 'GET', 404, 'not found'],
  ])('%s is refused', async (_what, query, method, status, text) => {
    expect(await post(`/ping/${monitor.pingKey}/maintenance${query}`, method)).toEqual([status, text])
    expect(planned()).toEqual([])
  })

  test('twice is refused', async () => {
    await post(`/ping/${monitor.pingKey}/maintenance?for=20m`)
    expect(await post(`/ping/${monitor.pingKey}/maintenance?for=20m`)).toEqual([409, 'maintenance has already begun'])
  })

  test("with the project's ping key stays a ping of the slug", async () => {
    const named = guard.monitor(project, { name: 'maintenance', slug: 'maintenance' })
    expect(await post(`/ping/${project.pingKey}/maintenance?for=20m`)).toEqual([200, 'OK'])
    expect([guard.now(named).pingCount, planned()]).toEqual([1, []])
  })
})

describe('Maintenance in the API', () => {
  const call = (path: string, method = 'GET', body?: unknown) =>
    callApi(guard, path, { with: guard.apiKey(project), method, ...(body === undefined ? {} : { body }) })

  test('is planned, listed and ended', async () => {
    const once = await call('/maintenance/', 'POST', { check: monitor.pingKey, seconds: 3600, name: 'Updates' })
    expect(once).toMatchObject({ status: 201, json: { check: monitor.uniqueKey, seconds: 3600, schedule: null } })
    const weekly = { tag: 'nas', seconds: 600, schedule: 'every Sunday at 3am', tz: 'Europe/Riga' }
    expect((await call('/maintenance/', 'POST', weekly)).json).toMatchObject({ ends: null, tz: 'Europe/Riga' })
    expect((await call('/maintenance/')).json.maintenance).toHaveLength(2)
    guard.clock.advance(MINUTE)
    expect((await call(`/maintenance/${once.json.id}`, 'DELETE')).status).toBe(200)
    expect((await call('/maintenance/')).json.maintenance).toHaveLength(1)
    expect((await call(`/maintenance/${project.id}`, 'DELETE')).status).toBe(404)
  })

  test.each([
    [{}, 'seconds'],
    [{ seconds: 60, starts: 'tomorrow' }, 'starts is not a time'],
    [{ seconds: 60, schedule: '0 3 * * *', tz: 'Mars/Base' }, 'tz is not a valid timezone'],
    [{ seconds: 60, starts: '2020-01-01T00:00:00Z' }, 'in the past'],
    [{ seconds: 31 * DAY, schedule: '0 3 * * *' }, 'seconds is too large'],
    [{ seconds: 60, check: monitorless(), tag: 'nas' }, 'only one of check and tag'],
  ])('refuses %j', async (body, message) => {
    const { status, json } = await call('/maintenance/', 'POST', body)
    expect([status, json.error]).toEqual([400, expect.stringContaining(message)])
  })
})

function monitorless(): string {
  return '00000000-0000-4000-8000-000000000000'
}
