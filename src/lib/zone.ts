// Formats moments in a time zone for people.
import { DAY } from './duration.ts'
import { currentZoneName } from './zone-names.ts'
import { momentOfWallTime, wallTimeAt } from './zone-time.ts'

/** Also true for old names. Store the result of `currentZoneName` instead of `name`. */
export function isTimeZone(name: string): boolean {
  return currentZoneName(name) !== null
}

/** The zones in select lists, UTC first. Etc/ zones are left out: Etc/GMT+1 is an hour behind UTC, which misleads. */
export function timeZones(): string[] {
  const others = Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC' && !zone.startsWith('Etc/'))
  return ['UTC', ...others]
}

/** The shown name of a zone: "UTC-1" for Etc/GMT+1. */
export function zoneLabel(zone: string): string {
  const [, sign, hours = ''] = /^Etc\/GMT([+-])(\d+)$/.exec(zone) ?? []
  if (sign === undefined) return zone
  return Number(hours) === 0 ? 'UTC' : `UTC${sign === '+' ? '-' : '+'}${hours}`
}

/** "06:46". Fast enough to format the time of all zones at once. */
export function clockInZone(at: number, zone: string): string {
  const wall = new Date(wallTimeAt(zone, at))
  return [wall.getUTCHours(), wall.getUTCMinutes()].map((part) => String(part).padStart(2, '0')).join(':')
}

/** "24 Nov 2026, 06:46:12" */
export function momentInZone(at: number, zone: string): string {
  const { day, month, year, hour, minute, second } = partsOf(at, zone)
  return `${day} ${month} ${year}, ${hour}:${minute}:${second}`
}

/** "24 Nov 2026, 06:46:12 (Europe/Riga)", "24 Nov 2026, 04:46:12 UTC" */
export function momentWithZone(at: number, zone: string): string {
  return `${momentInZone(at, zone)} ${zone === 'UTC' ? 'UTC' : `(${zoneLabel(zone)})`}`
}

/** As `momentWithZone`, followed by the time in UTC: "24 Nov 2026, 06:46:12 (Europe/Riga), 04:46:12 UTC". */
export function fullMomentInZone(at: number, zone: string): string {
  if (zone === 'UTC') return momentWithZone(at, zone)
  const isSameDay = dayInZone(at, zone) === dayInZone(at, 'UTC')
  const utc = momentInZone(at, 'UTC')
  return `${momentWithZone(at, zone)}, ${isSameDay ? utc.split(', ')[1] : utc} UTC`
}

/** "24 Nov, 06:46". Includes the year when it differs from that of `now`. */
export function shortMomentInZone(at: number, { zone, now }: { zone: string; now: number }): string {
  const { day, month, year, hour, minute } = partsOf(at, zone)
  const isThisYear = year === partsOf(now, zone).year
  return `${day} ${month}${isThisYear ? '' : ` ${year}`}, ${hour}:${minute}`
}

/** "24 Nov 2026" */
export function dayInZone(at: number, zone: string): string {
  const { day, month, year } = partsOf(at, zone)
  return `${day} ${month} ${year}`
}

/**
 * The last `count` days in the zone, oldest first. The last one ends at `now`. Days with a clock change are longer or
 * shorter.
 */
export function lastDays(count: number, { zone, now }: { zone: string; now: number }): { from: number; to: number }[] {
  const today = Math.floor(wallTimeAt(zone, now) / DAY) * DAY
  const startOf = (daysAgo: number): number => {
    const wall = today - daysAgo * DAY
    return momentOfWallTime(zone, { wall, from: Number.NEGATIVE_INFINITY })
  }
  return Array.from({ length: count }, (_, index) => count - 1 - index).map((daysAgo) => ({
    from: startOf(daysAgo),
    to: daysAgo === 0 ? Math.max(now, startOf(0)) : startOf(daysAgo - 1),
  }))
}

/** The next `count` days in the zone, beginning with today, each from midnight to midnight. */
export function nextDays(count: number, { zone, now }: { zone: string; now: number }): { from: number; to: number }[] {
  const today = Math.floor(wallTimeAt(zone, now) / DAY) * DAY
  const startOf = (day: number): number =>
    momentOfWallTime(zone, { wall: today + day * DAY, from: Number.NEGATIVE_INFINITY })
  return Array.from({ length: count }, (_, day) => ({ from: startOf(day), to: startOf(day + 1) }))
}

interface Parts {
  day: string
  month: string
  year: string
  hour: string
  minute: string
  second: string
}

// Wall times are formatted as if they were UTC.
const format = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'UTC',
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
})

function partsOf(at: number, zone: string): Parts {
  const parts = format.formatToParts(wallTimeAt(zone, at))
  const { month = '', ...rest } = Object.fromEntries(parts.map(({ type, value }) => [type, value]))
  // British English abbreviates September alone to four letters.
  return { ...rest, month: month.slice(0, 3) } as Parts
}
