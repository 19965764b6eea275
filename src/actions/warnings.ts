import type { Deps } from '#deps.ts'
import { channelsProblem, type FailingChannel, problemsOf } from '#domain/warnings.ts'
import { diskSpace, isDiskFull, isReadOnly } from '#lib/disk.ts'
import { countWithoutChannel, listChannels, listFailingChannels } from '#store/channels.ts'
import { countReachable, databaseBytes, findFirstDeadline, findLastSentAt } from '#store/counts.ts'
import type { Reader } from '#store/database.ts'
import { silentWarning, storageWarning, type Warning, warningOf } from '#words/warnings.ts'
import { backupsSince, hasBackupAhead, newestBackupAt } from './backups.ts'
import { unusableReasonOf } from './channels.ts'

/** The current warnings about the server. Failing channels are limited to `projectIds`, if given. */
export function readWarnings(
  place: Pick<Deps, 'clock' | 'config'> & { db: Reader },
  projectIds: readonly string[] | null = null,
): Warning[] {
  const { db, clock, config } = place
  const failing = listFailingChannels(db)
  const problems = problemsOf({
    now: clock.now(),
    disk: diskSpace(config.dataDir),
    diskReserveBytes: config.diskReserveBytes,
    databaseBytes: databaseBytes(db),
    outbox: { ...countReachable(db), lastSentAt: findLastSentAt(db) },
    failingChannels: failing.filter(({ projectId }) => projectIds === null || projectIds.includes(projectId)),
    firstDeadlineAt: findFirstDeadline(db),
    backups: config.backupKeep > 0 ? backupFacts(place) : null,
  })
  return problems.map(warningOf)
}

/** The warning about some of the failing channels. Null if none of them has failed for long. */
export function readChannelsWarning(
  { db, clock }: Pick<Deps, 'clock'> & { db: Reader },
  isMeant: (channel: FailingChannel & { projectId: string }) => boolean,
): Warning | null {
  const problem = channelsProblem({ now: clock.now(), failingChannels: listFailingChannels(db).filter(isMeant) })
  return problem && warningOf(problem)
}

/** The warning that the disk refuses writes. It needs no database. */
export function readStorageWarning({ config: { dataDir } }: Pick<Deps, 'config'>): Warning {
  return storageWarning({ isFull: isDiskFull(diskSpace(dataDir)), isReadOnly: isReadOnly(dataDir) })
}

/** The current warnings about a project, for all its members. */
export function readProjectWarnings(place: Pick<Deps, 'config'> & { db: Reader }, projectId: string): Warning[] {
  const { db } = place
  const usable = listChannels(db, projectId).filter(
    (channel) => unusableReasonOf(place, channel) === null && channel.rules.events.includes('down'),
  )
  const count = countWithoutChannel(db, { projectId, channelIds: usable.map(({ id }) => id) })
  return count === 0 ? [] : [silentWarning({ count, projectId })]
}

function backupFacts(place: Pick<Deps, 'clock' | 'config'> & { db: Reader }) {
  return { lastAt: newestBackupAt(place), since: backupsSince(place), isAhead: hasBackupAhead(place) }
}
