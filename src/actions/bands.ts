// When a monitor was in maintenance or snoozed, and when CronGuard was offline.
import type { Bands } from '#domain/band.ts'
import { spansOf } from '#domain/maintenance.ts'
import type { Monitor } from '#domain/monitor.ts'
import { includes } from '#domain/monitor-scope.ts'
import type { Period } from '#domain/uptime.ts'
import type { Reader } from '#store/database.ts'
import { listGapsOfMonitor } from '#store/gaps.ts'
import { listSnoozes } from '#store/snoozes.ts'
import { windowsOf } from './maintenance.ts'

const GAPS_MAX = 1000

/** Those that touch the period. A snooze that was ended early is not recorded. */
export function bandsOf(reader: Reader, { monitor, from, to }: { monitor: Monitor } & Period): Bands {
  const snoozes = listSnoozes(reader, { projectId: monitor.projectId, now: from })
  return {
    maintenance: windowsOf(reader, { monitor, since: from }).flatMap(({ times }) => spansOf(times, { from, to })),
    snooze: snoozes
      .filter(({ scope }) => includes(scope, monitor))
      .map(({ createdAt, endsAt }) => ({ from: createdAt, to: Math.min(endsAt ?? to, to) })),
    offline: listGapsOfMonitor(reader, { monitorId: monitor.id, from, to, limit: GAPS_MAX }),
  }
}
