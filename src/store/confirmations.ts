import type { RecentMails } from '#domain/confirmation.ts'
import { DAY } from '#lib/duration.ts'
import type { Reader, Tx } from './database.ts'

/** Whether the channel waits for the recipient to confirm the address; null: no longer. The email is due now. */
export function saveUnconfirmedSince(tx: Tx, { id, since }: { id: string; since: number | null }): void {
  tx.run(
    `UPDATE channels SET unconfirmed_since = $since, confirmation_due_at = $since, unsubscribed_at = NULL
      WHERE id = $id`,
    { id, since },
  )
}

/** When to send the next confirmation email; null for never. */
export function saveConfirmationDueAt(tx: Tx, { id, dueAt }: { id: string; dueAt: number | null }): void {
  tx.run('UPDATE channels SET confirmation_due_at = $dueAt WHERE id = $id', { id, dueAt })
}

/** When the reader of the channel unsubscribed; null for never. */
export function saveUnsubscribedAt(tx: Tx, { id, at }: { id: string; at: number | null }): void {
  tx.run('UPDATE channels SET unsubscribed_at = $at WHERE id = $id', { id, at })
}

/** Whether a channel may send, what its recipient decided, and what they are asked. */
export interface Consent {
  disabledAt: number | null
  unconfirmedSince: number | null
  confirmationDueAt: number | null
  unsubscribedAt: number | null
}

export function findConsent(reader: Reader, id: string): Consent | null {
  return reader.get(
    `SELECT disabled_at AS disabledAt, unconfirmed_since AS unconfirmedSince,
            confirmation_due_at AS confirmationDueAt, unsubscribed_at AS unsubscribedAt
       FROM channels WHERE id = $id`,
    { id },
  )
}

export function saveConsent(tx: Tx, { id, ...consent }: Consent & { id: string }): void {
  tx.run(
    `UPDATE channels
        SET disabled_at = $disabledAt, unconfirmed_since = $unconfirmedSince,
            confirmation_due_at = $confirmationDueAt, unsubscribed_at = $unsubscribedAt
      WHERE id = $id`,
    { id, ...consent },
  )
}

/** The enabled channels whose confirmation email is due, the longest due first. */
export function listDueConfirmations(reader: Reader, { now, limit }: { now: number; limit: number }): string[] {
  return reader
    .all<{ id: string }>(
      `SELECT id FROM channels
        WHERE confirmation_due_at <= $now AND disabled_at IS NULL
        ORDER BY confirmation_due_at
        LIMIT $limit`,
      { now, limit },
    )
    .map(({ id }) => id)
}

export interface CountedMail {
  projectId: string
  /** The account that owns the project. */
  accountId: string
  mailbox: string
}

/**
 * Records a confirmation email, and forgets those that no longer count. A second row, without a mailbox, counts it for
 * the account, because a project can be deleted and created again.
 */
export function insertConfirmationMail(tx: Tx, { projectId, accountId, mailbox }: CountedMail): void {
  tx.run('DELETE FROM confirmation_mails WHERE sent_at <= $now - $keptMs', { now: tx.now, keptMs: DAY })
  tx.run(
    `INSERT INTO confirmation_mails (project_id, mailbox, sent_at)
     VALUES ($projectId, $mailbox, $now), ($accountId, '', $now)`,
    { projectId, accountId, mailbox, now: tx.now },
  )
}

export function findRecentMails(reader: Reader, counted: CountedMail & { now: number }): RecentMails {
  const rows = reader.all<{ project_id: string; mailbox: string; sent_at: number }>(
    `SELECT project_id, mailbox, sent_at FROM confirmation_mails
      WHERE (project_id IN ($projectId, $accountId) OR mailbox = $mailbox) AND sent_at > $now - $keptMs`,
    { ...counted, keptMs: DAY },
  )
  const times = (counts: (row: (typeof rows)[number]) => boolean) => rows.filter(counts).map(({ sent_at }) => sent_at)
  const isFrom = (row: { project_id: string }) => row.project_id === counted.projectId
  const isTo = (row: { mailbox: string }) => row.mailbox === counted.mailbox
  return {
    toMailbox: times((row) => isFrom(row) && isTo(row)),
    toMailboxFromAll: times(isTo),
    fromProject: times(isFrom),
    fromAccount: times((row) => row.project_id === counted.accountId),
  }
}
