import { expect, test } from 'bun:test'
import { type Departure, LATE_AFTER_MS, type LateCause, latenessOf } from '#domain/lateness.ts'
import { HOUR, MINUTE } from '#lib/duration.ts'
import { lateInWords } from '#words/late.ts'

const AT = Date.UTC(2026, 11, 1)
const IN_TIME: Departure = { at: AT, notedAt: AT, queuedAt: AT, lastFailure: null, heldFor: null, now: AT }

test('latenessOf: a message within three minutes is in time', () => {
  expect(latenessOf({ ...IN_TIME, now: AT + LATE_AFTER_MS - 1 })).toBeNull()
  expect(latenessOf({ ...IN_TIME, now: AT + LATE_AFTER_MS })?.ms).toBe(LATE_AFTER_MS)
})

test.each<[why: string, departure: Partial<Departure>, cause: LateCause]>([
  ['attempts failed', { lastFailure: 'Connection refused' }, { kind: 'failed', detail: 'Connection refused' }],
  ['it waited behind another message', {}, { kind: 'waiting' }],
  ['CronGuard was offline', { notedAt: AT + 2 * HOUR, queuedAt: AT + 2 * HOUR }, { kind: 'offline' }],
  [
    'it was noticed a minute late, and attempts failed for hours',
    { notedAt: AT + MINUTE, queuedAt: AT + MINUTE, lastFailure: 'x' },
    { kind: 'failed', detail: 'x' },
  ],
  ['a user sent it again', { queuedAt: AT + HOUR }, { kind: 'resent' }],
])('latenessOf: %s', (_why, departure, cause) => {
  expect(latenessOf({ ...IN_TIME, ...departure, now: AT + 3 * HOUR })).toEqual({ ms: 3 * HOUR, cause })
})

test.each<[cause: LateCause, words: string]>([
  [
    { kind: 'failed', detail: 'Connection refused' },
    'Sent 3 hours 10 minutes late: earlier attempts failed (Connection refused).',
  ],
  [{ kind: 'offline' }, 'Sent 3 hours 10 minutes late: CronGuard was offline.'],
  [{ kind: 'waiting' }, 'Sent 3 hours 10 minutes late: queued behind earlier messages.'],
  [{ kind: 'resent' }, 'Resent manually, 3 hours 10 minutes after the event.'],
])('lateInWords: %p', (cause, words) => {
  expect(lateInWords({ ms: 3 * HOUR + 10 * MINUTE, cause })).toBe(words)
})
