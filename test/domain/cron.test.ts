import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { Cron } from 'croner'
import fc from 'fast-check'
import { nextCron, parseCron } from '#domain/cron.ts'
import { setZoneFolders } from '#lib/zone-time.ts'
import { runCronDaemon } from '../support/cron-daemon.ts'
import { cronExpression, momentNearChange, ODD_ZONES, TEN_YEARS } from '../support/expressions.ts'
import vectors from './schedule-vectors.json'

// The expected times come from Bun's zone data, so nextCron has to use it, too, not the machine's own database.
beforeAll(() => setZoneFolders([]))
afterAll(() => setZoneFolders(undefined))

const DAY = 86_400_000
/** To run more cases: CRONGUARD_SCHEDULE_CASES=20000 bun test --timeout 3600000 test/domain/cron.test.ts */
const CASES = Number(process.env.CRONGUARD_SCHEDULE_CASES ?? 300)
const SEED = Number(process.env.CRONGUARD_SCHEDULE_SEED ?? 20_261)

function nextTimes(expression: string, { from, zone, count }: { from: string; zone: string; count: number }): string[] {
  const cron = parseCron(expression)
  const times: string[] = []
  for (let after: number | null = Date.parse(from); times.length < count; ) {
    after = nextCron(cron, { after, zone })
    if (after === null) break
    times.push(shown(after))
  }
  return times
}

function shown(at: number): string {
  return new Date(at).toISOString().replace('.000Z', 'Z')
}

describe('nextCron', () => {
  const rows = vectors.rows.filter(({ kind }) => kind === 'cron')
  test.each(rows)('$expr in $tz after $from', ({ expr, tz, from, next }) => {
    expect(nextTimes(expr, { from, zone: tz, count: next.length })).toEqual(next)
  })

  test.each([
    ['5/15 * * * *', ['00:05', '00:20', '00:35', '00:50']],
    ['0-10/5,30 * * * *', ['00:05', '00:10', '00:30', '01:00']],
    ['0 22,2 * * *', ['02:00', '22:00', '02:00', '22:00']],
  ])('%s runs at %p', (expression, times) => {
    const next = nextTimes(expression, { from: '2026-01-01T00:00:00Z', zone: 'UTC', count: 4 })
    expect(next.map((time) => time.slice(11, 16))).toEqual(times)
  })

  test.each([
    [
      'LW is the last weekday: a Friday if the month ends on a weekend',
      '0 0 LW * *',
      ['2026-01-30', '2026-02-27', '2026-03-31'],
    ],
    ['L,10 is the last day and the 10th', '0 0 L,10 * *', ['2026-01-10', '2026-01-31', '2026-02-10']],
    ['5L is the last Friday', '0 0 * * 5L', ['2026-01-30', '2026-02-27', '2026-03-27']],
    ['sunl is the last Sunday', '0 0 * * sunl', ['2026-01-25', '2026-02-22', '2026-03-29']],
    ['7#5 is the fifth Sunday', '0 0 * * 7#5', ['2026-03-29', '2026-05-31', '2026-08-30']],
    [
      'a day of the month and a day of the week: either matches',
      '0 0 3 * 0',
      ['2026-01-03', '2026-01-04', '2026-01-11'],
    ],
    [
      'a day of the month that starts with *: both must match',
      '0 0 */2 * 0',
      ['2026-01-11', '2026-01-25', '2026-02-01'],
    ],
    [
      'a day of the week that starts with *: both must match',
      '0 0 1-7 * */7',
      ['2026-01-04', '2026-02-01', '2026-03-01'],
    ],
    ['*,1 starts with *, too: both must match', '0 0 3 * *,1', ['2026-01-03', '2026-02-03', '2026-03-03']],
    ['1/3 includes 7, which is Sunday', '0 0 * * 1/3', ['2026-01-04', '2026-01-05', '2026-01-08']],
    ['29 February', '0 0 29 2 *', ['2028-02-29', '2032-02-29', '2036-02-29']],
    ['29 February on a Sunday', '0 0 29 2 */7', ['2032-02-29', '2060-02-29', '2088-02-29']],
  ])('%s', (_rule, expression, dates) => {
    const next = nextTimes(expression, { from: '2026-01-01T00:00:00Z', zone: 'UTC', count: 3 })
    expect(next).toEqual(dates.map((date) => `${date}T00:00:00Z`))
  })

  test.each([
    ['@hourly', '0 * * * *'],
    ['@daily', '0 0 * * *'],
    ['@midnight', '0 0 * * *'],
    ['@weekly', '0 0 * * 0'],
    ['@monthly', '0 0 1 * *'],
    ['@yearly', '0 0 1 1 *'],
    [' @Annually ', '0 0 1 1 *'],
  ])('%s equals %s', (nickname, expression) => {
    expect(parseCron(nickname).expression).toBe(expression)
  })

  test('29 February exists in 2000, but not in 2100', () => {
    const leapDay = parseCron('0 0 29 2 *')
    expect(nextCron(leapDay, { after: Date.UTC(2000, 0, 1), zone: 'UTC' })).toBe(Date.UTC(2000, 1, 29))
    expect(nextCron(leapDay, { after: Date.UTC(2097, 0, 1), zone: 'UTC' })).toBe(Date.UTC(2104, 1, 29))
  })

  test('29 February on a Sunday: the next one after 2088 is in 2128', () => {
    const sundays = parseCron('0 0 29 2 */7')
    expect(shown(nextCron(sundays, { after: Date.UTC(2088, 2, 1), zone: 'UTC' }) ?? 0)).toBe('2128-02-29T00:00:00Z')
  })
})

describe('nextCron: clock changes', () => {
  const spring = { from: '2024-03-31T00:20:00Z', zone: 'Europe/Riga', count: 2 }
  const autumn = { from: '2023-10-28T23:50:00Z', zone: 'Europe/Riga', count: 3 }

  test('skipped times run once, in the first minute after the change', () => {
    expect(nextTimes('15,45 3 * * *', spring)).toEqual(['2024-03-31T01:00:00Z', '2024-04-01T00:15:00Z'])
    expect(nextTimes('30 3 31 3 *', spring)[0]).toBe('2024-03-31T01:00:00Z')
  })

  test('skipped times do not run for a job with * in minute or hour', () => {
    expect(nextTimes('*/30 3 * * *', spring)).toEqual(['2024-04-01T00:00:00Z', '2024-04-01T00:30:00Z'])
    expect(nextTimes('30 */3 * * *', spring)).toEqual(['2024-03-31T03:30:00Z', '2024-03-31T06:30:00Z'])
  })

  test('in the repeated hour, a fixed time runs once, and a time with * twice', () => {
    const once = ['2023-10-29T00:15:00Z', '2023-10-30T01:15:00Z', '2023-10-31T01:15:00Z']
    const twice = ['2023-10-29T00:15:00Z', '2023-10-29T01:15:00Z', '2023-10-29T02:15:00Z']
    expect(nextTimes('15 3 * * *', autumn)).toEqual(once)
    expect(nextTimes('15 * * * *', autumn)).toEqual(twice)
    expect(nextTimes('*/15 3 * * *', { ...autumn, count: 8 }).at(-1)).toBe('2023-10-29T01:45:00Z')
  })

  test.each([
    ['15 3 * * *', 'Europe/Riga', '2023-10-29T01:05:00Z', '2023-10-30T01:15:00Z'],
    ['0,30 3 * * *', 'Europe/Riga', '2023-10-29T01:05:00Z', '2023-10-30T01:00:00Z'],
    ['15 * * * *', 'Europe/Riga', '2023-10-29T01:20:00Z', '2023-10-29T02:15:00Z'],
    ['45 1 * * *', 'America/New_York', '2024-11-03T06:30:00Z', '2024-11-04T06:45:00Z'],
    ['*/15 1 * * *', 'America/New_York', '2024-11-03T06:30:00Z', '2024-11-03T06:45:00Z'],
    ['30 1 * * *', 'Europe/London', '2025-10-26T01:20:00Z', '2025-10-27T01:30:00Z'],
    ['45 1 * * *', 'Australia/Lord_Howe', '2024-04-06T15:05:00Z', '2024-04-07T15:15:00Z'],
    ['30 23 * * *', 'Asia/Beirut', '2024-10-26T21:10:00Z', '2024-10-27T21:30:00Z'],
  ])(
    'in the second pass of the repeated hour, %s in %s, asked at %s, is next due at %s',
    (expression, zone, from, next) => {
      expect(nextTimes(expression, { from, zone, count: 1 })).toEqual([next])
    },
  )
})

describe('parseCron: errors', () => {
  test.each([
    ['60 * * * *', 'Invalid minute "60": enter a number from 0 to 59.'],
    ['0 5-1 * * *', 'Invalid hour "5-1": a range must ascend, for example 1-5.'],
    ['0 0 * FOO *', 'Invalid month "FOO": "FOO" is neither a number from 1 to 12 nor a name from JAN to DEC.'],
    ['0 0 ? * 1', 'Invalid day of the month "?": enter * for any value.'],
    ['0 0 15W * *', 'Invalid day of the month "15W": "15W" is not a number from 1 to 31.'],
    ['0 0 * * MON#6', 'Invalid day of the week "MON#6": enter a number from 1 to 5 after #'],
    ['*/0 * * * *', 'Invalid minute "*/0": enter a whole number of at least 1 after /, for example */5.'],
    ['1,,2 * * * *', 'The minute has an empty part: a value is missing.'],
    ['1-2-3 * * * *', 'use only one - in a range'],
    ['1/2/3 * * * *', 'use only one /'],
    ['L * * * *', '"L" is not a number from 0 to 59'],
    ['0 0 * * L', 'Invalid day of the week "L"'],
    ['0 0 L/2 * *', 'Invalid day of the month "L/2"'],
    ['0 0 * * 8', 'enter a number from 0 to 7'],
    ['0 0 31 2 *', 'This never runs'],
    ['0 0 31 4,6,9,11 *', 'This never runs'],
    ['0 0 30 2 */7', 'This never runs'],
    ['0 0 * *', 'This one has 4.'],
    ['', 'This one has 0.'],
    ['0 0 0 * * *', 'has 6 fields: seconds are not supported. Did you mean "0 0 * * *"?'],
    ['0 0 * * * /bin/backup', '"/bin/backup" comes after them: remove it.'],
    ['@reboot', '"@reboot" is not a known nickname'],
    ['<script> * * * *', 'Invalid minute "<SCRIPT>"'],
    ['1٣ * * * *', 'is not a number'],
  ])('%p', (expression, sentence) => {
    expect(() => parseCron(expression)).toThrow(sentence)
  })
})

// Where clocks change, the two differ on purpose: CronGuard does what Debian's cron does.
describe('nextCron compared with croner, without clock changes', () => {
  test(`${10 * CASES} jobs start at the same times`, () => {
    const job = fc.property(cronExpression, fc.integer(TEN_YEARS), (expression, from) => {
      const cron = readable(expression)
      const croner = readableByCroner(expression)
      fc.pre(cron !== null && croner !== null)
      const times: number[] = []
      for (let at = nextCron(cron, { after: from, zone: 'UTC' }); at !== null && times.length < 20; ) {
        times.push(at)
        at = nextCron(cron, { after: at, zone: 'UTC' })
      }
      const theirs = croner.nextRuns(times.length, new Date(from)).map((date) => date.getTime())
      if (!Bun.deepEquals(times, theirs))
        expect([expression, times.map(shown)]).toEqual([expression, theirs.map(shown)])
    })
    fc.assert(job, { numRuns: 10 * CASES, seed: SEED })
  }, 120_000)

  /** Null for what croner cannot read, and for a day that is * with a step: cron treats that as *. */
  function readableByCroner(expression: string): Cron | null {
    const [, , monthDay = '', , weekday = ''] = expression.split(' ')
    if ([monthDay, weekday].some((days) => days.startsWith('*') && days !== '*')) return null
    try {
      return new Cron(expression, { timezone: 'UTC', paused: true })
    } catch {
      return null
    }
  }
})

describe("nextCron compared with Debian's cron, minute by minute", () => {
  const zoned = fc.constantFrom(...ODD_ZONES).chain((zone) => fc.tuple(fc.constant(zone), momentNearChange(zone)))
  const days = fc.oneof({ weight: 4, arbitrary: fc.constant(3) }, { weight: 1, arbitrary: fc.constantFrom(100, 400) })

  test(`${CASES} jobs start at the same times`, () => {
    const job = fc.property(cronExpression, zoned, days, (expression, [zone, from], count) => {
      const cron = readable(expression)
      fc.pre(cron !== null)
      const until = from + count * DAY
      const times: number[] = []
      for (let at = nextCron(cron, { after: from, zone }); at !== null && at < until; ) {
        times.push(at)
        at = nextCron(cron, { after: at, zone })
      }
      const started = runCronDaemon(expression, { zone, from, until })
      if (!Bun.deepEquals(times, started)) expect(times.map(shown)).toEqual(started.map(shown))
    })
    fc.assert(job, { numRuns: CASES, seed: SEED })
  }, 120_000)

  test('nextCron returns the first time after the given one', () => {
    const later = fc.property(cronExpression, zoned, fc.nat(3 * DAY), (expression, [zone, after], wait) => {
      const cron = readable(expression)
      fc.pre(cron !== null)
      const next = nextCron(cron, { after, zone })
      expect(next ?? Number.POSITIVE_INFINITY).toBeGreaterThan(after)
      if (next !== null && after + wait < next) expect(nextCron(cron, { after: after + wait, zone })).toBe(next)
    })
    fc.assert(later, { numRuns: 10 * CASES, seed: SEED })
  })
})

/** Null for a date that does not exist: some random expressions contain one. */
function readable(expression: string) {
  try {
    return parseCron(expression)
  } catch {
    return null
  }
}
