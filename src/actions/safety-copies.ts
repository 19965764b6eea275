// Copies of the database that are made because something is about to change it.
import type { Deps } from '#deps.ts'
import { expiredSchemaCopies, type SafetyReason, safetyCopiesAmong, safetyName } from '#domain/backup.ts'
import { diskSpace } from '#lib/disk.ts'
import { AppError } from '#lib/errors.ts'
import {
  chownLike,
  copyFile,
  dropDraft,
  folderOf,
  isFile,
  linkFile,
  listFolder,
  makeDraft,
  replaceWithDraft,
  sizeOf,
} from '#lib/files.ts'
import { sizeInWords } from '#lib/size.ts'
import { hasUsers } from '#store/accounts.ts'
import { type CopyFacts, copyDatabase, requireRoom } from '#store/backup.ts'
import { databaseBytes } from '#store/counts.ts'
import { readHeartbeat } from '#store/heartbeat.ts'
import { MIGRATIONS, pendingMigrations, schemaVersion } from '#store/migrations.ts'
import {
  asAppError,
  backupFolder,
  databasePath,
  type MadeCopy,
  type Place,
  prepareFolder,
  publishCopy,
  readManifest,
  removeCopy,
} from './copies.ts'

const SCHEMA_COPIES_KEPT = 3
const BEFORE_NEWEST: SafetyReason = `before-schema-${MIGRATIONS.length}`
/** Room for the copy, for new tables beside the old ones, and for the log in which the new tables stand first. */
const MIGRATION_ROOM = 3

/**
 * Copies a database with data in it that is about to get another schema; null when none is, or when the copy is there
 * that was made before an upgrade which did not finish. Blocks for as long as that takes. Throws conflict, with what to
 * do, when there is no room.
 */
export function copyBeforeMigration(deps: Deps): MadeCopy | null {
  if (pendingMigrations(deps.db).length === 0 || schemaVersion(deps.db) === 0 || !hasUsers(deps.db)) return null
  if (isCopied(deps)) return null
  requireMigrationRoom(deps)
  return makeSafetyCopy(deps, BEFORE_NEWEST, (draft) => copyDatabase({ from: databasePath(deps), to: draft }))
}

/** For when the upgrade is done: until then nobody knows which copy will be needed. */
export function dropExpiredSchemaCopies(place: Place): void {
  const folder = backupFolder(place)
  for (const name of expiredSchemaCopies(listFolder(folder), SCHEMA_COPIES_KEPT)) removeCopy(`${folder}/${name}`)
}

// A start that fails is tried again, and again: each try finds the database as the first one left it, half upgraded.
function isCopied(deps: Deps): boolean {
  const folder = backupFolder(deps)
  const watchedUntil = readHeartbeat(deps.db)?.aliveAt ?? 0
  return safetyCopiesAmong(listFolder(folder), BEFORE_NEWEST).some((name) => {
    const manifest = readManifest(`${folder}/${name}`)
    return manifest !== null && Date.parse(manifest.made_at) >= watchedUntil
  })
}

/** `copyTo` fills the draft. Throws as `copyDatabase`; then nothing is left of it. */
export function makeSafetyCopy(place: Place, reason: SafetyReason, copyTo: (draft: string) => CopyFacts): MadeCopy {
  const folder = backupFolder(place)
  prepareFolder(place, folder)
  const madeAt = place.clock.now()
  const nameOf = (number: number): string => safetyName(reason, madeAt, number)
  const draft = makeDraft(`${folder}/${nameOf(1)}`)
  try {
    return publishCopy({ draft, facts: copyTo(draft), madeAt, folder, nameOf })
  } catch (error) {
    dropDraft(draft)
    throw asAppError(error, 'The database could not be copied before it changes')
  }
}

/**
 * Keeps a database that cannot be read, with its write-ahead log, byte for byte; returns its new path. Where it can, by
 * one more name: a copy would open the file, and give away the hold that this process may have on it.
 */
export function keepDamaged(place: Place, path: string): string {
  const folder = backupFolder(place)
  prepareFolder(place, folder)
  const madeAt = place.clock.now()
  const nameOf = (number: number): string => `${folder}/${safetyName('before-restore', madeAt, number)}`
  let number = 1
  while (isFile(nameOf(number))) number++
  const kept = nameOf(number)
  for (const ending of ['', '-wal'].filter((ending) => isFile(path + ending))) {
    if (!linkFile(path + ending, kept + ending)) copyDamaged(path + ending, kept + ending)
    chownLike(place.config.dataDir, kept + ending)
  }
  return kept
}

function copyDamaged(from: string, to: string): void {
  requireRoom(folderOf(to), sizeOf(from))
  const draft = makeDraft(to)
  try {
    copyFile(from, draft)
    replaceWithDraft(draft, to)
  } finally {
    dropDraft(draft)
  }
}

function requireMigrationRoom({ config, db }: Deps): void {
  const space = diskSpace(config.dataDir)
  const needed = databaseBytes(db) * MIGRATION_ROOM
  if (space === null || space.freeBytes >= needed) return
  throw new AppError(
    'conflict',
    `This version of CronGuard changes the database, and copies it before: that takes ${sizeInWords(needed)} on the ` +
      `disk with ${config.dataDir}, and ${sizeInWords(space.freeBytes)} are free. Nothing was changed. Make room, ` +
      'for example by moving old backups to another disk, and start again; or go on with the version you had.',
  )
}
