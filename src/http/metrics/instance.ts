// The metrics of the whole instance: how much it watches, whether it keeps up, and what it takes.
import type { Deps } from '#deps.ts'
import type { PartHealth } from '#domain/health.ts'
import { SHOWN_STATUSES } from '#domain/monitor-list.ts'
import { shownStatus } from '#domain/status.ts'
import { formatLabels, type Metric } from '#lib/exposition.ts'
import { version } from '#package.json' with { type: 'json' }
import {
  countOutbox,
  countRecordedPings,
  databaseBytes,
  findFirstDeadline,
  findWatchStart,
  listStandings,
} from '#store/counts.ts'
import { gauge, gaugeBy, toSeconds } from './gauges.ts'

export function instanceMetrics(deps: Deps, parts: PartHealth[]): Metric[] {
  return [...watchMetrics(deps), ...outboxMetrics(deps), ...processMetrics(deps, parts)]
}

/** For how long the deadline that waits longest is over without having been acted on. At rest it is 0. */
export function checkerLag({ db, clock }: Deps): Metric {
  const lagMs = Math.max(0, clock.now() - (findFirstDeadline(db) ?? Number.POSITIVE_INFINITY))
  return gauge(
    { name: 'cronguard_checker_lag_seconds', help: 'For how long a deadline is over that was not acted on.' },
    toSeconds(lagMs),
  )
}

function watchMetrics(deps: Deps): Metric[] {
  const now = deps.clock.now()
  const counts = new Map(SHOWN_STATUSES.map((status) => [status, 0]))
  for (const { count, ...standing } of listStandings(deps.db, now)) {
    const status = shownStatus(standing, now)
    counts.set(status, (counts.get(status) ?? 0) + count)
  }
  return [
    gaugeBy('status', { name: 'cronguard_monitors', help: 'How many monitors there are, by their status.' }, [
      ...counts,
    ]),
    {
      name: 'cronguard_pings_total',
      help: 'How many pings were recorded so far.',
      type: 'counter',
      samples: [{ labels: '', value: countRecordedPings(deps.db) }],
    },
    checkerLag(deps),
  ]
}

function outboxMetrics({ db, clock }: Deps): Metric[] {
  const { pending, sending, oldestAt } = countOutbox(db)
  return [
    gaugeBy('state', { name: 'cronguard_outbox_deliveries', help: 'How many messages are not sent yet.' }, [
      ['pending', pending],
      ['sending', sending],
    ]),
    gauge(
      { name: 'cronguard_outbox_oldest_age_seconds', help: 'How long the oldest of these messages has waited.' },
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
      parts.map(({ name, isWell }) => [name, Number(isWell)]),
    ),
    {
      name: 'cronguard_build_info',
      help: 'Which CronGuard this is.',
      type: 'gauge',
      samples: [{ labels: build, value: 1 }],
    },
    gauge({ name: 'cronguard_database_bytes', help: 'How large the database is.' }, databaseBytes(db)),
    gauge(
      { name: 'process_resident_memory_bytes', help: 'How much memory the process takes.' },
      process.memoryUsage.rss(),
    ),
    gauge(
      { name: 'process_start_time_seconds', help: 'When the process began to watch.' },
      toSeconds(findWatchStart(db)),
    ),
  ]
}
