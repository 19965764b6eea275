import { DAY } from '#lib/duration.ts'
import { noteSize } from '#store/retention.ts'
import type { TestGuard } from './cronguard.ts'

/** Lets time pass while CronGuard runs, so that `prune` deletes what has become too old. */
export function liveFor({ clock, db }: TestGuard, ms: number): void {
  clock.advance(ms)
  db.write((tx) => noteSize(tx, { day: Math.floor(clock.now() / DAY) - 2, bytes: 0 }))
}
