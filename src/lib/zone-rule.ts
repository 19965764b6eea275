// Reads the yearly daylight saving rule of a zone in POSIX TZ format: "EET-2EEST,M3.5.0/3,M10.5.0/4". Files of the time
// zone database end with it.
import { DAY, HOUR, MINUTE, SECOND } from './duration.ts'

/** The offset from UTC at a moment. `until` is the first later moment with another offset. */
export interface UtcOffset {
  offsetMs: number
  until: number
}

export interface ZoneRule {
  offsetMs: number
  /** Null when the zone has no daylight saving time. */
  daylight: { offsetMs: number; begins: YearlyMoment; ends: YearlyMoment } | null
}

/** A yearly change, in wall time before the change. */
interface YearlyMoment {
  /** The start of the day, as a wall time. */
  dayOf: (year: number) => number
  timeMs: number
}

const NAME = '(?:[A-Za-z]{3,}|<[A-Za-z\\d+-]{3,}>)'
const MINUTES = '(?::[0-5]\\d){0,2}'
const OFFSET = `[+-]?(?:[01]?\\d|2[0-4])${MINUTES}`
// Times reach up to a week before or after the day: Greenland changes at 23:00 of the day before, "/-1".
const TIME = `[+-]?(?:\\d{1,2}|1[0-5]\\d|16[0-7])${MINUTES}`
const DAY_OF_YEAR = '[1-9]\\d?|[12]\\d\\d|3[0-5]\\d|36[0-5]'
const DATE = `M(?:[1-9]|1[0-2])\\.[1-5]\\.[0-6]|J(?:${DAY_OF_YEAR})|0|${DAY_OF_YEAR}`
const RULE = new RegExp(
  `^${NAME}(?<offset>${OFFSET})` +
    `(?:${NAME}(?<daylight>${OFFSET})?,(?<begin>${DATE})(?:/(?<beginTime>${TIME}))?` +
    `,(?<end>${DATE})(?:/(?<endTime>${TIME}))?)?$`,
)

/** Null when the text is not a rule. */
export function readZoneRule(text: string): ZoneRule | null {
  const parts = RULE.exec(text)?.groups
  if (!parts?.offset) return null
  const offsetMs = aheadMs(parts.offset)
  if (!parts.begin || !parts.end) return { offsetMs, daylight: null }
  const daylight = {
    offsetMs: parts.daylight ? aheadMs(parts.daylight) : offsetMs + HOUR,
    begins: { dayOf: readDate(parts.begin), timeMs: readTime(parts.beginTime ?? '2') },
    ends: { dayOf: readDate(parts.end), timeMs: readTime(parts.endTime ?? '2') },
  }
  return { offsetMs, daylight }
}

export function offsetByRule(rule: ZoneRule, at: number): UtcOffset {
  const offsetMs = changesAround(rule, at).findLast((change) => change.at <= at)?.offsetMs ?? rule.offsetMs
  return { offsetMs, until: nextOffsetChange(rule, { after: at, offsetMs }) }
}

/** The first moment after `after` with an offset other than `offsetMs`, or Infinity. */
export function nextOffsetChange(rule: ZoneRule, { after, offsetMs }: { after: number; offsetMs: number }): number {
  const next = changesAround(rule, after).find((change) => change.at > after && change.offsetMs !== offsetMs)
  return next?.at ?? Number.POSITIVE_INFINITY
}

// POSIX offsets are positive west of Greenwich.
function aheadMs(text: string): number {
  return 0 - readTime(text)
}

function readTime(text: string): number {
  const [hours = 0, minutes = 0, seconds = 0] = text.replace(/^[+-]/, '').split(':').map(Number)
  const ms = hours * HOUR + minutes * MINUTE + seconds * SECOND
  return text.startsWith('-') ? 0 - ms : ms
}

function readDate(text: string): YearlyMoment['dayOf'] {
  if (text.startsWith('M')) return dayOfMonth(text)
  if (!text.startsWith('J')) return (year) => Date.UTC(year, 0, 1 + Number(text))
  // "J60" is March 1 in every year, because it never counts February 29.
  const sinceJanuary = new Date(Date.UTC(1970, 0, Number(text.slice(1))))
  return (year) => Date.UTC(year, sinceJanuary.getUTCMonth(), sinceJanuary.getUTCDate())
}

// "M3.5.0" is the last Sunday in March. Week 5 means the last one, even if that is the fourth.
function dayOfMonth(text: string): YearlyMoment['dayOf'] {
  const [month = 1, week = 1, weekday = 0] = text.slice(1).split('.').map(Number)
  return (year) => {
    const first = Date.UTC(year, month - 1, 1)
    const sinceFirst = ((weekday - new Date(first).getUTCDay() + 7) % 7) + (week - 1) * 7
    const day = first + sinceFirst * DAY
    return day < Date.UTC(year, month, 1) ? day : day - 7 * DAY
  }
}

// A change can be up to a week outside its year, so two years on either side are included.
function changesAround({ offsetMs, daylight }: ZoneRule, moment: number): { at: number; offsetMs: number }[] {
  if (!daylight) return []
  const { begins, ends } = daylight
  const year = new Date(moment).getUTCFullYear()
  const changes = [-2, -1, 0, 1, 2].flatMap((years) => [
    { at: begins.dayOf(year + years) + begins.timeMs - offsetMs, offsetMs: daylight.offsetMs },
    { at: ends.dayOf(year + years) + ends.timeMs - daylight.offsetMs, offsetMs },
  ])
  changes.sort((a, b) => a.at - b.at)
  // Daylight time that lasts all year ends at the moment it begins again, so of two changes at one moment only the
  // later counts. For the last change in the list this is unknown.
  return changes.filter(({ at }, index) => at !== (changes[index + 1]?.at ?? at))
}
