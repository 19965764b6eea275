// CronGuard's own absence: it raises no false alarm, hides no true one, and is told of.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { updateChannel } from '#actions/channels.ts'
import { beginWatch, keepTime, showLife } from '#actions/process.ts'
import { CLOCK_WAIT_MS } from '#domain/blackout.ts'
import type { Monitor } from '#domain/monitor.ts'
import type { Project } from '#domain/project.ts'
import { DAY, HOUR, MINUTE, SECOND } from '#lib/duration.ts'
import { StorageRefusedError } from '#lib/errors.ts'
import { createChecker } from '#loops/checker.ts'
import { TestGuard } from './support/cronguard.ts'

let folder: string
let guard: TestGuard
let project: Project
let ops: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cronguard-blackouts-'))
  guard = new TestGuard({ path: join(folder, 'cronguard.db') })
  project = guard.project()
  ops = guard.mailTo(project, 'ops@example.org')
})

afterEach(() => {
  guard.stop()
  rmSync(folder, { recursive: true })
})

/** Every hour, with ten minutes of grace; it has just pinged. */
async function hourly(name: string, change = {}): Promise<Monitor> {
  const schedule = { kind: 'period', periodMs: HOUR } as const
  const monitor = guard.monitor(project, { name, schedule, graceMs: 10 * MINUTE, ...change }, [ops])
  await guard.ping(monitor)
  await guard.tick()
  return monitor
}

const subjects = () => guard.outside.subjects()
const BLIND = 'BLIND | CronGuard could not watch for 2 hours'
const blackouts = () =>
  guard.db.all<{ reason: string; ms: number }>('SELECT reason, to_at - from_at AS ms FROM blackouts')

describe('A deadline that fell into a blackout', () => {
  test('is put off by one more grace, counted from its end', async () => {
    const backup = await hourly('backup')
    await guard.goneFor(2 * HOUR)
    expect(guard.now(backup)).toMatchObject({ status: 'up', deadlineAt: guard.clock.now() + 10 * MINUTE })
    await guard.ping(backup)
    await guard.pass(30 * MINUTE)
    expect(subjects()).toEqual([BLIND])
    expect(guard.now(backup)).toMatchObject({ sparedUntil: null, status: 'up' })
  })

  test('is an alarm all the same when the job really is dead, dated at the end of its second chance', async () => {
    const backup = await hourly('backup')
    await guard.goneFor(2 * HOUR)
    const secondChance = guard.clock.now() + 10 * MINUTE
    await guard.pass(10 * MINUTE - SECOND, MINUTE)
    expect(subjects()).toEqual([BLIND])
    await guard.pass(SECOND)
    expect(subjects()).toEqual([BLIND, 'DOWN | backup'])
    expect(guard.db.get('SELECT at FROM transitions ORDER BY id DESC')).toEqual({ at: secondChance })
    expect(guard.statuses(backup)).toEqual(['up', 'down'])
  })

  test('is put off, too, when it was merely due: its ping may have come to nobody', async () => {
    const backup = await hourly('backup')
    await guard.pass(HOUR - MINUTE)
    await guard.goneFor(2 * MINUTE)
    expect(guard.now(backup).deadlineAt).toBe(guard.clock.now() + 10 * MINUTE)
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
    expect(subjects()).toEqual(['DOWN | backup'])
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
    expect(mail?.text).toContain('CronGuard was blind from 2026-03-01 12:00:00 UTC to 2026-03-01 14:00:00 UTC')
    expect(mail?.text).toContain('2 monitors were given a second chance and have one more grace to report.')
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
      blackout: { from: '2026-03-01T12:00:00.000Z', monitors_spared: 1, names: ['one'] },
    })
    expect(body.details).toContain('it was stopped')
  })

  test('as short as a restart puts off only a deadline that passed in it, without a word', async () => {
    const [late, due] = [await hourly('late'), await hourly('due')]
    await guard.pass(9 * MINUTE)
    await guard.ping(due)
    await guard.pass(HOUR + MINUTE - 5 * SECOND)
    const before = guard.now(due)
    await guard.goneFor(10 * SECOND, 'stopped')
    await guard.tick()
    expect(guard.now(late)).toMatchObject({ status: 'up', deadlineAt: guard.clock.now() + 10 * MINUTE })
    expect(guard.now(due)).toEqual(before)
    expect([blackouts(), subjects()]).toEqual([[], []])
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

describe('The watch of a process', () => {
  const judges = () => keepTime(guard.deps, watch)
  let watch: Awaited<ReturnType<typeof beginWatch>>

  beforeEach(async () => {
    watch = await beginWatch(guard.deps)
  })

  test('goes on without a blackout while signs of life are written', async () => {
    for (let n = 0; n < 10; n++) {
      guard.clock.advance(5 * SECOND)
      await showLife(guard.deps, watch)
      expect(await judges()).toBe(true)
    }
    expect(blackouts()).toEqual([])
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
    await expect(showLifeSoon()).rejects.toThrow()
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
        await expect(showLife(guard.deps, watch)).rejects.toThrow()
      }
      guard.deps.db.writeGrouped = writeGrouped
      await showLife(guard.deps, watch)
      await judges()
      expect(guard.now(backup)).toMatchObject({ status: 'up', deadlineAt: guard.clock.now() + 10 * MINUTE })
      expect(blackouts()).toEqual(isLong ? [{ reason: 'disk', ms: HOUR }] : [])
    }
  })

  // The sign of life comes every five seconds, long before a gap is one.
  const showLifeSoon = async () => {
    const now = guard.clock.now()
    guard.clock.set(watch.aliveAt + 5 * SECOND)
    await showLife(guard.deps, watch).finally(() => guard.clock.set(now))
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
    expect(subjects()).toEqual(['DOWN | backup'])
  })

  test('does not hold up what waits to be sent', async () => {
    const backup = await hourly('backup')
    guard.outside.failWith('refused')
    await guard.ping(backup, '/fail')
    await guard.tick()
    guard.outside.failWith(null)
    guard.sleep(-DAY)
    await guard.pass(MINUTE)
    expect(subjects()).toEqual(['DOWN | backup'])
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
