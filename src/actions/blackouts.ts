// What is made of a stretch in which CronGuard could not watch, and of a clock that was put back.
import type { Blackout } from '#domain/blackout.ts'
import { GAP_MS } from '#domain/blackout.ts'
import { composeBlackoutNotice } from '#domain/blackout-notice.ts'
import { LEASE_MS } from '#domain/delivery.ts'
import { type ClockStep, notAfter, recounted, redated, spare } from '#domain/lifecycle.ts'
import type { WatchedMonitor } from '#domain/monitor.ts'
import { AppError } from '#lib/errors.ts'
import { newUuid } from '#lib/tokens.ts'
import {
  bringDeliveriesForward,
  insertBlackout,
  insertSparedMonitor,
  lengthenDeliveries,
  listExpectingMonitors,
  listMonitorsAheadOf,
  listMonitorsByClock,
  listMonitorsSince,
  listOverdueMonitors,
  listSparedMonitors,
  redateDeliveries,
  type SparedMonitor,
} from '#store/blackouts.ts'
import { listChannels } from '#store/channels.ts'
import type { Tx } from '#store/database.ts'
import { insertDelivery, insertNotification } from '#store/deliveries.ts'
import { findWatchedById, saveState } from '#store/monitors.ts'
import { findProject } from '#store/projects.ts'

/**
 * Every monitor that may have reported to nobody gets a second chance, and each project is told once. In a short gap,
 * as a restart is one, whoever pings tries again: there only a deadline that passed in it is put off, without a word.
 * Nothing was lost of what the clock was set forward by, `steppedMs`. Returns how many monitors were spared.
 */
export function recordBlackout(tx: Tx, gap: Omit<Blackout, 'to'> & { steppedMs: number }): number {
  const { from, reason, steppedMs } = gap
  const lostMs = tx.now - from - steppedMs
  lengthenDeliveries(tx, { lostMs })
  if (tx.now - from <= GAP_MS) return putOffOverdue(tx, lostMs)
  const spared = listExpectingMonitors(tx, tx.now)
  for (const id of spared) change(tx, id, (monitor, now) => spare(monitor, { from: now - lostMs, now }))
  tellAll(tx, { blackout: { from, to: tx.now, reason }, spared })
  return spared.length
}

/** Puts off what fell due in a gap of so many milliseconds. Returns how many monitors were spared. */
function putOffOverdue(tx: Tx, gapMs: number): number {
  const spared = listOverdueMonitors(tx, tx.now)
  for (const id of spared) change(tx, id, (monitor, now) => spare(monitor, { from: now - gapMs, now }))
  return spared.length
}

/**
 * The process did not get to run for a moment: who pinged may still wait at the door. What was put off until then is
 * not put off again, or nothing would be judged on a machine that halts all the time.
 */
export function allowForStall(tx: Tx, lostMs: number): void {
  for (const id of listOverdueMonitors(tx, tx.now)) {
    change(tx, id, (monitor, now) => {
      const isPutOff = monitor.sparedUntil === monitor.deadlineAt
      return isPutOff ? monitor : spare(monitor, { from: now - lostMs, now })
    })
  }
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

// One that cannot be reckoned stays as it is: it must not keep the watch from the others, and the checker tells of it.
function change(tx: Tx, id: number, changed: (monitor: WatchedMonitor, now: number) => WatchedMonitor): void {
  const monitor = findWatchedById(tx, id)
  if (monitor === null) return
  try {
    saveState(tx, changed(monitor, tx.now))
  } catch (error) {
    if (!(error instanceof AppError)) throw error
  }
}

function tellAll(tx: Tx, { blackout, spared }: { blackout: Blackout; spared: number[] }): void {
  const blackoutId = insertBlackout(tx, blackout)
  for (const monitorId of spared) insertSparedMonitor(tx, { monitorId, blackoutId })
  const byProject = Map.groupBy(listSparedMonitors(tx, blackoutId), ({ projectId }) => projectId)
  for (const [projectId, monitors] of byProject) tell(tx, { blackout, blackoutId, projectId, monitors })
}

interface Told {
  blackout: Blackout
  blackoutId: number
  projectId: string
  monitors: SparedMonitor[]
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
