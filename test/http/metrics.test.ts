import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { pauseMonitor } from '#actions/monitors.ts'
import { revokeApiKey } from '#actions/projects.ts'
import type { Project } from '#domain/project.ts'
import { createRequestHandler } from '#http/server.ts'
import { DAY, HOUR, MINUTE, SECOND } from '#lib/duration.ts'
import { version } from '#package.json' with { type: 'json' }
import { markStarted } from '#store/heartbeat.ts'
import { listApiKeys } from '#store/projects.ts'
import { TestGuard } from '../support/cronguard.ts'
import { memberOf } from '../support/visitor.ts'

const TOKEN = 'a-token-that-only-tests-know'
const START = Date.UTC(2026, 2, 1, 12) / SECOND

let guard: TestGuard

beforeEach(() => {
  guard = new TestGuard({ env: { CRONGUARD_METRICS_TOKEN: TOKEN } })
})

afterEach(() => guard.stop())

const bearer = (token: string) => ({ headers: { Authorization: `Bearer ${token}` } })

async function scrape(path: string, init: RequestInit = {}): Promise<string[]> {
  const response = await guard.request(path, init)
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  expect(response.headers.get('cache-control')).toBe('no-store')
  return (await response.text()).split('\n')
}

const ofProject = (project: Project) =>
  scrape(`/projects/${project.id}/metrics`, bearer(guard.apiKey(project, 'read-only')))
const ofInstance = () => scrape('/metrics', bearer(TOKEN))

/** The lines of one metric, without its name: `{labels} value`. */
const linesOf = (lines: string[], name: string): string[] =>
  lines
    .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
    .map((line) => line.slice(name.length))
const numberOf = (lines: string[], name: string): string => linesOf(lines, name)[0]?.split(' ').at(-1) ?? 'absent'

describe('Metrics of a project', () => {
  test('have the names and labels of Healthchecks for each monitor', async () => {
    const project = guard.project()
    const monitor = guard.monitor(project, { name: 'backup', tags: 'prod db' })
    const lines = await ofProject(project)
    const labels = `{name="backup", tags="prod db", unique_key="${monitor.uniqueKey}"}`
    expect(linesOf(lines, 'hc_check_up')).toEqual([`${labels} 1`])
    expect(linesOf(lines, 'hc_check_started')).toEqual([`${labels} 0`])
    expect(linesOf(lines, 'hc_check_grace')).toEqual([`${labels} 0`])
    expect(linesOf(lines, 'hc_check_paused')).toEqual([`${labels} 0`])
    expect(linesOf(lines, 'hc_tag_up')).toEqual(['{tag="db"} 1', '{tag="prod"} 1'])
    expect(linesOf(lines, 'hc_checks_total')).toEqual([' 1'])
    expect(linesOf(lines, 'hc_checks_down_total')).toEqual([' 0'])
    expect(lines).toContain('# TYPE hc_check_up gauge')
  })

  test('follow a monitor to the second, even before the watcher has run', async () => {
    const project = guard.project()
    const monitor = guard.monitor(project, { name: 'backup', tags: 'db' })
    const seen = async () => {
      const lines = await ofProject(project)
      const names = ['hc_check_up', 'hc_check_started', 'hc_check_grace', 'hc_check_paused', 'hc_tag_up']
      return [...names, 'hc_checks_down_total'].map((name) => numberOf(lines, name)).join('')
    }
    await guard.ping(monitor)
    expect(await seen()).toBe('100010')
    await guard.ping(monitor, '/start')
    expect(await seen()).toBe('110010')
    await guard.ping(monitor)
    guard.clock.advance(DAY)
    expect(await seen()).toBe('101010')
    guard.clock.advance(HOUR)
    expect(await seen()).toBe('000001')
    pauseMonitor(guard.deps, guard.refOf(monitor))
    expect(await seen()).toBe('100110')
  })

  test('have the duration of the last run, and the time when a ping is due', async () => {
    const project = guard.project()
    const monitor = guard.monitor(project, { name: 'backup' })
    expect(numberOf(await ofProject(project), 'cronguard_monitor_due_timestamp_seconds')).toBe('absent')
    await guard.ping(monitor, '/start')
    guard.clock.advance(1500)
    await guard.ping(monitor)
    const lines = await ofProject(project)
    expect(numberOf(lines, 'cronguard_monitor_last_duration_seconds')).toBe('1.5')
    expect(numberOf(lines, 'cronguard_monitor_due_timestamp_seconds')).toBe(String(START + 1.5 + 86_400))
    guard.clock.advance(DAY + HOUR)
    expect(numberOf(await ofProject(project), 'cronguard_monitor_due_timestamp_seconds')).toBe('absent')
  })

  test('have the time of the last success, which failures and log pings do not change', async () => {
    const project = guard.project()
    const monitor = guard.monitor(project, { name: 'backup' })
    const lastSuccess = async () =>
      numberOf(await ofProject(project), 'cronguard_monitor_last_success_timestamp_seconds')
    await guard.ping(monitor, '/fail')
    expect(await lastSuccess()).toBe('absent')
    await guard.ping(monitor)
    guard.clock.advance(MINUTE)
    await guard.ping(monitor, '/log')
    await guard.ping(monitor, '/fail')
    expect(await lastSuccess()).toBe(String(START))
    await guard.ping(monitor)
    expect(await lastSuccess()).toBe(String(START + 60))
  })

  test('count the pending deliveries of the project', async () => {
    const [project, other] = [guard.project(), guard.project('mallory@example.org')]
    const monitor = guard.monitor(project, { name: 'backup' }, [guard.mailTo(project, 'ops@example.org')])
    await guard.ping(monitor, '/fail')
    expect(numberOf(await ofProject(project), 'cronguard_project_outbox_deliveries')).toBe('1')
    expect(numberOf(await ofProject(other), 'cronguard_project_outbox_deliveries')).toBe('0')
    await guard.tick()
    expect(numberOf(await ofProject(project), 'cronguard_project_outbox_deliveries')).toBe('0')
  })

  test('contain no secret, and nothing of another project', async () => {
    const [project, other] = [guard.project(), guard.project('mallory@example.org')]
    const monitor = guard.monitor(project, { name: '', tags: 'db', description: 'To the vault in Bern' })
    guard.monitor(other, { name: 'payroll', tags: 'finance' })
    await guard.ping(monitor)
    const text = (await ofProject(project)).join('\n')
    const secrets = [monitor.pingKey, monitor.badgeKey, project.pingKey, 'Bern', 'payroll', 'finance']
    expect(secrets.filter((secret) => text.includes(secret))).toEqual([])
    expect(linesOf(text.split('\n'), 'hc_checks_total')).toEqual([' 1'])
  })

  test('escape the names of monitors and tags', async () => {
    const project = guard.project()
    guard.monitor(project, { name: 'a "quoted" \\ name', tags: 'back\\slash "q"' })
    const lines = await ofProject(project)
    expect(linesOf(lines, 'hc_check_up')[0]).toStartWith(
      '{name="a \\"quoted\\" \\\\ name", tags="back\\\\slash \\"q\\"", unique_key="',
    )
    expect(linesOf(lines, 'hc_tag_up')).toEqual(['{tag="\\"q\\""} 1', '{tag="back\\\\slash"} 1'])
  })
})

describe('Metrics of a project: access', () => {
  const statusOf = async (path: string, init: RequestInit = {}) => {
    const response = await guard.request(path, init)
    expect([path, response.headers.get('content-type')]).toEqual([path, 'text/plain; charset=utf-8'])
    expect(await response.text()).not.toContain('hc_')
    return response.status
  }

  test('requires a read-only key of the project, in the URL or as bearer token', async () => {
    const project = guard.project()
    const key = guard.apiKey(project, 'read-only')
    await scrape(`/projects/${project.id}/metrics/${key}`)
    await scrape(`/projects/${project.id.toUpperCase()}/metrics/${key}`)
    await scrape(`/projects/${project.id}/metrics/`, bearer(key))
    await scrape(`/projects/${project.id}/metrics`, bearer(key))
  })

  test('answers 401 without a key, signed in or not, and never redirects to the sign-in', async () => {
    const project = guard.project()
    const path = `/projects/${project.id}/metrics/`
    expect(await statusOf(path)).toBe(401)
    expect((await guard.request(path)).headers.get('www-authenticate')).toBe('Bearer')
    const owner = await memberOf(guard, project, 'owner')
    expect((await owner.get(path)).status).toBe(401)
  })

  test('answers 403 to any other key', async () => {
    const [project, other] = [guard.project(), guard.project('mallory@example.org')]
    const revoked = guard.apiKey(project, 'read-only')
    revokeApiKey(guard.deps, { id: listApiKeys(guard.db, project.id)[0]?.id ?? '', projectId: project.id })
    const wrong = [guard.apiKey(project), guard.apiKey(other), guard.apiKey(other, 'read-only'), revoked]
    for (const key of [...wrong, 'x'.repeat(32), 'x', project.pingKey, TOKEN]) {
      const inUrl = key.length === 32 ? 403 : 400
      expect([key, await statusOf(`/projects/${project.id}/metrics/${key}`)]).toEqual([key, inUrl])
      expect([key, await statusOf(`/projects/${project.id}/metrics/`, bearer(key))]).toEqual([key, 403])
    }
  })

  test('answers 403 for an unknown project', async () => {
    const key = guard.apiKey(guard.project(), 'read-only')
    for (const id of [crypto.randomUUID(), 'nonsense', '%zz']) {
      expect([id, await statusOf(`/projects/${id}/metrics/${key}`)]).toEqual([id, 403])
    }
  })
})

describe('Metrics of the server', () => {
  test('count monitors by status, and pings', async () => {
    const project = guard.project()
    const [late, down, running] = ['late', 'down', 'running'].map((name) => guard.monitor(project, { name }))
    if (!late || !down || !running) throw new Error('There are three monitors')
    guard.monitor(guard.project('mallory@example.org'), { name: 'new' })
    await guard.ping(late)
    guard.clock.advance(DAY)
    await guard.ping(down, '/fail')
    await guard.ping(running)
    const lines = await ofInstance()
    expect(linesOf(lines, 'cronguard_monitors').sort()).toEqual([
      '{status="down"} 1',
      '{status="late"} 1',
      '{status="new"} 1',
      '{status="paused"} 0',
      '{status="up"} 1',
    ])
    expect(lines).toContain('# TYPE cronguard_pings_total counter')
    expect(numberOf(lines, 'cronguard_pings_total')).toBe('3')
  })

  test('have the deliveries in the outbox, and the age of the oldest', async () => {
    const project = guard.project()
    const monitor = guard.monitor(project, { name: 'backup' }, [guard.mailTo(project, 'ops@example.org')])
    expect(numberOf(await ofInstance(), 'cronguard_outbox_oldest_age_seconds')).toBe('0')
    await guard.ping(monitor, '/fail')
    guard.clock.advance(MINUTE)
    const lines = await ofInstance()
    expect(linesOf(lines, 'cronguard_outbox_deliveries')).toEqual(['{state="pending"} 1', '{state="sending"} 0'])
    expect(numberOf(lines, 'cronguard_outbox_oldest_age_seconds')).toBe('60')
  })

  test('have the lag of the checker, which is 0 until a deadline passes unchecked', async () => {
    const monitor = guard.monitor(guard.project(), { name: 'backup' })
    const lag = async () => numberOf(await ofInstance(), 'cronguard_checker_lag_seconds')
    expect(await lag()).toBe('0')
    await guard.ping(monitor)
    expect(await lag()).toBe('0')
    guard.clock.advance(DAY + HOUR + 2 * SECOND)
    expect(await lag()).toBe('2')
    await guard.tick()
    expect(await lag()).toBe('0')
  })

  test('have the state of the parts, the version, and disk and memory usage', async () => {
    const parts = [
      { name: 'checker', isHealthy: true, isRunning: true },
      { name: 'outbox', isHealthy: false, isRunning: true },
    ]
    guard.db.write((tx) => markStarted(tx))
    const handler = createRequestHandler(guard.deps, () => parts, guard.live)
    const response = await handler(new Request('http://localhost/metrics', bearer(TOKEN)), null)
    const lines = (await response.text()).split('\n')
    expect(linesOf(lines, 'cronguard_part_up')).toEqual(['{part="checker"} 1', '{part="outbox"} 0'])
    expect(linesOf(lines, 'cronguard_build_info')).toEqual([`{version="${version}", bun="${Bun.version}"} 1`])
    expect(numberOf(lines, 'process_start_time_seconds')).toBe(String(START))
    expect(Number(numberOf(lines, 'cronguard_database_bytes'))).toBeGreaterThan(4096)
    expect(Number(numberOf(lines, 'process_resident_memory_bytes'))).toBeGreaterThan(1_000_000)
  })

  test('require the token, and name no project and no monitor', async () => {
    const project = guard.project()
    const monitor = guard.monitor(project, { name: 'backup', tags: 'db' })
    const text = (await ofInstance()).join('\n')
    expect(['backup', '"db"', project.id, monitor.uniqueKey].filter((word) => text.includes(word))).toEqual([])
    const refused = async (init: RequestInit) => (await guard.request('/metrics', init)).status
    expect(await refused({})).toBe(401)
    expect(await refused(bearer(`${TOKEN}x`))).toBe(403)
    expect(await refused(bearer(guard.apiKey(project)))).toBe(403)
    const owner = await memberOf(guard, project, 'owner')
    expect((await owner.get('/metrics')).status).toBe(401)
  })

  test('answer 404 while no token is set', async () => {
    const closed = new TestGuard()
    for (const init of [{}, bearer(''), bearer('null'), bearer(TOKEN)]) {
      const response = await closed.request('/metrics', init)
      expect(response.status).toBe(404)
      expect(await response.text()).toBe('Nothing found at this URL.')
    }
    closed.stop()
  })
})

describe.each([1, 2, 3])('Management API v%i', (api) => {
  test('status/ answers OK to anyone while the database can be read', async () => {
    const ask = () => guard.request(`/api/v${api}/status/`)
    const response = await ask()
    expect([response.status, await response.text()]).toEqual([200, 'OK'])
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    expect((await guard.request(`/api/v${api}/status`)).status).toBe(200)
    guard.db.write((tx) => tx.runScript('ALTER TABLE pings RENAME TO lost'))
    expect((await ask()).status).toBe(500)
  })

  test('metrics/ requires the metrics token of the server', async () => {
    const ask = (headers: Record<string, string>) => guard.request(`/api/v${api}/metrics/`, { headers })
    const facts = async () => await (await ask({ 'X-Metrics-Key': TOKEN })).json()
    const none = { ts: START, max_ping_id: null, max_notification_id: null, num_unprocessed_flips: 0 }
    expect(await facts()).toEqual(none)
    const project = guard.project()
    const monitor = guard.monitor(project, { name: 'backup' }, [guard.mailTo(project, 'ops@example.org')])
    await guard.ping(monitor)
    await guard.ping(monitor, '/fail')
    expect(await facts()).toEqual({ ts: START, max_ping_id: 2, max_notification_id: 1, num_unprocessed_flips: 1 })
    await guard.tick()
    expect(await facts()).toMatchObject({ num_unprocessed_flips: 0 })
    for (const headers of [{}, { 'X-Metrics-Key': 'wrong' }, { Authorization: `Bearer ${TOKEN}` }]) {
      const response = await ask(headers as Record<string, string>)
      expect([response.status, await response.text()]).toEqual([403, ''])
    }
  })
})
