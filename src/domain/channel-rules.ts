// What a channel notifies of, and when. Rules delay the notification that a monitor is down, and never drop it.
import { z } from 'zod'
import { DAY, MINUTE } from '#lib/duration.ts'
import { isTimeZone } from '#lib/zone.ts'
import { momentOfWallTime, wallTimeAt } from '#lib/zone-time.ts'
import { JOB_EVENTS } from './job-event.ts'
import { isJobNotice } from './notice.ts'
import { isAboutMonitor, type Notification } from './notification.ts'

/** By default, a channel is notified of the first three. */
export const CHANNEL_EVENTS = ['down', 'up', 'reminder', ...JOB_EVENTS] as const
export type ChannelEvent = (typeof CHANNEL_EVENTS)[number]

/** The longest delay. */
export const DELAY_MAX_MS = 7 * DAY

const WallClock = z.string('not_clock').regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'not_clock')
const Weekday = z.int('not_day').min(1, 'not_day').max(7, 'not_day')

export const ALL_DAYS: readonly number[] = [1, 2, 3, 4, 5, 6, 7]

/** Hours that never end are refused, because what they hold would never be sent. */
export const QuietHours = z
  .object({
    /** As "22:00". */
    from: WallClock,
    /** If it isn't later than `from`, it is on the next day. */
    to: WallClock,
    /** The days on which they begin: 1 for Monday to 7 for Sunday. */
    days: z
      .array(Weekday)
      .min(1, 'no_days')
      .transform((days) => [...new Set(days)].sort((a, b) => a - b)),
    tz: z.string('not_zone').refine(isTimeZone, 'not_zone'),
  })
  .refine(({ from, to, days }) => from !== to || days.length < ALL_DAYS.length, { path: ['days'], error: 'whole_week' })

/** Times on which people do not want to be disturbed, on wall clocks in a time zone. */
export type QuietHours = z.output<typeof QuietHours>

export type ChannelRules = z.output<typeof ChannelRules>
export const ChannelRules = z.object({
  events: z
    .array(z.enum(CHANNEL_EVENTS, 'not_event'))
    .transform((given) => CHANNEL_EVENTS.filter((event) => given.includes(event))),
  /** Null for none. */
  quietHours: QuietHours.nullable(),
  /** How long an incident must go on without acknowledgment before the channel is notified. */
  delayMs: z.int('not_delay').min(0, 'not_delay').max(DELAY_MAX_MS, 'not_delay'),
  /** Whether a test is sent every week. */
  drills: z.boolean(),
})

export const DEFAULT_RULES: ChannelRules = {
  events: ['down', 'up', 'reminder'],
  quietHours: null,
  delayMs: 0,
  drills: false,
}

/** What a notification is for a channel; null for one that every channel gets. */
export function eventOf(notification: Notification): ChannelEvent | null {
  if (isJobNotice(notification)) return notification.reason
  if (!isAboutMonitor(notification)) return null
  return notification.again?.is === 'reminder' ? 'reminder' : notification.status
}

/** Whether the events are those of a new channel. */
export function isDefault(events: readonly ChannelEvent[]): boolean {
  return Bun.deepEquals(events, DEFAULT_RULES.events)
}

/** Whether the channel's events include the notification. */
export function wants({ events }: Pick<ChannelRules, 'events'>, notification: Notification): boolean {
  const event = eventOf(notification)
  return event === null || events.includes(event)
}

/** When the quiet hours at `now` end, with those that follow at once; null if there are none now. */
export function quietUntil(hours: QuietHours, now: number): number | null {
  let until: number | null = null
  for (let end = endOfHours(hours, now); end !== null; end = endOfHours(hours, end)) until = end
  return until
}

// They may have begun today or yesterday.
function endOfHours({ from, to, days, tz }: QuietHours, now: number): number | null {
  const today = Math.floor(wallTimeAt(tz, now) / DAY) * DAY
  const lengthMs = ((wallClockMs(to) - wallClockMs(from) + DAY - 1) % DAY) + 1
  const ends = [today - DAY, today]
    .filter((midnight) => days.includes(weekday(midnight)))
    .map((midnight) => {
      const begin = midnight + wallClockMs(from)
      return { begin: momentOf(tz, begin), end: momentOf(tz, begin + lengthMs) }
    })
    .filter(({ begin, end }) => begin <= now && now < end)
    .map(({ end }) => end)
  return ends.length === 0 ? null : Math.max(...ends)
}

function momentOf(tz: string, wall: number): number {
  return momentOfWallTime(tz, { wall, from: wall - 2 * DAY })
}

function wallClockMs(text: string): number {
  const [hours = 0, minutes = 0] = text.split(':').map(Number)
  return (hours * 60 + minutes) * MINUTE
}

/** Of a midnight in wall time. 1 January 1970 was a Thursday. */
function weekday(midnight: number): number {
  return ((midnight / DAY + 3) % 7) + 1
}
