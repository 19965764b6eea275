// The clock is set: no live job becomes late by it, and no dead job is missed.
import { afterEach, beforeEach, describe, expect, spyOn, test } from 'bun:test'
import { beginWatch, checkClock } from '#actions/process.ts'
import { DAY, HOUR, MINUTE, SECOND } from '#lib/duration.ts'
import { StorageRefusedError } from '#lib/errors.ts'
import { markStarted } from '#store/heartbeat.ts'
import { gapsOf, type HourlyGuard, openHourly } from './support/hourly.ts'

let guard: HourlyGuard['guard']
let hourly: HourlyGuard['hourly']
let close: HourlyGuard['close']

beforeEach(() => {
  ;({ guard, hourly, close } = openHourly())
})

afterEach(() => close())

const subjects = () => guard.outside.subjects()
const gaps = () => gapsOf(guard)

describe('clock step while CronGuard runs', () => {
  test.each([HOUR, -HOUR - SECOND, DAY, -DAY])(
    'by %p ms raises no false alert and finds a dead job in time',
    async (byMs) => {
      const [alive, dead] = [await hourly('alive'), await hourly('dead')]
      await guard.pass(55 * MINUTE)
      await guard.ping(alive)
      await guard.pass(5 * MINUTE)
      guard.setClock(byMs)
      await guard.tick()
      expect(guard.now(alive).lastPingAt).toBe(guard.clock.now() - 5 * MINUTE)
      await guard.pass(10 * MINUTE - SECOND)
      expect([guard.now(dead).status, guard.now(alive).status]).toEqual(['up', 'up'])
      await guard.pass(SECOND)
      expect([guard.now(dead).status, guard.now(alive).status]).toEqual(['down', 'up'])
      await guard.pass(55 * MINUTE)
      expect(guard.now(alive).status).toBe('down')
    },
  )

  test('forward keeps each deadline and each message as far ahead as before', async () => {
    const backup = guard.now(await hourly('backup'))
    const failing = await hourly('failing')
    guard.outside.failWith('refused')
    await guard.ping(failing, '/fail')
    await guard.pass(HOUR + MINUTE)
    const giveUpAt = () => guard.db.get<{ at: number }>('SELECT give_up_at AS at FROM deliveries')?.at ?? 0
    const before = giveUpAt()
    guard.setClock(HOUR)
    await guard.tick()
    expect(guard.now(backup)).toMatchObject({ deadlineAt: (backup.deadlineAt ?? 0) + HOUR, wasExtended: false })
    expect(giveUpAt()).toBe(before + HOUR)
  })

  test('forward, then a gap: the time lost in the gap is given back', async () => {
    const backup = guard.now(await hourly('backup', { schedule: { kind: 'period', periodMs: 3 * HOUR } }))
    await guard.pass(HOUR)
    guard.setClock(HOUR)
    await guard.tick()
    const [gap] = gaps()
    expect(gap).toMatchObject({ ms: HOUR })
    await guard.pass(HOUR + 59 * MINUTE)
    guard.sleep(2 * MINUTE)
    await guard.tick()
    expect(guard.now(backup)).toMatchObject({ deadlineAt: (backup.deadlineAt ?? 0) + HOUR + 10 * MINUTE })
  })

  test('by a day neither gives up on a message nor delays it', async () => {
    const backup = await hourly('backup')
    guard.outside.failWith('refused')
    await guard.ping(backup, '/fail')
    await guard.tick()
    guard.setClock(DAY)
    await guard.pass(7 * SECOND, SECOND)
    guard.outside.failWith(null)
    expect(guard.deliveries(backup)).toMatchObject([{ state: 'pending' }])
    await guard.pass(30 * SECOND, SECOND)
    expect(subjects()).toContain('Down: backup')
  })

  test('is applied once, although the disk refuses a later write', async () => {
    const backup = await hourly('backup')
    await guard.pass(HOUR + 10 * MINUTE - SECOND)
    guard.db.write(markStarted)
    const watch = await beginWatch(guard.deps)
    guard.clock.advance(4 * SECOND)
    guard.clock.step(5 * SECOND)
    const { db } = guard.deps
    const { writeGrouped } = db
    // The first write applies the step, the second one extends overdue deadlines after the stall.
    const refuse = () => Promise.reject(new StorageRefusedError(new Error('full')))
    let writes = 0
    Object.defineProperty(db, 'writeGrouped', { get: () => (++writes === 2 ? refuse : writeGrouped) })
    await expect(checkClock(guard.deps, watch)).rejects.toThrow()
    await checkClock(guard.deps, watch)
    expect(guard.now(backup).lastPingAt).toBe(guard.clock.now() - HOUR - 10 * MINUTE - 3 * SECOND)
  })

  test('there and back changes nothing', async () => {
    const backup = await hourly('backup')
    for (const byMs of [-DAY, DAY]) {
      guard.setClock(byMs)
      await guard.pass(MINUTE)
    }
    expect(guard.now(backup).deadlineAt).toBe(guard.clock.now() + HOUR + 8 * MINUTE)
  })

  test('forward is recorded as a gap, as the machine may have slept', async () => {
    const backup = await hourly('backup', { schedule: { kind: 'period', periodMs: DAY } })
    guard.setClock(HOUR)
    await guard.tick()
    expect(gaps()).toEqual([{ reason: 'jump', ms: HOUR }])
    expect(guard.now(backup).deadlineAt).toBe(guard.clock.now() + DAY + 10 * MINUTE)
  })

  test('forward counts as sleep where the system does not report its uptime, and the log says so', async () => {
    const backup = await hourly('backup')
    spyOn(guard.clock, 'sinceBoot').mockReturnValue(null)
    await guard.goneFor(0)
    const warning = 'The system does not report its uptime; setting the clock forward will count as time offline'
    expect(guard.log.map(({ event }) => event)).toContain(warning)
    await guard.pass(MINUTE)
    const { lastPingAt } = guard.now(backup)
    guard.setClock(HOUR)
    await guard.tick()
    expect(gaps()).toContainEqual({ reason: 'jump', ms: HOUR })
    expect(guard.now(backup).lastPingAt).toBe(lastPingAt)
  })

  test('keeps the deadline of an open run', async () => {
    for (const byMs of [HOUR, -HOUR - SECOND]) {
      const backup = await hourly('backup', { maxRunMs: 3 * HOUR })
      await guard.pass(30 * MINUTE)
      await guard.ping(backup, '/start')
      await guard.pass(HOUR)
      guard.setClock(byMs)
      await guard.tick()
      expect(guard.now(backup).deadlineAt).toBe(guard.clock.now() + 2 * HOUR)
    }
  })

  test('by a time server after a start with a clock that was behind keeps pings received meanwhile', async () => {
    const backup = await hourly('backup')
    const right = guard.clock.now()
    await guard.goneFor(0)
    guard.setClock(-DAY)
    await guard.goneFor(0)
    await guard.pass(MINUTE)
    await guard.ping(backup)
    guard.setClock(right + 2 * HOUR - guard.clock.now())
    await guard.tick()
    expect(guard.now(backup)).toMatchObject({ status: 'up', lastPingAt: guard.clock.now() })
    await guard.pass(HOUR + 9 * MINUTE)
    expect(guard.statuses(backup)).toEqual(['up'])
  })
})

describe('clock step after a restart', () => {
  test('moves pings from before the restart', async () => {
    const daily = await hourly('daily', { schedule: { kind: 'period', periodMs: DAY }, graceMs: HOUR })
    await guard.pass(10 * HOUR, HOUR)
    await guard.goneFor(3 * SECOND, 'stopped')
    await guard.pass(MINUTE)
    guard.setClock(14 * HOUR)
    await guard.pass(13 * HOUR, HOUR)
    expect(guard.statuses(daily)).toEqual(['up'])
    await guard.pass(2 * HOUR)
    expect(guard.statuses(daily)).toEqual(['up', 'down'])
  })
})

describe('clock step after a boot: a machine without a hardware clock', () => {
  // Its clock continues from when it was switched off, until a time server sets it.
  test.each([true, false])('is treated like one with a hardware clock (%p) that was off', async (hasClock) => {
    const hourlyJob = await hourly('backup', { graceMs: 35 * MINUTE })
    await guard.pass(50 * MINUTE)
    guard.clock.reboot()
    await guard.goneFor(hasClock ? 80 * MINUTE : 0)
    guard.clock.advance(20 * SECOND)
    await guard.tick()
    if (!hasClock) guard.setClock(80 * MINUTE)
    await guard.tick()
    await guard.pass(34 * MINUTE)
    expect(guard.statuses(hourlyJob)).toEqual(['up'])
    await guard.pass(HOUR)
    expect(guard.statuses(hourlyJob)).toEqual(['up', 'down'])
  })
})

describe('clock step after a boot: a clock whose battery is empty', () => {
  test('leaves an extension from before the boot, and a dead job is found', async () => {
    const backup = await hourly('backup')
    await guard.pass(55 * MINUTE)
    await guard.goneFor(10 * MINUTE)
    const { deadlineAt, wasExtended } = guard.now(backup)
    expect(wasExtended).toBe(true)
    guard.clock.reboot()
    await guard.goneFor(-20 * 365 * DAY)
    await guard.pass(MINUTE)
    guard.setClock(20 * 365 * DAY)
    await guard.tick()
    expect((guard.now(backup).deadlineAt ?? 0) - (deadlineAt ?? 0)).toBeLessThan(HOUR)
    await guard.pass(HOUR)
    expect(guard.statuses(backup)).toEqual(['up', 'down'])
  })
})

describe('clock step: a ping between it and the next check', () => {
  test.each([-HOUR - SECOND, DAY])('has the new time already: step by %p ms', async (byMs) => {
    const backup = await hourly('backup')
    await guard.pass(30 * MINUTE)
    guard.setClock(byMs)
    guard.clock.advance(100)
    await guard.ping(backup)
    await guard.tick()
    expect(guard.now(backup).lastPingAt).toBe(guard.clock.now())
  })

  test('raises an alert at once', async () => {
    const backup = await hourly('backup')
    guard.setClock(DAY)
    guard.clock.advance(100)
    await guard.ping(backup, '/fail')
    await guard.tick()
    expect(subjects()).toContain('Down: backup')
  })
})

describe('clock step: a cron schedule', () => {
  const at = (expression: string, graceMs = HOUR) => ({
    schedule: { kind: 'cron', periodMs: DAY, expression, timeZone: 'UTC' },
    graceMs,
  })

  test('does not expect a second ping when the clock shows its time once more', async () => {
    const nightly = await hourly('nightly', at('0 3 * * *'))
    await guard.pass(15 * HOUR + 5 * SECOND, HOUR)
    await guard.ping(nightly)
    guard.setClock(-20 * MINUTE)
    await guard.pass(5 * HOUR, HOUR)
    expect(guard.statuses(nightly)).toEqual(['up'])
    await guard.pass(21 * HOUR, HOUR)
    expect(guard.statuses(nightly)).toEqual(['up', 'down'])
  })

  test('has the full limit for a run that starts after it', async () => {
    const job = await hourly('job', { ...at('5 * * * *', 30 * SECOND), maxRunMs: SECOND })
    await guard.pass(5 * MINUTE + 10 * SECOND)
    await guard.ping(job)
    guard.setClock(-6 * MINUTE)
    await guard.pass(HOUR + 5 * MINUTE + 50 * SECOND)
    await guard.ping(job, '/start')
    await guard.tick()
    await guard.ping(job)
    expect(guard.statuses(job)).toEqual(['up'])
  })

  test('keeps its due time after a late ping', async () => {
    const job = await hourly('job', { ...at('0 * * * *'), earlyMs: null })
    await guard.pass(HOUR + 57 * MINUTE)
    await guard.ping(job)
    const { dueAt } = guard.now(job)
    guard.setClock(-2 * SECOND)
    await guard.tick()
    expect(guard.now(job).dueAt).toBe(dueAt)
  })
})

describe('clock step: set back while CronGuard was offline, and corrected later', () => {
  test('leaves earlier moments as they were', async () => {
    const backup = await hourly('backup', { maxRunMs: 2 * HOUR })
    await guard.ping(backup, '/start')
    const { openRuns } = guard.now(backup)
    await guard.pass(10 * MINUTE)
    const right = guard.clock.now()
    await guard.goneFor(-DAY)
    await guard.pass(MINUTE)
    guard.setClock(right + 2 * MINUTE - guard.clock.now())
    await guard.tick()
    expect(guard.now(backup).openRuns).toEqual(openRuns)
  })
})

describe('gap of more than a day', () => {
  test('does not end the retries of a message', async () => {
    const backup = await hourly('backup')
    guard.outside.failWith('refused')
    await guard.ping(backup, '/fail')
    await guard.tick()
    await guard.goneFor(25 * HOUR)
    await guard.tick()
    guard.outside.failWith(null)
    await guard.pass(HOUR)
    expect(subjects()).toContain('Down: backup')
  })
})

describe('uptime of the machine', () => {
  test('that changes without the clock, as in a container that was moved, moves no deadline', async () => {
    const backup = await hourly('backup')
    const before = guard.now(backup)
    for (const days of [10, -10]) {
      guard.clock.reboot(-days * DAY)
      guard.sleep(SECOND)
      await guard.tick()
    }
    expect(guard.now(backup)).toEqual(before)
  })
})
