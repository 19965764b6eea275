// The watch of one process over time itself: signs of life, gaps, and clocks that cannot be right.
import type { Deps } from '#deps.ts'
import {
  type Boot,
  CLOCK_WAIT_MS,
  type ClockReading,
  type ClockVerdict,
  clockStep,
  GAP_MS,
  gapReason,
  judgeClock,
  newFrom,
  stallMs,
} from '#domain/blackout.ts'
import type { ClockStep } from '#domain/lifecycle.ts'
import { durationInWords, momentInWords } from '#lib/duration.ts'
import { StorageRefusedError } from '#lib/errors.ts'
import type { Tx } from '#store/database.ts'
import {
  markAlive,
  markStarted,
  markStopped,
  proveWritable,
  readBoot,
  readHeartbeat,
  saveBoot,
} from '#store/heartbeat.ts'
import { acceptEarlierClock, acceptStep, allowForStall, recordBlackout, recountDueTimes } from './blackouts.ts'

/** What a process knows of its own watch. */
export interface Watch {
  /** The last sign of life: by the clock, and by the one that only goes forward. */
  aliveAt: number
  aliveElapsed: number
  isDiskRefusing: boolean
  /** Since when, by the clock that only goes forward, it waits for a right clock, or for the disk; null: it watches. */
  waitsSince: number | null
  /** The machine's run; null where nobody knows. */
  boot: Boot | null
  /** By how much the clock was set forward since the last sign of life. */
  steppedMs: number
  /** What the clocks showed when they were last compared. */
  seen: ClockReading
}

/** CronGuard begins to watch, or waits for its clock. What was expected while nobody watched gets a second chance. */
export async function beginWatch(deps: Deps): Promise<Watch> {
  const watch = openWatch(deps)
  const { seen } = watch
  if (verdictOn(deps, watch) === 'behind') {
    watch.waitsSince = seen.elapsed
    deps.log.warn('The clock is behind the last sign of life: nothing is judged until it is right', {
      clock: momentInWords(seen.now),
      alive: momentInWords(watch.aliveAt),
    })
    return watch
  }
  try {
    await resumeWatching(deps, watch)
  } catch (error) {
    if (!(error instanceof StorageRefusedError)) throw error
    // It answers, and begins to watch as soon as the disk takes writes again: `checkClock` goes on trying.
    Object.assign(watch, { waitsSince: seen.elapsed, isDiskRefusing: true })
  }
  return watch
}

function openWatch(deps: Deps): Watch {
  const seen = readClocks(deps)
  if (seen.sinceBoot === null) {
    deps.log.warn('The machine does not say how long it runs: a clock that is put forward will look like an absence')
  }
  return {
    aliveAt: readHeartbeat(deps.db)?.aliveAt ?? seen.now,
    aliveElapsed: seen.elapsed,
    isDiskRefusing: false,
    waitsSince: null,
    boot: readThisBoot(deps, seen.now),
    steppedMs: 0,
    seen,
  }
}

function readThisBoot({ db, clock }: Deps, now: number): Boot | null {
  const id = clock.bootId()
  const last = readBoot(db)
  if (id === null) return null
  return { id, since: last?.id === id ? Math.min(last.since, now) : now }
}

/** A sign of life, which also proves that the disk still takes what it is given. */
export async function beat(deps: Deps, watch: Watch): Promise<void> {
  if (watch.waitsSince !== null) return
  // A gap is for `checkClock` to find: a sign of life must not hide that it has overslept, or that pings were refused.
  const isWatching = verdictOn(deps, watch) === 'steady' && !watch.isDiskRefusing
  try {
    await (isWatching ? recordQuietBeat(deps, watch) : deps.db.writeGrouped(proveWritable))
  } catch (error) {
    watch.isDiskRefusing = true
    throw error
  }
}

/** Looks for a gap in the watch, and says whether deadlines may be judged now. Throws when the disk refuses. */
export async function checkClock(deps: Deps, watch: Watch): Promise<boolean> {
  await compareClocks(deps, watch)
  if (watch.waitsSince !== null && !(await endWaiting(deps, watch, watch.waitsSince))) return false
  if (verdictOn(deps, watch) === 'behind') await requeue(deps, watch)
  // However short: while the disk refuses, so are the pings.
  if (verdictOn(deps, watch) === 'gap' || watch.isDiskRefusing) await recordGap(deps, watch)
  return true
}

async function compareClocks(deps: Deps, watch: Watch): Promise<void> {
  const before = watch.seen
  const seen = readClocks(deps)
  const byMs = clockStep(before, seen)
  const isWatching = watch.waitsSince === null && !watch.isDiskRefusing && verdictOn(deps, watch) === 'steady'
  const lostMs = isWatching ? stallMs(before, seen) : 0
  if (byMs !== 0 && watch.boot !== null)
    await followClock(deps, watch, { ...watch.boot, byMs, newFrom: newFrom(before, seen) })
  if (lostMs > 0) await allowForStall(deps, lostMs)
  watch.seen = seen
}

// A step forward soon after a start of the machine may be the time that it was off.
async function followClock(deps: Deps, watch: Watch, step: Boot & ClockStep): Promise<void> {
  const { id, since, byMs } = step
  const boot = { id, since: since + byMs }
  await deps.db.writeGrouped((tx) => {
    acceptStep(tx, step)
    saveBoot(tx, boot)
  })
  deps.log.info('The clock was set', { by: durationInWords(Math.abs(byMs)), direction: byMs < 0 ? 'back' : 'forward' })
  const isOld = (deps.clock.sinceBoot() ?? 0) > CLOCK_WAIT_MS
  if (byMs < 0 || isOld) watch.steppedMs += byMs
  // By the clock as it is now: what fails after this must not follow it once more.
  Object.assign(watch, { boot, seen: { ...watch.seen, now: watch.seen.now + byMs } })
}

function verdictOn({ clock }: Deps, { aliveAt }: Watch): ClockVerdict {
  return judgeClock({ aliveAt, now: clock.now() })
}

function readClocks({ clock }: Deps): ClockReading {
  return { now: clock.now(), elapsed: clock.elapsed(), sinceBoot: clock.sinceBoot() }
}

/** CronGuard stops on purpose. It took no new pings since `at`, while what was under way came to its end. */
export function endWatch(deps: Deps, at: number): void {
  deps.db.write((tx) => markStopped(tx, at))
}

async function resumeWatching(deps: Deps, watch: Watch): Promise<void> {
  let extended = 0
  const from = await recordBeat(deps, watch, (tx) => {
    const last = readHeartbeat(tx)
    recountDueTimes(tx)
    const reason = last?.stoppedAt === null ? 'crash' : 'stop'
    extended = last === null ? 0 : recordBlackout(tx, { from: last.aliveAt, reason, steppedMs: 0 })
    markStarted(tx)
    saveBoot(tx, watch.boot)
  })
  if (extended > 0) logBlackout(deps, from, extended)
}

// A clock that stays behind for long is believed, and was put back.
async function endWaiting(deps: Deps, watch: Watch, since: number): Promise<boolean> {
  const isBehind = verdictOn(deps, watch) === 'behind'
  if (isBehind && deps.clock.elapsed() - since < CLOCK_WAIT_MS) return false
  if (!isBehind) await resumeWatching(deps, watch)
  watch.waitsSince = null
  return true
}

async function requeue(deps: Deps, watch: Watch): Promise<void> {
  const before = await recordBeat(deps, watch, (tx) => {
    acceptEarlierClock(tx)
    markStarted(tx)
    saveBoot(tx, watch.boot)
  })
  deps.log.warn('The clock was put back; deadlines are counted by it from now on', {
    clock: momentInWords(deps.clock.now()),
    before: momentInWords(before),
  })
}

async function recordGap(deps: Deps, watch: Watch): Promise<void> {
  const ms = deps.clock.now() - watch.aliveAt
  const elapsedMs = deps.clock.elapsed() - watch.aliveElapsed
  const reason = gapReason({ ms, elapsedMs, isDiskRefusing: watch.isDiskRefusing })
  let extended = 0
  const from = await recordBeat(deps, watch, (tx) => {
    extended = recordBlackout(tx, { from: watch.aliveAt, reason, steppedMs: watch.steppedMs })
    markAlive(tx)
  })
  if (extended > 0 || ms > GAP_MS) logBlackout(deps, from, extended)
  watch.isDiskRefusing = false
}

// After a loss of power the sign may be some seconds older than it was: no reason to make the disk sync all day long.
function recordQuietBeat(deps: Deps, watch: Watch): Promise<number> {
  return recordBeat(deps, watch, markAlive, (mark) => deps.db.writeGrouped(mark, 'unsynced'))
}

// It lived when it began to write: a disk that holds the write up for long, or a machine that sleeps in it, is a gap.
// Returns when it lived before.
async function recordBeat(
  deps: Deps,
  watch: Watch,
  mark: (tx: Tx) => void,
  write = (work: (tx: Tx) => void) => deps.db.writeGrouped(work),
): Promise<number> {
  const { aliveAt: before, steppedMs } = watch
  const { now, elapsed } = readClocks(deps)
  await write(mark)
  Object.assign(watch, { aliveAt: now, aliveElapsed: elapsed, steppedMs: watch.steppedMs - steppedMs })
  return before
}

function logBlackout(deps: Deps, from: number, extended: number): void {
  deps.log.warn('CronGuard could not watch; what was expected meanwhile gets a second chance', {
    from: momentInWords(from),
    lasted: durationInWords(deps.clock.now() - from),
    monitors: extended,
  })
}
