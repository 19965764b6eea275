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

describe('A job that stays away', () => {
  test('is late, then down and told once, then back and told once', async () => {
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

  test('went down at its deadline, however late that was noticed', async () => {
    await guard.ping(backup)
    const deadlineAt = guard.clock.now() + HOUR + 10 * MINUTE
    guard.clock.advance(3 * HOUR)
    await guard.tick()
    const row = guard.db.get<{ at: number }>("SELECT at FROM transitions WHERE to_status = 'down'")
    expect(row?.at).toBe(deadlineAt)
  })

  test('is down to the millisecond at the deadline, and not one before', async () => {
    await guard.ping(backup)
    await guard.pass(HOUR + 10 * MINUTE - 1, HOUR)
    expect(guard.now(backup).status).toBe('up')
    await guard.pass(1)
    expect(guard.now(backup).status).toBe('down')
  })

  test('is back at the earliest when it went down, though the clock was put back in between', async () => {
    await guard.ping(backup)
    await guard.pass(2 * HOUR)
    guard.clock.advance(-HOUR)
    await guard.ping(backup)
    expect(guard.now(backup).status).toBe('up')
    const incident = guard.db.get<{ lasted: number }>('SELECT closed_at - opened_at AS lasted FROM incidents')
    expect(incident).toEqual({ lasted: 0 })
  })

  test('is not an alarm when its ping comes before anybody has looked', async () => {
    await guard.ping(backup)
    guard.clock.advance(2 * HOUR)
    await guard.ping(backup)
    await guard.tick()
    expect(guard.outside.mails).toEqual([])
  })

  test('that never came at all is no alarm', async () => {
    await guard.pass(72 * HOUR, HOUR)
    expect(guard.now(backup).status).toBe('new')
    expect(guard.outside.mails).toEqual([])
  })
})

describe('A job that fails', () => {
  test('is told at once, with its exit status, and told again when it is back', async () => {
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

  test('that starts and does not end goes down after the grace', async () => {
    await guard.ping(backup)
    await guard.ping(backup, '/start')
    await guard.pass(10 * MINUTE)
    expect(guard.outside.subjects()).toEqual(['Down: backup'])
    expect(guard.outside.mails[0]?.text).toContain('did not finish within 10 minutes')
  })
})

describe('A paused monitor', () => {
  test('is silent, and its first ping after that is no news', async () => {
    await guard.ping(backup)
    pauseMonitor(guard.deps, guard.refOf(backup))
    await guard.pass(24 * HOUR, HOUR)
    await guard.ping(backup)
    await guard.tick()
    expect(guard.outside.mails).toEqual([])
    expect(guard.statuses(backup)).toEqual(['up', 'paused', 'up'])
  })

  test('that was down has no open incident any more, and tells no recovery', async () => {
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

describe('Many jobs', () => {
  test('that go down together are all told, each once', async () => {
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

  test('are watched even when one of them cannot be judged', async () => {
    const healthy = guard.monitor(project, { name: 'healthy' })
    await guard.ping(backup)
    await guard.ping(healthy)
    guard.db.write((tx) =>
      tx.runScript(`CREATE TRIGGER broken BEFORE INSERT ON transitions WHEN new.monitor_id = ${backup.id}
                    BEGIN SELECT RAISE(ABORT, 'not this one'); END`),
    )
    await guard.pass(26 * HOUR, HOUR)
    expect(guard.now(healthy).status).toBe('down')
    const told = guard.log.filter(({ event }) => event === 'Failed to evaluate a deadline')
    expect(told.map(({ fields }) => fields.monitor)).toEqual([backup.id])
  })
})

describe('Many jobs that cannot be judged', () => {
  test('hold up no other, however many there are: each is looked at once in a turn', async () => {
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
    const told = guard.log.filter(({ event }) => event === 'Failed to evaluate a deadline')
    expect(told.map(({ fields }) => fields.monitor)).toEqual(broken.map(({ id }) => id))
    expect(await checkDeadlines(guard.deps)).toHaveLength(205)
  })
})

describe('A monitor by the second', () => {
  test('goes down three seconds after its last ping', async () => {
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
