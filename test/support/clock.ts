import type { Clock } from '#lib/clock.ts'
import { DAY } from '#lib/duration.ts'

/** A clock that tests set. */
export interface FakeClock extends Clock {
  set(now: number): void
  advance(ms: number): void
  /** Sets the clock of the machine forward or back, while no time passes. */
  step(ms: number): void
  /** Makes the monotonic clock stand still for the last `ms`, as during a sleep. */
  stop(ms: number): void
  /** Pretends that the machine was started this long ago, whatever its clock says. */
  reboot(agoMs?: number): void
}

export function fakeClock(start = Date.UTC(2026, 2, 1, 12, 0, 0)): FakeClock {
  let now = start
  let steppedMs = 0
  let bootedAt = start - DAY
  let boots = 1
  let stoppedMs = 0
  return {
    now: () => now,
    elapsed: () => now - steppedMs - stoppedMs,
    sinceBoot: () => now - steppedMs - bootedAt,
    bootId: () => `boot ${boots}`,
    reboot: (agoMs = 0) => {
      boots += 1
      bootedAt = now - steppedMs - agoMs
    },
    step: (ms) => {
      steppedMs += ms
      now += ms
    },
    stop: (ms) => {
      stoppedMs += ms
    },
    set: (moment) => {
      now = moment
    },
    advance: (ms) => {
      now += ms
    },
  }
}
