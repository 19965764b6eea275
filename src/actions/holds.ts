// Holds notifications, and sends what is held as one message: for quiet hours, and to combine what happens together.
import { canCombine } from '#channels/index.ts'
import type { Channel } from '#domain/channel.ts'
import { eventOf, quietUntil } from '#domain/channel-rules.ts'
import { HOLD_MAX_MS, type Hold, isOpen, leavesAt, longestHold, openWindow } from '#domain/hold.ts'
import type { Monitor } from '#domain/monitor.ts'
import { isAboutMonitor, type MonitorNotification, type Notification } from '#domain/notification.ts'
import { findChannel } from '#store/channels.ts'
import type { Tx } from '#store/database.ts'
import { findHold, findMessageWindow, listHeld, saveHeldUntil, saveMessageWindow } from '#store/held.ts'
import { isHostSilent, isMissing } from './outages.ts'

export interface Held {
  channel: Channel
  /** The channel of the monitor: a group of `channel`, or itself. */
  used: Channel
  /** Null for a notification about the project or the server itself. */
  monitor: Pick<Monitor, 'id' | 'isUrgent' | 'tags' | 'projectId'> | null
  notification: Notification
  /** What holds the notification in every channel. */
  hold: Hold | null
}

/**
 * What holds a notification through a channel; null if nothing does. Reminders and late
 * jobs aren't held but left out, because afterwards something else is true.
 */
export function holdOf(tx: Tx, { channel, used, monitor, notification, hold }: Held): Hold | null | 'left-out' {
  if (monitor?.isUrgent) return null
  const quiet = endOfQuiet([used, channel], tx.now)
  const isCombined = canCombine(channel.kind)
  const held = longestHold([
    quiet === null ? null : { until: quiet, reason: 'quiet-hours' },
    hold?.reason === 'flapping' && !isCombined ? null : hold,
    monitor && findHold(tx, { channelId: channel.id, monitorId: monitor.id, now: tx.now }),
  ])
  if (held !== null && held.reason !== 'grouping' && isPassing(notification)) return 'left-out'
  if (held !== null || !isCombined || monitor === null || !isAboutMonitor(notification)) return held
  return groupingHold(tx, { channelId: channel.id, monitor, notification })
}

function isPassing(notification: Notification): boolean {
  const event = eventOf(notification)
  return event === 'reminder' || event === 'late'
}

// The first message leaves at once, so that people know. What follows shortly after it leaves as one message.
function groupingHold(
  tx: Tx,
  {
    channelId,
    monitor,
    notification,
  }: { channelId: string; monitor: Pick<Monitor, 'tags' | 'projectId'>; notification: MonitorNotification },
): Hold | null {
  const key = { channelId, status: notification.status }
  const found = findMessageWindow(tx, key)
  const isFirst = found === null || !isOpen(found, tx.now)
  const isSilent = isFirst && isMissing(notification) && isHostSilent(tx, monitor, tx.now)
  const window = isFirst ? openWindow(tx.now, isSilent) : found
  if (isFirst) saveMessageWindow(tx, { ...key, ...window })
  const until = leavesAt(window, tx.now, isFirst)
  return until === null ? null : { until, reason: 'grouping' }
}

/** After quiet hours, the clock or the urgency of monitors have changed: what is held waits for the right moment. */
export function moveHeld(tx: Tx, projectId: string | null): void {
  for (const { sequence, until, reason, isUrgent, channelIds } of listHeld(tx, projectId)) {
    const channels = channelIds.map((id) => findChannel(tx, id)).filter((channel) => channel !== null)
    const longestMs = HOLD_MAX_MS[reason]
    const end = reason === 'quiet-hours' ? endOfQuiet(channels, tx.now) : Math.min(until, tx.now + (longestMs ?? until))
    const next = (isUrgent ? null : end) ?? tx.now
    if (next !== until) saveHeldUntil(tx, { sequence, until: next })
  }
}

function endOfQuiet(channels: readonly Channel[], now: number): number | null {
  const ends = channels.map(({ rules }) => rules.quietHours && quietUntil(rules.quietHours, now))
  return ends.reduce((latest, end) => (end !== null && end > (latest ?? now) ? end : latest), null)
}
