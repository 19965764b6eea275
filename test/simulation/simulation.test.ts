// A few seeds; `npm run simulate -- --seeds N` runs as many as you like.
import { describe, expect, test } from 'bun:test'
import { simulate } from './simulation.ts'

describe('Simulation: CronGuard agrees with the oracle', () => {
  test.each([1, 2, 3, 4])(
    'for six weeks, seed %d',
    async (seed) => {
      const { disagreement, counts } = await simulate({ seed, months: 1.5 })
      expect(disagreement ?? '').toBe('')
      expect(counts.down).toBeGreaterThan(0)
      expect(counts.gaps).toBeGreaterThan(0)
    },
    60_000,
  )
})
