// A few seeds; `npm run simulate -- --seeds N` plays as many as you like.
import { describe, expect, test } from 'bun:test'
import { simulate } from './simulation.ts'

describe('CronGuard and the oracle are of one mind', () => {
  test.each([1, 2, 3, 4])(
    'about all that happens in six weeks, by seed %d',
    async (seed) => {
      const { disagreement, counts } = await simulate({ seed, months: 1.5 })
      expect(disagreement ?? '').toBe('')
      expect(counts.down).toBeGreaterThan(0)
      expect(counts.blackouts).toBeGreaterThan(0)
    },
    60_000,
  )
})
