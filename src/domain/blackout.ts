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
