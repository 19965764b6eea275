import type { Deps } from '#deps.ts'
import { type Warning, warningsOf } from '#domain/warnings.ts'
import { diskSpace } from '#lib/disk.ts'
import { countOutbox, databaseBytes, findFirstDeadline, findLastSentAt } from '#store/counts.ts'
import type { Reader } from '#store/database.ts'
import { backupsSince, newestBackupAt } from './backups.ts'

/** What the owner of this CronGuard should know now. */
export function readWarnings(place: Pick<Deps, 'clock' | 'config'> & { db: Reader }): Warning[] {
  const { db, clock, config } = place
  const { pending, sending, oldestAt } = countOutbox(db)
  return warningsOf({
    now: clock.now(),
    disk: diskSpace(config.dataDir),
    databaseBytes: databaseBytes(db),
    outbox: { waiting: pending + sending, oldestAt, lastSentAt: findLastSentAt(db) },
    firstDeadlineAt: findFirstDeadline(db),
    backups: config.backupKeep > 0 ? { lastAt: newestBackupAt(place), since: backupsSince(place) } : null,
  })
}
