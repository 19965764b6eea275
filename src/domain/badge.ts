import type { ShownStatus } from './status.ts'

/** The status of a badge for several monitors. New and paused monitors count as up. */
export type BadgeStatus = 'up' | 'late' | 'down'

export interface BadgeSummary {
  /** The worst status; up if there are no monitors. */
  status: BadgeStatus
  total: number
  late: number
  down: number
}

export function summarize(statuses: readonly ShownStatus[]): BadgeSummary {
  const count = (status: ShownStatus): number => statuses.filter((one) => one === status).length
  const late = count('late')
  const down = count('down')
  return { status: down > 0 ? 'down' : late > 0 ? 'late' : 'up', total: statuses.length, late, down }
}
