// What plain words say about a schedule: "every 5 minutes", "weekdays at 18:30", "first Monday of the month at 6".
import { phrase, type Reading, take } from './reading.ts'

/** Days are stored as parts of a cron field. */
export interface Plan {
  rhythm?: Rhythm
  weekdays?: string[]
  dates?: string[]
  months?: number[]
  times?: Time[]
  /** "at 15 minutes past" */
  minutesPast?: number
  /** "every month that has one": months without such a day are meant to be left out. */
  isWhereThere?: true
}

export interface Rhythm {
  count: number
  unit: Unit
}

export interface Time {
  hour: number
  minute: number
}

export type Unit = 'second' | 'minute' | 'hour' | 'day' | 'week' | 'month' | 'quarter' | 'year'

export const UNIT_SECONDS: Partial<Record<Unit, number>> = {
  second: 1,
  minute: 60,
  hour: 3600,
  day: 86_400,
  week: 604_800,
}
const ADVERBS: Record<string, Unit> = {
  minutely: 'minute',
  hourly: 'hour',
  daily: 'day',
  nightly: 'day',
  weekly: 'week',
  monthly: 'month',
  quarterly: 'quarter',
  yearly: 'year',
  annually: 'year',
}
const NUMBERS = 'zero one two three four five six seven eight nine ten eleven twelve'.split(' ')
const ORDINALS = ' first second third fourth fifth'.split(' ')
const WEEKDAY_STARTS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const MONTH_STARTS = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ')

const EVERY = '(?:every|each)'
const NUMBER = `\\d{1,6}(?:\\.\\d{1,3})?|${NUMBERS.join('|')}`
const UNIT = `s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?|months?|quarters?|y|years?`
const WEEKDAY = '((?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?)s?'
const MONTH =
  '(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|' +
  'sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)'
const NAMED = 'first|second|third|fourth|fifth|last'
const NUMBERED = '\\d{1,2}(?:st|nd|rd|th)'
const OF_MONTH = '(?:of|in) (?:(?:the|every|each|a) )?month'
/** "every 3rd week" is a duration. */
const NO_UNIT = '(?! (?:hour|minute|week|month|quarter|year)s?\\b)'
const OF_MONTHS = '(?:of|in) (?:(?:the|every|each|a|all) )?months?'
const CLOCK = '(\\d{1,2})(?:[:.h](\\d\\d))?\\s*(am|pm|a\\.m\\.|p\\.m\\.|o.clock|h)?'

const PHRASES = {
  adverb: phrase(`(${Object.keys(ADVERBS).join('|')})`),
  partOfDay: phrase(`${EVERY} (?:night|morning)`),
  fortnight: phrase(`fortnightly|${EVERY} fortnight`),
  timesPer: phrase(
    `(once|twice|(?:${NUMBER}) times|(?:${NUMBER}) ?x) (?:(?:a|an|per|${EVERY}) (${UNIT})|(hourly|daily|weekly))`,
  ),
  half: phrase(`${EVERY} (half|quarter)(?:[ -]an?| of an)?[ -]hour`),
  other: phrase(`${EVERY} (other|alternate|second|third|fourth|fifth|${NUMBERED}) (${UNIT})`),
  every: phrase(`(?:once )?${EVERY}(?: (${NUMBER}))? ?(${UNIT})`),
  length: phrase(`(?:and )?(${NUMBER}) ?(${UNIT})`),
  // "1h30m": a unit may be followed by the next number at once.
  tightLength: /[\s,]*(\d{1,6}(?:\.\d{1,3})?) ?(s|m|h|d|w)(?=\d)/iuy,
  workdays: phrase(`(?:(?:on|${EVERY}|all) )?(?:weekdays?|workdays?|(?:working|business|work) days?)`),
  weekend: phrase(`(?:(?:on|at|over|${EVERY}) )?(?:the )?weekends?`),
  weekday: phrase(`(?:(?:on|from|and|or|&|${EVERY}) )*${WEEKDAY}`),
  toWeekday: phrase(`(?:-|–|to|through|thru|till|until) ?${WEEKDAY}`),
  lastWorkday: phrase(`(?:on )?(?:the )?last (?:weekday|workday|(?:working|business) day) ${OF_MONTH}`),
  weekdayOfMonth: phrase(`(?:(?:on|and|${EVERY}) )*(?:the )?(${NUMBERED}|${NAMED}) ${WEEKDAY}(?: ${OF_MONTH})?`),
  dateInMonth: phrase(`(?:on )?(?:the )?(\\d{1,2})(?:st|nd|rd|th)?(?: day)?(?: of)? ${MONTH}`),
  monthDate: phrase(`(?:on )?${MONTH} (?:the )?(\\d{1,2})(?:st|nd|rd|th)?(?![:.\\d]| ?[ap]\\.?m)`),
  date: phrase(`(?:(?:on|and|&|${EVERY}) )*(?:the )?(${NUMBERED})(?: day)?${NO_UNIT}`),
  // "every second" and "every second day" are durations.
  namedDate: phrase(
    `(?:(?:on|and|&) )*(?:(?:the )?(${NAMED}) day|the (${NAMED}))|(?:${EVERY} )?(${NAMED})(?= ${OF_MONTH})`,
  ),
  numberedDay: phrase('(?:on )?(?:the )?day (\\d{1,2})'),
  ofMonth: phrase(OF_MONTH),
  whereThere: phrase(`(?:${OF_MONTHS} )?that ha(?:s|ve) (?:one|it)|(?:of|in) leap years`),
  month: phrase(`(?:(?:in|of|and|or|&|${EVERY}) )*${MONTH}`),
  minutesPast: phrase(
    '(?:at )?(\\d{1,2}|a quarter|quarter|half)(?: minutes?| mins?)? (?:past|after)(?: (?:the|every|each) hour)?',
  ),
  atMinute: phrase('at (?:minute |:)(\\d{1,2})'),
  onTheHour: phrase('on the hour'),
  noon: phrase('(?:(?:at|and|&) )*(noon|midday|midnight)'),
  at: phrase(`(?:at|@) ?${CLOCK}`),
  bareTime: phrase('(\\d{1,2})(?:[:.](\\d\\d))\\s*(am|pm|a\\.m\\.|p\\.m\\.)?|(\\d{1,2})\\s*(am|pm|a\\.m\\.|p\\.m\\.)'),
  andTime: new RegExp(`\\s*(?:,\\s*(?:and\\s+|&\\s*)?|(?:and\\s|&)\\s*)(?:at\\s+)?${CLOCK}(?![\\p{L}\\p{N}])`, 'iuy'),
}

/** Reads as far as possible. A part that occurs twice is read only once. */
export function readPlan(reading: Reading): Plan {
  const plan: Plan = {}
  const readers = [readWhereThere, readMinutesPast, readWeekdays, readDates, readMonths, readTimes, readRhythm]
  while (readers.some((read) => read(reading, plan)));
  return plan
}

function readWhereThere(reading: Reading, plan: Plan): boolean {
  if (plan.isWhereThere || !take(reading, PHRASES.whereThere)) return false
  plan.isWhereThere = true
  return true
}

function readMinutesPast(reading: Reading, plan: Plan): boolean {
  if (plan.minutesPast !== undefined) return false
  if (take(reading, PHRASES.onTheHour)) plan.minutesPast = 0
  else {
    const [said] = take(reading, PHRASES.minutesPast) ?? take(reading, PHRASES.atMinute) ?? []
    if (said === undefined) return false
    plan.minutesPast = said === 'half' ? 30 : said.endsWith('quarter') ? 15 : Number(said)
  }
  return true
}

function readRhythm(reading: Reading, plan: Plan): boolean {
  if (plan.rhythm) return false
  const rhythm = oneRhythm(reading)
  if (rhythm) plan.rhythm = rhythm
  return rhythm !== null
}

function oneRhythm(reading: Reading): Rhythm | null {
  const [adverb] = take(reading, PHRASES.adverb) ?? []
  if (adverb) return { count: 1, unit: ADVERBS[adverb.toLowerCase()] as Unit }
  if (take(reading, PHRASES.partOfDay)) return { count: 1, unit: 'day' }
  if (take(reading, PHRASES.fortnight)) return { count: 2, unit: 'week' }
  const [part] = take(reading, PHRASES.half) ?? []
  if (part) return { count: part.toLowerCase() === 'half' ? 30 : 15, unit: 'minute' }
  const perUnit = timesPerUnit(reading)
  if (perUnit) return perUnit
  const [nth, unit] = take(reading, PHRASES.other) ?? []
  if (nth && unit) return { count: /^(other|alternate)$/i.test(nth) ? 2 : ordinalOf(nth), unit: unitOf(unit) }
  return lengthOfTime(reading)
}

function timesPerUnit(reading: Reading): Rhythm | null {
  const at = reading.at
  const [times, unit, adverb] = take(reading, PHRASES.timesPer) ?? []
  const per = unit ?? adverb
  if (times === undefined || per === undefined) return null
  const lower = times.toLowerCase()
  const count = lower === 'once' ? 1 : lower === 'twice' ? 2 : numberOf(lower.replace(/ times$| ?x$/, ''))
  const seconds = UNIT_SECONDS[unitOf(per)]
  if (count === 1) return { count, unit: unitOf(per) }
  if (seconds !== undefined) return { count: shareOf(seconds, count), unit: 'second' }
  reading.at = at
  return null
}

// "7 times a day" is rounded to whole seconds. A period below one second is kept, so that it is refused.
function shareOf(seconds: number, count: number): number {
  const share = seconds / count
  return share < 1 ? share : Math.round(share)
}

/** "every 1 hour and 30 minutes", "1h30m": several parts are added up in seconds. */
function lengthOfTime(reading: Reading): Rhythm | null {
  const first = take(reading, PHRASES.every) ?? take(reading, PHRASES.tightLength) ?? take(reading, PHRASES.length)
  if (!first) return null
  let rhythm: Rhythm = { count: numberOf(first[0] ?? 'one'), unit: unitOf(first[1] ?? '') }
  while (UNIT_SECONDS[rhythm.unit] !== undefined) {
    const at = reading.at
    const [count, unit] = take(reading, PHRASES.tightLength) ?? take(reading, PHRASES.length) ?? []
    const seconds = UNIT_SECONDS[unitOf(unit ?? 'year')]
    if (seconds === undefined) reading.at = at
    if (count === undefined || seconds === undefined) break
    rhythm = { count: rhythm.count * (UNIT_SECONDS[rhythm.unit] ?? 0) + numberOf(count) * seconds, unit: 'second' }
  }
  return rhythm
}

function readWeekdays(reading: Reading, plan: Plan): boolean {
  if (plan.weekdays) return false
  if (take(reading, PHRASES.workdays)) plan.weekdays = ['1-5']
  else if (take(reading, PHRASES.weekend)) plan.weekdays = ['0', '6']
  else {
    const days = new Set<number>()
    for (let said = take(reading, PHRASES.weekday); said; said = take(reading, PHRASES.weekday)) {
      const first = weekdayOf(said[0])
      const [last] = take(reading, PHRASES.toWeekday) ?? []
      const count = last === undefined ? 1 : ((weekdayOf(last) - first + 7) % 7) + 1
      for (let day = first; day < first + count; day += 1) days.add(day % 7)
    }
    if (days.size > 0) plan.weekdays = weekdayParts([...days].sort((a, b) => a - b))
  }
  return plan.weekdays !== undefined
}

function weekdayParts(days: number[]): string[] {
  if (days.length === 7) return ['*']
  return days.join() === '1,2,3,4,5' ? ['1-5'] : days.map(String)
}

function readDates(reading: Reading, plan: Plan): boolean {
  if (plan.dates) return false
  if (take(reading, PHRASES.lastWorkday)) plan.dates = ['LW']
  return (
    plan.dates !== undefined ||
    readWeekdaysOfMonth(reading, plan) ||
    readDateAndMonth(reading, plan) ||
    readDateList(reading, plan)
  )
}

function readWeekdaysOfMonth(reading: Reading, plan: Plan): boolean {
  const parts: string[] = []
  for (let said = take(reading, PHRASES.weekdayOfMonth); said; said = take(reading, PHRASES.weekdayOfMonth)) {
    const [nth = '', day] = said
    parts.push(nth.toLowerCase() === 'last' ? `${weekdayOf(day)}L` : `${weekdayOf(day)}#${ordinalOf(nth)}`)
  }
  if (parts.length > 0) plan.weekdays = [...(plan.weekdays ?? []), ...parts]
  return parts.length > 0
}

function readDateAndMonth(reading: Reading, plan: Plan): boolean {
  if (plan.months) return false
  const dateFirst = take(reading, PHRASES.dateInMonth)
  const [date, month] = dateFirst ?? take(reading, PHRASES.monthDate)?.toReversed() ?? []
  if (date === undefined || month === undefined) return false
  plan.dates = [String(Number(date))]
  plan.months = [monthOf(month), ...monthList(reading)]
  return true
}

function readDateList(reading: Reading, plan: Plan): boolean {
  const [numbered] = take(reading, PHRASES.numberedDay) ?? []
  const dates = numbered === undefined ? [] : [String(Number(numbered))]
  for (let nth = dateOrdinal(reading); nth; nth = dateOrdinal(reading)) {
    dates.push(nth.toLowerCase() === 'last' ? 'L' : String(ordinalOf(nth)))
  }
  if (dates.length === 0) return false
  take(reading, PHRASES.ofMonth)
  plan.dates = dates
  return true
}

function dateOrdinal(reading: Reading): string | undefined {
  return (take(reading, PHRASES.date) ?? take(reading, PHRASES.namedDate))?.find((said) => said !== undefined)
}

function readMonths(reading: Reading, plan: Plan): boolean {
  if (plan.months) return false
  const months = monthList(reading)
  if (months.length > 0) plan.months = months
  return months.length > 0
}

function monthList(reading: Reading): number[] {
  const months: number[] = []
  for (let said = take(reading, PHRASES.month); said; said = take(reading, PHRASES.month)) months.push(monthOf(said[0]))
  return months
}

function readTimes(reading: Reading, plan: Plan): boolean {
  if (plan.times) return false
  const first = namedTime(reading) ?? clockTime(take(reading, PHRASES.at)) ?? bareTime(reading)
  if (!first) return false
  plan.times = [first]
  for (let next = namedTime(reading) ?? clockTime(take(reading, PHRASES.andTime)); next; ) {
    plan.times.push(next)
    next = namedTime(reading) ?? clockTime(take(reading, PHRASES.andTime))
  }
  return true
}

function namedTime(reading: Reading): Time | null {
  const [name] = take(reading, PHRASES.noon) ?? []
  if (name === undefined) return null
  return { hour: name.toLowerCase() === 'midnight' ? 0 : 12, minute: 0 }
}

function bareTime(reading: Reading): Time | null {
  const said = take(reading, PHRASES.bareTime)
  return said && clockTime([said[0] ?? said[3], said[1], said[2] ?? said[4]])
}

/** Invalid hours and minutes are kept for the error message. */
function clockTime(said: (string | undefined)[] | null): Time | null {
  if (!said) return null
  const [hour, minute, half = ''] = [Number(said[0]), Number(said[1] ?? 0), said[2]?.toLowerCase()]
  if (/^[ap]/.test(half) && (hour < 1 || hour > 12)) return { hour: Number.NaN, minute }
  if (half.startsWith('p')) return { hour: (hour % 12) + 12, minute }
  return { hour: half.startsWith('a') ? hour % 12 : hour, minute }
}

function numberOf(text: string): number {
  const named = NUMBERS.indexOf(text.toLowerCase())
  return named === -1 ? Number(text) : named
}

function ordinalOf(text: string): number {
  const named = ORDINALS.indexOf(text.toLowerCase())
  return named === -1 ? Number.parseInt(text, 10) : named
}

function unitOf(text: string): Unit {
  const units: Unit[] = ['second', 'minute', 'hour', 'day', 'week', 'quarter', 'year']
  const lower = text.toLowerCase()
  return lower.startsWith('mo') ? 'month' : (units.find((unit) => unit[0] === lower[0]) ?? 'year')
}

function weekdayOf(text = ''): number {
  return WEEKDAY_STARTS.indexOf(text.slice(0, 3).toLowerCase())
}

function monthOf(text = ''): number {
  return MONTH_STARTS.indexOf(text.slice(0, 3).toLowerCase()) + 1
}
