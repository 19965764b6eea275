import { describe, expect, test } from 'bun:test'
import { extendDeadline } from '#domain/clock-rule.ts'
import { applyDeadline, applyPing, judgeRun, recounted, rescheduled, withRules } from '#domain/lifecycle.ts'
import { type MonitorRules, OPEN_RUNS_MAX } from '#domain/monitor.ts'
import type { Schedule } from '#domain/schedule.ts'
import type { StoredStatus } from '#domain/status.ts'
import { DAY, HOUR, MINUTE } from '#lib/duration.ts'
import { backup, GRACE, LAST, NOW, OTHER_RUN, PERIOD, ping, RUN, running } from '../support/hourly-backup.ts'

describe('runs that overlap are each watched', () => {
  const both = applyPing(backup('up', running(NOW, RUN)), ping('start', OTHER_RUN), NOW + 4 * MINUTE).monitor

  test('a run that is stuck is not hidden by the next one, nor by its success', () => {
    expect(both.openRuns).toEqual([running(NOW, RUN), running(NOW + 4 * MINUTE, OTHER_RUN)])
    expect(both.deadlineAt).toBe(NOW + GRACE)
    const after = applyPing(both, ping('success', OTHER_RUN), NOW + 4.5 * MINUTE).monitor
    expect(after).toMatchObject({ openRuns: [running(NOW, RUN)], lastDurationMs: MINUTE / 2 })
    expect(applyDeadline(after, NOW + GRACE).transition).toMatchObject({ to: 'down', reason: 'overrun' })
  })

  test('the end of the older one leaves the newer one its own time', () => {
    const after = applyPing(both, ping('success', RUN), NOW + 4.5 * MINUTE).monitor
    expect(after).toMatchObject({ lastDurationMs: 4.5 * MINUTE, deadlineAt: NOW + 4 * MINUTE + GRACE })
  })

  test('a failure of one ends that one only; a failure of one that nobody saw start ends none of several', () => {
    expect(applyPing(both, ping('fail', RUN), NOW).monitor.openRuns).toEqual([running(NOW + 4 * MINUTE, OTHER_RUN)])
    expect(applyPing(both, ping('fail', 'cccc'), NOW).monitor.openRuns).toEqual(both.openRuns)
  })

  test.each([
    { change: {}, left: 0 },
    { change: { failuresToAlert: 2 }, left: 1 },
    { change: { maxRunMs: HOUR }, left: 1 },
  ])('a failure of one that nobody saw start ends the only one where Healthchecks would: %j', ({ change, left }) => {
    const monitor = backup('up', running(NOW, RUN), change)
    expect(applyPing(monitor, ping('fail', 'cccc'), NOW).monitor.openRuns).toHaveLength(left)
  })

  test('an end that names no run ends them all, unless a run without a name is among them', () => {
    expect(applyPing(both, ping('success'), NOW).monitor.openRuns).toEqual([])
    const three = applyPing(both, ping('start'), NOW + 4 * MINUTE).monitor
    expect(applyPing(three, ping('success'), NOW + 5 * MINUTE).monitor.openRuns).toEqual(both.openRuns)
  })

  test('are a hundred at most: the oldest is forgotten', () => {
    let monitor = backup('up')
    for (let n = 0; n <= OPEN_RUNS_MAX; n++) monitor = applyPing(monitor, ping('start', `run ${n}`), NOW + n).monitor
    expect(monitor.openRuns).toHaveLength(OPEN_RUNS_MAX)
    expect(monitor.openRuns[0]).toEqual(running(NOW + 1, 'run 1'))
  })
})

describe('a limit for runs of its own', () => {
  const long = { maxRunMs: 2 * HOUR }

  test('takes the place of the grace for the end of a run', () => {
    const started = applyPing(backup('up', null, long), ping('start', RUN), NOW).monitor
    expect(started).toMatchObject({ dueAt: null, deadlineAt: NOW + 2 * HOUR })
    expect(applyDeadline(started, NOW + 2 * HOUR).transition).toMatchObject({ reason: 'overrun', at: NOW + 2 * HOUR })
  })

  test('lets the schedule wait for the end of the run that has started since the last ping', () => {
    const started = applyPing(backup('up', null, long), ping('start', RUN), LAST + PERIOD).monitor
    expect(applyDeadline(started, LAST + PERIOD + HOUR).transition).toBeNull()
    const ended = applyPing(started, ping('success', RUN), LAST + PERIOD + HOUR).monitor
    expect(ended).toMatchObject({ dueAt: LAST + 2 * PERIOD + HOUR })
  })

  test('does not let it wait for ever for runs that start again and again, and never end', () => {
    let monitor = backup('up', null, long)
    const latest = LAST + PERIOD + GRACE + 2 * HOUR
    for (let at = NOW; at < latest; at += PERIOD) {
      expect(applyDeadline(monitor, at).transition).toBeNull()
      monitor = applyPing(monitor, ping('start'), at).monitor
    }
    expect(monitor.deadlineAt).toBe(latest)
    expect(applyDeadline(monitor, latest).transition).toMatchObject({ reason: 'timeout', at: latest })
  })

  test('does not take down one that started and ended at the last moment', () => {
    const startedAt = LAST + PERIOD + GRACE - 1
    const started = applyPing(backup('up', null, long), ping('start', RUN), startedAt).monitor
    expect(started.deadlineAt).toBe(startedAt + 2 * HOUR)
  })

  test('does not let it wait for one that another run has passed by', () => {
    const stuck = applyPing(backup('up', null, long), ping('start', RUN), NOW).monitor
    const passed = applyPing(stuck, ping('success', OTHER_RUN), NOW + MINUTE).monitor
    expect(passed).toMatchObject({ dueAt: NOW + MINUTE + PERIOD, deadlineAt: NOW + MINUTE + PERIOD + GRACE })
  })
})

describe('a run that ends too soon', () => {
  const monitor = backup('up', running(NOW, RUN), { minRunMs: MINUTE })

  test.each([
    { after: MINUTE - 1, runId: RUN, kind: 'success', is: 'fail' },
    { after: MINUTE, runId: RUN, kind: 'success', is: 'success' },
    { after: 1, runId: OTHER_RUN, kind: 'success', is: 'success' },
    { after: 1, runId: RUN, kind: 'fail', is: 'fail' },
    { after: 1, runId: RUN, kind: 'log', is: 'log' },
  ] as const)('$kind after $after ms is $is', ({ after, runId, kind, is }) => {
    expect(judgeRun(monitor, ping(kind, runId), NOW + after)).toEqual({ ...ping(kind, runId), kind: is })
  })

  test('is fine where nobody asked for a shortest time', () => {
    expect(judgeRun(backup('up', running(NOW, RUN)), ping('success', RUN), NOW).kind).toBe('success')
  })
})

describe('a run that the client measured', () => {
  const limits = { minRunMs: MINUTE, maxRunMs: HOUR }
  const judged = (measuredMs: number, runs = backup('up', null, limits)) =>
    judgeRun(runs, { ...ping('success', RUN), measuredMs }, NOW + 1).kind

  test('has failed when it was too short or too long', () => {
    expect([MINUTE - 1, MINUTE, HOUR, HOUR + 1].map((ms) => judged(ms))).toEqual(['fail', 'success', 'success', 'fail'])
  })

  test('is not judged again for its length where its start was seen', () => {
    const started = backup('up', running(NOW, RUN), limits)
    expect([judged(HOUR + 1, started), judged(MINUTE, started), judged(1, started)]).toEqual([
      'success',
      'success',
      'fail',
    ])
  })

  test('is the last one, however long it seemed to take', () => {
    const started = backup('up', running(NOW, RUN))
    const ended = { ...ping('success', RUN), measuredMs: 1500 }
    expect(applyPing(started, ended, NOW + HOUR).monitor.lastDurationMs).toBe(1500)
  })
})

describe('with more than one failure in a row to go down', () => {
  const patient = { failuresToAlert: 3 }
  const failed = (from: StoredStatus, times: number) => {
    let step = applyPing(backup(from, null, patient), ping('fail'), NOW)
    for (let n = 1; n < times; n++) step = applyPing(step.monitor, ping('fail'), NOW + n)
    return step
  }

  test.each(['new', 'up', 'paused'] as const)('a monitor that is %s stays watched until the third', (from) => {
    expect(failed(from, 1).monitor).toMatchObject({ status: 'up', failuresInARow: 1, dueAt: NOW + PERIOD })
    expect(failed(from, 2).transition).toBeNull()
    expect(failed(from, 3).transition).toEqual({ from: 'up', to: 'down', at: NOW + 2, reason: 'fail' })
  })

  test('one that is down stays down', () => {
    expect(failed('down', 1)).toMatchObject({ monitor: { status: 'down' }, transition: null })
  })

  test('a success begins the count anew', () => {
    const again = applyPing(failed('up', 2).monitor, ping('success'), NOW + MINUTE).monitor
    expect(applyPing(again, ping('fail'), NOW + HOUR).monitor).toMatchObject({ status: 'up', failuresInARow: 1 })
  })

  test('a ping that does not come takes it down at once', () => {
    expect(applyDeadline(failed('up', 1).monitor, NOW + DAY).transition).toMatchObject({ reason: 'timeout' })
  })
})

describe('a ping that comes early or late', () => {
  const hourly: Schedule = { kind: 'cron', periodMs: HOUR, expression: '0 * * * *', timeZone: 'UTC' }
  // NOW is 09:00; it last pinged at the hour before.
  const waiting = (change: Partial<MonitorRules> = {}) =>
    rescheduled({ ...backup('up', null, { schedule: hourly, ...change }), lastPingAt: NOW - HOUR })
  const dueAfter = (at: number, change: Partial<MonitorRules> = {}) =>
    applyPing(waiting({ earlyMs: null, ...change }), ping('success'), at).monitor.dueAt

  test('counts for the slot that it comes shortly before', () => {
    expect(dueAfter(NOW - 5 * MINUTE)).toBe(NOW + HOUR)
  })

  test('counts for its own slot when that is over, however near the next one is', () => {
    const grace = { graceMs: 59 * MINUTE }
    expect(dueAfter(NOW + 55 * MINUTE, grace)).toBe(NOW + HOUR)
    expect(dueAfter(NOW + 55 * MINUTE, { ...grace, earlyMs: 10 * MINUTE })).toBe(NOW + HOUR)
  })

  test('that ends a run with a limit of its own does so too', () => {
    const limited = waiting({ graceMs: 59 * MINUTE, maxRunMs: 2 * HOUR, earlyMs: null })
    const started = applyPing(limited, ping('start'), NOW + 50 * MINUTE).monitor
    expect(applyPing(started, ping('success'), NOW + 55 * MINUTE).monitor.dueAt).toBe(NOW + HOUR)
  })

  test('keeps what it counted for while the run after it is awaited', () => {
    const limited = waiting({ graceMs: 59 * MINUTE, maxRunMs: 2 * HOUR, earlyMs: null })
    const late = applyPing(limited, ping('success'), NOW + 55 * MINUTE).monitor
    const started = applyPing(late, ping('start'), NOW + 56 * MINUTE).monitor
    expect([late.dueAt, started.dueAt]).toEqual([NOW + HOUR, null])
    const again = applyPing(started, ping('start'), NOW + 2 * HOUR + 50 * MINUTE).monitor
    // An hour of the clock, its grace, and as long as a run may take.
    expect(again.deadlineAt).toBe(NOW + HOUR + 59 * MINUTE + 2 * HOUR)
  })

  test('keeps what it counted for, whatever starts and whenever the zones are read again', () => {
    const late = applyPing(waiting({ earlyMs: null, graceMs: 59 * MINUTE }), ping('success'), NOW + 55 * MINUTE).monitor
    expect(applyPing(late, ping('start'), NOW + 56 * MINUTE).monitor.dueAt).toBe(NOW + HOUR)
    expect(extendDeadline(late, { from: NOW + 59 * MINUTE, to: NOW + HOUR }).dueAt).toBe(NOW + HOUR)
    expect(recounted(late)).toEqual(late)
  })

  test('keeps what it counted for when the monitor is changed, unless its times are', () => {
    const late = applyPing(waiting({ earlyMs: null, graceMs: 59 * MINUTE }), ping('success'), NOW + 55 * MINUTE).monitor
    expect(withRules(late, { graceMs: MINUTE })).toMatchObject({ dueAt: NOW + HOUR, deadlineAt: NOW + HOUR + MINUTE })
    const halfPast: Schedule = { ...hourly, expression: '30 * * * *' }
    expect(withRules(late, { schedule: halfPast }).dueAt).toBe(NOW + 90 * MINUTE)
    expect(withRules(late, { earlyMs: 10 * MINUTE }).dueAt).toBe(NOW + 2 * HOUR)
  })

  test('is missed at what it counted for', () => {
    const late = applyPing(waiting({ earlyMs: null, graceMs: 59 * MINUTE }), ping('success'), NOW + 55 * MINUTE).monitor
    expect(applyDeadline(late, NOW + 2 * HOUR)).toMatchObject({ transition: { reason: 'timeout' }, dueAt: NOW + HOUR })
    const started = applyPing(late, ping('start'), NOW + 56 * MINUTE).monitor
    const missed = { transition: { reason: 'overrun' }, dueAt: NOW + 56 * MINUTE }
    expect(applyDeadline(started, NOW + 2 * HOUR)).toMatchObject(missed)
  })

  test('is expected at another time when the zones have changed', () => {
    const moved = { ...waiting(), slotAt: NOW + 30 * MINUTE }
    expect(recounted(moved).dueAt).toBe(NOW)
  })
})
