// Names, manifests and due times of backups.
import { z } from 'zod'
import { DAY, HOUR } from '#lib/duration.ts'

/** The number of rows of each kind in a database. */
export type BackupCounts = z.output<typeof BackupCounts>
const Count = z.number().int().nonnegative()
export const BackupCounts = z.object({
  users: Count,
  projects: Count,
  monitors: Count,
  channels: Count,
  pings: Count,
})

/** Facts about a backup, stored beside it under the same name plus `.json`. */
export type Manifest = z.output<typeof Manifest>
export const Manifest = z.object({
  /** The version of CronGuard that made the backup. */
  cronguard: z.string().max(100),
  schema: z.number().int().positive(),
  made_at: z.iso.datetime(),
  bytes: Count,
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  counts: BackupCounts,
})

/** Why a safety copy is made: something is about to change. */
export type SafetyReason = 'before-restore' | `before-schema-${number}`

const BACKUP_NAME = /^cronguard-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z(?:-\d{1,3})?\.db$/
const SCHEMA_COPY_NAME = /^before-schema-\d+-(\d{8}T\d{6}Z)(?:-\d{1,3})?\.db$/
/** Most nightly jobs have ended by then. */
const HOUR_OF_NIGHT = 3
const TRY_AGAIN_MS = HOUR

/** "cronguard-20261124T030000Z.db", with "-2" added if the name is taken. */
export function backupName(madeAt: number, number = 1): string {
  return copyName('cronguard', madeAt, number)
}

export function safetyName(reason: SafetyReason, madeAt: number, number = 1): string {
  return copyName(reason, madeAt, number)
}

export function manifestOf(path: string): string {
  return `${path}.json`
}

export function isBackupName(name: string): boolean {
  return BACKUP_NAME.test(name)
}

/** When the backup with this name was made; null if the name isn't one of ours. */
export function backupMadeAt(name: string): number | null {
  const [, ...parts] = BACKUP_NAME.exec(name) ?? []
  if (parts.length === 0) return null
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = parts.map(Number)
  return Date.UTC(year, month - 1, day, hour, minute, second)
}

/** The names of backups among `names`, newest first. */
export function backupsAmong(names: readonly string[]): string[] {
  return names.filter(isBackupName).sort(byAge)
}

/** The names of backups to delete if `keep` backups stay. */
export function expiredBackups(names: readonly string[], keep: number): string[] {
  return backupsAmong(names).slice(keep)
}

/** The names of copies made for `reason`. */
export function safetyCopiesAmong(names: readonly string[], reason: SafetyReason): string[] {
  return names.filter((name) => name.startsWith(`${reason}-`) && name.endsWith('.db'))
}

/** The names of copies from before schema changes to delete if `keep` of them stay. */
export function expiredSchemaCopies(names: readonly string[], keep: number): string[] {
  const momentOf = (name: string): string => SCHEMA_COPY_NAME.exec(name)?.[1] ?? ''
  const copies = names.filter((name) => SCHEMA_COPY_NAME.test(name))
  return copies.sort((a, b) => momentOf(b).localeCompare(momentOf(a))).slice(keep)
}

/** Times in milliseconds since 1970. */
export interface BackupTimes {
  now: number
  /** The time of the newest backup; if there is none, the time since when there should be one. */
  lastAt: number
  /** The time of this process's last attempt; null if there was none. */
  triedAt: number | null
}

/** Backups are due once a night, or soon after a missed night. A failed attempt isn't repeated at once. */
export function isBackupDue({ now, lastAt, triedAt }: BackupTimes): boolean {
  if (triedAt !== null && now >= triedAt && now - triedAt < TRY_AGAIN_MS) return false
  const offset = HOUR_OF_NIGHT * HOUR
  const night = Math.floor((now - offset) / DAY) * DAY + offset
  return lastAt < night
}

function copyName(start: string, madeAt: number, number: number): string {
  const moment = new Date(madeAt).toISOString().replace(/[-:]|\.\d+/g, '')
  return `${start}-${moment}${number === 1 ? '' : `-${number}`}.db`
}

// "-10" sorts after "-9", and both before the next second.
function byAge(a: string, b: string): number {
  const [first, second] = [a, b].map((name) => (backupMadeAt(name) ?? 0) + numberOf(name) / 1000)
  return (second ?? 0) - (first ?? 0)
}

function numberOf(name: string): number {
  return Number(/-(\d{1,3})\.db$/.exec(name)?.[1] ?? 1)
}
