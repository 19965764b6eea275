import { describe, expect, test } from 'bun:test'
import {
  DAY,
  durationInWords,
  HOUR,
  lengthInWords,
  MINUTE,
  momentInWords,
  SECOND,
  shortDuration,
  WEEK,
} from '#lib/duration.ts'

describe('durationInWords uses the two largest units', () => {
  test.each([
    { ms: 0, words: '0 seconds' },
    { ms: -HOUR, words: '0 seconds' },
    { ms: 999, words: '0 seconds' },
    { ms: SECOND, words: '1 second' },
    { ms: 1999, words: '1 second' },
    { ms: MINUTE - 1, words: '59 seconds' },
    { ms: MINUTE, words: '1 minute' },
    { ms: 2 * MINUTE + 5 * SECOND, words: '2 minutes 5 seconds' },
    { ms: HOUR - 1, words: '59 minutes 59 seconds' },
    { ms: HOUR + SECOND, words: '1 hour' },
    { ms: 25 * HOUR, words: '1 day 1 hour' },
    { ms: DAY + 59 * MINUTE, words: '1 day' },
    { ms: WEEK - 1, words: '6 days 23 hours' },
    { ms: WEEK + 23 * HOUR, words: '1 week' },
    { ms: 2 * WEEK + DAY, words: '2 weeks 1 day' },
    { ms: 365 * DAY, words: '52 weeks 1 day' },
  ])('$ms ms: $words', ({ ms, words }) => {
    expect(durationInWords(ms)).toBe(words)
  })
})

describe('momentInWords is in UTC, to the second', () => {
  test.each([
    { at: 0, words: '1970-01-01 00:00:00 UTC' },
    { at: Date.UTC(2026, 10, 23, 9, 37, 41, 999), words: '2026-11-23 09:37:41 UTC' },
    { at: Date.UTC(2028, 1, 29, 23, 59, 59), words: '2028-02-29 23:59:59 UTC' },
  ])('$words', ({ at, words }) => {
    expect(momentInWords(at)).toBe(words)
  })
})

describe('lengthInWords is precise for short durations', () => {
  test.each([
    { ms: -5, words: '0 seconds' },
    { ms: 0, words: '0 seconds' },
    { ms: 1, words: '1 millisecond' },
    { ms: 250, words: '250 milliseconds' },
    { ms: SECOND, words: '1 second' },
    { ms: 2549, words: '2.5 seconds' },
    { ms: 9999, words: '10 seconds' },
    { ms: 10 * SECOND, words: '10 seconds' },
    { ms: 65 * SECOND, words: '1 minute 5 seconds' },
  ])('$ms ms is $words', ({ ms, words }) => {
    expect(lengthInWords(ms)).toBe(words)
  })
})

describe('shortDuration: for tables', () => {
  test.each([
    { ms: -5, words: '0 s' },
    { ms: 0, words: '0 s' },
    { ms: 250, words: '250 ms' },
    { ms: 2549, words: '2.5 s' },
    { ms: 41 * SECOND + 999, words: '41 s' },
    { ms: 5 * MINUTE, words: '5 m' },
    { ms: 5 * MINUTE + 2 * SECOND, words: '5 m 02 s' },
    { ms: HOUR + 2 * MINUTE + 59 * SECOND, words: '1 h 02 m' },
    { ms: HOUR + 59 * SECOND, words: '1 h' },
    { ms: 15 * HOUR + 37 * MINUTE, words: '15 h 37 m' },
    { ms: 3 * DAY + 4 * HOUR, words: '3 d 04 h' },
    { ms: 400 * DAY, words: '400 d' },
  ])('$ms ms is $words', ({ ms, words }) => {
    expect(shortDuration(ms)).toBe(words)
  })
})
