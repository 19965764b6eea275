import { describe, expect, test } from 'bun:test'
import { DAILY, everyPeriod, type Schedule } from '#domain/schedule.ts'
import { DAY, HOUR, MINUTE, SECOND, WEEK } from '#lib/duration.ts'
import { snippetsFor } from '#views/snippets.ts'

describe('Snippet: crontab', () => {
  const crontabOf = (schedule: Schedule) =>
    snippetsFor({ pingUrl: 'https://a.example/ping/x', name: 'backup', schedule }).find(({ id }) => id === 'crontab')
  const timesOf = (schedule: Schedule) => crontabOf(schedule)?.code.split(' /path')[0]?.split('\n')[1]
  const cron = (expression: string): Schedule => ({ ...DAILY, kind: 'cron', expression })

  test.each(['30 18 * * 1-5', '*/10 8-17 * JUL MON,WED'])(
    'has the cron expression of its monitor: %s',
    (expression) => {
      expect(timesOf(cron(expression))).toBe(expression)
    },
  )

  test.each([
    [MINUTE, '* * * * *'],
    [5 * MINUTE, '*/5 * * * *'],
    [HOUR, '0 * * * *'],
    [6 * HOUR, '0 */6 * * *'],
    [DAY, '0 3 * * *'],
    [WEEK, '0 3 * * 0'],
  ])('runs once per period of %i ms', (periodMs, times) => {
    expect(timesOf(everyPeriod(periodMs))).toBe(times)
    expect(crontabOf(everyPeriod(periodMs))?.note).not.toContain('cannot say')
  })

  test.each([
    ...[30 * SECOND, 90 * SECOND, 7 * MINUTE, 90 * MINUTE, 5 * HOUR, 2 * DAY, 2 * WEEK].map(everyPeriod),
    { ...DAILY, kind: 'on-calendar', expression: 'Mon 03:00' } as const,
    ...['0 3 L * *', '0 3 * * 5L', '0 3 LW * *', '0 3 * * MON#2'].map(cron),
  ])('has placeholders if a crontab has no equivalent: %j', (schedule) => {
    expect(timesOf(schedule)).toBe('MINUTE HOUR DAY MONTH WEEKDAY')
    expect(crontabOf(schedule)?.note).toContain('has no equivalent of this schedule')
  })
})
