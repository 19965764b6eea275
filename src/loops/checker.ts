import { checkDeadlines } from '#actions/deadlines.ts'
import type { Deps } from '#deps.ts'
import type { Loop } from './index.ts'

const EVERY_MS = 250

/** Finds the monitors whose deadline has passed. */
export function createChecker(deps: Deps): Loop {
  return { name: 'checker', everyMs: EVERY_MS, tick: () => checkDeadlines(deps), settled: async () => {} }
}
