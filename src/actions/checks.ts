import type { Deps } from '#deps.ts'
import { isAboutMonitor, type Notification } from '#domain/notification.ts'
import { listChannelsOfMonitor } from '#store/channels.ts'
import { findMonitorByUniqueKey } from '#store/monitors.ts'
import { toCheck } from '#words/check.ts'

/**
 * The check that a notification is about, as the management API shows it to a key that may write. Its status is the one
 * that the notification reports. Null for a test, for a notice about the server, and when the monitor was deleted.
 */
export function findCheck(
  { db, clock, config: { baseUrl } }: Deps,
  { projectId, notification }: { projectId: string; notification: Notification },
): Record<string, unknown> | null {
  if (!isAboutMonitor(notification) || notification.isTest) return null
  const monitor = findMonitorByUniqueKey(db, { projectId, uniqueKey: notification.monitor.uniqueKey })
  if (monitor === null) return null
  const channelIds = listChannelsOfMonitor(db, monitor.id).map(({ id }) => id)
  const view = { monitor, channelIds, now: clock.now(), baseUrl }
  return { ...toCheck(view, { version: 3, access: 'read-write' }), status: notification.status }
}
