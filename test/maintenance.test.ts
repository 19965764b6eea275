// Maintenance windows: planned times in which monitors notify no one.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { endMaintenance, openByPing, type Planned, planMaintenance } from '#actions/maintenance.ts'
import { snooze } from '#actions/snoozes.ts'
import type { MaintenanceTimes } from '#domain/maintenance.ts'
import type { Monitor, MonitorChange } from '#domain/monitor.ts'
import type { Project } from '#domain/project.ts'
import { everyPeriod } from '#domain/schedule.ts'
import { DAY, HOUR, MINUTE } from '#lib/duration.ts'
import { type DataFolder, dataFolder } from './support/data-folder.ts'

let data: DataFolder
let guard: DataFolder['guard']
let project: Project
let hook: string

beforeEach(() => {
  data = dataFolder()
  guard = data.guard
  project = guard.project()
  hook = guard.webhookTo(project, 'https://hooks.example.org/')
})
afterEach(() => data.clear())

/** Hourly, with a grace period of ten minutes. It is 12:00. */
const job = (change: MonitorChange = {}): Monitor =>
  guard.monitor(project, { name: 'backup', schedule: everyPeriod(HOUR), graceMs: 10 * MINUTE, ...change }, [hook])
const told = (): string[] =>
  guard.outside.calls.splice(0).map(({ body }) => {
    const { status, details } = JSON.parse(body ?? '')
    return `${status}: ${details}`
  })
const statuses = (): string[] => told().map((text) => text.replace(/:.*/s, ''))
const in_ = (fromMs: number, toMs: number): MaintenanceTimes => {
  const now = guard.clock.now()
  return { is: 'once', startsAt: now + fromMs, endsAt: now + toMs }
}
const plan = (times: MaintenanceTimes, scope: Planned['scope'] = { is: 'project' }) =>
  planMaintenance(guard.deps, { projectId: project.id, scope, name: '', times, userId: null })
const sundayAt3: MaintenanceTimes = {
  is: 'recurring',
  startsAt: 0,
  schedule: { kind: 'cron', periodMs: 0, expression: '0 3 * * 0', timeZone: 'Europe/Berlin' },
  durationMs: 2 * HOUR,
}

describe('Maintenance', () => {
  test('puts a deadline off to its end plus the grace period', async () => {
    const monitor = job()
    await guard.ping(monitor)
    plan(in_(50 * MINUTE, 3 * HOUR))
    await guard.pass(3 * HOUR + 9 * MINUTE)
    expect([guard.now(monitor).status, told()]).toEqual(['up', []])
    await guard.pass(2 * MINUTE)
    expect(statuses()).toEqual(['down'])
  })

  test('leads to no message if the ping comes in time after it', async () => {
    const monitor = job()
    await guard.ping(monitor)
    plan(in_(50 * MINUTE, 3 * HOUR))
    await guard.pass(3 * HOUR + 5 * MINUTE)
    await guard.ping(monitor)
    await guard.pass(HOUR)
    expect([guard.statuses(monitor), told()]).toEqual([['up'], []])
  })

  test('that ended before the ping was due changes nothing', async () => {
    const monitor = job()
    await guard.ping(monitor)
    plan(in_(10 * MINUTE, 50 * MINUTE))
    await guard.pass(71 * MINUTE)
    expect(statuses()).toEqual(['down'])
  })

  test('that covers the due time alone puts the deadline off, too', async () => {
    const monitor = job({ graceMs: 30 * MINUTE })
    await guard.ping(monitor)
    plan(in_(55 * MINUTE, 65 * MINUTE))
    await guard.pass(94 * MINUTE)
    expect(told()).toEqual([])
    await guard.pass(2 * MINUTE)
    expect(statuses()).toEqual(['down'])
  })

  test('that recurs often does not put a deadline off forever', async () => {
    const monitor = job()
    await guard.ping(monitor)
    plan({
      is: 'recurring',
      startsAt: 0,
      schedule: { kind: 'cron', periodMs: 0, expression: '*/20 * * * *', timeZone: 'UTC' },
      durationMs: 15 * MINUTE,
    })
    await guard.pass(2 * HOUR)
    expect(guard.now(monitor).status).toBe('down')
    expect(statuses()).toEqual(['down'])
  })

  test('records a failure and notifies no one, but of what is still down afterwards', async () => {
    const monitor = job({ remindMs: 30 * MINUTE })
    plan(in_(0, 2 * HOUR))
    await guard.ping(monitor, '/fail')
    await guard.pass(2 * HOUR - MINUTE)
    expect([guard.now(monitor).status, told()]).toEqual(['down', []])
    await guard.pass(2 * MINUTE)
    expect(told()).toEqual([expect.stringContaining('down: The maintenance ended. Down for 2 hours.')])
  })

  test('and a snooze that meet are both waited for', async () => {
    const monitor = job()
    plan(in_(0, 2 * HOUR))
    const endsAt = guard.clock.now() + 4 * HOUR
    snooze(guard.deps, { projectId: project.id, scope: { is: 'project' }, endsAt, userId: null })
    await guard.ping(monitor, '/fail')
    await guard.pass(4 * HOUR - MINUTE)
    expect(told()).toEqual([])
    await guard.pass(2 * MINUTE)
    expect(statuses()).toEqual(['down'])
  })

  test('that is ended early counts until then', async () => {
    const monitor = job()
    const { id: windowId } = plan(in_(0, 12 * HOUR))
    await guard.ping(monitor, '/fail')
    await guard.pass(HOUR)
    endMaintenance(guard.deps, { projectId: project.id, windowId })
    await guard.tick()
    expect(told()).toEqual([expect.stringContaining('The maintenance ended.')])
  })

  test('of a tag holds for its monitors only', async () => {
    const [nas, other] = [job({ name: 'nas', tags: 'nas' }), job({ name: 'other' })]
    plan(in_(0, HOUR), { is: 'tag', tag: 'nas' })
    for (const monitor of [nas, other]) await guard.ping(monitor, '/fail')
    await guard.tick()
    expect(guard.outside.calls.map(({ body }) => JSON.parse(body ?? '').monitor_name)).toEqual(['other'])
  })

  // 1 March 2026 is a Sunday, and so is the 29th, on which summer time begins in Berlin: 03:00 is 01:00 UTC.
  test.each([
    ['in winter', 1, '02:00', '04:00'],
    ['on the day on which summer time begins', 29, '01:00', '03:00'],
  ])('every Sunday at 3 am in Berlin, %s', async (_when, date, from, to) => {
    plan(sundayAt3)
    const monitor = job({ schedule: everyPeriod(30 * DAY), graceMs: MINUTE })
    const at = (clock: string) => Date.parse(`2026-03-${String(date).padStart(2, '0')}T${clock}:00Z`)
    const until = (moment: number) => guard.clock.advance(Math.max(0, moment - guard.clock.now()))
    if (date === 1) {
      // The tests begin at 12:00 on that day.
      expect(guard.clock.now()).toBe(at('12:00'))
      guard.clock.advance(7 * DAY - 12 * HOUR)
    } else until(at('00:30'))
    const day = date === 1 ? 7 * DAY : 0
    until(at(from) + day - MINUTE)
    await guard.tick()
    await guard.ping(monitor, '/fail')
    await guard.tick()
    await guard.ping(monitor)
    await guard.tick()
    expect(statuses().filter((status) => status !== 'blind')).toEqual(['down', 'up'])
    until(at(to) + day - MINUTE)
    await guard.tick()
    await guard.ping(monitor, '/fail')
    await guard.tick()
    expect(statuses().filter((status) => status !== 'blind')).toEqual([])
    await guard.pass(2 * MINUTE)
    expect(statuses()).toEqual(['down'])
  })

  test('meets a gap: both put the deadline off, and no one is alerted', async () => {
    const monitor = job()
    await guard.ping(monitor)
    plan(in_(50 * MINUTE, 2 * HOUR))
    await guard.pass(55 * MINUTE)
    await guard.goneFor(90 * MINUTE)
    await guard.pass(5 * MINUTE)
    await guard.ping(monitor)
    await guard.pass(30 * MINUTE)
    expect([guard.statuses(monitor), statuses().filter((status) => status === 'down')]).toEqual([['up'], []])
  })

  test.each<[string, () => MaintenanceTimes, string]>([
    ['ends before it starts', () => in_(HOUR, 0), 'The end must be after the start.'],
    ['is over', () => in_(-2 * HOUR, -HOUR), 'The end is in the past.'],
    ['is very long', () => in_(0, 32 * DAY), 'Maintenance lasts 31 days at most.'],
    ['recurs for very long', () => ({ ...sundayAt3, durationMs: 8 * DAY }) as MaintenanceTimes, '7 days at most'],
    [
      'recurs by period',
      () => ({ ...sundayAt3, schedule: everyPeriod(HOUR) }) as MaintenanceTimes,
      'Use a time of day',
    ],
  ])('that %s is refused', (_what, times, message) => {
    expect(() => plan(times())).toThrow(message)
  })

  test('of another project can not be ended', () => {
    const { id: windowId } = plan(in_(0, HOUR))
    const { id: projectId } = guard.project('mallory@example.org')
    expect(() => endMaintenance(guard.deps, { projectId, windowId })).toThrow('Maintenance window not found.')
  })
})

describe('Maintenance opened with a ping URL', () => {
  const open = (monitor: Monitor, ms: number) =>
    openByPing(guard.deps, { monitorId: monitor.id, ms, address: '192.0.2.7' })

  test('is announced once with the address of the sender', async () => {
    const monitor = job()
    open(monitor, 20 * MINUTE)
    await guard.tick()
    expect(told()).toEqual([
      expect.stringMatching(/notice: .*used from 192\.0\.2\.7 to begin maintenance for 20 minutes/),
    ])
    await guard.ping(monitor, '/fail')
    await guard.pass(19 * MINUTE)
    expect(told()).toEqual([])
  })

  test('can not be extended', () => {
    const monitor = job()
    open(monitor, 20 * MINUTE)
    expect(() => open(monitor, 20 * MINUTE)).toThrow('maintenance has already begun')
  })

  test('takes at most 24 hours in any 48', () => {
    const monitor = job()
    open(monitor, 20 * HOUR)
    guard.clock.advance(21 * HOUR)
    expect(() => open(monitor, 5 * HOUR)).toThrow('only 4 hours of maintenance left')
    open(monitor, 4 * HOUR)
    guard.clock.advance(5 * HOUR)
    expect(() => open(monitor, MINUTE)).toThrow('of maintenance left')
    guard.clock.advance(DAY)
    open(monitor, HOUR)
  })
})
