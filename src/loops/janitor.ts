import { noteSizeOfToday, prune } from '#actions/retention.ts'
import type { Deps } from '#deps.ts'
import { MINUTE, SECOND } from '#lib/duration.ts'
import type { Loop } from './index.ts'

const EVERY_MS = 10 * SECOND
/** From the end of one round to the next: what is too old is so by days. */
const REST_MS = 10 * MINUTE
/** Of one tick, so that a stop waits no longer; the next goes on where it ended. */
const WORK_MS = SECOND
/** Between two chunks everybody else gets his turn. */
const PAUSE_MS = 20

/** Throws away what is not kept any more, a little at a time. */
export function createJanitor(deps: Deps): Loop {
  const { clock } = deps
  let round: ReturnType<typeof prune> | null = null
  let restsUntil = clock.elapsed()

  const work = async (): Promise<void> => {
    round ??= prune(deps)
    for (const endAt = clock.elapsed() + WORK_MS; clock.elapsed() < endAt; await Bun.sleep(PAUSE_MS)) {
      const { done } = await round.next()
      if (!done) continue
      round = null
      restsUntil = clock.elapsed() + REST_MS
      return
    }
  }

  const tick = async (): Promise<void> => {
    if (round === null && clock.elapsed() < restsUntil) return
    try {
      await noteSizeOfToday(deps)
      await work()
    } catch (error) {
      // A round that failed is over.
      round = null
      throw error
    }
  }

  return { name: 'janitor', everyMs: EVERY_MS, tick, settled: async () => {} }
}
