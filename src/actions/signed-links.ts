// Links in messages that act without a sign-in. Anyone who has the message has the link, so each does one thing.
import { destinationOf, recipientOf } from '#channels/index.ts'
import { type Deps, secretOf } from '#deps.ts'
import type { Channel } from '#domain/channel.ts'
import { DAY } from '#lib/duration.ts'
import { AppError } from '#lib/errors.ts'
import { isSigned, readLink, type SignedLink, signLink } from '#lib/signed-link.ts'
import { findChannel } from '#store/channels.ts'
import type { Reader } from '#store/database.ts'
import { findProject, isMemberAddress } from '#store/projects.ts'

/** What a link does. Its page is at this path. */
type LinkPurpose = 'acknowledge' | 'snooze' | 'confirm-address' | 'unsubscribe' | 'resubscribe'

const LINK_MS = 7 * DAY

interface NewLink {
  purpose: LinkPurpose
  channel: Channel
  incidentId?: string
}

export function signedUrl({ config, clock }: Deps, { purpose, channel, incidentId }: NewLink): string {
  const signing = { secret: secretOf(config), purpose, fact: factOf(channel, purpose) }
  const ids = [channel.id, ...(incidentId === undefined ? [] : [incidentId])]
  return `${config.baseUrl}/${purpose}/${signLink(signing, { ids, expiresAt: clock.now() + LINK_MS })}`
}

interface GivenLink {
  token: string
  purpose: LinkPurpose
}

/**
 * Throws not_found for an invalid or expired link. A link for a channel that now sends elsewhere has another signature,
 * so it fails like any other wrong token.
 */
export function openLink(
  { db, config, clock }: Deps,
  { token, purpose, idCount }: GivenLink & { idCount: number },
): SignedLink & { channel: Channel } {
  const link = readLink(token, idCount)
  const channel = link && findChannel(db, link.ids[0] ?? '')
  const isValid = channel && isSigned({ secret: secretOf(config), purpose, fact: factOf(channel, purpose) }, token)
  if (!link || !channel || !isValid) throw invalidLink()
  if (link.expiresAt <= clock.now()) {
    throw new AppError('not_found', 'This link has expired. Use the link in a newer message, or sign in to CronGuard.')
  }
  return { ...link, channel }
}

// The link that undoes an unsubscription works for that one only, so that two links can't send emails in turns.
function factOf(channel: Channel, purpose: LinkPurpose): string {
  const destination = destinationOf(channel)
  return purpose === 'resubscribe' ? `${channel.unsubscribedAt} ${destination}` : destination
}

/** The channel of a link for its recipient, and what the page of the link shows of it. */
export interface RecipientLink {
  channel: Channel
  address: string
  /** The name of its project. */
  project: string
}

/** Throws as `openLink`. */
export function openRecipientLink(deps: Deps, given: GivenLink): RecipientLink {
  const { channel } = openLink(deps, { ...given, idCount: 1 })
  const project = findProject(deps.db, channel.projectId)?.name ?? ''
  return { channel, address: recipientOf(channel) ?? '', project }
}

/** Whether the only recipient of a channel is a member, who signs in to unsubscribe. */
export function hasMemberRecipient(reader: Reader, channel: Channel): boolean {
  const email = recipientOf(channel)
  return email !== null && isMemberAddress(reader, { projectId: channel.projectId, email })
}

/** The link of a message with which its only recipient unsubscribes; null if the channel has none. */
export function unsubscribeLinkOf(deps: Deps, channel: Channel): { url: string; isOneClick: boolean } | null {
  // A command that tests a channel may not be allowed to read the key.
  if (recipientOf(channel) === null || deps.config.secretKey === null) return null
  // The link of a draft would not work: it covers the stored address.
  const stored = findChannel(deps.db, channel.id)
  if (stored === null || destinationOf(stored) !== destinationOf(channel)) return null
  return {
    url: signedUrl(deps, { purpose: 'unsubscribe', channel }),
    isOneClick: !hasMemberRecipient(deps.db, channel),
  }
}

export function invalidLink(): AppError {
  return new AppError(
    'not_found',
    'This link is invalid or no longer works. Make sure you copied all of it, or sign in to CronGuard.',
  )
}
