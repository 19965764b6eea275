// Adjusts deadlines and pending deliveries after a gap, a stall or a change of the clock.
import type { Deps } from '#deps.ts'
import { type ClockStep, extendDeadline, mayHaveMissedPing, notAfter, redated } from '#domain/clock-rule.ts'
import { LEASE_MS } from '#domain/delivery.ts'
import type { Gap } from '#domain/gap.ts'
import { GAP_MS } from '#domain/gap.ts'
import { recounted } from '#domain/lifecycle.ts'
import type { WatchedMonitor } from '#domain/monitor.ts'
import { composeGapNotice } from '#domain/notice.ts'
import { EARLY_MAX_MS } from '#domain/schedule.ts'
import { AppError } from '#lib/errors.ts'
import { listChannels } from '#store/channels.ts'
import type { Reader, Tx } from '#store/database.ts'
import { insertNotification } from '#store/deliveries.ts'
import {
  bringDeliveriesForward,
  type ExtendedMonitor,
  insertExtendedMonitor,
  insertGap,
  lengthenDeliveries,
  listExpectingMonitors,
  listExtendedMonitors,
  listMonitorsByClock,
  listMonitorsSince,
  redateDeliveries,
} from '#store/gaps.ts'
import { findWatchedById, listDueMonitors, saveState } from '#store/monitors.ts'
import { findProject } from '#store/projects.ts'
import { insertDeliveries } from './channel-groups.ts'
import { moveHeld } from './holds.ts'

/**
 * Extends the deadlines whose ping may have been lost in the gap. After a gap of more than 15 s, other monitors that
 * were expecting a ping get back the time they lost, and each project is notified once. `steppedMs` is how far the
 * clock was set forward in that time, which isn't lost time. Returns how many deadlines changed.
 */
export function recordGap(tx: Tx, { from, reason, steppedMs }: Omit<Gap, 'to'> & { steppedMs: number }): number {
  const to = tx.now
  const isShort = to - from <= GAP_MS
  const lost = { from: from + steppedMs, to }
  lengthenDeliveries(tx, { lostMs: lost.to - lost.from })
  const extendOne = (monitor: WatchedMonitor) =>
    isShort && !mayHaveMissedPing(monitor, lost) ? monitor : extendDeadline(monitor, lost)
  const extended = listExpectingMonitors(tx, to + EARLY_MAX_MS).filter((id) => change(tx, id, extendOne))
  if (!isShort) notifyProjects(tx, { gap: { from, to, reason }, extended })
  return extended.length
}

/**
 * The process did not run for some seconds, so pings may still wait to be read: overdue deadlines are extended. One
 * that was just extended is not extended again, or a machine that halts all the time would never raise an alert.
 */
export async function allowForStall({ db, clock }: Deps, lostMs: number): Promise<void> {
  if (listOverdue(db, clock.now()).length === 0) return
  await db.writeGrouped((tx) => {
    for (const { id } of listOverdue(tx, tx.now)) {
      change(tx, id, (monitor, now) => {
        const isExtended = monitor.extendedUntil === monitor.deadlineAt
        return isExtended ? monitor : extendDeadline(monitor, { from: now - lostMs, to: now })
      })
    }
  })
}

/** The clock was set: moments move with it, so that each is as long ago, or as far ahead, as before. */
export function acceptStep(tx: Tx, step: ClockStep): void {
  for (const id of listMonitorsSince(tx, step.since)) change(tx, id, (monitor, now) => redated(monitor, step, now))
  redateDeliveries(tx, step)
  bringDeliveriesForward(tx, LEASE_MS)
  moveHeld(tx, null)
}

/** The clock was set back and is believed: nothing can have happened after the present. */
export function acceptEarlierClock(tx: Tx): void {
  for (const id of listMonitorsSince(tx, tx.now)) change(tx, id, notAfter)
  bringDeliveriesForward(tx, LEASE_MS)
  moveHeld(tx, null)
}

/** Rules of time zones may have changed since the last start: cron and OnCalendar schedules are computed again. */
export function recountDueTimes(tx: Tx): void {
  for (const id of listMonitorsByClock(tx)) change(tx, id, recounted)
}

function listOverdue(reader: Reader, now: number): { id: number }[] {
  return listDueMonitors(reader, { now, limit: Number.MAX_SAFE_INTEGER, after: { deadlineAt: 0, id: 0 } })
}

// A monitor whose schedule cannot be computed stays as it is and does not hold up the others; the checker logs it.
function change(tx: Tx, id: number, changed: (monitor: WatchedMonitor, now: number) => WatchedMonitor): boolean {
  const monitor = findWatchedById(tx, id)
  if (monitor === null) return false
  try {
    const next = changed(monitor, tx.now)
    if (next === monitor) return false
    saveState(tx, next)
    return true
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return false
  }
}

function notifyProjects(tx: Tx, { gap, extended }: { gap: Gap; extended: number[] }): void {
  const gapId = insertGap(tx, gap)
  for (const monitorId of extended) insertExtendedMonitor(tx, { monitorId, blackoutId: gapId })
  const byProject = Map.groupBy(listExtendedMonitors(tx, gapId), ({ projectId }) => projectId)
  for (const [projectId, monitors] of byProject) notifyProject(tx, { gap, gapId, projectId, monitors })
}

interface ProjectNotice {
  gap: Gap
  gapId: number
  projectId: string
  monitors: ExtendedMonitor[]
}

function notifyProject(tx: Tx, { gap, gapId, projectId, monitors }: ProjectNotice): void {
  const project = findProject(tx, projectId)
  if (project === null) return
  const notification = composeGapNotice({ gap, project, monitors })
  const notificationId = insertNotification(tx, { gapId, projectId, notification })
  const channels = listChannels(tx, projectId).filter(({ notifiesGaps }) => notifiesGaps)
  insertDeliveries(tx, { notificationId, notification, monitor: null, channels })
}
