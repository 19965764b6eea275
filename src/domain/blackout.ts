// Stretches in which CronGuard itself could not watch, and what the clock says about them.
import { MINUTE, SECOND } from '#lib/duration.ts'

/**
 * `crash`: it ended without a word. `stop`: it was stopped. `jump`: the machine slept, or its clock was put forward.
 * `stuck`: it did not get to run. `disk`: the disk took nothing.
 */
export const BLACKOUT_REASONS = ['crash', 'stop', 'jump', 'stuck', 'disk'] as const
export type BlackoutReason = (typeof BLACKOUT_REASONS)[number]

const REASON_WORDS: Record<BlackoutReason, string> = {
  crash: 'it was not running and had not been stopped',
  stop: 'it was stopped',
  jump: 'the machine slept, or its clock was put forward',
  stuck: 'the machine did not let it run',
  disk: 'the disk took no writes',
}

/** From the last sign of life until the watch went on. */
export interface Blackout {
  from: number
  to: number
  reason: BlackoutReason
}

/** Why it could not watch, as the end of a sentence that begins with "CronGuard". */
export function blackoutReasonInWords(reason: BlackoutReason): string {
  return REASON_WORDS[reason]
}

/** The process writes every few seconds that it lives. No sign of life for longer than this is a gap in the watch. */
export const GAP_MS = 15 * SECOND
/** Clocks are put right by a little now and then, also backwards. */
const BEHIND_MS = 2 * SECOND
/** How long a process that has just begun waits for a clock that is behind its last sign of life. */
export const CLOCK_WAIT_MS = 10 * MINUTE

/** The checker looks several times a second. After a longer rest, pings may still wait to be let in. */
const STALL_MS = 3 * SECOND

/** What the clocks show at one moment: see `Clock`. */
export interface ClockReading {
  now: number
  elapsed: number
  sinceBoot: number | null
}

/** By how much the clock was set between two readings; 0 where sleep may have done it, or it is next to nothing. */
export function clockStep(before: ClockReading, after: ClockReading): number {
  if (before.sinceBoot === null || after.sinceBoot === null) return 0
  const byMs = after.now - before.now - (after.sinceBoot - before.sinceBoot)
  return Math.abs(byMs) < BEHIND_MS ? 0 : byMs
}

/** Whether the process did not get to run between two readings that are taken several times a second. */
export function isStall(before: ClockReading, after: ClockReading): boolean {
  return after.elapsed - before.elapsed > STALL_MS
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
