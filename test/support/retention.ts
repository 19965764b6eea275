import { prune } from '#actions/retention.ts'
import { DAY } from '#lib/duration.ts'
import { listPings } from '#store/pings.ts'
import { noteSize } from '#store/retention.ts'
import type { TestGuard } from './cronguard.ts'

/** Lets time pass while CronGuard runs, so that `prune` deletes what has become too old. */
export function liveFor({ clock, db }: TestGuard, ms: number): void {
  clock.advance(ms)
  db.write((tx) => noteSize(tx, { day: Math.floor(clock.now() / DAY) - 2, bytes: 0 }))
}

export async function pruneAll({ deps }: TestGuard): Promise<void> {
  for await (const _ of prune(deps));
}

/** The numbers of the pings that are stored, newest first. */
export function pingNumbers({ db }: TestGuard, { id }: { id: number }): number[] {
  return listPings(db, { monitorId: id, limit: 10_000 }).map(({ number }) => number)
}
