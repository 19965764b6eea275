// What channels can be notified of besides down and up: late, never pinged, first ping, too often, odd run.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { updateChannel } from '#actions/channels.ts'
import { snooze } from '#actions/snoozes.ts'
import { ALL_DAYS, CHANNEL_EVENTS, type ChannelRules } from '#domain/channel-rules.ts'
import { neverPingedAt, spanOf, usualOfOddRun } from '#domain/job-event.ts'
import type { Monitor, MonitorChange } from '#domain/monitor.ts'
import type { Project } from '#domain/project.ts'
import type { RecentPing } from '#domain/recent-runs.ts'
import { DAILY, everyPeriod } from '#domain/schedule.ts'
import { DAY, HOUR, MINUTE, SECOND, WEEK } from '#lib/duration.ts'
import { type DataFolder, dataFolder } from './support/data-folder.ts'

let data: DataFolder
let guard: DataFolder['guard']
let project: Project
let hook: string

beforeEach(() => {
  data = dataFolder({ CRONGUARD_SMTP_HOST: '127.0.0.1' })
  guard = data.guard
  project = guard.project()
  hook = guard.webhookTo(project, 'https://hooks.example.org/')
  ruled({ events: [...CHANNEL_EVENTS] })
})
afterEach(() => data.clear())

const ruled = (rules: Partial<ChannelRules>, channelId = hook) =>
  updateChannel(guard.deps, { ref: { projectId: project.id, channelId }, rules })
const job = (change: MonitorChange = {}, channels = [hook]): Monitor =>
  guard.monitor(project, { name: 'backup', schedule: everyPeriod(HOUR), graceMs: 10 * MINUTE, ...change }, channels)
const calls = (): string[] =>
  guard.outside.calls.splice(0).map(({ body }) => {
    const { status, event, monitor } = JSON.parse(body)
    return [event ?? status, monitor?.name].join(' ')
  })
const details = (): string[] => guard.outside.calls.splice(0).map(({ body }) => JSON.parse(body).details)
/** A run with a start, of this duration. */
async function run(monitor: Monitor, ms: number): Promise<void> {
  await guard.ping(monitor, '/start')
  guard.clock.advance(ms)
  await guard.ping(monitor)
  await guard.tick()
}

describe('Late', () => {
  test('is said once when the grace period begins, before the monitor goes down', async () => {
    const monitor = job()
    await guard.ping(monitor)
    await guard.tick()
    calls()
    await guard.pass(59 * MINUTE)
    expect(calls()).toEqual([])
    await guard.pass(5 * MINUTE)
    expect(details()).toEqual([
      'A ping was due on 1 Mar 2026, 13:00:00 UTC and has not arrived. ' +
        'The monitor goes down after a grace period of 10 minutes.',
    ])
    await guard.pass(10 * MINUTE)
    expect(calls()).toEqual(['down backup'])
  })

  test('is not said for a ping in time, nor after a restart for the same due time', async () => {
    const monitor = job()
    await guard.ping(monitor)
    await guard.pass(59 * MINUTE, 10 * MINUTE)
    await guard.ping(monitor)
    await guard.pass(58 * MINUTE, 10 * MINUTE)
    calls()
    await guard.pass(4 * MINUTE)
    expect(calls()).toEqual(['late backup'])
    await guard.restart()
    await guard.pass(2 * MINUTE)
    expect(calls()).toEqual([])
  })

  test('is not said of a deadline that was extended because CronGuard was offline', async () => {
    await guard.ping(job())
    await guard.tick()
    await guard.goneFor(HOUR + 5 * MINUTE)
    await guard.pass(3 * MINUTE)
    expect(calls().filter((call) => call.startsWith('late'))).toEqual([])
  })

  test('is left out in quiet hours, and while the monitor is snoozed', async () => {
    const monitor = job()
    ruled({ quietHours: { from: '12:30', to: '20:00', days: [...ALL_DAYS], tz: 'UTC' } })
    await guard.ping(monitor)
    await guard.pass(65 * MINUTE, MINUTE)
    await guard.ping(monitor)
    await guard.pass(8 * HOUR, 10 * MINUTE)
    expect(calls().filter((call) => call.startsWith('late'))).toEqual([])
    ruled({ quietHours: null })
    await guard.ping(monitor)
    await guard.tick()
    const endsAt = guard.clock.now() + DAY
    snooze(guard.deps, { projectId: project.id, scope: { is: 'project' }, endsAt, userId: null })
    calls()
    await guard.pass(65 * MINUTE)
    expect(calls()).toEqual([])
  })
})

describe('Never pinged', () => {
  test('is said once after a day, of a monitor that waits for its first ping', async () => {
    job()
    await guard.pass(23 * HOUR, HOUR)
    expect(calls()).toEqual([])
    await guard.pass(2 * HOUR, HOUR)
    expect(details()).toEqual([expect.stringContaining('No ping has arrived since the monitor was created on 1 Mar')])
    await guard.pass(3 * DAY, HOUR)
    expect(calls()).toEqual([])
  })

  test.each([
    ['a day for short periods', everyPeriod(MINUTE), DAY],
    ['three periods', everyPeriod(DAY), 3 * DAY],
    ['three times of a calendar', { ...DAILY, kind: 'cron', expression: '0 3 * * *' } as const, 2 * DAY + 15 * HOUR],
    ['31 days at most', everyPeriod(5 * WEEK), 31 * DAY],
  ])('waits %s', (_what, schedule, waitMs) => {
    const createdAt = Date.UTC(2026, 2, 1, 12)
    expect(neverPingedAt({ schedule, createdAt }) - createdAt).toBe(waitMs)
  })
})

describe('First ping', () => {
  test('is said once, of the first ping ever', async () => {
    const monitor = job()
    await guard.tick()
    await guard.ping(monitor)
    await guard.tick()
    await guard.ping(monitor)
    await guard.tick()
    expect(calls()).toEqual(['first-ping backup'])
  })

  test('is not said of monitors that pinged before someone wanted to know', async () => {
    ruled({ events: ['down'] })
    const monitor = job()
    await guard.ping(monitor)
    await guard.tick()
    ruled({ events: [...CHANNEL_EVENTS] })
    await guard.tick()
    await guard.ping(monitor)
    await guard.tick()
    expect(calls()).toEqual([])
  })
})

describe('Too often', () => {
  test('is said if more successes than set arrive within a period, once a day', async () => {
    const monitor = job({ maxPings: 2 })
    await guard.tick()
    for (let minute = 0; minute < 5; minute += 1) {
      await guard.ping(monitor)
      await guard.pass(MINUTE)
    }
    expect(details().filter((text) => text.includes('expected at most'))).toEqual([
      '3 successes in 1 hour, where 2 are expected at most. Check whether the job is scheduled twice.',
    ])
    for (let hour = 0; hour < 30; hour += 1) {
      for (let times = 0; times < 3; times += 1) await guard.ping(monitor)
      await guard.pass(HOUR, 30 * MINUTE)
    }
    expect(calls().filter((call) => call.startsWith('too-often'))).toHaveLength(1)
  })

  test('is not said without a limit', async () => {
    const monitor = job()
    await guard.tick()
    for (let times = 0; times < 20; times += 1) await guard.ping(monitor)
    await guard.tick()
    expect(calls().filter((call) => call.startsWith('too-often'))).toEqual([])
  })

  test('counts between two times of a calendar', () => {
    expect(spanOf({ ...DAILY, kind: 'cron', expression: '0 3 * * *' }, Date.UTC(2026, 2, 1))).toBe(DAY)
  })
})

describe('Odd run', () => {
  test('is said of a run that took far longer than usual, once a day', async () => {
    const monitor = job()
    for (let index = 0; index < 12; index += 1) await run(monitor, 20 * SECOND)
    calls()
    await run(monitor, 70 * SECOND)
    expect(details()).toEqual(['A run took 1 minute 10 seconds, where 20 seconds are usual.'])
    await run(monitor, 80 * SECOND)
    expect(calls()).toEqual([])
  })

  const runs = (...seconds: (number | null)[]): RecentPing[] =>
    seconds.map((value) => ({ kind: 'success', at: 0, durationMs: value === null ? null : value * SECOND }))
  const usual = Array.from({ length: 10 }, () => 60)

  test.each([
    ['that is usual', runs(70, ...usual), null],
    ['that took more than three times as long', runs(181, ...usual), 60 * SECOND],
    ['that took less than a third', runs(19, ...usual), 60 * SECOND],
    ['that differs by less than ten seconds', runs(9, ...usual.map(() => 2)), null],
    ['after fewer than ten others', runs(500, ...usual.slice(1)), null],
    ['without a duration', runs(null, ...usual), null],
  ])('is found for a run %s or not', (_what, pings, usualMs) => {
    expect(usualOfOddRun(pings)).toBe(usualMs)
  })

  test('is not said of a failure', () => {
    const [newest, ...earlier] = runs(500, ...usual)
    expect(newest && usualOfOddRun([{ ...newest, kind: 'fail' }, ...earlier])).toBeNull()
  })
})

describe('These events', () => {
  test('are off by default, and cost nothing then', async () => {
    ruled({ events: ['down', 'up', 'reminder'] })
    const monitor = job({ maxPings: 1 })
    for (let times = 0; times < 5; times += 1) await guard.ping(monitor)
    await guard.pass(65 * MINUTE)
    expect(calls()).toEqual([])
    expect(guard.db.all('SELECT * FROM job_events')).toEqual([])
  })

  test('open no incident, here or at services that keep incidents', async () => {
    const settings = { key: 'k'.repeat(32), region: 'us', severity: 'critical' }
    const pagerduty = guard.channel(project, { kind: 'pagerduty', settings })
    ruled({ events: [...CHANNEL_EVENTS] }, pagerduty)
    await guard.ping(job({}, [pagerduty]))
    await guard.pass(65 * MINUTE)
    expect(guard.outside.calls).toEqual([])
    expect(guard.db.all('SELECT * FROM incidents')).toEqual([])
  })

  test('are held by quiet hours', async () => {
    const mail = guard.mailTo(project, 'ops@example.org')
    const quietHours = { from: '12:00', to: '13:00', days: [...ALL_DAYS], tz: 'UTC' }
    ruled({ events: [...CHANNEL_EVENTS], quietHours }, mail)
    const monitor = job({}, [mail])
    await guard.tick()
    await guard.ping(monitor)
    await guard.pass(59 * MINUTE, 30 * SECOND)
    expect(guard.outside.mails).toEqual([])
    await guard.pass(2 * MINUTE)
    expect(guard.outside.mails.map(({ subject }) => subject)).toContain('First ping: backup')
  })

  test('go through channels without a delay only', async () => {
    ruled({ delayMs: HOUR })
    await guard.ping(job())
    await guard.pass(65 * MINUTE)
    expect(calls()).toEqual([])
  })
})
