// Problems that the administrator should fix before they do harm.
import type { DiskSpace } from '#lib/disk.ts'
import { DAY, MINUTE } from '#lib/duration.ts'
import { GIGABYTE } from '#lib/size.ts'

/** The facts in which problems are found. Null if unknown, or if there are none. */
export interface WarningFacts {
  now: number
  /** The file system of the data folder. */
  disk: DiskSpace | null
  /** As configured; null for the default. */
  diskReserveBytes: number | null
  databaseBytes: number
  /** Excludes deliveries of a failing channel, which wait for their next attempt. */
  outbox: { waiting: number; oldestAt: number | null; lastSentAt: number | null }
  /** Enabled channels only, the one that has failed the longest first. */
  failingChannels: readonly FailingChannel[]
  /** The earliest deadline that is not checked yet, past or future. */
  firstDeadlineAt: number | null
  /** Null: no automatic backups. `since`: when they were turned on. `isAhead`: some are dated in the future. */
  backups: { lastAt: number | null; since: number; isAhead: boolean } | null
}

export interface FailingChannel {
  id: string
  name: string
  since: number
}

export type Problem =
  | { kind: 'checker'; lagMs: number }
  | { kind: 'outbox'; waiting: number; waitedMs: number; silentMs: number }
  /** The affected channels, or the first of them. */
  | { kind: 'channels'; count: number; lastedMs: number; channels: Pick<FailingChannel, 'id' | 'name'>[] }
  | ({ kind: 'disk'; isReserve: boolean } & DiskSpace)
  /** `ahead`: all are dated in the future. Null: there is none yet. */
  | { kind: 'backup'; ageMs: number | 'ahead' | null }

export type ProblemKind = Problem['kind']

/** What administrators are alerted of. `storage`: the disk refuses writes. */
export type AlertCause = ProblemKind | 'storage'

const DISK_FREE_SHARE_MIN = 0.05
/** Enough free space on any disk. */
const DISK_FREE_ENOUGH = GIGABYTE
const RESERVE_SHARE = 0.02
const RESERVE_BYTES_MAX = 200_000_000
const OUTBOX_WAIT_MAX_MS = 15 * MINUTE
const CHANNEL_FAILS_MAX_MS = 15 * MINUTE
const CHANNELS_NAMED_MAX = 3
const CHECKER_LAG_MAX_MS = MINUTE
const BACKUP_AGE_MAX_MS = 2 * DAY

/** Most urgent first. */
export function problemsOf(facts: WarningFacts): Problem[] {
  const found = [
    checkerProblem(facts),
    outboxProblem(facts),
    channelsProblem(facts),
    diskProblem(facts),
    backupProblem(facts),
  ]
  return found.filter((one) => one !== null)
}

function checkerProblem({ firstDeadlineAt, now }: WarningFacts): Problem | null {
  if (firstDeadlineAt === null || now - firstDeadlineAt <= CHECKER_LAG_MAX_MS) return null
  return { kind: 'checker', lagMs: now - firstDeadlineAt }
}

function outboxProblem({ outbox: { waiting, oldestAt, lastSentAt }, now }: WarningFacts): Problem | null {
  const isRecent = (at: number | null): boolean => at !== null && now - at <= OUTBOX_WAIT_MAX_MS
  if (oldestAt === null || isRecent(oldestAt) || isRecent(lastSentAt)) return null
  return { kind: 'outbox', waiting, waitedMs: now - oldestAt, silentMs: OUTBOX_WAIT_MAX_MS }
}

// If a receiver no longer exists, its owner must fix or disable the channel.
export function channelsProblem({
  failingChannels,
  now,
}: Pick<WarningFacts, 'failingChannels' | 'now'>): Problem | null {
  const lost = failingChannels.filter(({ since }) => now - since > CHANNEL_FAILS_MAX_MS)
  const [longest] = lost
  if (longest === undefined) return null
  const channels = lost.slice(0, CHANNELS_NAMED_MAX).map(({ id, name }) => ({ id, name }))
  return { kind: 'channels', count: lost.length, lastedMs: now - longest.since, channels }
}

type DiskFacts = Pick<WarningFacts, 'disk' | 'diskReserveBytes' | 'databaseBytes'>

/** A backup and a change of the schema need space for a copy of the database. */
export function diskProblem({ disk, diskReserveBytes, databaseBytes }: DiskFacts): Problem | null {
  if (disk === null) return null
  const isReserve = isInReserve(disk, diskReserveBytes)
  const needed = Math.max(databaseBytes, Math.min(disk.totalBytes * DISK_FREE_SHARE_MIN, DISK_FREE_ENOUGH))
  return disk.freeBytes >= needed && !isReserve ? null : { kind: 'disk', ...disk, isReserve }
}

/** Whether so little space is free that it is reserved for pings without their bodies. */
export function isInReserve({ freeBytes, totalBytes }: DiskSpace, reserveBytes: number | null): boolean {
  return freeBytes < (reserveBytes ?? Math.min(totalBytes * RESERVE_SHARE, RESERVE_BYTES_MAX))
}

function backupProblem({ backups, now }: WarningFacts): Problem | null {
  if (backups === null || now - (backups.lastAt ?? backups.since) <= BACKUP_AGE_MAX_MS) return null
  if (backups.lastAt === null) return { kind: 'backup', ageMs: backups.isAhead ? 'ahead' : null }
  return { kind: 'backup', ageMs: now - backups.lastAt }
}
