// Strangers' addresses confirm first: anyone can create an account, so the address of a channel gets one email with a
// link, and nothing else until its recipient has confirmed it.
import { recipientOf } from '#channels/index.ts'
import type { Deps } from '#deps.ts'
import { mailboxOf } from '#domain/account.ts'
import { type Channel, UNCONFIRMED } from '#domain/channel.ts'
import { nextConfirmationAt } from '#domain/confirmation.ts'
import { durationInWords, MINUTE } from '#lib/duration.ts'
import { AppError } from '#lib/errors.ts'
import { findChannel } from '#store/channels.ts'
import {
  type CountedMail,
  findRecentMails,
  insertConfirmationMail,
  listDueConfirmations,
  saveConfirmationDueAt,
  saveUnconfirmedSince,
} from '#store/confirmations.ts'
import type { Reader, Tx } from '#store/database.ts'
import { bringForwardOfChannel } from '#store/deliveries.ts'
import { findProject, isVerifiedMember, listMembers } from '#store/projects.ts'
import { addressConfirmationMail } from '#words/account-mail.ts'
import { hasMailServer } from './mail-server.ts'
import { mail } from './mailed-links.ts'
import { openRecipientLink, type RecipientLink, signedUrl } from './signed-links.ts'

const SENT_AT_ONCE_MAX = 5
const RETRY_MS = 10 * MINUTE

/** Whether the channel gets no notifications because its address is not confirmed. */
export function awaitsConfirmation(
  { config }: Pick<Deps, 'config'>,
  { unconfirmedSince }: Pick<Channel, 'unconfirmedSince'>,
): boolean {
  return config.confirmsAddresses && unconfirmedSince !== null
}

/** Throws conflict while the address of the channel waits for its confirmation. */
export function requireConfirmed(deps: Pick<Deps, 'config'>, channel: Channel): void {
  if (awaitsConfirmation(deps, channel)) throw new AppError('conflict', `${UNCONFIRMED}.`)
}

/**
 * Call it whenever the settings of a channel were saved. A new address waits for its confirmation, unless it is the
 * confirmed address of a member. `before` is null for a new channel.
 */
export function checkRecipient(
  tx: Tx,
  { config, channel, before }: Pick<Deps, 'config'> & { channel: Channel; before: Channel | null },
): void {
  const email = recipientOf(channel)
  if (before !== null && recipientOf(before)?.toLowerCase() === email?.toLowerCase()) return
  const isStranger = email !== null && !isVerifiedMember(tx, { projectId: channel.projectId, email })
  const since = config.confirmsAddresses && isStranger ? tx.now : null
  if (before !== null || since !== null) saveUnconfirmedSince(tx, { id: channel.id, since })
}

/** What the page of the link in a confirmation email shows. Throws not_found when the token isn't valid. */
export function readConfirmLink(deps: Deps, token: string): RecipientLink {
  return openRecipientLink(deps, { token, purpose: 'confirm-address' })
}

/** Confirms the address. Pending notifications are sent now. Throws as `readConfirmLink`. */
export function confirmByLink(deps: Deps, token: string): RecipientLink {
  const { channel } = readConfirmLink(deps, token)
  if (channel.unconfirmedSince !== null) {
    deps.db.write((tx) => {
      saveUnconfirmedSince(tx, { id: channel.id, since: null })
      bringForwardOfChannel(tx, channel.id)
    })
  }
  return readConfirmLink(deps, token)
}

/** Sends the confirmation email again. Throws too_many over a limit. */
export function requestConfirmation(deps: Deps, channel: Channel): void {
  if (!awaitsConfirmation(deps, channel)) return
  const waitMs = nextMailAt(deps.db, { channel, now: deps.clock.now() }) - deps.clock.now()
  if (waitMs > 0) {
    const wait = durationInWords(Math.ceil(waitMs / MINUTE) * MINUTE)
    throw new AppError('too_many', `Too many confirmation emails. Try again in ${wait}.`)
  }
  deps.db.write((tx) => saveConfirmationDueAt(tx, { id: channel.id, dueAt: tx.now }))
}

/** Sends the confirmation emails that are due. Without a mail server, they wait for one. */
export async function mailConfirmations(deps: Deps): Promise<void> {
  const { db, clock, config } = deps
  if (!config.confirmsAddresses || !hasMailServer(deps)) return
  const due = listDueConfirmations(db, { now: clock.now(), limit: SENT_AT_ONCE_MAX })
  if (due.length === 0) return
  const claimed = db.write((tx) => due.map((id) => claimMail(tx, id)).filter((channel) => channel !== null))
  await Promise.all(claimed.map((channel) => mailConfirmation(deps, channel)))
}

// It is counted before it is sent, so that a crash can't send it twice. Over the limit, it waits.
function claimMail(tx: Tx, id: string): Channel | null {
  const channel = findChannel(tx, id)
  if (channel === null) return null
  const nextAt = nextMailAt(tx, { channel, now: tx.now })
  const isFree = nextAt <= tx.now
  saveConfirmationDueAt(tx, { id, dueAt: isFree ? null : nextAt })
  if (isFree) insertConfirmationMail(tx, countedMail(tx, channel))
  return isFree ? channel : null
}

async function mailConfirmation(deps: Deps, channel: Channel): Promise<void> {
  const to = recipientOf(channel)
  if (to === null) return
  const project = findProject(deps.db, channel.projectId)?.name ?? ''
  const { baseUrl } = deps.config
  const url = signedUrl(deps, { purpose: 'confirm-address', channel })
  if (await mail(deps, addressConfirmationMail({ to, project, url, baseUrl }))) return
  deps.db.write((tx) => {
    const dueAt = Math.max(tx.now + RETRY_MS, nextMailAt(tx, { channel, now: tx.now }))
    saveConfirmationDueAt(tx, { id: channel.id, dueAt })
  })
}

function nextMailAt(reader: Reader, { channel, now }: { channel: Channel; now: number }): number {
  return nextConfirmationAt(findRecentMails(reader, { ...countedMail(reader, channel), now }))
}

function countedMail(reader: Reader, channel: Channel): CountedMail {
  const { projectId } = channel
  const [owner] = listMembers(reader, projectId)
  return { projectId, accountId: owner?.userId ?? projectId, mailbox: mailboxOf(recipientOf(channel) ?? '') }
}
