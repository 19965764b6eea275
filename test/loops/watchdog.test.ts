import { beforeEach, describe, expect, test } from 'bun:test'
import { stuckParts, unhealthyParts } from '#domain/health.ts'
import type { ServiceManager } from '#lib/systemd.ts'
import type { Loop, LoopHealth } from '#loops/index.ts'
import { createWatchdog } from '#loops/watchdog.ts'

const WATCHDOG_MS = 60_000

let said: string[] = []
let health: LoopHealth[] = []
let watchdog: Loop

const manager: ServiceManager = {
  watchdogMs: WATCHDOG_MS,
  ready: () => {},
  stopping: () => {},
  alive: () => void said.push('alive'),
  status: (text) => void said.push(text),
  extendStartTimeout: () => {},
}

beforeEach(() => {
  said = []
  health = ['checker', 'outbox', 'database', 'live'].map((name) => ({ name, isWell: true, isRunning: true }))
  watchdog = createWatchdog({
    manager,
    watchdogMs: WATCHDOG_MS,
    readUnhealthyParts: () => unhealthyParts(health),
    readStuckParts: () => stuckParts(health),
  })
})

function become(name: string, now: Pick<LoopHealth, 'isWell' | 'isRunning'>): void {
  health = health.map((part) => (part.name === name ? { name, ...now } : part))
}

describe('The watchdog', () => {
  test('gets a sign of life while all is well, more than twice as often as it asks for', async () => {
    await watchdog.tick()
    await watchdog.tick()
    expect(said).toEqual(['alive', 'alive'])
    expect(watchdog.everyMs).toBeLessThan(WATCHDOG_MS / 2)
  })

  test.each(['checker', 'outbox', 'database'])('gets none while the %s hangs, and is told', async (name) => {
    become(name, { isWell: false, isRunning: false })
    await watchdog.tick()
    await watchdog.tick()
    expect(said).toEqual([`Not well: ${name}`])
    become(name, { isWell: true, isRunning: true })
    await watchdog.tick()
    expect(said).toEqual([`Not well: ${name}`, 'alive', 'Watching again'])
  })

  test('gets one while a part fails and goes on trying: a new start does not make a full disk empty', async () => {
    become('database', { isWell: false, isRunning: true })
    await watchdog.tick()
    expect(said).toEqual(['alive', 'Not well: database'])
  })

  test('gets none when one of them does not run at all', async () => {
    health = health.filter(({ name }) => name !== 'outbox')
    await watchdog.tick()
    expect(said).toEqual(['Not well: outbox'])
  })

  test('is not alarmed by what is not vital', async () => {
    become('live', { isWell: false, isRunning: false })
    await watchdog.tick()
    expect(said).toEqual(['alive'])
  })
})
