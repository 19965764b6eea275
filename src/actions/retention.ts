// What is not kept for ever: pings by age and by number, what happened to monitors by age.
import type { Deps } from '#deps.ts'
import { DAY } from '#lib/duration.ts'
import { databaseBytes } from '#store/counts.ts'
import {
  deleteOldBlackouts,
  deleteOldPings,
  deleteOldTransitions,
  findPrunable,
  freeBytes,
  type KeptPings,
  listSizes,
  noteSize,
} from '#store/retention.ts'

/** Deleted in a few milliseconds: a ping that comes meanwhile waits no longer. */
const CHUNK_MAX = 200
/** Of four kilobytes each. */
const PAGES_MAX = 250
/** The charts and Healthchecks' clients look back as far as that. */
const STORY_DAYS_MIN = 93

/** One chunk of what is to go; returns whether more may be waiting. */
export async function pruneSome(deps: Deps): Promise<boolean> {
  const kept = keptPings(deps)
  const monitorId = findPrunable(deps.db, { ...kept, afterId: 0 })
  if (monitorId !== null) {
    await deps.db.writeGrouped((tx) => deleteOldPings(tx, { ...kept, monitorId, limit: CHUNK_MAX }))
    return true
  }
  const before = deps.clock.now() - Math.max(STORY_DAYS_MIN, deps.config.retention.pingDays) * DAY
  const deleted = await deps.db.writeGrouped((tx) => {
    deleteOldBlackouts(tx, before)
    return deleteOldTransitions(tx, { before, limit: CHUNK_MAX })
  })
  return deleted > 0
}

/** Gives some of the unused space back to the disk; returns whether more is left. */
export function giveBackSome({ db }: Deps): boolean {
  const before = freeBytes(db)
  if (before > 0) db.giveBack(PAGES_MAX)
  const after = freeBytes(db)
  return after > 0 && after < before
}

/** Remembers how large the database is today. */
export async function noteSizeOfToday({ db, clock }: Deps): Promise<void> {
  const day = Math.floor(clock.now() / DAY)
  if (listSizes(db, day).length > 0) return
  await db.writeGrouped((tx) => noteSize(tx, { day, bytes: databaseBytes(tx) }))
}

function keptPings({ clock, config: { retention } }: Deps): KeptPings {
  return { perMonitor: retention.pingsPerMonitor, since: clock.now() - retention.pingDays * DAY }
}
