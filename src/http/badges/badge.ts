// The content of a badge for a monitor, a tag or a whole project.
import type { Deps } from '#deps.ts'
import { type BadgeStatus, type BadgeSummary, summarize } from '#domain/badge.ts'
import { type Monitor, shownName, tagList } from '#domain/monitor.ts'
import { type ShownStatus, shownStatus } from '#domain/status.ts'
import { listTaggedStatuses } from '#store/counts.ts'
import { findMonitorByBadgeKey } from '#store/monitors.ts'
import { findProjectByBadgeKey } from '#store/projects.ts'
import { type BadgeAddress, type BadgeStates, EVERY_TAG, type MonitorBadge, type TagBadge } from './address.ts'

export interface Badge {
  label: string
  message: string
  /** As `#rrggbb` or `#rgb`. */
  color: string
  /** The name of the color on shields.io. */
  shieldsColor: string
  facts: object
}

/** Dark enough for white text, with a contrast of at least 4.5:1. */
const OWN_COLORS: Record<ShownStatus, string> = {
  new: '#5f6b76',
  up: '#2e7d32',
  late: '#9a5b00',
  down: '#c62828',
  paused: '#4a5fa5',
}

/** The colors of Healthchecks: some dashboards derive the status from them. */
const COLORS: Record<BadgeStatus, Pick<Badge, 'color' | 'shieldsColor'>> = {
  up: { color: '#4c1', shieldsColor: 'success' },
  late: { color: '#fe7d37', shieldsColor: 'important' },
  down: { color: '#e05d44', shieldsColor: 'critical' },
}

export function findBadge(deps: Deps, address: BadgeAddress): Badge | null {
  return 'tag' in address ? findTagBadge(deps, address) : findMonitorBadge(deps, address)
}

function findMonitorBadge({ db, clock }: Deps, { badgeKey, states }: MonitorBadge): Badge | null {
  const monitor = findMonitorByBadgeKey(db, badgeKey)
  if (monitor === null) return null
  const status = shownStatus(monitor, clock.now())
  return states === 'own'
    ? ownBadge(monitor, status)
    : summaryBadge(shownName(monitor), { summary: summarize([status]), states })
}

function findTagBadge({ db, clock }: Deps, { projectBadgeKey, tag, states }: TagBadge): Badge | null {
  const project = findProjectByBadgeKey(db, projectBadgeKey)
  if (project === null) return null
  const now = clock.now()
  const statuses = listTaggedStatuses(db, project.id)
    .filter(({ tags }) => tag === EVERY_TAG || tagList(tags).includes(tag))
    .map((monitor) => shownStatus(monitor, now))
  return summaryBadge(tag === EVERY_TAG ? project.name : tag, { summary: summarize(statuses), states })
}

function ownBadge(monitor: Monitor, status: ShownStatus): Badge {
  const color = OWN_COLORS[status]
  const label = shownName(monitor)
  const facts = {
    name: label,
    status,
    last_ping: isoOrNull(monitor.lastPingAt),
    // Nothing is due while the monitor is down, even if the checker hasn't run since the deadline.
    due: isoOrNull(status === 'down' ? null : monitor.dueAt),
  }
  return { label, message: status, color, shieldsColor: color, facts }
}

function summaryBadge(label: string, { summary, states }: { summary: BadgeSummary; states: BadgeStates }): Badge {
  const { status, total, late, down } = summary
  const message = status === 'late' && states === 2 ? 'up' : status
  return { label, message, ...COLORS[message], facts: { status: message, total, grace: late, down } }
}

function isoOrNull(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString()
}
