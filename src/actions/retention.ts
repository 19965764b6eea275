// What is not kept for ever: pings by age and by number, and what happened to monitors by age.
import type { Deps } from '#deps.ts'
import { diskSpace } from '#lib/disk.ts'
import { DAY } from '#lib/duration.ts'
import { sizeOf } from '#lib/files.ts'
import { databaseBytes } from '#store/counts.ts'
import type { Reader, Tx } from '#store/database.ts'
import {
  countPings,
  deleteExpiredInvitations,
  deleteExpiredMailedLinks,
  deleteOldGaps,
  deleteOldPings,
  deleteOldTransitions,
  deleteSizesAfter,
  findPrunableMonitors,
  freeBytes,
  hasIncrementalVacuum,
  type KeptPings,
  listSizes,
  noteSize,
  type PingChunk,
} from '#store/retention.ts'
import { deleteExpiredSessions } from '#store/sessions.ts'
import { pruneBodies } from './body-budget.ts'
import { databasePath } from './copies.ts'

/** Deleted in a few milliseconds: a ping that comes meanwhile waits no longer. */
const PINGS_CHUNK: PingChunk = { pings: 100, bytes: 1_000_000 }
/** Each takes its incident and its messages along. */
const TRANSITIONS_CHUNK = 25
/** Each takes along what it was to every monitor. */
const GAPS_CHUNK = 1
/** Monitors whose oldest ping is looked at in one go. */
const MONITORS_PER_STEP = 500
/** Of four kilobytes each. */
const PAGES_MAX = 250
/** Left to the pings that come next, for it would be asked back from the disk at once. */
const SPARE_BYTES = 1_000_000
/** The charts and Healthchecks' clients look back as far as that. */
const STORY_DAYS_MIN = 93
/** A clock is believed on a day that CronGuard has come to from one so many days before. */
const BELIEVED_AFTER_DAYS = { min: 2, max: 7 }
/** Written anew in a second or two, which a start may take. */
const REWRITE_MAX_BYTES = 250_000_000
/** The new file stands in a temporary one and in the write-ahead log before it is in its place. */
const REWRITE_ROOM = 3

/**
 * Throws away everything that is not kept, and gives the space back: one short write, or one look, at each step. Ended
 * at any step, or killed in one, it leaves what the next one finds.
 */
export async function* prune(deps: Deps): AsyncGenerator<void> {
  const now = deps.clock.now()
  const isBelieved = isClockBelieved(deps.db, now)
  yield* prunePings(deps, keptPings(deps, isBelieved ? now : null))
  yield* pruneBodies(deps)
  if (isBelieved) yield* pruneByAge(deps, now)
  yield* reclaimSpace(deps)
}

// A clock that is a year ahead for a minute must not cost the history, and looks like a right one after a year in which
// the machine was off: what is too old waits until CronGuard has lived some days by it.
function isClockBelieved(reader: Reader, now: number): boolean {
  const today = dayOf(now)
  const { min, max } = BELIEVED_AFTER_DAYS
  return listSizes(reader, today - max).some(({ day }) => day <= today - min)
}

async function* prunePings(deps: Deps, kept: KeptPings): AsyncGenerator<void> {
  for (let afterId: number | undefined = 0; afterId !== undefined; ) {
    const checked = findPrunableMonitors(deps.db, { ...kept, afterId, limit: MONITORS_PER_STEP })
    for (const { monitorId } of checked.filter(({ isPrunable }) => isPrunable)) {
      yield* untilNoneIsLeft(deps, (tx) => deleteOldPings(tx, { ...kept, monitorId, chunk: PINGS_CHUNK }))
    }
    afterId = checked.at(-1)?.monitorId
    yield
  }
}

async function* pruneByAge(deps: Deps, now: number): AsyncGenerator<void> {
  const before = now - storyDays(deps) * DAY
  yield* untilNoneIsLeft(deps, (tx) => deleteOldTransitions(tx, { before, limit: TRANSITIONS_CHUNK }))
  yield* untilNoneIsLeft(deps, (tx) => deleteOldGaps(tx, { before, limit: GAPS_CHUNK }))
  await deps.db.writeGrouped((tx) => {
    deleteExpiredSessions(tx, now)
    deleteExpiredMailedLinks(tx, now)
    deleteExpiredInvitations(tx, now)
    // What a clock has left that was ahead: it would be believed at once the next time.
    deleteSizesAfter(tx, dayOf(now))
  })
}

async function* untilNoneIsLeft(deps: Deps, deleteSome: (tx: Tx) => number): AsyncGenerator<void> {
  while ((await deps.db.writeGrouped(deleteSome)) > 0) {
    yield
    checkpointPassively(deps)
    yield
  }
}

// What one chunk touched lies all over the file: left to pile up in the log, it would be brought there all at once,
// and pings would wait for it.
function checkpointPassively({ db, config }: Deps): void {
  if (!config.isReplicated) db.checkpointSome()
}

async function* reclaimSpace(deps: Deps): AsyncGenerator<void> {
  const { db } = deps
  while (hasIncrementalVacuum(db) && freeBytes(db) > SPARE_BYTES) {
    db.giveBack(PAGES_MAX)
    yield
    checkpointPassively(deps)
    yield
  }
}

/** Remembers that CronGuard lived today, and how large the database is. */
export async function noteSizeOfToday({ db, clock }: Deps): Promise<void> {
  const day = dayOf(clock.now())
  if (listSizes(db, day)[0]?.day === day) return
  await db.writeGrouped((tx) => noteSize(tx, { day, bytes: databaseBytes(tx) }))
}

/** How much of the database holds something. */
export function usedBytes({ db }: Deps): number {
  return databaseBytes(db) - freeBytes(db)
}

/** How large the database is, and was on each of the last `days`. */
export function readDatabaseSize(deps: Deps, days: number) {
  const { db, clock, config } = deps
  return {
    bytes: databaseBytes(db),
    walBytes: sizeOf(`${databasePath(deps)}-wal`),
    freeBytes: freeBytes(db),
    givesBack: hasIncrementalVacuum(db),
    pings: countPings(db),
    days: listSizes(db, dayOf(clock.now()) - days),
    kept: { ...config.retention, storyDays: storyDays(deps) },
  }
}

/**
 * Writes a database anew that cannot give space back, so that it can; only one that is small, and with room for it,
 * and never under the hands of a program that copies its log. Blocks for as long as that takes.
 */
export function enableIncrementalVacuum({ db, config, log }: Deps): void {
  if (hasIncrementalVacuum(db) || config.isReplicated) return
  const bytes = databaseBytes(db)
  const space = diskSpace(config.dataDir)
  if (bytes > REWRITE_MAX_BYTES || (space !== null && space.freeBytes < bytes * REWRITE_ROOM)) return
  try {
    db.rewrite()
    log.info('The database was written anew, and gives unused space back from now on', { bytes })
  } catch (error) {
    log.warn('The database could not be written anew to give unused space back; nothing is lost', { error })
  }
}

/** `now`: null where no ping is too old. */
function keptPings({ config: { retention } }: Deps, now: number | null): KeptPings {
  return { perMonitor: retention.pingsPerMonitor, since: now === null ? 0 : now - retention.pingDays * DAY }
}

function storyDays({ config }: Deps): number {
  return Math.max(STORY_DAYS_MIN, config.retention.pingDays)
}

function dayOf(at: number): number {
  return Math.floor(at / DAY)
}
