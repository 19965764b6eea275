import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { nextOnCalendar, parseOnCalendar } from '#domain/on-calendar.ts'
import { setZoneFolders } from '#lib/zone-time.ts'
import { changesOf, momentNearChange, ODD_ZONES, onCalendarExpression, TEN_YEARS } from '../support/expressions.ts'
import vectors from './schedule-vectors.json'

// The expected times come from Bun's zone data, so nextOnCalendar has to use it, too, not the machine's own database.
beforeAll(() => setZoneFolders([]))
afterAll(() => setZoneFolders(undefined))

const NO_SYSTEMD = Bun.which('systemd-analyze') === null
/** To run more cases: CRONGUARD_SCHEDULE_CASES=5000 bun test --timeout 3600000 test/domain/on-calendar.test.ts */
const CASES = Number(process.env.CRONGUARD_SCHEDULE_CASES ?? 300)
const SEED = Number(process.env.CRONGUARD_SCHEDULE_SEED ?? 20_262)
const PER_CALL = 30
const HOUR = 3_600_000
const DAY = 24 * HOUR

function nextTimes(expression: string, { from, zone, count }: { from: number; zone: string; count: number }): string[] {
  const onCalendar = parseOnCalendar(expression)
  const times: string[] = []
  for (let after: number | null = from; times.length < count; ) {
    after = nextOnCalendar(onCalendar, { after, zone })
    if (after === null) break
    times.push(new Date(after).toISOString().replace('.000Z', 'Z'))
  }
  return times
}

describe('nextOnCalendar', () => {
  const rows = vectors.rows.filter(({ kind }) => kind === 'oncalendar')
  test.each(rows)('$expr in $tz after $from', ({ expr, tz, from, next }) => {
    expect(nextTimes(expr, { from: Date.parse(from), zone: tz, count: next.length })).toEqual(next)
  })

  test.each([
    ['Mon-Wed 9:00', ['2026-01-05T09:00:00Z', '2026-01-06T09:00:00Z', '2026-01-07T09:00:00Z']],
    ['Tuesday,sun', ['2026-01-04T00:00:00Z', '2026-01-06T00:00:00Z', '2026-01-11T00:00:00Z']],
    ['1-15', ['2026-01-15T00:00:00Z', '2027-01-15T00:00:00Z', '2028-01-15T00:00:00Z']],
    ['02~03', ['2026-02-26T00:00:00Z', '2027-02-26T00:00:00Z', '2028-02-27T00:00:00Z']],
    ['Mon *-05~07/1', ['2026-05-25T00:00:00Z', '2027-05-31T00:00:00Z', '2028-05-29T00:00:00Z']],
    ['*-*~1..3 0/12:00', ['2026-01-29T00:00:00Z', '2026-01-29T12:00:00Z', '2026-01-30T00:00:00Z']],
    ['26..27-12-24 18:00', ['2026-12-24T18:00:00Z', '2027-12-24T18:00:00Z']],
    ['*:0/20:10', ['2026-01-01T00:00:10Z', '2026-01-01T00:20:10Z', '2026-01-01T00:40:10Z']],
    ['*:*:*', ['2026-01-01T00:00:01Z', '2026-01-01T00:00:02Z', '2026-01-01T00:00:03Z']],
    ['semiannually', ['2026-07-01T00:00:00Z', '2027-01-01T00:00:00Z', '2027-07-01T00:00:00Z']],
    ['WEEKLY utc', ['2026-01-05T00:00:00Z', '2026-01-12T00:00:00Z', '2026-01-19T00:00:00Z']],
    ['daily Europe/Kiev', ['2026-01-01T22:00:00Z', '2026-01-02T22:00:00Z', '2026-01-03T22:00:00Z']],
    ['69-12-31', ['2069-12-31T00:00:00Z']],
    ['2199-12-31 23:59:59', ['2199-12-31T23:59:59Z']],
    ['12:00\r\n\n06:00 ', ['2026-01-01T06:00:00Z', '2026-01-01T12:00:00Z', '2026-01-02T06:00:00Z']],
  ])('%s', (expression, times) => {
    expect(nextTimes(expression, { from: Date.UTC(2026, 0, 1), zone: 'UTC', count: 3 })).toEqual(times)
  })

  test('is null after the last year of the expression', () => {
    const once = parseOnCalendar('2030-01-01\n2031-01-01')
    expect(nextOnCalendar(once, { after: Date.UTC(2030, 5, 1), zone: 'UTC' })).toBe(Date.UTC(2031, 0, 1))
    expect(nextOnCalendar(once, { after: Date.UTC(2031, 0, 1), zone: 'UTC' })).toBeNull()
  })

  test('is null after 2199', () => {
    const noon = parseOnCalendar('12:00')
    expect(nextOnCalendar(noon, { after: Date.UTC(2199, 11, 31), zone: 'UTC' })).toBe(Date.UTC(2199, 11, 31, 12))
    expect(nextOnCalendar(noon, { after: Date.UTC(2200, 0, 1), zone: 'UTC' })).toBeNull()
  })
})

describe('nextOnCalendar: clock changes', () => {
  test.each([
    ['skipped hour', 'a time in it is left out', '03:15', '2024-03-31T00:20:00Z', '2024-04-01T00:15:00Z'],
    ['skipped hour', 'every second of it is left out', '03:*:*', '2024-03-31T00:20:00Z', '2024-04-01T00:00:00Z'],
    ['repeated hour', 'its first pass counts', '*:15', '2023-10-28T23:30:00Z', '2023-10-29T00:15:00Z'],
    ['repeated hour', 'its second pass does not count', '*:15', '2023-10-29T00:15:00Z', '2023-10-29T02:15:00Z'],
    ['second pass', 'does not count when asked within it', '*:15', '2023-10-29T01:05:00Z', '2023-10-29T02:15:00Z'],
    ['second pass', 'does not count when asked after its time', '*:15', '2023-10-29T01:20:00Z', '2023-10-29T02:15:00Z'],
    ['second pass', 'does not count for every second either', '*:*:*', '2023-10-29T01:20:00Z', '2023-10-29T02:00:00Z'],
    [
      'zone in the expression',
      'replaces the zone of the schedule',
      '03:15 Europe/Riga',
      '2023-10-29T00:20:00Z',
      '2023-10-30T01:15:00Z',
    ],
  ])('%s: %s', (_where, _rule, expression, from, next) => {
    expect(nextTimes(expression, { from: Date.parse(from), zone: 'Europe/Riga', count: 1 })).toEqual([next])
  })
})

describe('parseOnCalendar: a step without a second value', () => {
  test.each(['*:0/60', '*-1/12-1', '*-*~1/7', '*-*-1..5/5', '*:59/1'])(
    'is accepted, as by Healthchecks: %s',
    (text) => {
      const plain = text.replace(/(\.\.\d+)?\/\d+/, '')
      const times = (expression: string) => {
        let after = Date.UTC(2026, 0, 1)
        return Array.from({ length: 5 }, () => {
          after = nextOnCalendar(parseOnCalendar(expression), { after, zone: 'UTC' }) ?? 0
          return after
        })
      }
      expect(times(text)).toEqual(times(plain))
    },
  )
})

test('parseOnCalendar: a date before 2 January 2000 never runs', () => {
  expect(() => parseOnCalendar('2000-1-1')).toThrow('This never runs')
  expect(parseOnCalendar('2000-1-2').lines).toHaveLength(1)
})

describe('parseOnCalendar: errors', () => {
  test.each([
    ['24:00', 'Invalid hour "24": enter a number from 0 to 23.'],
    ['*:*/5', 'Invalid minute "*/5": write 0/5 or 1/5.'],
    ['*:5..4', 'Invalid minute "5..4": a range must ascend'],
    ['*:0/0', 'Invalid minute "0/0": the step'],
    ['10:00:00.5', 'Invalid second "00.5": fractions are not supported.'],
    ['10:00:60', 'Invalid second "60"'],
    ['1:2:3:4', 'Enter at most hour, minute and second'],
    ['*-*-1,* 10:00', 'Invalid day "*": * cannot be part of a list'],
    ['*-13-1', 'Invalid month "13": enter a number from 1 to 12.'],
    ['*-*~29', 'Invalid day from the end of the month "29": enter a number from 1 to 28.'],
    ['2200-01-01', 'Invalid year "2200": enter a number from 1970 to 2199.'],
    ['Sat..Mon 10:00', 'Invalid day of the week "Sat..Mon": the week starts on Monday'],
    ['Mon,,Tue 10:00', 'Invalid day of the week "": a day is missing.'],
    ['Mon..Wed..Fri', 'a range needs two days'],
    ['Mon 9', '"9" is neither a date'],
    ['Fun 10:00', 'Invalid day of the week "Fun": "Fun" is not a day of the week.'],
    ['10:00 12:00', 'Cannot read "12:00" after the time'],
    ['*-*-* noon', '"noon" is not a time zone'],
    ['10:00 Europe/riga', '"Europe/riga" is not a time zone'],
    ['10:00 GMT+3', '"GMT+3" is not a time zone'],
    ['*-02-30', 'This never runs'],
    ['1999-01-01', 'This never runs'],
    ['70-01-01', 'This never runs'],
    ['', 'Enter an OnCalendar expression.'],
    ['10:00\n25:00', 'Line 2: Invalid hour "25": enter a number from 0 to 23.'],
    ['<script>', '"<script>" is neither a date'],
  ])('%p', (expression, sentence) => {
    expect(() => parseOnCalendar(expression)).toThrow(sentence)
  })
})

const zoned = fc.constantFrom('UTC', ...ODD_ZONES).chain((zone) => fc.tuple(fc.constant(zone), momentNearChange(zone)))

test('nextOnCalendar returns the first time after the given one', () => {
  const later = fc.property(onCalendarExpression, zoned, fc.nat(86_400_000), (expression, [zone, after], wait) => {
    const onCalendar = readable(expression)
    fc.pre(onCalendar !== null)
    const next = nextOnCalendar(onCalendar, { after, zone })
    expect(next ?? Number.POSITIVE_INFINITY).toBeGreaterThan(after)
    if (next !== null && after + wait < next)
      expect(nextOnCalendar(onCalendar, { after: after + wait, zone })).toBe(next)
  })
  fc.assert(later, { numRuns: 10 * CASES, seed: SEED })
})

test('nextOnCalendar: each time on the clocks of a zone counts once, when they first show it', () => {
  const shown = fc.property(onCalendarExpression, zoned, (expression, [zone, after]) => {
    const onCalendar = readable(expression)
    fc.pre(onCalendar !== null)
    const expected: number[] = []
    const start = after + Temporal.Instant.fromEpochMilliseconds(after).toZonedDateTimeISO(zone).offsetNanoseconds / 1e6
    for (let wall: number | null = start - 4 * HOUR; wall !== null && wall < start + 2 * DAY; ) {
      wall = nextOnCalendar(onCalendar, { after: wall, zone: 'UTC' })
      const at = wall === null ? null : firstShownAt(wall, zone)
      if (at !== null && at > after) expected.push(at)
      if (expected.length === 3) break
    }
    const times = nextTimes(expression, { from: after, zone, count: expected.length })
    expect(times.map((time) => Date.parse(time))).toEqual(expected)
  })
  fc.assert(shown, { numRuns: CASES, seed: SEED })
})

function firstShownAt(wall: number, zone: string): number | null {
  const wallTime = Temporal.PlainDateTime.from(new Date(wall).toISOString().slice(0, 19))
  const moment = wallTime.toZonedDateTime(zone, { disambiguation: 'earlier' })
  return moment.toPlainDateTime().equals(wallTime) ? moment.epochMilliseconds : null
}

/** Null for a date that does not exist and a step without a second value: some random expressions have one. */
function readable(expression: string) {
  try {
    return parseOnCalendar(expression)
  } catch {
    return null
  }
}

const skipped = NO_SYSTEMD ? ' (skipped: systemd-analyze is not installed)' : ''
describe.skipIf(NO_SYSTEMD)(`nextOnCalendar compared with systemd-analyze${skipped}`, () => {
  test(`${CASES} expressions are due at the same times in UTC`, () => {
    for (const { expressions, from } of calls(CASES, fc.integer(TEN_YEARS))) compare(expressions, { zone: 'UTC', from })
  })

  // systemd fails at Lord Howe Island, where clocks change by half an hour.
  const zones = ODD_ZONES.filter((zone) => zone !== 'Australia/Lord_Howe')
  test.each(zones)('expressions are due at the same times around the clock changes of %s', (zone) => {
    const changes = changesOf(zone)
    // Asked within the repeated hour, systemd returns times in its second pass.
    const moment = momentNearChange(zone).filter(
      (at) => !changes.some((change) => at >= change && at < change + 2 * HOUR),
    )
    for (const { expressions, from } of calls(CASES / zones.length, moment)) compare(expressions, { zone, from })
  })

  function calls(count: number, moment: fc.Arbitrary<number>): { expressions: string[]; from: number }[] {
    const expressions = fc.array(onCalendarExpression, { minLength: PER_CALL, maxLength: PER_CALL })
    const from = moment.map((at) => Math.floor(at / 1000) * 1000)
    return fc.sample(fc.record({ expressions, from }), { numRuns: Math.ceil(count / PER_CALL), seed: SEED })
  }

  function compare(expressions: string[], { zone, from }: { zone: string; from: number }): void {
    const answers = askSystemd(expressions, { zone, from })
    for (const [index, expression] of expressions.entries()) {
      const times = readable(expression) ? nextTimes(expression, { from, zone, count: 4 }) : []
      if (answers[index] === undefined || isDefectOfSystemd(expression, { zone, from, times })) continue
      expect({ expression, zone, from, times }).toEqual({ expression, zone, from, times: answers[index] })
    }
  }

  /**
   * systemd 252 misses times after a skipped hour; where a step passes the end of a day with a clock change, or of a
   * month; and where days are counted from the end of the month with such a day.
   */
  function isDefectOfSystemd(
    expression: string,
    { zone, from, times }: { zone: string; from: number; times: string[] },
  ): boolean {
    const until = Date.parse(times.at(-1) ?? '2030-01-01T00:00:00Z') + DAY
    const wall = (at: number) => Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone)
    const changes = changesOf(zone).filter((at) => at >= from && at <= until)
    const hasLeap = changes.some((at) => wall(at).offsetNanoseconds > wall(at - 1).offsetNanoseconds)
    const isAtEdge = changes.length > 0 || wall(from).month !== wall(until - DAY / 2).month
    return hasLeap || (isAtEdge && /[/~]/.test(expression))
  }
})

/** Up to four times for each: none if systemd cannot read it or it never runs, undefined if systemd gives up. */
function askSystemd(expressions: string[], { zone, from }: { zone: string; from: number }): (string[] | undefined)[] {
  const base = `${new Date(from).toISOString().slice(0, 19).replace('T', ' ')} UTC`
  const command = ['systemd-analyze', 'calendar', `--base-time=${base}`, '--iterations=4', ...expressions]
  const { stdout, stderr } = Bun.spawnSync(command, { env: { ...process.env, TZ: zone, LC_ALL: 'C' } })
  const refused = stderr.toString()
  const answers = stdout.toString().split('Normalized form: ').slice(1)
  return expressions.map((expression) => {
    if (refused.includes(`parse calendar specification '${expression}'`)) return []
    return refused.includes(`elapse for '${expression}'`) ? undefined : timesIn(answers.shift() ?? '')
  })
}

function timesIn(answer: string): string[] {
  const inUtc = [...answer.matchAll(/: \w+ (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) UTC$/gm)]
  return inUtc.map(([, date, time]) => `${date}T${time}Z`)
}
