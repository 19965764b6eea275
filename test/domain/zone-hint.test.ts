import { describe, expect, test } from 'bun:test'
import { DAILY, everyPeriod, type Schedule } from '#domain/schedule.ts'
import { hintZone, zonesToTry } from '#domain/zone-hint.ts'
import { DAY, HOUR, MINUTE, SECOND } from '#lib/duration.ts'
import { timeZones } from '#lib/zone.ts'

const cron = (expression: string, timeZone = 'UTC'): Schedule => ({ ...DAILY, kind: 'cron', expression, timeZone })
/** Five days at this time of day, newest first. */
const daysAt = (time: string, first = '2026-11-20') =>
  [0, 1, 2, 3, 4].map((day) => Date.parse(`${first}T${time}Z`) - day * DAY)
const ZONES = ['America/New_York', 'UTC', 'Asia/Kathmandu', 'Europe/Riga', 'Asia/Kolkata']

describe('hintZone: pings at a constant offset from their schedule', () => {
  test.each([
    { schedule: cron('0 3 * * *'), time: '01:00:05', timeZone: 'Europe/Riga', offsetMs: -2 * HOUR },
    { schedule: cron('0 3 * * *'), time: '08:00:05', timeZone: 'America/New_York', offsetMs: 5 * HOUR },
    { schedule: cron('0 3 * * *', 'Europe/Riga'), time: '03:01:00', timeZone: 'UTC', offsetMs: 2 * HOUR },
    { schedule: cron('0 3 * * *'), time: '21:30:05', timeZone: 'Asia/Kolkata', offsetMs: -5.5 * HOUR },
    { schedule: cron('0 * * * *'), time: '21:15:05', timeZone: 'Asia/Kathmandu', offsetMs: -5.75 * HOUR },
    { schedule: cron('0 3 * * *'), time: '00:59:30', timeZone: 'Europe/Riga', offsetMs: -2 * HOUR },
  ])('$schedule.expression at $time: $timeZone', ({ schedule, time, ...hint }) => {
    expect(hintZone(schedule, { pingTimes: daysAt(time), zones: ZONES })).toEqual(hint)
  })

  test('suggest a zone whose clocks change when the pings do', () => {
    const pingTimes = ['2026-10-27T02:00:00Z', '2026-10-26T02:00:00Z', '2026-10-24T01:00:00Z'].map(Date.parse)
    const zones = ['Africa/Lagos', 'Europe/Berlin']
    expect(hintZone(cron('0 3 * * *'), { pingTimes, zones })?.timeZone).toBe('Europe/Berlin')
  })
})

test("zonesToTry: the schedule's zone first, then well-known zones", () => {
  const hint = (own: string) =>
    hintZone(cron('0 3 * * *'), { pingTimes: daysAt('01:00:05'), zones: zonesToTry(own, timeZones()) })?.timeZone
  expect(hint('UTC')).toBe('Europe/Helsinki')
  expect(hint('Africa/Cairo')).toBe('Africa/Cairo')
})

describe('hintZone: no suggestion', () => {
  test.each([
    { why: 'pings are on time', schedule: cron('0 3 * * *'), time: '03:00:05' },
    { why: 'the job takes 20 minutes', schedule: cron('0 3 * * *'), time: '03:20:00' },
    { why: 'no zone has that offset', schedule: cron('0 3 * * *'), time: '10:07:00' },
    { why: 'every minute fits every zone', schedule: cron('* * * * *'), time: '01:00:05' },
    { why: 'a period has no zone', schedule: everyPeriod(DAY), time: '01:00:05' },
  ])('when $why', ({ schedule, time }) => {
    expect(hintZone(schedule, { pingTimes: daysAt(time), zones: timeZones() })).toBeNull()
  })

  test('for only two pings, or if one ping was on time', () => {
    const pingTimes = daysAt('01:00:05')
    expect(hintZone(cron('0 3 * * *'), { pingTimes: pingTimes.slice(0, 2), zones: ZONES })).toBeNull()
    const mixed = [Date.parse('2026-11-20T03:00:00Z') + SECOND, ...pingTimes.slice(1)]
    expect(hintZone(cron('0 3 * * *'), { pingTimes: mixed, zones: ZONES })).toBeNull()
  })

  test('for pings at varying offsets', () => {
    const pingTimes = daysAt('01:00:05').map((at, day) => at + day * 5 * MINUTE)
    expect(hintZone(cron('0 3 * * *'), { pingTimes, zones: timeZones() })).toBeNull()
  })
})
