import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Monitor } from '#domain/monitor.ts'
import { HOUR, MINUTE } from '#lib/duration.ts'
import { TestGuard } from './cronguard.ts'

export type HourlyGuard = ReturnType<typeof openHourly>

/** A server that can be restarted, with one project whose monitors have a period of 1 h and a grace of 10 min. */
export function openHourly() {
  const folder = mkdtempSync(join(tmpdir(), 'cronguard-hourly-'))
  const guard = new TestGuard({ path: join(folder, 'cronguard.db') })
  const project = guard.project()
  const ops = guard.mailTo(project, 'ops@example.org')

  /** A monitor that alerts by email and has just received a ping. */
  const hourly = async (name: string, change = {}): Promise<Monitor> => {
    const schedule = { kind: 'period', periodMs: HOUR } as const
    const monitor = guard.monitor(project, { name, schedule, graceMs: 10 * MINUTE, ...change }, [ops])
    await guard.ping(monitor)
    await guard.tick()
    return monitor
  }
  const close = (): void => {
    guard.stop()
    rmSync(folder, { recursive: true })
  }
  return { guard, project, ops, hourly, close }
}

/** The recorded gaps, oldest first. */
export function gapsOf(guard: TestGuard) {
  return guard.db.all<{ reason: string; ms: number }>('SELECT reason, to_at - from_at AS ms FROM blackouts ORDER BY id')
}
