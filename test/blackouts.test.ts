// CronGuard's own absence: it raises no false alarm, hides no true one, and is told of.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { updateChannel } from '#actions/channels.ts'
import type { Monitor } from '#domain/monitor.ts'
import { DAY, HOUR, MINUTE, SECOND } from '#lib/duration.ts'
import { blackoutsOf, type HourlyGuard, openHourly } from './support/hourly.ts'

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
const BLIND = 'CronGuard was offline (12:00 – 14:00 UTC)'
const blackouts = () => blackoutsOf(guard)

describe('A deadline that fell into a blackout', () => {
  test('is put off by one more grace, counted from its end', async () => {
    const backup = await hourly('backup')
    await guard.goneFor(2 * HOUR)
    expect(guard.now(backup)).toMatchObject({ status: 'up', deadlineAt: guard.clock.now() + 10 * MINUTE })
    await guard.ping(backup)
    await guard.pass(30 * MINUTE)
    expect(subjects()).toEqual([BLIND])
    expect(guard.now(backup)).toMatchObject({ extendedUntil: null, status: 'up' })
  })

  test('is an alarm all the same when the job really is dead, dated at the end of its second chance', async () => {
    const backup = await hourly('backup')
    await guard.goneFor(2 * HOUR)
    const secondChance = guard.clock.now() + 10 * MINUTE
    await guard.pass(10 * MINUTE - SECOND, MINUTE)
    expect(subjects()).toEqual([BLIND])
    await guard.pass(SECOND)
    expect(subjects()).toEqual([BLIND, 'Down: backup'])
    expect(guard.db.get('SELECT at FROM transitions ORDER BY id DESC')).toEqual({ at: secondChance })
    expect(guard.statuses(backup)).toEqual(['up', 'down'])
  })

  test('is put off, too, when it was merely due: its ping may have come to nobody', async () => {
    const backup = guard.now(await hourly('backup'))
    await guard.pass(HOUR - MINUTE)
    await guard.goneFor(2 * MINUTE)
    expect(guard.now(backup).deadlineAt).toBe((backup.deadlineAt ?? 0) + 10 * MINUTE)
  })

  test('is put off for a run that was under way', async () => {
    const backup = await hourly('backup', { maxRunMs: HOUR })
    await guard.ping(backup, '/start')
    await guard.goneFor(2 * HOUR)
    await guard.ping(backup)
    await guard.pass(HOUR)
    expect(subjects()).toEqual([BLIND])
  })

  test('of a monitor that is down, new or paused changes nothing', async () => {
    const backup = await hourly('backup')
    await guard.ping(backup, '/fail')
    await guard.tick()
    const before = guard.now(backup)
    await guard.goneFor(2 * HOUR)
    expect(guard.now(backup)).toEqual(before)
    expect(subjects()).toEqual(['Down: backup'])
  })

  test('leaves alone what was expected only later', async () => {
    const daily = await hourly('daily', { schedule: { kind: 'period', periodMs: DAY } })
    const before = guard.now(daily)
    await guard.goneFor(2 * HOUR)
    expect(guard.now(daily)).toEqual(before)
    expect(subjects()).toEqual([])
    expect(blackouts()).toEqual([{ reason: 'crash', ms: 2 * HOUR }])
  })
})

describe('A dead job', () => {
  // Each is blind for a moment, again and again, and always between its deadlines.
  const found = async (monitor: Monitor, cut: { everyMs: number; cuts: number; blind: () => Promise<void> }) => {
    for (let n = 0; n < cut.cuts; n++) {
      await guard.pass(cut.everyMs, 10 * MINUTE)
      await cut.blind()
    }
    return [guard.now(monitor).status, guard.statuses(monitor)]
  }
  const restart = () => guard.goneFor(20 * SECOND, 'stopped')

  test('of every week is found in time, although CronGuard is restarted every night', async () => {
    const weekly = { schedule: { kind: 'period', periodMs: 7 * DAY }, graceMs: 36 * HOUR }
    const backup = await hourly('weekly', weekly)
    expect(await found(backup, { everyMs: DAY, cuts: 9, blind: restart })).toEqual(['down', ['up', 'down']])
  })

  test('of every day is found, although its grace outlasts the time between two restarts', async () => {
    const daily = { schedule: { kind: 'period', periodMs: DAY }, graceMs: 25 * HOUR }
    const backup = await hourly('daily', daily)
    expect(await found(backup, { everyMs: DAY, cuts: 4, blind: restart })).toEqual(['down', ['up', 'down']])
  })

  test('that hangs is found, although the machine halts now and then for a few seconds', async () => {
    const backup = await hourly('hanging', { maxRunMs: HOUR })
    await guard.ping(backup, '/start')
    const halt = async () => {
      guard.sleep(20 * SECOND)
      await guard.tick()
    }
    expect(await found(backup, { everyMs: 50 * MINUTE, cuts: 2, blind: halt })).toEqual(['down', ['up', 'down']])
  })

  test('is found, although CronGuard dies again and again before a grace is over', async () => {
    const backup = await hourly('backup', { graceMs: MINUTE })
    await guard.pass(HOUR)
    for (let n = 0; n < 5; n++) {
      await guard.pass(45 * SECOND)
      await guard.goneFor(20 * SECOND)
    }
    expect(guard.now(backup).status).toBe('down')
  })

  test('has its second chance although it was given back some time before', async () => {
    const backup = await hourly('backup', { graceMs: 20 * MINUTE })
    await guard.pass(HOUR + MINUTE)
    await guard.goneFor(20 * SECOND, 'stopped')
    await guard.pass(18 * MINUTE)
    await guard.goneFor(2 * MINUTE, 'stopped')
    expect(guard.now(backup).deadlineAt).toBe(guard.clock.now() + 20 * MINUTE)
  })

  test('has a new chance when the last one went by unseen, too', async () => {
    const backup = await hourly('backup')
    await guard.goneFor(2 * HOUR)
    await guard.pass(MINUTE)
    await guard.goneFor(HOUR)
    expect(guard.now(backup).deadlineAt).toBe(guard.clock.now() + 10 * MINUTE)
    await guard.pass(10 * MINUTE)
    expect(guard.now(backup).status).toBe('down')
  })
})

describe('A blackout', () => {
  test('is told once to each project with monitors that were spared, and to nobody else', async () => {
    await Promise.all([hourly('one'), hourly('two')])
    const bobs = guard.project('bob@example.org')
    guard.mailTo(bobs, 'bob@example.org')
    await guard.goneFor(2 * HOUR)
    await guard.tick()
    expect(subjects()).toEqual([BLIND])
    const [mail] = guard.outside.mails
    expect(mail?.to).toBe('ops@example.org')
    expect(mail?.text).toContain(
      'CronGuard was offline for 2 hours, until 1 Mar 2026, 14:00:00 UTC: it ended unexpectedly.',
    )
    expect(mail?.text).toContain('The deadlines of 2 monitors were extended by one grace period.')
    expect(mail?.text).toContain('Monitors: one, two')
  })

  test('is not told to a channel that does not want it, or is switched off', async () => {
    await hourly('one')
    const ref = { projectId: project.id, channelId: ops }
    updateChannel(guard.deps, { ref, tellsBlackouts: false })
    await guard.goneFor(2 * HOUR)
    await guard.tick()
    updateChannel(guard.deps, { ref, tellsBlackouts: true, isDisabled: true })
    await guard.goneFor(2 * HOUR)
    await guard.tick()
    expect(blackouts()).toHaveLength(2)
    expect(guard.db.all('SELECT id FROM deliveries')).toEqual([])
    expect(subjects()).toEqual([])
  })

  test('is told to a webhook in its own words', async () => {
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

  test('whose notice was queued by an earlier version is still delivered', async () => {
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

  test('as short as a restart extends what may have come in it, and notifies no one', async () => {
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
    expect([blackouts(), subjects()]).toEqual([[], []])
  })

  test('extends no deadline whose job was already late before it, but gives back the lost time', async () => {
    const backup = guard.now(await hourly('backup'))
    await guard.pass(HOUR + MINUTE)
    await guard.goneFor(2 * MINUTE, 'stopped')
    expect(guard.now(backup).deadlineAt).toBe((backup.deadlineAt ?? 0) + 2 * MINUTE)
  })

  test('twice in a row extends a deadline once', async () => {
    const backup = guard.now(await hourly('backup'))
    await guard.pass(HOUR - 5 * SECOND)
    await guard.goneFor(10 * SECOND, 'stopped')
    await guard.pass(19 * MINUTE + 50 * SECOND, SECOND * 10)
    await guard.goneFor(10 * SECOND, 'stopped')
    await guard.pass(20 * SECOND, SECOND)
    expect(guard.statuses(backup)).toEqual(['up', 'down'])
  })

  test.each(['killed', 'stopped'] as const)('knows whether it was %s', async (how) => {
    await hourly('one')
    await guard.goneFor(HOUR, how)
    expect(blackouts()).toEqual([{ reason: how === 'killed' ? 'crash' : 'stop', ms: HOUR }])
  })

  test('is noticed by a process that slept, or whose clock was put forward', async () => {
    const backup = await hourly('backup')
    guard.sleep(DAY)
    await guard.tick()
    expect(guard.now(backup)).toMatchObject({ status: 'up', deadlineAt: guard.clock.now() + 10 * MINUTE })
    expect(blackouts()).toMatchObject([{ ms: DAY }])
    await guard.pass(10 * MINUTE)
    expect(guard.now(backup).status).toBe('down')
  })

  test('does not end for a second time with the next tick', async () => {
    await hourly('backup')
    guard.sleep(HOUR)
    await guard.tick()
    await guard.pass(5 * MINUTE)
    expect(blackouts()).toHaveLength(1)
  })
})

describe('A machine that halts for some seconds', () => {
  test('takes nobody for late whose ping may still wait at the door', async () => {
    const backup = await hourly('backup', { graceMs: MINUTE })
    await guard.pass(HOUR + MINUTE - 5 * SECOND)
    guard.sleep(11 * SECOND)
    await guard.tick()
    expect(guard.now(backup)).toMatchObject({ status: 'up', deadlineAt: guard.clock.now() + MINUTE })
    expect([subjects(), blackouts()]).toEqual([[], []])
    await guard.pass(MINUTE)
    expect(guard.statuses(backup)).toEqual(['up', 'down'])
  })

  test('as when it sleeps for a moment, while its clock that only goes forward stands still', async () => {
    const backup = await hourly('backup', { graceMs: MINUTE })
    await guard.pass(HOUR + MINUTE - 5 * SECOND)
    guard.sleep(11 * SECOND)
    guard.clock.stop(11 * SECOND)
    await guard.tick()
    expect(guard.now(backup)).toMatchObject({ status: 'up', deadlineAt: guard.clock.now() + MINUTE })
  })

  test('again and again still finds who is dead', async () => {
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
