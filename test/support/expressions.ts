// Random schedules for tests that compare two implementations: dense enough to run near clock changes.
import fc from 'fast-check'

/** Zones whose clocks change by 30, 60 or 120 minutes, at midnight, in Ramadan, in the southern summer, or never. */
export const ODD_ZONES = [
  'Europe/Riga',
  'America/New_York',
  'Australia/Lord_Howe',
  'America/St_Johns',
  'Pacific/Chatham',
  'Asia/Beirut',
  'Africa/Casablanca',
  'America/Santiago',
  'Antarctica/Troll',
  'Asia/Kathmandu',
]
export const TEN_YEARS = { min: Date.UTC(2020, 0, 1), max: Date.UTC(2030, 0, 1) }

/** A time in the ten years, often within hours of a clock change of the zone. */
export function momentNearChange(zone: string): fc.Arbitrary<number> {
  const changes = changesOf(zone)
  const anywhere = fc.integer(TEN_YEARS)
  if (changes.length === 0) return anywhere
  const near = fc
    .tuple(fc.constantFrom(...changes), fc.integer({ min: -300, max: 200 }), fc.constantFrom(0, 0, 1, -1, 30_000))
    .map(([change, minutes, ms]) => change + minutes * 60_000 + ms)
  return fc.oneof({ weight: 3, arbitrary: near }, { weight: 1, arbitrary: anywhere })
}

export function changesOf(zone: string): number[] {
  const changes: number[] = []
  let at = Temporal.Instant.fromEpochMilliseconds(TEN_YEARS.min).toZonedDateTimeISO(zone)
  for (let next = at; next.epochMilliseconds < TEN_YEARS.max; next = at) {
    const change = at.getTimeZoneTransition('next')
    if (!change) break
    at = change
    changes.push(at.epochMilliseconds)
  }
  return changes
}

interface Range {
  min: number
  max: number
}

/** A value, a range or a star, with or without a step. */
function term({ min, max }: Range): fc.Arbitrary<string> {
  const value = fc.integer({ min, max })
  const range = fc.tuple(value, value).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`)
  const step = fc.integer({ min: 1, max: Math.max(2, Math.ceil((max - min) / 2)) })
  const stepped = fc.tuple(fc.oneof(range, value, fc.constant('*')), step).map(([of, by]) => `${of}/${by}`)
  return fc.oneof(value.map(String), value.map(String), range, stepped)
}

function field(range: Range, weights: { star: number }, special: string[] = []): fc.Arbitrary<string> {
  const one = special.length > 0 ? fc.oneof(term(range), fc.constantFrom(...special)) : term(range)
  const list = fc.array(one, { minLength: 1, maxLength: 3 }).map((terms) => terms.join(','))
  return fc.oneof({ weight: weights.star, arbitrary: fc.constant('*') }, { weight: 4, arbitrary: list })
}

const NIGHT = { min: 0, max: 5 }

export const cronExpression: fc.Arbitrary<string> = fc
  .tuple(
    field({ min: 0, max: 59 }, { star: 1 }),
    fc.oneof(field(NIGHT, { star: 3 }), field({ min: 0, max: 23 }, { star: 1 })),
    field({ min: 1, max: 31 }, { star: 8 }, ['L', 'LW']),
    field({ min: 1, max: 12 }, { star: 20 }, ['MAR', 'oct']),
    field({ min: 0, max: 7 }, { star: 8 }, ['SUN', 'sun', '1L', '7L', '0#1', 'FRI#3', '5#5', 'mon-fri']),
  )
  .map((fields) => fields.join(' '))

function component({ min, max }: Range): fc.Arbitrary<string> {
  const value = fc.integer({ min, max })
  const digits = value.map((number) => String(number).padStart(2, '0'))
  const range = fc.tuple(value, value).map(([a, b]) => `${Math.min(a, b)}..${Math.max(a, b)}`)
  const stepped = fc
    .tuple(fc.integer({ min, max: max - 1 }), fc.integer({ min: 1, max }))
    .map(([from, by]) => `${from}/${Math.min(by, max - from)}`)
  const one = fc.oneof(digits, digits, range, stepped)
  const list = fc.array(one, { minLength: 1, maxLength: 3 }).map((terms) => terms.join(','))
  return fc.oneof(fc.constant('*'), fc.constant('*'), list)
}

const weekdays = fc.constantFrom('', '', '', 'Mon ', 'Mon..Fri ', 'Sat,Sun ', 'Tue-Thu,Sunday ', 'wed ')
const monthDay = fc.tuple(component({ min: 1, max: 12 }), component({ min: 1, max: 31 })).map((two) => two.join('-'))
const monthEnd = fc
  .tuple(fc.constantFrom('*', '2', '1,4..6'), fc.constantFrom('01', '03', '1,5', '2..6', '07/1', '9/3', '28'))
  .map((two) => two.join('~'))
const years = fc.constantFrom('*-', '*-', '', '2024..2026-', '2022/3-', '25,28-')
const date = fc.oneof(
  fc.constantFrom('', '', '*-*-* '),
  fc.tuple(years, fc.oneof(monthDay, monthDay, monthEnd)).map((two) => `${two.join('')} `),
)
const time = fc
  .tuple(component({ min: 0, max: 23 }), component({ min: 0, max: 59 }), fc.constantFrom('', '', ':30', ':0/20', ':*'))
  .map(([hour, minute, second]) => `${hour}:${minute}${second}`)

export const onCalendarExpression: fc.Arbitrary<string> = fc
  .tuple(weekdays, date, time)
  .map((parts) => parts.join('').trim())
