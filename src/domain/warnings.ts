// What the owner of this CronGuard should look at before it hurts.
import { DAY, durationInWords, MINUTE } from '#lib/duration.ts'
import { GIGABYTE, sizeInWords } from '#lib/size.ts'

/** What warnings are made of. Times are moments; null: it cannot be told, or there is none. */
export interface WarningFacts {
  now: number
  /** Of the file system with the data folder. */
  disk: { freeBytes: number; totalBytes: number } | null
  databaseBytes: number
  outbox: { waiting: number; oldestAt: number | null; lastSentAt: number | null }
  /** The deadline that has waited longest, or comes next. */
  firstDeadlineAt: number | null
  /** Null: none are made by itself. `since`: from when on there should have been some. */
  backups: { lastAt: number | null; since: number } | null
}

export type WarningKind = 'disk' | 'outbox' | 'checker' | 'backup'

export interface Warning {
  kind: WarningKind
  /** Whole sentences for the owner. */
  text: string
}

const DISK_FREE_SHARE_MIN = 0.05
/** So much is enough, however large the disk is. */
const DISK_FREE_ENOUGH = GIGABYTE
const OUTBOX_WAIT_MAX_MS = 15 * MINUTE
const CHECKER_LAG_MAX_MS = MINUTE
const BACKUP_AGE_MAX_MS = 2 * DAY

export function warningsOf(facts: WarningFacts): Warning[] {
  const found: [WarningKind, string | null][] = [
    ['checker', checkerProblem(facts)],
    ['outbox', outboxProblem(facts)],
    ['disk', diskProblem(facts)],
    ['backup', backupProblem(facts)],
  ]
  return found.flatMap(([kind, text]) => (text === null ? [] : [{ kind, text }]))
}

function checkerProblem({ firstDeadlineAt, now }: WarningFacts): string | null {
  if (firstDeadlineAt === null || now - firstDeadlineAt <= CHECKER_LAG_MAX_MS) return null
  const lag = durationInWords(now - firstDeadlineAt)
  return `Monitors are judged too late: a deadline passed ${lag} ago, and nothing was done about it.`
}

// One receiver that is gone keeps its messages waiting for a day: no fault of the outbox while others get theirs.
function outboxProblem({ outbox: { waiting, oldestAt, lastSentAt }, now }: WarningFacts): string | null {
  const isRecent = (at: number | null): boolean => at !== null && now - at <= OUTBOX_WAIT_MAX_MS
  if (oldestAt === null || isRecent(oldestAt) || isRecent(lastSentAt)) return null
  const messages = waiting === 1 ? '1 message has waited to be sent' : `${waiting} messages wait to be sent, the oldest`
  return (
    `${messages} for ${durationInWords(now - oldestAt)}, ` +
    `and none was sent in the last ${durationInWords(OUTBOX_WAIT_MAX_MS)}. The pages of the channels say why.`
  )
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
  if (backups.lastAt === null) return 'There is no backup yet. The log says why none could be made.'
  return `The last backup is ${durationInWords(now - backups.lastAt)} old. The log says why there is no newer one.`
}
