// The link in a message that acknowledges an incident.
import { channelTitle, recipientOf } from '#channels/index.ts'
import type { Deps } from '#deps.ts'
import type { Channel } from '#domain/channel.ts'
import type { AcknowledgmentLink, Incident } from '#domain/incident.ts'
import { shownName } from '#domain/monitor.ts'
import type { Notification } from '#domain/notification.ts'
import { zoneOfTimes } from '#domain/schedule.ts'
import { findIncident } from '#store/incidents.ts'
import { findMonitorById } from '#store/monitors.ts'
import type { Thread } from '#store/threads.ts'
import { acknowledgeIncident } from './incidents.ts'
import { invalidLink, openLink, signedUrl } from './signed-links.ts'

/** The link of a message that acknowledges the incident; null if there is nothing to acknowledge. */
export function findAcknowledgeUrl(
  deps: Deps,
  { thread, notification, channel }: { thread: Thread; notification: Notification; channel: Channel },
): string | null {
  const { incidentId, isUnacknowledged } = thread
  return isUnacknowledged && notification.status === 'down' ? acknowledgeUrl(deps, { incidentId, channel }) : null
}

export function acknowledgeUrl(deps: Deps, { incidentId, channel }: { incidentId: string; channel: Channel }): string {
  return signedUrl(deps, { purpose: 'acknowledge', channel, incidentId })
}

/** What the page of the link shows. */
export interface AcknowledgeLink {
  incident: Incident
  monitorName: string
  /** The zone of its times. */
  zone: string
  via: AcknowledgmentLink
}

/** Throws not_found for an invalid link, and when its channel was deleted or disabled, or sends elsewhere. */
export function readAcknowledgeLink(deps: Deps, token: string): AcknowledgeLink & { projectId: string } {
  const { ids, channel } = openLink(deps, { token, purpose: 'acknowledge', idCount: 2 })
  const found = findIncident(deps.db, ids[1] ?? '')
  const monitor = found && findMonitorById(deps.db, found.incident.monitorId)
  if (found === null || monitor === null || found.projectId !== channel.projectId || channel.disabledAt !== null) {
    throw invalidLink()
  }
  return {
    incident: found.incident,
    monitorName: shownName(monitor),
    zone: zoneOfTimes(monitor.schedule),
    via: { channel: channelTitle(channel), address: recipientOf(channel) },
    projectId: found.projectId,
  }
}

/** Acknowledges an open incident unless someone already has, and returns it. Throws as `readAcknowledgeLink`. */
export function acknowledgeByLink(deps: Deps, token: string): AcknowledgeLink {
  const { incident, projectId, via } = readAcknowledgeLink(deps, token)
  if (incident.closedAt === null) {
    acknowledgeIncident(deps, { projectId, incidentId: incident.id, userId: null, via })
  }
  return readAcknowledgeLink(deps, token)
}
