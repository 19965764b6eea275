import { describe, expect, test } from 'bun:test'
import { isBeginDue, isEndDue, isForgotten, sightingOf } from '#domain/admin-alert.ts'
import { DAY, HOUR, MINUTE, SECOND } from '#lib/duration.ts'

const NOW = Date.UTC(2026, 2, 1, 12)
const seenFor = (ms: number) => ({ since: NOW - ms, lastAt: NOW })
const sent = (agoMs: number, isOpen: boolean) => ({ since: NOW - agoMs, sentAt: NOW - agoMs, isOpen })

describe('isBeginDue', () => {
  test.each([
    ['disk', 5 * MINUTE - 1, null, false],
    ['disk', 5 * MINUTE, null, true],
    ['storage', 29 * SECOND, null, false],
    ['storage', 30 * SECOND, null, true],
    ['disk', HOUR, sent(HOUR, true), false],
    ['disk', 3 * DAY, sent(3 * DAY, true), false],
    ['disk', HOUR, sent(DAY - 1, false), false],
    ['disk', HOUR, sent(DAY, false), true],
    // The clock was set back after it was sent.
    ['disk', HOUR, sent(-HOUR, false), true],
  ] as const)('%s for %d ms, sent %j: %p', (cause, ms, before, isDue) => {
    expect(isBeginDue(cause, { sighting: seenFor(ms), sent: before, now: NOW })).toBe(isDue)
  })

  test('is false once the problem is no longer seen', () => {
    expect(isBeginDue('disk', { sighting: seenFor(HOUR), sent: null, now: NOW + MINUTE })).toBe(false)
  })
})

describe('sightingOf', () => {
  test.each([
    ['a first sighting', null, NOW],
    ['a short break', { since: NOW - HOUR, lastAt: NOW - 4 * MINUTE }, NOW - HOUR],
    ['a long break', { since: NOW - HOUR, lastAt: NOW - 5 * MINUTE }, NOW],
    ['a clock that was set back', { since: NOW + HOUR, lastAt: NOW + HOUR }, NOW],
  ])('after %s', (_, before, since) => {
    expect(sightingOf('disk', { before, now: NOW })).toEqual({ since, lastAt: NOW })
  })
})

test('isEndDue: the problem has been over for as long as it must last', () => {
  const isDue = (cause: 'disk' | 'storage', ms: number) => isEndDue(cause, { lastAt: NOW - ms, now: NOW })
  expect([isDue('disk', 5 * MINUTE - 1), isDue('disk', 5 * MINUTE)]).toEqual([false, true])
  expect([isDue('storage', 29 * SECOND), isDue('storage', 30 * SECOND)]).toEqual([false, true])
})

test('isForgotten: after 24 hours, unless the recipient still gets the end', () => {
  const of = (agoMs: number, isOpen: boolean, isRecipient: boolean) =>
    isForgotten(sent(agoMs, isOpen), { isRecipient, now: NOW })
  expect(of(DAY - 1, false, false)).toBe(false)
  expect(of(DAY, false, true)).toBe(true)
  expect(of(DAY, true, true)).toBe(false)
  expect(of(DAY, true, false)).toBe(true)
})
