import { expect, test } from 'bun:test'
import { allowanceOf, type Buckets, takeOne } from '#domain/rate-limit.ts'

const LIMIT = { key: 'ntfy', burst: 3, perMs: 1000 }

test('allowanceOf: a bucket starts full, empties, and gains one each interval', () => {
  const buckets: Buckets = new Map()
  expect(allowanceOf(buckets, [LIMIT], 0)).toBe(3)
  for (let taken = 0; taken < 3; taken += 1) takeOne(buckets, [LIMIT], 0)
  expect([0, 999, 1000, 1999, 2000, 3000, 9000].map((now) => allowanceOf(buckets, [LIMIT], now))).toEqual([
    0, 0, 1, 1, 2, 3, 3,
  ])
})

test('allowanceOf: the emptiest bucket decides, and there is no limit without one', () => {
  const buckets: Buckets = new Map()
  const group = { key: 'group', burst: 1, perMs: 3000 }
  takeOne(buckets, [LIMIT, group], 0)
  expect(allowanceOf(buckets, [LIMIT, group], 1000)).toBe(0)
  expect(allowanceOf(buckets, [LIMIT, group], 3000)).toBe(1)
  expect(allowanceOf(buckets, [], 0)).toBe(Number.POSITIVE_INFINITY)
})
