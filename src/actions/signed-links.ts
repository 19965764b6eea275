// Links in messages that act without a sign-in. Anyone who has the message has the link, so each does one thing.
import { channelTitle, destinationOf, readerOf } from '#channels/index.ts'
import { type Deps, secretOf } from '#deps.ts'
import type { Channel } from '#domain/channel.ts'
import type { AcknowledgmentLink, Incident } from '#domain/incident.ts'
import { shownName } from '#domain/monitor.ts'
import type { Notification } from '#domain/notification.ts'
import { zoneOfTimes } from '#domain/schedule.ts'
import { DAY } from '#lib/duration.ts'
import { AppError } from '#lib/errors.ts'
import { isSigned, readLink, type SignedLink, signLink } from '#lib/signed-link.ts'
import { findChannel } from '#store/channels.ts'
import type { Reader } from '#store/database.ts'
import { findIncident } from '#store/incidents.ts'
import { findMonitorById } from '#store/monitors.ts'
import { acknowledgeIncident } from './incidents.ts'

/** What a link does. Its page is at this path. */
type LinkPurpose = 'acknowledge'

const LINK_MS = 7 * DAY

/** The link of a message that acknowledges the incident; null if there is nothing to acknowledge. */
export function findAcknowledgeUrl(
  deps: Deps,
  { incidentId, notification, channel }: { incidentId: string; notification: Notification; channel: Channel },
): string | null {
  const incident = findIncident(deps.db, incidentId)?.incident
  const isOpen = incident?.closedAt === null && incident.acknowledgment === null
  return isOpen && notification.status === 'down' ? acknowledgeUrl(deps, { incidentId, channel }) : null
}

export function acknowledgeUrl(deps: Deps, { incidentId, channel }: { incidentId: string; channel: Channel }): string {
  return urlOf(deps, { purpose: 'acknowledge', ids: [incidentId, channel.id], channel })
}

/** What the page of the link shows. */
export interface AcknowledgeLink {
  incident: Incident
  monitorName: string
  /** The zone of its times. */
  zone: string
  via: AcknowledgmentLink
}

/** Throws not_found when the token isn't valid, or no longer: the channel is gone, disabled or sends elsewhere. */
export function readAcknowledgeLink(deps: Deps, token: string): AcknowledgeLink & { projectId: string } {
  const { ids, channel } = openLink(deps, { token, purpose: 'acknowledge', idCount: 2, channelAt: 1 })
  const found = findIncident(deps.db, ids[0] ?? '')
  const monitor = found && findMonitorById(deps.db, found.incident.monitorId)
  if (found === null || monitor === null || found.projectId !== channel.projectId || channel.disabledAt !== null) {
    throw invalidLink()
  }
  return {
    incident: found.incident,
    monitorName: shownName(monitor),
    zone: zoneOfTimes(monitor.schedule),
    via: { channel: channelTitle(channel), address: readerOf(channel) },
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

interface NewLink {
  purpose: LinkPurpose
  ids: readonly string[]
  channel: Channel
}

function urlOf({ config, clock }: Deps, { purpose, ids, channel }: NewLink): string {
  const signing = { secret: secretOf(config), purpose, fact: destinationOf(channel) }
  return `${config.baseUrl}/${purpose}/${signLink(signing, { ids, expiresAt: clock.now() + LINK_MS })}`
}

interface OpenedLink {
  token: string
  purpose: LinkPurpose
  idCount: number
  /** The place of the channel's id. */
  channelAt: number
}

// A link for a channel that now sends elsewhere has another signature, so it fails like any other wrong token.
function openLink(
  { db, config, clock }: Deps,
  { token, purpose, idCount, channelAt }: OpenedLink,
): SignedLink & { channel: Channel } {
  const link = readLink(token, idCount)
  const channel = link && findChannelOf(db, link, channelAt)
  const isValid = channel && isSigned({ secret: secretOf(config), purpose, fact: destinationOf(channel) }, token)
  if (!link || !channel || !isValid) throw invalidLink()
  if (link.expiresAt <= clock.now()) {
    throw new AppError('not_found', 'This link has expired. Use the link in a newer message, or sign in to CronGuard.')
  }
  return { ...link, channel }
}

function findChannelOf(reader: Reader, { ids }: SignedLink, at: number): Channel | null {
  return findChannel(reader, ids[at] ?? '')
}

function invalidLink(): AppError {
  return new AppError(
    'not_found',
    'This link is not valid, or no longer. Check that you opened it in full, or sign in to CronGuard.',
  )
}
