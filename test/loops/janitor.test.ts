import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import type { Monitor } from '#domain/monitor.ts'
import { DAY, MINUTE } from '#lib/duration.ts'
import { createJanitor } from '#loops/janitor.ts'
import { listSizes } from '#store/retention.ts'
import { TestGuard } from '../support/cronguard.ts'
import { liveFor } from '../support/retention.ts'

let guard: TestGuard
let backup: Monitor

beforeEach(async () => {
  guard = new TestGuard()
  backup = guard.monitor(guard.project(), { name: 'backup' })
  for (let n = 0; n < 450; n++) await guard.ping(backup)
  liveFor(guard, 91 * DAY)
})
afterEach(() => guard.stop())

const today = () => Math.floor(guard.clock.now() / DAY)
const pings = () => guard.db.get<{ n: number }>('SELECT count(*) AS n FROM pings')?.n

describe('The janitor', () => {
  test('prunes, notes the size, rests, and prunes again', async () => {
    const janitor = createJanitor(guard.deps)
    await janitor.tick()
    expect([pings(), listSizes(guard.db, today())]).toEqual([0, [expect.anything()]])
    await guard.ping(backup)
    guard.db.write((tx) => tx.run('UPDATE pings SET at = 0'))
    await janitor.tick()
    expect(pings()).toBe(1)
    guard.clock.advance(10 * MINUTE)
    await janitor.tick()
    expect(pings()).toBe(0)
  })

  test('works for a second at a time, and continues in the next tick', async () => {
    let elapsed = 0
    const slow = { ...guard.clock, now: () => guard.clock.now(), elapsed: () => (elapsed += 600) }
    const janitor = createJanitor({ ...guard.deps, clock: slow })
    const left: (number | undefined)[] = []
    for (let tick = 0; tick < 4; tick++) {
      await janitor.tick()
      left.push(pings())
    }
    expect(left).toEqual([350, 250, 150, 50])
  })

  test('does not rest while the database grows fast', async () => {
    const retention = { ...guard.deps.config.retention, projectBodyBytes: 50_000_000 }
    Object.assign(guard.deps, { config: { ...guard.deps.config, retention } })
    const janitor = createJanitor(guard.deps)
    await janitor.tick()
    for (let n = 0; n < 4; n++) await guard.ping(backup, '', { method: 'POST', body: 'log' })
    const bodies = () => guard.db.get<{ n: number }>('SELECT count(*) AS n FROM bodies')?.n
    guard.db.write((tx) => tx.run('UPDATE bodies SET head = zeroblob(20000000), bytes = 20000000'))
    await janitor.tick()
    expect(bodies()).toBe(4)
    guard.db.write((tx) => tx.run('UPDATE bodies SET head = zeroblob(30000000), bytes = 30000000'))
    await janitor.tick()
    expect(bodies()).toBe(1)
  })

  test('starts a new round after a failure', async () => {
    const janitor = createJanitor(guard.deps)
    const { writeGrouped } = guard.db
    const refuse = () => Promise.reject(new Error('full'))
    Object.assign(guard.db, { writeGrouped: refuse })
    for (let tick = 0; tick < 3; tick++) expect(janitor.tick()).rejects.toThrow('full')
    Object.assign(guard.db, { writeGrouped })
    await janitor.tick()
    expect(pings()).toBe(0)
  })
})
