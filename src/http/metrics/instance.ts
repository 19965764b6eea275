// Metrics of the whole instance: its size, its load and its health.
import type { Deps } from '#deps.ts'
import type { PartHealth } from '#domain/health.ts'
import { SHOWN_STATUSES } from '#domain/monitor-list.ts'
import { shownStatus } from '#domain/status.ts'
import { formatLabels, type Metric } from '#lib/exposition.ts'
import { version } from '#package.json' with { type: 'json' }
import {
  countByStatus,
  countOutbox,
  countRecordedPings,
  databaseBytes,
  findFirstDeadline,
  findWatchStart,
} from '#store/counts.ts'
import { gauge, gaugeBy, toSeconds } from './gauges.ts'

export function instanceMetrics(deps: Deps, parts: PartHealth[]): Metric[] {
  return [...watchMetrics(deps), ...outboxMetrics(deps), ...processMetrics(deps, parts)]
}

/** How long the oldest passed deadline has waited for the checker; 0 if there is none. */
export function checkerLag({ db, clock }: Deps): Metric {
  const lagMs = Math.max(0, clock.now() - (findFirstDeadline(db) ?? Number.POSITIVE_INFINITY))
  return gauge(
    { name: 'cronguard_checker_lag_seconds', help: 'How long ago the oldest unhandled deadline passed.' },
    toSeconds(lagMs),
  )
}

function watchMetrics(deps: Deps): Metric[] {
  const now = deps.clock.now()
  const counts = new Map(SHOWN_STATUSES.map((status) => [status, 0]))
  for (const { count, ...standing } of countByStatus(deps.db, now)) {
    const status = shownStatus(standing, now)
    counts.set(status, (counts.get(status) ?? 0) + count)
  }
  return [
    gaugeBy('status', { name: 'cronguard_monitors', help: 'Number of monitors by status.' }, [...counts]),
    {
      name: 'cronguard_pings_total',
      help: 'Number of pings recorded.',
      type: 'counter',
      samples: [{ labels: '', value: countRecordedPings(deps.db) }],
    },
    checkerLag(deps),
  ]
}

function outboxMetrics({ db, clock }: Deps): Metric[] {
  const { pending, sending, oldestAt } = countOutbox(db)
  return [
    gaugeBy('state', { name: 'cronguard_outbox_deliveries', help: 'Number of pending notifications.' }, [
      ['pending', pending],
      ['sending', sending],
    ]),
    gauge(
      {
        name: 'cronguard_outbox_oldest_age_seconds',
        help: 'How long the oldest of these notifications has been pending.',
      },
      toSeconds(oldestAt === null ? 0 : Math.max(0, clock.now() - oldestAt)),
    ),
  ]
}

function processMetrics({ db }: Deps, parts: PartHealth[]): Metric[] {
  const build = formatLabels({ version, bun: Bun.version })
  return [
    gaugeBy(
      'part',
      { name: 'cronguard_part_up', help: '1 while this part of CronGuard works.' },
      parts.map(({ name, isHealthy }) => [name, Number(isHealthy)]),
    ),
    {
      name: 'cronguard_build_info',
      help: 'Version of CronGuard.',
      type: 'gauge',
      samples: [{ labels: build, value: 1 }],
    },
    gauge({ name: 'cronguard_database_bytes', help: 'Size of the database.' }, databaseBytes(db)),
    gauge(
      { name: 'process_resident_memory_bytes', help: 'Resident memory of the process.' },
      process.memoryUsage.rss(),
    ),
    gauge({ name: 'process_start_time_seconds', help: 'When the process started.' }, toSeconds(findWatchStart(db))),
  ]
}
