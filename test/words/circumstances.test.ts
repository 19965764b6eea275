import { expect, test } from 'bun:test'
import { type Circumstances, composeTest, type MonitorNotification } from '#domain/notification.ts'
import { DAY, HOUR, MINUTE } from '#lib/duration.ts'
import { circumstanceFacts, durationFact, incidentFacts, missedInWords, othersInWords } from '#words/circumstances.ts'

const NOW = Date.UTC(2026, 11, 1, 3, 30)

const CIRCUMSTANCES: Circumstances = {
  projectId: 'project-1',
  incidentId: 'incident-1',
  output: null,
  runs: { missed: 1, failed: 0, isMore: false },
  lastSuccessAt: NOW - DAY,
  usualMs: 4 * MINUTE,
  othersDown: { names: [], count: 0, isMore: false },
  acknowledgment: null,
}
const DOWN: MonitorNotification = { ...composeTest({ project: 'Ops', now: NOW }), circumstances: CIRCUMSTANCES }

test('circumstanceFacts: a monitor that is down', () => {
  expect(circumstanceFacts(DOWN, 'UTC')).toEqual([
    ['Missed runs', '1'],
    ['Last success', '30 Nov 2026, 03:30:00 UTC, 1 day earlier'],
    ['Run duration', 'usually 4 minutes'],
  ])
})

test('circumstanceFacts: a failure right after a success', () => {
  const soon = { ...DOWN, circumstances: { ...CIRCUMSTANCES, lastSuccessAt: NOW - 40 } }
  expect(circumstanceFacts(soon, 'UTC')).toContainEqual(['Last success', '1 Dec 2026, 03:29:59 UTC'])
})

test('circumstanceFacts: a monitor that recovered, with who acknowledged it', () => {
  const acknowledgment = { at: NOW - HOUR, by: 'Ada Winter', via: null }
  const runs = { missed: 0, failed: 1, isMore: false }
  const up: MonitorNotification = {
    ...DOWN,
    status: 'up',
    circumstances: { ...CIRCUMSTANCES, runs, acknowledgment },
  }
  expect(circumstanceFacts(up, 'UTC').slice(0, 3)).toEqual([
    ['Acknowledged', 'by Ada Winter, 1 Dec 2026, 02:30:00 UTC'],
    ['Missed runs', 'none'],
    ['Failed runs', '1'],
  ])
})

test('circumstanceFacts: a notification of an earlier version has none', () => {
  const earlier = composeTest({ project: 'Ops', now: NOW })
  expect(circumstanceFacts(earlier, 'UTC')).toEqual([])
})

test('incidentFacts: the runs of an incident that ended, and what was known when it began', () => {
  const othersDown = { names: ['mail'], count: 1, isMore: false }
  const down = { ...DOWN, circumstances: { ...CIRCUMSTANCES, othersDown } }
  const runs = { missed: 3, failed: 2, isMore: false }
  const up: MonitorNotification = { ...DOWN, status: 'up', circumstances: { ...CIRCUMSTANCES, runs } }
  const known = [
    ['Run duration', 'usually 4 minutes'],
    ['Also down at the start', 'mail'],
  ]
  expect(incidentFacts(down, null)).toEqual(known as ReturnType<typeof incidentFacts>)
  expect(incidentFacts(down, up).slice(0, 2)).toEqual([
    ['Missed runs', '3'],
    ['Failed runs', '2'],
  ])
  expect(incidentFacts(null, null)).toEqual([])
})

test('othersInWords: names, and how many more', () => {
  const names = ['a', 'b']
  expect(othersInWords({ names: [], count: 0, isMore: false })).toBeNull()
  expect(othersInWords({ names, count: 2, isMore: false })).toBe('a, b')
  expect(othersInWords({ names, count: 3, isMore: false })).toBe('a, b and 1 other')
  expect(othersInWords({ names, count: 9, isMore: false })).toBe('a, b and 7 others')
  expect(othersInWords({ names, count: 100, isMore: true })).toBe('a, b and more than 98 others')
})

test('missedInWords: nothing is said about no missed run of a monitor that just went down', () => {
  expect(missedInWords({ missed: 0, isMore: false }, false)).toBeNull()
  expect(missedInWords({ missed: 0, isMore: false }, true)).toBe('none')
  expect(missedInWords({ missed: 100, isMore: true }, true)).toBe('more than 100')
})

test('durationFact: the last run, and what is usual', () => {
  expect(durationFact({ durationMs: 9 * MINUTE, usualMs: 4 * MINUTE })).toBe('9 minutes, usually 4 minutes')
  expect(durationFact({ durationMs: null, usualMs: null })).toBeNull()
})
