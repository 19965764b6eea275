// Judges each alert by the true state of the job.
import type { World } from './world.ts'

/** False alerts: the job was punctual. */
export interface AlarmCounts {
  /** The job sent its ping once, while CronGuard could not receive it. */
  falseForHasty: number
  /** The job retried soon, but after the deadline: a short gap extends only deadlines whose ping may be lost. */
  falseAfterShortGap: number
  /** The machine's clock was wrong, or had just been corrected. */
  falseByClockForPeriods: number
  falseByClockForCalendars: number
}

const MINUTE = 60_000
const SHORT_GAP_MS = 15_250

/** A job that is punctual and retries must not cause an alert while the clock is right. */
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
  else world.scribe.object(`${monitor} is punctual, and yet there is an alert. ${world.describe(monitor)}`, [monitor])
}
