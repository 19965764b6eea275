import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { checkDeadlines } from '#actions/deadlines.ts'
import { pauseMonitor, resumeMonitor } from '#actions/monitors.ts'
import type { Monitor } from '#domain/monitor.ts'
import type { Project } from '#domain/project.ts'
import { HOUR, MINUTE, SECOND } from '#lib/duration.ts'
import { TestGuard } from './support/cronguard.ts'

let guard: TestGuard
let project: Project
let backup: Monitor

beforeEach(() => {
  guard = new TestGuard()
  project = guard.project()
  backup = guard.monitor(project, {
    name: 'backup',
    schedule: { kind: 'period', periodMs: HOUR },
    graceMs: 10 * MINUTE,
  })
  guard.mailTo(project, 'ops@example.org')
})

afterEach(() => guard.stop())

describe('Alert: a missed ping', () => {
  test('notifies once when the monitor goes down, and once when it recovers', async () => {
    await guard.ping(backup)
    await guard.pass(HOUR + 9 * MINUTE)
    expect(guard.now(backup).status).toBe('up')
    expect(guard.outside.subjects()).toEqual([])

    await guard.pass(MINUTE)
    expect(guard.now(backup).status).toBe('down')
    expect(guard.outside.subjects()).toEqual(['Down: backup'])

    await guard.pass(5 * HOUR)
    expect(guard.outside.subjects()).toEqual(['Down: backup'])

    await guard.ping(backup)
    await guard.tick()
    expect(guard.outside.subjects()).toEqual(['Down: backup', 'Up: backup'])
    expect(guard.statuses(backup)).toEqual(['up', 'down', 'up'])
  })

  test('is dated at the deadline, however late the check is', async () => {
    await guard.ping(backup)
    const deadlineAt = guard.clock.now() + HOUR + 10 * MINUTE
    guard.clock.advance(3 * HOUR)
    await guard.tick()
    const row = guard.db.get<{ at: number }>("SELECT at FROM transitions WHERE to_status = 'down'")
    expect(row?.at).toBe(deadlineAt)
  })

  test('takes the monitor down at the deadline, to the millisecond', async () => {
    await guard.ping(backup)
    await guard.pass(HOUR + 10 * MINUTE - 1, HOUR)
    expect(guard.now(backup).status).toBe('up')
    await guard.pass(1)
    expect(guard.now(backup).status).toBe('down')
  })

  test('has a downtime of 0 if the clock is set back before the recovery', async () => {
    await guard.ping(backup)
    await guard.pass(2 * HOUR)
    guard.clock.advance(-HOUR)
    await guard.ping(backup)
    expect(guard.now(backup).status).toBe('up')
    const incident = guard.db.get<{ lasted: number }>('SELECT closed_at - opened_at AS lasted FROM incidents')
    expect(incident).toEqual({ lasted: 0 })
  })

  test('causes no alert if the ping arrives before the check', async () => {
    await guard.ping(backup)
    guard.clock.advance(2 * HOUR)
    await guard.ping(backup)
    await guard.tick()
    expect(guard.outside.mails).toEqual([])
  })

  test('causes no alert on a new monitor', async () => {
    await guard.pass(72 * HOUR, HOUR)
    expect(guard.now(backup).status).toBe('new')
    expect(guard.outside.mails).toEqual([])
  })
})

describe('Alert: a failed job', () => {
  test('notifies at once with the exit status, and again when it recovers', async () => {
    await guard.ping(backup)
    await guard.ping(backup, '/3')
    await guard.ping(backup, '/fail')
    await guard.tick()
    expect(guard.outside.subjects()).toEqual(['Down: backup'])
    expect(guard.outside.mails[0]?.text).toContain('exit status 3')
    await guard.ping(backup, '/0')
    await guard.tick()
    expect(guard.outside.subjects()).toEqual(['Down: backup', 'Up: backup'])
  })

  test('notifies after the grace period if a run does not end', async () => {
    await guard.ping(backup)
    await guard.ping(backup, '/start')
    await guard.pass(10 * MINUTE)
    expect(guard.outside.subjects()).toEqual(['Down: backup'])
    expect(guard.outside.mails[0]?.text).toContain('did not finish within 10 minutes')
  })
})

describe('Alert: a paused monitor', () => {
  test('causes no notification, and neither does its next ping', async () => {
    await guard.ping(backup)
    pauseMonitor(guard.deps, guard.refOf(backup))
    await guard.pass(24 * HOUR, HOUR)
    await guard.ping(backup)
    await guard.tick()
    expect(guard.outside.mails).toEqual([])
    expect(guard.statuses(backup)).toEqual(['up', 'paused', 'up'])
  })

  test('that was down has its incident closed, without a recovery notification', async () => {
    await guard.ping(backup, '/fail')
    await guard.tick()
    pauseMonitor(guard.deps, guard.refOf(backup))
    expect(guard.db.all('SELECT 1 FROM incidents WHERE closed_at IS NULL')).toEqual([])
    resumeMonitor(guard.deps, guard.refOf(backup), 'unarmed')
    await guard.ping(backup)
    await guard.tick()
    expect(guard.outside.subjects()).toEqual(['Down: backup'])
  })
})

describe('Alert: many monitors', () => {
  test('that go down together notify once each', async () => {
    const jobs = Array.from({ length: 350 }, (_, index) =>
      guard.monitor(project, { name: `job ${index}`, schedule: { kind: 'period', periodMs: HOUR }, graceMs: MINUTE }),
    )
    guard.webhookTo(project, 'http://hooks.example.org/all')
    for (const job of jobs) await guard.ping(job)
    await guard.pass(HOUR + MINUTE, HOUR + MINUTE)
    for (let turn = 0; turn < 200; turn += 1) await guard.tick()
    expect(guard.outside.calls.length).toBe(jobs.length)
    expect(new Set(guard.outside.calls.map(({ body }) => JSON.parse(body).monitor_name)).size).toBe(jobs.length)
  })

  test('are checked even if one of them cannot be evaluated', async () => {
    const healthy = guard.monitor(project, { name: 'healthy' })
    await guard.ping(backup)
    await guard.ping(healthy)
    guard.db.write((tx) =>
      tx.runScript(`CREATE TRIGGER broken BEFORE INSERT ON transitions WHEN new.monitor_id = ${backup.id}
                    BEGIN SELECT RAISE(ABORT, 'not this one'); END`),
    )
    await guard.pass(26 * HOUR, HOUR)
    expect(guard.now(healthy).status).toBe('down')
    const failures = guard.log.filter(({ event }) => event === 'Failed to evaluate a deadline')
    expect(failures.map(({ fields }) => fields.monitor)).toEqual([backup.id])
  })
})

describe('Alert: many monitors that cannot be evaluated', () => {
  test('do not delay the others, and are evaluated once per check', async () => {
    const broken = Array.from({ length: 205 }, (_, index) => guard.monitor(project, { name: `broken ${index}` }))
    for (const monitor of broken) await guard.ping(monitor)
    guard.clock.advance(SECOND)
    const healthy = guard.monitor(project, { name: 'healthy' })
    await guard.ping(healthy)
    guard.db.write((tx) =>
      tx.runScript(`CREATE TRIGGER broken BEFORE INSERT ON transitions WHEN new.monitor_id <> ${healthy.id}
                    BEGIN SELECT RAISE(ABORT, 'not this one'); END`),
    )
    await guard.pass(26 * HOUR, 26 * HOUR)
    expect(guard.now(healthy).status).toBe('down')
    const failures = guard.log.filter(({ event }) => event === 'Failed to evaluate a deadline')
    expect(failures.map(({ fields }) => fields.monitor)).toEqual(broken.map(({ id }) => id))
    expect(await checkDeadlines(guard.deps)).toHaveLength(205)
  })
})

describe('Alert: a period of seconds', () => {
  test('takes the monitor down three seconds after its last ping', async () => {
    const quick = guard.monitor(project, {
      name: 'quick',
      schedule: { kind: 'period', periodMs: 2 * SECOND },
      graceMs: SECOND,
    })
    await guard.ping(quick)
    await guard.pass(3 * SECOND - 1, 250)
    expect(guard.now(quick).status).toBe('up')
    await guard.pass(1, 1)
    expect(guard.now(quick).status).toBe('down')
  })
})
