import { describe, expect, test } from 'bun:test'
import { DAILY, everyPeriod } from '#domain/schedule.ts'
import { expressionKind, readSchedule, scheduleAsInput } from '#domain/schedule-input.ts'
import { DAY, HOUR, MINUTE, SECOND, WEEK } from '#lib/duration.ts'
import { inputInWords } from '#words/schedule.ts'

function read(text: string): string | number {
  const schedule = readSchedule(text)
  return schedule.kind === 'period' ? schedule.periodMs : `${schedule.kind}: ${schedule.expression}`
}

describe('readSchedule: periods', () => {
  test.each([
    ['90m', 90 * MINUTE],
    ['1h 30m', 90 * MINUTE],
    ['1h30m', 90 * MINUTE],
    ['1 hour and 30 minutes', 90 * MINUTE],
    ['1.5 hours', 90 * MINUTE],
    ['3600', HOUR],
    ['2 days', 2 * DAY],
    ['1w', WEEK],
    ['every 5 minutes', 5 * MINUTE],
    ['Every 10 Sec', 10 * SECOND],
    ['every second', SECOND],
    ['every second day', 2 * DAY],
    ['every other week', 2 * WEEK],
    ['every two hours', 2 * HOUR],
    ['every half hour', 30 * MINUTE],
    ['every quarter of an hour', 15 * MINUTE],
    ['once an hour', HOUR],
    ['twice a day', 12 * HOUR],
    ['3 times per hour', 20 * MINUTE],
    ['three times a day', 8 * HOUR],
    ['3x a day', 8 * HOUR],
    ['2 x daily', 12 * HOUR],
    ['7 times a day', 12_343 * SECOND],
    ['every 1.1 hours', 66 * MINUTE],
    ['every night', DAY],
    ['Every morning', DAY],
    ['every third week', 3 * WEEK],
    ['every 3rd week', 3 * WEEK],
    ['24h', DAY],
    ['every 21h', 21 * HOUR],
    ['@every 21h', 21 * HOUR],
    ['1d 12h', 36 * HOUR],
    ['every two weeks', 2 * WEEK],
    ['fortnightly', 2 * WEEK],
    ['@every 5m', 5 * MINUTE],
    ['@every 1h30m', 90 * MINUTE],
    ['minutely', MINUTE],
    ['hourly', HOUR],
    ['daily', DAY],
    ['every day', DAY],
    ['  weekly  ', WEEK],
  ])('%p', (text, periodMs) => {
    expect(read(text)).toBe(periodMs)
  })
})

describe('readSchedule: days and times in words', () => {
  test.each([
    ['daily at 3am', '0 3 * * *'],
    ['at 3:30 pm every day', '30 15 * * *'],
    ['every day at midnight', '0 0 * * *'],
    ['at noon and midnight', '0 0,12 * * *'],
    ['at 12am', '0 0 * * *'],
    ['at 6, 12 and 18', '0 6,12,18 * * *'],
    ['every night at 3', '0 3 * * *'],
    ['at 7:30 every morning', '30 7 * * *'],
    ['weekdays at 18:30', '30 18 * * 1-5'],
    ['on weekends at 10', '0 10 * * 0,6'],
    ['every monday at 9', '0 9 * * 1'],
    ['at 9 on Mondays', '0 9 * * 1'],
    ['mon, tue and fri at 9.15', '15 9 * * 1,2,5'],
    ['Mon-Fri 9:00', '0 9 * * 1-5'],
    ['friday to monday at 7', '0 7 * * 0,1,5,6'],
    ['weekly on sunday', '0 0 * * 0'],
    ['first day of the month at 6', '0 6 1 * *'],
    ['monthly on the first', '0 0 1 * *'],
    ['on the 1st and 15th of every month at 6:30', '30 6 1,15 * *'],
    ['every month on day 10 at noon', '0 12 10 * *'],
    ['last day of the month at 23:59', '59 23 L * *'],
    ['last working day of the month at 5pm', '0 17 LW * *'],
    ['first monday of the month at 9', '0 9 * * 1#1'],
    ['on the last Friday of each month', '0 0 * * 5L'],
    ['once a month', '0 0 1 * *'],
    ['every 3 months at 9', '0 9 1 */3 *'],
    ['quarterly', '0 0 1 1,4,7,10 *'],
    ['yearly', '0 0 1 1 *'],
    ['every year on 25 December at 9', '0 9 25 12 *'],
    ['december 25th at 9', '0 9 25 12 *'],
    ['every day in january at 6', '0 6 * 1 *'],
    ['every hour at 15 minutes past', '15 * * * *'],
    ['hourly at :05', '5 * * * *'],
    ['at half past every hour', '30 * * * *'],
    ['every 15 minutes on weekdays', '*/15 * * * 1-5'],
    ['every 2 hours on sundays', '0 */2 * * 0'],
    ['every 60 minutes on sundays', '0 * * * 0'],
    ['daily at 21h30', '30 21 * * *'],
    ['at 6 and 12', '0 6,12 * * *'],
    ['every second monday of the month', '0 0 * * 1#2'],
    ['every third month at 9', '0 9 1 */3 *'],
    ['on the 31st of every month that has one', '0 0 31 * *'],
    ['fifth Monday of months that have one', '0 0 * * 1#5'],
    ['29 February of leap years', '0 0 29 2 *'],
    ['31 january', '0 0 31 1 *'],
  ])('%p', (text, expression) => {
    expect(read(text)).toBe(`cron: ${expression}`)
  })
})

describe('readSchedule: expressions', () => {
  test.each([
    ['0 3 * * *', 'cron: 0 3 * * *'],
    ['*/5 9-17 * * mon-fri', 'cron: */5 9-17 * * mon-fri'],
    ['@daily', 'cron: 0 0 * * *'],
    ['Mon..Fri 09:00', 'on-calendar: Mon..Fri 09:00'],
    ['*-*-1..7', 'on-calendar: *-*-1..7'],
    ['*-*~1 12:00', 'on-calendar: *-*~1 12:00'],
    ['*:0/15', 'on-calendar: *:0/15'],
    ['12:34:56', 'on-calendar: 12:34:56'],
    ['semiannually', 'on-calendar: semiannually'],
    ['daily UTC', 'on-calendar: daily UTC'],
    ['Mon 09:00 Europe/Riga', 'on-calendar: Mon 09:00 Europe/Riga'],
    ['06:00\n18:30', 'on-calendar: 06:00\n18:30'],
    ['OnCalendar=daily', 'on-calendar: daily'],
    ['OnCalendar = 06:00\nOnCalendar = 18:30', 'on-calendar: 06:00\n18:30'],
  ])('%p', (text, schedule) => {
    expect(read(text)).toBe(schedule)
  })

  test('scheduleAsInput of an OnCalendar schedule is read back unchanged', () => {
    for (const expression of [
      'daily',
      'Mon 09:00',
      '09:00',
      'hourly',
      '*-*-1',
      'Mon..Fri 09:00',
      '06:00\n18:30',
      '1-5',
    ]) {
      expect(read(scheduleAsInput({ ...DAILY, kind: 'on-calendar', expression }))).toBe(`on-calendar: ${expression}`)
    }
  })

  test.each(['0 3 * * *', '* * * * *', '0 0 L * *', '0 0 * * MON#2', '5/15 * * * *'])(
    'scheduleAsInput of cron is read back unchanged: %s',
    (expression) => {
      expect(read(scheduleAsInput({ ...DAILY, kind: 'cron', expression }))).toBe(`cron: ${expression}`)
    },
  )

  test('scheduleAsInput of a period is read back unchanged', () => {
    const seconds = [1, 59, 60, 61, 3599, 3600, 5400, 86_399, 86_400, 93_784, 604_800, 694_861, 31_536_000]
    for (const count of seconds) expect(read(scheduleAsInput(everyPeriod(count * SECOND)))).toBe(count * SECOND)
  })

  test('expressionKind: five words on one line are cron, anything else is OnCalendar', () => {
    expect(['1 2 3 4 5', ' a  b c d e ', 'daily', '1 2 3 4\n5', ''].map(expressionKind)).toEqual([
      'cron',
      'cron',
      'on-calendar',
      'on-calendar',
      'on-calendar',
    ])
  })
})

describe('inputInWords', () => {
  const back = [
    ['0 3 * * *', 'every day at 03:00'],
    ['0 6,18 * * *', 'every day at 06:00 and 18:00'],
    ['30 18 * * 1-5', 'Monday to Friday at 18:30'],
    ['0 9 * * mon', 'every Monday at 09:00'],
    ['0 10 * * 0,6', 'every Saturday and Sunday at 10:00'],
    ['0 6 1 * *', 'on the 1st of every month at 06:00'],
    ['0 6 2,13,23,L * *', 'on the 2nd, 13th, 23rd and last day of every month at 06:00'],
    ['0 17 LW * *', 'on the last weekday of every month at 17:00'],
    ['0 9 * * 1#1', 'on the first Monday of every month at 09:00'],
    ['0 9 * 1,7 5L', 'on the last Friday of January and July at 09:00'],
    ['0 0 1 1,4,7,10 *', 'on the 1st of January, April, July and October at 00:00'],
    ['0 9 25 12 *', 'every year on 25 December at 09:00'],
    ['0 6 * 1 *', 'every day in January at 06:00'],
    ['0 * * * *', 'every hour'],
    ['15 * * * *', 'every hour at minute 15'],
    ['0 */2 * * 0', 'every 2 hours, every Sunday'],
    ['*/15 * * * 1-5', 'every 15 minutes, Monday to Friday'],
  ] as const

  test.each(back)('%s is %p', (expression, words) => {
    expect(inputInWords(readSchedule(expression))).toBe(words)
  })

  test('readSchedule reads its words back', () => {
    for (const [, words] of back) {
      const again = readSchedule(words)
      // "every hour" is read back as a period.
      expect(inputInWords(again)).toBe(words)
    }
  })

  test.each(['0 0 13 * 5', '0 0 */2 * *', '*/7 * * * *', '0 9-17 * * *', '0,30 8,9 * * *', '0 0 * * 1/2'])(
    'is the expression itself where words would be unclear: %s',
    (expression) => {
      expect(inputInWords(readSchedule(expression))).toBe(expression)
    },
  )

  test.each([
    ['* * * * *', 'every minute'],
    ['*/5 * * * *', 'every 5 minutes'],
    ['90m', 'every 1 hour 30 minutes'],
    ['06:00\n18:30', 'OnCalendar: 06:00 and 18:30'],
  ])('%p is %p', (text, words) => {
    expect(inputInWords(readSchedule(text))).toBe(words)
  })
})

describe('inputInWords: assumed midnight', () => {
  test.each([
    ['every monday', 'every Monday at 00:00'],
    ['monthly on the first', 'on the 1st of every month at 00:00'],
    ['weekdays', 'Monday to Friday at 00:00'],
  ])('is mentioned for %p, which has only days', (text, words) => {
    expect(inputInWords(readSchedule(text))).toBe(`${words}, because no time is given`)
  })

  test.each(['every monday at midnight', 'every hour on mondays', 'hourly at :05', 'daily', '0 0 * * 1', '@daily'])(
    'is not mentioned for %p',
    (text) => {
      expect(inputInWords(readSchedule(text))).not.toContain('because')
    },
  )
})

describe('readSchedule: errors', () => {
  test.each([
    ['', 'Enter a schedule'],
    ['x'.repeat(101), 'Use at most 100 characters.'],
    ['blargh', 'Cannot read "blargh". Try'],
    ['every monday blue', 'Cannot read "blue" after "every monday".'],
    [
      'every day at 9 Europe/Riga',
      'Cannot read "Europe/Riga" after "every day at 9". Remove it, and choose the time zone in its own field.',
    ],
    ['09:00 Europe/Nowhere', '"Europe/Nowhere" is not a time zone'],
    ['at 6 30', 'Cannot read "30" after "at 6".'],
    ['at 25:00', 'Enter a time of day such as 18:30'],
    ['at 13pm', 'Enter a time of day such as 18:30'],
    ['at 6 and 18:30', 'All times must have the same minutes'],
    ['every hour at minute 75', '75 is not a minute'],
    ['weekly at 9', 'Enter a day of the week'],
    ['every january', 'Enter a day of the month'],
    ['every month on mondays', 'Choose which one in the month'],
    ['mondays and the 1st of the month', 'Enter either days of the week or days of the month'],
    ['every 5 minutes at 9', 'Enter either "every minute" or a time of day'],
    ['every 7 minutes on weekdays', 'it does not divide an hour evenly'],
    ['every 1.5 hours on weekdays', 'it does not divide a day evenly'],
    ['every 2 weeks on monday', '"Every 2 weeks" cannot be combined with days or times, but "every week" can.'],
    ['every 2 years on 1 may', '"Every 2 years" cannot be combined with days or times, but "every year" can.'],
    [
      'every 2 years',
      '"Every 2 years" is not possible. Enter every 1, 2, 3, 4 or 6 months, every quarter, every year, or',
    ],
    ['every 5 months', '"Every 5 months" is not possible. Enter'],
    ['every 1.5 months', '"Every 1.5 months" is not possible. Enter'],
    ['every 0.5 seconds', 'Enter a whole number of seconds: this is 0.5 seconds.'],
    ['@every 1.5s', 'Enter a whole number of seconds: this is 1.5 seconds.'],
    ['1.001 hours', 'Enter a whole number of seconds: this is 3603.6 seconds.'],
    ['100000 times a day', 'Enter a whole number of seconds: this is 0.864 seconds.'],
    ['every 90 seconds on monday', 'cannot be combined with days or times'],
    ['on the 31st of february', 'This never runs'],
    ['on the 45th', 'Invalid day of the month "45": enter a number from 1 to 31.'],
    ['0', 'A period must be between 1 second and 365 days.'],
    ['400 days', 'A period must be between 1 second and 365 days.'],
    ['0 times a day', 'A period must be between 1 second'],
    ['0 3 * *', 'This one has 4.'],
    ['* * * * * *', 'This one has 6'],
    ['0 3 * * *\n0 15 * * *', 'Enter a single crontab line.'],
    ['# backup\n0 3 * * *', 'Enter a single crontab line'],
    ['H 3 * * *', 'Invalid minute "H": H works only in Jenkins.'],
    ['H/15 * * * *', 'Invalid minute "H/15": H works only in Jenkins.'],
    ['0 H(0-7) * * *', 'Invalid hour "H(0-7)"'],
    ['CRON_TZ=Europe/Riga 0 3 * * *', 'Remove "CRON_TZ=Europe/Riga", and choose the time zone'],
    ['TZ=UTC\n0 3 * * *', 'Remove "TZ=UTC"'],
    ['@reboot', '"@reboot" has no fixed time'],
    ['@every blue moon', '"@every" needs a duration'],
    ['@every 5m on mondays', '"@every" needs a duration'],
    ['@sometimes', '"@sometimes" is not a known nickname'],
    ['60 * * * *', 'Invalid minute "60"'],
    ['Mon..Fri 25:00', 'Invalid hour "25"'],
    ['every', 'Cannot read "every".'],
    ['<script>alert(1)</script>', 'Cannot read "<script>alert(1)</script>".'],
    ['כל יום', 'Cannot read "כל יום".'],
    ['⏰ daily', 'Cannot read "⏰ daily".'],
  ])('%p', (text, sentence) => {
    expect(() => readSchedule(text)).toThrow(sentence)
  })
})
