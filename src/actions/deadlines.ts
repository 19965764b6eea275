import type { Deps } from '#deps.ts'
import { applyDeadline } from '#domain/lifecycle.ts'
import { putOff } from '#domain/maintenance.ts'
import type { WatchedMonitor } from '#domain/monitor.ts'
import { StorageRefusedError } from '#lib/errors.ts'
import type { Tx } from '#store/database.ts'
import { findMonitorById, findWatchedById, listDueMonitors, saveState } from '#store/monitors.ts'
import { windowsOf } from './maintenance.ts'
import { recordStep } from './transitions.ts'

/** Small batches, so that pings are recorded in between during a mass outage. */
const BATCH_MAX = 25

export interface UnevaluatedMonitor {
  id: number
  error: unknown
}

/**
 * Takes down every monitor whose deadline has passed. When none is due, it reads one index entry. Returns the monitors
 * that could not be evaluated; they stay due and do not delay others. Throws when the disk refuses a write.
 */
export async function checkDeadlines(deps: Deps): Promise<UnevaluatedMonitor[]> {
  const now = deps.clock.now()
  const unevaluated: UnevaluatedMonitor[] = []
  let after = { deadlineAt: 0, id: 0 }
  for (;;) {
    const due = listDueMonitors(deps.db, { now, limit: BATCH_MAX, after })
    const results = await Promise.allSettled(due.map(({ id }) => passDeadline(deps, id)))
    for (const [index, { id }] of due.entries()) {
      const result = results[index]
      if (result?.status !== 'rejected') continue
      if (result.reason instanceof StorageRefusedError) throw result.reason
      unevaluated.push({ id, error: result.reason })
    }
    const last = due.at(-1)
    if (last === undefined || due.length < BATCH_MAX) return unevaluated
    after = last
  }
}

function putOffByMaintenance(tx: Tx, monitor: WatchedMonitor): WatchedMonitor | null {
  const full = findMonitorById(tx, monitor.id)
  if (full === null) return null
  const since = (monitor.slotAt ?? monitor.deadlineAt ?? tx.now) - monitor.graceMs
  return putOff(monitor, { windows: windowsOf(tx, { monitor: full, since }), now: tx.now })
}

// The monitor is read again inside the transaction, because a ping may have come first.
function passDeadline(deps: Deps, id: number): Promise<void> {
  return deps.db.writeGrouped((tx) => {
    const monitor = findWatchedById(tx, id)
    if (monitor === null) return
    const later = putOffByMaintenance(tx, monitor)
    if (later !== null) return saveState(tx, later)
    const step = applyDeadline(monitor, tx.now)
    if (step.transition) recordStep(tx, step)
  })
}
