// The way back: a backup is looked through, and put in the place of the database.
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
import { countPending, type DatabaseFacts, inspectDatabase, requireRoom, UnusableDatabaseError } from '#store/backup.ts'
import { lockFolder } from '#store/lock.ts'
import { rebuildDatabase } from '#store/rebuild.ts'
import { type HeldDatabase, holdDatabase, mergeWal } from '#store/restore.ts'
import { asAppError, databasePath, hasManifest, type Place, readManifest } from './copies.ts'
import { keepDamaged, makeSafetyCopy } from './safety-copies.ts'

export interface Verified extends DatabaseFacts {
  manifest: Manifest
  /** How many migrations a start with it applies. */
  pending: number
}

/** Looks through a backup, and holds it against its manifest. Throws conflict with what is wrong, not_found. */
export function verifyBackup(file: string): Verified {
  try {
    requireFile(file)
    const manifest = readManifest(file)
    if (manifest === null) {
      throw new AppError(
        'conflict',
        `There is no manifest ${manifestOf(file)} that can be read: nothing says what it was.`,
      )
    }
    requireSameBytes(manifest, file)
    return { manifest, ...inspectKnown(file) }
  } catch (error) {
    throw asAppError(error, `${file} cannot be read`)
  }
}

export interface Restored extends DatabaseFacts {
  /** What was there before; null: nothing, or nothing that could be read. */
  before: BackupCounts | null
  pending: number
  /** Where what was there is now; null: there was nothing. */
  safetyCopy: string | null
  /** What stands beside the backup; null: nothing does. */
  manifest: Manifest | null
}

/**
 * Puts a backup in the place of the database. Killed at any moment, one of the two is there, whole. Throws conflict
 * while somebody uses the folder or the database, and when the backup is damaged or of a newer CronGuard.
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
    throw asAppError(error, 'The backup could not be restored, and the database is as it was')
  }
}

function restoreInto(place: Place, file: string): Restored {
  const path = realPath(databasePath(place))
  if (realPath(file) === path) throw new AppError('conflict', `${file} is the database itself.`)
  // While the folder is ours, whoever made a draft in it is gone.
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

// What is looked through is what will be used: the copy, not the file, which may be on a disk that is going bad.
function takeCopy(file: string, draft: string) {
  requireRoom(folderOf(draft), sizeOf(file) + sizeOf(`${file}-wal`))
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

// Without a manifest nothing says that CronGuard made the file. It may hold triggers, which would run.
function rebuildFromRows(draft: string): void {
  const rebuilt = makeDraft(draft)
  try {
    requireRoom(folderOf(draft), sizeOf(draft))
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

// The moment of the rename decides: before it the old database is there and needs nothing beside it, after it the new.
function swap(place: Place, { draft, path }: Swap): Pick<Restored, 'before' | 'safetyCopy'> {
  const held = isFile(path) ? holdIfUsable(path) : null
  try {
    const kept = keepOld(place, { path, held })
    // A write-ahead log that is left from another database would be taken into the new one.
    for (const ending of ['-wal', '-shm', '-journal']) removeFile(path + ending)
    replaceWithDraft(draft, path)
    return kept
  } finally {
    held?.release()
  }
}

// What cannot be held cannot be used by anybody else either.
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
  throw new AppError('conflict', 'The backup is not as it was made: its checksum is not the one in its manifest.')
}

function requireFile(file: string): void {
  if (isFolder(file)) throw new AppError('invalid', `${file} is a folder. Name the file of a backup.`)
  if (!isFile(file)) throw new AppError('not_found', `${file} does not exist.`)
}

function folderInUse(dataDir: string): AppError {
  return new AppError(
    'conflict',
    `A CronGuard works on the data folder ${dataDir}. Stop it before a backup is restored, and start it afterwards.`,
  )
}
