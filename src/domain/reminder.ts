import { DAY } from '#lib/duration.ts'
import type { AlertRules } from './monitor.ts'

/** What was said of an open incident so far. */
export interface Reminded {
  openedAt: number
  /** The last time that people were notified again; null for never. */
  remindedAt: number | null
  /** The number of reminders. */
  reminders: number
}

/** When the next reminder is due; null if the monitor has none. */
export function nextReminderAt(
  { remindMs, remindLess }: Pick<AlertRules, 'remindMs' | 'remindLess'>,
  { openedAt, remindedAt, reminders }: Reminded,
): number | null {
  if (remindMs === null) return null
  const longestMs = Math.max(DAY, remindMs)
  const waitMs = remindLess ? Math.min(remindMs * 2 ** reminders, longestMs) : remindMs
  return (remindedAt ?? openedAt) + waitMs
}
