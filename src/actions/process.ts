import type { Deps } from '#deps.ts'
import { markAlive, markStarted, markStopped } from '#store/heartbeat.ts'

/** CronGuard begins to watch. */
export async function beginWatch(deps: Deps): Promise<void> {
  await deps.db.writeGrouped(markStarted)
}

/** A sign of life; it also proves that the disk still takes writes. */
export async function showLife(deps: Deps): Promise<void> {
  await deps.db.writeGrouped(markAlive)
}

/** CronGuard stops on purpose: nobody needs to wonder why. */
export function endWatch(deps: Deps): void {
  deps.db.write(markStopped)
}
