// The heartbeats and clocks of one process. A heartbeat goes to disk every 5 seconds; four times a second
// the clocks are compared. What that finds becomes one of these, before any deadline is judged:
//   gap    No heartbeat for more than 15 s, a restart, or a disk that refused writes: pings may have been lost.
//          Period 1 h, grace 10 min, last ping 10:00, offline 10:55 to 11:20: the deadline 11:10 becomes 11:30.
//   stall  Not running for 3 to 15 s: pings may still wait to be read, so overdue deadlines are extended.
//   step   The clock was set: last pings and deadlines move with it. Last ping 10:00, and at 10:30 the clock is set
//          to 14:30: the last ping is now at 14:00, and the deadline 11:10 becomes 15:10, 40 minutes ahead as before.
//   behind At the start, the clock is earlier than the last heartbeat: nothing is judged until it is right, for at
//          most 10 minutes. Then it is trusted, and moments in its future are set to the present.
import type { Deps } from '#deps.ts'
import type { ClockStep } from '#domain/clock-rule.ts'
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
} from '#domain/gap.ts'
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
import { acceptEarlierClock, acceptStep, allowForStall, recordGap, recountDueTimes } from './gaps.ts'

/** The state of a process's heartbeats and clocks. */
export interface Watch {
  /** The last heartbeat: by the clock, and by the clock that only goes forward. */
  aliveAt: number
  aliveElapsed: number
  isDiskRefusing: boolean
  /** Since when it waits for a right clock or for the disk, by the clock that only goes forward; null: it watches. */
  waitsSince: number | null
  /** The current boot of the machine; null where the system does not say. */
  boot: Boot | null
  /** By how much the clock was set since the last heartbeat. */
  steppedMs: number
  /** What the clocks showed when they were last compared. */
  seen: ClockReading
}

/** CronGuard begins to watch, or waits for its clock. Deadlines that fell into the time offline are extended. */
export async function beginWatch(deps: Deps): Promise<Watch> {
  const watch = openWatch(deps)
  const { seen } = watch
  if (verdictOn(deps, watch) === 'behind') {
    watch.waitsSince = seen.elapsed
    deps.log.warn('The clock is behind the last heartbeat; deadlines are not checked until it is correct', {
      clock: momentInWords(seen.now),
      alive: momentInWords(watch.aliveAt),
    })
    return watch
  }
  try {
    await resumeWatching(deps, watch)
  } catch (error) {
    if (!(error instanceof StorageRefusedError)) throw error
    // The server starts all the same. `checkClock` tries again until the disk takes writes.
    Object.assign(watch, { waitsSince: seen.elapsed, isDiskRefusing: true })
  }
  return watch
}

function openWatch(deps: Deps): Watch {
  const seen = readClocks(deps)
  if (seen.sinceBoot === null) {
    deps.log.warn('The system does not report its uptime; setting the clock forward will count as time offline')
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

/** Writes a heartbeat, which also proves that the disk still takes writes. */
export async function beat(deps: Deps, watch: Watch): Promise<void> {
  if (watch.waitsSince !== null) return
  // `checkClock` has to find every gap, so a heartbeat must not hide one, nor pings that the disk refused.
  const isWatching = verdictOn(deps, watch) === 'steady' && !watch.isDiskRefusing
  try {
    await (isWatching ? recordQuietBeat(deps, watch) : deps.db.writeGrouped(proveWritable))
  } catch (error) {
    watch.isDiskRefusing = true
    throw error
  }
}

/** Looks for gaps and steps of the clock. Returns whether deadlines may be judged now. Throws when the disk refuses. */
export async function checkClock(deps: Deps, watch: Watch): Promise<boolean> {
  await compareClocks(deps, watch)
  if (watch.waitsSince !== null && !(await endWaiting(deps, watch, watch.waitsSince))) return false
  if (verdictOn(deps, watch) === 'behind') await requeue(deps, watch)
  // While the disk refuses writes, pings are refused too, however short that is.
  if (verdictOn(deps, watch) === 'gap' || watch.isDiskRefusing) await endGap(deps, watch)
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

// Soon after a boot, a step forward may be the time that the machine was off, so it still counts as a gap.
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
  // Remembered immediately: if a later write fails, the same step must not be applied again.
  Object.assign(watch, { boot, seen: { ...watch.seen, now: watch.seen.now + byMs } })
}

function verdictOn({ clock }: Deps, { aliveAt }: Watch): ClockVerdict {
  return judgeClock({ aliveAt, now: clock.now() })
}

function readClocks({ clock }: Deps): ClockReading {
  return { now: clock.now(), elapsed: clock.elapsed(), sinceBoot: clock.sinceBoot() }
}

/** CronGuard is stopped. It has accepted no new pings since `at`, and has finished what was under way. */
export function endWatch(deps: Deps, at: number): void {
  deps.db.write((tx) => markStopped(tx, at))
}

async function resumeWatching(deps: Deps, watch: Watch): Promise<void> {
  let extended = 0
  const from = await recordBeat(deps, watch, (tx) => {
    const last = readHeartbeat(tx)
    recountDueTimes(tx)
    const reason = last?.stoppedAt === null ? 'crash' : 'stop'
    extended = last === null ? 0 : recordGap(tx, { from: last.aliveAt, reason, steppedMs: 0 })
    markStarted(tx)
    saveBoot(tx, watch.boot)
  })
  if (extended > 0) logGap(deps, from, extended)
}

// After 10 minutes, a clock that is still behind is believed: it was set back.
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
  deps.log.warn('The clock was set back; deadlines now follow the new time', {
    clock: momentInWords(deps.clock.now()),
    before: momentInWords(before),
  })
}

async function endGap(deps: Deps, watch: Watch): Promise<void> {
  const ms = deps.clock.now() - watch.aliveAt
  const elapsedMs = deps.clock.elapsed() - watch.aliveElapsed
  const reason = gapReason({ ms, elapsedMs, isDiskRefusing: watch.isDiskRefusing })
  let extended = 0
  const from = await recordBeat(deps, watch, (tx) => {
    extended = recordGap(tx, { from: watch.aliveAt, reason, steppedMs: watch.steppedMs })
    markAlive(tx)
  })
  if (extended > 0 || ms > GAP_MS) logGap(deps, from, extended)
  watch.isDiskRefusing = false
}

// After a power failure the heartbeat may be some seconds too old, but syncing the disk all day would cost more.
function recordQuietBeat(deps: Deps, watch: Watch): Promise<number> {
  return recordBeat(deps, watch, markAlive, (mark) => deps.db.writeGrouped(mark, 'unsynced'))
}

// The heartbeat counts from when the write began: if that takes long, or the machine sleeps meanwhile, it is a gap.
// Returns the heartbeat before.
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

function logGap(deps: Deps, from: number, extended: number): void {
  deps.log.warn('CronGuard was offline; affected deadlines were extended', {
    from: momentInWords(from),
    lasted: durationInWords(deps.clock.now() - from),
    monitors: extended,
  })
}
