import { describe, expect, test } from 'bun:test'
import { extendDeadline, notAfter, redated } from '#domain/clock-rule.ts'
import { applyDeadline, applyPing, rescheduled } from '#domain/lifecycle.ts'
import type { Schedule } from '#domain/schedule.ts'
import { DAY, HOUR, MINUTE, SECOND } from '#lib/duration.ts'
import { backup, GRACE, LAST, NOW, PERIOD, ping, RUN, running } from '../support/hourly-backup.ts'

const at = (time: string) => Date.parse(`2026-03-01T${time}:00Z`)
const pingedAtTen = rescheduled({ ...backup('up', null, { graceMs: 10 * MINUTE }), lastPingAt: at('10:00') })

test('redated: last ping 10:00, clock set from 10:30 to 14:30: the deadline 11:10 becomes 15:10', () => {
  const step = { since: at('00:00'), byMs: 4 * HOUR, newFrom: at('14:30') }
  const moved = { lastPingAt: at('14:00'), deadlineAt: at('15:10') }
  expect(redated(pingedAtTen, step, at('14:30'))).toMatchObject(moved)
})

describe('extendDeadline', () => {
  test.each([
    ['10:55', '11:20', '11:30'],
    ['10:55', '11:05', '11:20'],
    ['11:02', '11:04', '11:12'],
    ['10:30', '10:40', '11:10'],
  ])('period 1 h, grace 10 min, last ping 10:00, offline %s to %s: the deadline becomes %s', (from, to, deadline) => {
    expect(extendDeadline(pingedAtTen, { from: at(from), to: at(to) }).deadlineAt).toBe(at(deadline))
  })

  const late = backup('up')
  const end = LAST + PERIOD + HOUR
  const gapUntil = (to: number) => ({ from: to - MINUTE, to })

  test('after a missed deadline, the monitor goes down one grace period after the gap', () => {
    const extended = extendDeadline(late, gapUntil(end))
    expect(extended).toMatchObject({ extendedUntil: end + GRACE, deadlineAt: end + GRACE })
    expect(applyDeadline(extended, end + GRACE - 1).transition).toBeNull()
    expect(applyDeadline(extended, end + GRACE).transition).toMatchObject({ at: end + GRACE, reason: 'timeout' })
  })

  test('a monitor that was already late gets the length of the gap back', () => {
    const now = LAST + PERIOD + GRACE / 2
    const { deadlineAt } = late
    expect(extendDeadline(late, { from: now - MINUTE, to: now }).deadlineAt).toBe((deadlineAt ?? 0) + MINUTE)
  })

  test('extends by the limit for runs if a run may have started in the gap, and only then', () => {
    const maxRunMs = 3 * HOUR
    expect(extendDeadline(backup('up', null, { maxRunMs }), gapUntil(LAST + PERIOD)).deadlineAt).toBe(
      LAST + PERIOD + GRACE + maxRunMs,
    )
    expect(extendDeadline(backup('up', null, { maxRunMs }), gapUntil(end)).deadlineAt).toBe(end + GRACE)
    const running_ = backup('up', running(NOW), { maxRunMs })
    expect(extendDeadline(running_, gapUntil(NOW + maxRunMs)).extendedUntil).toBe(NOW + maxRunMs + GRACE)
  })

  test('a start keeps the extension, the next success ends it', () => {
    const started = applyPing(extendDeadline(late, gapUntil(end)), ping('start'), end + 1).monitor
    expect(started.deadlineAt).toBe(end + GRACE)
    expect(applyPing(started, ping('success'), end + 2).monitor).toMatchObject({
      extendedUntil: null,
      deadlineAt: end + 2 + PERIOD + GRACE,
    })
  })

  test.each(['new', 'down', 'paused'] as const)('does not change a monitor that is %s', (status) => {
    expect(extendDeadline(backup(status), gapUntil(end))).toEqual(backup(status))
  })

  test('does not change a deadline whose ping is due after the gap', () => {
    expect(extendDeadline(late, gapUntil(LAST + PERIOD / 2))).toEqual(late)
  })

  test('extends by one grace period if the ping was due, or could come early, in the gap', () => {
    const extended = { deadlineAt: LAST + PERIOD + 2 * GRACE, wasExtended: true }
    expect(extendDeadline(late, gapUntil(LAST + PERIOD))).toMatchObject(extended)
    expect(extendDeadline(late, gapUntil(LAST + PERIOD * 0.9))).toMatchObject(extended)
    expect(extendDeadline(late, gapUntil(LAST + PERIOD + MINUTE + 2 * SECOND))).toMatchObject(extended)
    expect(extendDeadline(late, gapUntil(LAST + PERIOD + MINUTE + 2 * SECOND + 1)).wasExtended).toBe(false)
    expect(extendDeadline(late, gapUntil(LAST + PERIOD * 0.9 - 1))).toEqual(late)
  })

  test('extends once per ping', () => {
    const once = extendDeadline(late, gapUntil(LAST + PERIOD - 1))
    expect(extendDeadline(once, gapUntil(LAST + PERIOD + MINUTE)).deadlineAt).toBe((once.deadlineAt ?? 0) + MINUTE)
    const again = applyPing(once, ping('success'), LAST + PERIOD).monitor
    expect(extendDeadline(again, gapUntil(LAST + 2 * PERIOD)).deadlineAt).toBe(LAST + 2 * PERIOD + 2 * GRACE)
  })

  test.each([
    { earlyMs: null, atMs: 6 * MINUTE, isExtended: true },
    { earlyMs: null, atMs: 7 * MINUTE, isExtended: false },
    { earlyMs: 20 * MINUTE, atMs: 20 * MINUTE, isExtended: true },
    { earlyMs: 0, atMs: 1, isExtended: false },
  ])('early window of a cron schedule: $earlyMs, a gap until $atMs before', ({ earlyMs, atMs, isExtended }) => {
    const schedule: Schedule = { kind: 'cron', periodMs: HOUR, expression: '0 * * * *', timeZone: 'UTC' }
    // NOW is 09:00.
    const monitor = rescheduled({ ...backup('up', null, { schedule, earlyMs }), lastPingAt: NOW - HOUR })
    expect(extendDeadline(monitor, gapUntil(NOW - atMs)).deadlineAt).toBe(NOW + (isExtended ? 2 : 1) * GRACE)
  })
})

describe('notAfter: the clock was set back', () => {
  test('times in the future become now', () => {
    const before = backup('up', running(NOW, RUN))
    const now = LAST - DAY
    const after = notAfter(before, now)
    expect(after).toMatchObject({ lastPingAt: now, openRuns: [running(now, RUN)], dueAt: now + PERIOD })
    expect(after.deadlineAt).toBe(now + GRACE)
  })

  test('earlier times do not change', () => {
    const before = backup('up', running(NOW, RUN))
    expect(notAfter(before, NOW)).toEqual(before)
    expect(notAfter(backup('new'), NOW)).toEqual(backup('new'))
  })
})
