import { describe, expect, test } from 'bun:test'
import { extendDeadline, notAfter, redated } from '#domain/clock-rule.ts'
import {
  applyDeadline,
  applyPing,
  pause,
  recounted,
  rescheduled,
  resume,
  shouldNotify,
  withRules,
} from '#domain/lifecycle.ts'
import { everyPeriod } from '#domain/schedule.ts'
import { STORED_STATUSES } from '#domain/status.ts'
import { DAY, HOUR, MINUTE } from '#lib/duration.ts'
import { backup, GRACE, LAST, NOW, OTHER_RUN, PERIOD, ping, RUN, running } from '../support/hourly-backup.ts'

const NOT_EXPECTED = { dueAt: null, slotAt: null, deadlineAt: null }

describe('applyPing: success and failure', () => {
  test.each([
    { from: 'new', kind: 'success', to: 'up', reason: 'ping', isNotified: false },
    { from: 'up', kind: 'success', to: 'up', reason: null, isNotified: false },
    { from: 'down', kind: 'success', to: 'up', reason: 'ping', isNotified: true },
    { from: 'paused', kind: 'success', to: 'up', reason: 'ping', isNotified: false },
    { from: 'new', kind: 'fail', to: 'down', reason: 'fail', isNotified: true },
    { from: 'up', kind: 'fail', to: 'down', reason: 'fail', isNotified: true },
    { from: 'down', kind: 'fail', to: 'down', reason: null, isNotified: false },
    { from: 'paused', kind: 'fail', to: 'down', reason: 'fail', isNotified: true },
  ] as const)('$kind on a monitor that is $from: it is $to', ({ from, kind, to, reason, isNotified }) => {
    const { monitor, transition } = applyPing(backup(from), ping(kind), NOW)
    expect(monitor).toMatchObject({ status: to, lastPingAt: NOW, lastDurationMs: null, openRuns: [] })
    expect(monitor.pingCount).toBe(backup(from).pingCount + 1)
    expect(monitor.dueAt).toBe(to === 'up' ? NOW + PERIOD : null)
    expect(monitor.deadlineAt).toBe(to === 'up' ? NOW + PERIOD + GRACE : null)
    expect(transition).toEqual(reason === null ? null : { from, to, at: NOW, reason })
    expect(transition !== null && shouldNotify(transition)).toBe(isNotified)
  })

  test('a second success at the same time causes no second transition', () => {
    const first = applyPing(backup('down'), ping('success'), NOW)
    const second = applyPing(first.monitor, ping('success'), NOW)
    expect(second.transition).toBeNull()
    expect(second.monitor).toEqual({ ...first.monitor, pingCount: 9, recentRuns: 'ss' })
  })

  test('applyPing, applyDeadline, pause and resume do not change their input', () => {
    const monitor = backup('up', running(NOW - MINUTE))
    const before = structuredClone(monitor)
    for (const kind of ['success', 'fail', 'start', 'log', 'ignored'] as const) applyPing(monitor, ping(kind), NOW)
    applyDeadline(monitor, NOW + DAY)
    pause(monitor, NOW)
    resume(monitor, NOW, 'unarmed')
    expect(monitor).toEqual(before)
  })
})

describe('applyPing: log and ignored pings are only counted', () => {
  const cases = STORED_STATUSES.flatMap((status) =>
    (['log', 'ignored'] as const).flatMap((kind) => [
      { status, kind, openRun: null },
      { status, kind, openRun: running(NOW - MINUTE, RUN) },
    ]),
  )
  test.each(cases)('$kind on $status', ({ status, kind, openRun }) => {
    const monitor = backup(status, openRun)
    const step = applyPing(monitor, ping(kind, RUN), NOW)
    expect(step).toEqual({ monitor: { ...monitor, pingCount: monitor.pingCount + 1 }, transition: null })
  })
})

describe('applyPing: a start opens a run and keeps the status', () => {
  test.each([
    { status: 'new', dueAt: null, deadlineAt: NOW + GRACE },
    { status: 'up', dueAt: LAST + PERIOD, deadlineAt: NOW + GRACE },
    { status: 'down', dueAt: null, deadlineAt: null },
    { status: 'paused', dueAt: null, deadlineAt: NOW + GRACE },
  ] as const)('on $status', ({ status, dueAt, deadlineAt }) => {
    const before = backup(status)
    const { monitor, transition } = applyPing(before, ping('start', RUN), NOW)
    const openRuns = [running(NOW, RUN)]
    expect(transition).toBeNull()
    expect(monitor).toEqual({ ...before, pingCount: before.pingCount + 1, openRuns, dueAt, deadlineAt })
  })

  test.each([RUN, null])('a second start of the same run (%p) restarts its timer', (runId) => {
    const first = applyPing(backup('up'), ping('start', runId), NOW).monitor
    const second = applyPing(first, ping('start', runId), NOW + 4 * MINUTE).monitor
    expect(second.openRuns).toEqual([running(NOW + 4 * MINUTE, runId)])
    expect(second.deadlineAt).toBe(NOW + 4 * MINUTE + GRACE)
    expect(applyDeadline(second, NOW + GRACE).transition).toBeNull()
  })

  test('a run that starts late does not postpone the deadline of the schedule', () => {
    const late = applyPing(backup('up'), ping('start'), LAST + PERIOD + MINUTE).monitor
    expect(late.deadlineAt).toBe(LAST + PERIOD + GRACE)
  })
})

describe('applyPing: the end of a run is matched to its start by the run id', () => {
  const took = 3 * MINUTE
  test.each([
    { ends: 'the same', started: RUN, ended: RUN, kind: 'success', isOpen: false, durationMs: took },
    { ends: 'none', started: null, ended: null, kind: 'success', isOpen: false, durationMs: took },
    { ends: 'only at the start', started: RUN, ended: null, kind: 'success', isOpen: false, durationMs: null },
    { ends: 'different', started: RUN, ended: OTHER_RUN, kind: 'success', isOpen: true, durationMs: null },
    { ends: 'only at the end', started: null, ended: RUN, kind: 'success', isOpen: true, durationMs: null },
    { ends: 'the same', started: RUN, ended: RUN, kind: 'fail', isOpen: false, durationMs: took },
    { ends: 'none', started: null, ended: null, kind: 'fail', isOpen: false, durationMs: took },
    { ends: 'only at the start', started: RUN, ended: null, kind: 'fail', isOpen: false, durationMs: null },
    { ends: 'different', started: RUN, ended: OTHER_RUN, kind: 'fail', isOpen: false, durationMs: null },
    { ends: 'only at the end', started: null, ended: RUN, kind: 'fail', isOpen: false, durationMs: null },
  ] as const)('$kind, run ids: $ends', ({ started, ended, kind, isOpen, durationMs }) => {
    const open = running(NOW - took, started)
    const { monitor } = applyPing(backup('up', open), ping(kind, ended), NOW)
    expect(monitor.status).toBe(kind === 'success' ? 'up' : 'down')
    expect(monitor.openRuns).toEqual(isOpen ? [open] : [])
    expect(monitor.lastDurationMs).toBe(durationMs)
    if (kind === 'success') expect(monitor.deadlineAt).toBe(isOpen ? open.startedAt + GRACE : NOW + PERIOD + GRACE)
  })

  test('an overrun takes the monitor down, even if another run succeeds before the check', () => {
    const late = running(NOW - GRACE - 1, RUN)
    const { monitor } = applyPing(backup('up', late), ping('success', OTHER_RUN), NOW)
    expect(monitor.openRuns).toEqual([late])
    const { transition } = applyDeadline(monitor, NOW)
    expect(transition).toEqual({ from: 'up', to: 'down', at: NOW, reason: 'overrun' })
  })

  test('a run that ends before its start, because the clock was set back, has a duration of 0', () => {
    const { monitor } = applyPing(backup('up', running(NOW + HOUR)), ping('success'), NOW)
    expect(monitor).toMatchObject({ openRuns: [], lastDurationMs: 0 })
  })

  test('an end without a start clears the last duration', () => {
    expect(applyPing(backup('up'), ping('success', RUN), NOW).monitor.lastDurationMs).toBeNull()
  })

  test('an open run still overruns after another run succeeds', () => {
    const open = running(NOW - 3 * MINUTE, RUN)
    const { monitor } = applyPing(backup('up', open), ping('success', OTHER_RUN), NOW)
    const at = open.startedAt + GRACE
    expect(applyDeadline(monitor, at - 1).transition).toBeNull()
    expect(applyDeadline(monitor, at).transition).toEqual({ from: 'up', to: 'down', at, reason: 'overrun' })
  })

  test('the success of another run drops the run that took the monitor down', () => {
    const down = applyDeadline(backup('up', running(NOW, RUN)), NOW + GRACE).monitor
    expect(applyPing(down, ping('success', OTHER_RUN), NOW + HOUR).monitor).toMatchObject({
      status: 'up',
      openRuns: [],
    })
  })

  test('a run that got stuck while the monitor was down overruns after another run succeeds', () => {
    const down = applyPing(backup('down'), ping('start', RUN), NOW).monitor
    const { monitor } = applyPing(down, ping('success', OTHER_RUN), NOW + HOUR)
    expect(monitor).toMatchObject({ status: 'up', openRuns: [running(NOW, RUN)] })
    expect(applyDeadline(monitor, NOW + HOUR).transition).toEqual({
      from: 'up',
      to: 'down',
      at: NOW + HOUR,
      reason: 'overrun',
    })
  })
})

describe('applyDeadline', () => {
  const due = LAST + PERIOD + GRACE
  const overdue = NOW + GRACE
  const run = running(NOW, RUN)
  const cases = [
    { from: 'up', openRun: null, deadlineAt: due, reason: 'timeout' },
    { from: 'up', openRun: run, deadlineAt: overdue, reason: 'overrun' },
    { from: 'new', openRun: run, deadlineAt: overdue, reason: 'overrun' },
    { from: 'paused', openRun: run, deadlineAt: overdue, reason: 'overrun' },
    { from: 'up', openRun: running(LAST + PERIOD, RUN), deadlineAt: due, reason: 'overrun' },
    { from: 'up', openRun: running(LAST + PERIOD + 1, RUN), deadlineAt: due, reason: 'timeout' },
  ] as const
  test.each(cases)(
    'a monitor that is $from goes down at its deadline, not before: $reason',
    ({ from, openRun, deadlineAt, reason }) => {
      const monitor = backup(from, openRun)
      expect(monitor.deadlineAt).toBe(deadlineAt)
      expect(applyDeadline(monitor, deadlineAt - 1)).toEqual({ monitor, transition: null })
      const transition = { from, to: 'down', at: deadlineAt, reason } as const
      const openRuns = monitor.openRuns.map((open) => (reason === 'overrun' ? { ...open, isJudged: true } : open))
      const gone = { ...monitor, status: 'down', openRuns, ...NOT_EXPECTED, recentRuns: 'm' } as const
      const dueAt = reason === 'overrun' ? openRun.startedAt : LAST + PERIOD
      for (const lateMs of [0, 1, DAY]) {
        expect(applyDeadline(monitor, deadlineAt + lateMs)).toEqual({ monitor: gone, transition, dueAt })
      }
      expect(shouldNotify(transition)).toBe(true)
    },
  )

  test.each(['new', 'down', 'paused'] as const)(
    'a monitor that is %s, without an open run, never goes down',
    (status) => {
      const monitor = backup(status)
      expect(applyDeadline(monitor, NOW + 1000 * DAY)).toEqual({ monitor, transition: null })
    },
  )

  test('a monitor that is down does not go down again when a run overruns', () => {
    const down = applyDeadline(backup('up'), NOW + DAY).monitor
    const started = applyPing(down, ping('start', RUN), NOW + DAY).monitor
    expect(applyDeadline(started, NOW + 2 * DAY).transition).toBeNull()
  })
})

describe('applyPing: recovery', () => {
  test('the end of an overrun run takes the monitor up and records the duration', () => {
    const open = running(NOW, RUN)
    const down = applyDeadline(backup('up', open), NOW + HOUR).monitor
    const { monitor, transition } = applyPing(down, ping('success', RUN), NOW + HOUR)
    expect(transition).toEqual({ from: 'down', to: 'up', at: NOW + HOUR, reason: 'ping' })
    expect(monitor).toMatchObject({ openRuns: [], lastDurationMs: HOUR, deadlineAt: NOW + HOUR + PERIOD + GRACE })
  })

  test('an overrun run does not overrun again after another run succeeds', () => {
    const down = applyDeadline(backup('up', running(NOW, RUN)), NOW + HOUR).monitor
    const { monitor } = applyPing(down, ping('success', OTHER_RUN), NOW + HOUR)
    expect(monitor).toMatchObject({ status: 'up', openRuns: [], deadlineAt: NOW + HOUR + PERIOD + GRACE })
  })

  test('a ping after the deadline, but before the check, causes no transition', () => {
    const { transition } = applyPing(backup('up'), ping('success'), LAST + PERIOD + GRACE + 1)
    expect(transition).toBeNull()
  })
})

describe('pause and resume', () => {
  test.each(['new', 'up', 'down'] as const)(
    'pausing a monitor that is %s clears its open runs and its deadline',
    (from) => {
      const { monitor, transition } = pause(backup(from, running(NOW - MINUTE)), NOW)
      expect(transition).toEqual({ from, to: 'paused', at: NOW, reason: 'pause' })
      const stopped = { status: 'paused', openRuns: [], ...NOT_EXPECTED } as const
      expect(monitor).toEqual({ ...backup(from), ...stopped })
    },
  )

  test('pausing a paused monitor drops a run that started meanwhile, so it cannot overrun', () => {
    const monitor = backup('paused', running(NOW - MINUTE))
    expect(pause(monitor, NOW)).toEqual({
      monitor: { ...monitor, openRuns: [], deadlineAt: null },
      transition: null,
    })
  })

  test('resuming resets the failures in a row', () => {
    const failed = { ...backup('paused'), failuresInARow: 2, failuresToAlert: 3 }
    expect(applyPing(resume(failed, NOW, 'unarmed').monitor, ping('fail'), NOW)).toMatchObject({
      monitor: { status: 'up', failuresInARow: 1 },
    })
  })

  test('a resumed monitor waits for its first ping', () => {
    const { monitor, transition } = resume(backup('paused', running(NOW - MINUTE)), NOW, 'unarmed')
    expect(transition).toEqual({ from: 'paused', to: 'new', at: NOW, reason: 'resume' })
    expect(monitor).toMatchObject({ status: 'new', openRuns: [], lastPingAt: null, dueAt: null, deadlineAt: null })
    expect(monitor.pingCount).toBe(7)
  })

  test.each([
    { schedule: everyPeriod(PERIOD), dueAt: NOW + PERIOD },
    // NOW is 09:00.
    { schedule: { ...everyPeriod(PERIOD), kind: 'cron', expression: '30 9 * * *' }, dueAt: NOW + 30 * MINUTE },
  ] as const)('an armed monitor goes down if no ping arrives by its $schedule.kind schedule', ({ schedule, dueAt }) => {
    const { monitor } = resume({ ...backup('paused'), schedule, earlyMs: HOUR }, NOW, 'armed')
    expect(monitor).toMatchObject({ status: 'new', dueAt: null, deadlineAt: dueAt + GRACE })
    expect(applyDeadline(monitor, dueAt + GRACE - 1).transition).toBeNull()
    const down = { from: 'new', to: 'down', at: dueAt + GRACE, reason: 'no-ping' } as const
    const step = applyDeadline(monitor, dueAt + GRACE)
    expect(step).toMatchObject({ transition: down, dueAt, monitor: { armedAt: null, deadlineAt: null } })
    expect(shouldNotify(down)).toBe(true)
  })

  test('an armed monitor is disarmed by a success, a failure or a pause', () => {
    const { monitor } = resume(backup('paused'), NOW, 'armed')
    const at = NOW + MINUTE
    const unarmed = { armedAt: null }
    expect(applyPing(monitor, ping('success'), at).monitor).toMatchObject({ ...unarmed, dueAt: at + PERIOD })
    expect(applyPing(monitor, ping('fail'), at).monitor).toMatchObject({ ...unarmed, status: 'down' })
    expect(pause(monitor, at).monitor).toMatchObject({ ...unarmed, ...NOT_EXPECTED })
    expect(applyPing(monitor, ping('log'), at).monitor).toEqual({ ...monitor, pingCount: 8 })
  })

  test('an armed monitor waits for a run that started until its maximum duration', () => {
    const { monitor } = resume({ ...backup('paused'), maxRunMs: 3 * HOUR }, NOW, 'armed')
    const started = applyPing(monitor, ping('start'), NOW + 30 * MINUTE).monitor
    expect(started.deadlineAt).toBe(NOW + 30 * MINUTE + 3 * HOUR)
    expect(applyDeadline(started, NOW + DAY).transition).toMatchObject({ reason: 'overrun' })
  })

  test('the deadline of an armed monitor follows schedule, grace, gaps and clock changes', () => {
    const { monitor } = resume(backup('paused'), NOW, 'armed')
    expect(withRules(monitor, { schedule: everyPeriod(DAY) }).deadlineAt).toBe(NOW + DAY + GRACE)
    expect(withRules(monitor, { graceMs: HOUR }).deadlineAt).toBe(NOW + PERIOD + HOUR)
    const now = NOW + PERIOD
    expect(extendDeadline(monitor, { from: now - MINUTE, to: now }).deadlineAt).toBe(NOW + PERIOD + 2 * GRACE)
    const step = { since: NOW, byMs: DAY, newFrom: NOW + DAY + HOUR }
    expect(redated(monitor, step, NOW + DAY + HOUR).deadlineAt).toBe(NOW + DAY + PERIOD + GRACE)
    expect(notAfter(monitor, NOW - DAY).deadlineAt).toBe(NOW - DAY + PERIOD + GRACE)
    expect(recounted(monitor)).toEqual(monitor)
  })

  test.each(['new', 'up', 'down'] as const)('resuming a monitor that is %s changes nothing', (status) => {
    const monitor = backup(status, running(NOW - MINUTE))
    expect(resume(monitor, NOW, 'unarmed')).toEqual({ monitor, transition: null })
  })
})

describe('rescheduled: a changed schedule or grace moves the deadline', () => {
  const change = { schedule: everyPeriod(DAY), graceMs: 2 * HOUR }
  const dueAt = LAST + DAY
  test.each([
    { status: 'new', openRun: null, dueAt: null, deadlineAt: null },
    { status: 'up', openRun: null, dueAt, deadlineAt: dueAt + 2 * HOUR },
    { status: 'down', openRun: null, dueAt: null, deadlineAt: null },
    { status: 'paused', openRun: null, dueAt: null, deadlineAt: null },
    { status: 'new', openRun: running(NOW), dueAt: null, deadlineAt: NOW + 2 * HOUR },
    { status: 'up', openRun: running(NOW), dueAt, deadlineAt: NOW + 2 * HOUR },
    { status: 'down', openRun: running(NOW), dueAt: null, deadlineAt: null },
    { status: 'paused', openRun: running(NOW), dueAt: null, deadlineAt: NOW + 2 * HOUR },
  ] as const)('case %#: $status', ({ status, openRun, dueAt, deadlineAt }) => {
    const monitor = { ...backup(status, openRun), ...change }
    expect(rescheduled(monitor)).toEqual({ ...monitor, dueAt, slotAt: dueAt, deadlineAt })
  })

  test('a deadline that the change moves into the past takes the monitor down at that time', () => {
    const monitor = rescheduled({ ...backup('up'), schedule: everyPeriod(MINUTE) })
    const at = LAST + MINUTE + GRACE
    expect(applyDeadline(monitor, NOW).transition).toEqual({ from: 'up', to: 'down', at, reason: 'timeout' })
  })
})

describe('shouldNotify: when a monitor goes down or recovers from down', () => {
  const notified = ['new>down', 'up>down', 'paused>down', 'down>up']
  const pairs = STORED_STATUSES.flatMap((from) =>
    STORED_STATUSES.filter((to) => to !== from).map((to) => ({ from, to })),
  )
  test.each(pairs)('$from to $to', ({ from, to }) => {
    const isNotified = shouldNotify({ from, to, at: NOW, reason: 'ping' })
    expect(isNotified).toBe(notified.includes(`${from}>${to}`))
  })
})

describe('recentRuns', () => {
  const runsAfter = (
    runs: string,
    event: (monitor: ReturnType<typeof backup>) => { monitor: { recentRuns: string } },
  ) => event({ ...backup('up'), recentRuns: runs }).monitor.recentRuns

  test('gets an entry for a success or failure, but not for start, log and ignored pings', () => {
    expect(runsAfter('s', (monitor) => applyPing(monitor, ping('success'), NOW))).toBe('ss')
    expect(runsAfter('s', (monitor) => applyPing(monitor, ping('fail'), NOW))).toBe('sf')
    for (const kind of ['start', 'log', 'ignored'] as const) {
      expect(runsAfter('s', (monitor) => applyPing(monitor, ping(kind), NOW))).toBe('s')
    }
  })

  test('gets an m for a missed ping', () => {
    expect(runsAfter('ss', (monitor) => applyDeadline(monitor, NOW + 10 * DAY))).toBe('ssm')
  })

  test('keeps the last 30 runs', () => {
    const full = `f${'s'.repeat(29)}`
    expect(runsAfter(full, (monitor) => applyPing(monitor, ping('fail'), NOW))).toBe(`${'s'.repeat(29)}f`)
  })
})
