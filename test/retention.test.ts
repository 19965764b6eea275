// What is kept, and for how long.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { giveBackSome, noteSizeOfToday, pruneSome } from '#actions/retention.ts'
import type { Monitor } from '#domain/monitor.ts'
import type { Project } from '#domain/project.ts'
import { DAY, HOUR, MINUTE } from '#lib/duration.ts'
import { listPings } from '#store/pings.ts'
import { freeBytes, listSizes } from '#store/retention.ts'
import { TestGuard } from './support/cronguard.ts'

let folder: string
let path: string
let guard: TestGuard
let project: Project
let backup: Monitor

function start(env: Record<string, string> = {}): void {
  path = join(folder, `${Object.keys(env).length}.db`)
  guard = new TestGuard({ path, env })
  project = guard.project()
  backup = guard.monitor(project, { name: 'backup', schedule: { kind: 'period', periodMs: HOUR }, graceMs: HOUR })
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cronguard-retention-'))
  start()
})

afterEach(() => {
  guard.stop()
  rmSync(folder, { recursive: true })
})

const numbers = (monitor = backup) =>
  listPings(guard.db, { monitorId: monitor.id, limit: 10_000 }).map((ping) => ping.number)
const count = (table: string) => guard.db.get<{ n: number }>(`SELECT count(*) AS n FROM ${table}`)?.n
async function pingTimes(times: number, everyMs = MINUTE): Promise<void> {
  for (let n = 0; n < times; n++) {
    guard.clock.advance(everyMs)
    await guard.ping(backup)
  }
}
async function prune(): Promise<number> {
  let chunks = 0
  while (await pruneSome(guard.deps)) chunks++
  return chunks
}

describe('The pings of a monitor', () => {
  test('are the newest so many, at every moment, and their numbers go on', async () => {
    guard.stop()
    start({ CRONGUARD_PINGS_PER_MONITOR: '3' })
    for (const kept of [[1], [2, 1], [3, 2, 1], [4, 3, 2], [5, 4, 3]]) {
      await pingTimes(1)
      expect(numbers()).toEqual(kept)
    }
    expect(guard.now(backup)).toMatchObject({ pingCount: 5, recentRuns: 'sssss', status: 'up' })
  })

  test('that are older than so many days go, and the monitor stays as it is', async () => {
    await pingTimes(3)
    const before = guard.now(backup)
    guard.clock.advance(90 * DAY - 2 * MINUTE + 1)
    await prune()
    expect(numbers()).toEqual([3, 2])
    guard.clock.advance(HOUR)
    await prune()
    expect(numbers()).toEqual([])
    expect(guard.now(backup)).toEqual(before)
    await guard.ping(backup)
    expect(numbers()).toEqual([4])
  })

  test('go in chunks when fewer are to be kept than before, of every monitor', async () => {
    const other = guard.monitor(project, { name: 'other' })
    await pingTimes(700, 1000)
    for (let n = 0; n < 5; n++) await guard.ping(other)
    Object.assign(guard.deps, { config: { ...guard.deps.config, retention: { pingDays: 90, pingsPerMonitor: 4 } } })
    expect(await prune()).toBe(5)
    expect([numbers(), numbers(other)]).toEqual([
      [700, 699, 698, 697],
      [5, 4, 3, 2],
    ])
  })

  test('of nobody are touched while nothing is too old', async () => {
    await pingTimes(5)
    expect(await prune()).toBe(0)
    expect(numbers()).toHaveLength(5)
  })
})

describe('The story of a monitor', () => {
  test('goes after 93 days with its incidents and messages, but for what it is now', async () => {
    guard.mailTo(project, 'ops@example.org')
    for (let n = 0; n < 3; n++) {
      await guard.ping(backup, '/fail')
      await guard.ping(backup)
      await guard.tick()
      guard.clock.advance(HOUR)
    }
    expect([count('transitions'), count('incidents'), count('deliveries')]).toEqual([6, 3, 6])
    guard.clock.advance(92 * DAY)
    expect(await prune()).toBe(1)
    expect(count('transitions')).toBe(6)
    guard.clock.advance(2 * DAY)
    await prune()
    expect([count('transitions'), count('incidents'), count('deliveries')]).toEqual([1, 0, 1])
    expect(guard.statuses(backup)).toEqual(['up'])
  })

  test('keeps an incident that lasts, however old it is', async () => {
    await guard.ping(backup)
    await guard.ping(backup, '/fail')
    guard.clock.advance(500 * DAY)
    await prune()
    expect(guard.statuses(backup)).toEqual(['down'])
    expect(count('incidents')).toBe(1)
    expect(guard.db.all('PRAGMA foreign_key_check')).toEqual([])
  })
})

describe('The space', () => {
  test('that was freed is given back to the disk, bit by bit', async () => {
    for (let n = 0; n < 400; n++) await guard.ping(backup, '', { method: 'POST', body: 'x'.repeat(9000) })
    guard.db.checkpoint()
    const full = statSync(path).size
    guard.clock.advance(100 * DAY)
    await prune()
    expect(freeBytes(guard.db)).toBeGreaterThan(3_000_000)
    let steps = 1
    while (giveBackSome(guard.deps)) steps++
    guard.db.checkpoint()
    expect(steps).toBeGreaterThan(2)
    expect(freeBytes(guard.db)).toBe(0)
    expect(statSync(path).size).toBeLessThan(full / 4)
  })

  test('that the database takes is written down once a day', async () => {
    const today = Math.floor(guard.clock.now() / DAY)
    for (let n = 0; n < 3; n++) await noteSizeOfToday(guard.deps)
    guard.clock.advance(DAY)
    await noteSizeOfToday(guard.deps)
    expect(listSizes(guard.db, 0).map(({ day }) => day)).toEqual([today, today + 1])
    expect(listSizes(guard.db, 0)[0]?.bytes).toBeGreaterThan(50_000)
  })
})
