import { describe, expect, test } from 'bun:test'
import {
  countByStatus,
  isFiltered,
  type ListedMonitor,
  NO_FILTER,
  orderKey,
  SHOWN_STATUSES,
  selectMonitors,
  tagsOf,
} from '#domain/monitor-list.ts'
import { everyPeriod } from '#domain/schedule.ts'
import { HOUR, MINUTE } from '#lib/duration.ts'

const NOW = Date.UTC(2026, 10, 24, 12)

let id = 0

function listed(name: string, more: Partial<ListedMonitor> = {}): ListedMonitor {
  id += 1
  return {
    id,
    uniqueKey: String(id).padStart(40, '0'),
    name,
    slug: '',
    tags: '',
    status: 'up',
    schedule: everyPeriod(HOUR),
    pingCount: 1,
    lastPingAt: NOW - MINUTE,
    openRuns: [],
    dueAt: NOW + HOUR,
    deadlineAt: NOW + 2 * HOUR,
    recentRuns: '',
    ...more,
  }
}

const names = (monitors: ListedMonitor[]): string[] => monitors.map(({ name }) => name)
const DOWN = { status: 'down', dueAt: null, deadlineAt: null } as const
const LATE = { dueAt: NOW - MINUTE }
const OVERDUE = { dueAt: NOW - HOUR, deadlineAt: NOW - MINUTE }

describe('Monitor list', () => {
  test('selectMonitors sorts by status, the worst first, then by name', () => {
    const monitors = [
      listed('zoo'),
      listed('paused', { status: 'paused', dueAt: null, deadlineAt: null }),
      listed('new', { status: 'new', dueAt: null, deadlineAt: null, lastPingAt: null }),
      listed('Abba'),
      listed('late', LATE),
      listed('down', DOWN),
      listed('dead, but not checked yet', OVERDUE),
    ]
    expect(names(selectMonitors(monitors, NO_FILTER, NOW))).toEqual([
      'dead, but not checked yet',
      'down',
      'late',
      'Abba',
      'zoo',
      'new',
      'paused',
    ])
  })

  test.each([
    ['name', ['a', 'b', 'c', 'd']],
    ['last-ping', ['c', 'a', 'b', 'd']],
    ['due', ['b', 'a', 'c', 'd']],
  ] as const)('selectMonitors sorts by %s', (order, expected) => {
    const monitors = [
      listed('d', { lastPingAt: null, dueAt: null, deadlineAt: null, status: 'new' }),
      listed('a', { lastPingAt: NOW - 2 * MINUTE, dueAt: NOW + 2 * MINUTE }),
      listed('b', { lastPingAt: NOW - 3 * MINUTE, dueAt: NOW + MINUTE }),
      listed('c', { lastPingAt: NOW - MINUTE, dueAt: NOW + 3 * MINUTE }),
    ]
    expect(names(selectMonitors(monitors, { ...NO_FILTER, order }, NOW))).toEqual([...expected])
  })

  test('selectMonitors sorts accented letters next to plain ones, and numbers by value', () => {
    const monitors = ['Zebra', 'job 10', 'Émile', 'eve', 'job 2', 'Äpfel', 'Ćma', 'dawn'].map((name) => listed(name))
    expect(names(selectMonitors(monitors, { ...NO_FILTER, order: 'name' }, NOW))).toEqual([
      'Äpfel',
      'Ćma',
      'dawn',
      'Émile',
      'eve',
      'job 2',
      'job 10',
      'Zebra',
    ])
  })

  test('selectMonitors finds monitors with every word in name, slug or tags, in any case', () => {
    const monitors = [listed('Nightly Backup', { tags: 'db prod', slug: 'nb' }), listed('report', { tags: 'db' })]
    const found = (text: string) => names(selectMonitors(monitors, { ...NO_FILTER, text }, NOW))
    expect(found('backup NIGHT')).toEqual(['Nightly Backup'])
    expect(found('DB')).toEqual(['Nightly Backup', 'report'])
    expect(found('nb prod')).toEqual(['Nightly Backup'])
    expect(found('backup report')).toEqual([])
    expect(found('   ')).toHaveLength(2)
  })

  test('selectMonitors filters by the current status or by a whole tag', () => {
    const monitors = [
      listed('late', LATE),
      listed('overdue', OVERDUE),
      listed('well', { tags: 'db-old' }),
      listed('db', { tags: 'x db' }),
    ]
    expect(names(selectMonitors(monitors, { ...NO_FILTER, status: 'down' }, NOW))).toEqual(['overdue'])
    expect(names(selectMonitors(monitors, { ...NO_FILTER, status: 'late' }, NOW))).toEqual(['late'])
    expect(names(selectMonitors(monitors, { ...NO_FILTER, tag: 'db' }, NOW))).toEqual(['db'])
  })

  test('countByStatus counts each status, and tagsOf lists each tag once', () => {
    const monitors = [listed('a', { ...DOWN, tags: 'x y' }), listed('b', LATE), listed('c', { tags: 'y Z' })]
    expect(countByStatus(monitors, NOW)).toEqual({ down: 1, late: 1, up: 1, new: 0, paused: 0 })
    expect(tagsOf(monitors)).toEqual(['x', 'y', 'Z'])
  })

  test('isFiltered: true for any filter and any other order', () => {
    expect(isFiltered(NO_FILTER)).toBe(false)
    for (const more of [{ text: 'a' }, { status: 'up' as const }, { tag: 'x' }, { order: 'name' as const }]) {
      expect(isFiltered({ ...NO_FILTER, ...more })).toBe(true)
    }
  })

  test('orderKey: a worse status sorts first', () => {
    expect(SHOWN_STATUSES).toHaveLength(5)
    expect(orderKey(listed('B', DOWN), 'worst', NOW) < orderKey(listed('a'), 'worst', NOW)).toBe(true)
  })
})
