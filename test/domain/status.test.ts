import { describe, expect, test } from 'bun:test'
import { shownStatus } from '#domain/status.ts'

const DUE = Date.UTC(2026, 10, 23, 9, 0, 0)
const DEADLINE = DUE + 300_000

describe('shownStatus: a monitor that is up is late from its due time, and down from its deadline', () => {
  test.each([
    { name: 'long before', now: 0, shown: 'up' },
    { name: 'just before it is due', now: DUE - 1, shown: 'up' },
    { name: 'when it is due', now: DUE, shown: 'late' },
    { name: 'just before the deadline', now: DEADLINE - 1, shown: 'late' },
    { name: 'at the deadline', now: DEADLINE, shown: 'down' },
    { name: 'long after', now: DEADLINE + 1e10, shown: 'down' },
  ] as const)('$name: $shown', ({ now, shown }) => {
    expect(shownStatus({ status: 'up', dueAt: DUE, deadlineAt: DEADLINE }, now)).toBe(shown)
  })

  test('an overrun run shows down, even before the due time', () => {
    const monitor = { status: 'up', dueAt: DUE, deadlineAt: DUE - 60_000 } as const
    expect(shownStatus(monitor, DUE - 60_001)).toBe('up')
    expect(shownStatus(monitor, DUE - 60_000)).toBe('down')
  })

  test('without a due time it stays up', () => {
    expect(shownStatus({ status: 'up', dueAt: null, deadlineAt: null }, DEADLINE)).toBe('up')
  })
})

describe('shownStatus: without a deadline, the stored status is shown', () => {
  test.each(['new', 'down', 'paused'] as const)('%s', (status) => {
    expect(shownStatus({ status, dueAt: null, deadlineAt: null }, DEADLINE + 1e10)).toBe(status)
  })
})

describe('shownStatus: a new or paused monitor with an open run is down at its deadline, never late', () => {
  test.each(['new', 'paused'] as const)('%s', (status) => {
    const monitor = { status, dueAt: null, deadlineAt: DEADLINE }
    expect(shownStatus(monitor, DEADLINE - 1)).toBe(status)
    expect(shownStatus(monitor, DEADLINE)).toBe('down')
  })
})
