// Deletes expired data: pings by age and number, history by age.
import type { Deps } from '#deps.ts'
import { diskSpace } from '#lib/disk.ts'
import { DAY } from '#lib/duration.ts'
import { sizeOf } from '#lib/files.ts'
import { databaseBytes } from '#store/counts.ts'
import type { Reader, Tx } from '#store/database.ts'
import { deleteOldWindows } from '#store/maintenance.ts'
import {
  countPings,
  deleteExpiredInvitations,
  deleteExpiredMailedLinks,
  deleteOldGaps,
  deleteOldNotices,
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
import { deleteEndedSnoozes } from '#store/snoozes.ts'
import { pruneBodies } from './body-budget.ts'
import { databasePath } from './copies.ts'

/** Small enough to be deleted in a few milliseconds, because pings wait for it. */
const PINGS_CHUNK: PingChunk = { pings: 100, bytes: 1_000_000 }
/** Deleting a transition also deletes its incident and notifications. */
const TRANSITIONS_CHUNK = 25
/** Each takes along what it was to every monitor. */
const GAPS_CHUNK = 1
/** Monitors whose oldest ping is checked in one step. */
const MONITORS_PER_STEP = 500
/** Pages of 4 kB that are freed in one step. */
const PAGES_MAX = 250
/** Unused space that is kept for the next pings. */
const SPARE_BYTES = 1_000_000
/** Charts and clients of Healthchecks read this much history. */
const STORY_DAYS_MIN = 93
/** The clock counts as right today if CronGuard also ran between 2 and 7 days ago by the same clock. */
const PLAUSIBLE_AFTER_DAYS = { min: 2, max: 7 }
/** Small enough to be rewritten in a second or two during the start. */
const REWRITE_MAX_BYTES = 250_000_000
/** A rewrite needs the space for a temporary file and the write-ahead log, besides the database. */
const REWRITE_SPACE_FACTOR = 3

/**
 * Deletes all expired data and frees the space, with one short read or write per step. It can be stopped or killed at
 * any step, and the next run continues.
 */
export async function* prune(deps: Deps): AsyncGenerator<void> {
  const now = deps.clock.now()
  const isPlausible = isClockPlausible(deps.db, now)
  yield* prunePings(deps, keptPings(deps, isPlausible ? now : null))
  yield* pruneBodies(deps)
  if (isPlausible) yield* pruneByAge(deps, now)
  yield* reclaimSpace(deps)
}

// A clock that is a year ahead for a minute must not delete the history. It looks the same as a right clock after a
// year offline, so nothing is deleted by age until CronGuard has run by it for some days.
function isClockPlausible(reader: Reader, now: number): boolean {
  const today = dayOf(now)
  const { min, max } = PLAUSIBLE_AFTER_DAYS
  return listSizes(reader, today - max).some(({ day }) => day <= today - min)
}

async function* prunePings(deps: Deps, kept: KeptPings): AsyncGenerator<void> {
  for (let afterId: number | undefined = 0; afterId !== undefined; ) {
    const checked = findPrunableMonitors(deps.db, { ...kept, afterId, limit: MONITORS_PER_STEP })
    for (const { monitorId } of checked.filter(({ isPrunable }) => isPrunable)) {
      yield* repeatUntilEmpty(deps, (tx) => deleteOldPings(tx, { ...kept, monitorId, chunk: PINGS_CHUNK }))
    }
    afterId = checked.at(-1)?.monitorId
    yield
  }
}

async function* pruneByAge(deps: Deps, now: number): AsyncGenerator<void> {
  const before = now - storyDays(deps) * DAY
  yield* repeatUntilEmpty(deps, (tx) => deleteOldTransitions(tx, { before, limit: TRANSITIONS_CHUNK }))
  yield* repeatUntilEmpty(deps, (tx) => deleteOldGaps(tx, { before, limit: GAPS_CHUNK }))
  yield* repeatUntilEmpty(deps, (tx) => deleteOldNotices(tx, { before, limit: GAPS_CHUNK }))
  await deps.db.writeGrouped((tx) => {
    deleteOldWindows(tx, before)
    deleteExpiredSessions(tx, now)
    deleteExpiredMailedLinks(tx, now)
    deleteEndedSnoozes(tx, now)
    deleteExpiredInvitations(tx, now)
    // Days in the future come from a wrong clock. They would make the same wrong clock count as right next time.
    deleteSizesAfter(tx, dayOf(now))
  })
}

async function* repeatUntilEmpty(deps: Deps, deleteSome: (tx: Tx) => number): AsyncGenerator<void> {
  while ((await deps.db.writeGrouped(deleteSome)) > 0) {
    yield
    checkpointPassively(deps)
    yield
  }
}

// Each chunk changes pages all over the file. A checkpoint after each one avoids a large one that pings would wait for.
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

/** Stores today's date and the size of the database, once a day. */
export async function recordDailySize({ db, clock }: Deps): Promise<void> {
  const day = dayOf(clock.now())
  if (listSizes(db, day)[0]?.day === day) return
  await db.writeGrouped((tx) => noteSize(tx, { day, bytes: databaseBytes(tx) }))
}

/** The size of the database without unused pages. */
export function usedBytes({ db }: Deps): number {
  return databaseBytes(db) - freeBytes(db)
}

/** The size of the database today and on the last `days` days. */
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
 * Rewrites an early database so that unused pages can be freed. It skips large databases, full disks and replicated
 * databases. Blocks for as long as the rewrite takes.
 */
export function enableIncrementalVacuum({ db, config, log }: Deps): void {
  if (hasIncrementalVacuum(db) || config.isReplicated) return
  const bytes = databaseBytes(db)
  const space = diskSpace(config.dataDir)
  if (bytes > REWRITE_MAX_BYTES || (space !== null && space.freeBytes < bytes * REWRITE_SPACE_FACTOR)) return
  try {
    db.rewrite()
    log.info('Database rewritten; unused space is now freed automatically', { bytes })
  } catch (error) {
    log.warn('Could not rewrite the database to free unused space; no data was lost', { error })
  }
}

/** With `now` null, no ping is deleted by age. */
function keptPings({ config: { retention } }: Deps, now: number | null): KeptPings {
  return { perMonitor: retention.pingsPerMonitor, since: now === null ? 0 : now - retention.pingDays * DAY }
}

function storyDays({ config }: Deps): number {
  return Math.max(STORY_DAYS_MIN, config.retention.pingDays)
}

function dayOf(at: number): number {
  return Math.floor(at / DAY)
}
