import { beat, type Watch } from '#actions/process.ts'
import type { Deps } from '#deps.ts'
import { SECOND } from '#lib/duration.ts'
import type { Loop } from './index.ts'

/** Writes a heartbeat, which also proves that the disk accepts writes. The write is not synced. */
export function createHeartbeat(deps: Deps, watch: Watch): Loop {
  return {
    name: 'database',
    everyMs: 5 * SECOND,
    tick: () => beat(deps, watch),
    settled: async () => {},
  }
}
