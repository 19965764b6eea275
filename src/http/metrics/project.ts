// Metrics of a project: those of Healthchecks under the same names, and our own.
import type { Deps } from '#deps.ts'
import { type Monitor, tagList } from '#domain/monitor.ts'
import { tagsOf } from '#domain/monitor-list.ts'
import { type ShownStatus, shownStatus } from '#domain/status.ts'
import { formatLabels, type Metric } from '#lib/exposition.ts'
import { countOutboxOfProject, listLastSuccesses } from '#store/counts.ts'
import { listMonitors } from '#store/monitors.ts'
import { gauge, gaugeBy, toSeconds } from './gauges.ts'
import { checkerLag } from './instance.ts'

interface Watched {
  monitor: Monitor
  status: ShownStatus
  lastSuccessAt: number | null
  labels: string
}

interface MonitorGauge {
  name: string
  help: string
  read(watched: Watched): number | null
}

const MONITOR_GAUGES: readonly MonitorGauge[] = [
  {
    name: 'hc_check_up',
    help: '1 unless the check is down.',
    read: ({ status }) => Number(status !== 'down'),
  },
  {
    name: 'hc_check_started',
    help: '1 while a run of the check has started and not ended.',
    read: ({ monitor }) => Number(monitor.openRuns.length > 0),
  },
  {
    name: 'hc_check_grace',
    help: '1 while the check is late, within its grace period.',
    read: ({ status }) => Number(status === 'late'),
  },
  {
    name: 'hc_check_paused',
    help: '1 while the check is paused.',
    read: ({ status }) => Number(status === 'paused'),
  },
  {
    name: 'cronguard_monitor_last_duration_seconds',
    help: 'Duration of the last run.',
    read: ({ monitor }) => toSeconds(monitor.lastDurationMs),
  },
  {
    name: 'cronguard_monitor_last_success_timestamp_seconds',
    help: 'When the last success was reported.',
    read: ({ lastSuccessAt }) => toSeconds(lastSuccessAt),
  },
  {
    name: 'cronguard_monitor_due_timestamp_seconds',
    help: 'When the next ping is expected; absent if none is.',
    // Nothing is due while the monitor is down, even if the checker hasn't run since the deadline.
    read: ({ monitor, status }) => toSeconds(status === 'down' ? null : monitor.dueAt),
  },
]

export function projectMetrics(deps: Deps, projectId: string): Metric[] {
  const watched = listWatched(deps, projectId)
  return [
    ...MONITOR_GAUGES.map((monitorGauge) => ofEach(watched, monitorGauge)),
    ...totals(watched),
    gauge(
      { name: 'cronguard_project_outbox_deliveries', help: 'Number of pending notifications of the project.' },
      countOutboxOfProject(deps.db, projectId),
    ),
    checkerLag(deps),
  ]
}

function listWatched({ db, clock }: Deps, projectId: string): Watched[] {
  const now = clock.now()
  const successes = listLastSuccesses(db, projectId)
  return listMonitors(db, projectId).map((monitor) => ({
    monitor,
    status: shownStatus(monitor, now),
    lastSuccessAt: successes.get(monitor.id) ?? null,
    labels: formatLabels({ name: monitor.name, tags: monitor.tags, unique_key: monitor.uniqueKey }),
  }))
}

function ofEach(watched: Watched[], { name, help, read }: MonitorGauge): Metric {
  const samples = watched.flatMap((one) => {
    const value = read(one)
    return value === null ? [] : [{ labels: one.labels, value }]
  })
  return { name, help, type: 'gauge', samples }
}

function totals(watched: Watched[]): Metric[] {
  const down = watched.filter(({ status }) => status === 'down')
  const downTags = new Set(down.flatMap(({ monitor }) => tagList(monitor.tags)))
  const tags = tagsOf(watched.map(({ monitor }) => monitor))
  return [
    gaugeBy(
      'tag',
      { name: 'hc_tag_up', help: '1 unless a check with this tag is down.' },
      tags.map((tag) => [tag, Number(!downTags.has(tag))]),
    ),
    gauge({ name: 'hc_checks_total', help: 'Number of checks in the project.' }, watched.length),
    gauge({ name: 'hc_checks_down_total', help: 'Number of checks in the project that are down.' }, down.length),
  ]
}
