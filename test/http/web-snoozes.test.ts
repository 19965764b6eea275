// Snoozing from pages, from a link in a message, with the API, and what people see of it.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { snoozeUrl } from '#actions/incident-links.ts'
import type { Monitor } from '#domain/monitor.ts'
import type { Project } from '#domain/project.ts'
import { DAY, HOUR, MINUTE } from '#lib/duration.ts'
import { findChannel } from '#store/channels.ts'
import { listSnoozes } from '#store/snoozes.ts'
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
  await guard.ping(monitor, '/fail')
  await guard.tick()
  member = await memberOf(guard, project, 'member')
})
afterEach(() => {
  guard.live.close()
  guard.stop()
})

const active = () => listSnoozes(guard.db, { projectId: project.id, now: guard.clock.now() })
const incidentId = (): string => guard.db.get<{ id: string }>('SELECT id FROM incidents')?.id ?? ''
const pages = () => ({ monitor: `/monitors/${monitor.uniqueKey}`, incident: `/incidents/${incidentId()}` })
const callsSince = async (ms: number) => {
  guard.outside.calls.length = 0
  await guard.pass(ms)
  return guard.outside.calls.map(({ body }) => JSON.parse(body ?? ''))
}

describe('The snooze button', () => {
  test.each(['monitor', 'incident'] as const)(
    'of the page of the %s snoozes the monitor, and says so',
    async (which) => {
      const path = pages()[which]
      await member.post(`${path}/snooze`, { length: '4h' })
      expect(active()).toMatchObject([
        {
          scope: { is: 'monitor', monitorId: monitor.id },
          endsAt: guard.clock.now() + 4 * HOUR,
          by: 'member@example.org',
        },
      ])
      for (const page of Object.values(pages())) {
        expect(words(await member.read(page))).toMatch(/Snoozed until 1 Mar, 16:00 by \S+ End snooze/)
      }
      const viewer = await memberOf(guard, project, 'viewer')
      expect(words(await viewer.read(path))).not.toContain('End snooze')
    },
  )

  test('snoozes until 09:00 in the zone of the person', async () => {
    guard.db.write((tx) => tx.run("UPDATE users SET time_zone = 'America/New_York'"))
    await member.post(`${pages().monitor}/snooze`, { length: 'morning' })
    // It is 12:00 UTC, 07:00 in New York.
    expect(active()[0]?.endsAt).toBe(guard.clock.now() + 2 * HOUR)
  })

  test('ends it again', async () => {
    await member.post(`${pages().monitor}/snooze`, { length: 'recovery' })
    await member.post(`/snoozes/${active()[0]?.id}/end`)
    expect(active()).toEqual([])
  })

  test('of the incidents page snoozes a tag or the project', async () => {
    const list = `/projects/${project.id}/incidents`
    await member.post(`/projects/${project.id}/snoozes`, { tag: 'nas', length: '1h' })
    await member.post(`/projects/${project.id}/snoozes`, { tag: '', length: '1h' })
    const text = words(await member.read(list))
    expect(text).toContain('Monitors with the tag nas snoozed until 1 Mar, 13:00')
    expect(text).toContain('All monitors snoozed until 1 Mar, 13:00')
    expect((await member.post(`/projects/${project.id}/snoozes`, { tag: 'gone', length: '1h' })).status).toBe(422)
  })

  test('is nothing that another project can press', async () => {
    await member.post(`${pages().monitor}/snooze`, { length: '1h' })
    const mallory = await signedIn(guard, 'mallory@example.org')
    expect((await mallory.post(`/snoozes/${active()[0]?.id}/end`)).status).toBe(404)
    expect((await mallory.post(`${pages().incident}/snooze`, { length: '1h' })).status).toBe(404)
    expect(active()).toHaveLength(1)
  })

  test('leads to a page of the incident that says why no one was notified', async () => {
    await guard.ping(monitor)
    await member.post(`${pages().monitor}/snooze`, { length: '1h' })
    await guard.ping(monitor, '/fail')
    await guard.pass(HOUR + MINUTE)
    const newest = guard.db.get<{ id: string }>('SELECT id FROM incidents ORDER BY opened_by DESC')?.id
    const text = words(await member.read(`/incidents/${newest}`))
    expect(text).toContain('No one was notified: snoozed until 1 Mar, 13:00')
    expect(text).toMatch(/After the snooze .* Sent/)
  })
})

describe('The snooze link of a message', () => {
  const link = () => {
    const channel = findChannel(guard.db, hook)
    if (channel === null) throw new Error('The channel is missing.')
    return new URL(snoozeUrl(guard.deps, { incidentId: incidentId(), channel })).pathname
  }
  const read = async (path: string, init: RequestInit = {}) => {
    const response = await guard.request(path, init)
    return { status: response.status, text: words(await response.text()), headers: response.headers }
  }

  test('is in the message next to that to acknowledge', async () => {
    const [first] = guard.outside.calls.map(({ body }) => JSON.parse(body ?? ''))
    expect(new URL(first.snooze_url).pathname).toMatch(/^\/snooze\//)
  })

  test('shows a button, and changes nothing before it is pressed', async () => {
    const { text, headers } = await read(link())
    expect(text).toContain('Snooze this monitor?')
    expect(headers.get('referrer-policy')).toBe('no-referrer')
    expect(active()).toEqual([])
  })

  test.each([
    ['1h', HOUR],
    ['4h', 4 * HOUR],
    ['recovery', HOUR],
    ['', HOUR],
  ])('with the length "%s" snoozes for at most a day, and names the channel', async (length, ms) => {
    const { text } = await read(link(), { method: 'POST', body: new URLSearchParams({ length }) })
    expect(text).toContain('Snoozed')
    const [snooze] = active()
    expect(snooze).toMatchObject({ endsAt: guard.clock.now() + ms, by: null, via: { address: null } })
    expect((snooze?.endsAt ?? 0) - guard.clock.now()).toBeLessThanOrEqual(DAY + HOUR)
    expect(words(await member.read(pages().monitor))).toContain('via the channel')
  })

  test('does nothing once the incident has ended', async () => {
    const path = link()
    await guard.ping(monitor)
    expect((await read(path, { method: 'POST' })).text).toContain('Incident ended')
    expect(active()).toEqual([])
  })

  test('dies with the channel, and does not acknowledge', async () => {
    const path = link()
    expect((await read(path.replace('/snooze/', '/acknowledge/'))).status).toBe(404)
    guard.db.write((tx) => tx.run('UPDATE channels SET disabled_at = 1'))
    expect((await read(path, { method: 'POST' })).status).toBe(404)
    expect(active()).toEqual([])
  })
})

describe('Snoozes in the API', () => {
  const call = (path: string, method = 'GET', body?: unknown) =>
    callApi(guard, path, { with: guard.apiKey(project), method, ...(body === undefined ? {} : { body }) })

  test('are created, listed and ended', async () => {
    const created = await call('/snoozes/', 'POST', { check: monitor.pingKey, seconds: 3600 })
    expect(created).toMatchObject({ status: 201, json: { check: monitor.uniqueKey, tag: null, created_by: null } })
    expect((await call('/snoozes/')).json.snoozes).toHaveLength(1)
    expect((await call(`/snoozes/${created.json.id}`, 'DELETE')).status).toBe(200)
    expect((await call(`/snoozes/${created.json.id}`, 'DELETE')).status).toBe(404)
    expect((await call('/snoozes/')).json.snoozes).toEqual([])
  })

  test.each([
    [{ tag: 'gone', seconds: 60 }, 'No monitor has the tag'],
    [{ tag: 'nas' }, 'seconds is missing'],
    [{}, 'seconds is missing'],
    [{ seconds: 60 * 60 * 24 * 40 }, 'seconds is too large'],
    [{ check: 'x', tag: 'nas', seconds: 60 }, 'only one of check and tag'],
  ])('refuse %j', async (body, message) => {
    const { status, json } = await call('/snoozes/', 'POST', body)
    expect([status, json.error]).toEqual([400, expect.stringContaining(message)])
  })
})

test('A reminder says so in the JSON of a webhook, and in the titles of messages', async () => {
  guard.db.write((tx) => tx.run('UPDATE monitors SET remind_ms = $ms', { ms: HOUR }))
  const [reminder] = await callsSince(HOUR + MINUTE)
  expect(reminder).toMatchObject({ status: 'down', event: 'reminder', reminder: 1 })
  expect(reminder.details).not.toContain('late')
  expect(words(await member.read(pages().incident))).toContain('Reminder 1')
})
