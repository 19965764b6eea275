import type { Clock } from '#lib/clock.ts'
import type { Time } from './oracle.ts'

/** True time, and the clocks of CronGuard's machine. */
export class WorldClock implements Clock {
  /** True milliseconds since 1970. */
  true: number
  /** How far the clock of CronGuard's machine is ahead. */
  aheadMs = 0
  /** How long that machine has slept: its clock that only goes forward stood still. */
  sleptMs = 0

  constructor(start: number) {
    this.true = start
  }

  now(): number {
    return this.true + this.aheadMs
  }

  elapsed(): number {
    return this.true - this.sleptMs
  }

  sinceBoot(): number {
    return this.true
  }

  bootId(): string {
    return 'the only one'
  }

  time(): Time {
    return { wall: this.now(), elapsed: this.elapsed(), passed: this.true }
  }
}
