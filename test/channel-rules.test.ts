// The rules of channels: what they notify of, quiet hours, and escalation.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { type ChannelChange, updateChannel } from '#actions/channels.ts'
import { resendDelivery } from '#actions/deliveries.ts'
import { acknowledgeIncident } from '#actions/incidents.ts'
import { updateMonitor } from '#actions/monitors.ts'
import { snooze } from '#actions/snoozes.ts'
import { readProjectWarnings } from '#actions/warnings.ts'
import { ALL_DAYS, type ChannelRules } from '#domain/channel-rules.ts'
import type { Monitor, MonitorChange } from '#domain/monitor.ts'
import type { Project } from '#domain/project.ts'
import { HOUR, MINUTE } from '#lib/duration.ts'
import { type DataFolder, dataFolder } from './support/data-folder.ts'

let data: DataFolder
let guard: DataFolder['guard']
let project: Project

// The clock of these tests shows 12:00 UTC on a Sunday.
const QUIET = { from: '12:30', to: '20:00', days: [...ALL_DAYS], tz: 'UTC' }

beforeEach(() => {
  data = dataFolder({ CRONGUARD_SMTP_HOST: '127.0.0.1' })
  guard = data.guard
  project = guard.project()
})
afterEach(() => data.clear())

const change = (channelId: string, changed: ChannelChange) =>
  updateChannel(guard.deps, { ref: { projectId: project.id, channelId }, ...changed })
const ruled = (channelId: string, rules: Partial<ChannelRules>): string => {
  change(channelId, { rules })
  return channelId
}
const mail = (rules: Partial<ChannelRules> = {}, address = 'ops@example.org') =>
  ruled(guard.mailTo(project, address), rules)
const hook = (rules: Partial<ChannelRules> = {}, name = 'hooks') =>
  ruled(guard.webhookTo(project, `https://${name}.example.org/`), rules)
const job = (channels: string[], settings: MonitorChange = {}): Monitor =>
  guard.monitor(project, { name: 'backup', ...settings }, channels)
const goDown = async (monitor: Monitor): Promise<void> => {
  await guard.ping(monitor, '/fail')
  await guard.tick()
}
const recover = async (monitor: Monitor): Promise<void> => {
  await guard.ping(monitor)
  await guard.tick()
}
/** The messages since the last call: the subjects of emails. */
const subjects = (): string[] => guard.outside.mails.splice(0).map(({ subject }) => subject)
const mails = () => guard.outside.mails.splice(0)
/** The same of webhooks: "hooks down backup". */
const calls = (): string[] =>
  guard.outside.calls.splice(0).map(({ url, body }) => {
    const { status, monitor, event } = JSON.parse(body)
    return [new URL(url).hostname.split('.')[0], status, monitor?.name, ...(event ? [event] : [])].join(' ')
  })
const incidentOf = (monitor: Monitor): string =>
  guard.db.get<{ id: string }>('SELECT id FROM incidents WHERE monitor_id = $id ORDER BY opened_by DESC', {
    id: monitor.id,
  })?.id ?? ''
const acknowledge = (monitor: Monitor) =>
  acknowledgeIncident(guard.deps, { projectId: project.id, incidentId: incidentOf(monitor), userId: null })

describe('The events of a channel', () => {
  test('are all by default', async () => {
    const monitor = job([hook()], { remindMs: HOUR })
    await goDown(monitor)
    await guard.pass(HOUR, HOUR)
    await recover(monitor)
    expect(calls()).toEqual(['hooks down backup', 'hooks down backup reminder', 'hooks up backup'])
  })

  test('leave out what it does not notify of', async () => {
    const channels = [
      hook({ events: ['down'] }, 'downs'),
      hook({ events: ['up'] }, 'ups'),
      hook({ events: ['reminder'] }),
    ]
    const monitor = job(channels, { remindMs: HOUR })
    await goDown(monitor)
    expect(calls()).toEqual(['downs down backup'])
    await guard.pass(HOUR, HOUR)
    expect(calls()).toEqual(['hooks down backup reminder'])
    await recover(monitor)
    expect(calls()).toEqual(['ups up backup'])
  })

  test('without “down” leave a monitor without a channel, which every page says', () => {
    const channel = hook()
    job([channel])
    expect(readProjectWarnings(guard.deps, project.id)).toEqual([])
    ruled(channel, { events: ['up', 'reminder'] })
    expect(readProjectWarnings(guard.deps, project.id)).toHaveLength(1)
  })

  test('of a group and of its member both count', async () => {
    const member = hook({ events: ['down'] }, 'member')
    const group = guard.channel(project, { kind: 'group', settings: { members: member } })
    const monitor = job([group])
    await goDown(monitor)
    await recover(monitor)
    expect(calls()).toEqual(['member down backup'])
    ruled(group, { events: ['up'] })
    await goDown(monitor)
    await recover(monitor)
    expect(calls()).toEqual([])
  })
})

describe('Quiet hours', () => {
  test('hold what happens, and send it when they end', async () => {
    const monitor = job([hook({ quietHours: QUIET })])
    await guard.pass(30 * MINUTE)
    await goDown(monitor)
    await guard.pass(7 * HOUR, 10 * MINUTE)
    expect(calls()).toEqual([])
    await guard.pass(31 * MINUTE)
    expect(calls()).toEqual(['hooks down backup'])
  })

  test('let through what happens before and after them', async () => {
    const monitor = job([hook({ quietHours: QUIET })])
    await goDown(monitor)
    expect(calls()).toEqual(['hooks down backup'])
    await guard.pass(8 * HOUR, HOUR)
    await recover(monitor)
    expect(calls()).toEqual(['hooks up backup'])
  })

  test('end with one message about everything, in which a whole incident is one line', async () => {
    const channel = mail({ quietHours: QUIET })
    const [backup, nas] = [job([channel]), guard.monitor(project, { name: 'nas' }, [channel])]
    await guard.pass(HOUR)
    await goDown(backup)
    await guard.pass(20 * MINUTE)
    await goDown(nas)
    await recover(backup)
    await guard.pass(8 * HOUR, 10 * MINUTE)
    const sent = mails()
    expect(sent.map(({ subject }) => subject)).toEqual(['1 monitor down, 1 recovered'])
    expect(sent[0]?.text).toContain(
      'Was down: backup (1 Mar 2026, 13:00:00 to 1 Mar 2026, 13:20:00 UTC)\nDown: nas (1 Mar 2026, 13:20:00 UTC)',
    )
    expect(sent[0]?.text).toContain('late: held for quiet hours.')
    expect(guard.deliveries(backup).map(({ state }) => state)).toEqual(['sent', 'sent'])
    await recover(nas)
    expect(subjects()).toEqual(['Up: nas'])
  })

  test('end with as many messages as are needed, and lose nothing', async () => {
    const channel = mail({ quietHours: QUIET })
    const monitors = Array.from({ length: 120 }, (_, index) =>
      guard.monitor(project, { name: `job-${index}` }, [channel]),
    )
    await guard.pass(HOUR)
    for (const monitor of monitors) await guard.ping(monitor, '/fail')
    for (const monitor of monitors.slice(0, 20)) await guard.ping(monitor)
    await guard.pass(8 * HOUR, HOUR)
    await guard.pass(MINUTE)
    const sent = mails()
    expect(sent).toHaveLength(3)
    for (const { name } of monitors) {
      expect(sent.filter(({ text }) => text.includes(`own: ${name} (`))).toHaveLength(1)
    }
    const left = guard.db.get<{ count: number }>('SELECT count(*) AS count FROM deliveries WHERE settled_at IS NULL')
    expect(left?.count).toBe(0)
  })

  test('keep the order if the message fails first', async () => {
    const channel = mail({ quietHours: QUIET })
    const monitor = job([channel])
    await guard.pass(HOUR)
    await goDown(monitor)
    await recover(monitor)
    await goDown(monitor)
    guard.outside.failWith('refused')
    await guard.pass(7 * HOUR, 10 * MINUTE)
    expect(subjects()).toEqual([])
    guard.outside.failWith(null)
    await guard.pass(10 * MINUTE, 10 * MINUTE)
    await guard.pass(2 * HOUR, 10 * MINUTE)
    expect(mails().map(({ subject, text }) => [subject, text.match(/(Was down|Down|Up): backup/g)])).toEqual([
      ['1 monitor down, 1 recovered', ['Was down: backup', 'Down: backup']],
    ])
  })

  test('send programs and services with one entry per incident each notification by itself, in order', async () => {
    const pagerduty = guard.channel(project, {
      kind: 'pagerduty',
      settings: { key: 'k'.repeat(32), region: 'us', severity: 'critical' },
    })
    const monitor = job([hook({ quietHours: QUIET }), ruled(pagerduty, { quietHours: QUIET })])
    await guard.pass(HOUR)
    await goDown(monitor)
    await recover(monitor)
    await guard.pass(8 * HOUR, 10 * MINUTE)
    const pages = guard.outside.calls.filter(({ url }) => url.includes('pagerduty'))
    expect(pages.map(({ body }) => JSON.parse(body).event_action)).toEqual(['trigger', 'resolve'])
    guard.outside.calls.splice(0, Infinity, ...guard.outside.calls.filter(({ url }) => url.includes('hooks')))
    expect(calls()).toEqual(['hooks down backup', 'hooks up backup'])
  })

  test('have no reminders, because later ones say the same', async () => {
    const monitor = job([hook({ quietHours: QUIET })], { remindMs: HOUR })
    await goDown(monitor)
    await guard.pass(10 * HOUR, 10 * MINUTE)
    expect(calls()).toEqual([
      'hooks down backup',
      'hooks down backup reminder',
      'hooks down backup reminder',
      'hooks down backup reminder',
    ])
  })

  test('let an urgent monitor through, also if it becomes urgent meanwhile', async () => {
    const channel = hook({ quietHours: QUIET })
    const [urgent, calm] = [job([channel], { isUrgent: true }), guard.monitor(project, { name: 'nas' }, [channel])]
    await guard.pass(HOUR)
    await goDown(urgent)
    await goDown(calm)
    expect(calls()).toEqual(['hooks down backup'])
    updateMonitor(guard.deps, { ref: guard.refOf(calm), change: { isUrgent: true } })
    await guard.tick()
    expect(calls()).toEqual(['hooks down nas'])
  })

  test('hold what a group gets: those of the group and of its member', async () => {
    const member = hook({}, 'member')
    const group = ruled(guard.channel(project, { kind: 'group', settings: { members: member } }), { quietHours: QUIET })
    const monitor = job([group])
    await guard.pass(HOUR)
    await goDown(monitor)
    expect(calls()).toEqual([])
    ruled(member, { quietHours: { ...QUIET, to: '21:00' } })
    await guard.pass(7 * HOUR + 30 * MINUTE, 10 * MINUTE)
    expect(calls()).toEqual([])
    await guard.pass(HOUR)
    expect(calls()).toEqual(['member down backup'])
  })

  test('that are ended or moved release what they hold at the right time', async () => {
    const [ended, moved] = [hook({ quietHours: QUIET }, 'ended'), hook({ quietHours: QUIET }, 'moved')]
    const monitor = job([ended, moved])
    await guard.pass(HOUR)
    await goDown(monitor)
    ruled(ended, { quietHours: null })
    ruled(moved, { quietHours: { ...QUIET, to: '14:00' } })
    await guard.tick()
    expect(calls()).toEqual(['ended down backup'])
    await guard.pass(HOUR)
    expect(calls()).toEqual(['moved down backup'])
  })

  test('survive a restart, and a gap through their end', async () => {
    const monitor = job([hook({ quietHours: QUIET })])
    await guard.pass(HOUR)
    await goDown(monitor)
    await guard.restart()
    await guard.tick()
    expect(calls()).toEqual([])
    await guard.goneFor(10 * HOUR)
    await guard.tick()
    expect(calls().filter((call) => call.includes('backup'))).toEqual(['hooks down backup'])
  })

  test('follow a clock that is set', async () => {
    const monitor = job([hook({ quietHours: QUIET })])
    await guard.pass(HOUR)
    await goDown(monitor)
    guard.setClock(-2 * HOUR)
    await guard.pass(20 * MINUTE)
    expect(calls()).toEqual(['hooks down backup'])
  })

  test('do not hold what someone sends again', async () => {
    const monitor = job([hook({ quietHours: QUIET })])
    await goDown(monitor)
    await guard.pass(HOUR)
    await recover(monitor)
    calls()
    const down = guard.deliveries(monitor).find(({ status }) => status === 'down')
    resendDelivery(guard.deps, { projectId: project.id, deliveryId: down?.id ?? '' })
    await guard.tick()
    await guard.tick()
    expect(calls()).toEqual(['hooks up backup', 'hooks down backup'])
  })

  test('may be longer than the time for which a delivery is tried', async () => {
    const weekend = { from: '00:00', to: '00:00', days: [7, 1], tz: 'UTC' }
    const monitor = job([hook({ quietHours: weekend })])
    await goDown(monitor)
    await guard.pass(35 * HOUR, HOUR)
    expect(calls()).toEqual([])
    guard.outside.failWith('refused')
    await guard.pass(5 * HOUR, HOUR)
    guard.outside.failWith(null)
    await guard.pass(2 * HOUR, HOUR)
    expect(calls()).toEqual(['hooks down backup'])
  })
})

describe('A channel with a delay', () => {
  test('is notified if the incident goes on that long without acknowledgment, and of its end', async () => {
    const monitor = job([hook(), hook({ delayMs: 10 * MINUTE }, 'lead'), hook({ delayMs: 30 * MINUTE }, 'boss')])
    await goDown(monitor)
    await guard.pass(9 * MINUTE)
    expect(calls()).toEqual(['hooks down backup'])
    await guard.pass(MINUTE)
    expect(calls()).toEqual(['lead down backup escalation'])
    await guard.pass(20 * MINUTE)
    expect(calls()).toEqual(['boss down backup escalation'])
    await guard.pass(3 * HOUR, 10 * MINUTE)
    await recover(monitor)
    expect(calls().sort()).toEqual(['boss up backup', 'hooks up backup', 'lead up backup'])
  })

  test('says for how long it was not acknowledged', async () => {
    const monitor = job([mail({ delayMs: 10 * MINUTE })])
    await goDown(monitor)
    await guard.pass(10 * MINUTE)
    const [sent] = mails()
    expect(sent?.subject).toBe('Still down: backup')
    expect(sent?.text).toContain('Down for 10 minutes and not acknowledged.')
  })

  test('gets nothing of an incident that ends or is acknowledged before', async () => {
    const monitor = job([hook({ delayMs: 10 * MINUTE })])
    await goDown(monitor)
    await guard.pass(9 * MINUTE)
    await recover(monitor)
    await goDown(monitor)
    await guard.pass(5 * MINUTE)
    acknowledge(monitor)
    await guard.pass(HOUR, 10 * MINUTE)
    await recover(monitor)
    expect(calls()).toEqual([])
  })

  test('is not notified during a snooze, and its delay begins again when that ends', async () => {
    const monitor = job([hook(), hook({ delayMs: 10 * MINUTE }, 'lead')])
    await goDown(monitor)
    await guard.pass(5 * MINUTE)
    const endsAt = guard.clock.now() + HOUR
    snooze(guard.deps, { projectId: project.id, scope: { is: 'project' }, endsAt, userId: null })
    calls()
    await guard.pass(59 * MINUTE)
    expect(calls()).toEqual([])
    await guard.pass(5 * MINUTE)
    expect(calls()).toEqual(['hooks down backup snooze-ended'])
    await guard.pass(10 * MINUTE)
    expect(calls()).toEqual(['lead down backup escalation'])
    await guard.pass(HOUR, 10 * MINUTE)
    expect(calls()).toEqual([])
  })

  test('gets reminders only after it was notified', async () => {
    const monitor = job([hook(), hook({ delayMs: 90 * MINUTE }, 'lead')], { remindMs: HOUR })
    await goDown(monitor)
    await guard.pass(100 * MINUTE, 10 * MINUTE)
    expect(calls()).toEqual(['hooks down backup', 'hooks down backup reminder', 'lead down backup escalation'])
    await guard.pass(20 * MINUTE, 10 * MINUTE)
    expect(calls().sort()).toEqual(['hooks down backup reminder', 'lead down backup reminder'])
  })

  test('is held by its quiet hours', async () => {
    const monitor = job([hook({ delayMs: 40 * MINUTE, quietHours: QUIET })])
    await goDown(monitor)
    await guard.pass(7 * HOUR, 10 * MINUTE)
    expect(calls()).toEqual([])
    await guard.pass(70 * MINUTE, 10 * MINUTE)
    expect(calls()).toEqual(['hooks down backup escalation'])
  })

  test('is notified once, however often CronGuard restarts, and after it was offline', async () => {
    const monitor = job([hook({ delayMs: 10 * MINUTE })])
    await goDown(monitor)
    await guard.goneFor(20 * MINUTE)
    await guard.pass(2 * MINUTE)
    await guard.restart()
    await guard.pass(HOUR, 10 * MINUTE)
    expect(calls().filter((call) => call.includes('backup'))).toEqual(['hooks down backup escalation'])
  })

  test('notifies the members of a group that were not notified yet', async () => {
    const [me, lead] = [hook({}, 'me'), hook({}, 'lead')]
    const group = guard.channel(project, { kind: 'group', settings: { members: `${me},${lead}` } })
    const monitor = job([me, ruled(group, { delayMs: 10 * MINUTE })])
    await goDown(monitor)
    await guard.pass(HOUR, 10 * MINUTE)
    expect(calls()).toEqual(['me down backup', 'lead down backup escalation'])
    await recover(monitor)
    expect(calls().sort()).toEqual(['lead up backup', 'me up backup'])
  })
})
