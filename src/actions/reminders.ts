// Notifies again of incidents that go on: when a snooze or maintenance ends, by escalation, and by reminders.
import type { Deps } from '#deps.ts'
import type { Channel } from '#domain/channel.ts'
import type { Monitor } from '#domain/monitor.ts'
import { type Again, composeAgain, type MutedBy } from '#domain/notification.ts'
import { nextReminderAt } from '#domain/reminder.ts'
import { listChannelsOfMonitor } from '#store/channels.ts'
import type { Tx } from '#store/database.ts'
import { insertNotification } from '#store/deliveries.ts'
import { listNotifiedChannels } from '#store/incidents.ts'
import { findMonitorById } from '#store/monitors.ts'
import {
  findOpenIncident,
  listWatchedIncidents,
  noteAgain,
  type OpenIncident,
  type WatchedIncident,
} from '#store/watched-incidents.ts'
import { type Audience, insertDeliveries, keepsIncidents } from './channel-groups.ts'
import { dependencyHold, endDependencies } from './dependencies.ts'
import { muteOf } from './mutes.ts'
import { endFlapping } from './outages.ts'

/** Notifies people of what is due. While nothing is down, it reads one index. */
export async function remind(deps: Deps): Promise<void> {
  const now = deps.clock.now()
  const due = listWatchedIncidents(deps.db).filter((incident) => isDue(incident, now))
  await Promise.all(due.map(({ id }) => deps.db.writeGrouped((tx) => remindOf(tx, id))))
  await endFlapping(deps)
  await endDependencies(deps)
}

function isDue(incident: WatchedIncident, now: number): boolean {
  const { mutedBy, escalatesFrom, nextDelayMs } = incident
  const reminderAt = nextReminderAt(incident, incident)
  return (
    mutedBy !== null ||
    (nextDelayMs !== null && escalatesFrom + nextDelayMs <= now) ||
    (reminderAt !== null && reminderAt <= now)
  )
}

interface Situation {
  incident: OpenIncident
  monitor: Monitor
  channels: readonly Channel[]
  /** The IDs of the channels that were notified of the incident. */
  notified: readonly string[]
}

// The incident is read again inside the transaction, because it may have ended meanwhile.
function remindOf(tx: Tx, incidentId: string): void {
  const incident = findOpenIncident(tx, incidentId)
  const monitor = incident && findMonitorById(tx, incident.monitorId)
  if (!incident || !monitor || muteOf(tx, { monitor, now: tx.now }) !== null) return
  const channels = listChannelsOfMonitor(tx, monitor.id)
  const situation = { incident, monitor, channels, notified: listNotifiedChannels(tx, incidentId) }
  if (incident.mutedBy !== null) unmute(tx, situation, incident.mutedBy)
  else if (!incident.isAcknowledged) goOn(tx, situation)
}

/** People can acknowledge it from now on, so the delays of channels begin again. */
function unmute(tx: Tx, situation: Situation, by: MutedBy): void {
  noteAgain(tx, { ...situation.incident, remindedAt: tx.now, escalatesFrom: tx.now, escalatedMs: 0 })
  notifyAgain(tx, situation, { again: { at: tx.now, is: 'unmuted', by }, isFor: isConcerned(situation) })
}

function goOn(tx: Tx, situation: Situation): void {
  const { incident, monitor, channels, notified } = situation
  const { escalatesFrom, escalatedMs } = incident
  const waitedMs = tx.now - escalatesFrom
  const isNext = ({ rules }: Channel) => rules.delayMs > escalatedMs && rules.delayMs <= waitedMs
  const next = channels.filter((channel) => channel.disabledAt === null && isNext(channel))
  const reminderAt = nextReminderAt(monitor, incident)
  const isReminded = reminderAt !== null && reminderAt <= tx.now
  const number = incident.reminders + 1
  noteAgain(tx, {
    ...incident,
    ...(isReminded && { remindedAt: tx.now, reminders: number }),
    escalatedMs: Math.max(escalatedMs, ...next.map(({ rules }) => rules.delayMs)),
  })
  if (isReminded) {
    notifyAgain(tx, situation, { again: { at: tx.now, is: 'reminder', number }, isFor: isConcerned(situation) })
  }
  if (next.length > 0) {
    const isFor: Audience = ({ id }, used) => isNext(used) && !notified.includes(id)
    notifyAgain(tx, situation, { again: { at: tx.now, is: 'escalation' }, isFor })
  }
}

/** Channels with a delay follow by escalation. A service that keeps the incident would open another one. */
function isConcerned({ notified }: Situation): Audience {
  return (channel, { rules }) => {
    const isNotified = notified.includes(channel.id)
    return isNotified ? !keepsIncidents(channel) : rules.delayMs === 0
  }
}

function notifyAgain(
  tx: Tx,
  { incident, monitor, channels }: Situation,
  { again, isFor }: { again: Again; isFor: Audience },
): void {
  if (incident.opening === null) return
  const notification = composeAgain(incident.opening, again)
  const about = { incidentId: incident.id, projectId: monitor.projectId, notification }
  const notificationId = insertNotification(tx, about)
  insertDeliveries(tx, { notificationId, notification, monitor, channels, hold: dependencyHold(tx, monitor), isFor })
}
