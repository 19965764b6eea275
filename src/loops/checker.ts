import { checkDeadlines } from '#actions/deadlines.ts'
import { checkClock, type Watch } from '#actions/process.ts'
import type { Deps } from '#deps.ts'
import { StorageRefusedError } from '#lib/errors.ts'
import type { Loop } from './index.ts'

const EVERY_MS = 250

/** Takes monitors down whose deadline has passed, after checking that the clock is steady and no gap needs handling. */
export function createChecker(deps: Deps, watch: Watch): Loop {
  let known = new Set<number>()

  const look = async () => ((await checkClock(deps, watch)) ? checkDeadlines(deps) : [])

  // A monitor that cannot be evaluated is logged once, not four times a second.
  const tick = async (): Promise<void> => {
    const unevaluated = await look().catch((error) => {
      watch.isDiskRefusing ||= error instanceof StorageRefusedError
      throw error
    })
    for (const { id, error } of unevaluated) {
      if (!known.has(id)) deps.log.error('Failed to evaluate a deadline', { monitor: id, error })
    }
    known = new Set(unevaluated.map(({ id }) => id))
  }

  return {
    name: 'checker',
    everyMs: EVERY_MS,
    tick,
    settled: async () => {},
    isWaiting: () => watch.waitsSince !== null,
  }
}
