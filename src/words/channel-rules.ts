// The rules of a channel in words.
import { ALL_DAYS, type ChannelEvent, type ChannelRules, isDefault, type QuietHours } from '#domain/channel-rules.ts'
import { durationInWords } from '#lib/duration.ts'
import { zoneLabel } from '#lib/zone.ts'
import { seconds } from './wire-time.ts'

/** By day, from Monday. */
export const DAY_NAMES = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const

export const EVENT_NAMES: Record<ChannelEvent, string> = {
  down: 'Down',
  up: 'Up',
  reminder: 'Reminders',
  late: 'Late',
  'never-pinged': 'Never pinged',
  'first-ping': 'First ping',
  'too-often': 'Too often',
  'odd-run': 'Odd run',
}

/** The rules as the API and commands show them. `delay` is in seconds. */
export function rulesOnWire({ events, quietHours, delayMs, drills }: ChannelRules) {
  return { events, quiet_hours: quietHours, delay: seconds(delayMs), weekly_test: drills }
}

/** What differs from the defaults: "Notifies of: down, up", "Quiet hours 22:00 to 07:00, Mon to Fri (Europe/Riga)". */
export function rulesInWords({ events, quietHours, delayMs, drills }: ChannelRules): string[] {
  return [
    ...(isDefault(events) ? [] : [eventsInWords(events)]),
    ...(delayMs > 0 ? [`After ${durationInWords(delayMs)} without acknowledgment`] : []),
    ...(quietHours ? [quietInWords(quietHours)] : []),
    ...(drills ? ['A test every week'] : []),
  ]
}

function eventsInWords(events: readonly ChannelEvent[]): string {
  const names = events.map((event) => EVENT_NAMES[event].toLowerCase())
  return names.length === 0 ? 'No status changes' : `Notifies of: ${names.join(', ')}`
}

function quietInWords({ from, to, days, tz }: QuietHours): string {
  const on = days.length < ALL_DAYS.length ? `, ${daysInWords(days)}` : ''
  return `Quiet hours ${from} to ${to}${on} (${zoneLabel(tz)})`
}

/** "Mon to Fri", "Sat, Sun". */
function daysInWords(days: readonly number[]): string {
  const names = days.map((day) => DAY_NAMES[day - 1] ?? '')
  const [first = 0, last = 0] = [days[0], days.at(-1)]
  const isRow = days.length > 2 && last - first === days.length - 1
  return isRow ? `${names[0]} to ${names.at(-1)}` : names.join(', ')
}
