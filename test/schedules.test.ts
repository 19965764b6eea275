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
/** Its changes of status, as "2026-03-02T03:10:00Z down". */
const statusChanges = (monitor: Monitor): string[] =>
  guard.db
    .all<{ at: number; to_status: string }>(
      'SELECT at, to_status FROM transitions WHERE monitor_id = $id ORDER BY id',
      { id: monitor.id },
    )
    .map(({ at, to_status }) => `${new Date(at).toISOString().replace('.000', '')} ${to_status}`)

// The fake clock starts at 2026-03-01 12:00 UTC.
describe('Monitor with a cron expression', () => {
  test('goes down one grace period after a missed time, and the mail says when the ping was expected', async () => {
    const backup = watched('0 3 * * *')
    await guard.ping(backup)
    expect(guard.now(backup)).toMatchObject({
      dueAt: moment('2026-03-02T03:00:00Z'),
      deadlineAt: moment('2026-03-02T03:10:00Z'),
    })
    await waitUntil('2026-03-02T03:09:00Z')
    expect(guard.outside.subjects()).toEqual([])
    await waitUntil('2026-03-02T04:00:00Z')
    expect(statusChanges(backup).at(-1)).toBe('2026-03-02T03:10:00Z down')
    const [mail] = guard.outside.mails
    expect(mail?.text).toContain('One was due on 2 Mar 2026, 03:00:00 UTC, with a grace period of 10 minutes.')
    expect(mail?.text).toContain('every day at 03:00 (UTC), grace period 10 minutes')
  })

  test('accepts a ping two seconds before its time', async () => {
    const backup = watched('0 3 * * *')
    for (const day of ['02', '03', '04']) {
      await waitUntil(`2026-03-${day}T02:59:58Z`)
      await guard.ping(backup)
      await waitUntil(`2026-03-${day}T12:00:00Z`)
    }
    expect(statusChanges(backup)).toEqual(['2026-03-02T02:59:58Z up'])
  })

  test('causes no false alert when clocks are set forward', async () => {
    const backup = watched('30 3 * * *', 'Europe/Riga')
    await waitUntil('2026-03-28T01:30:00Z')
    await guard.ping(backup)
    expect(guard.now(backup).dueAt).toBe(moment('2026-03-29T01:00:00Z'))
    await waitUntil('2026-03-29T01:00:00Z')
    await guard.ping(backup)
    expect(guard.now(backup).dueAt).toBe(moment('2026-03-30T00:30:00Z'))
    await waitUntil('2026-03-30T00:30:00Z')
    await guard.ping(backup)
    expect(statusChanges(backup)).toEqual(['2026-03-28T01:30:00Z up'])
  })

  test('expects a ping in both passes of a repeated hour', async () => {
    const backup = watched('15 * * * *', 'Europe/Riga')
    await waitUntil('2026-10-24T23:15:00Z')
    for (const time of ['00:15', '01:15', '02:15']) {
      await guard.ping(backup)
      expect(guard.now(backup).dueAt).toBe(moment(`2026-10-25T${time}:00Z`))
      await waitUntil(`2026-10-25T${time}:00Z`)
    }
    expect(statusChanges(backup)).toHaveLength(1)
  })

  test('is due the next day after a ping in the second pass of a repeated hour', async () => {
    const backup = watched('15 3 * * *', 'Europe/Riga')
    await waitUntil('2026-10-25T01:05:00Z')
    await guard.ping(backup)
    expect(guard.now(backup).dueAt).toBe(moment('2026-10-26T01:15:00Z'))
  })
})

describe('Monitor with an OnCalendar expression', () => {
  test('is due at the earliest of its lines, each in its own time zone', async () => {
    const backup = watched('Mon 03:00\nMon 02:00 America/New_York', 'Europe/Riga', 'on-calendar')
    await guard.ping(backup)
    expect(guard.now(backup).dueAt).toBe(moment('2026-03-02T01:00:00Z'))
    await waitUntil('2026-03-02T01:00:00Z')
    await guard.ping(backup)
    expect(guard.now(backup).dueAt).toBe(moment('2026-03-02T07:00:00Z'))
  })

  test('stays up when its last time has passed', async () => {
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

describe('Runs', () => {
  const run = (n: number): string => `?rid=00000000-0000-4000-8000-00000000000${n}`
  let backup: Monitor

  async function begin(change = {}): Promise<void> {
    const schedule = { kind: 'period', periodMs: HOUR } as const
    backup = guard.monitor(project, { name: 'backup', schedule, graceMs: 10 * MINUTE, ...change }, [ops])
    await guard.ping(backup)
  }

  const lastMail = (): string => guard.outside.mails.at(-1)?.text ?? 'no mail'

  test('that overlap are tracked separately, also across a restart: a stuck one raises an alert', async () => {
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

  test('that got stuck while the monitor was down raise an alert after the recovery', async () => {
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

  test('that never end take the monitor down, however often they start again', async () => {
    await begin({ maxRunMs: 2 * HOUR, graceMs: 10 * MINUTE })
    for (let hour = 0; hour < 5; hour++) {
      await guard.pass(HOUR)
      await guard.ping(backup, '/start')
    }
    expect(guard.now(backup).status).toBe('down')
  })

  test('that start on a paused monitor do not overrun after it is paused again', async () => {
    await begin()
    pauseMonitor(guard.deps, guard.refOf(backup))
    await guard.ping(backup, '/start')
    pauseMonitor(guard.deps, guard.refOf(backup))
    await guard.pass(HOUR)
    expect(guard.now(backup).status).toBe('paused')
  })

  test('may take longer than the grace period with maxRunMs', async () => {
    await begin({ maxRunMs: 3 * HOUR })
    await guard.pass(HOUR)
    await guard.ping(backup, '/start')
    await guard.pass(3 * HOUR - MINUTE)
    expect(guard.now(backup).status).toBe('up')
    await guard.pass(MINUTE)
    expect(guard.now(backup).status).toBe('down')
    expect(lastMail()).toContain('did not finish within 3 hours.')
  })

  test('shorter than minRunMs fail, and their ping is a failure', async () => {
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

  test('may fail a few times before a notification with failuresToAlert', async () => {
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
