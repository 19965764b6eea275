// Stretches in which CronGuard itself could not watch, and what the clock says about them.
import { MINUTE, SECOND } from '#lib/duration.ts'

/**
 * `crash`: it ended without a word. `stop`: it was stopped. `jump`: the machine slept, or its clock was put forward.
 * `stuck`: it did not get to run. `disk`: the disk took nothing.
 */
export const BLACKOUT_REASONS = ['crash', 'stop', 'jump', 'stuck', 'disk'] as const
export type BlackoutReason = (typeof BLACKOUT_REASONS)[number]

/** From the last sign of life until the watch went on. */
export interface Blackout {
  from: number
  to: number
  reason: BlackoutReason
}

/** The process writes every few seconds that it lives. No sign of life for longer than this is a gap in the watch. */
export const GAP_MS = 15 * SECOND
/** Clocks are put right by a little now and then, also backwards. */
const BEHIND_MS = 2 * SECOND
/** How long a process that has just begun waits for a clock that is behind its last sign of life. */
export const CLOCK_WAIT_MS = 10 * MINUTE

/** The checker looks several times a second. After a longer rest, pings may still wait to be let in. */
const STALL_MS = 3 * SECOND

/** The machine's age is known in hundredths of seconds. */
const UPTIME_STEP_MS = 20

/** What the clocks show at one moment: see `Clock`. */
export interface ClockReading {
  now: number
  elapsed: number
  sinceBoot: number | null
}

/** One run of the machine. */
export interface Boot {
  id: string
  /** From when on what is written down is of this run, by the clock as it is set; what was before has another clock. */
  since: number
}

/**
 * By how much the clock was set between two readings; 0 for next to nothing, where that cannot be told from sleep, and
 * where the clock and the process went on alike, whatever the machine says of its age.
 */
export function clockStep(before: ClockReading, after: ClockReading): number {
  if (before.sinceBoot === null || after.sinceBoot === null) return 0
  const passedMs = after.now - before.now
  const apartMs = passedMs - (after.elapsed - before.elapsed)
  const byMs = passedMs - (after.sinceBoot - before.sinceBoot)
  return Math.abs(apartMs) < BEHIND_MS || Math.abs(byMs) < BEHIND_MS ? 0 : byMs
}

/** From when on moments are by a clock that was set between the two readings. */
export function newFrom(before: ClockReading, after: ClockReading): number {
  return after.now - ((after.sinceBoot ?? 0) - (before.sinceBoot ?? 0)) - UPTIME_STEP_MS
}

/** For how long the process did not get to run between two readings that are taken several times a second, or slept. */
export function stallMs(before: ClockReading, after: ClockReading): number {
  const sleptMs = (after.sinceBoot ?? 0) - (before.sinceBoot ?? after.sinceBoot ?? 0)
  const restedMs = Math.max(after.elapsed - before.elapsed, sleptMs)
  return restedMs > STALL_MS ? restedMs : 0
}

/** `behind`: earlier than the last sign of life, so that one of the two cannot be true. */
export type ClockVerdict = 'steady' | 'gap' | 'behind'

export function judgeClock({ aliveAt, now }: { aliveAt: number; now: number }): ClockVerdict {
  if (now < aliveAt - BEHIND_MS) return 'behind'
  return now - aliveAt > GAP_MS ? 'gap' : 'steady'
}

/** What a running process makes of a gap, by how much of it went by on the clock that only goes forward. */
export function gapReason(gap: { ms: number; elapsedMs: number; isDiskRefusing: boolean }): BlackoutReason {
  if (gap.isDiskRefusing) return 'disk'
  return gap.elapsedMs < gap.ms / 2 ? 'jump' : 'stuck'
}
