// The watch of one process over time itself: signs of life, gaps, and clocks that cannot be right.
import type { Deps } from '#deps.ts'
import {
  CLOCK_WAIT_MS,
  type ClockReading,
  type ClockVerdict,
  clockStep,
  GAP_MS,
  gapReason,
  isStall,
  judgeClock,
} from '#domain/blackout.ts'
import { durationInWords, momentInWords } from '#lib/duration.ts'
import { StorageRefusedError } from '#lib/errors.ts'
import { markAlive, markStarted, markStopped, proveWritable, readHeartbeat } from '#store/heartbeat.ts'
import { acceptEarlierClock, acceptStep, putOffOverdue, recordBlackout, recountDueTimes } from './blackouts.ts'

/** What a process knows of its own watch. */
export interface Watch {
  /** The last sign of life that is on disk, by the clock, and by the clock that only goes forward. */
  aliveAt: number
  aliveElapsed: number
  isDiskRefusing: boolean
  /** Since when, by the clock that only goes forward, it waits for a right clock, or for the disk; null: it watches. */
  waitsSince: number | null
  /** When the process began, by the clock as it is set now. */
  startedAt: number
  /** By how much the clock was set forward since the last sign of life. */
  steppedMs: number
  /** What the clocks showed when they were last compared. */
  seen: ClockReading
}

/** CronGuard begins to watch, or waits for its clock. What was expected while nobody watched gets a second chance. */
export async function beginWatch(deps: Deps): Promise<Watch> {
  const last = readHeartbeat(deps.db)
  const seen = readClocks(deps)
  const { now, elapsed } = seen
  const watch: Watch = {
    aliveAt: last?.aliveAt ?? now,
    aliveElapsed: elapsed,
    isDiskRefusing: false,
    waitsSince: null,
    startedAt: now,
    steppedMs: 0,
    seen,
  }
  if (verdictOn(deps, watch) === 'behind') {
    watch.waitsSince = elapsed
    deps.log.warn('The clock is behind the last sign of life: nothing is judged until it is right', {
      clock: momentInWords(now),
      alive: momentInWords(watch.aliveAt),
    })
    return watch
  }
  try {
    await goOn(deps, watch)
  } catch (error) {
    if (!(error instanceof StorageRefusedError)) throw error
    // It answers, and begins to watch as soon as the disk takes writes again: `keepTime` goes on trying.
    Object.assign(watch, { waitsSince: elapsed, isDiskRefusing: true })
  }
  return watch
}

/** A sign of life, which also proves that the disk still takes what it is given. */
export async function showLife(deps: Deps, watch: Watch): Promise<void> {
  if (watch.waitsSince !== null) return
  // A gap is for `keepTime` to find: a sign of life must not hide that it has overslept, or that pings were refused.
  const isWatching = verdictOn(deps, watch) === 'steady' && !watch.isDiskRefusing
  try {
    await (isWatching ? signLife(deps, watch) : deps.db.writeGrouped(proveWritable))
  } catch (error) {
    watch.isDiskRefusing = true
    throw error
  }
}

/** Looks for a gap in the watch, and says whether deadlines may be judged now. Throws when the disk refuses. */
export async function keepTime(deps: Deps, watch: Watch): Promise<boolean> {
  await compareClocks(deps, watch)
  if (watch.waitsSince !== null && !(await endWaiting(deps, watch, watch.waitsSince))) return false
  if (verdictOn(deps, watch) === 'behind') await putBack(deps, watch)
  // However short: while the disk refuses, so are the pings.
  if (verdictOn(deps, watch) === 'gap' || watch.isDiskRefusing) await noteGap(deps, watch)
  return true
}

// What happened since the process began keeps its distance from the present when the clock is set: by any other
// measure a job that has just pinged would be late, or a dead one forgiven.
async function compareClocks(deps: Deps, watch: Watch): Promise<void> {
  const before = watch.seen
  const seen = readClocks(deps)
  const byMs = clockStep(before, seen)
  const isWatching = watch.waitsSince === null && !watch.isDiskRefusing
  const isPutOff = isWatching && isStall(before, seen) && verdictOn(deps, watch) === 'steady'
  if (byMs !== 0 || isPutOff) {
    await deps.db.writeGrouped((tx) => {
      if (byMs !== 0) acceptStep(tx, { since: watch.startedAt, byMs })
      if (isPutOff) putOffOverdue(tx, seen.elapsed - before.elapsed)
    })
  }
  watch.startedAt += byMs
  watch.steppedMs += byMs
  watch.seen = seen
}

function verdictOn({ clock }: Deps, { aliveAt }: Watch): ClockVerdict {
  return judgeClock({ aliveAt, now: clock.now() })
}

function readClocks({ clock }: Deps): ClockReading {
  return { now: clock.now(), elapsed: clock.elapsed(), sinceBoot: clock.sinceBoot() }
}

/** CronGuard stops on purpose: nobody needs to wonder why. */
export function endWatch(deps: Deps): void {
  deps.db.write(markStopped)
}

async function goOn(deps: Deps, watch: Watch): Promise<void> {
  const spared = await deps.db.writeGrouped((tx) => {
    const last = readHeartbeat(tx)
    recountDueTimes(tx)
    const reason = last?.stoppedAt === null ? 'crash' : 'stop'
    const count = last && recordBlackout(tx, { from: last.aliveAt, reason, steppedMs: 0 })
    markStarted(tx)
    return count ?? 0
  })
  if (spared > 0) logBlackout(deps, watch.aliveAt, spared)
  sawLife(deps, watch)
}

// A clock that stays behind for long is believed, and was put back.
async function endWaiting(deps: Deps, watch: Watch, since: number): Promise<boolean> {
  const isBehind = verdictOn(deps, watch) === 'behind'
  if (isBehind && deps.clock.elapsed() - since < CLOCK_WAIT_MS) return false
  if (!isBehind) await goOn(deps, watch)
  watch.waitsSince = null
  return true
}

async function putBack(deps: Deps, watch: Watch): Promise<void> {
  await deps.db.writeGrouped((tx) => {
    acceptEarlierClock(tx)
    markStarted(tx)
  })
  deps.log.warn('The clock was put back; deadlines are counted by it from now on', {
    clock: momentInWords(deps.clock.now()),
    before: momentInWords(watch.aliveAt),
  })
  sawLife(deps, watch)
}

async function noteGap(deps: Deps, watch: Watch): Promise<void> {
  const ms = deps.clock.now() - watch.aliveAt
  const elapsedMs = deps.clock.elapsed() - watch.aliveElapsed
  const reason = gapReason({ ms, elapsedMs, isDiskRefusing: watch.isDiskRefusing })
  const spared = await deps.db.writeGrouped((tx) => {
    const count = recordBlackout(tx, { from: watch.aliveAt, reason, steppedMs: watch.steppedMs })
    markAlive(tx)
    return count
  })
  if (spared > 0 || ms > GAP_MS) logBlackout(deps, watch.aliveAt, spared)
  watch.isDiskRefusing = false
  sawLife(deps, watch)
}

async function signLife(deps: Deps, watch: Watch): Promise<void> {
  await deps.db.writeGrouped(markAlive)
  sawLife(deps, watch)
}

function sawLife(deps: Deps, watch: Watch): void {
  watch.aliveAt = deps.clock.now()
  watch.aliveElapsed = deps.clock.elapsed()
  watch.steppedMs = 0
}

function logBlackout(deps: Deps, from: number, spared: number): void {
  deps.log.warn('CronGuard could not watch; what was expected meanwhile gets a second chance', {
    from: momentInWords(from),
    lasted: durationInWords(deps.clock.now() - from),
    monitors: spared,
  })
}
