import { describe, expect, test } from 'bun:test'
import { RateLimiterMemory } from 'rate-limiter-flexible'
import { createLimit, neighbourhood } from '#http/limits.ts'
import { MINUTE } from '#lib/duration.ts'

describe('Tries are counted', () => {
  test.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:DB8:1:2::6', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['2001:db8::9:9:9:9', '2001:db8:0:0'],
    ['2001:db8:1::5:6:7:8', '2001:db8:1:0'],
  ])('from %p for %p', (address, counted) => {
    expect(neighbourhood(address)).toBe(counted)
  })

  test.each(['127.0.0.1', '127.1.2.3', '::1', '::ffff:127.0.0.1'])(
    'for nobody from %p: it is this machine',
    (address) => {
      expect(neighbourhood(address)).toBeNull()
    },
  )

  test('without keeping what was typed', async () => {
    const typed = 'x'.repeat(60_000)
    const kept: unknown[] = []
    const consume = RateLimiterMemory.prototype.consume
    RateLimiterMemory.prototype.consume = function (key, ...rest) {
      kept.push(key)
      return consume.call(this, key, ...rest)
    }
    try {
      const limit = createLimit({ tries: 1, withinMs: MINUTE })
      await limit.take(typed)
      expect(limit.take(typed)).rejects.toThrow('tried too often')
      await limit.take(`${typed}y`)
    } finally {
      RateLimiterMemory.prototype.consume = consume
    }
    expect(kept.map((key) => String(key).length)).toEqual([64, 64, 64])
  })
})
