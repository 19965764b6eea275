// What is made of a stretch in which CronGuard could not watch, and of a clock that was put back.
import type { Deps } from '#deps.ts'
import type { Blackout } from '#domain/blackout.ts'
import { GAP_MS } from '#domain/blackout.ts'
import { composeBlackoutNotice } from '#domain/blackout-notice.ts'
import { LEASE_MS } from '#domain/delivery.ts'
import { type ClockStep, extendDeadline, mayHaveMissedPing, notAfter, recounted, redated } from '#domain/lifecycle.ts'
import type { WatchedMonitor } from '#domain/monitor.ts'
import { EARLY_MAX_MS } from '#domain/schedule.ts'
import { AppError } from '#lib/errors.ts'
import { newUuid } from '#lib/tokens.ts'
import {
  bringDeliveriesForward,
  type ExtendedMonitor,
  insertBlackout,
  insertExtendedMonitor,
  lengthenDeliveries,
  listExpectingMonitors,
  listExtendedMonitors,
  listMonitorsAheadOf,
  listMonitorsByClock,
  listMonitorsSince,
  listOverdueMonitors,
  redateDeliveries,
} from '#store/blackouts.ts'
import { listChannels } from '#store/channels.ts'
import type { Tx } from '#store/database.ts'
import { insertDelivery, insertNotification } from '#store/deliveries.ts'
import { findWatchedById, saveState } from '#store/monitors.ts'
import { findProject } from '#store/projects.ts'

/**
 * Deadlines whose ping may have been lost in the gap are extended. A gap as short as a restart does no more than that;
 * after a longer one, time that was lost is given back too, and each project is notified once. `steppedMs` is how far
 * the clock was set forward meanwhile: no time was lost by that. Returns how many deadlines were extended.
 */
export function recordBlackout(tx: Tx, blackout: Omit<Blackout, 'to'> & { steppedMs: number }): number {
  const { from, reason, steppedMs } = blackout
  const isShort = tx.now - from <= GAP_MS
  const gap = { from: from + steppedMs, now: tx.now }
  lengthenDeliveries(tx, { lostMs: gap.now - gap.from })
  const extendOne = (monitor: WatchedMonitor) =>
    isShort && !mayHaveMissedPing(monitor, gap) ? monitor : extendDeadline(monitor, gap)
  const extended = listExpectingMonitors(tx, tx.now + EARLY_MAX_MS).filter((id) => change(tx, id, extendOne))
  if (!isShort) tellAll(tx, { blackout: { from, to: tx.now, reason }, extended })
  return extended.length
}

/**
 * The process did not get to run for a moment: who pinged may still wait at the door. What was put off until then is
 * not put off again, or nothing would be judged on a machine that halts all the time.
 */
export async function allowForStall({ db, clock }: Deps, lostMs: number): Promise<void> {
  if (listOverdueMonitors(db, clock.now()).length === 0) return
  await db.writeGrouped((tx) => {
    for (const id of listOverdueMonitors(tx, tx.now)) {
      change(tx, id, (monitor, now) => {
        const isPutOff = monitor.extendedUntil === monitor.deadlineAt
        return isPutOff ? monitor : extendDeadline(monitor, { from: now - lostMs, now })
      })
    }
  })
}

/** The clock was set: what has happened by it keeps its distance from the present. */
export function acceptStep(tx: Tx, step: ClockStep): void {
  for (const id of listMonitorsSince(tx, step.since)) change(tx, id, (monitor, now) => redated(monitor, step, now))
  redateDeliveries(tx, step)
  bringDeliveriesForward(tx, LEASE_MS)
}

/** The clock was put back: what it says counts, and nobody waits for what it said before. */
export function acceptEarlierClock(tx: Tx): void {
  for (const id of listMonitorsAheadOf(tx, tx.now)) change(tx, id, notAfter)
  bringDeliveriesForward(tx, LEASE_MS)
}

/** Time zones may have changed since the last start: what goes by the clock on a wall is due when that clock says. */
export function recountDueTimes(tx: Tx): void {
  for (const id of listMonitorsByClock(tx)) change(tx, id, recounted)
}

// One whose schedule cannot be computed stays as it is: it must not hold up the others, and the checker logs it.
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

function tellAll(tx: Tx, { blackout, extended }: { blackout: Blackout; extended: number[] }): void {
  const blackoutId = insertBlackout(tx, blackout)
  for (const monitorId of extended) insertExtendedMonitor(tx, { monitorId, blackoutId })
  const byProject = Map.groupBy(listExtendedMonitors(tx, blackoutId), ({ projectId }) => projectId)
  for (const [projectId, monitors] of byProject) tell(tx, { blackout, blackoutId, projectId, monitors })
}

interface Told {
  blackout: Blackout
  blackoutId: number
  projectId: string
  monitors: ExtendedMonitor[]
}

function tell(tx: Tx, { blackout, blackoutId, projectId, monitors }: Told): void {
  const project = findProject(tx, projectId)
  if (project === null) return
  const notification = composeBlackoutNotice({ blackout, project, monitors })
  const notificationId = insertNotification(tx, { about: { blackoutId }, projectId, notification })
  for (const channel of listChannels(tx, projectId)) {
    if (channel.disabledAt !== null || !channel.tellsBlackouts) continue
    insertDelivery(tx, { id: newUuid(), notificationId, monitorId: null, channel })
  }
}
