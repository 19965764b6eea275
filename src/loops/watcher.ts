import { callHeartbeat } from '#actions/watchers.ts'
import type { Deps } from '#deps.ts'
import { MINUTE } from '#lib/duration.ts'
import type { Loop } from './index.ts'

/** Calls the heartbeat URL while everything works, so that another monitor notices when CronGuard fails. */
export function createWatcher(deps: Deps, readUnhealthyParts: () => string[]): Loop {
  const { heartbeatUrl: url } = deps.config
  let didLastArrive = true

  const tick = async (): Promise<void> => {
    if (url === null || readUnhealthyParts().length > 0) return
    const problem = await callHeartbeat(deps, url)
    // Only the host is logged, because the path and the query contain a ping key.
    const { host } = new URL(url)
    if (problem !== null && didLastArrive) {
      deps.log.warn('Could not call the heartbeat URL; retrying every minute', { host, problem })
    }
    if (problem === null && !didLastArrive) deps.log.info('The heartbeat URL works again', { host })
    didLastArrive = problem === null
  }

  return { name: 'watcher', everyMs: MINUTE, tick, settled: async () => {} }
}
