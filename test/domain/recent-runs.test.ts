import { describe, expect, test } from 'bun:test'
import { countRuns, RECENT_PINGS_MAX, type RecentPing, usualDurationMs } from '#domain/recent-runs.ts'
import { DAILY, everyPeriod } from '#domain/schedule.ts'
import { DAY, HOUR, MINUTE } from '#lib/duration.ts'

const NIGHT = Date.parse('2026-12-01T03:00:00Z')
const NIGHTLY = { schedule: { ...DAILY, kind: 'cron', expression: '0 3 * * *' } as const, graceMs: 30 * MINUTE }

const success = (at: number, durationMs: number | null = null): RecentPing => ({ kind: 'success', at, durationMs })
const failure = (at: number): RecentPing => ({ kind: 'fail', at, durationMs: null })

describe('usualDurationMs', () => {
  test('is the median of the successful runs', () => {
    expect(usualDurationMs([success(3, 30), success(2, 10), success(1, 1000)])).toBe(30)
    expect(usualDurationMs([success(4, 30), success(3, 10), success(2, 1000), success(1, 40)])).toBe(35)
  })

  test('needs three measured runs, and ignores failed ones', () => {
    const failed: RecentPing = { kind: 'fail', at: 9, durationMs: 7 }
    expect(usualDurationMs([success(3, 30), failed, success(2, 10), success(1)])).toBeNull()
  })
})

describe('countRuns', () => {
  const missed = { ...NIGHTLY, openedAt: NIGHT + 30 * MINUTE, missedAt: NIGHT }
  const failed = { ...NIGHTLY, openedAt: NIGHT + 15 * MINUTE, missedAt: null }

  test.each([
    ['at its deadline', 30 * MINUTE, 1],
    ['before the next deadline', DAY, 1],
    ['after the second deadline', DAY + 30 * MINUTE, 2],
    ['on the fourth day', 3 * DAY + 6 * HOUR, 4],
  ])('counts due times without a ping: %s', (_when, ms, count) => {
    expect(countRuns({ ...missed, at: NIGHT + ms }, [])).toEqual({ missed: count, failed: 0, isMore: false })
  })

  test('does not count the run that failed, nor the one that recovered within its grace period', () => {
    const pings = [success(NIGHT + DAY + 13 * MINUTE), failure(failed.openedAt)]
    expect(countRuns({ ...failed, at: NIGHT + DAY + 13 * MINUTE }, pings)).toEqual({
      missed: 0,
      failed: 1,
      isMore: false,
    })
  })

  test('a due time with a failure counts as failed, one without any ping as missed', () => {
    const pings = [failure(NIGHT + DAY), failure(failed.openedAt), success(NIGHT - DAY)]
    expect(countRuns({ ...failed, at: NIGHT + 3 * DAY + HOUR }, pings)).toEqual({ missed: 2, failed: 2, isMore: false })
  })

  test('counts any number of periods at once, and 100 times of a calendar', () => {
    const minutely = { graceMs: MINUTE, openedAt: NIGHT + MINUTE, missedAt: NIGHT, at: NIGHT + 365 * DAY }
    expect(countRuns({ ...minutely, schedule: everyPeriod(MINUTE) }, [])).toMatchObject({ missed: 365 * 24 * 60 })
    const cron = { ...NIGHTLY.schedule, expression: '* * * * *' }
    expect(countRuns({ ...minutely, schedule: cron }, [])).toEqual({ missed: 100, failed: 0, isMore: true })
  })

  test('a schedule that has ended misses no more runs', () => {
    const once = { ...DAILY, kind: 'on-calendar', expression: '2026-12-01 03:00' } as const
    expect(countRuns({ ...missed, schedule: once, at: NIGHT + 9 * DAY }, [])).toMatchObject({ missed: 1 })
  })

  test('is unknown if the incident has more pings than were read', () => {
    const pings = Array.from({ length: RECENT_PINGS_MAX }, (_, index) => failure(failed.openedAt + HOUR - index))
    expect(countRuns({ ...failed, at: failed.openedAt + 2 * HOUR }, pings)).toBeNull()
  })
})
