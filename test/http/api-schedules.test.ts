import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { resumeMonitor } from '#actions/monitors.ts'
import type { Monitor } from '#domain/monitor.ts'
import type { Project } from '#domain/project.ts'
import { HOUR } from '#lib/duration.ts'
import { callApi } from '../support/api.ts'
import { TestGuard } from '../support/cronguard.ts'

let guard: TestGuard
let project: Project
let key: string
let backup: Monitor

beforeEach(() => {
  guard = new TestGuard()
  project = guard.project()
  key = guard.apiKey(project)
  backup = guard.monitor(project, { name: 'backup' })
})

afterEach(() => guard.stop())

async function send(path: string, body: unknown, apiKey = key) {
  const init = { method: 'POST', headers: { 'X-Api-Key': apiKey }, body: JSON.stringify(body) }
  const response = await guard.request(`/api/v3${path}`, init)
  return { status: response.status, json: JSON.parse(await response.text()) }
}

const change = (body: unknown) => send(`/checks/${backup.pingKey}`, body)

describe('Management API: schedule of a check', () => {
  test('replaces the timeout, and a later timeout replaces the schedule', async () => {
    const cron = (await change({ schedule: '0 3 * * *', tz: 'Europe/Riga' })).json
    expect(cron).toMatchObject({ schedule: '0 3 * * *', tz: 'Europe/Riga' })
    expect(Object.keys(cron)).not.toContain('timeout')
    const period = (await change({ timeout: 7200 })).json
    expect(period.timeout).toBe(7200)
    expect(Object.keys(period)).not.toContain('schedule')
    expect((await change({ schedule: '*:0/5' })).json).toMatchObject({ schedule: '*:0/5', tz: 'Europe/Riga' })
  })

  test('wins over a timeout in the same request', async () => {
    expect((await change({ timeout: 120, schedule: '0 3 * * *' })).json.schedule).toBe('0 3 * * *')
    expect(guard.now(backup).schedule).toMatchObject({ kind: 'cron', periodMs: 86_400_000 })
  })

  test('has a time zone that can be changed alone, even before a schedule is set', async () => {
    expect((await change({ tz: 'Asia/Calcutta' })).json.timeout).toBe(86_400)
    expect((await change({ schedule: '0 0 * * *' })).json.tz).toBe('Asia/Kolkata')
    expect((await change({ tz: 'UTC' })).json).toMatchObject({ schedule: '0 0 * * *', tz: 'UTC' })
  })

  test('moves the deadline at once when it changes', async () => {
    await guard.ping(backup)
    await change({ schedule: '0 15 * * *', grace: 60 })
    expect(guard.now(backup).deadlineAt).toBe(Date.UTC(2026, 2, 1, 15, 1))
  })

  test('is matched by its last period in an upsert by timeout, like Healthchecks', async () => {
    await change({ schedule: '0 3 * * *' })
    const { status, json } = await send('/checks/', { timeout: 86_400, unique: ['timeout'] })
    expect([status, json.uuid]).toEqual([200, backup.pingKey])
  })

  test.each([
    [{ tz: '' }, 'tz is not a valid timezone'],
    [{ tz: 'GMT+3' }, 'tz is not a valid timezone'],
    [{ tz: '../etc/passwd' }, 'tz is not a valid timezone'],
    [{ tz: 5 }, 'tz is not a string'],
    [{ tz: null }, 'tz is not a string'],
    [{ schedule: null }, 'schedule is not a string'],
    [{ schedule: ' ' }, 'schedule is not a valid cron or OnCalendar expression'],
    [{ schedule: 'every day' }, 'schedule is not a valid cron or OnCalendar expression'],
    [{ schedule: '@daily' }, 'schedule is not a valid cron or OnCalendar expression'],
    [{ schedule: '0 0 30 2 *' }, 'schedule is not a valid cron or OnCalendar expression'],
    [{ schedule: '2199-12-31\n'.repeat(10) }, 'schedule is too long'],
  ])('answers 400 to %j and changes nothing', async (body, problem) => {
    const { status, json } = await change({ name: 'new', ...body })
    expect([status, json.error]).toEqual([400, `json validation error: ${problem}`])
    expect(guard.now(backup)).toEqual(backup)
  })
})

describe('Management API: last_duration', () => {
  const lastDuration = async () => (await change({})).json.last_duration

  test('is 0 for a run of less than a second', async () => {
    expect(await lastDuration()).toBeUndefined()
    await guard.ping(backup, '/start')
    guard.clock.advance(900)
    await guard.ping(backup)
    expect(await lastDuration()).toBe(0)
  })

  test('is absent while a run that started later is open, like Healthchecks', async () => {
    const [first, second] = [crypto.randomUUID(), crypto.randomUUID()]
    await guard.ping(backup, `/start?rid=${first}`)
    guard.clock.advance(2000)
    await guard.ping(backup, `/start?rid=${second}`)
    guard.clock.advance(2000)
    await guard.ping(backup, `?rid=${first}`)
    expect(await lastDuration()).toBeUndefined()
    await guard.ping(backup, `?rid=${second}`)
    expect(await lastDuration()).toBe(2)
  })
})

describe('Management API: a resumed check', () => {
  test('stays new until its first ping, like Healthchecks', async () => {
    await send(`/checks/${backup.pingKey}/pause`, {})
    const { json } = await send(`/checks/${backup.pingKey}/resume`, {})
    expect(json).toMatchObject({ status: 'new', next_ping: null })
    await guard.pass(48 * HOUR, HOUR)
    expect(guard.now(backup).status).toBe('new')
  })

  test('that was resumed on its page is shown as new, and goes down without a ping', async () => {
    await send(`/checks/${backup.pingKey}/pause`, {})
    resumeMonitor(guard.deps, guard.refOf(backup), 'armed')
    expect((await change({})).json).toMatchObject({ status: 'new', next_ping: null })
    await guard.pass(25 * HOUR, HOUR)
    expect((await change({})).json).toMatchObject({ status: 'down', next_ping: null })
    expect(guard.statuses(backup)).toEqual(['paused', 'new', 'down'])
  })
})

describe('Management API: settings that Healthchecks does not have', () => {
  test('are absent at their defaults', async () => {
    const { json } = await change({ name: 'plain' })
    for (const name of ['max_run', 'min_run', 'early', 'failures_to_alert', 'alias', 'subminute']) {
      expect(Object.keys(json)).not.toContain(name)
    }
  })

  test('are set, shown, accepted back as read, and reset', async () => {
    const wanted = { max_run: 7200, min_run: 5, early: 900, failures_to_alert: 3, alias: 'fCGjHXEQKpZ81mLw' }
    const { json } = await change(wanted)
    expect(json).toMatchObject(wanted)
    expect((await change(json)).json).toEqual(json)
    const none = { max_run: null, min_run: null, early: 0, failures_to_alert: 1, alias: '' }
    expect(Object.keys((await change(none)).json)).not.toContain('max_run')
    expect(guard.now(backup)).toEqual(backup)
    expect((await change({ early: null })).json.early).toBeNull()
  })

  test('are shown to a read-only key, except for the alias, which can be pinged', async () => {
    await change({ failures_to_alert: 3, alias: 'fCGjHXEQKpZ81mLw' })
    const { json } = await callApi(guard, '/checks/', { with: guard.apiKey(project, 'read-only') })
    expect(json.checks).toEqual([expect.objectContaining({ failures_to_alert: 3, unique_key: backup.uniqueKey })])
    expect(JSON.stringify(json)).not.toContain('fCGjHXEQKpZ81mLw')
    expect(JSON.stringify(json)).not.toContain(backup.pingKey)
  })

  test('leave early at 0 for a check created by a Healthchecks client', async () => {
    const { json } = await send('/checks/', { schedule: '0 15 * * *' })
    expect(guard.now({ pingKey: json.uuid }).earlyMs).toBe(0)
  })

  test.each([
    [{ max_run: 0 }, 'max_run is too small'],
    [{ max_run: 31_536_001 }, 'max_run is too large'],
    [{ min_run: 1.5 }, 'min_run is not a number'],
    [{ early: -1 }, 'early is too small'],
    [{ early: 86_401 }, 'early is too large'],
    [{ failures_to_alert: 0 }, 'failures_to_alert is too small'],
    [{ failures_to_alert: 101 }, 'failures_to_alert is too large'],
    [{ failures_to_alert: null }, 'failures_to_alert is not a number'],
    [{ alias: 'a/b/c/d' }, 'alias does not match pattern'],
    [{ alias: 5 }, 'alias is not a string'],
  ])('answer 400 to %j', async (body, problem) => {
    expect(await change(body)).toMatchObject({ status: 400, json: { error: `json validation error: ${problem}` } })
    expect(guard.now(backup)).toEqual(backup)
  })

  test('include an alias that is unique across all projects', async () => {
    await change({ alias: 'fCGjHXEQKpZ81mLw' })
    const bob = guard.project('bob@example.org')
    const bobs = guard.apiKey(bob)
    const taken = { status: 400, json: { error: 'alias is already taken' } }
    expect(await send('/checks/', { alias: 'fCGjHXEQKpZ81mLw' }, bobs)).toMatchObject(taken)
    expect((await change({ alias: 'fCGjHXEQKpZ81mLw' })).status).toBe(200)
    const other = guard.monitor(bob, { name: 'other' })
    expect(await send(`/checks/${other.pingKey}`, { alias: 'fCGjHXEQKpZ81mLw' }, bobs)).toMatchObject(taken)
    expect(guard.now(other).alias).toBe('')
  })
})
