import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { claimDeliveries } from '#actions/claims.ts'
import { pauseMonitor } from '#actions/monitors.ts'
import { createSendLimits } from '#actions/send-limits.ts'
import type { Monitor } from '#domain/monitor.ts'
import { HOUR, MINUTE } from '#lib/duration.ts'
import { TestGuard } from './support/cronguard.ts'

let folder: string
let guard: TestGuard
let backup: Monitor

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cronguard-restart-'))
  guard = new TestGuard({ path: join(folder, 'cronguard.db') })
  const project = guard.project()
  backup = guard.monitor(project, {
    name: 'backup',
    schedule: { kind: 'period', periodMs: HOUR },
    graceMs: 10 * MINUTE,
  })
  guard.mailTo(project, 'ops@example.org')
})

afterEach(() => {
  guard.stop()
  rmSync(folder, { recursive: true })
})

describe('restart', () => {
  test('while a job is late keeps the deadline and the alert', async () => {
    await guard.ping(backup)
    await guard.pass(HOUR + 5 * MINUTE)
    await guard.restart()
    await guard.pass(5 * MINUTE)
    expect(guard.outside.subjects()).toEqual(['Down: backup'])
  })

  test('between going down and notifying notifies once', async () => {
    guard.outside.failWith('refused')
    await guard.ping(backup, '/fail')
    await guard.tick()
    await guard.restart()
    guard.outside.failWith(null)
    await guard.pass(MINUTE)
    await guard.pass(HOUR)
    expect(guard.outside.subjects()).toEqual(['Down: backup'])
  })

  test('while an email is being sent sends it again at once', async () => {
    await guard.ping(backup, '/fail')
    expect(
      claimDeliveries(guard.deps, { sending: new Set(), limits: createSendLimits(guard.deps), position: { from: '' } }),
    ).toHaveLength(1)
    await guard.restart()
    await guard.tick()
    expect(guard.outside.subjects()).toEqual(['Down: backup'])
    expect(guard.deliveries(backup)).toMatchObject([{ state: 'sent', attempts: 2 }])
    const attempts = guard.db.all<{ number: number; result: string }>('SELECT number, result FROM delivery_attempts')
    expect(attempts).toEqual([
      { number: 1, result: 'failed' },
      { number: 2, result: 'sent' },
    ])
  })

  test('while a job is down notifies its recovery', async () => {
    await guard.ping(backup, '/fail')
    await guard.tick()
    await guard.restart()
    await guard.ping(backup)
    await guard.tick()
    expect(guard.outside.subjects()).toEqual(['Down: backup', 'Up: backup'])
  })

  test('while a job is paused keeps it paused and silent', async () => {
    await guard.ping(backup)
    pauseMonitor(guard.deps, guard.refOf(backup))
    await guard.restart()
    await guard.pass(24 * HOUR, HOUR)
    expect(guard.now(backup).status).toBe('paused')
    expect(guard.outside.mails).toEqual([])
  })

  test('while a run is open still finds that it overruns', async () => {
    await guard.ping(backup, '/start')
    await guard.restart()
    await guard.pass(10 * MINUTE)
    expect(guard.outside.subjects()).toEqual(['Down: backup'])
  })
})
