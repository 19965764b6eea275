import { describe, expect, test } from 'bun:test'
import {
  DAILY,
  defaultGraceMs,
  earlyTolerance,
  everyPeriod,
  nextDueAt,
  nextSlots,
  PERIOD_MAX_MS,
  type Schedule,
} from '#domain/schedule.ts'
import { DAY, HOUR, MINUTE, SECOND, WEEK } from '#lib/duration.ts'
import { scheduleInWords } from '#words/schedule.ts'

const NOW = Date.UTC(2026, 10, 23, 9, 0, 0)

describe('defaultGraceMs: periods', () => {
  test.each([
    { periodMs: SECOND, graceMs: MINUTE },
    { periodMs: MINUTE, graceMs: MINUTE },
    { periodMs: 2 * MINUTE, graceMs: MINUTE },
    { periodMs: 2 * MINUTE + SECOND, graceMs: MINUTE + 500 },
    { periodMs: 3 * MINUTE + 1, graceMs: 90 * SECOND },
    { periodMs: HOUR, graceMs: 30 * MINUTE },
    { periodMs: 2 * HOUR + 2, graceMs: HOUR },
    { periodMs: DAY, graceMs: HOUR },
    { periodMs: PERIOD_MAX_MS, graceMs: HOUR },
  ])('for $periodMs ms is $graceMs ms', ({ periodMs, graceMs }) => {
    expect(defaultGraceMs(everyPeriod(periodMs), NOW)).toBe(graceMs)
  })
})

describe('nextDueAt: periods', () => {
  test.each([SECOND, MINUTE, DAY, PERIOD_MAX_MS])('the next ping is due %d ms after the last one', (periodMs) => {
    expect(nextDueAt(everyPeriod(periodMs), { pingAt: NOW, earlyMs: null })).toBe(NOW + periodMs)
  })
})

const cron = (expression: string, timeZone = 'UTC'): Schedule => ({ ...DAILY, kind: 'cron', expression, timeZone })
const onCalendar = (expression: string): Schedule => ({ ...DAILY, kind: 'on-calendar', expression })
const at = (time: string): number => Date.parse(`2026-11-${time}Z`)

describe('nextDueAt: a ping shortly before its slot', () => {
  test.each([
    { schedule: cron('0 3 * * *'), ping: '23T02:44:59', due: '23T03:00:00', why: 'more than 15 minutes early' },
    { schedule: cron('0 3 * * *'), ping: '23T02:45:00', due: '24T03:00:00', why: '15 minutes early' },
    { schedule: cron('0 3 * * *'), ping: '23T02:59:58', due: '24T03:00:00', why: 'two seconds early' },
    { schedule: cron('0 3 * * *'), ping: '23T03:00:00', due: '24T03:00:00', why: 'on time' },
    { schedule: cron('0 3 * * *'), ping: '23T03:00:01', due: '24T03:00:00', why: 'late' },
    { schedule: cron('0 * * * *'), ping: '23T02:53:59', due: '23T03:00:00', why: 'more than a tenth of an hour early' },
    { schedule: cron('0 * * * *'), ping: '23T02:54:00', due: '23T04:00:00', why: 'a tenth of an hour early' },
    {
      schedule: cron('*/5 * * * *'),
      ping: '23T02:54:31',
      due: '23T03:00:00',
      why: 'less than a tenth of five minutes early',
    },
    {
      schedule: cron('*/5 * * * *'),
      ping: '23T02:54:29',
      due: '23T02:55:00',
      why: 'more than a tenth of five minutes early',
    },
    { schedule: cron('0,5 3 * * *'), ping: '23T03:00:30', due: '23T03:05:00', why: 'the slot before is near' },
    { schedule: cron('0,5 3 * * *'), ping: '23T02:58:00', due: '23T03:00:00', why: 'the slot after is near' },
    { schedule: onCalendar('*:0'), ping: '23T02:59:00', due: '23T04:00:00', why: 'OnCalendar' },
  ])('$schedule.expression at $ping: $why', ({ schedule, ping, due }) => {
    expect(nextDueAt(schedule, { pingAt: at(ping), earlyMs: null })).toBe(at(due))
  })

  test('does not count for the slot without tolerance, as in Healthchecks', () => {
    expect(nextDueAt(cron('0 3 * * *'), { pingAt: at('23T02:59:59'), earlyMs: 0 })).toBe(at('23T03:00:00'))
  })

  test('counts for the slot within the tolerance of the monitor', () => {
    const tolerant = (ping: string) => nextDueAt(cron('0 3 * * *'), { pingAt: at(ping), earlyMs: HOUR })
    expect(tolerant('23T02:00:00')).toBe(at('24T03:00:00'))
    expect(tolerant('23T01:59:59')).toBe(at('23T03:00:00'))
  })

  test('counts for the nearest slot, whatever the tolerance', () => {
    const hourly = (ping: string) => nextDueAt(cron('0 * * * *'), { pingAt: at(ping), earlyMs: DAY })
    expect(hourly('23T02:30:00')).toBe(at('23T04:00:00'))
    expect(hourly('23T02:29:59')).toBe(at('23T03:00:00'))
  })

  test('is never early for a period', () => {
    expect(nextDueAt(everyPeriod(HOUR), { pingAt: NOW, earlyMs: DAY })).toBe(NOW + HOUR)
  })

  test.each([
    { schedule: cron('0 3 * * *'), earlyMs: null, shown: 15 * MINUTE },
    { schedule: cron('*/10 * * * *'), earlyMs: null, shown: MINUTE },
    { schedule: cron('0 3 * * *'), earlyMs: HOUR, shown: HOUR },
    { schedule: cron('0 * * * *'), earlyMs: DAY, shown: 30 * MINUTE },
    { schedule: cron('0 3 * * *'), earlyMs: 0, shown: 0 },
    { schedule: everyPeriod(HOUR), earlyMs: null, shown: 0 },
  ])('earlyTolerance of $schedule.expression with $earlyMs: $shown ms', ({ schedule, earlyMs, shown }) => {
    expect(earlyTolerance(schedule, { earlyMs, after: NOW })).toBe(shown)
  })
})

describe('nextSlots', () => {
  test('uses the time zone of the schedule', () => {
    expect(nextSlots(cron('0 3 * * *', 'Europe/Riga'), { after: NOW, count: 1 })).toEqual([at('24T01:00:00')])
  })

  test('ends with the schedule, and nextDueAt is null after that', () => {
    const once = onCalendar('2026-11-24 03:00')
    expect(nextSlots(once, { after: NOW, count: 5 })).toEqual([at('24T03:00:00')])
    expect(nextDueAt(once, { pingAt: at('24T03:00:00'), earlyMs: null })).toBeNull()
    expect(nextDueAt(once, { pingAt: at('24T02:59:59'), earlyMs: null })).toBeNull()
  })
})

describe('defaultGraceMs: cron and OnCalendar', () => {
  test.each([
    { schedule: cron('* * * * *'), graceMs: MINUTE },
    { schedule: cron('*/30 * * * *'), graceMs: 15 * MINUTE },
    { schedule: cron('0 3 * * *'), graceMs: HOUR },
    { schedule: cron('0 3 * * 1'), graceMs: HOUR },
    { schedule: onCalendar('2026-11-24 03:00'), graceMs: HOUR },
  ])('for $schedule.expression is $graceMs ms', ({ schedule, graceMs }) => {
    expect(defaultGraceMs(schedule, NOW)).toBe(graceMs)
  })
})

describe('scheduleInWords: cron and OnCalendar', () => {
  test.each([
    { schedule: cron('0 3 * * *', 'Europe/Berlin'), words: 'every day at 03:00 (Europe/Berlin)' },
    { schedule: onCalendar('Mon 03:00'), words: 'OnCalendar: Mon 03:00 (UTC)' },
  ])('$words', ({ schedule, words }) => {
    expect(scheduleInWords(schedule)).toBe(words)
  })
})

describe('scheduleInWords: periods', () => {
  test.each([
    { periodMs: SECOND, words: 'every second' },
    { periodMs: 90 * MINUTE, words: 'every 1 hour 30 minutes' },
    { periodMs: DAY, words: 'every day' },
    { periodMs: 2 * WEEK, words: 'every 2 weeks' },
  ])('$words', ({ periodMs, words }) => {
    expect(scheduleInWords(everyPeriod(periodMs))).toBe(words)
  })
})
