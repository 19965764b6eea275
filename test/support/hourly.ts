import type { Monitor } from '#domain/monitor.ts'
import { HOUR, MINUTE } from '#lib/duration.ts'
import type { TestGuard } from './cronguard.ts'

/** A project of one person, and how its monitors are made: every hour, ten minutes of grace, told by mail. */
export function hourlyProject(guard: TestGuard) {
  const project = guard.project()
  const ops = guard.mailTo(project, 'ops@example.org')

  /** It has just pinged. */
  const hourly = async (name: string, change = {}): Promise<Monitor> => {
    const schedule = { kind: 'period', periodMs: HOUR } as const
    const monitor = guard.monitor(project, { name, schedule, graceMs: 10 * MINUTE, ...change }, [ops])
    await guard.ping(monitor)
    await guard.tick()
    return monitor
  }
  return { project, ops, hourly }
}

/** What CronGuard has noted of its own absence, oldest first. */
export function blackoutsOf(guard: TestGuard) {
  return guard.db.all<{ reason: string; ms: number }>('SELECT reason, to_at - from_at AS ms FROM blackouts ORDER BY id')
}
