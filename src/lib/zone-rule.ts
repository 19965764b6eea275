// The rule by which the clocks of a zone change every year, as the POSIX variable TZ tells it:
// "EET-2EEST,M3.5.0/3,M10.5.0/4". A file of the time zone database ends with it.
import { DAY, HOUR, MINUTE, SECOND } from './duration.ts'

/** How far the clocks are ahead of UTC at a moment; `until` is the first later one at which that is different. */
export interface UtcOffset {
  offsetMs: number
  until: number
}

export interface ZoneRule {
  offsetMs: number
  /** Null: the clocks are never changed. */
  daylight: { offsetMs: number; begins: YearlyMoment; ends: YearlyMoment } | null
}

/** A time of a day of every year, by the clocks as they are before it. */
interface YearlyMoment {
  /** The start of the day, as a wall time. */
  dayOf: (year: number) => number
  timeMs: number
}

const NAME = '(?:[A-Za-z]{3,}|<[A-Za-z\\d+-]{3,}>)'
const MINUTES = '(?::[0-5]\\d){0,2}'
const OFFSET = `[+-]?(?:[01]?\\d|2[0-4])${MINUTES}`
// Up to a week before or after the day: Greenland's clocks are changed at 23:00 of the day before, "/-1".
const TIME = `[+-]?(?:\\d{1,2}|1[0-5]\\d|16[0-7])${MINUTES}`
const DAY_OF_YEAR = '[1-9]\\d?|[12]\\d\\d|3[0-5]\\d|36[0-5]'
const DATE = `M(?:[1-9]|1[0-2])\\.[1-5]\\.[0-6]|J(?:${DAY_OF_YEAR})|0|${DAY_OF_YEAR}`
const RULE = new RegExp(
  `^${NAME}(?<offset>${OFFSET})` +
    `(?:${NAME}(?<daylight>${OFFSET})?,(?<begin>${DATE})(?:/(?<beginTime>${TIME}))?` +
    `,(?<end>${DATE})(?:/(?<endTime>${TIME}))?)?$`,
)

/** Null for what is no rule. */
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

/** The first moment at which the rule sets the clocks to another offset; Infinity if it never does. */
export function nextOffsetChange(rule: ZoneRule, { after, offsetMs }: { after: number; offsetMs: number }): number {
  const next = changesAround(rule, after).find((change) => change.at > after && change.offsetMs !== offsetMs)
  return next?.at ?? Number.POSITIVE_INFINITY
}

// POSIX counts westwards.
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
  // "J60" is the 1st of March in every year: the 29th of February is not counted.
  const sinceJanuary = new Date(Date.UTC(1970, 0, Number(text.slice(1))))
  return (year) => Date.UTC(year, sinceJanuary.getUTCMonth(), sinceJanuary.getUTCDate())
}

// "M3.5.0": the last Sunday in March. Week 5 is the last one, even if it is the fourth.
function dayOfMonth(text: string): YearlyMoment['dayOf'] {
  const [month = 1, week = 1, weekday = 0] = text.slice(1).split('.').map(Number)
  return (year) => {
    const first = Date.UTC(year, month - 1, 1)
    const sinceFirst = ((weekday - new Date(first).getUTCDay() + 7) % 7) + (week - 1) * 7
    const day = first + sinceFirst * DAY
    return day < Date.UTC(year, month, 1) ? day : day - 7 * DAY
  }
}

// A change can lie a week outside of its year, hence two years on either side.
function changesAround({ offsetMs, daylight }: ZoneRule, moment: number): { at: number; offsetMs: number }[] {
  if (!daylight) return []
  const { begins, ends } = daylight
  const year = new Date(moment).getUTCFullYear()
  const changes = [-2, -1, 0, 1, 2].flatMap((years) => [
    { at: begins.dayOf(year + years) + begins.timeMs - offsetMs, offsetMs: daylight.offsetMs },
    { at: ends.dayOf(year + years) + ends.timeMs - daylight.offsetMs, offsetMs },
  ])
  changes.sort((a, b) => a.at - b.at)
  // Daylight time that lasts all year ends when it begins again. Whether the last change is such an end is not known.
  return changes.filter(({ at }, index) => at !== (changes[index + 1]?.at ?? at))
}
