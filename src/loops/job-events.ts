import { tellJobEvents } from '#actions/job-events.ts'
import type { Deps } from '#deps.ts'
import { SECOND } from '#lib/duration.ts'
import type { Loop } from './index.ts'

/** Notifies of what is worth knowing about jobs, besides their status. */
export function createJobWatcher(deps: Deps): Loop {
  return { name: 'job-events', everyMs: 10 * SECOND, tick: () => tellJobEvents(deps), settled: async () => {} }
}
