// Snoozing, and reminders of incidents that go on.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { acknowledgeIncident, withdrawAcknowledgment } from '#actions/incidents.ts'
import { endSnooze, type Snoozing, snooze } from '#actions/snoozes.ts'
import type { Monitor, MonitorChange } from '#domain/monitor.ts'
import type { Project } from '#domain/project.ts'
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

const job = (change: MonitorChange = {}, channels = [hook]): Monitor =>
  guard.monitor(project, { name: 'backup', ...change }, channels)
/** The titles of the messages since the last call. */
function told(): string[] {
  const bodies = guard.outside.calls.splice(0).map(({ body }) => JSON.parse(body ?? ''))
  return bodies.map(({ status, monitor_name, details }) => `${status} ${monitor_name}: ${details}`)
}
const statuses = (): string[] => told().map((title) => title.replace(/:.*/s, ''))
const snoozed = (scope: Snoozing['scope'], ms: number | null = HOUR) =>
  snooze(guard.deps, {
    projectId: project.id,
    scope,
    endsAt: ms === null ? null : guard.clock.now() + ms,
    userId: null,
  })
const incidentOf = (monitor: Monitor): string =>
  guard.db.get<{ id: string }>('SELECT id FROM incidents WHERE monitor_id = $id ORDER BY opened_by DESC', {
    id: monitor.id,
  })?.id ?? ''

describe('Reminders', () => {
  test('come while the monitor is down, with their number and how long it has been down', async () => {
    const monitor = job({ remindMs: HOUR })
    await guard.ping(monitor, '/3')
    await guard.tick()
    expect(statuses()).toEqual(['down backup'])
    await guard.pass(59 * MINUTE)
    expect(told()).toEqual([])
    await guard.pass(2 * MINUTE)
    expect(told()).toEqual(['down backup: Reminder 1. Down for 1 hour. The job failed with exit status 3.'])
    await guard.pass(HOUR)
    expect(told()).toEqual(['down backup: Reminder 2. Down for 2 hours. The job failed with exit status 3.'])
    await guard.ping(monitor)
    await guard.pass(3 * HOUR, HOUR)
    expect(statuses()).toEqual(['up backup'])
  })

  test('are off by default', async () => {
    await guard.ping(job(), '/fail')
    await guard.pass(12 * HOUR, HOUR)
    expect(statuses()).toEqual(['down backup'])
  })

  test('stop when someone acknowledges the incident, and go on when that is withdrawn', async () => {
    const monitor = job({ remindMs: HOUR })
    await guard.ping(monitor, '/fail')
    await guard.pass(90 * MINUTE, 10 * MINUTE)
    const ref = { projectId: project.id, incidentId: incidentOf(monitor) }
    acknowledgeIncident(guard.deps, { ...ref, userId: null })
    told()
    await guard.pass(5 * HOUR, HOUR)
    expect(told()).toEqual([])
    withdrawAcknowledgment(guard.deps, ref)
    await guard.tick()
    expect(told()).toEqual([expect.stringContaining('Reminder 2. Down for 6 hours 30 minutes.')])
  })

  test('come less and less often if wanted, but at least once a day', async () => {
    await guard.ping(job({ remindMs: 6 * HOUR, remindLess: true }), '/fail')
    const hours: number[] = []
    for (let hour = 0; hour < 96; hour++) {
      if (told().some((text) => text.includes('Reminder'))) hours.push(hour)
      await guard.pass(HOUR, HOUR)
    }
    expect(hours).toEqual([6, 18, 42, 66, 90])
  })

  test('are one after CronGuard was offline for several of them', async () => {
    await guard.ping(job({ remindMs: HOUR }), '/fail')
    await guard.tick()
    told()
    await guard.goneFor(5 * HOUR)
    await guard.pass(5 * MINUTE)
    expect(told().filter((text) => text.includes('Reminder'))).toEqual([
      expect.stringContaining('Reminder 1. Down for 5 hours'),
    ])
  })

  test('open no second incident at a service that keeps incidents', async () => {
    const pagerduty = guard.channel(project, {
      kind: 'pagerduty',
      settings: { key: 'k'.repeat(32), region: 'us', severity: 'critical' },
    })
    await guard.ping(job({ remindMs: HOUR }, [pagerduty]), '/fail')
    await guard.pass(5 * HOUR, HOUR)
    expect(guard.outside.calls).toHaveLength(1)
  })
})

describe('A snooze', () => {
  test('mutes what happens, and says afterwards what is still down', async () => {
    const monitor = job()
    snoozed({ is: 'monitor', monitorId: monitor.id })
    await guard.ping(monitor, '/fail')
    await guard.pass(59 * MINUTE)
    expect(told()).toEqual([])
    await guard.pass(2 * MINUTE)
    expect(told()).toEqual([expect.stringContaining('down backup: The snooze ended. Down for 1 hour.')])
    await guard.ping(monitor)
    await guard.tick()
    expect(statuses()).toEqual(['up backup'])
  })

  test('of an incident that ended before it leads to no message at all', async () => {
    const monitor = job()
    snoozed({ is: 'monitor', monitorId: monitor.id })
    await guard.ping(monitor, '/fail')
    await guard.tick()
    await guard.ping(monitor)
    await guard.pass(2 * HOUR, HOUR)
    expect(told()).toEqual([])
  })

  test('stops reminders until it ends', async () => {
    const monitor = job({ remindMs: HOUR })
    await guard.ping(monitor, '/fail')
    await guard.tick()
    told()
    snoozed({ is: 'monitor', monitorId: monitor.id }, 4 * HOUR)
    await guard.pass(4 * HOUR - MINUTE, HOUR)
    expect(told()).toEqual([])
    await guard.pass(2 * MINUTE)
    expect(told()).toEqual([expect.stringContaining('The snooze ended.')])
    await guard.pass(HOUR)
    expect(told()).toEqual([expect.stringContaining('Reminder 1.')])
  })

  test('does not mute the recovery for those who know of the incident', async () => {
    const monitor = job()
    await guard.ping(monitor, '/fail')
    await guard.tick()
    snoozed({ is: 'monitor', monitorId: monitor.id })
    await guard.ping(monitor)
    await guard.pass(2 * HOUR, HOUR)
    expect(statuses()).toEqual(['down backup', 'up backup'])
  })

  test('until the monitor recovers ends then', async () => {
    const monitor = job({ remindMs: HOUR })
    await guard.ping(monitor, '/fail')
    await guard.tick()
    snoozed({ is: 'monitor', monitorId: monitor.id }, null)
    await guard.pass(2 * DAY, HOUR)
    await guard.ping(monitor)
    await guard.ping(monitor, '/fail')
    await guard.tick()
    expect(statuses()).toEqual(['down backup', 'up backup', 'down backup'])
  })

  test.each<[string, Snoozing['scope'], string[]]>([
    ['a tag', { is: 'tag', tag: 'nas' }, ['down other']],
    ['a project', { is: 'project' }, []],
  ])('of %s mutes its monitors and no others', async (_what, scope, expected) => {
    const stranger = guard.project('mallory@example.org')
    const theirs = guard.monitor(stranger, { name: 'theirs', tags: 'nas' }, [
      guard.webhookTo(stranger, 'https://hooks.example.org/theirs'),
    ])
    const monitors = [job({ name: 'tagged', tags: 'nas db' }), job({ name: 'other', tags: 'nas2' }), theirs]
    snoozed(scope)
    for (const monitor of monitors) await guard.ping(monitor, '/fail')
    await guard.tick()
    expect(statuses().toSorted()).toEqual([...expected, 'down theirs'])
  })

  test('that someone ends early says what is still down', async () => {
    const monitor = job()
    const { id } = snoozed({ is: 'project' })
    await guard.ping(monitor, '/fail')
    await guard.tick()
    expect(told()).toEqual([])
    endSnooze(guard.deps, { projectId: project.id, snoozeId: id })
    await guard.tick()
    expect(told()).toEqual([expect.stringContaining('The snooze ended.')])
  })

  test('survives a restart, and CronGuard being offline when it ends', async () => {
    const monitor = job()
    snoozed({ is: 'monitor', monitorId: monitor.id })
    await guard.ping(monitor, '/fail')
    await guard.tick()
    await guard.goneFor(3 * HOUR)
    await guard.pass(MINUTE)
    expect(told().filter((text) => text.startsWith('down'))).toEqual([expect.stringContaining('The snooze ended.')])
  })

  test.each([
    ['in the past', -1, 'The end is in the past.'],
    ['too far away', 32 * DAY, 'A snooze lasts 31 days at most.'],
  ])('that ends %s is refused', (_what, ms, message) => {
    expect(() => snoozed({ is: 'project' }, ms)).toThrow(message)
  })

  test('of another project can not be ended', () => {
    const { id } = snoozed({ is: 'project' })
    const { id: projectId } = guard.project('mallory@example.org')
    expect(() => endSnooze(guard.deps, { projectId, snoozeId: id })).toThrow('Snooze not found.')
  })
})
