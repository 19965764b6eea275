// Explains errors of the data folder, so that people know what to do.
import { diskSpace, isDiskFull, isReadOnly } from '#lib/disk.ts'
import { AppError, messageOf, StorageRefusedError } from '#lib/errors.ts'
import { codeOf, isFile } from '#lib/files.ts'
import { databasePath, type Place } from './copies.ts'

/** Throws not_found, with advice, when there is no database yet. */
export function requireDatabase(place: Pick<Place, 'config'>): void {
  if (isFile(databasePath(place))) return
  throw new AppError(
    'not_found',
    `The data folder ${place.config.dataDir} has no database. Set CRONGUARD_DATA_DIR to the right folder, or create ` +
      'a database with "cronguard serve" or "cronguard user create".',
  )
}

/** Turns errors of the data folder and the database into a sentence with advice. */
export function inFolder<T>(dataDir: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    const sentence = refusalOf(dataDir, error instanceof StorageRefusedError ? error.cause : error)
    throw sentence === null ? error : new AppError('invalid', sentence)
  }
}

/** Null for errors that are not about the folder. */
function refusalOf(dataDir: string, error: unknown): string | null {
  const [code, said] = [codeOf(error) ?? '', messageOf(error)]
  if (isFull(dataDir, code))
    return `The disk with the data folder ${dataDir} is full (${said}). Free some space, and start again.`
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(code)) {
    return `The database in ${dataDir} is damaged: ${said}. Restore a backup: cronguard restore <file>.`
  }
  if (/^SQLITE_(BUSY|LOCKED|READONLY_DBMOVED)/.test(code)) {
    return `Another program is using the database in ${dataDir}. Try again after it has ended.`
  }
  if (code === 'EROFS' || (/^SQLITE_(CANTOPEN|READONLY)/.test(code) && isReadOnly(dataDir))) {
    return (
      `CronGuard cannot write to the data folder ${dataDir}: the file system is read-only (${said}). Under systemd, ` +
      `allow it: add ReadWritePaths=${dataDir} under [Service] in "systemctl edit cronguard".`
    )
  }
  if (!/^(E[A-Z]+$|SQLITE_(CANTOPEN|READONLY|IOERR|PERM|PROTOCOL))/.test(code)) return null
  const user = process.getuid?.() ?? 'unknown'
  return (
    `This user (uid ${user}) cannot use the data folder ${dataDir}: ${said}. ` +
    'Change its owner to the user that runs CronGuard, or set CRONGUARD_DATA_DIR to another folder.'
  )
}

function isFull(dataDir: string, code: string): boolean {
  if (/^(SQLITE_FULL|ENOSPC$|EDQUOT$)/.test(code)) return true
  return /^SQLITE_(IOERR|CANTOPEN)/.test(code) && isDiskFull(diskSpace(dataDir))
}
