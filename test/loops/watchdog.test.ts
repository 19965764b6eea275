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
  health = ['checker', 'outbox', 'database', 'live'].map((name) => ({ name, isHealthy: true, isRunning: true }))
  watchdog = createWatchdog({
    manager,
    watchdogMs: WATCHDOG_MS,
    readUnhealthyParts: () => unhealthyParts(health),
    readStuckParts: () => stuckParts(health),
  })
})

function become(name: string, now: Pick<LoopHealth, 'isHealthy' | 'isRunning'>): void {
  health = health.map((part) => (part.name === name ? { name, ...now } : part))
}

describe('The watchdog', () => {
  test('is reset more than twice per timeout while everything works', async () => {
    await watchdog.tick()
    await watchdog.tick()
    expect(said).toEqual(['alive', 'alive'])
    expect(watchdog.everyMs).toBeLessThan(WATCHDOG_MS / 2)
  })

  test.each(['checker', 'outbox', 'database'])(
    'is not reset while the %s hangs, and the status says so',
    async (name) => {
      become(name, { isHealthy: false, isRunning: false })
      await watchdog.tick()
      await watchdog.tick()
      expect(said).toEqual([`Unhealthy: ${name}`])
      become(name, { isHealthy: true, isRunning: true })
      await watchdog.tick()
      expect(said).toEqual([`Unhealthy: ${name}`, 'alive', 'Monitoring again'])
    },
  )

  test('is reset while a part fails but still ticks, because a restart does not help a full disk', async () => {
    become('database', { isHealthy: false, isRunning: true })
    await watchdog.tick()
    expect(said).toEqual(['alive', 'Unhealthy: database'])
  })

  test('is not reset when an essential part is missing', async () => {
    health = health.filter(({ name }) => name !== 'outbox')
    await watchdog.tick()
    expect(said).toEqual(['Unhealthy: outbox'])
  })

  test('ignores parts that are not essential', async () => {
    become('live', { isHealthy: false, isRunning: false })
    await watchdog.tick()
    expect(said).toEqual(['alive'])
  })
})
