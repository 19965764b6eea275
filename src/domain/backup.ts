// What a backup is called, what is written down about it, and when the next one is due.
import { z } from 'zod'
import { DAY, HOUR } from '#lib/duration.ts'

/** How many rows of each sort a database has. */
export type BackupCounts = z.output<typeof BackupCounts>
const Count = z.number().int().nonnegative()
export const BackupCounts = z.object({
  users: Count,
  projects: Count,
  monitors: Count,
  channels: Count,
  pings: Count,
})

/** What stands beside a backup, in a file of the same name with `.json` behind it. */
export type Manifest = z.output<typeof Manifest>
export const Manifest = z.object({
  /** The version of the CronGuard that made it. */
  cronguard: z.string().max(100),
  schema: z.number().int().positive(),
  made_at: z.iso.datetime(),
  bytes: Count,
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  counts: BackupCounts,
})

/** "2 users, 1 project, 14 monitors, 3 channels, 9,120 pings" */
export function countsInWords(counts: Partial<BackupCounts>): string {
  return Object.entries(counts)
    .map(([what, count]) => `${count.toLocaleString('en')} ${count === 1 ? what.slice(0, -1) : what}`)
    .join(', ')
}

/** Why a copy is made that is no regular backup: something is about to change. */
export type SafetyReason = 'before-restore' | `before-schema-${number}`

const BACKUP_NAME = /^cronguard-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z(?:-\d{1,3})?\.db$/
const SCHEMA_COPY_NAME = /^before-schema-\d+-(\d{8}T\d{6}Z)(?:-\d{1,3})?\.db$/
/** About when most jobs of the night have ended. */
const HOUR_OF_NIGHT = 3
const TRY_AGAIN_MS = HOUR

/** "cronguard-20261124T030000Z.db", the next with "-2" when the name is taken. */
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

/** When a backup of this name was made; null when it is none of ours. */
export function backupMadeAt(name: string): number | null {
  const [, ...parts] = BACKUP_NAME.exec(name) ?? []
  if (parts.length === 0) return null
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = parts.map(Number)
  return Date.UTC(year, month - 1, day, hour, minute, second)
}

/** Of these names, newest first, the backups. */
export function backupsAmong(names: readonly string[]): string[] {
  return names.filter(isBackupName).sort(byAge)
}

/** Of these names, those that go when `keep` backups stay. */
export function expiredBackups(names: readonly string[], keep: number): string[] {
  return backupsAmong(names).slice(keep)
}

/** Of these names, the copies that were made for this reason. */
export function safetyCopiesAmong(names: readonly string[], reason: SafetyReason): string[] {
  return names.filter((name) => name.startsWith(`${reason}-`) && name.endsWith('.db'))
}

/** Of these names, those that go when `keep` of the copies stay that were made before the schema changed. */
export function expiredSchemaCopies(names: readonly string[], keep: number): string[] {
  const momentOf = (name: string): string => SCHEMA_COPY_NAME.exec(name)?.[1] ?? ''
  const copies = names.filter((name) => SCHEMA_COPY_NAME.test(name))
  return copies.sort((a, b) => momentOf(b).localeCompare(momentOf(a))).slice(keep)
}

/** Moments. */
export interface BackupTimes {
  now: number
  /** Of the newest backup; where there is none, since when there should be some. */
  lastAt: number
  /** Of the last try in this process; null: none. */
  triedAt: number | null
}

/** Once each night, and soon after a night that was missed. A try that failed is not repeated at once. */
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

// "-10" comes after "-9", and both before the next second.
function byAge(a: string, b: string): number {
  const [first, second] = [a, b].map((name) => (backupMadeAt(name) ?? 0) + numberOf(name) / 1000)
  return (second ?? 0) - (first ?? 0)
}

function numberOf(name: string): number {
  return Number(/-(\d{1,3})\.db$/.exec(name)?.[1] ?? 1)
}
