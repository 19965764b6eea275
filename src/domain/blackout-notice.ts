// What a project is notified of after CronGuard itself was offline.
import type { Blackout, BlackoutReason } from './blackout.ts'
import { shownName } from './monitor.ts'

export interface BlackoutNotice {
  status: 'blind'
  /** When CronGuard was back. */
  at: number
  from: number
  reason: BlackoutReason
  isTest: false
  project: string
  projectId: string
  /** How many monitors of the project had their deadline extended, and the names of the first of them. */
  extendedCount: number
  extended: string[]
}

const NAMES_MAX = 20

export function composeBlackoutNotice({
  blackout,
  project,
  monitors,
}: {
  blackout: Blackout
  project: { id: string; name: string }
  monitors: readonly Parameters<typeof shownName>[0][]
}): BlackoutNotice {
  return {
    status: 'blind',
    at: blackout.to,
    from: blackout.from,
    reason: blackout.reason,
    isTest: false,
    project: project.name,
    projectId: project.id,
    extendedCount: monitors.length,
    extended: monitors.slice(0, NAMES_MAX).map(shownName),
  }
}
