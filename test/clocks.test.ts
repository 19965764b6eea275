// The watch of a process over time itself: signs of life, a disk that refuses, and clocks that are set.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { beat, beginWatch, checkClock } from '#actions/process.ts'
import { CLOCK_WAIT_MS } from '#domain/blackout.ts'
import { DAY, HOUR, MINUTE, SECOND } from '#lib/duration.ts'
import { StorageRefusedError } from '#lib/errors.ts'
import { createChecker } from '#loops/checker.ts'
import { blackoutsOf, type HourlyGuard, openHourly } from './support/hourly.ts'

let guard: HourlyGuard['guard']
let hourly: HourlyGuard['hourly']
let close: HourlyGuard['close']

beforeEach(() => {
  ;({ guard, hourly, close } = openHourly())
})

afterEach(() => close())

const subjects = () => guard.outside.subjects()
const blackouts = () => blackoutsOf(guard)

describe('The watch of a process', () => {
  const judges = () => checkClock(guard.deps, watch)
  let watch: Awaited<ReturnType<typeof beginWatch>>

  beforeEach(async () => {
    watch = await beginWatch(guard.deps)
  })

  test('goes on without a blackout while signs of life are written', async () => {
    for (let n = 0; n < 10; n++) {
      guard.clock.advance(5 * SECOND)
      await beat(guard.deps, watch)
      expect(await judges()).toBe(true)
    }
    expect(blackouts()).toEqual([])
  })

  test('was held up where a sign of life took long to be written', async () => {
    const backup = guard.now(await hourly('backup'))
    await guard.pass(HOUR - 10 * SECOND)
    Object.assign(watch, { aliveAt: guard.clock.now(), aliveElapsed: guard.clock.elapsed() })
    const written = beat(guard.deps, watch)
    guard.clock.advance(50 * SECOND)
    await written
    await judges()
    expect(blackouts()).toEqual([{ reason: 'stuck', ms: 50 * SECOND }])
    expect(guard.now(backup).deadlineAt).toBe((backup.deadlineAt ?? 0) + 10 * MINUTE)
  })

  test('tells a clock that leapt from a process that did not get to run', async () => {
    for (const isLeap of [true, false]) {
      guard.clock.advance(HOUR)
      watch.aliveElapsed = guard.clock.elapsed() - (isLeap ? SECOND : HOUR)
      await judges()
    }
    expect(blackouts().map(({ reason }) => reason)).toEqual(['jump', 'stuck'])
  })

  test('is a blackout while the disk refuses: nothing is judged until it takes writes again', async () => {
    const backup = await hourly('backup')
    const { writeGrouped } = guard.deps.db
    guard.deps.db.writeGrouped = () => Promise.reject(new StorageRefusedError(new Error('full')))
    guard.clock.advance(2 * HOUR)
    await expect(beatSoon()).rejects.toThrow()
    await expect(judges()).rejects.toThrow()
    guard.deps.db.writeGrouped = writeGrouped
    expect(await judges()).toBe(true)
    expect(blackouts()).toEqual([{ reason: 'disk', ms: 2 * HOUR }])
    expect(guard.now(backup).deadlineAt).toBe(guard.clock.now() + 10 * MINUTE)
  })

  test('begins as soon as a disk takes writes again that refused at the start', async () => {
    const backup = await hourly('backup')
    const { writeGrouped } = guard.deps.db
    guard.deps.db.writeGrouped = () => Promise.reject(new StorageRefusedError(new Error('full')))
    guard.clock.advance(2 * HOUR)
    watch = await beginWatch(guard.deps)
    await expect(judges()).rejects.toThrow()
    guard.deps.db.writeGrouped = writeGrouped
    expect(await judges()).toBe(true)
    expect(guard.now(backup).deadlineAt).toBe(guard.clock.now() + 10 * MINUTE)
  })

  test('puts off what fell due while the disk refused, however short that was', async () => {
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
    expect([subjects(), blackouts()]).toEqual([[], []])
  })

  test('still knows that the disk refused, whatever signs of life were tried meanwhile', async () => {
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
      await judges()
      expect(guard.now(backup)).toMatchObject({ status: 'up', deadlineAt: guard.clock.now() + 10 * MINUTE })
      expect(blackouts()).toEqual(isLong ? [{ reason: 'disk', ms: HOUR }] : [])
    }
  })

  // The sign of life comes every five seconds, long before a gap is one.
  const beatSoon = async () => {
    const now = guard.clock.now()
    guard.clock.set(watch.aliveAt + 5 * SECOND)
    await beat(guard.deps, watch).finally(() => guard.clock.set(now))
  }
})

describe('A clock that is put back', () => {
  test.each([HOUR, DAY])('by %p ms neither alarms nor silences a running CronGuard', async (ms) => {
    const backup = await hourly('backup')
    await guard.pass(30 * MINUTE)
    guard.sleep(-ms)
    await guard.tick()
    expect(subjects()).toEqual([])
    expect(guard.now(backup).deadlineAt).toBe(guard.clock.now() + HOUR + 10 * MINUTE)
    await guard.pass(HOUR + 10 * MINUTE)
    expect(subjects()).toEqual(['Down: backup'])
  })

  test('still awaits the end of a run that has just started', async () => {
    const backup = await hourly('backup', { graceMs: MINUTE, maxRunMs: 3 * HOUR })
    await guard.pass(30 * MINUTE)
    await guard.ping(backup, '/start')
    guard.sleep(-HOUR)
    await guard.tick()
    expect(guard.now(backup).deadlineAt).toBe(guard.clock.now() + 3 * HOUR)
  })

  test('does not hold up what waits to be sent', async () => {
    const backup = await hourly('backup')
    guard.outside.failWith('refused')
    await guard.ping(backup, '/fail')
    await guard.tick()
    guard.outside.failWith(null)
    guard.sleep(-DAY)
    await guard.pass(MINUTE)
    expect(subjects()).toEqual(['Down: backup'])
  })

  test('by a second or two is nobody’s business', async () => {
    const backup = await hourly('backup')
    const before = guard.now(backup)
    guard.sleep(-2 * SECOND)
    await guard.tick()
    expect(guard.now(backup)).toEqual(before)
    expect(guard.log.filter(({ level }) => level === 'warn')).toEqual([])
  })
})

describe('A clock that is behind the last sign of life at the start', () => {
  test('is waited for: pings are taken, nothing is judged', async () => {
    const backup = await hourly('backup')
    await guard.pass(30 * MINUTE)
    const right = guard.clock.now()
    await guard.goneFor(-365 * DAY)
    await guard.pass(5 * MINUTE)
    await guard.ping(backup)
    expect(guard.log.at(-1)?.event).toContain('The clock is behind the last sign of life')
    guard.clock.set(right + 2 * HOUR)
    await guard.tick()
    expect(guard.now(backup).status).toBe('up')
    await guard.pass(10 * MINUTE)
    expect(guard.statuses(backup)).toEqual(['up', 'down'])
    expect(blackouts()).toMatchObject([{ reason: 'crash' }])
  })

  test('is believed after a while: no dead job is hidden for a year', async () => {
    const backup = await hourly('backup')
    await guard.goneFor(-365 * DAY)
    await guard.pass(CLOCK_WAIT_MS)
    await guard.pass(HOUR + 10 * MINUTE)
    expect(guard.now(backup).status).toBe('down')
  })
})
