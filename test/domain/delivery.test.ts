import { describe, expect, test } from 'bun:test'
import { ATTEMPT_MAX_MS, backoffMs, type Delivery, LEASE_MS, type Outcome, settle } from '#domain/delivery.ts'
import { DAY, HOUR, SECOND } from '#lib/duration.ts'

const NOW = Date.UTC(2026, 10, 23, 9, 0, 0)
const IDS = Array.from({ length: 300 }, (_, index) => `delivery-${index}`)
const REFUSED: Outcome = { result: 'failed', reason: 'refused', detail: 'Connection refused', isPermanent: false }
const REJECTED: Outcome = { result: 'failed', reason: 'rejected', detail: 'No such user', isPermanent: true }

function delivery(given: Partial<Delivery> = {}): Delivery {
  return { id: 'delivery-0', attempts: 1, giveUpAt: NOW + DAY, ...given }
}

describe('backoffMs', () => {
  test.each([
    { attempts: 1, seconds: 10 },
    { attempts: 2, seconds: 20 },
    { attempts: 3, seconds: 40 },
    { attempts: 4, seconds: 80 },
    { attempts: 5, seconds: 160 },
    { attempts: 6, seconds: 320 },
    { attempts: 7, seconds: 640 },
    { attempts: 8, seconds: 1280 },
    { attempts: 9, seconds: 2560 },
    { attempts: 10, seconds: 3600 },
    { attempts: 40, seconds: 3600 },
    { attempts: 5000, seconds: 3600 },
  ])('is $seconds s plus or minus 20% after attempt $attempts', ({ attempts, seconds }) => {
    const pauses = IDS.map((id) => backoffMs({ id, attempts }) / (seconds * SECOND))
    expect(Math.min(...pauses)).toBeWithin(0.8, 0.83)
    expect(Math.max(...pauses)).toBeWithin(1.17, 1.2001)
    const mean = pauses.reduce((sum, pause) => sum + pause, 0) / pauses.length
    expect(mean).toBeWithin(0.97, 1.03)
  })

  test('differs between deliveries that failed together', () => {
    for (const attempts of [1, 3, 12]) {
      expect(new Set(IDS.map((id) => backoffMs({ id, attempts }))).size).toBeGreaterThan(IDS.length * 0.9)
    }
  })

  test('differs between similar ids', () => {
    const pauses = ['1', '2', '3', '4'].map((end) =>
      backoffMs({ id: `0193b5a0-0000-7000-8000-00000000000${end}`, attempts: 12 }),
    )
    expect(new Set(pauses).size).toBe(4)
  })

  test('is a whole number of milliseconds, and always the same for an attempt', () => {
    const pause = backoffMs({ id: 'delivery-7', attempts: 4 })
    expect(pause).toBe(backoffMs({ id: 'delivery-7', attempts: 4 }))
    expect(Number.isInteger(pause)).toBe(true)
  })
})

describe('settle', () => {
  test('waits at least as long as the receiver asked, but no more than an hour', () => {
    const afterMs = (retryAfterMs: number) =>
      (settle(delivery(), { ...REFUSED, retryAfterMs }, NOW).nextAttemptAt ?? 0) - NOW
    expect(afterMs(1)).toBe(backoffMs(delivery()))
    expect(afterMs(600 * SECOND)).toBe(600 * SECOND)
    expect(afterMs(DAY)).toBe(HOUR)
  })

  const waitsFor = backoffMs({ id: 'delivery-0', attempts: 1 })
  test.each([
    { name: 'sent', outcome: { result: 'sent', detail: '250 OK' }, now: NOW, state: 'sent', next: null },
    {
      name: 'sent after three days',
      outcome: { result: 'sent', detail: '' },
      now: NOW + 3 * DAY,
      state: 'sent',
      next: null,
    },
    { name: 'logged', outcome: { result: 'logged', detail: '' }, now: NOW, state: 'logged', next: null },
    { name: 'temporary failure', outcome: REFUSED, now: NOW, state: 'pending', next: NOW + waitsFor },
    { name: 'permanent failure', outcome: REJECTED, now: NOW, state: 'failed', next: null },
  ] as const)('$name: $state', ({ outcome, now, state, next }) => {
    expect(settle(delivery(), outcome, now)).toEqual({ state, nextAttemptAt: next })
  })

  test('a delivery fails if its next attempt would not be before giveUpAt', () => {
    const stateWith = (giveUpAt: number) => settle(delivery({ giveUpAt }), REFUSED, NOW).state
    expect([stateWith(NOW + waitsFor + 1), stateWith(NOW + waitsFor)]).toEqual(['pending', 'failed'])
  })

  test('a delivery fails after 64 attempts, even if a wrong clock dated giveUpAt far ahead', () => {
    const settled = [63, 64].map((attempts) => settle(delivery({ attempts, giveUpAt: NOW + 365 * DAY }), REFUSED, NOW))
    expect(settled.map(({ state }) => state)).toEqual(['pending', 'failed'])
  })
})

describe('A delivery whose attempts all fail', () => {
  test('is retried for nearly a day, and then has failed', () => {
    for (const id of IDS) {
      const attemptedAt = attemptTimes(id)
      const lastAt = attemptedAt.at(-1) ?? 0
      expect(lastAt).toBeGreaterThan(DAY - 1.2 * HOUR - 1)
      expect(lastAt).toBeLessThan(DAY)
      expect(attemptedAt.length).toBeWithin(28, 42)
      expect(attemptedAt.filter((at) => at < 5 * 60 * SECOND).length).toBeGreaterThanOrEqual(5)
    }
  })

  test('has a lease longer than an attempt, so it is never sent twice at once', () => {
    expect(ATTEMPT_MAX_MS).toBeLessThan(LEASE_MS)
  })
})

/** The times of all attempts, counted from the alert, if each fails immediately. */
function attemptTimes(id: string): number[] {
  const attemptedAt: number[] = []
  let now = 0
  for (let attempts = 1; attempts < 1000; attempts += 1) {
    attemptedAt.push(now)
    const settled = settle(delivery({ id, attempts, giveUpAt: DAY }), REFUSED, now)
    if (settled.nextAttemptAt === null) {
      expect(settled.state).toBe('failed')
      return attemptedAt
    }
    expect(settled.state).toBe('pending')
    expect(settled.nextAttemptAt).toBeGreaterThan(now)
    now = settled.nextAttemptAt
  }
  throw new Error(`${id} is retried forever`)
}
