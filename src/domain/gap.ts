// Gaps, in which CronGuard itself was offline, and how the machine's clocks reveal them.
import { MINUTE, SECOND } from '#lib/duration.ts'

/**
 * `crash`: it ended without being stopped. `stop`: it was stopped. `jump`: the machine slept, or its clock was set
 * forward. `stuck`: the process was not scheduled. `disk`: the disk refused writes.
 */
export const GAP_REASONS = ['crash', 'stop', 'jump', 'stuck', 'disk'] as const
export type GapReason = (typeof GAP_REASONS)[number]

/** From the last heartbeat until CronGuard was back. */
export interface Gap {
  from: number
  to: number
  reason: GapReason
}

/** A heartbeat is written every 5 seconds. If there is none for longer than this, CronGuard was offline. */
export const GAP_MS = 15 * SECOND
/** Time servers correct a clock by a little now and then, also backwards. */
const BEHIND_MS = 2 * SECOND
/** How long a process that has just started waits for a clock that is earlier than its last heartbeat. */
export const CLOCK_WAIT_MS = 10 * MINUTE

/** The checker runs four times a second. After a longer pause, pings may still wait to be read. */
const STALL_MS = 3 * SECOND

/** The system reports its uptime in hundredths of a second. */
const UPTIME_STEP_MS = 20

/** What the clocks show at one moment; see `Clock`. */
export interface ClockReading {
  now: number
  elapsed: number
  sinceBoot: number | null
}

/** One boot of the machine. */
export interface Boot {
  id: string
  /** Moments from here on are of this boot, by the clock as it is set now. Earlier ones are by another clock. */
  since: number
}

/**
 * By how much the clock was set between two readings. 0 if by less than 2 s, if it looks the same as sleep, or if
 * the clock and the process agree on how much time passed, whatever the system says of its uptime (in a container that
 * was moved, that may change).
 *
 * Between two readings the clock goes from 10:00:00 to 11:00:01, the uptime by 1 s, the process by 1 s: it was set by
 * one hour. If the uptime went on by 1 h 1 s too, the machine slept, and the clock is right.
 */
export function clockStep(before: ClockReading, after: ClockReading): number {
  if (before.sinceBoot === null || after.sinceBoot === null) return 0
  const passedMs = after.now - before.now
  const apartMs = passedMs - (after.elapsed - before.elapsed)
  const byMs = passedMs - (after.sinceBoot - before.sinceBoot)
  return Math.abs(apartMs) < BEHIND_MS || Math.abs(byMs) < BEHIND_MS ? 0 : byMs
}

/** The clock was set between the two readings: the earliest moment that can be by the clock as it is now. */
export function newFrom(before: ClockReading, after: ClockReading): number {
  return after.now - ((after.sinceBoot ?? 0) - (before.sinceBoot ?? 0)) - UPTIME_STEP_MS
}

/** How long the process did not run, or the machine slept, between two readings; 0 up to 3 s. */
export function stallMs(before: ClockReading, after: ClockReading): number {
  const sleptMs = (after.sinceBoot ?? 0) - (before.sinceBoot ?? after.sinceBoot ?? 0)
  const restedMs = Math.max(after.elapsed - before.elapsed, sleptMs)
  return restedMs > STALL_MS ? restedMs : 0
}

/** `behind`: earlier than the last heartbeat, so one of the two is wrong. */
export type ClockVerdict = 'steady' | 'gap' | 'behind'

export function judgeClock({ aliveAt, now }: { aliveAt: number; now: number }): ClockVerdict {
  if (now < aliveAt - BEHIND_MS) return 'behind'
  return now - aliveAt > GAP_MS ? 'gap' : 'steady'
}

/** Why a running process has a gap: `stuck` if the clock that only goes forward ran for at least half of it. */
export function gapReason(gap: { ms: number; elapsedMs: number; isDiskRefusing: boolean }): GapReason {
  if (gap.isDiskRefusing) return 'disk'
  return gap.elapsedMs < gap.ms / 2 ? 'jump' : 'stuck'
}
