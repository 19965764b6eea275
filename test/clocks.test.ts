// Heartbeats of a process, a disk that refuses writes, and a clock that is set back.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { beat, beginWatch, checkClock } from '#actions/process.ts'
import { CLOCK_WAIT_MS } from '#domain/gap.ts'
import { DAY, HOUR, MINUTE, SECOND } from '#lib/duration.ts'
import { StorageRefusedError } from '#lib/errors.ts'
import { createChecker } from '#loops/checker.ts'
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

describe('heartbeat', () => {
  const check = () => checkClock(guard.deps, watch)
  let watch: Awaited<ReturnType<typeof beginWatch>>

  beforeEach(async () => {
    watch = await beginWatch(guard.deps)
  })

  test('beat: no gap while heartbeats are written', async () => {
    for (let n = 0; n < 10; n++) {
      guard.clock.advance(5 * SECOND)
      await beat(guard.deps, watch)
      expect(await check()).toBe(true)
    }
    expect(gaps()).toEqual([])
  })

  test('beat: a heartbeat that took long to write is a gap', async () => {
    const backup = guard.now(await hourly('backup'))
    await guard.pass(HOUR - 10 * SECOND)
    Object.assign(watch, { aliveAt: guard.clock.now(), aliveElapsed: guard.clock.elapsed() })
    const written = beat(guard.deps, watch)
    guard.clock.advance(50 * SECOND)
    await written
    await check()
    expect(gaps()).toEqual([{ reason: 'stuck', ms: 50 * SECOND }])
    expect(guard.now(backup).deadlineAt).toBe((backup.deadlineAt ?? 0) + 10 * MINUTE)
  })

  test('checkClock: a gap is a jump of the clock, or a process that did not run', async () => {
    for (const isLeap of [true, false]) {
      guard.clock.advance(HOUR)
      watch.aliveElapsed = guard.clock.elapsed() - (isLeap ? SECOND : HOUR)
      await check()
    }
    expect(gaps().map(({ reason }) => reason)).toEqual(['jump', 'stuck'])
  })

  test('checkClock: time in which the disk refuses writes is a gap, and no deadline is checked', async () => {
    const backup = await hourly('backup')
    const { writeGrouped } = guard.deps.db
    guard.deps.db.writeGrouped = () => Promise.reject(new StorageRefusedError(new Error('full')))
    guard.clock.advance(2 * HOUR)
    await expect(beatSoon()).rejects.toThrow()
    await expect(check()).rejects.toThrow()
    guard.deps.db.writeGrouped = writeGrouped
    expect(await check()).toBe(true)
    expect(gaps()).toEqual([{ reason: 'disk', ms: 2 * HOUR }])
    expect(guard.now(backup).deadlineAt).toBe(guard.clock.now() + 10 * MINUTE)
  })

  test('beginWatch: if the disk refuses writes at the start, it begins as soon as the disk is writable', async () => {
    const backup = await hourly('backup')
    const { writeGrouped } = guard.deps.db
    guard.deps.db.writeGrouped = () => Promise.reject(new StorageRefusedError(new Error('full')))
    guard.clock.advance(2 * HOUR)
    watch = await beginWatch(guard.deps)
    await expect(check()).rejects.toThrow()
    guard.deps.db.writeGrouped = writeGrouped
    expect(await check()).toBe(true)
    expect(guard.now(backup).deadlineAt).toBe(guard.clock.now() + 10 * MINUTE)
  })

  test('checkClock: a deadline while the disk refuses writes is extended, however short that time is', async () => {
    const backup = await hourly('backup')
    const checker = createChecker(guard.deps, watch)
    const { writeGrouped } = guard.deps.db
    await guard.pass(HOUR + 10 * MINUTE - SECOND)
    Object.assign(watch, { aliveAt: guard.clock.now(), aliveElapsed: guard.clock.elapsed() })
    guard.deps.db.writeGrouped = () => Promise.reject(new StorageRefusedError(new Error('full')))
    guard.clock.advance(2 * SECOND)
    for (let n = 0; n < 2; n++) await expect(checker.tick()).rejects.toThrow()
    guard.deps.db.writeGrouped = writeGrouped
    await checker.tick()
    expect(guard.now(backup)).toMatchObject({ status: 'up', deadlineAt: guard.clock.now() + 10 * MINUTE })
    expect([subjects(), gaps()]).toEqual([[], []])
  })

  test('checkClock: a successful heartbeat does not hide that the disk refused writes', async () => {
    const backup = await hourly('backup')
    await guard.pass(HOUR + 10 * MINUTE - SECOND)
    Object.assign(watch, { aliveAt: guard.clock.now(), aliveElapsed: guard.clock.elapsed() })
    for (const [seconds, isLong] of [
      [10, false],
      [3600, true],
    ] as const) {
      const { writeGrouped } = guard.deps.db
      guard.deps.db.writeGrouped = () => Promise.reject(new StorageRefusedError(new Error('full')))
      for (let passed = 0; passed < seconds; passed += 5) {
        guard.clock.advance(5 * SECOND)
        await expect(beat(guard.deps, watch)).rejects.toThrow()
      }
      guard.deps.db.writeGrouped = writeGrouped
      await beat(guard.deps, watch)
      await check()
      expect(guard.now(backup)).toMatchObject({ status: 'up', deadlineAt: guard.clock.now() + 10 * MINUTE })
      expect(gaps()).toEqual(isLong ? [{ reason: 'disk', ms: HOUR }] : [])
    }
  })

  // A heartbeat is written every 5 seconds, before a gap is long enough to count.
  const beatSoon = async () => {
    const now = guard.clock.now()
    guard.clock.set(watch.aliveAt + 5 * SECOND)
    await beat(guard.deps, watch).finally(() => guard.clock.set(now))
  }
})

describe('clock set back', () => {
  test.each([HOUR, DAY])('by %p ms raises no false alert and hides no dead job', async (ms) => {
    const backup = await hourly('backup')
    await guard.pass(30 * MINUTE)
    guard.sleep(-ms)
    await guard.tick()
    expect(subjects()).toEqual([])
    expect(guard.now(backup).deadlineAt).toBe(guard.clock.now() + HOUR + 10 * MINUTE)
    await guard.pass(HOUR + 10 * MINUTE)
    expect(subjects()).toEqual(['Down: backup'])
  })

  test('keeps an open run open', async () => {
    const backup = await hourly('backup', { graceMs: MINUTE, maxRunMs: 3 * HOUR })
    await guard.pass(30 * MINUTE)
    await guard.ping(backup, '/start')
    guard.sleep(-HOUR)
    await guard.tick()
    expect(guard.now(backup).deadlineAt).toBe(guard.clock.now() + 3 * HOUR)
  })

  test('does not delay messages', async () => {
    const backup = await hourly('backup')
    guard.outside.failWith('refused')
    await guard.ping(backup, '/fail')
    await guard.tick()
    guard.outside.failWith(null)
    guard.setClock(-DAY)
    await guard.pass(MINUTE)
    expect(subjects()).toEqual(['Down: backup'])
  })

  test('by 2 s changes nothing and logs nothing', async () => {
    const backup = await hourly('backup')
    const before = guard.now(backup)
    guard.sleep(-2 * SECOND)
    await guard.tick()
    expect(guard.now(backup)).toEqual(before)
    expect(guard.log.filter(({ level }) => level === 'warn')).toEqual([])
  })
})

describe('clock behind the last heartbeat at the start', () => {
  test('is waited for: pings are recorded, deadlines are not checked', async () => {
    const backup = await hourly('backup')
    await guard.pass(30 * MINUTE)
    const right = guard.clock.now()
    await guard.goneFor(-365 * DAY)
    await guard.pass(5 * MINUTE)
    await guard.ping(backup)
    expect(guard.log.at(-1)?.event).toContain('The clock is behind the last heartbeat')
    guard.clock.set(right + 2 * HOUR)
    await guard.tick()
    expect(guard.now(backup).status).toBe('up')
    await guard.pass(10 * MINUTE)
    expect(guard.statuses(backup)).toEqual(['up', 'down'])
    expect(gaps()).toMatchObject([{ reason: 'crash' }])
  })

  test('is trusted after 10 minutes: a dead job is not hidden for a year', async () => {
    const backup = await hourly('backup')
    await guard.goneFor(-365 * DAY)
    await guard.pass(CLOCK_WAIT_MS)
    await guard.pass(HOUR + 10 * MINUTE)
    expect(guard.now(backup).status).toBe('down')
  })
})
