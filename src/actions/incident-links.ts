// The links in a message that acknowledge an incident, or snooze its monitor.
import { channelTitle, recipientOf } from '#channels/index.ts'
import type { Deps } from '#deps.ts'
import type { Channel } from '#domain/channel.ts'
import type { AcknowledgmentLink, Incident } from '#domain/incident.ts'
import { shownName } from '#domain/monitor.ts'
import type { Notification } from '#domain/notification.ts'
import { zoneOfTimes } from '#domain/schedule.ts'
import { type LinkSnoozeLength, type Snooze, snoozeEnd } from '#domain/snooze.ts'
import { findIncident } from '#store/incidents.ts'
import { findMonitorById } from '#store/monitors.ts'
import type { Thread } from '#store/threads.ts'
import { acknowledgeIncident } from './incidents.ts'
import { invalidLink, openLink, signedUrl } from './signed-links.ts'
import { snooze, snoozeOf } from './snoozes.ts'

/** The links of a message; null if there is nothing to acknowledge. */
export function findIncidentLinks(
  deps: Deps,
  { thread, notification, channel }: { thread: Thread; notification: Notification; channel: Channel },
): { acknowledge: string | null; snooze: string | null } {
  const { incidentId, isUnacknowledged } = thread
  if (!isUnacknowledged || notification.status !== 'down') return { acknowledge: null, snooze: null }
  const about = { incidentId, channel }
  return { acknowledge: acknowledgeUrl(deps, about), snooze: snoozeUrl(deps, about) }
}

interface About {
  incidentId: string
  channel: Channel
}

export function acknowledgeUrl(deps: Deps, about: About): string {
  return signedUrl(deps, { purpose: 'acknowledge', ...about })
}

export function snoozeUrl(deps: Deps, about: About): string {
  return signedUrl(deps, { purpose: 'snooze', ...about })
}

/** What the page of a link shows. */
export interface IncidentLink {
  incident: Incident
  monitorName: string
  /** The zone of its times. */
  zone: string
  via: AcknowledgmentLink
}

/** Throws not_found for an invalid link, and when its channel was deleted or disabled, or sends elsewhere. */
export function readAcknowledgeLink(deps: Deps, token: string): IncidentLink & { projectId: string } {
  return readIncidentLink(deps, { token, purpose: 'acknowledge' })
}

function readIncidentLink(
  deps: Deps,
  given: { token: string; purpose: 'acknowledge' | 'snooze' },
): IncidentLink & { projectId: string } {
  const { ids, channel } = openLink(deps, { ...given, idCount: 2 })
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
export function acknowledgeByLink(deps: Deps, token: string): IncidentLink {
  const { incident, projectId, via } = readAcknowledgeLink(deps, token)
  if (incident.closedAt === null) {
    acknowledgeIncident(deps, { projectId, incidentId: incident.id, userId: null, via })
  }
  return readAcknowledgeLink(deps, token)
}

/** What the page of the link shows. */
export interface SnoozeLink extends IncidentLink {
  /** The snooze of the monitor; null if there is none. */
  snooze: Snooze | null
}

/** Throws as `readAcknowledgeLink`. */
export function readSnoozeLink(deps: Deps, token: string): SnoozeLink & { projectId: string } {
  const link = readIncidentLink(deps, { token, purpose: 'snooze' })
  const monitor = findMonitorById(deps.db, link.incident.monitorId)
  return { ...link, snooze: monitor && snoozeOf(deps.db, { monitor, now: deps.clock.now() }) }
}

/** Snoozes the monitor of an open incident unless it is snoozed already. Throws as `readAcknowledgeLink`. */
export function snoozeByLink(deps: Deps, token: string, length: LinkSnoozeLength): SnoozeLink {
  const { incident, projectId, via, zone, snooze: active } = readSnoozeLink(deps, token)
  if (incident.closedAt === null && active === null) {
    const endsAt = snoozeEnd(length, { now: deps.clock.now(), zone })
    const scope = { is: 'monitor' as const, monitorId: incident.monitorId }
    snooze(deps, { projectId, scope, endsAt, userId: null, via })
  }
  return readSnoozeLink(deps, token)
}
