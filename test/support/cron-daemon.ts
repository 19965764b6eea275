// A simulation of Debian's cron: the main loop of its daemon, with the virtual time of cron(8), minute by minute. It
// shares no code with src/domain/cron.ts, and tries every value of a field one by one.

const MINUTE = 60_000
const HOURS_BEFORE = 6
/** Clocks change on quarter hours. */
const QUARTER = 15

/** All times after `from` and before `until` at which the daemon would start the job. */
export function runCronDaemon(expression: string, span: { zone: string; from: number; until: number }): number[] {
  const job = readJob(expression)
  const started = new Set<number>()
  const first = Math.floor(span.from / MINUTE) - HOURS_BEFORE * 60
  const clock = clockOf(span.zone)
  let virtual = clock(first) - 1
  for (let now = first; now * MINUTE < span.until; now += 1) {
    const wall = clock(now)
    const ahead = wall - virtual
    const find = (minute: number, kind: 'wildcard' | 'fixed' | 'all') => {
      if (kind !== 'all' && job.isWildcard !== (kind === 'wildcard')) return
      if (isTimeOf(job, minute)) started.add(now * MINUTE)
    }
    if (ahead === 1) find(++virtual, 'all')
    else if (ahead > 180 || ahead <= -180) {
      virtual = wall
      find(wall, 'all')
    } else if (ahead <= 0) find(wall, 'wildcard')
    else {
      find(wall, 'wildcard')
      while (virtual < wall) find(++virtual, 'fixed')
    }
  }
  return [...started].filter((at) => at > span.from)
}

/** Converts minutes of UTC since 1970 to minutes on the clocks of the zone. */
function clockOf(zone: string): (minute: number) => number {
  let asked = Number.NaN
  let offset = 0
  return (minute) => {
    const quarter = Math.floor(minute / QUARTER)
    if (quarter !== asked) {
      const moment = Temporal.Instant.fromEpochMilliseconds(quarter * QUARTER * MINUTE)
      offset = moment.toZonedDateTimeISO(zone).offsetNanoseconds / 60e9
      asked = quarter
    }
    return minute + offset
  }
}

interface Job {
  fields: string[]
  minutes: boolean[]
  hours: boolean[]
  isWildcard: boolean
  /** Whether the job runs on a day, for days that were evaluated. */
  days: Map<number, boolean>
}

function readJob(expression: string): Job {
  const fields = expression.toLowerCase().split(' ')
  const [minute = '', hour = ''] = fields
  return {
    fields,
    minutes: Array.from({ length: 60 }, (_, value) => names(minute, { value, max: 59 })),
    hours: Array.from({ length: 24 }, (_, value) => names(hour, { value, max: 23 })),
    isWildcard: minute[0] === '*' || hour[0] === '*',
    days: new Map(),
  }
}

function isTimeOf({ fields: [, , dom = '', month = '', dow = ''], minutes, hours, days }: Job, wall: number): boolean {
  const minuteOfDay = ((wall % 1440) + 1440) % 1440
  if (!minutes[minuteOfDay % 60] || !hours[Math.floor(minuteOfDay / 60)]) return false
  const day = Math.floor(wall / 1440)
  const known = days.get(day) ?? isDay({ dom, month, dow }, new Date(day * 1440 * MINUTE))
  days.set(day, known)
  return known
}

function isDay({ dom, month, dow }: Record<'dom' | 'month' | 'dow', string>, day: Date): boolean {
  if (!names(withNumbers(month, 'jan feb mar apr may jun jul aug sep oct nov dec', 1), monthOf(day))) return false
  const [onDate, onWeekday] = [isDate(dom, day), isWeekday(dow, day)]
  return dom[0] === '*' || dow[0] === '*' ? onDate && onWeekday : onDate || onWeekday
}

function monthOf(day: Date): { value: number; min: number; max: number } {
  return { value: day.getUTCMonth() + 1, min: 1, max: 12 }
}

function isDate(dom: string, day: Date): boolean {
  const later = daysAfter(day).filter((other) => other.getUTCMonth() === day.getUTCMonth())
  const isWorkday = (one: Date) => one.getUTCDay() % 6 !== 0
  return dom.split(',').some((term) => {
    if (term === 'l') return later.length === 0
    if (term === 'lw') return isWorkday(day) && !later.some(isWorkday)
    return names(term, { value: day.getUTCDate(), min: 1, max: 31 })
  })
}

function isWeekday(dow: string, day: Date): boolean {
  const weekdays = day.getUTCDay() === 0 ? [0, 7] : [day.getUTCDay()]
  return withNumbers(dow, 'sun mon tue wed thu fri sat', 0)
    .split(',')
    .some((term) => {
      const [, named, kind, nth] = /^(\d)(l|#)(\d?)$/.exec(term) ?? []
      if (named === undefined) return weekdays.some((value) => names(term, { value, max: 7 }))
      const inWeeks = new Date(day.getTime() + 7 * 1440 * MINUTE)
      const isLast = inWeeks.getUTCMonth() !== day.getUTCMonth()
      const isNth = kind === 'l' ? isLast : Math.floor((day.getUTCDate() - 1) / 7) + 1 === Number(nth)
      return weekdays.includes(Number(named)) && isNth
    })
}

function daysAfter(day: Date): Date[] {
  return Array.from({ length: 31 }, (_, index) => new Date(day.getTime() + (index + 1) * 1440 * MINUTE))
}

function withNumbers(field: string, list: string, first: number): string {
  return list.split(' ').reduce((text, name, index) => text.replaceAll(name, String(first + index)), field)
}

/** Whether a list of stars, values and ranges, each with an optional step, contains the value. */
function names(field: string, { value, min = 0, max }: { value: number; min?: number; max: number }): boolean {
  return field.split(',').some((term) => {
    const [range = '', step = '1'] = term.split('/')
    const [from = '', to] = range === '*' ? [`${min}`, `${max}`] : range.split('-')
    const last = to ?? (term.includes('/') ? `${max}` : from)
    return value >= Number(from) && value <= Number(last) && (value - Number(from)) % Number(step) === 0
  })
}
