// One message about several notifications: those that waited for a destination that accepts fewer messages, or for the
// end of quiet hours.
import { hostIn } from '#domain/host.ts'
import { isAboutMonitor, type Notification } from '#domain/notification.ts'
import { momentInZone, momentWithZone } from '#lib/zone.ts'
import { noticeInShort } from './notice.ts'
import { notificationTitle } from './notification.ts'

/** A notification, or a whole incident: that a monitor went down, and that it recovered. */
interface Item {
  notification: Notification
  /** When the monitor recovered, for a whole incident. */
  upAt: number | null
}

/** "5 monitors down, 2 recovered". A monitor counts each time. */
export function summaryTitle(notifications: readonly Notification[]): string {
  const items = itemsOf(notifications)
  const host = silentHost(items)
  if (host !== null) return `${host} is silent: ${items.length} jobs missed`
  const [down, up] = [items.filter(isDown).length, items.filter(isUp).length]
  const notices = new Set(notifications.filter((one) => !isAboutMonitor(one)).map(noticeInShort))
  const parts = [
    ...(down > 0 ? [`${monitors(down)} down`] : []),
    ...(up > 0 ? [`${down > 0 ? up : monitors(up)} recovered`] : []),
    ...notices,
  ]
  return parts.join(', ')
}

/**
 * A line for each, in the order in which they happened: "Down: backup (1 Mar 2026, 12:00:00 UTC)", and "Was down:
 * backup (1 Mar 2026, 12:00:00 to 1 Mar 2026, 12:20:00 UTC)" for a whole incident.
 */
export function summaryDetails(notifications: readonly Notification[], zone: string): string {
  return itemsOf(notifications)
    .map((item) => {
      const { notification, upAt } = item
      if (upAt === null || !isAboutMonitor(notification)) {
        return `${notificationTitle(notification, zone)} (${momentWithZone(notification.at, zone)})`
      }
      const span = `${momentInZone(notification.at, zone)} to ${momentWithZone(upAt, zone)}`
      return `Was down: ${notification.monitor.name} (${span})`
    })
    .join('\n')
}

/**
 * The one that decides how the message looks: the first of a monitor that is still down, otherwise the first of a
 * recovery.
 */
export function leadingNotification<One extends { notification: Notification }>(
  first: One,
  others: readonly One[],
): One {
  const all = [first, ...others]
  const down = itemsOf(all.map(({ notification }) => notification)).find(isDown)
  const isLeading = ({ notification }: One) =>
    down ? notification === down.notification : notification.status === 'up'
  return all.find(isLeading) ?? first
}

// What was said of an incident later, such as by an escalation, is one item with it.
function itemsOf(notifications: readonly Notification[]): Item[] {
  const items: Item[] = []
  for (const notification of notifications) {
    const of = items.filter((item) => isDown(item) && isSame(item.notification, notification))
    const isAgain = isAboutMonitor(notification) && notification.again !== undefined
    const [opening] = notification.status === 'up' || isAgain ? of : []
    if (opening === undefined) items.push({ notification, upAt: null })
    else if (!isAgain) opening.upAt = notification.at
  }
  return items
}

/** The host whose jobs are all that the message is about, if none of them pinged in time. */
function silentHost(items: readonly Item[]): string | null {
  const hosts = new Set(items.map((item) => (isDown(item) ? missedHost(item.notification) : null)))
  const [host = null] = hosts
  return items.length > 1 && hosts.size === 1 ? host : null
}

function missedHost(notification: Notification): string | null {
  if (!isAboutMonitor(notification) || notification.reason === 'fail') return null
  return hostIn(notification.monitor.tags)
}

function isDown({ notification, upAt }: Item): boolean {
  return notification.status === 'down' && upAt === null
}

function isUp({ notification, upAt }: Item): boolean {
  return notification.status === 'up' || upAt !== null
}

function isSame(a: Notification, b: Notification): boolean {
  return isAboutMonitor(a) && isAboutMonitor(b) && a.monitor.uniqueKey === b.monitor.uniqueKey
}

function monitors(count: number): string {
  return count === 1 ? '1 monitor' : `${count} monitors`
}
