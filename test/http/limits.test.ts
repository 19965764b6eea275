import { describe, expect, test } from 'bun:test'
import { RateLimiterMemory } from 'rate-limiter-flexible'
import { createLimit, createNetworkLimit, KEYS_MAX, networkOf } from '#http/limits.ts'
import { MINUTE } from '#lib/duration.ts'

describe('Rate limits', () => {
  test.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:DB8:1:2::6', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['2001:db8::9:9:9:9', '2001:db8:0:0'],
    ['2001:db8:1::5:6:7:8', '2001:db8:1:0'],
  ])('networkOf: %p counts as %p', (address, counted) => {
    expect(networkOf(address)).toBe(counted)
  })

  test.each(['127.0.0.1', '::1', '::ffff:127.0.0.1', '172.17.0.1', '10.0.0.9', '192.168.1.1', 'fd00::1', null])(
    'createNetworkLimit: %p may try fifty times as often, because it may be a proxy that is not trusted',
    async (address) => {
      const limit = createNetworkLimit({ tries: 2, withinMs: MINUTE })
      for (let count = 0; count < 100; count += 1) await limit.take(address)
      expect(limit.take(address)).rejects.toThrow('Too many attempts')
    },
  )

  test('createNetworkLimit: an IPv6 site, which has 65,536 networks, has a limit as a whole', async () => {
    const limit = createNetworkLimit({ tries: 2, withinMs: MINUTE })
    for (let network = 0; network < 20; network += 1) await limit.take(`2001:db8:1:${network.toString(16)}::1`)
    expect(limit.take('2001:db8:1:ff::1')).rejects.toThrow('Too many attempts')
    await limit.take('2001:db8:2:1::1')
  })

  test('createLimit: keys are stored as hashes', async () => {
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
      expect(limit.take(typed)).rejects.toThrow('Too many attempts')
      await limit.take(`${typed}y`)
    } finally {
      RateLimiterMemory.prototype.consume = consume
    }
    expect(kept.map((key) => String(key).length)).toEqual([64, 64, 64])
  })

  test('createLimit: of too many keys, the one used longest ago is forgotten first', async () => {
    const limit = createLimit({ tries: 2, withinMs: MINUTE })
    await limit.take('gone')
    await limit.take('gone')
    await limit.take('busy')
    for (let stranger = 0; stranger < KEYS_MAX - 2; stranger += 1) await limit.take(`stranger ${stranger}`)
    await limit.take('busy')
    await limit.take('one more')
    expect(limit.take('busy')).rejects.toThrow('Too many attempts')
    await limit.take('gone')
    await limit.take('gone')
  })
})
