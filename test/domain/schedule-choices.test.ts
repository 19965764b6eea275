import { describe, expect, test } from 'bun:test'
import { readCrontabLine } from '#domain/crontab-line.ts'
import { DAILY } from '#domain/schedule.ts'
import { readSchedule, scheduleChoices } from '#domain/schedule-input.ts'
import { inputInWords, rhythmInWords } from '#words/schedule.ts'

describe('scheduleChoices: an ambiguous schedule is refused, with a phrase for each meaning', () => {
  test.each([
    ['every second monday at 9', ['on the second Monday of every month at 09:00', 'every 2 weeks']],
    ['each 2nd Tuesday', ['on the second Tuesday of every month at 00:00', 'every 2 weeks']],
    ['every fourth friday', ['on the fourth Friday of every month at 00:00', 'every 4 weeks']],
    ['every other tuesday', ['every 2 weeks', 'on the first Tuesday and third Tuesday of every month at 00:00']],
    ['every 2nd day', ['every 2 days', 'on the 2nd of every month at 00:00']],
    ['every third day', ['every 3 days', 'on the 3rd of every month at 00:00']],
    ['every second day of the month at 6', ['every 2 days', 'on the 2nd of every month at 06:00']],
    [
      'every month on the 31st',
      ['on the last day of every month at 00:00', 'on the 31st of every month that has one at 00:00'],
    ],
    ['on the 30th', ['on the last day of every month at 00:00', 'on the 30th of every month that has one at 00:00']],
    [
      'monthly on the 29th',
      ['on the last day of every month at 00:00', 'on the 29th of every month that has one at 00:00'],
    ],
    [
      'every quarter on the 31st',
      ['on the last day of every month at 00:00', 'on the 31st of every month that has one at 00:00'],
    ],
    ['29 February', ['on the last day of February at 00:00', 'every year on 29 February of leap years at 00:00']],
    [
      'fifth monday',
      ['on the last Monday of every month at 00:00', 'on the fifth Monday of every month that has one at 00:00'],
    ],
    ['21h', ['every day at 21:00', 'every 21 hours']],
    ['9 h', ['every day at 09:00', 'every 9 hours']],
    ['1h', ['every day at 01:00', 'every hour']],
    ['21h30', ['every day at 21:30', 'every 21 hours 30 minutes']],
    ['daily 21h', ['every day at 21:00', 'every 21 hours']],
    ['9h on mondays', ['every Monday at 09:00', 'every 9 hours']],
    ['9', ['every 9 seconds', 'every 9 minutes', 'every 9 hours', 'every day at 09:00']],
    ['45', ['every 45 seconds', 'every 45 minutes', 'every 1 day 21 hours']],
    ['1800', ['every 30 minutes', 'every day at 18:00']],
    ['at 12', ['every day at 12:00', 'every day at 00:00']],
    ['every night at 12:00', ['every day at 12:00', 'every day at 00:00']],
    ['every night at 11', ['every day at 23:00', 'every day at 11:00']],
    ['biweekly', ['every 2 weeks', 'every 3 days 12 hours']],
    ['1M', ['every minute', 'on the 1st of every month at 00:00']],
  ])('%p', (text, meanings) => {
    expect(scheduleChoices(text).map((choice) => rhythmInWords({ ...DAILY, ...readSchedule(choice) }))).toEqual(
      meanings,
    )
    for (const choice of scheduleChoices(text)) expect(() => readSchedule(text)).toThrow(choice)
  })

  test.each(['every second day', 'at 12pm', 'at 12:00', 'at 6, 12 and 18', '300', 'every 12h', '1h 30m', 'weekly'])(
    '%p is not ambiguous',
    (text) => {
      expect(scheduleChoices(text)).toEqual([])
      expect(inputInWords(readSchedule(text))).not.toBe('')
    },
  )
})

describe('inputInWords: assumed first day', () => {
  test.each([
    ['monthly', 'because no day or time is given'],
    ['yearly', 'because no day or time is given'],
    ['monthly at 9', 'because no day is given'],
    ['every 3 months at 9', 'because no day is given'],
    ['monthly on the first', 'because no time is given'],
  ])('%p: %s', (text, because) => {
    expect(inputInWords(readSchedule(text))).toEndWith(`, ${because}`)
  })
})

describe('readSchedule: cron expressions of other programs', () => {
  test.each([
    ['0 0 12 * * MON', 'has 6 fields: seconds are not supported. Did you mean "0 12 * * MON"?'],
    ['0 0 12 ? * MON-FRI', 'has 6 fields: seconds are not supported. Did you mean "0 12 * * MON-FRI"?'],
    ['0 0 12 * * TUE#2', 'Did you mean "0 12 * * TUE#2"?'],
    ['0 0 12 ? * FRIL', 'Did you mean "0 12 * * FRIL"?'],
    ['0 0 12 L * ?', 'Did you mean "0 12 L * *"?'],
    ['0 0/5 * * * ?', 'Did you mean "0/5 * * * *"?'],
    ['0 0 12 * * 1-5', 'Did you mean "0 12 * * 1-5"?'],
    ['0 12 ? * MON-FRI *', 'has 6 fields: years are not supported. Did you mean "0 12 * * MON-FRI"?'],
    ['0 0 12 ? * MON *', 'has 7 fields: seconds and years are not supported. Did you mean "0 12 * * MON"?'],
  ])('%p: the error suggests the same schedule in five fields', (expression, sentence) => {
    expect(() => readSchedule(expression)).toThrow(sentence)
    expect(scheduleChoices(expression)).toHaveLength(1)
  })

  test.each([
    ['*/10 * * * * SUN', 'has 6 fields: seconds are not supported.'],
    ['* * * * * *', 'has 6 fields: seconds are not supported.'],
    ['30 0 12 * * MON', 'has 6 fields: seconds are not supported.'],
    ['0 0 12 13 * FRI', 'has 6 fields: seconds are not supported.'],
    ['0 0 12 1W * ?', 'has 6 fields: seconds are not supported.'],
    ['0 0 12 ? * 2-6', 'programs number the days differently'],
    ['0 0 12 ? * 6L', 'programs number the days differently'],
    ['0 12 * * ? 2026', 'has 6 fields: years are not supported.'],
    ['0 0 12 ? * MON-FRI 2026-2028', 'has 7 fields: seconds and years are not supported.'],
  ])('%p: no suggestion, because five fields have no equivalent', (expression, sentence) => {
    expect(() => readSchedule(expression)).toThrow(sentence)
    expect(scheduleChoices(expression)).toEqual([])
  })

  test.each([
    ['"0 3 * * *"', 'Remove the quotation marks: 0 3 * * *'],
    ["'daily at 3am'", 'Remove the quotation marks: daily at 3am'],
    ['“0 3 * * *”', 'Remove the quotation marks: 0 3 * * *'],
    ['0~59 * * * *', 'Invalid minute "0~59": cron picks a random time in that range'],
    ['0 ~6 * * *', 'Invalid hour "~6": cron picks'],
  ])('%p: the error says what to remove', (text, sentence) => {
    expect(() => readSchedule(text)).toThrow(sentence)
  })
})

describe('readCrontabLine: schedule, user and name of the command', () => {
  test.each([
    ['0 3 * * * /x.sh', '0 3 * * *', null, 'x.sh'],
    ['0 3 * * * root /x.sh', '0 3 * * *', 'root', 'x.sh'],
    ['@daily root /usr/local/bin/backup', '0 0 * * *', 'root', 'backup'],
    ['@weekly backup /srv/backup.sh --all', '0 0 * * 0', 'backup', 'backup.sh'],
    ['*/5 * * * * www-data php -f /var/www/nextcloud/cron.php', '*/5 * * * *', 'www-data', 'cron.php'],
    ['17 * * * * root cd / && run-parts --report /etc/cron.hourly', '17 * * * *', 'root', 'cron.hourly'],
    [
      '25 6 * * * root test -x /usr/sbin/anacron || ( cd / && run-parts /etc/cron.daily )',
      '25 6 * * *',
      'root',
      'cron.daily',
    ],
    ['0 3 * * * rsync -a /a host:/b', '0 3 * * *', null, 'rsync'],
    ['0 3 * * * php /x/report.php >/dev/null 2>&1', '0 3 * * *', null, 'report.php'],
    ['0 3 * * mon-fri MAILTO= flock -n /run/x.lock nice -n 10 /opt/sync | logger', '0 3 * * mon-fri', null, 'sync'],
    ['0 3 * * * sudo -u www-data php /x/cron.php', '0 3 * * *', null, 'cron.php'],
  ])('%p', (line, expression, user, name) => {
    expect(readCrontabLine(line)).toMatchObject({ user, name })
    expect(readSchedule(line)).toMatchObject({ kind: 'cron', expression })
  })

  test.each(['0 3 * * *', 'every day at 3', '0 0 12 * * MON', '@daily', '@reboot root /x', 'Mon..Fri 09:00'])(
    '%p is not a line of a crontab',
    (text) => {
      expect(readCrontabLine(text)).toBeNull()
    },
  )
})
