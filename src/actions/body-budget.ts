// Limits the bytes of all bodies of a project: the oldest bodies are deleted first, their pings stay.
import type { Deps } from '#deps.ts'
import {
  type BodyChunk,
  dropOldBodies,
  findOldestBody,
  listMonitorIds,
  listProjectIdsWithBodies,
  sumBodies,
} from '#store/bodies.ts'

/** Small enough to be deleted in a few milliseconds, because pings wait for it. */
const CHUNK: BodyChunk = { bodies: 100, bytes: 1_000_000 }
/** Bodies and monitors that are read in one step. */
const BODIES_PER_STEP = 10_000
const MONITORS_MAX = 200
/** The time from the oldest body until now is split into this many periods, each processed for all monitors. */
const STEPS = 50

/** Deletes the oldest bodies above the limit, with one short read or write per step. */
export async function* pruneBodies(deps: Deps): AsyncGenerator<void> {
  for (const projectId of listProjectIdsWithBodies(deps.db)) {
    const monitorIds = listMonitorIds(deps.db, projectId)
    const bytes = yield* bytesOf(deps, monitorIds)
    const excess = bytes - deps.config.retention.projectBodyBytes
    if (excess > 0) yield* dropOldest(deps, { monitorIds, excess })
    yield
  }
}

async function* bytesOf({ db }: Deps, monitorIds: readonly number[]): AsyncGenerator<void, number> {
  let bytes = 0
  let looked = 0
  for (const monitorId of monitorIds) {
    for (let above: number | null = 0; above !== null; ) {
      const some = sumBodies(db, { monitorId, above, limit: BODIES_PER_STEP })
      bytes += some.bytes
      above = some.count < BODIES_PER_STEP ? null : some.newest
      looked += some.count + BODIES_PER_STEP / MONITORS_MAX
      if (looked < BODIES_PER_STEP) continue
      looked = 0
      yield
    }
  }
  return bytes
}

interface Excess {
  monitorIds: readonly number[]
  excess: number
}

async function* dropOldest(deps: Deps, { monitorIds, excess }: Excess): AsyncGenerator<void> {
  const { db, clock } = deps
  const now = clock.now()
  const oldest = new Map(monitorIds.map((monitorId) => [monitorId, findOldestBody(db, monitorId)]))
  const from = Math.min(now, ...oldest.values().filter((at) => at !== null))
  let left = excess
  for (let step = 1; step <= STEPS && left > 0; step++) {
    // The last period also includes bodies dated in the future by a wrong clock.
    const before = step === STEPS ? Number.MAX_SAFE_INTEGER : from + ((now - from) * step) / STEPS
    for (const [monitorId, at] of oldest) {
      if (at === null || at >= before || left <= 0) continue
      for (let dropped = 1; dropped > 0 && left > 0; left -= dropped) {
        dropped = await db.writeGrouped((tx) => dropOldBodies(tx, { monitorId, before, excess: left, chunk: CHUNK }))
        yield
      }
      oldest.set(monitorId, findOldestBody(db, monitorId))
    }
    yield
  }
}
