export const STORED_STATUSES = ['new', 'up', 'down', 'paused'] as const
export type StoredStatus = (typeof STORED_STATUSES)[number]

/** `late`: due, and still within grace. */
export type ShownStatus = StoredStatus | 'late'

interface Watched {
  status: StoredStatus
  dueAt: number | null
  deadlineAt: number | null
}

/** The status at `now`, exact even when the checker has not come by yet. */
export function shownStatus(monitor: Watched, now: number): ShownStatus {
  if (monitor.deadlineAt !== null && now >= monitor.deadlineAt) return 'down'
  if (monitor.status === 'up' && monitor.dueAt !== null && now >= monitor.dueAt) return 'late'
  return monitor.status
}
