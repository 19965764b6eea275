import type { Monitor } from '#domain/monitor.ts'
import type { PingKind } from '#domain/ping.ts'
import type { Project } from '#domain/project.ts'
import { listPings } from '#store/pings.ts'
import { storedBytes } from './bodies.ts'
import { TestGuard } from './cronguard.ts'

/** The name of the monitor in another tool. */
export const ALIAS = 'd3adb33f00'

export const DIALECTS = ['KUMA', 'SNITCH', 'CRONITOR', 'GATUS', 'SENTRY', 'OPSGENIE', 'HONEYBADGER'] as const
export type DialectSetting = (typeof DIALECTS)[number]

export interface RecordedPing {
  kind: PingKind
  exitStatus: number | null
  runId: string | null
  durationMs: number | null
  method: string
  userAgent: string
  body: string
}

/** A user of another tool who migrated: the job "backup" pings as before, and CronGuard understands its dialect. */
export class Moved {
  readonly guard: TestGuard
  readonly project: Project
  readonly backup: Monitor

  constructor(dialects: readonly DialectSetting[] | 'default', env: Record<string, string> = {}) {
    this.guard = new TestGuard({ env: { ...(dialects === 'default' ? {} : settingsOf(dialects)), ...env } })
    this.project = this.guard.project()
    this.backup = this.guard.monitor(this.project, { name: 'backup', slug: 'backup', alias: ALIAS })
  }

  stop(): void {
    this.guard.stop()
  }

  /** Sends a request, and returns the status and the text of the answer. */
  async answer(path: string, init: RequestInit = {}): Promise<[status: number, text: string]> {
    const response = await this.guard.request(path, init)
    return [response.status, await response.text()]
  }

  /** The recorded pings of the monitor, oldest first. */
  pings(monitor: { id: number } = this.backup): RecordedPing[] {
    return listPings(this.guard.db, { monitorId: monitor.id, limit: 100 })
      .reverse()
      .map(({ number, kind, exitStatus, runId, durationMs, method, userAgent }) => ({
        kind,
        exitStatus,
        runId,
        durationMs,
        method,
        userAgent,
        body: Buffer.from(storedBytes(this.guard.db, { monitorId: monitor.id, number }) ?? []).toString(),
      }))
  }

  kinds(): PingKind[] {
    return this.pings().map(({ kind }) => kind)
  }
}

function settingsOf(dialects: readonly DialectSetting[]): Record<string, string> {
  return Object.fromEntries(
    DIALECTS.map((name) => [`CRONGUARD_DIALECT_${name}`, dialects.includes(name) ? 'on' : 'off']),
  )
}
