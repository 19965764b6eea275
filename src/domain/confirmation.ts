// How often the address of a channel may be asked to confirm itself. Strangers must not get more than that.
import { DAY, HOUR } from '#lib/duration.ts'

/** Confirmation emails that were sent in the last day. */
export interface RecentMails {
  /** To this mailbox, for this project. */
  toMailbox: readonly number[]
  /** To this mailbox, for any project. */
  toMailboxFromAll: readonly number[]
  /** To any mailbox, for this project. */
  fromProject: readonly number[]
  /** To any mailbox, for all projects of the account that owns this one, even if they were deleted since. */
  fromAccount: readonly number[]
}

const MAILBOX_FROM_ALL_PER_DAY = 5
const PROJECT_PER_HOUR = 30
const ACCOUNT_PER_HOUR = 60

/** When the next confirmation email may be sent; a time in the past or `now` means at once. */
export function nextConfirmationAt(mails: RecentMails): number {
  const { toMailbox, toMailboxFromAll, fromProject, fromAccount } = mails
  return Math.max(
    freeAt(toMailbox, { count: 1, withinMs: HOUR }),
    freeAt(toMailboxFromAll, { count: MAILBOX_FROM_ALL_PER_DAY, withinMs: DAY }),
    freeAt(fromProject, { count: PROJECT_PER_HOUR, withinMs: HOUR }),
    freeAt(fromAccount, { count: ACCOUNT_PER_HOUR, withinMs: HOUR }),
  )
}

function freeAt(times: readonly number[], { count, withinMs }: { count: number; withinMs: number }): number {
  const last = times.toSorted((a, b) => b - a)[count - 1]
  return last === undefined ? 0 : last + withinMs
}
