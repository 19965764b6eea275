import { checkDeadlines } from '#actions/deadlines.ts'
import { checkClock, type Watch } from '#actions/process.ts'
import type { Deps } from '#deps.ts'
import { StorageRefusedError } from '#lib/errors.ts'
import type { Loop } from './index.ts'

const EVERY_MS = 250

/** Finds the monitors whose deadline has passed, but not before it is known that somebody watched until then. */
export function createChecker(deps: Deps, watch: Watch): Loop {
  let known = new Set<number>()

  const look = async () => ((await checkClock(deps, watch)) ? checkDeadlines(deps) : [])

  // A monitor that cannot be judged is told of once, not four times a second.
  const tick = async (): Promise<void> => {
    const unjudged = await look().catch((error) => {
      watch.isDiskRefusing ||= error instanceof StorageRefusedError
      throw error
    })
    for (const { id, error } of unjudged) {
      if (!known.has(id)) deps.log.error('A deadline could not be judged', { monitor: id, error })
    }
    known = new Set(unjudged.map(({ id }) => id))
  }

  return {
    name: 'checker',
    everyMs: EVERY_MS,
    tick,
    settled: async () => {},
    isWaiting: () => watch.waitsSince !== null,
  }
}
