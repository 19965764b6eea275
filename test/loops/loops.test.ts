import { afterEach, beforeEach, describe, expect, spyOn, test } from 'bun:test'
import { beginWatch } from '#actions/process.ts'
import { StorageRefusedError } from '#lib/errors.ts'
import type { OutboundResult } from '#lib/outbound.ts'
import { createChecker } from '#loops/checker.ts'
import { createHeartbeat } from '#loops/heartbeat.ts'
import { type Loop, type RunningLoops, startLoops } from '#loops/index.ts'
import { createOutbox } from '#loops/outbox.ts'
import { eventually } from '../support/binary.ts'
import { TestGuard } from '../support/cronguard.ts'
import { answerOf } from '../support/outside.ts'

let guard: TestGuard
let running: RunningLoops | undefined

beforeEach(() => {
  guard = new TestGuard()
})

afterEach(async () => {
  await running?.stop()
  running = undefined
  guard.stop()
})

function loopOf(tick: () => Promise<void>, settled: () => Promise<void> = async () => {}): Loop {
  return { name: 'outbox', everyMs: 1, tick, settled }
}

function start(loop: Loop): RunningLoops {
  running = startLoops(guard.deps, [loop])
  return running
}

const isHealthy = () => running?.health().every((part) => part.isHealthy)

describe('A loop', () => {
  test('that fails is logged once and unhealthy, and healthy again when it recovers', async () => {
    let isBroken = true
    let ticks = 0
    start(
      loopOf(async () => {
        ticks += 1
        if (isBroken) throw new Error('broken')
      }),
    )
    await eventually('ten failures', () => ticks > 10)
    expect(running?.health()).toEqual([{ name: 'outbox', isHealthy: false, isRunning: true }])
    isBroken = false
    await eventually('a tick that works', isHealthy)
    const lines = guard.log.map(({ level, event }) => `${level}: ${event}`)
    expect(lines).toEqual(['error: Background task failed and will retry', 'info: Background task recovered'])
  })

  test('that waits is unhealthy but running, and healthy again when it continues', () => {
    let isWaiting = true
    start({ ...loopOf(async () => {}), isWaiting: () => isWaiting })
    expect(running?.health()).toEqual([{ name: 'outbox', isHealthy: false, isRunning: true }])
    isWaiting = false
    expect(running?.health()).toEqual([{ name: 'outbox', isHealthy: true, isRunning: true }])
  })

  test('that hangs in a tick becomes unhealthy', async () => {
    const hanging = Promise.withResolvers<void>()
    let ticks = 0
    start(
      loopOf(() => {
        ticks += 1
        return hanging.promise
      }),
    )
    await eventually('the first tick', () => ticks > 0)
    expect(isHealthy()).toBe(true)
    guard.clock.advance(20_000)
    expect(running?.health()).toEqual([{ name: 'outbox', isHealthy: false, isRunning: false }])
    hanging.resolve()
    await eventually('the next ticks', isHealthy)
  })

  test('never runs two ticks at the same time', async () => {
    let underWay = 0
    let most = 0
    let ticks = 0
    start(
      loopOf(async () => {
        underWay += 1
        most = Math.max(most, underWay)
        await Bun.sleep(2)
        underWay -= 1
        ticks += 1
      }),
    )
    await eventually('five ticks', () => ticks >= 5)
    expect(most).toBe(1)
  })

  test('stops only after its tick and the work that it started have ended', async () => {
    const events: string[] = []
    const first = Promise.withResolvers<void>()
    const began = Promise.withResolvers<void>()
    const loop = loopOf(
      () => {
        began.resolve()
        return first.promise.then(() => void events.push('tick'))
      },
      async () => void events.push('settled'),
    )
    const loops = startLoops(guard.deps, [loop])
    await began.promise
    const stopped = loops.stop().then(() => void events.push('stopped'))
    first.resolve()
    await stopped
    expect(events).toEqual(['tick', 'settled', 'stopped'])
    await Bun.sleep(10)
    expect(events).toHaveLength(3)
  })
})

describe('While the disk refuses writes', () => {
  const refuse = () => Promise.reject(new StorageRefusedError(new Error('full')))

  test('the checker is unhealthy, and logs no monitor', async () => {
    const project = guard.project()
    const backup = guard.monitor(project, { name: 'backup' })
    await guard.ping(backup)
    guard.clock.advance(7 * 86_400_000)
    const watch = await beginWatch(guard.deps)
    guard.deps.db.writeGrouped = refuse
    await expect(createChecker(guard.deps, watch).tick()).rejects.toBeInstanceOf(StorageRefusedError)
    expect(guard.log).toEqual([])
  })

  test('the heartbeat loop, named database, is unhealthy', async () => {
    const heartbeat = createHeartbeat(guard.deps, await beginWatch(guard.deps))
    guard.deps.db.writeGrouped = refuse
    expect(heartbeat.name).toBe('database')
    await expect(heartbeat.tick()).rejects.toBeInstanceOf(StorageRefusedError)
  })

  test('the outbox is unhealthy when an outcome cannot be saved, and sends again later', async () => {
    const project = guard.project()
    const backup = guard.monitor(project, { name: 'backup' })
    guard.mailTo(project, 'ops@example.org')
    await guard.ping(backup, '/fail')
    const outbox = createOutbox(guard.deps)
    const { writeGrouped } = guard.deps.db
    guard.deps.db.writeGrouped = refuse
    await outbox.tick()
    await outbox.settled()
    await expect(outbox.tick()).rejects.toThrow('could not be saved')
    guard.deps.db.writeGrouped = writeGrouped
    guard.clock.advance(60_000)
    await guard.tick()
    expect(guard.outside.subjects()).toEqual(['Down: backup', 'Down: backup'])
    expect(guard.deliveries(backup)).toMatchObject([{ state: 'sent', attempts: 2 }])
  })
})

/** Monitors of one webhook that went down. */
async function goDown(count: number): Promise<void> {
  const project = guard.project()
  const channels = [guard.webhookTo(project, 'http://hooks.example.org/')]
  for (let job = 0; job < count; job += 1) {
    await guard.ping(guard.monitor(project, { name: `job ${job}` }, channels), '/fail')
  }
}

describe('The outbox', () => {
  test.each(['begin', 'attempt'])('sends again what a database error kept from being sent: %s', async (step) => {
    await goDown(1)
    const outbox = createOutbox(guard.deps)
    const { db } = guard.deps
    const { get } = db
    let left = step === 'begin' ? 1 : 2
    db.get = (sql, params) => {
      if (sql.includes('FROM channels WHERE id') && left-- === 1) throw new Error('disk I/O error')
      return get.call(db, sql, params) as never
    }
    await Promise.allSettled([outbox.tick(), outbox.settled()])
    await outbox.settled()
    expect([left <= 0, guard.outside.calls]).toEqual([true, []])
    db.get = get
    guard.clock.advance(60_000)
    await outbox.tick().catch(() => {})
    await outbox.tick()
    await outbox.settled()
    expect(guard.outside.calls).toHaveLength(1)
  })

  test('sends at most as many at a time as it has slots, and refills free slots at once', async () => {
    const project = guard.project()
    for (let hook = 0; hook < 10; hook += 1) guard.webhookTo(project, `http://hooks.example.org/${hook}`)
    for (let mail = 0; mail < 10; mail += 1) guard.mailTo(project, `ops${mail}@example.org`)
    const hanging: ((result: OutboundResult) => void)[] = []
    guard.deps.outbound.send = () => new Promise((resolve) => hanging.push(resolve))
    guard.deps.mailer = { send: () => new Promise(() => {}), close: () => {} }
    const jobs = Array.from({ length: 20 }, (_, index) => guard.monitor(project, { name: `job ${index}` }))
    const channels = guard.db.all<{ id: string }>('SELECT id FROM channels').map(({ id }) => id)
    const busy = jobs.map((job) => guard.monitor(project, { name: `${job.name} again` }, channels))
    for (const job of busy) await guard.ping(job, '/fail')

    const outbox = createOutbox(guard.deps)
    const sending = () => guard.db.all("SELECT 1 FROM deliveries WHERE state = 'sending'").length
    await outbox.tick()
    await outbox.tick()
    expect(sending()).toBe(32)
    await eventually('three calls', () => hanging.length >= 3)
    for (const answer of hanging.splice(0, 3)) answer(answerOf(200))
    const sent = () => guard.db.all("SELECT 1 FROM deliveries WHERE state = 'sent'").length
    await eventually('three sent, and three in their places', () => sent() === 3 && sending() === 32)
  })
  test('begins one message in each turn of the event loop, so that pings do not wait for all', async () => {
    await goDown(10)
    let begun = 0
    guard.deps.outbound.send = async () => {
      begun += 1
      return answerOf(200)
    }
    const outbox = createOutbox(guard.deps)
    const tick = outbox.tick()
    expect(begun).toBe(1)
    await tick
    expect(begun).toBe(4)
  })

  test('syncs the outcomes of a storm when it is over', async () => {
    expect(await commitsOfStorm({ msPerMessage: 0 })).toMatch(/^unsynced synced (unsynced )+sync$/)
  })

  test('syncs the outcomes of a long storm every 100 ms', async () => {
    expect(await commitsOfStorm({ msPerMessage: 10 })).toMatch(
      /^unsynced synced (unsynced )+(synced (unsynced )*){2,}sync(ed)?$/,
    )
  })
})

async function commitsOfStorm({ msPerMessage }: { msPerMessage: number }): Promise<string> {
  await goDown(40)
  guard.deps.outbound.send = async () => {
    guard.clock.advance(msPerMessage)
    return answerOf(200)
  }
  const { db } = guard.deps
  const commits: string[] = []
  const stop = db.watch(() => {
    const level = db.get<{ synchronous: number }>('PRAGMA synchronous')
    commits.push(level?.synchronous === 2 ? 'synced' : 'unsynced')
  })
  const sync = spyOn(db, 'sync').mockImplementation(() => void commits.push('sync'))
  const outbox = createOutbox(guard.deps)
  await outbox.tick()
  await eventually('all sent', () => db.all("SELECT 1 FROM deliveries WHERE state <> 'sent'").length === 0)
  await eventually('the last look', () => commits.at(-1) !== 'unsynced')
  await outbox.settled()
  sync.mockRestore()
  stop()
  return commits.join(' ')
}
