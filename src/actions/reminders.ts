// Notifies again of incidents that go on: by reminders, and when a snooze ends.
import type { Deps } from '#deps.ts'
import type { Channel } from '#domain/channel.ts'
import type { Monitor } from '#domain/monitor.ts'
import { type Again, composeAgain } from '#domain/notification.ts'
import { nextReminderAt } from '#domain/reminder.ts'
import { listChannelsOfMonitor } from '#store/channels.ts'
import type { Tx } from '#store/database.ts'
import { insertNotification } from '#store/deliveries.ts'
import {
  findIncident,
  findOpenIncident,
  listNotifiedChannels,
  listWatchedIncidents,
  noteReminder,
  type OpenIncident,
} from '#store/incidents.ts'
import { findMonitorById } from '#store/monitors.ts'
import { insertDeliveries, keepsIncidents } from './channel-groups.ts'
import { muteOf } from './mutes.ts'

/** Notifies people of what is due. While nothing is down, it reads one index. */
export async function remind(deps: Deps): Promise<void> {
  const now = deps.clock.now()
  const due = listWatchedIncidents(deps.db).filter((incident) => {
    const reminderAt = nextReminderAt(incident, incident)
    return incident.mutedBy !== null || (reminderAt !== null && reminderAt <= now)
  })
  await Promise.all(due.map(({ id }) => deps.db.writeGrouped((tx) => remindOf(tx, id))))
}

// The incident is read again inside the transaction, because it may have ended meanwhile.
function remindOf(tx: Tx, incidentId: string): void {
  const incident = findOpenIncident(tx, incidentId)
  const monitor = incident && findMonitorById(tx, incident.monitorId)
  if (!incident || !monitor || muteOf(tx, { monitor, now: tx.now }) !== null) return
  const again = againOf(tx, { incident, monitor })
  if (again !== null) tell(tx, { incident, monitor, again })
}

function againOf(tx: Tx, { incident, monitor }: { incident: OpenIncident; monitor: Monitor }): Again | null {
  if (incident.mutedBy !== null) return { at: tx.now, is: 'unmuted', by: incident.mutedBy }
  const reminderAt = nextReminderAt(monitor, incident)
  const isAcknowledged = findIncident(tx, incident.id)?.incident.acknowledgment != null
  if (reminderAt === null || reminderAt > tx.now || isAcknowledged) return null
  return { at: tx.now, is: 'reminder', number: incident.reminders + 1 }
}

function tell(tx: Tx, { incident, monitor, again }: { incident: OpenIncident; monitor: Monitor; again: Again }): void {
  const { id, opening } = incident
  noteReminder(tx, { id, monitorId: monitor.id, isCounted: again.is === 'reminder' })
  if (opening === null) return
  const notification = composeAgain(opening, again)
  const notificationId = insertNotification(tx, { incidentId: id, projectId: monitor.projectId, notification })
  const channels = listChannelsOfMonitor(tx, monitor.id)
  // A service that keeps the incident would open another one.
  const notified = listNotifiedChannels(tx, id)
  const isFor = (channel: Channel) => !(keepsIncidents(channel) && notified.includes(channel.id))
  insertDeliveries(tx, { notificationId, notification, monitorId: monitor.id, channels, isFor })
}
