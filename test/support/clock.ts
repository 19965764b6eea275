import type { Clock } from '#lib/clock.ts'

/** A clock that shows what it is told. */
export interface ToldClock extends Clock {
  set(now: number): void
  advance(ms: number): void
  /** As if somebody set the clock, while no time passed. */
  step(ms: number): void
}

export function toldClock(start = Date.UTC(2026, 2, 1, 12, 0, 0)): ToldClock {
  let now = start
  let steppedMs = 0
  return {
    now: () => now,
    elapsed: () => now - steppedMs,
    sinceBoot: () => now - steppedMs,
    step: (ms) => {
      steppedMs += ms
      now += ms
    },
    set: (moment) => {
      now = moment
    },
    advance: (ms) => {
      now += ms
    },
  }
}
