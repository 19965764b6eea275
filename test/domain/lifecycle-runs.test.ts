import { describe, expect, test } from 'bun:test'
import { extendDeadline } from '#domain/clock-rule.ts'
import { applyDeadline, applyPing, judgeRun, recounted, rescheduled, withRules } from '#domain/lifecycle.ts'
import { type MonitorRules, OPEN_RUNS_MAX } from '#domain/monitor.ts'
import type { Schedule } from '#domain/schedule.ts'
import type { StoredStatus } from '#domain/status.ts'
import { DAY, HOUR, MINUTE } from '#lib/duration.ts'
import { backup, GRACE, LAST, NOW, OTHER_RUN, PERIOD, ping, RUN, running } from '../support/hourly-backup.ts'

describe('Overlapping runs', () => {
  const both = applyPing(backup('up', running(NOW, RUN)), ping('start', OTHER_RUN), NOW + 4 * MINUTE).monitor

  test('a stuck run overruns, even if a newer run starts and succeeds', () => {
    expect(both.openRuns).toEqual([running(NOW, RUN), running(NOW + 4 * MINUTE, OTHER_RUN)])
    expect(both.deadlineAt).toBe(NOW + GRACE)
    const after = applyPing(both, ping('success', OTHER_RUN), NOW + 4.5 * MINUTE).monitor
    expect(after).toMatchObject({ openRuns: [running(NOW, RUN)], lastDurationMs: MINUTE / 2 })
    expect(applyDeadline(after, NOW + GRACE).transition).toMatchObject({ to: 'down', reason: 'overrun' })
  })

  test('the end of the older run does not change the deadline of the newer one', () => {
    const after = applyPing(both, ping('success', RUN), NOW + 4.5 * MINUTE).monitor
    expect(after).toMatchObject({ lastDurationMs: 4.5 * MINUTE, deadlineAt: NOW + 4 * MINUTE + GRACE })
  })

  test('a failure ends only its own run, and a failure with an unknown run id none of several', () => {
    expect(applyPing(both, ping('fail', RUN), NOW).monitor.openRuns).toEqual([running(NOW + 4 * MINUTE, OTHER_RUN)])
    expect(applyPing(both, ping('fail', 'cccc'), NOW).monitor.openRuns).toEqual(both.openRuns)
  })

  test.each([
    { change: {}, left: 0 },
    { change: { failuresToAlert: 2 }, left: 1 },
    { change: { maxRunMs: HOUR }, left: 1 },
  ])('a failure with an unknown run id ends the only run where Healthchecks ends it: %j', ({ change, left }) => {
    const monitor = backup('up', running(NOW, RUN), change)
    expect(applyPing(monitor, ping('fail', 'cccc'), NOW).monitor.openRuns).toHaveLength(left)
  })

  test('a success without a run id ends the run without an id, or else all runs', () => {
    expect(applyPing(both, ping('success'), NOW).monitor.openRuns).toEqual([])
    const three = applyPing(both, ping('start'), NOW + 4 * MINUTE).monitor
    expect(applyPing(three, ping('success'), NOW + 5 * MINUTE).monitor.openRuns).toEqual(both.openRuns)
  })

  test('at most 100 are kept: the oldest is dropped', () => {
    let monitor = backup('up')
    for (let n = 0; n <= OPEN_RUNS_MAX; n++) monitor = applyPing(monitor, ping('start', `run ${n}`), NOW + n).monitor
    expect(monitor.openRuns).toHaveLength(OPEN_RUNS_MAX)
    expect(monitor.openRuns[0]).toEqual(running(NOW + 1, 'run 1'))
  })
})

describe('maxRunMs', () => {
  const long = { maxRunMs: 2 * HOUR }

  test('replaces the grace period for the end of a run', () => {
    const started = applyPing(backup('up', null, long), ping('start', RUN), NOW).monitor
    expect(started).toMatchObject({ dueAt: null, deadlineAt: NOW + 2 * HOUR })
    expect(applyDeadline(started, NOW + 2 * HOUR).transition).toMatchObject({ reason: 'overrun', at: NOW + 2 * HOUR })
  })

  test('makes the schedule wait for a run that started after the last ping', () => {
    const started = applyPing(backup('up', null, long), ping('start', RUN), LAST + PERIOD).monitor
    expect(applyDeadline(started, LAST + PERIOD + HOUR).transition).toBeNull()
    const ended = applyPing(started, ping('success', RUN), LAST + PERIOD + HOUR).monitor
    expect(ended).toMatchObject({ dueAt: LAST + 2 * PERIOD + HOUR })
  })

  test('does not postpone the deadline forever for runs that start again and again', () => {
    let monitor = backup('up', null, long)
    const latest = LAST + PERIOD + GRACE + 2 * HOUR
    for (let at = NOW; at < latest; at += PERIOD) {
      expect(applyDeadline(monitor, at).transition).toBeNull()
      monitor = applyPing(monitor, ping('start'), at).monitor
    }
    expect(monitor.deadlineAt).toBe(latest)
    expect(applyDeadline(monitor, latest).transition).toMatchObject({ reason: 'timeout', at: latest })
  })

  test('applies in full to a run that starts just before the deadline', () => {
    const startedAt = LAST + PERIOD + GRACE - 1
    const started = applyPing(backup('up', null, long), ping('start', RUN), startedAt).monitor
    expect(started.deadlineAt).toBe(startedAt + 2 * HOUR)
  })

  test('does not make the schedule wait for a stuck run after another run succeeded', () => {
    const stuck = applyPing(backup('up', null, long), ping('start', RUN), NOW).monitor
    const passed = applyPing(stuck, ping('success', OTHER_RUN), NOW + MINUTE).monitor
    expect(passed).toMatchObject({ dueAt: NOW + MINUTE + PERIOD, deadlineAt: NOW + MINUTE + PERIOD + GRACE })
  })
})

describe('judgeRun: minRunMs', () => {
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

  test('a run of any length is a success without minRunMs', () => {
    expect(judgeRun(backup('up', running(NOW, RUN)), ping('success', RUN), NOW).kind).toBe('success')
  })
})

describe('judgeRun: a duration measured by the client', () => {
  const limits = { minRunMs: MINUTE, maxRunMs: HOUR }
  const judged = (measuredMs: number, runs = backup('up', null, limits)) =>
    judgeRun(runs, { ...ping('success', RUN), measuredMs }, NOW + 1).kind

  test('outside the limits is a failure', () => {
    expect([MINUTE - 1, MINUTE, HOUR, HOUR + 1].map((ms) => judged(ms))).toEqual(['fail', 'success', 'success', 'fail'])
  })

  test('is not checked against maxRunMs if a start ping was received', () => {
    const started = backup('up', running(NOW, RUN), limits)
    expect([judged(HOUR + 1, started), judged(MINUTE, started), judged(1, started)]).toEqual([
      'success',
      'success',
      'fail',
    ])
  })

  test('is recorded instead of the time between the pings', () => {
    const started = backup('up', running(NOW, RUN))
    const ended = { ...ping('success', RUN), measuredMs: 1500 }
    expect(applyPing(started, ended, NOW + HOUR).monitor.lastDurationMs).toBe(1500)
  })
})

describe('failuresToAlert', () => {
  const patient = { failuresToAlert: 3 }
  const failed = (from: StoredStatus, times: number) => {
    let step = applyPing(backup(from, null, patient), ping('fail'), NOW)
    for (let n = 1; n < times; n++) step = applyPing(step.monitor, ping('fail'), NOW + n)
    return step
  }

  test.each(['new', 'up', 'paused'] as const)('a monitor that is %s goes down at the third failure', (from) => {
    expect(failed(from, 1).monitor).toMatchObject({ status: 'up', failuresInARow: 1, dueAt: NOW + PERIOD })
    expect(failed(from, 2).transition).toBeNull()
    expect(failed(from, 3).transition).toEqual({ from: 'up', to: 'down', at: NOW + 2, reason: 'fail' })
  })

  test('a monitor that is down stays down', () => {
    expect(failed('down', 1)).toMatchObject({ monitor: { status: 'down' }, transition: null })
  })

  test('a success resets the count', () => {
    const again = applyPing(failed('up', 2).monitor, ping('success'), NOW + MINUTE).monitor
    expect(applyPing(again, ping('fail'), NOW + HOUR).monitor).toMatchObject({ status: 'up', failuresInARow: 1 })
  })

  test('a missed ping takes the monitor down at once', () => {
    expect(applyDeadline(failed('up', 1).monitor, NOW + DAY).transition).toMatchObject({ reason: 'timeout' })
  })
})

describe('The slot of an early or late ping', () => {
  const hourly: Schedule = { kind: 'cron', periodMs: HOUR, expression: '0 * * * *', timeZone: 'UTC' }
  // NOW is 09:00; the last ping was at 08:00.
  const waiting = (change: Partial<MonitorRules> = {}) =>
    rescheduled({ ...backup('up', null, { schedule: hourly, ...change }), lastPingAt: NOW - HOUR })
  const dueAfter = (at: number, change: Partial<MonitorRules> = {}) =>
    applyPing(waiting({ earlyMs: null, ...change }), ping('success'), at).monitor.dueAt

  test('is the next one if the ping is shortly before it', () => {
    expect(dueAfter(NOW - 5 * MINUTE)).toBe(NOW + HOUR)
  })

  test('is the previous one if it was still open, however near the next one is', () => {
    const grace = { graceMs: 59 * MINUTE }
    expect(dueAfter(NOW + 55 * MINUTE, grace)).toBe(NOW + HOUR)
    expect(dueAfter(NOW + 55 * MINUTE, { ...grace, earlyMs: 10 * MINUTE })).toBe(NOW + HOUR)
  })

  test('is the previous one for the end of a run with maxRunMs, too', () => {
    const limited = waiting({ graceMs: 59 * MINUTE, maxRunMs: 2 * HOUR, earlyMs: null })
    const started = applyPing(limited, ping('start'), NOW + 50 * MINUTE).monitor
    expect(applyPing(started, ping('success'), NOW + 55 * MINUTE).monitor.dueAt).toBe(NOW + HOUR)
  })

  test('does not change while the next run is open', () => {
    const limited = waiting({ graceMs: 59 * MINUTE, maxRunMs: 2 * HOUR, earlyMs: null })
    const late = applyPing(limited, ping('success'), NOW + 55 * MINUTE).monitor
    const started = applyPing(late, ping('start'), NOW + 56 * MINUTE).monitor
    expect([late.dueAt, started.dueAt]).toEqual([NOW + HOUR, null])
    const again = applyPing(started, ping('start'), NOW + 2 * HOUR + 50 * MINUTE).monitor
    // The slot at 10:00, its grace of 59 minutes, and 2 hours for the run.
    expect(again.deadlineAt).toBe(NOW + HOUR + 59 * MINUTE + 2 * HOUR)
  })

  test('does not change after a start, a gap and new zone data', () => {
    const late = applyPing(waiting({ earlyMs: null, graceMs: 59 * MINUTE }), ping('success'), NOW + 55 * MINUTE).monitor
    expect(applyPing(late, ping('start'), NOW + 56 * MINUTE).monitor.dueAt).toBe(NOW + HOUR)
    expect(extendDeadline(late, { from: NOW + 59 * MINUTE, to: NOW + HOUR }).dueAt).toBe(NOW + HOUR)
    expect(recounted(late)).toEqual(late)
  })

  test('does not change with the settings, except schedule and tolerance', () => {
    const late = applyPing(waiting({ earlyMs: null, graceMs: 59 * MINUTE }), ping('success'), NOW + 55 * MINUTE).monitor
    expect(withRules(late, { graceMs: MINUTE })).toMatchObject({ dueAt: NOW + HOUR, deadlineAt: NOW + HOUR + MINUTE })
    const halfPast: Schedule = { ...hourly, expression: '30 * * * *' }
    expect(withRules(late, { schedule: halfPast }).dueAt).toBe(NOW + 90 * MINUTE)
    expect(withRules(late, { earlyMs: 10 * MINUTE }).dueAt).toBe(NOW + 2 * HOUR)
  })

  test('decides the due time of the next missed ping', () => {
    const late = applyPing(waiting({ earlyMs: null, graceMs: 59 * MINUTE }), ping('success'), NOW + 55 * MINUTE).monitor
    expect(applyDeadline(late, NOW + 2 * HOUR)).toMatchObject({ transition: { reason: 'timeout' }, dueAt: NOW + HOUR })
    const started = applyPing(late, ping('start'), NOW + 56 * MINUTE).monitor
    const missed = { transition: { reason: 'overrun' }, dueAt: NOW + 56 * MINUTE }
    expect(applyDeadline(started, NOW + 2 * HOUR)).toMatchObject(missed)
  })

  test('has another time after a change of zone data: recounted moves the due time', () => {
    const moved = { ...waiting(), slotAt: NOW + 30 * MINUTE }
    expect(recounted(moved).dueAt).toBe(NOW)
  })
})
