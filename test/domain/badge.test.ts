import { expect, test } from 'bun:test'
import { summarize } from '#domain/badge.ts'
import type { ShownStatus } from '#domain/status.ts'

const CASES: [ShownStatus[], ReturnType<typeof summarize>][] = [
  [[], { status: 'up', total: 0, late: 0, down: 0 }],
  [['new', 'paused'], { status: 'up', total: 2, late: 0, down: 0 }],
  [['up', 'late', 'up'], { status: 'late', total: 3, late: 1, down: 0 }],
  [['late', 'down', 'up', 'down'], { status: 'down', total: 4, late: 1, down: 2 }],
  [['paused', 'down'], { status: 'down', total: 2, late: 0, down: 1 }],
]

test.each(CASES)('summarize: the worst status of %j, and the counts', (statuses, summary) => {
  expect(summarize(statuses)).toEqual(summary)
})
