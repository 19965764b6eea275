// Snoozes: for some time, what happens to some monitors notifies no one.
import { DAY, HOUR } from '#lib/duration.ts'
import type { AcknowledgmentLink } from './incident.ts'
import type { MonitorScope } from './monitor-scope.ts'
import { nextSlot } from './schedule.ts'

export const SNOOZE_MAX_MS = 31 * DAY

export interface Snooze {
  id: string
  projectId: string
  scope: MonitorScope
  /** Null: until the monitor recovers. */
  endsAt: number | null
  createdAt: number
  /** The name of the user; null if a program or a link did it, or the account was deleted. */
  by: string | null
  /** The channel whose message had the link that was used; null if no link was used. */
  via: AcknowledgmentLink | null
}

export function isActive({ endsAt }: Pick<Snooze, 'endsAt'>, now: number): boolean {
  return endsAt === null || endsAt > now
}

/** The lengths that people choose from. */
export const SNOOZE_LENGTHS = ['1h', '4h', 'morning', 'recovery'] as const
export type SnoozeLength = (typeof SNOOZE_LENGTHS)[number]

/** Anyone with the message can use its link, so such a snooze takes at most a day. */
export const LINK_SNOOZE_LENGTHS = ['1h', '4h', 'morning'] as const satisfies readonly SnoozeLength[]
export type LinkSnoozeLength = (typeof LINK_SNOOZE_LENGTHS)[number]

/** A shorter snooze until the morning would end before anyone sleeps. */
const MORNING_MIN_MS = HOUR

/** When a snooze of this length ends; null for when the monitor recovers. */
export function snoozeEnd(length: SnoozeLength, { now, zone }: { now: number; zone: string }): number | null {
  switch (length) {
    case '1h':
      return now + HOUR
    case '4h':
      return now + 4 * HOUR
    case 'morning':
      return nextSlot({ kind: 'cron', expression: '0 9 * * *', periodMs: 0, timeZone: zone }, now + MORNING_MIN_MS)
    case 'recovery':
      return null
  }
}
