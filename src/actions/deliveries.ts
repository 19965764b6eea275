// Sends deliveries: it claims one in a transaction, sends it outside, and settles it in another transaction. After a
// crash in between, the lease runs out and it is sent again, so each notification is sent at least once.
import { destinationOf, findKind, sendThrough, skipReasonOf } from '#channels/index.ts'
import type { Transports } from '#channels/kind.ts'
import type { Deps } from '#deps.ts'
import { type Channel, DISABLED, UNCONFIRMED } from '#domain/channel.ts'
import { ATTEMPT_MAX_MS, DETAIL_MAX, type Outcome, settle } from '#domain/delivery.ts'
import { HOLD_MAX_MS } from '#domain/hold.ts'
import { LATE_AFTER_MS, type Lateness, latenessOf } from '#domain/lateness.ts'
import { isAboutMonitor, type Notification, notificationZone, occurredAt } from '#domain/notification.ts'
import { HOUR } from '#lib/duration.ts'
import { AppError } from '#lib/errors.ts'
import { derivePushKeys } from '#lib/push-keys.ts'
import { newUuid, uuidOf } from '#lib/tokens.ts'
import { findChannel, markChannel, saveChannel, saveDisabledAt } from '#store/channels.ts'
import type { Durability, Reader, Tx } from '#store/database.ts'
import {
  type ClaimedDelivery,
  failPendingOfChannel,
  findDelivery,
  insertAttempt,
  isUnderWay,
  saveOutput,
  settleDelivery,
} from '#store/deliveries.ts'
import { findQueueing } from '#store/delivery-log.ts'
import { findFirstOfWindow, releaseHeld } from '#store/held.ts'
import { findZoneOfMember } from '#store/projects.ts'
import { noteProof } from '#store/proofs.ts'
import { findThread, insertReceipt, type Thread } from '#store/threads.ts'
import { type Output, pageLinks } from '#words/message.ts'
import { notificationSubject } from '#words/notification.ts'
import { leadingNotification } from '#words/summary.ts'
import { queueDelivery } from './channel-groups.ts'
import { findCheck } from './checks.ts'
import type { ClaimedMessage } from './claims.ts'
import { awaitsConfirmation, requireConfirmed } from './confirmations.ts'
import { isFirstFailure, notifyOfFailure } from './failure-mails.ts'
import { findIncidentLinks } from './incident-links.ts'
import { redactedOutput } from './redaction.ts'
import type { SendLimits } from './send-limits.ts'
import { unsubscribeLinkOf } from './signed-links.ts'

/** The delivery stays pending, so that the recipient gets it after the confirmation. */
const WAITS_FOR_CONFIRMATION: Outcome = {
  result: 'failed',
  reason: 'settings',
  detail: UNCONFIRMED,
  isPermanent: false,
  retryAfterMs: HOUR,
}

/** An attempt to send a message, whose outcome is not saved yet. */
export interface Attempted {
  message: ClaimedMessage
  channel: Channel | null
  /** Whether the message was sent through the channel, or should have been. */
  isUsed: boolean
  /** The incidents of its deliveries. */
  threads: readonly Thread[]
  startedAt: number
  outcome: Outcome
}

/** Sends one claimed message. Rejects for no reason that a channel or a service may have. */
export async function attempt(deps: Deps, message: ClaimedMessage, limits?: SendLimits): Promise<Attempted> {
  const all = [message, ...message.others]
  const isCombined = message.others.length > 0
  const told = all.map(({ notification }) => notification)
  const startedAt = deps.clock.now()
  const channel = message.channelId === null ? null : findChannel(deps.db, message.channelId)
  const threads = all.map((delivery) => findThread(deps.db, delivery)).filter((thread) => thread !== null)
  const isOff = channel !== null && channel.disabledAt !== null
  const isUsed = channel !== null && !isOff && !awaitsConfirmation(deps, channel)
  // The settings may have changed since the deliveries were queued.
  const wanted = all.filter(({ notification }) => channel === null || skipReasonOf(channel, notification) === null)
  const [first = message, ...others] = wanted
  const outcome = isOff
    ? failed('settings', DISABLED)
    : await send(deps, {
        channel,
        notification: leadingNotification<ClaimedDelivery>(first, others).notification,
        ...(isCombined && { summarized: [...openingOf(deps.db, message), ...told], ended: endedBy(deps.db, all) }),
        // A combined message has an ID of its own, because its deliveries may be combined differently the next time.
        deliveryId: isCombined ? uuidOf(all.map(({ id }) => id).join()) : message.id,
        thread: isCombined ? null : (threads[0] ?? null),
        late: lateness(deps, message),
      })
  if (isUsed && outcome.result === 'failed' && outcome.retryAfterMs) limits?.hold(channel, outcome.retryAfterMs)
  return { message, channel, isUsed, threads, startedAt, outcome }
}

/** Saves the outcome of each delivery in a message. */
export async function saveAttempt(deps: Deps, attempted: Attempted, durability?: Durability): Promise<void> {
  const { message, channel, isUsed, threads, startedAt, outcome } = attempted
  const all = [message, ...message.others]
  const isFirst = await deps.db.writeGrouped((tx) => {
    const saved = withOthers(outcome, message.others.length)
    const settled = all.map((delivery) => saveOutcome(tx, { delivery, startedAt, outcome: saved }))
    if (channel && isUsed) saveForChannel(tx, { channel, threads, outcome })
    return settled.some((isGivenUp) => isGivenUp) && channel?.disabledAt == null && isFirstFailure(tx, message)
  }, durability)
  for (const delivery of all) logOutcome(deps, { claimed: delivery, outcome })
  if (isFirst && channel) notifyOfFailure(deps, { claimed: message, channel, detail: outcome.detail })
}

// A message about what happened shortly after a first one names that, too.
function openingOf(reader: Reader, { heldFor, ...message }: ClaimedMessage): Notification[] {
  if (heldFor !== 'grouping') return []
  const first = findFirstOfWindow(reader, { ...message, since: message.createdAt - (HOLD_MAX_MS.grouping ?? 0) })
  return first !== null && first.status === message.notification.status ? [first] : []
}

function endedBy(reader: Reader, deliveries: readonly ClaimedDelivery[]): string[] {
  const ups = deliveries.filter(({ notification }) => notification.status === 'up')
  return ups.flatMap((delivery) => findThread(reader, delivery)?.incidentId ?? [])
}

// The log of each delivery says that its message was about others, too.
function withOthers(outcome: Outcome, count: number): Outcome {
  if (count === 0 || outcome.result !== 'sent') return outcome
  const note = `In one message with ${count} other ${count === 1 ? 'notification' : 'notifications'}`
  return { ...outcome, detail: `${note}: ${outcome.detail}`.slice(0, DETAIL_MAX) }
}

/** Returns whether the delivery failed permanently. */
function saveOutcome(
  tx: Tx,
  { delivery, startedAt, outcome }: { delivery: ClaimedDelivery; startedAt: number; outcome: Outcome },
): boolean {
  const { sequence, attempts } = delivery
  const settlement = settle(delivery, outcome, tx.now)
  insertAttempt(tx, { sequence, number: attempts, startedAt, outcome })
  if (outcome.output) saveOutput(tx, { sequence, text: outcome.output.text })
  return settleDelivery(tx, { sequence, attempts, settlement }) && settlement.state === 'failed'
}

function endChannel(tx: Tx, { channel, outcome }: { channel: Channel; outcome: Outcome }): void {
  saveDisabledAt(tx, { id: channel.id, disabledAt: tx.now })
  failPendingOfChannel(tx, { channelId: channel.id, detail: outcome.detail })
}

// The channel may have been edited meanwhile. Then the answer is about another destination.
function saveForChannel(
  tx: Tx,
  { channel, threads, outcome }: { channel: Channel; threads: readonly Thread[]; outcome: Outcome },
): void {
  const current = findChannel(tx, channel.id)
  if (current === null || destinationOf(current) !== destinationOf(channel)) return
  // Nothing was tried if nothing was sent.
  if (outcome.result !== 'logged') markChannel(tx, { channelId: channel.id, isFailing: outcome.result === 'failed' })
  if (outcome.result === 'failed' && outcome.endsChannel) endChannel(tx, { channel, outcome })
  if (outcome.result !== 'sent') return
  noteProof(tx, channel.id)
  const { receipt, newSettings } = outcome
  for (const { incidentId } of receipt ? threads : []) {
    insertReceipt(tx, { channelId: channel.id, incidentId, receipt: receipt ?? '' })
  }
  if (newSettings) saveChannel(tx, { ...current, settings: { ...(current.settings as object), ...newSettings } })
}

/**
 * Sends the same notification through the same channel again, as a new delivery; the old one stays in the history.
 * Returns the new id, and whether it will be sent. Throws not_found, and conflict when it is still being sent or the
 * channel is gone or disabled.
 */
export function resendDelivery(
  deps: Deps,
  { projectId, deliveryId }: { projectId: string; deliveryId: string },
): { id: string; isQueued: boolean } {
  return deps.db.write((tx) => {
    const delivery = findDelivery(tx, deliveryId)
    if (delivery === null || delivery.projectId !== projectId) {
      throw new AppError('not_found', 'Delivery not found.')
    }
    const { notificationId, notification, monitorId, channelId } = delivery
    const channel = channelId === null ? null : findChannel(tx, channelId)
    if (channel === null)
      throw new AppError('conflict', 'The channel was deleted, so the notification cannot be sent again.')
    if (channel.disabledAt !== null) {
      throw new AppError('conflict', 'The channel is disabled. Enable it, then send the notification again.')
    }
    requireConfirmed(deps, channel)
    if (isUnderWay(tx, { notificationId, channelId: channel.id })) {
      throw new AppError('conflict', 'This notification is still being sent.')
    }
    releaseHeld(tx, { channelId: channel.id, monitorId })
    const id = newUuid()
    return {
      id,
      isQueued: queueDelivery(tx, { id, notificationId, notification, monitorId, channel, hold: null }),
    }
  })
}

export interface Sending {
  channel: Channel | null
  notification: Notification
  /** All notifications, if the message is about several. */
  summarized?: readonly Notification[]
  /** The keys of the incidents that end with it, then. */
  ended?: readonly string[]
  deliveryId: string
  /** Null if the notification is not about an incident. */
  thread?: Thread | null
  /** Null if it is sent in time. */
  late?: Lateness | null
  /** The time limit of the attempt; `ATTEMPT_MAX_MS` by default. */
  limitMs?: number
}

/** Makes one attempt. Even a bug becomes an outcome, and is logged. */
export async function send(deps: Deps, sending: Sending): Promise<Outcome> {
  try {
    return await trySending(deps, sending)
  } catch (error) {
    const { deliveryId, channel } = sending
    deps.log.error('Sending failed unexpectedly', { delivery: deliveryId, kind: channel?.kind, error })
    return { result: 'failed', reason: 'error', detail: 'Internal error; see the log for details', isPermanent: false }
  }
}

async function trySending(deps: Deps, sending: Sending): Promise<Outcome> {
  const { channel, notification, summarized, ended, deliveryId, thread, late = null } = sending
  const kind = channel && findKind(channel.kind)
  if (!channel || !kind) return failed('settings', 'The channel no longer exists')
  if (awaitsConfirmation(deps, channel)) return WAITS_FOR_CONFIRMATION
  const settings = kind.settings.safeParse(channel.settings)
  if (!settings.success) return failed('settings', 'The settings are invalid')
  const { secretKey } = deps.config
  const transports: Transports = {
    outbound: deps.outbound,
    mailer: deps.mailer,
    ...(secretKey !== null && { pushKeys: () => derivePushKeys(secretKey) }),
    pushServices: deps.config.pushServices,
    programs: deps.config.programs,
  }
  const zone = zoneFor(deps, channel, kind.recipient?.(settings.data)) ?? notificationZone(notification)
  const { baseUrl } = deps.config
  const message = {
    notification,
    ...(summarized && { summarized }),
    ...(ended && { ended }),
    deliveryId,
    baseUrl,
    zone,
    links: {
      ...pageLinks(notification, baseUrl),
      unsubscribe: unsubscribeLinkOf(deps, channel),
      ...(thread && findIncidentLinks(deps, { thread, notification, channel })),
    },
    output: summarized ? null : outputOf(deps, notification),
    late,
    check: () => findCheck(deps, { projectId: channel.projectId, notification }),
    thread: { key: thread?.incidentId ?? deliveryId, receipt: thread?.receipt ?? null },
  }
  const outcome = await withTimeLimit(
    sendThrough({ kind, settings: settings.data }, message, transports),
    sending.limitMs,
  )
  return withoutSecrets(deps, { outcome, projectId: channel.projectId })
}

// A program may repeat what it gets.
function withoutSecrets({ db }: Deps, { outcome, projectId }: { outcome: Outcome; projectId: string }): Outcome {
  const { output, ...rest } = outcome
  if (!output) return outcome
  const excerpt = { pingNumber: 0, text: output.text, cut: { start: output.isCut, end: false } }
  const shown = redactedOutput(db, { projectId, excerpt })
  return shown ? { ...rest, output: shown } : rest
}

// Of a delivery in time, nothing is read.
function lateness({ db, clock }: Deps, { sequence, notification }: ClaimedDelivery): Lateness | null {
  const [at, now] = [occurredAt(notification), clock.now()]
  const queueing = now - at < LATE_AFTER_MS ? null : findQueueing(db, sequence)
  return queueing && latenessOf({ at, now, ...queueing })
}

function outputOf({ db }: Deps, notification: Notification): Output | null {
  const { output: excerpt = null, projectId = '' } = (isAboutMonitor(notification) && notification.circumstances) || {}
  return excerpt && redactedOutput(db, { projectId, excerpt })
}

// Members get times in their own zone, as on the pages. Other receivers get them in the zone of the schedule.
function zoneFor({ db }: Deps, { projectId }: Channel, email: string | undefined): string | null {
  return email === undefined ? null : findZoneOfMember(db, { projectId, email })
}

function failed(reason: 'settings', detail: string): Outcome {
  return { result: 'failed', reason, detail, isPermanent: true }
}

// The limit is shorter than the lease, so that no other process claims a delivery that is being sent.
function withTimeLimit(sending: Promise<Outcome>, limitMs = ATTEMPT_MAX_MS): Promise<Outcome> {
  const { promise, resolve } = Promise.withResolvers<Outcome>()
  const timer = setTimeout(() => {
    resolve({ result: 'failed', reason: 'timeout', detail: 'Sending took too long', isPermanent: false })
  }, limitMs)
  return Promise.race([sending, promise]).finally(() => clearTimeout(timer))
}

function logOutcome(deps: Deps, { claimed, outcome }: { claimed: ClaimedDelivery; outcome: Outcome }): void {
  const facts = {
    delivery: claimed.id,
    kind: claimed.channelKind,
    monitor: notificationSubject(claimed.notification),
    status: claimed.notification.status,
    attempt: claimed.attempts,
  }
  if (outcome.result !== 'failed') deps.log.info(`Notification ${outcome.result}`, facts)
  else deps.log.warn('Notification failed', { ...facts, reason: outcome.reason, detail: outcome.detail })
}
