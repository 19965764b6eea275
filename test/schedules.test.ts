import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pauseMonitor } from '#actions/monitors.ts'
import type { Monitor } from '#domain/monitor.ts'
import type { Project } from '#domain/project.ts'
import { HOUR, MINUTE, SECOND } from '#lib/duration.ts'
import { TestGuard } from './support/cronguard.ts'

let guard: TestGuard
let project: Project
let folder: string
let ops: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cronguard-schedules-'))
  guard = new TestGuard({ path: join(folder, 'cronguard.db') })
  project = guard.project()
  ops = guard.mailTo(project, 'ops@example.org')
})

afterEach(() => {
  guard.stop()
  rmSync(folder, { recursive: true })
})

function watched(expression: string, timeZone = 'UTC', kind: 'cron' | 'on-calendar' = 'cron'): Monitor {
  const schedule = { kind, expression, timeZone }
  return guard.monitor(project, { name: 'backup', schedule, graceMs: 10 * MINUTE, earlyMs: null }, [ops])
}

const moment = (time: string): number => Date.parse(time)
const waitUntil = async (time: string): Promise<void> => {
  await guard.pass(moment(time) - guard.clock.now(), 5 * MINUTE)
}
/** When it went down and came up, as "2026-03-02T03:10:00Z down". */
const story = (monitor: Monitor): string[] =>
  guard.db
    .all<{ at: number; to_status: string }>(
      'SELECT at, to_status FROM transitions WHERE monitor_id = $id ORDER BY id',
      { id: monitor.id },
    )
    .map(({ at, to_status }) => `${new Date(at).toISOString().replace('.000', '')} ${to_status}`)

// The told clock begins at 2026-03-01 12:00 UTC.
describe('A job with a cron expression', () => {
  test('is expected at its times, late within its grace, and down after it', async () => {
    const backup = watched('0 3 * * *')
    await guard.ping(backup)
    expect(guard.now(backup)).toMatchObject({
      dueAt: moment('2026-03-02T03:00:00Z'),
      deadlineAt: moment('2026-03-02T03:10:00Z'),
    })
    await waitUntil('2026-03-02T03:09:00Z')
    expect(guard.outside.subjects()).toEqual([])
    await waitUntil('2026-03-02T04:00:00Z')
    expect(story(backup).at(-1)).toBe('2026-03-02T03:10:00Z down')
    const [mail] = guard.outside.mails
    expect(mail?.text).toContain('It was expected on 2 Mar 2026, 03:00:00 UTC, with a grace period of 10 minutes.')
    expect(mail?.text).toContain('every day at 03:00 (UTC), grace period 10 minutes')
  })

  test('that is two seconds ahead of its time has reported for it', async () => {
    const backup = watched('0 3 * * *')
    for (const day of ['02', '03', '04']) {
      await waitUntil(`2026-03-${day}T02:59:58Z`)
      await guard.ping(backup)
      await waitUntil(`2026-03-${day}T12:00:00Z`)
    }
    expect(story(backup)).toEqual(['2026-03-02T02:59:58Z up'])
  })

  test('goes through the night in which the clocks are put forward without an alarm', async () => {
    const backup = watched('30 3 * * *', 'Europe/Riga')
    await waitUntil('2026-03-28T01:30:00Z')
    await guard.ping(backup)
    expect(guard.now(backup).dueAt).toBe(moment('2026-03-29T01:00:00Z'))
    await waitUntil('2026-03-29T01:00:00Z')
    await guard.ping(backup)
    expect(guard.now(backup).dueAt).toBe(moment('2026-03-30T00:30:00Z'))
    await waitUntil('2026-03-30T00:30:00Z')
    await guard.ping(backup)
    expect(story(backup)).toEqual(['2026-03-28T01:30:00Z up'])
  })

  test('goes through the night in which an hour comes twice, with a ping in each', async () => {
    const backup = watched('15 * * * *', 'Europe/Riga')
    await waitUntil('2026-10-24T23:15:00Z')
    for (const time of ['00:15', '01:15', '02:15']) {
      await guard.ping(backup)
      expect(guard.now(backup).dueAt).toBe(moment(`2026-10-25T${time}:00Z`))
      await waitUntil(`2026-10-25T${time}:00Z`)
    }
    expect(story(backup)).toHaveLength(1)
  })

  test('is not late by a ping in the hour that comes again', async () => {
    const backup = watched('15 3 * * *', 'Europe/Riga')
    await waitUntil('2026-10-25T01:05:00Z')
    await guard.ping(backup)
    expect(guard.now(backup).dueAt).toBe(moment('2026-10-26T01:15:00Z'))
  })
})

describe('A job with an OnCalendar expression', () => {
  test('is expected at the earliest of its lines, each in its own time zone', async () => {
    const backup = watched('Mon 03:00\nMon 02:00 America/New_York', 'Europe/Riga', 'on-calendar')
    await guard.ping(backup)
    expect(guard.now(backup).dueAt).toBe(moment('2026-03-02T01:00:00Z'))
    await waitUntil('2026-03-02T01:00:00Z')
    await guard.ping(backup)
    expect(guard.now(backup).dueAt).toBe(moment('2026-03-02T07:00:00Z'))
  })

  test('that has no time left stays up for ever', async () => {
    const backup = watched('2026-03-02 03:00', 'UTC', 'on-calendar')
    await waitUntil('2026-03-02T03:00:00Z')
    await guard.ping(backup)
    expect(guard.now(backup)).toMatchObject({ status: 'up', dueAt: null, deadlineAt: null })
    await guard.pass(1000 * HOUR, 100 * HOUR)
    expect(guard.outside.subjects()).toEqual([])
    expect(await (await guard.request(`/api/v3/checks/${backup.pingKey}`, withKey())).json()).toMatchObject({
      status: 'up',
      next_ping: null,
    })
  })
})

const withKey = () => ({ headers: { 'X-Api-Key': guard.apiKey(project) } })

describe('Runs of a job', () => {
  const run = (n: number): string => `?rid=00000000-0000-4000-8000-00000000000${n}`
  let backup: Monitor

  async function begin(change = {}): Promise<void> {
    const schedule = { kind: 'period', periodMs: HOUR } as const
    backup = guard.monitor(project, { name: 'backup', schedule, graceMs: 10 * MINUTE, ...change }, [ops])
    await guard.ping(backup)
  }

  const lastMail = (): string => guard.outside.mails.at(-1)?.text ?? 'no mail'

  test('that overlap are each watched, over a restart too: the stuck one is told of', async () => {
    await begin()
    await guard.ping(backup, `/start${run(1)}`)
    await guard.pass(5 * MINUTE)
    await guard.ping(backup, `/start${run(2)}`)
    await guard.restart()
    await guard.pass(3 * MINUTE)
    await guard.ping(backup, run(2))
    expect(guard.now(backup)).toMatchObject({ status: 'up', lastDurationMs: 3 * MINUTE })
    await guard.pass(2 * MINUTE)
    expect(guard.statuses(backup)).toEqual(['up', 'down'])
    expect(lastMail()).toContain('The run that started on 1 Mar 2026, 12:00:00 UTC did not finish within 10 minutes.')
  })

  test('that got stuck while the job was down for something else are told of once it is back', async () => {
    await begin()
    await guard.ping(backup, '/fail')
    await guard.ping(backup, `/start${run(1)}`)
    await guard.pass(HOUR)
    await guard.ping(backup, `/start${run(2)}`)
    await guard.ping(backup, run(2))
    await guard.restart()
    await guard.pass(10 * MINUTE)
    expect(guard.statuses(backup)).toEqual(['up', 'down', 'up', 'down'])
    expect(lastMail()).toContain('The run that started on 1 Mar 2026, 12:00:00 UTC did not finish')
    await guard.restart()
    await guard.ping(backup, `/start${run(3)}`)
    await guard.ping(backup, run(3))
    await guard.pass(5 * MINUTE)
    expect(guard.now(backup)).toMatchObject({ status: 'up', openRuns: [] })
  })

  test('that never end are told of when their time is over, however often they start again', async () => {
    await begin({ maxRunMs: 2 * HOUR, graceMs: 10 * MINUTE })
    for (let hour = 0; hour < 5; hour++) {
      await guard.pass(HOUR)
      await guard.ping(backup, '/start')
    }
    expect(guard.now(backup).status).toBe('down')
  })

  test('that a paused job starts take nobody down once somebody pauses it again', async () => {
    await begin()
    pauseMonitor(guard.deps, guard.refOf(backup))
    await guard.ping(backup, '/start')
    pauseMonitor(guard.deps, guard.refOf(backup))
    await guard.pass(HOUR)
    expect(guard.now(backup).status).toBe('paused')
  })

  test('may take longer than the grace where they have a limit of their own', async () => {
    await begin({ maxRunMs: 3 * HOUR })
    await guard.pass(HOUR)
    await guard.ping(backup, '/start')
    await guard.pass(3 * HOUR - MINUTE)
    expect(guard.now(backup).status).toBe('up')
    await guard.pass(MINUTE)
    expect(guard.now(backup).status).toBe('down')
    expect(lastMail()).toContain('did not finish within 3 hours.')
  })

  test('that end too soon have failed, and the ping says so', async () => {
    await begin({ minRunMs: MINUTE })
    await guard.ping(backup, '/start')
    guard.clock.advance(2 * SECOND)
    await guard.ping(backup)
    await guard.tick()
    expect(guard.now(backup).status).toBe('down')
    expect(lastMail()).toContain('The run took 2 seconds, less than the minimum of 1 minute.')
    const answer = await guard.request(`/api/v3/checks/${backup.pingKey}/pings/`, withKey())
    const [ping] = JSON.parse(await answer.text()).pings
    expect(ping).toMatchObject({ type: 'fail', duration: 2 })
  })

  test('may fail a few times before anybody is told', async () => {
    await begin({ failuresToAlert: 3 })
    for (let n = 1; n <= 2; n++) {
      await guard.ping(backup, '/1')
      await guard.tick()
    }
    expect([guard.now(backup).status, guard.outside.subjects()]).toEqual(['up', []])
    await guard.ping(backup, '/1')
    await guard.tick()
    expect(guard.outside.subjects()).toEqual(['Down: backup'])
    expect(lastMail()).toContain('The job failed with exit status 1. It has failed 3 times in a row.')
  })
})
