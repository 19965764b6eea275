import type { Deps } from '#deps.ts'
import { applyDeadline } from '#domain/lifecycle.ts'
import { StorageRefusedError } from '#lib/errors.ts'
import { findWatchedById, listDueMonitors } from '#store/monitors.ts'
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

// The monitor is read again inside the transaction, because a ping may have come first.
function passDeadline(deps: Deps, id: number): Promise<void> {
  return deps.db.writeGrouped((tx) => {
    const monitor = findWatchedById(tx, id)
    if (monitor === null) return
    const step = applyDeadline(monitor, tx.now)
    if (step.transition) recordStep(tx, step)
  })
}
