// Looks at an alarm with the eyes of somebody who knows which jobs live.
import type { World } from './world.ts'

/** How often jobs that were always in time raised an alarm all the same. */
export interface AlarmCounts {
  /** They tried only once, when nobody could hear them. */
  falseForHasty: number
  /** They tried again within a moment, but not before the deadline: a gap that is short puts off only what it ends. */
  falseAfterShortGap: number
  /** The clock of the machine was wrong, or had just been put right. */
  falseByClockForPeriods: number
  falseByClockForCalendars: number
}

const MINUTE = 60_000
const SHORT_GAP_MS = 15_250

/** No job that is always in time, and keeps trying to be heard, may raise one while the clock is right. */
export function judgeAlarm(world: World, { monitor, counts }: { monitor: string; counts: AlarmCounts }): void {
  const { role, request } = world.player(monitor)
  if (role.habit === 'wild') return
  const now = world.clock.true
  const ownMs = request.intervalMs + request.wishes.graceMs
  const isByClock = world.clock.aheadMs !== 0 || world.leaps.some((at) => at >= now - 2 * ownMs - MINUTE)
  const { from = 0, to = 0 } = world.troubledTimes.at(-1) ?? {}
  if (isByClock) counts[`falseByClockFor${typeof request.wishes.rhythm === 'number' ? 'Periods' : 'Calendars'}`] += 1
  else if (role.habit === 'hasty') counts.falseForHasty += 1
  else if (to - from <= SHORT_GAP_MS && to >= now - ownMs) counts.falseAfterShortGap += 1
  else
    world.scribe.object(`${monitor} is always in time, and yet an alarm is raised. ${world.describe(monitor)}`, [
      monitor,
    ])
}
