// The folder with everything that CronGuard keeps, and what is said when it is not to be had: that is for a person.
import { diskSpace, isDiskFull, isReadOnly } from '#lib/disk.ts'
import { AppError, messageOf, StorageRefusedError } from '#lib/errors.ts'
import { codeOf, isFile } from '#lib/files.ts'
import { databasePath, type Place } from './copies.ts'

/** Throws not_found, with what to do, when there is no database yet. */
export function requireDatabase(place: Pick<Place, 'config'>): void {
  if (isFile(databasePath(place))) return
  throw new AppError(
    'not_found',
    `There is no database in the data folder ${place.config.dataDir}. Set CRONGUARD_DATA_DIR to the folder of the ` +
      'CronGuard that is meant; "cronguard serve" or "cronguard user create" makes a new one.',
  )
}

/** What the system says against the folder, or the database in it, becomes a sentence with what to do. */
export function inFolder<T>(dataDir: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    const sentence = refusalOf(dataDir, error instanceof StorageRefusedError ? error.cause : error)
    throw sentence === null ? error : new AppError('invalid', sentence)
  }
}

/** Null for what says nothing about the folder. */
function refusalOf(dataDir: string, error: unknown): string | null {
  const [code, said] = [codeOf(error) ?? '', messageOf(error)]
  if (isFull(dataDir, code))
    return `The disk with the data folder ${dataDir} is full (${said}). Make room, and start again.`
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(code)) {
    return `The database in ${dataDir} is damaged: ${said}. Put a backup in its place: cronguard restore <file>.`
  }
  if (/^SQLITE_(BUSY|LOCKED|READONLY_DBMOVED)/.test(code)) {
    return `Another program changes the database in ${dataDir}. Try again when it has ended.`
  }
  if (code === 'EROFS' || (/^SQLITE_(CANTOPEN|READONLY)/.test(code) && isReadOnly(dataDir))) {
    return (
      `Nothing can be written to the data folder ${dataDir}: its file system is read-only (${said}). Under systemd, ` +
      `the unit must allow it: add ReadWritePaths=${dataDir} below [Service] in "systemctl edit cronguard".`
    )
  }
  if (!/^(E[A-Z]+$|SQLITE_(CANTOPEN|READONLY|IOERR|PERM|PROTOCOL))/.test(code)) return null
  const user = process.getuid?.() ?? 'unknown'
  return (
    `The data folder ${dataDir} cannot be used by this user (uid ${user}): ${said}. ` +
    'Give it to the user that runs CronGuard, or set CRONGUARD_DATA_DIR to another one.'
  )
}

function isFull(dataDir: string, code: string): boolean {
  if (/^(SQLITE_FULL|ENOSPC$|EDQUOT$)/.test(code)) return true
  return /^SQLITE_(IOERR|CANTOPEN)/.test(code) && isDiskFull(diskSpace(dataDir))
}
