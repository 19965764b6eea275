import { callHeartbeat } from '#actions/watchers.ts'
import type { Deps } from '#deps.ts'
import { MINUTE } from '#lib/duration.ts'
import type { Loop } from './index.ts'

/** Calls the heartbeat URL while all is well, so that another program notices when it is not, or nothing runs. */
export function createWatcher(deps: Deps, readUnhealthyParts: () => string[]): Loop {
  const { heartbeatUrl: url } = deps.config
  let didLastArrive = true

  const tick = async (): Promise<void> => {
    if (url === null || readUnhealthyParts().length > 0) return
    const problem = await callHeartbeat(deps, url)
    // The path and the query hold a ping key.
    const { host } = new URL(url)
    if (problem !== null && didLastArrive) {
      deps.log.warn('The heartbeat URL could not be called; it is tried again every minute', { host, problem })
    }
    if (problem === null && !didLastArrive) deps.log.info('The heartbeat URL can be called again', { host })
    didLastArrive = problem === null
  }

  return { name: 'watcher', everyMs: MINUTE, tick, settled: async () => {} }
}
