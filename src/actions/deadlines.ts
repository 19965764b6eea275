import type { Deps } from '#deps.ts'
import { applyDeadline } from '#domain/lifecycle.ts'
import { findWatchedById, listDueMonitors } from '#store/monitors.ts'
import { recordStep } from './transitions.ts'

/** Small enough that pings get through between two batches of a mass outage. */
const BATCH_MAX = 100

/**
 * Takes down every monitor whose deadline has passed. At rest it reads one entry of an index. A monitor that cannot be
 * judged is logged and passed over; it stays due.
 */
export async function checkDeadlines(deps: Deps): Promise<void> {
  const now = deps.clock.now()
  let after = { deadlineAt: 0, id: 0 }
  for (;;) {
    const due = listDueMonitors(deps.db, { now, limit: BATCH_MAX, after })
    const results = await Promise.allSettled(due.map(({ id }) => passDeadline(deps, id)))
    results.forEach((result, index) => {
      if (result.status === 'rejected') {
        deps.log.error('A deadline could not be judged', { monitor: due[index]?.id, error: result.reason })
      }
    })
    const last = due.at(-1)
    if (last === undefined || due.length < BATCH_MAX) return
    after = last
  }
}

// Read again inside the transaction: a ping may have come first.
function passDeadline(deps: Deps, id: number): Promise<void> {
  return deps.db.writeGrouped((tx) => {
    const monitor = findWatchedById(tx, id)
    if (monitor === null) return
    const step = applyDeadline(monitor, tx.now)
    if (step.transition) recordStep(tx, step)
  })
}
