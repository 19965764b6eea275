// Maintenance windows: planned times in which monitors notify no one.
import type { Deps } from '#deps.ts'
import {
  allowanceByPing,
  BY_PING_SPAN_MS,
  MAINTENANCE_MAX_MS,
  MAINTENANCE_NAME_MAX,
  type MaintenanceTimes,
  type MaintenanceWindow,
  RECURRING_MAX_MS,
  RECURRING_MIN_MS,
  WINDOWS_MAX,
} from '#domain/maintenance.ts'
import { type Monitor, shownName } from '#domain/monitor.ts'
import { includes, type MonitorScope } from '#domain/monitor-scope.ts'
import type { MaintenanceNotice } from '#domain/notice.ts'
import { nextSlot } from '#domain/schedule.ts'
import { limitedLine } from '#domain/text.ts'
import { durationInWords } from '#lib/duration.ts'
import { AppError } from '#lib/errors.ts'
import { newUuid } from '#lib/tokens.ts'
import { listChannelsOfMonitor } from '#store/channels.ts'
import type { Reader, Tx } from '#store/database.ts'
import { insertNotification } from '#store/deliveries.ts'
import {
  deleteWindow,
  endWindow,
  findWindow,
  insertWindow,
  listOpenedByPing,
  listWindows,
  type NewWindow,
} from '#store/maintenance.ts'
import { findMonitorById, listMonitors } from '#store/monitors.ts'
import { findProject } from '#store/projects.ts'
import { insertDeliveries } from './channel-groups.ts'
import { readOnlyField } from './fields.ts'

const Name = limitedLine(MAINTENANCE_NAME_MAX)

export interface Planned {
  projectId: string
  scope: MonitorScope
  name: string
  times: MaintenanceTimes
  /** Null when a program does it. */
  userId: string | null
}

/** Plans maintenance, and returns the new window. Throws invalid with the wrong field. */
export function planMaintenance(deps: Deps, planned: Planned): MaintenanceWindow {
  const name = planned.name.trim() === '' ? '' : readOnlyField('name', Name.safeParse(planned.name))
  return deps.db.write((tx) => {
    checkTimes(planned.times, tx.now)
    if (listWindows(tx, { projectId: planned.projectId, since: tx.now }).length >= WINDOWS_MAX) {
      throw new AppError('full', `A project has at most ${WINDOWS_MAX} maintenance windows.`)
    }
    return insert(tx, { ...planned, id: newUuid(), name, from: null })
  })
}

/** Throws invalid for times that are over, too long, or that never come. */
export function checkTimes(times: MaintenanceTimes, now: number): void {
  if (times.is === 'recurring') {
    const { durationMs, schedule, startsAt } = times
    if (durationMs < RECURRING_MIN_MS) throw invalid('length', 'Maintenance lasts one minute at least.')
    if (durationMs > RECURRING_MAX_MS) throw invalid('length', 'Recurring maintenance lasts 7 days at most.')
    if (schedule.kind === 'period') throw invalid('schedule', 'Use a time of day, such as "every Sunday at 3am".')
    if (nextSlot(schedule, Math.max(now, startsAt)) === null) throw invalid('schedule', 'This never happens again.')
    return
  }
  const { startsAt, endsAt } = times
  if (endsAt <= startsAt) throw invalid('length', 'The end must be after the start.')
  if (endsAt <= now) throw invalid('starts', 'The end is in the past.')
  if (endsAt - startsAt > MAINTENANCE_MAX_MS) throw invalid('length', 'Maintenance lasts 31 days at most.')
}

function invalid(field: string, text: string): AppError {
  return new AppError('invalid', text, { [field]: text })
}

export interface AskedByPing {
  monitorId: number
  ms: number
  /** The sender's address, if known. */
  address: string | null
}

/**
 * Opens a window for one monitor, as the holder of its ping URL asks, and notifies its channels. Throws invalid if it
 * would be too long, and conflict during maintenance that was opened like this: it can't be extended.
 */
export function openByPing(deps: Deps, { monitorId, ms, address }: AskedByPing): MaintenanceWindow {
  return deps.db.write((tx) => {
    const monitor = findMonitorById(tx, monitorId)
    if (monitor === null) throw new AppError('not_found', 'Monitor not found.')
    const opened = listOpenedByPing(tx, { monitorId, since: tx.now - BY_PING_SPAN_MS })
    if (opened.some(({ to }) => to > tx.now)) throw new AppError('conflict', 'maintenance has already begun')
    const leftMs = allowanceByPing(opened, tx.now)
    if (ms > leftMs) throw new AppError('invalid', `only ${durationInWords(leftMs)} of maintenance left`)
    const window = insert(tx, {
      id: newUuid(),
      projectId: monitor.projectId,
      scope: { is: 'monitor', monitorId },
      name: '',
      times: { is: 'once', startsAt: tx.now, endsAt: tx.now + ms },
      userId: null,
      from: address ?? 'unknown',
    })
    announce(tx, { monitor, until: tx.now + ms, address })
    return window
  })
}

function announce(tx: Tx, { monitor, until, address }: { monitor: Monitor; until: number; address: string | null }) {
  const { projectId } = monitor
  const notification: MaintenanceNotice = {
    status: 'notice',
    at: tx.now,
    reason: 'maintenance',
    isTest: false,
    project: findProject(tx, projectId)?.name ?? '',
    projectId,
    monitor: { name: shownName(monitor), uniqueKey: monitor.uniqueKey },
    until,
    address,
  }
  const notificationId = insertNotification(tx, { projectId, notification })
  const channels = listChannelsOfMonitor(tx, monitor.id)
  insertDeliveries(tx, { notificationId, notification, monitor, channels })
}

function insert(tx: Tx, window: NewWindow): MaintenanceWindow {
  insertWindow(tx, window)
  const created = findWindow(tx, window.id)
  if (created === null) throw new Error('The new maintenance window was not inserted.')
  touchAll(tx, created)
  return created
}

/** Ends maintenance that goes on, and cancels what lies ahead. Throws not_found. */
export function endMaintenance(deps: Deps, { projectId, windowId }: { projectId: string; windowId: string }): void {
  deps.db.write((tx) => {
    const window = findWindow(tx, windowId)
    if (window === null || window.projectId !== projectId) {
      throw new AppError('not_found', 'Maintenance window not found.')
    }
    const { times } = window
    const hasBegun = times.is === 'once' && times.startsAt < tx.now
    if (!hasBegun) deleteWindow(tx, windowId)
    else if (times.endsAt > tx.now) endWindow(tx, windowId)
    touchAll(tx, window)
  })
}

function touchAll(tx: Tx, { projectId, scope }: MaintenanceWindow): void {
  for (const monitor of listMonitors(tx, projectId)) if (includes(scope, monitor)) tx.touch(monitor.id)
}

/** The windows of a monitor that have not ended by `since`. */
export function windowsOf(
  reader: Reader,
  { monitor, since }: { monitor: Pick<Monitor, 'id' | 'tags' | 'projectId'>; since: number },
): MaintenanceWindow[] {
  return listWindows(reader, { projectId: monitor.projectId, since }).filter(({ scope }) => includes(scope, monitor))
}
