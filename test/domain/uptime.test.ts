import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { StoredStatus } from '#domain/status.ts'
import { overallRatio, type Period, uptimeOf } from '#domain/uptime.ts'
import { DAY, HOUR } from '#lib/duration.ts'
import { percentInWords } from '#words/uptime.ts'

const MONDAY = Date.UTC(2026, 10, 23)
const TUESDAY = MONDAY + DAY
const WEDNESDAY = MONDAY + 2 * DAY
const NOW = MONDAY + 2 * DAY + 12 * HOUR
const DAYS: Period[] = [MONDAY, TUESDAY, WEDNESDAY].map((from) => ({ from, to: from + DAY }))

/** Takes the transitions oldest first: each is the time and the status that the monitor changed to. */
function history(start: StoredStatus, ...changes: [at: number, to: StoredStatus][]) {
  const statuses = [start, ...changes.map(([, to]) => to)]
  const transitions = changes.map(([at], index) => ({ at, from: statuses[index] ?? start })).reverse()
  return { transitions, status: statuses.at(-1) ?? start, createdAt: MONDAY - 100 * DAY, now: NOW }
}

const hoursDown = (periods: { downMs: number }[]) => periods.map(({ downMs }) => downMs / HOUR)
const counts = (periods: { downCount: number }[]) => periods.map(({ downCount }) => downCount)

describe('uptimeOf: downtime', () => {
  test('adds its length and its count to the day on which it happened', () => {
    const days = uptimeOf({
      ...history('up', [TUESDAY + HOUR, 'down'], [TUESDAY + 4 * HOUR, 'up']),
      periods: DAYS,
    })
    expect(hoursDown(days)).toEqual([0, 3, 0])
    expect(counts(days)).toEqual([0, 1, 0])
    expect(days.map(({ ratio }) => ratio)).toEqual([1, 21 / 24, 1])
  })

  test('across midnight is split, and counts on both days', () => {
    const days = uptimeOf({
      ...history('up', [TUESDAY - HOUR, 'down'], [TUESDAY + 2 * HOUR, 'up']),
      periods: DAYS,
    })
    expect(hoursDown(days)).toEqual([1, 2, 0])
    expect(counts(days)).toEqual([1, 1, 0])
  })

  test('that is ongoing counts until now, on each of its days', () => {
    const days = uptimeOf({ ...history('up', [MONDAY + 6 * HOUR, 'down']), periods: DAYS })
    expect(hoursDown(days)).toEqual([18, 24, 12])
    expect(counts(days)).toEqual([1, 1, 1])
    expect(days.map(({ ratio }) => ratio)).toEqual([0.25, 0, 0])
  })

  test('that began before the first known transition follows from the status before it', () => {
    const days = uptimeOf({ ...history('down', [MONDAY + 5 * HOUR, 'up']), periods: DAYS })
    expect(hoursDown(days)).toEqual([5, 0, 0])
    expect(counts(days)).toEqual([1, 0, 0])
  })

  test('without a known transition begins when the monitor was created', () => {
    const days = uptimeOf({ ...history('down'), createdAt: TUESDAY + 6 * HOUR, periods: DAYS })
    expect(hoursDown(days)).toEqual([0, 18, 12])
    expect(counts(days)).toEqual([0, 1, 1])
  })

  test('that ends at midnight counts on the day before, and one that begins then on the day after', () => {
    const ends = uptimeOf({ ...history('up', [TUESDAY - HOUR, 'down'], [TUESDAY, 'up']), periods: DAYS })
    expect(counts(ends)).toEqual([1, 0, 0])
    const begins = uptimeOf({ ...history('up', [TUESDAY, 'down'], [TUESDAY + HOUR, 'up']), periods: DAYS })
    expect(counts(begins)).toEqual([0, 1, 0])
  })

  test('with a length of 0 is counted', () => {
    const days = uptimeOf({ ...history('up', [TUESDAY, 'down'], [TUESDAY, 'up']), periods: DAYS })
    expect(hoursDown(days)).toEqual([0, 0, 0])
    expect(counts(days)).toEqual([0, 1, 0])
  })
})

describe('uptimeOf: no data', () => {
  test('before the monitor was created, whose first day counts from then on', () => {
    const createdAt = TUESDAY + 18 * HOUR
    const days = uptimeOf({
      ...history('up', [createdAt + HOUR, 'down'], [createdAt + 2 * HOUR, 'up']),
      createdAt,
      periods: DAYS,
    })
    expect(days.map(({ observedMs }) => observedMs / HOUR)).toEqual([0, 6, 12])
    expect(days.map(({ ratio }) => ratio)).toEqual([null, 5 / 6, 1])
    expect(overallRatio(days)).toBe(17 / 18)
  })

  test('while the monitor was paused or waited for its first ping', () => {
    const days = uptimeOf({
      ...history(
        'new',
        [MONDAY + HOUR, 'up'],
        [MONDAY + 4 * HOUR, 'down'],
        [MONDAY + 5 * HOUR, 'paused'],
        [WEDNESDAY + HOUR, 'new'],
        [WEDNESDAY + 2 * HOUR, 'up'],
      ),
      periods: DAYS,
    })
    expect(days.map(({ observedMs }) => observedMs / HOUR)).toEqual([4, 0, 10])
    expect(hoursDown(days)).toEqual([1, 0, 0])
    expect(days.map(({ ratio }) => ratio)).toEqual([3 / 4, null, 1])
    expect(overallRatio(days)).toBe(13 / 14)
  })

  test('in the future', () => {
    const tomorrow = { from: WEDNESDAY + DAY, to: WEDNESDAY + 2 * DAY }
    expect(uptimeOf({ ...history('down'), periods: [tomorrow] })).toEqual([
      { ...tomorrow, observedMs: 0, downMs: 0, downCount: 0, ratio: null },
    ])
  })

  test('overallRatio is null without data', () => {
    expect(overallRatio([])).toBeNull()
  })
})

test('uptimeOf: a day has 23 or 25 hours when clocks change', () => {
  const days = [
    { from: MONDAY, to: MONDAY + 23 * HOUR },
    { from: MONDAY + 23 * HOUR, to: TUESDAY + DAY },
  ]
  expect(hoursDown(uptimeOf({ ...history('down'), periods: days }))).toEqual([23, 25])
})

test('uptimeOf: for any history, the result equals a count millisecond by millisecond', () => {
  const statuses = fc.constantFrom<StoredStatus>('new', 'up', 'down', 'paused')
  const changes = fc.array(fc.tuple(fc.integer({ min: 0, max: 120 }), statuses), { maxLength: 12 })
  const cuts = fc.array(fc.integer({ min: 0, max: 130 }), { minLength: 2, maxLength: 8 })
  fc.assert(
    fc.property(statuses, changes, cuts, fc.integer({ min: 0, max: 60 }), (start, unordered, edges, createdAt) => {
      const ordered = unordered.filter(([at]) => at >= createdAt).sort(([a], [b]) => a - b)
      const bounds = [...edges].sort((a, b) => a - b)
      const periods = bounds.slice(1).map((to, index) => ({ from: bounds[index] ?? 0, to }))
      const now = 120
      const counted = uptimeOf({ ...history(start, ...ordered), createdAt, now, periods })

      const statusAt = (at: number) => ordered.findLast(([since]) => since <= at)?.[1] ?? start
      const isDown = (at: number) => statusAt(at) === 'down'
      const isWatched = (at: number) => statusAt(at) === 'up' || isDown(at)
      for (const [index, { from, to }] of periods.entries()) {
        const observed = Array.from({ length: to - from }, (_, step) => from + step).filter(
          (at) => at >= createdAt && at < now && isWatched(at),
        )
        expect(counted[index]?.observedMs).toBe(observed.length)
        expect(counted[index]?.ratio === null).toBe(observed.length === 0)
        expect(counted[index]?.downMs).toBe(observed.filter(isDown).length)
        if (observed.some(isDown)) expect(counted[index]?.downCount).toBeGreaterThan(0)
      }
    }),
  )
})

describe('percentInWords', () => {
  test.each([
    [1, '100%'],
    [0, '0%'],
    [null, 'no data'],
    [0.57, '57.00%'],
    [0.9998, '99.98%'],
    [0.99989, '99.98%'],
    [0.99999, '99.99%'],
    [1 - 1 / (365 * DAY), '99.99%'],
    [0.00001, '0.00%'],
  ])('%p is "%s"', (ratio, words) => {
    expect(percentInWords(ratio)).toBe(words)
  })
})
