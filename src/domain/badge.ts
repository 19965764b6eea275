import type { ShownStatus } from './status.ts'

/** What a badge says of several monitors at once. New and paused ones are nobody's worry: they count as up. */
export type BadgeStatus = 'up' | 'late' | 'down'

export interface BadgeSummary {
  /** The worst of all; of none it is up. */
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
