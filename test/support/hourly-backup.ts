// One monitor and its pings, for tests of the state machine.
import { rescheduled } from '#domain/lifecycle.ts'
import { type MonitorRules, NEW_STATE, NO_RULES, type OpenRun, type WatchedMonitor } from '#domain/monitor.ts'
import type { Ping, PingKind } from '#domain/ping.ts'
import { everyPeriod } from '#domain/schedule.ts'
import type { StoredStatus } from '#domain/status.ts'
import { HOUR, MINUTE } from '#lib/duration.ts'

export const NOW = Date.UTC(2026, 10, 23, 9, 0, 0)
export const LAST = NOW - 10 * MINUTE
export const PERIOD = HOUR
export const GRACE = 5 * MINUTE
export const RUN = 'aaaaaaaa-0000-4000-8000-000000000001'
export const OTHER_RUN = 'bbbbbbbb-0000-4000-8000-000000000002'

/** An hourly monitor with 5 minutes of grace; the last ping was ten minutes ago, unless it is new. */
export function backup(
  status: StoredStatus,
  openRun: OpenRun | null = null,
  change: Partial<MonitorRules> = {},
): WatchedMonitor {
  const pinged = status === 'new' ? {} : { pingCount: 7, lastPingAt: LAST, lastDurationMs: MINUTE }
  const rules = { ...NO_RULES, schedule: everyPeriod(PERIOD), graceMs: GRACE, ...change }
  return rescheduled({ id: 1, ...rules, ...NEW_STATE, ...pinged, status, openRuns: runs(openRun) })
}

export function ping(kind: PingKind, runId: string | null = null): Ping {
  return { kind, runId, exitStatus: null }
}

function runs(openRun: OpenRun | null): OpenRun[] {
  return openRun === null ? [] : [openRun]
}

export function running(startedAt: number, runId: string | null = null): OpenRun {
  return { startedAt, runId }
}
