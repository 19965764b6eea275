import { DAY } from '#lib/duration.ts'
import { noteSize } from '#store/retention.ts'
import type { TestGuard } from './cronguard.ts'

/** Lets so much time pass while CronGuard runs: what is too old by then goes when it is pruned. */
export function liveFor({ clock, db }: TestGuard, ms: number): void {
  clock.advance(ms)
  db.write((tx) => noteSize(tx, { day: Math.floor(clock.now() / DAY) - 2, bytes: 0 }))
}
