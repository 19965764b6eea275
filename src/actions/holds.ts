// Holds notifications until the quiet hours of channels end.
import type { Channel } from '#domain/channel.ts'
import { eventOf, quietUntil } from '#domain/channel-rules.ts'
import type { Notification } from '#domain/notification.ts'
import { findChannel } from '#store/channels.ts'
import type { Tx } from '#store/database.ts'
import { listHeld, saveHeldUntil } from '#store/held.ts'

/**
 * When quiet hours end that a notification must wait for; null if it needn't wait. Reminders in quiet hours are left
 * out: later ones say the same.
 */
export function holdOf(
  channels: readonly Channel[],
  { notification, now }: { notification: Notification; now: number },
): number | null | 'left-out' {
  const until = endOfQuiet(channels, now)
  if (until === null) return null
  return eventOf(notification) === 'reminder' ? 'left-out' : until
}

/** After quiet hours, the clock or the urgency of monitors have changed: what is held waits for the right moment. */
export function moveHeld(tx: Tx, projectId: string | null): void {
  for (const { sequence, until, isUrgent, channelIds } of listHeld(tx, projectId)) {
    const channels = channelIds.map((id) => findChannel(tx, id)).filter((channel) => channel !== null)
    const end = (isUrgent ? null : endOfQuiet(channels, tx.now)) ?? tx.now
    if (end !== until) saveHeldUntil(tx, { sequence, until: end })
  }
}

function endOfQuiet(channels: readonly Channel[], now: number): number | null {
  const ends = channels.map(({ rules }) => rules.quietHours && quietUntil(rules.quietHours, now))
  return ends.reduce((latest, end) => (end !== null && end > (latest ?? now) ? end : latest), null)
}
