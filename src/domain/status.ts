export const STORED_STATUSES = ['new', 'up', 'down', 'paused'] as const
export type StoredStatus = (typeof STORED_STATUSES)[number]

/** `late`: past the due time, within the grace period. */
export type ShownStatus = StoredStatus | 'late'

interface Watched {
  status: StoredStatus
  dueAt: number | null
  deadlineAt: number | null
}

/** The status at `now`. It is exact even if the checker hasn't run since the deadline. */
export function shownStatus(monitor: Watched, now: number): ShownStatus {
  if (monitor.deadlineAt !== null && now >= monitor.deadlineAt) return 'down'
  if (monitor.status === 'up' && monitor.dueAt !== null && now >= monitor.dueAt) return 'late'
  return monitor.status
}
