// The recipient of a channel's address can unsubscribe from a link in each message, and undo that from a link in a last
// email. Messages get forwarded, so this affects one channel only, and the project's other channels and its owners are
// notified.
import { channelTitle, recipientOf } from '#channels/index.ts'
import type { Deps } from '#deps.ts'
import type { Channel } from '#domain/channel.ts'
import type { UnsubscribeNotice } from '#domain/notice.ts'
import { notificationUrl } from '#domain/notification.ts'
import { AppError } from '#lib/errors.ts'
import { findUser } from '#store/accounts.ts'
import { findChannel, listChannels } from '#store/channels.ts'
import { saveUnsubscribedAt } from '#store/confirmations.ts'
import type { Tx } from '#store/database.ts'
import { insertNotification } from '#store/deliveries.ts'
import { findProject, listMembers } from '#store/projects.ts'
import { recipientUnsubscribedMail, unsubscribedMail } from '#words/account-mail.ts'
import { insertDeliveries } from './channel-groups.ts'
import { switchChannel } from './channels.ts'
import { hasMailServer } from './mail-server.ts'
import { mail, mustVerify } from './mailed-links.ts'
import { hasMemberRecipient, openRecipientLink, type RecipientLink, signedUrl } from './signed-links.ts'

/** The channel of an unsubscribe link. */
export interface UnsubscribeLink extends RecipientLink {
  /** Whether a sign-in is needed, because the address is that of a member. */
  isMember: boolean
}

/** Throws not_found when the token isn't valid, or no longer. */
export function readUnsubscribeLink(deps: Deps, token: string): UnsubscribeLink {
  const link = openRecipientLink(deps, { token, purpose: 'unsubscribe' })
  return { ...link, isMember: hasMemberRecipient(deps.db, link.channel) }
}

/** Disables the channel, unless its recipient is a member, who signs in first. Throws as `readUnsubscribeLink`. */
export function unsubscribeByLink(deps: Deps, token: string): UnsubscribeLink {
  const { channel, isMember } = readUnsubscribeLink(deps, token)
  if (!isMember) unsubscribe(deps, channel)
  return readUnsubscribeLink(deps, token)
}

/** As `unsubscribeByLink`, for a signed-in member. Throws forbidden when the channel has another recipient. */
export function unsubscribeMember(deps: Deps, { channel, email }: { channel: Channel; email: string }): void {
  if (!isRecipient(channel, email)) throw new AppError('forbidden', 'This channel sends to another address.')
  unsubscribe(deps, channel)
}

export function isRecipient(channel: Channel, email: string): boolean {
  return recipientOf(channel)?.toLowerCase() === email.toLowerCase()
}

/** Throws not_found when the token isn't valid, or no longer. */
export function readResubscribeLink(deps: Deps, token: string): RecipientLink {
  return openRecipientLink(deps, { token, purpose: 'resubscribe' })
}

/** The channel that the link would enable. Null if the token isn't valid, or the channel is enabled. */
export function channelOfResubscribeLink(deps: Deps, token: string): string | null {
  try {
    const { channel } = readResubscribeLink(deps, token)
    return channel.unsubscribedAt === null ? null : channel.id
  } catch (error) {
    if (error instanceof AppError && error.code === 'not_found') return null
    throw error
  }
}

/** Enables the channel again, if its recipient disabled it. Throws as `readResubscribeLink`. */
export function resubscribeByLink(deps: Deps, token: string): RecipientLink {
  const link = readResubscribeLink(deps, token)
  deps.db.write((tx) => {
    const current = findChannel(tx, link.channel.id)
    if (current === null || current.unsubscribedAt === null) return
    // The recipient asks for it, so nothing is to be confirmed.
    saveUnsubscribedAt(tx, { id: current.id, at: null })
    switchChannel(tx, { config: deps.config, channel: { ...current, unsubscribedAt: null }, isDisabled: false })
  })
  return link
}

function unsubscribe(deps: Deps, { id }: Channel): void {
  const unsubscribed = deps.db.write((tx) => {
    const channel = findChannel(tx, id)
    if (channel === null || channel.disabledAt !== null) return null
    switchChannel(tx, { config: deps.config, channel, isDisabled: true })
    saveUnsubscribedAt(tx, { id, at: tx.now })
    return { channel: { ...channel, disabledAt: tx.now, unsubscribedAt: tx.now }, ...notifyOthers(tx, channel) }
  })
  if (unsubscribed === null || !hasMailServer(deps)) return
  mailAbout(deps, unsubscribed).catch((error) => deps.log.error('Could not send an email about a channel', { error }))
}

interface Notified {
  notice: UnsubscribeNotice
  /** The addresses, in lower case, that the project's other channels send to. */
  addresses: string[]
}

/** Notifies the project through its other channels. */
function notifyOthers(tx: Tx, { id, projectId, ...channel }: Channel): Notified {
  const recipient = recipientOf(channel) ?? ''
  const notice: UnsubscribeNotice = {
    status: 'notice',
    at: tx.now,
    reason: 'unsubscribed',
    isTest: false,
    project: findProject(tx, projectId)?.name ?? '',
    projectId,
    channel: { id, title: channelTitle(channel), recipient },
  }
  const channels = listChannels(tx, projectId).filter((one) => one.id !== id)
  const notificationId = insertNotification(tx, { projectId, notification: notice })
  insertDeliveries(tx, { notificationId, notification: notice, monitor: null, channels })
  const usable = channels.filter(({ disabledAt, unconfirmedSince }) => disabledAt === null && unconfirmedSince === null)
  return { notice, addresses: usable.flatMap((one) => recipientOf(one)?.toLowerCase() ?? []) }
}

// The recipient gets one last email, so that a stranger who was forwarded a message can't silence them unnoticed.
async function mailAbout(deps: Deps, { channel, notice, addresses }: { channel: Channel } & Notified): Promise<void> {
  const { recipient } = notice.channel
  const undoUrl = signedUrl(deps, { purpose: 'resubscribe', channel })
  const url = notificationUrl(notice, deps.config.baseUrl)
  const owners = ownersOf(deps, channel.projectId).filter((to) => !addresses.includes(to.toLowerCase()))
  await Promise.all([
    mail(deps, unsubscribedMail({ to: recipient, project: notice.project, url: undoUrl })),
    ...owners.map((to) => mail(deps, recipientUnsubscribedMail({ to, notice, url }))),
  ])
}

function ownersOf(deps: Deps, projectId: string): string[] {
  return listMembers(deps.db, projectId)
    .filter(({ role }) => role === 'owner')
    .map(({ userId }) => findUser(deps.db, userId))
    .filter((user) => user !== null && !mustVerify(deps, user))
    .map((user) => user?.email ?? '')
}
