// What a project is notified of after CronGuard itself was offline.
import type { Gap, GapReason } from './gap.ts'
import { shownName } from './monitor.ts'

export interface GapNotice {
  status: 'blind'
  /** When CronGuard was back. */
  at: number
  from: number
  reason: GapReason
  isTest: false
  project: string
  projectId: string
  /** How many monitors of the project had their deadline extended, and the names of the first of them. */
  extendedCount: number
  extended: string[]
}

const NAMES_MAX = 20

export function composeGapNotice({
  gap,
  project,
  monitors,
}: {
  gap: Gap
  project: { id: string; name: string }
  monitors: readonly Parameters<typeof shownName>[0][]
}): GapNotice {
  return {
    status: 'blind',
    at: gap.to,
    from: gap.from,
    reason: gap.reason,
    isTest: false,
    project: project.name,
    projectId: project.id,
    extendedCount: monitors.length,
    extended: monitors.slice(0, NAMES_MAX).map(shownName),
  }
}
