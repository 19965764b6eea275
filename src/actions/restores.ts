// Verifies backups, and replaces the database with one.
import type { BackupCounts, Manifest } from '#domain/backup.ts'
import { manifestOf } from '#domain/backup.ts'
import { AppError } from '#lib/errors.ts'
import {
  chownLike,
  copyFile,
  dropDraft,
  dropStaleDrafts,
  folderOf,
  isFile,
  isFolder,
  makeDraft,
  makeFolder,
  realPath,
  removeFile,
  replaceWithDraft,
  sha256OfFile,
  sizeOf,
} from '#lib/files.ts'
import {
  countPending,
  type DatabaseFacts,
  inspectDatabase,
  requireSpace,
  UnusableDatabaseError,
} from '#store/backup.ts'
import { lockFolder } from '#store/lock.ts'
import { rebuildDatabase } from '#store/rebuild.ts'
import { type HeldDatabase, holdDatabase, mergeWal } from '#store/restore.ts'
import { asAppError, databasePath, hasManifest, type Place, readManifest } from './copies.ts'
import { keepDamaged, makeSafetyCopy } from './safety-copies.ts'

export interface Verified extends DatabaseFacts {
  manifest: Manifest
  /** The number of migrations that the next start would apply. */
  pending: number
}

/** Checks a backup and compares it with its manifest. Throws not_found, and conflict with the problem. */
export function verifyBackup(file: string): Verified {
  try {
    requireFile(file)
    const manifest = readManifest(file)
    if (manifest === null) {
      throw new AppError(
        'conflict',
        `The manifest ${manifestOf(file)} is missing or unreadable, so the backup cannot be verified.`,
      )
    }
    requireSameBytes(manifest, file)
    return { manifest, ...inspectKnown(file) }
  } catch (error) {
    throw asAppError(error, `${file} cannot be read`)
  }
}

export interface Restored extends DatabaseFacts {
  /** The content of the previous database. Null when there was none, or it was unreadable. */
  before: BackupCounts | null
  pending: number
  /** The path of the copy of the previous database. Null when there was none. */
  safetyCopy: string | null
  /** The manifest of the backup, or null. */
  manifest: Manifest | null
}

/**
 * Replaces the database with a backup. If the process is killed, either the old or the new database is in place. Throws
 * conflict while the folder or the database is in use, and when the backup is damaged or from a newer CronGuard.
 */
export function restoreBackup(place: Place, file: string): Restored {
  const { dataDir } = place.config
  try {
    requireFile(file)
    makeFolder(dataDir)
    const lock = lockFolder(dataDir)
    if (lock === null) throw folderInUse(dataDir)
    try {
      return restoreInto(place, file)
    } finally {
      lock.release()
    }
  } catch (error) {
    throw asAppError(error, 'Restoring the backup failed, and the database is unchanged')
  }
}

function restoreInto(place: Place, file: string): Restored {
  const path = realPath(databasePath(place))
  if (realPath(file) === path) throw new AppError('conflict', `${file} is the database itself.`)
  // With the lock held, no other process uses a draft in this folder.
  dropStaleDrafts(folderOf(path), Number.POSITIVE_INFINITY)
  const draft = makeDraft(path)
  try {
    const { manifest, ...facts } = takeCopy(file, draft)
    chownLike(isFile(path) ? path : place.config.dataDir, draft)
    return { ...facts, manifest, ...swap(place, { draft, path }) }
  } finally {
    dropDraft(draft)
  }
}

// The copy is checked, not the original, because the original may be on a failing disk.
function takeCopy(file: string, draft: string) {
  requireSpace(folderOf(draft), sizeOf(file) + sizeOf(`${file}-wal`))
  copyFile(file, draft)
  const manifest = readManifest(file)
  if (manifest === null && hasManifest(file)) throw new AppError('conflict', `${manifestOf(file)} cannot be read.`)
  if (manifest !== null) requireSameBytes(manifest, draft)
  else if (isFile(`${file}-wal`)) copyFile(`${file}-wal`, `${draft}-wal`)
  mergeWal(draft)
  const facts = inspectKnown(draft)
  if (manifest === null) rebuildFromRows(draft)
  return { manifest, ...facts }
}

// Without a manifest, the file may come from anywhere and contain triggers, which would run. Only its rows are used.
function rebuildFromRows(draft: string): void {
  const rebuilt = makeDraft(draft)
  try {
    requireSpace(folderOf(draft), sizeOf(draft))
    rebuildDatabase({ from: draft, to: rebuilt })
    replaceWithDraft(rebuilt, draft)
  } finally {
    dropDraft(rebuilt)
  }
}

interface Swap {
  draft: string
  path: string
}

// The rename is atomic. Before it, the old database is complete without its log; after it, the new one is in place.
function swap(place: Place, { draft, path }: Swap): Pick<Restored, 'before' | 'safetyCopy'> {
  const held = isFile(path) ? holdIfUsable(path) : null
  try {
    const kept = keepOld(place, { path, held })
    // SQLite would apply a leftover write-ahead log to the new database.
    for (const ending of ['-wal', '-shm', '-journal']) removeFile(path + ending)
    replaceWithDraft(draft, path)
    return kept
  } finally {
    held?.release()
  }
}

// A database that is too damaged to lock cannot be in use either.
function holdIfUsable(path: string): HeldDatabase | null {
  try {
    return holdDatabase(path)
  } catch (error) {
    if (error instanceof UnusableDatabaseError) return null
    throw error
  }
}

interface OldDatabase {
  path: string
  held: HeldDatabase | null
}

function keepOld(place: Place, { path, held }: OldDatabase): Pick<Restored, 'before' | 'safetyCopy'> {
  try {
    if (held === null) return { before: null, safetyCopy: isFile(path) ? keepDamaged(place, path) : null }
    const copy = makeSafetyCopy(place, 'before-restore', held.copyTo)
    return { before: copy.manifest.counts, safetyCopy: copy.path }
  } catch (error) {
    if (error instanceof UnusableDatabaseError) return { before: null, safetyCopy: keepDamaged(place, path) }
    throw error
  }
}

function inspectKnown(path: string) {
  const facts = inspectDatabase(path)
  return { ...facts, pending: countPending(path) }
}

function requireSameBytes(manifest: Manifest, path: string): void {
  if (sizeOf(path) === manifest.bytes && sha256OfFile(path) === manifest.sha256) return
  throw new AppError('conflict', 'The backup has changed since it was made: its checksum differs from the manifest.')
}

function requireFile(file: string): void {
  if (isFolder(file)) throw new AppError('invalid', `${file} is a folder. Choose a backup file.`)
  if (!isFile(file)) throw new AppError('not_found', `${file} does not exist.`)
}

function folderInUse(dataDir: string): AppError {
  return new AppError(
    'conflict',
    `CronGuard is using the data folder ${dataDir}. Stop it before restoring a backup, and start it again afterwards.`,
  )
}
