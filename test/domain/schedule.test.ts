import { describe, expect, test } from 'bun:test'
import { defaultGraceMs, nextDueAt, PERIOD_MAX_MS, scheduleInWords } from '#domain/schedule.ts'
import { DAY, HOUR, MINUTE, SECOND, WEEK } from '#lib/duration.ts'

const NOW = Date.UTC(2026, 10, 23, 9, 0, 0)

function every(periodMs: number) {
  return { kind: 'period', periodMs } as const
}

describe('the grace that is proposed', () => {
  test.each([
    { periodMs: SECOND, graceMs: MINUTE },
    { periodMs: MINUTE, graceMs: MINUTE },
    { periodMs: 2 * MINUTE, graceMs: MINUTE },
    { periodMs: 2 * MINUTE + SECOND, graceMs: MINUTE + 500 },
    { periodMs: 3 * MINUTE + 1, graceMs: 90 * SECOND },
    { periodMs: HOUR, graceMs: 30 * MINUTE },
    { periodMs: DAY, graceMs: 12 * HOUR },
  ])('for $periodMs ms is $graceMs ms', ({ periodMs, graceMs }) => {
    expect(defaultGraceMs(every(periodMs))).toBe(graceMs)
  })
})

describe('the next ping of a period', () => {
  test.each([SECOND, MINUTE, DAY, PERIOD_MAX_MS])('is due %d ms after the last one', (periodMs) => {
    expect(nextDueAt(every(periodMs), NOW)).toBe(NOW + periodMs)
  })
})

describe('a schedule in words', () => {
  test.each([
    { periodMs: SECOND, words: 'every second' },
    { periodMs: 90 * MINUTE, words: 'every 1 hour, 30 minutes' },
    { periodMs: DAY, words: 'every day' },
    { periodMs: 2 * WEEK, words: 'every 2 weeks' },
  ])('$words', ({ periodMs, words }) => {
    expect(scheduleInWords(every(periodMs))).toBe(words)
  })
})
