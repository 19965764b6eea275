// Gaps, in which CronGuard itself is offline: they raise no false alert, hide no dead job, and projects are notified.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { updateChannel } from '#actions/channels.ts'
import type { Monitor } from '#domain/monitor.ts'
import { DAY, HOUR, MINUTE, SECOND } from '#lib/duration.ts'
import { gapsOf, type HourlyGuard, openHourly } from './support/hourly.ts'

let guard: HourlyGuard['guard']
let project: HourlyGuard['project']
let ops: HourlyGuard['ops']
let hourly: HourlyGuard['hourly']
let close: HourlyGuard['close']

beforeEach(() => {
  ;({ guard, project, ops, hourly, close } = openHourly())
})

afterEach(() => close())

const subjects = () => guard.outside.subjects()
const NOTICE = 'CronGuard was offline (12:00 – 14:00 UTC)'
const gaps = () => gapsOf(guard)

describe('gap: a deadline in it', () => {
  test('is extended by one grace period, from the end of the gap', async () => {
    const backup = await hourly('backup')
    await guard.goneFor(2 * HOUR)
    expect(guard.now(backup)).toMatchObject({ status: 'up', deadlineAt: guard.clock.now() + 10 * MINUTE })
    await guard.ping(backup)
    await guard.pass(30 * MINUTE)
    expect(subjects()).toEqual([NOTICE])
    expect(guard.now(backup)).toMatchObject({ extendedUntil: null, status: 'up' })
  })

  test('still raises an alert if the job is dead, dated at the extended deadline', async () => {
    const backup = await hourly('backup')
    await guard.goneFor(2 * HOUR)
    const extendedDeadline = guard.clock.now() + 10 * MINUTE
    await guard.pass(10 * MINUTE - SECOND, MINUTE)
    expect(subjects()).toEqual([NOTICE])
    await guard.pass(SECOND)
    expect(subjects()).toEqual([NOTICE, 'Down: backup'])
    expect(guard.db.get('SELECT at FROM transitions ORDER BY id DESC')).toEqual({ at: extendedDeadline })
    expect(guard.statuses(backup)).toEqual(['up', 'down'])
  })

  test('is extended if only the due time was in the gap: the ping may be lost', async () => {
    const backup = guard.now(await hourly('backup'))
    await guard.pass(HOUR - MINUTE)
    await guard.goneFor(2 * MINUTE)
    expect(guard.now(backup).deadlineAt).toBe((backup.deadlineAt ?? 0) + 10 * MINUTE)
  })

  test('is extended for an open run', async () => {
    const backup = await hourly('backup', { maxRunMs: HOUR })
    await guard.ping(backup, '/start')
    await guard.goneFor(2 * HOUR)
    await guard.ping(backup)
    await guard.pass(HOUR)
    expect(subjects()).toEqual([NOTICE])
  })

  test('stays as it is if the monitor is down', async () => {
    const backup = await hourly('backup')
    await guard.ping(backup, '/fail')
    await guard.tick()
    const before = guard.now(backup)
    await guard.goneFor(2 * HOUR)
    expect(guard.now(backup)).toEqual(before)
    expect(subjects()).toEqual(['Down: backup'])
  })

  test('stays as it is if the ping is due only later', async () => {
    const daily = await hourly('daily', { schedule: { kind: 'period', periodMs: DAY } })
    const before = guard.now(daily)
    await guard.goneFor(2 * HOUR)
    expect(guard.now(daily)).toEqual(before)
    expect(subjects()).toEqual([])
    expect(gaps()).toEqual([{ reason: 'crash', ms: 2 * HOUR }])
  })
})

describe('gap: a dead job', () => {
  // CronGuard is offline for a moment, again and again, and always between two deadlines.
  const found = async (monitor: Monitor, cut: { everyMs: number; cuts: number; gap: () => Promise<void> }) => {
    for (let n = 0; n < cut.cuts; n++) {
      await guard.pass(cut.everyMs, 10 * MINUTE)
      await cut.gap()
    }
    return [guard.now(monitor).status, guard.statuses(monitor)]
  }
  const restart = () => guard.goneFor(20 * SECOND, 'stopped')

  test('with a weekly schedule is found although CronGuard is restarted every night', async () => {
    const weekly = { schedule: { kind: 'period', periodMs: 7 * DAY }, graceMs: 36 * HOUR }
    const backup = await hourly('weekly', weekly)
    expect(await found(backup, { everyMs: DAY, cuts: 9, gap: restart })).toEqual(['down', ['up', 'down']])
  })

  test('with a daily schedule is found although CronGuard restarts more often than a grace period', async () => {
    const daily = { schedule: { kind: 'period', periodMs: DAY }, graceMs: 25 * HOUR }
    const backup = await hourly('daily', daily)
    expect(await found(backup, { everyMs: DAY, cuts: 4, gap: restart })).toEqual(['down', ['up', 'down']])
  })

  test('that hangs is found although the machine halts for some seconds now and then', async () => {
    const backup = await hourly('hanging', { maxRunMs: HOUR })
    await guard.ping(backup, '/start')
    const halt = async () => {
      guard.sleep(20 * SECOND)
      await guard.tick()
    }
    expect(await found(backup, { everyMs: 50 * MINUTE, cuts: 2, gap: halt })).toEqual(['down', ['up', 'down']])
  })

  test('is found although CronGuard crashes again and again within a grace period', async () => {
    const backup = await hourly('backup', { graceMs: MINUTE })
    await guard.pass(HOUR)
    for (let n = 0; n < 5; n++) {
      await guard.pass(45 * SECOND)
      await guard.goneFor(20 * SECOND)
    }
    expect(guard.now(backup).status).toBe('down')
  })

  test('gets its extension although it got back lost time before', async () => {
    const backup = await hourly('backup', { graceMs: 20 * MINUTE })
    await guard.pass(HOUR + MINUTE)
    await guard.goneFor(20 * SECOND, 'stopped')
    await guard.pass(18 * MINUTE)
    await guard.goneFor(2 * MINUTE, 'stopped')
    expect(guard.now(backup).deadlineAt).toBe(guard.clock.now() + 20 * MINUTE)
  })

  test('gets another extension if the whole last one fell into a gap', async () => {
    const backup = await hourly('backup')
    await guard.goneFor(2 * HOUR)
    await guard.pass(MINUTE)
    await guard.goneFor(HOUR)
    expect(guard.now(backup).deadlineAt).toBe(guard.clock.now() + 10 * MINUTE)
    await guard.pass(10 * MINUTE)
    expect(guard.now(backup).status).toBe('down')
  })
})

describe('gap: a notice of it', () => {
  test('goes once to each project with extended deadlines, and to no other', async () => {
    await Promise.all([hourly('one'), hourly('two')])
    const bobs = guard.project('bob@example.org')
    guard.mailTo(bobs, 'bob@example.org')
    await guard.goneFor(2 * HOUR)
    await guard.tick()
    expect(subjects()).toEqual([NOTICE])
    const [mail] = guard.outside.mails
    expect(mail?.to).toBe('ops@example.org')
    expect(mail?.text).toContain(
      'CronGuard was offline for 2 hours, until 1 Mar 2026, 14:00:00 UTC: it crashed or was killed.',
    )
    expect(mail?.text).toContain('The deadlines of 2 monitors were extended by one grace period.')
    expect(mail?.text).toContain('Monitors: one, two')
  })

  test('skips channels that opted out or are disabled', async () => {
    await hourly('one')
    const ref = { projectId: project.id, channelId: ops }
    updateChannel(guard.deps, { ref, notifiesGaps: false })
    await guard.goneFor(2 * HOUR)
    await guard.tick()
    updateChannel(guard.deps, { ref, notifiesGaps: true, isDisabled: true })
    await guard.goneFor(2 * HOUR)
    await guard.tick()
    expect(gaps()).toHaveLength(2)
    expect(guard.db.all('SELECT id FROM deliveries')).toEqual([])
    expect(subjects()).toEqual([])
  })

  test('to a webhook has its own fields', async () => {
    const url = 'https://hooks.example.org/x'
    guard.webhookTo(project, url)
    await hourly('one')
    await guard.goneFor(2 * HOUR, 'stopped')
    await guard.tick()
    const body = JSON.parse(guard.outside.calls.at(-1)?.body ?? '{}')
    expect(body).toMatchObject({
      status: 'blind',
      monitor_name: 'CronGuard itself',
      reason: 'stop',
      monitor: null,
      gap: { from: '2026-03-01T12:00:00.000Z', to: '2026-03-01T14:00:00.000Z', monitors_extended: 1, names: ['one'] },
      blackout: { from: '2026-03-01T12:00:00.000Z', monitors_spared: 1, names: ['one'] },
    })
    expect(body.details).toContain('it was stopped')
  })

  test('that an earlier version queued is still delivered', async () => {
    await hourly('one')
    await guard.goneFor(2 * HOUR)
    guard.db.write((tx) =>
      tx.run(
        `UPDATE notifications
            SET content = replace(replace(content, '"extendedCount"', '"sparedCount"'), '"extended"', '"spared"')`,
      ),
    )
    await guard.tick()
    expect(guard.outside.mails[0]?.text).toContain('Monitors: one')
  })

  test('is not sent after a gap as short as a restart, which only extends deadlines', async () => {
    const schedule = (periodMs: number) => ({ schedule: { kind: 'period', periodMs } as const })
    const [early, due, deadline, late, later] = [
      await hourly('early', schedule(64 * MINUTE)),
      await hourly('due', schedule(60 * MINUTE + SECOND)),
      await hourly('deadline', schedule(50 * MINUTE + SECOND)),
      await hourly('late', schedule(55 * MINUTE)),
      await hourly('later', schedule(70 * MINUTE)),
    ].map((monitor) => guard.now(monitor))
    const extendedMs = (monitor: Monitor | undefined) =>
      monitor && (guard.now(monitor).deadlineAt ?? 0) - (monitor.deadlineAt ?? 0)
    await guard.pass(HOUR)
    await guard.goneFor(10 * SECOND, 'stopped')
    await guard.tick()
    expect([early, due, late, later].map(extendedMs)).toEqual([10 * MINUTE, 10 * MINUTE, 0, 0])
    expect(deadline && guard.now(deadline).deadlineAt).toBe(guard.clock.now() + 10 * MINUTE)
    expect([gaps(), subjects()]).toEqual([[], []])
  })

  test('is sent although a job that was already late only gets back the lost time', async () => {
    const backup = guard.now(await hourly('backup'))
    await guard.pass(HOUR + MINUTE)
    await guard.goneFor(2 * MINUTE, 'stopped')
    expect(guard.now(backup).deadlineAt).toBe((backup.deadlineAt ?? 0) + 2 * MINUTE)
  })

  test('twice: two gaps in a row extend a deadline once', async () => {
    const backup = guard.now(await hourly('backup'))
    await guard.pass(HOUR - 5 * SECOND)
    await guard.goneFor(10 * SECOND, 'stopped')
    await guard.pass(19 * MINUTE + 50 * SECOND, SECOND * 10)
    await guard.goneFor(10 * SECOND, 'stopped')
    await guard.pass(20 * SECOND, SECOND)
    expect(guard.statuses(backup)).toEqual(['up', 'down'])
  })

  test.each(['killed', 'stopped'] as const)('says whether CronGuard was %s', async (how) => {
    await hourly('one')
    await guard.goneFor(HOUR, how)
    expect(gaps()).toEqual([{ reason: how === 'killed' ? 'crash' : 'stop', ms: HOUR }])
  })

  test('is recorded if the machine slept', async () => {
    const backup = await hourly('backup')
    guard.sleep(DAY)
    await guard.tick()
    expect(guard.now(backup)).toMatchObject({ status: 'up', deadlineAt: guard.clock.now() + 10 * MINUTE })
    expect(gaps()).toMatchObject([{ ms: DAY }])
    await guard.pass(10 * MINUTE)
    expect(guard.now(backup).status).toBe('down')
  })

  test('is recorded once', async () => {
    await hourly('backup')
    guard.sleep(HOUR)
    await guard.tick()
    await guard.pass(5 * MINUTE)
    expect(gaps()).toHaveLength(1)
  })
})

describe('stall: a machine that halts for some seconds', () => {
  test('extends an overdue deadline: the ping may still wait to be read', async () => {
    const backup = await hourly('backup', { graceMs: MINUTE })
    await guard.pass(HOUR + MINUTE - 5 * SECOND)
    guard.sleep(11 * SECOND)
    await guard.tick()
    expect(guard.now(backup)).toMatchObject({ status: 'up', deadlineAt: guard.clock.now() + MINUTE })
    expect([subjects(), gaps()]).toEqual([[], []])
    await guard.pass(MINUTE)
    expect(guard.statuses(backup)).toEqual(['up', 'down'])
  })

  test('extends an overdue deadline after a short sleep, too', async () => {
    const backup = await hourly('backup', { graceMs: MINUTE })
    await guard.pass(HOUR + MINUTE - 5 * SECOND)
    guard.sleep(11 * SECOND)
    guard.clock.stop(11 * SECOND)
    await guard.tick()
    expect(guard.now(backup)).toMatchObject({ status: 'up', deadlineAt: guard.clock.now() + MINUTE })
  })

  test('again and again still finds a dead job', async () => {
    const backup = await hourly('backup')
    await guard.pass(HOUR + 9 * MINUTE)
    for (let n = 0; n < 200; n++) {
      guard.sleep(4 * SECOND)
      await guard.tick()
      await guard.pass(250, 250)
    }
    expect(guard.statuses(backup)).toEqual(['up', 'down'])
  })
})
