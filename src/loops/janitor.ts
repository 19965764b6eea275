import { prune, recordDailySize, usedBytes } from '#actions/retention.ts'
import type { Deps } from '#deps.ts'
import { MINUTE, SECOND } from '#lib/duration.ts'
import type { Loop } from './index.ts'

const EVERY_MS = 5 * SECOND
/** The pause between rounds. It can be long, because retention is counted in days. */
const REST_MS = 10 * MINUTE
/** When the database has grown by this much, the next round starts early. */
const GROWTH_BYTES = 100_000_000
/** The longest tick, so that a stop does not wait longer. The next tick continues the round. */
const WORK_MS = SECOND
/** The pause between steps, in which other work runs. */
const PAUSE_MS = 20

/** Deletes expired data in small steps. */
export function createJanitor(deps: Deps): Loop {
  const { clock } = deps
  let round: ReturnType<typeof prune> | null = null
  let restsUntil = clock.elapsed()
  let restsBelow = Number.POSITIVE_INFINITY

  const tick = async (): Promise<void> => {
    if (round === null && clock.elapsed() < restsUntil && usedBytes(deps) < restsBelow) return
    const endAt = clock.elapsed() + WORK_MS
    try {
      await recordDailySize(deps)
      round ??= prune(deps)
      while ((await round.next()).done !== true) {
        if (clock.elapsed() >= endAt) return
        await Bun.sleep(PAUSE_MS)
      }
      restsUntil = clock.elapsed() + REST_MS
      restsBelow = usedBytes(deps) + GROWTH_BYTES
      round = null
    } catch (error) {
      // The next tick starts a new round.
      round = null
      throw error
    }
  }

  return { name: 'janitor', everyMs: EVERY_MS, tick, settled: async () => {} }
}
