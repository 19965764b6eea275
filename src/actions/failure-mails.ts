// Emails a project's members when a notification failed permanently. It uses no channel, because the channel may be
// what is broken.

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
import { hasMailServer } from './mail-server.ts'
import { mail, mustVerify } from './mailed-links.ts'

/** A broken channel fails for every monitor, so only the first failure in this time is emailed. */
const SILENCE_MS = HOUR

interface Failure {
  claimed: ClaimedDelivery
  channel: Channel
  detail: string
}

/** Whether this is the channel's first failure in a while. Call it in the transaction in which the delivery fails. */
export function isFirstFailure(tx: Tx, { channelId, sequence }: ClaimedDelivery): boolean {
  if (channelId === null) return false
  // Deliveries that failed because someone disabled the channel were not emailed, so they do not count.
  return !hasOtherFailed(tx, { channelId, sequence, since: tx.now - SILENCE_MS, exceptFor: DISABLED })
}

/** Emails the members without waiting. A failed email is only logged, because the incident's page shows the same. */
export function notifyOfFailure(deps: Deps, failure: Failure): void {
  if (!hasMailServer(deps)) return
  mailMembers(deps, failure).catch((error) =>
    deps.log.error('Could not send an email about a failed notification', { error }),
  )
}

async function mailMembers(deps: Deps, { claimed, channel, detail }: Failure): Promise<void> {
  const facts = {
    monitor: notificationSubject(claimed.notification),
    channel: channelTitle(channel),
    detail,
    url: urlOf(deps, claimed),
  }
  const addresses = recipientsOf(deps, channel.projectId).map(({ email }) => email)
  await Promise.all(addresses.map((to) => mail(deps, deliveryFailureMail({ ...facts, to }))))
}

function urlOf({ db, config: { baseUrl } }: Deps, { id, notification }: ClaimedDelivery): string {
  const incidentId = findIncidentIdOfDelivery(db, id)
  return incidentId === null ? notificationUrl(notification, baseUrl) : `${baseUrl}/incidents/${incidentId}`
}

/** Whether this member was emailed that a notification through the channel failed, since the channel is failing. */
export function wasMailedFailure(
  { db }: Pick<Deps, 'db'>,
  { user, channel }: { user: User; channel: { id: string; projectId: string; since: number } },
): boolean {
  if (!user.mails.failures) return false
  const role = listMembers(db, channel.projectId).find(({ userId }) => userId === user.id)?.role
  if (role === undefined || !may(role, 'operate')) return false
  return hasOtherFailed(db, { channelId: channel.id, sequence: 0, since: channel.since, exceptFor: DISABLED })
}

// Members who can fix the channel and have not opted out. Unverified addresses get no email.
function recipientsOf(deps: Deps, projectId: string): User[] {
  return listMembers(deps.db, projectId)
    .filter(({ role }) => may(role, 'operate'))
    .map(({ userId }) => findUser(deps.db, userId))
    .filter((user) => user !== null)
    .filter((user) => user.mails.failures && !mustVerify(deps, user))
}
