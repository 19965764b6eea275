// Notifies of what is worth knowing about jobs besides that their monitors go down and up. Pings don't wait for it.
import type { Deps } from '#deps.ts'
import { wants } from '#domain/channel-rules.ts'
import { JOB_EVENTS, neverPingedAt, spanOf, usualOfOddRun } from '#domain/job-event.ts'
import { type Monitor, shownName } from '#domain/monitor.ts'
import type { JobHappening, JobNotice } from '#domain/notice.ts'
import { RECENT_PINGS_MAX, type RecentPing } from '#domain/recent-runs.ts'
import { DAY, HOUR } from '#lib/duration.ts'
import { listChannelsOfMonitor } from '#store/channels.ts'
import type { Tx } from '#store/database.ts'
import { insertNotification } from '#store/deliveries.ts'
import { findToldEvents, hasChannelFor, listEventful, saveToldEvents, type ToldEvents } from '#store/job-events.ts'
import { findMonitorById } from '#store/monitors.ts'
import { listRecentPings } from '#store/pings.ts'
import { findProject } from '#store/projects.ts'
import { insertDeliveries, keepsIncidents } from './channel-groups.ts'
import { muteOf } from './mutes.ts'

/** Notifies the channels that want to know. While there are none, it reads only the channels. */
export async function tellJobEvents(deps: Deps): Promise<void> {
  if (!hasChannelFor(deps.db, JOB_EVENTS)) return
  const eventful = listEventful(deps.db, { events: JOB_EVENTS, now: deps.clock.now() })
  await Promise.all(eventful.map((id) => deps.db.writeGrouped((tx) => tellEventsOf(tx, id))))
}

// What happened before people wanted to know is not told.
function tellEventsOf(tx: Tx, monitorId: number): void {
  const monitor = findMonitorById(tx, monitorId)
  if (monitor === null) return
  const known = findToldEvents(tx, monitorId)
  const told = known ?? { checkedNumber: monitor.pingCount, lateDueAt: null, neverAt: null, oftenAt: null, oddAt: null }
  const pings = listRecentPings(tx, { monitorId, upTo: monitor.pingCount, limit: RECENT_PINGS_MAX })
  const found = happeningsOf(monitor, { told, pings, now: tx.now })
  saveToldEvents(tx, { ...told, ...found.told, monitorId, checkedNumber: monitor.pingCount })
  if (muteOf(tx, { monitor, now: tx.now }) !== null) return
  for (const happening of found.happenings) notify(tx, monitor, happening)
}

interface Found {
  happenings: JobHappening[]
  told: Partial<ToldEvents>
}

function happeningsOf(
  monitor: Monitor,
  { told, pings, now }: { told: ToldEvents; pings: readonly RecentPing[]; now: number },
): Found {
  const newPings = pings.slice(0, Math.max(0, monitor.pingCount - told.checkedNumber))
  const found: Found[] = [
    lateness(monitor, told, now),
    absence(monitor, told, now),
    firstPing(monitor, newPings, now),
    excess(monitor, { told, pings, newPings, now }),
    oddity({ told, pings, newPings, now }),
  ]
  return {
    happenings: found.flatMap(({ happenings }) => happenings),
    told: Object.assign({}, ...found.map((one) => one.told)),
  }
}

const NOTHING: Found = { happenings: [], told: {} }

// A deadline that was extended says nothing about the job.
function lateness(
  { status, dueAt, deadlineAt, extendedUntil, graceMs }: Monitor,
  told: ToldEvents,
  now: number,
): Found {
  const isLate = status === 'up' && dueAt !== null && dueAt <= now && deadlineAt !== null && deadlineAt > now
  if (!isLate || extendedUntil !== null || told.lateDueAt === dueAt) return NOTHING
  return { happenings: [{ reason: 'late', dueAt, graceMs }], told: { lateDueAt: dueAt } }
}

function absence(monitor: Monitor, told: ToldEvents, now: number): Found {
  const isAbsent = monitor.status === 'new' && monitor.pingCount === 0 && told.neverAt === null
  if (!isAbsent || neverPingedAt(monitor) > now) return NOTHING
  return { happenings: [{ reason: 'never-pinged', since: monitor.createdAt }], told: { neverAt: now } }
}

function firstPing({ pingCount }: Monitor, newPings: readonly RecentPing[], now: number): Found {
  const first = newPings[pingCount - 1]
  const isFirst = first !== undefined && first.at > now - HOUR
  return isFirst ? { happenings: [{ reason: 'first-ping' }], told: {} } : NOTHING
}

interface Seen {
  told: ToldEvents
  /** Newest first. */
  pings: readonly RecentPing[]
  newPings: readonly RecentPing[]
  now: number
}

function excess({ maxPings, schedule }: Monitor, { told, pings, newPings, now }: Seen): Found {
  const spanMs = maxPings === 0 || newPings.length === 0 ? null : spanOf(schedule, now)
  if (spanMs === null || isRecent(told.oftenAt, { now, withinMs: Math.max(spanMs, DAY) })) return NOTHING
  const count = pings.filter(({ kind, at }) => kind === 'success' && at > now - spanMs).length
  if (count <= maxPings) return NOTHING
  return { happenings: [{ reason: 'too-often', count, spanMs, max: maxPings }], told: { oftenAt: now } }
}

function oddity({ told, pings, newPings, now }: Seen): Found {
  if (isRecent(told.oddAt, { now, withinMs: DAY })) return NOTHING
  for (const index of newPings.keys()) {
    const usualMs = usualOfOddRun(pings.slice(index))
    const durationMs = pings[index]?.durationMs ?? null
    if (usualMs === null || durationMs === null) continue
    return { happenings: [{ reason: 'odd-run', durationMs, usualMs }], told: { oddAt: now } }
  }
  return NOTHING
}

// A moment in the future was written with a wrong clock.
function isRecent(at: number | null, { now, withinMs }: { now: number; withinMs: number }): boolean {
  return at !== null && at <= now && at > now - withinMs
}

function notify(tx: Tx, monitor: Monitor, happening: JobHappening): void {
  const { projectId } = monitor
  const notification: JobNotice = {
    status: 'notice',
    at: tx.now,
    isTest: false,
    project: findProject(tx, projectId)?.name ?? '',
    projectId,
    monitor: { name: shownName(monitor), uniqueKey: monitor.uniqueKey },
    ...happening,
  }
  const channels = listChannelsOfMonitor(tx, monitor.id).filter(({ rules }) => wants(rules, notification))
  if (channels.length === 0) return
  const notificationId = insertNotification(tx, { projectId, notification })
  const about = { notificationId, notification, monitor, channels }
  insertDeliveries(tx, { ...about, isFor: (channel, { rules }) => rules.delayMs === 0 && !keepsIncidents(channel) })
}
