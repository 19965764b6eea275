// Copies the database before an upgrade or a restore changes it.
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
import { type CopyFacts, copyDatabase, requireSpace } from '#store/backup.ts'
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
/** Space for the copy, for new tables next to the old ones, and for the write-ahead log with the new tables. */
const MIGRATION_SPACE_FACTOR = 3

/**
 * Copies a database before its schema changes. Null when nothing changes, the database is empty, or an interrupted
 * upgrade has already made the copy. Blocks for as long as that takes. Throws conflict when there is not enough space.
 */
export function copyBeforeMigration(deps: Deps): MadeCopy | null {
  if (pendingMigrations(deps.db).length === 0 || schemaVersion(deps.db) === 0 || !hasUsers(deps.db)) return null
  if (isCopied(deps)) return null
  requireMigrationSpace(deps)
  return makeSafetyCopy(deps, BEFORE_NEWEST, (draft) => copyDatabase({ from: databasePath(deps), to: draft }))
}

/** Deletes old copies. Call it after the upgrade, because a failed one may need any of them. */
export function dropExpiredSchemaCopies(place: Place): void {
  const folder = backupFolder(place)
  for (const name of expiredSchemaCopies(listFolder(folder), SCHEMA_COPIES_KEPT)) removeCopy(`${folder}/${name}`)
}

// The service manager restarts a failing upgrade again and again. Only the first try makes a copy, because the database
// may be partly upgraded afterwards.
function isCopied(deps: Deps): boolean {
  const folder = backupFolder(deps)
  const watchedUntil = readHeartbeat(deps.db)?.aliveAt ?? 0
  return safetyCopiesAmong(listFolder(folder), BEFORE_NEWEST).some((name) => {
    const manifest = readManifest(`${folder}/${name}`)
    return manifest !== null && Date.parse(manifest.made_at) >= watchedUntil
  })
}

/** Publishes the copy that `copyTo` writes to a draft. Throws as `copyDatabase`, and leaves no files then. */
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
    throw asAppError(error, 'Copying the database before the change failed')
  }
}

/**
 * Keeps an unreadable database and its write-ahead log unchanged, and returns the new path. It uses a hard link if
 * possible, because copying opens the file, and closing it would drop this process's locks.
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
  requireSpace(folderOf(to), sizeOf(from))
  const draft = makeDraft(to)
  try {
    copyFile(from, draft)
    replaceWithDraft(draft, to)
  } finally {
    dropDraft(draft)
  }
}

function requireMigrationSpace({ config, db }: Deps): void {
  const space = diskSpace(config.dataDir)
  const needed = databaseBytes(db) * MIGRATION_SPACE_FACTOR
  if (space === null || space.freeBytes >= needed) return
  throw new AppError(
    'conflict',
    `This version upgrades the database and copies it first, which needs ${sizeInWords(needed)} on the disk with ` +
      `${config.dataDir}, but only ${sizeInWords(space.freeBytes)} is free. Nothing was changed. Free some space, ` +
      'for example by moving old backups to another disk, and start again; or continue with the previous version.',
  )
}
