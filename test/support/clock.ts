import type { Clock } from '#lib/clock.ts'
import { DAY } from '#lib/duration.ts'

/** A clock that shows what it is told. */
export interface FakeClock extends Clock {
  set(now: number): void
  advance(ms: number): void
  /** As if somebody set the clock, while no time passed. */
  step(ms: number): void
  /** As if its clock that only goes forward had stood still for the last `ms`. */
  stop(ms: number): void
  /** As if the machine had been started so long ago, whatever its clock says. */
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
