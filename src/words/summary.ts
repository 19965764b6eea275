// One message about several notifications, when a destination accepts fewer messages than are waiting.
import { isAboutMonitor, type Notification } from '#domain/notification.ts'
import { momentWithZone } from '#lib/zone.ts'
import { noticeInShort } from './notice.ts'
import { notificationTitle } from './notification.ts'

/** "5 monitors down, 2 recovered". A monitor counts each time. */
export function summaryTitle(notifications: readonly Notification[]): string {
  const count = (status: Notification['status']) => notifications.filter((one) => one.status === status).length
  const [down, up] = [count('down'), count('up')]
  const notices = new Set(notifications.filter((one) => !isAboutMonitor(one)).map(noticeInShort))
  const parts = [
    ...(down > 0 ? [`${monitors(down)} down`] : []),
    ...(up > 0 ? [`${down > 0 ? up : monitors(up)} recovered`] : []),
    ...notices,
  ]
  return parts.join(', ')
}

/** A line for each, in the order in which they happened: "Down: backup (1 March 2026, 12:00 UTC)". */
export function summaryDetails(notifications: readonly Notification[], zone: string): string {
  return notifications.map((one) => `${notificationTitle(one, zone)} (${momentWithZone(one.at, zone)})`).join('\n')
}

/** The one that decides how the message looks: the first that is down, if there is one. */
export function leadingNotification<One extends { notification: Notification }>(
  first: One,
  others: readonly One[],
): One {
  return [first, ...others].find(({ notification }) => notification.status === 'down') ?? first
}

function monitors(count: number): string {
  return count === 1 ? '1 monitor' : `${count} monitors`
}
