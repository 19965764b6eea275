import { noteSizeOfToday, prune, usedBytes } from '#actions/retention.ts'
import type { Deps } from '#deps.ts'
import { MINUTE, SECOND } from '#lib/duration.ts'
import type { Loop } from './index.ts'

const EVERY_MS = 5 * SECOND
/** From the end of one round to the next: what is too old is so by days. */
const REST_MS = 10 * MINUTE
/** With so much more in the database, a round begins earlier: bodies may have come faster than they go. */
const GROWTH_BYTES = 100_000_000
/** Of one tick, so that a stop waits no longer; the next goes on where it ended. */
const WORK_MS = SECOND
/** Between two steps everybody else gets a turn. */
const PAUSE_MS = 20

/** Throws away what is not kept any more, a little at a time. */
export function createJanitor(deps: Deps): Loop {
  const { clock } = deps
  let round: ReturnType<typeof prune> | null = null
  let restsUntil = clock.elapsed()
  let restsBelow = Number.POSITIVE_INFINITY

  const tick = async (): Promise<void> => {
    if (round === null && clock.elapsed() < restsUntil && usedBytes(deps) < restsBelow) return
    const endAt = clock.elapsed() + WORK_MS
    try {
      await noteSizeOfToday(deps)
      round ??= prune(deps)
      while ((await round.next()).done !== true) {
        if (clock.elapsed() >= endAt) return
        await Bun.sleep(PAUSE_MS)
      }
      restsUntil = clock.elapsed() + REST_MS
      restsBelow = usedBytes(deps) + GROWTH_BYTES
      round = null
    } catch (error) {
      // A round that failed is over.
      round = null
      throw error
    }
  }

  return { name: 'janitor', everyMs: EVERY_MS, tick, settled: async () => {} }
}
