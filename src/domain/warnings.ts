// What the owner of this CronGuard should look at before it hurts.
import { DAY, durationInWords, MINUTE } from '#lib/duration.ts'
import { GIGABYTE, sizeInWords } from '#lib/size.ts'

/** What warnings are made of. Times are moments; null: it cannot be told, or there is none. */
export interface WarningFacts {
  now: number
  /** Of the file system with the data folder. */
  disk: { freeBytes: number; totalBytes: number } | null
  databaseBytes: number
  /** Without what waits for a channel that fails: that is tried again at its own time, and no fault of the outbox. */
  outbox: { waiting: number; oldestAt: number | null; lastSentAt: number | null }
  /** Those that are switched on; the one first that fails longest. */
  failingChannels: readonly FailingChannel[]
  /** The deadline that has waited longest, or comes next. */
  firstDeadlineAt: number | null
  /** Null: none are made by itself. `since`: from when on there should have been some. `isAhead`: some are of later. */
  backups: { lastAt: number | null; since: number; isAhead: boolean } | null
}

export interface FailingChannel {
  id: string
  name: string
  since: number
}

export type WarningKind = 'disk' | 'outbox' | 'checker' | 'backup' | 'channels'

export interface Warning {
  kind: WarningKind
  /** Whole sentences for the owner. */
  text: string
  /** The channels that it is about, or the first of them. */
  channels?: Pick<FailingChannel, 'id' | 'name'>[]
}

const DISK_FREE_SHARE_MIN = 0.05
/** So much is enough, however large the disk is. */
const DISK_FREE_ENOUGH = GIGABYTE
const OUTBOX_WAIT_MAX_MS = 15 * MINUTE
const CHANNEL_FAILS_MAX_MS = 15 * MINUTE
const CHANNELS_NAMED_MAX = 3
const CHECKER_LAG_MAX_MS = MINUTE
const BACKUP_AGE_MAX_MS = 2 * DAY

export function warningsOf(facts: WarningFacts): Warning[] {
  const found = [
    warning('checker', checkerProblem(facts)),
    warning('outbox', outboxProblem(facts)),
    channelsWarning(facts),
    warning('disk', diskProblem(facts)),
    warning('backup', backupProblem(facts)),
  ]
  return found.filter((one) => one !== null)
}

function warning(kind: WarningKind, text: string | null): Warning | null {
  return text === null ? null : { kind, text }
}

function checkerProblem({ firstDeadlineAt, now }: WarningFacts): string | null {
  if (firstDeadlineAt === null || now - firstDeadlineAt <= CHECKER_LAG_MAX_MS) return null
  const lag = durationInWords(now - firstDeadlineAt)
  return `Monitors are judged too late: a deadline passed ${lag} ago, and nothing was done about it.`
}

function outboxProblem({ outbox: { waiting, oldestAt, lastSentAt }, now }: WarningFacts): string | null {
  const isRecent = (at: number | null): boolean => at !== null && now - at <= OUTBOX_WAIT_MAX_MS
  if (oldestAt === null || isRecent(oldestAt) || isRecent(lastSentAt)) return null
  const messages = waiting === 1 ? '1 message has waited to be sent' : `${waiting} messages wait to be sent, the oldest`
  return (
    `${messages} for ${durationInWords(now - oldestAt)}, ` +
    `and none was sent in the last ${durationInWords(OUTBOX_WAIT_MAX_MS)}. The log says more.`
  )
}

// A receiver that is gone is for whoever set it up to mend, or to take out.
function channelsWarning({ failingChannels, now }: WarningFacts): Warning | null {
  const lost = failingChannels.filter(({ since }) => now - since > CHANNEL_FAILS_MAX_MS)
  const [longest] = lost
  if (longest === undefined) return null
  const lasted = durationInWords(now - longest.since)
  const text =
    lost.length === 1
      ? `A channel has not been reached for ${lasted}. Mend it, or switch it off.`
      : `${lost.length} channels have not been reached, one of them for ${lasted}. Mend them, or switch them off.`
  return { kind: 'channels', text, channels: lost.slice(0, CHANNELS_NAMED_MAX).map(({ id, name }) => ({ id, name })) }
}

/** A backup, and a change of the schema, need room for a copy of the database. */
export function diskProblem({ disk, databaseBytes }: Pick<WarningFacts, 'disk' | 'databaseBytes'>): string | null {
  if (disk === null) return null
  const needed = Math.max(databaseBytes, Math.min(disk.totalBytes * DISK_FREE_SHARE_MIN, DISK_FREE_ENOUGH))
  if (disk.freeBytes >= needed) return null
  return (
    `The disk with the data folder is nearly full: ${sizeInWords(disk.freeBytes)} of ${sizeInWords(disk.totalBytes)} ` +
    'are free. When nothing is, no ping can be recorded.'
  )
}

function backupProblem({ backups, now }: WarningFacts): string | null {
  if (backups === null || now - (backups.lastAt ?? backups.since) <= BACKUP_AGE_MAX_MS) return null
  if (backups.lastAt === null && backups.isAhead) {
    return 'All backups are dated in the future. Check the clock of this machine: it is behind, or was ahead.'
  }
  if (backups.lastAt === null) return 'There is no backup yet. The log says why none could be made.'
  return `The last backup is ${durationInWords(now - backups.lastAt)} old. The log says why there is no newer one.`
}
