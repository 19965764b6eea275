// Word to a project's members that a message could not be delivered at all. It goes by the account's mail, not by a
// channel: the channel may be what is broken.
import { channelTitle } from '#channels/index.ts'
import type { Deps } from '#deps.ts'
import type { User } from '#domain/account.ts'
import { type Channel, DISABLED } from '#domain/channel.ts'
import { notificationUrl } from '#domain/notification.ts'
import { may } from '#domain/project.ts'
import { HOUR } from '#lib/duration.ts'
import { findUser } from '#store/accounts.ts'
import type { Tx } from '#store/database.ts'
import { type ClaimedDelivery, hasOtherFailed } from '#store/deliveries.ts'
import { findIncidentIdOfDelivery } from '#store/incidents.ts'
import { listMembers } from '#store/projects.ts'
import { deliveryFailureMail } from '#words/account-mail.ts'
import { notificationSubject } from '#words/notification.ts'
import { mail, mustVerify } from './mailed-links.ts'

/** A channel that is broken fails for every monitor; people are told of the first of its failures. */
const SILENCE_MS = HOUR

interface Failure {
  claimed: ClaimedDelivery
  channel: Channel
  detail: string
}

/** Whether people have not been told of this channel lately. Asked in the transaction in which the delivery fails. */
export function isFirstFailure(tx: Tx, { channelId, sequence }: ClaimedDelivery): boolean {
  if (channelId === null) return false
  // What a person gave up by switching the channel off was told to nobody.
  return !hasOtherFailed(tx, { channelId, sequence, since: tx.now - SILENCE_MS, exceptFor: DISABLED })
}

/** Nobody waits for these mails, and one that cannot be sent harms nothing: the page of the incident says the same. */
export function notifyOfFailure(deps: Deps, failure: Failure): void {
  if (deps.config.smtp === null) return
  mailMembers(deps, failure).catch((error) => deps.log.error('Word of a failure could not be mailed', { error }))
}

async function mailMembers(deps: Deps, { claimed, channel, detail }: Failure): Promise<void> {
  const facts = {
    monitor: notificationSubject(claimed.notification),
    channel: channelTitle(channel),
    detail,
    url: urlOf(deps, claimed),
  }
  const addresses = readersOf(deps, channel.projectId).map(({ email }) => email)
  await Promise.all(addresses.map((to) => mail(deps, deliveryFailureMail({ ...facts, to }))))
}

function urlOf({ db, config: { baseUrl } }: Deps, { id, notification }: ClaimedDelivery): string {
  const incidentId = findIncidentIdOfDelivery(db, id)
  return incidentId === null ? notificationUrl(notification, baseUrl) : `${baseUrl}/incidents/${incidentId}`
}

// Who can mend the channel and wants to know. An address that nobody has proven to be theirs gets nothing.
function readersOf(deps: Deps, projectId: string): User[] {
  return listMembers(deps.db, projectId)
    .filter(({ role }) => may(role, 'operate'))
    .map(({ userId }) => findUser(deps.db, userId))
    .filter((user) => user !== null)
    .filter((user) => user.mails.failures && !mustVerify(deps, user))
}
