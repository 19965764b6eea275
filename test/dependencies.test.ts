// Monitors that depend on another one: while that is down, their notifications are held.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { updateChannel } from '#actions/channels.ts'
import { planMaintenance } from '#actions/maintenance.ts'
import { deleteMonitor, pauseMonitor, updateMonitor } from '#actions/monitors.ts'
import { snooze } from '#actions/snoozes.ts'
import type { Monitor, MonitorChange } from '#domain/monitor.ts'
import type { Project } from '#domain/project.ts'
import { HOUR, MINUTE } from '#lib/duration.ts'
import { callApi } from './support/api.ts'
import { type DataFolder, dataFolder } from './support/data-folder.ts'
import { memberOf, words } from './support/visitor.ts'

let data: DataFolder
let guard: DataFolder['guard']
let project: Project
let hook: string
let host: Monitor

beforeEach(() => {
  data = dataFolder({ CRONGUARD_SMTP_HOST: '127.0.0.1' })
  guard = data.guard
  project = guard.project()
  hook = guard.webhookTo(project, 'https://hooks.example.org/')
  host = job('host', { dependsOn: '' })
})
afterEach(() => data.clear())

function job(name: string, change: MonitorChange = {}, channels = [hook]): Monitor {
  return guard.monitor(project, { name, graceMs: 10 * MINUTE, dependsOn: 'host', ...change }, channels)
}
const fail = async (monitor: Monitor): Promise<void> => {
  await guard.ping(monitor, '/fail')
  await guard.tick()
}
const recover = async (monitor: Monitor): Promise<void> => {
  await guard.ping(monitor)
  await guard.tick()
}
const calls = (): string[] =>
  guard.outside.calls.splice(0).map(({ body }) => {
    const { status, monitor, event } = JSON.parse(body)
    return [status, monitor?.name, ...(event ? [event] : [])].join(' ')
  })
const change = (monitor: Monitor, changed: MonitorChange): Monitor =>
  updateMonitor(guard.deps, { ref: guard.refOf(monitor), change: changed })
const refusal = (work: () => unknown): string => {
  try {
    work()
  } catch (error) {
    return (error as Error).message
  }
  return ''
}

describe('A monitor that depends on one that is down', () => {
  test('is reported a grace period after that has recovered, if it is still down', async () => {
    const backup = job('backup')
    await fail(host)
    await fail(backup)
    await guard.pass(3 * HOUR, 10 * MINUTE)
    expect(calls()).toEqual(['down host'])
    await recover(host)
    expect(calls()).toEqual(['up host'])
    await guard.pass(9 * MINUTE)
    expect(calls()).toEqual([])
    await guard.pass(2 * MINUTE)
    expect(calls()).toEqual(['down backup'])
    await recover(backup)
    expect(calls()).toEqual(['up backup'])
  })

  test('says how late the message is, and why', async () => {
    const backup = job('backup', {}, [guard.mailTo(project, 'ops@example.org')])
    await fail(host)
    await fail(backup)
    await guard.pass(HOUR, 10 * MINUTE)
    await recover(host)
    await guard.pass(12 * MINUTE)
    const [, , sent, ...more] = guard.outside.mails
    expect([sent?.subject, more]).toEqual(['Down: backup', []])
    expect(sent?.text).toContain('late: held because the monitor that it depends on was down.')
  })

  test('is reported in order if it recovers first: nothing is lost', async () => {
    const backup = job('backup')
    await fail(host)
    await fail(backup)
    await recover(backup)
    await guard.pass(HOUR, 10 * MINUTE)
    expect(calls()).toEqual(['down host'])
    await recover(host)
    await guard.pass(12 * MINUTE)
    expect(calls()).toEqual(['up host', 'down backup', 'up backup'])
  })

  test('is one line in the message of a channel that people read', async () => {
    const backup = job('backup', { remindMs: HOUR }, [guard.mailTo(project, 'ops@example.org')])
    await fail(host)
    await fail(backup)
    await guard.pass(5 * HOUR, 10 * MINUTE)
    await recover(host)
    await recover(backup)
    await guard.pass(12 * MINUTE)
    expect(guard.outside.mails.map(({ subject }) => subject)).toEqual(['Down: host', 'Up: host', '1 monitor recovered'])
    expect(guard.outside.mails[2]?.text.match(/Was down: backup/g)).toHaveLength(1)
  })

  test('that went down within a grace period after the recovery waits for its end, too', async () => {
    const backup = job('backup')
    await fail(host)
    await recover(host)
    await guard.pass(4 * MINUTE)
    calls()
    await fail(backup)
    await guard.pass(5 * MINUTE)
    expect(calls()).toEqual([])
    await guard.pass(2 * MINUTE)
    expect(calls()).toEqual(['down backup'])
  })

  test('is reported at once if it went down first, and its recovery as well', async () => {
    const backup = job('backup')
    await fail(backup)
    await fail(host)
    await recover(backup)
    expect(calls()).toEqual(['down backup', 'down host', 'up backup'])
  })

  test('has no reminders and no escalation meanwhile', async () => {
    const boss = guard.webhookTo(project, 'https://boss.example.org/')
    updateChannel(guard.deps, { ref: { projectId: project.id, channelId: boss }, rules: { delayMs: 20 * MINUTE } })
    const backup = job('backup', { remindMs: HOUR }, [hook, boss])
    await fail(host)
    await fail(backup)
    await guard.pass(5 * HOUR, 10 * MINUTE)
    expect(calls()).toEqual(['down host', 'down host escalation'])
  })

  test('is reported at once if it is urgent', async () => {
    const backup = job('backup', { isUrgent: true })
    await fail(host)
    await fail(backup)
    expect(calls()).toEqual(['down host', 'down backup'])
  })

  test('survives a restart', async () => {
    const backup = job('backup')
    await fail(host)
    await fail(backup)
    await guard.restart()
    await guard.pass(HOUR, 10 * MINUTE)
    expect(calls()).toEqual(['down host'])
  })

  test('is tried for a day after the hold, not since it went down', async () => {
    const backup = job('backup')
    await fail(host)
    await fail(backup)
    await guard.pass(40 * HOUR, HOUR)
    await recover(host)
    guard.outside.failWith('refused')
    await guard.pass(5 * HOUR, 10 * MINUTE)
    guard.outside.failWith(null)
    await guard.pass(2 * HOUR, 10 * MINUTE)
    expect(calls()).toContain('down backup')
  })
})

describe('What a monitor depends on holds nothing', () => {
  const heldBackup = async (): Promise<void> => {
    await fail(host)
    await fail(job('backup'))
    expect(calls()).toEqual(['down host'])
  }
  const endsAt = () => guard.clock.now() + 5 * HOUR

  test.each<[string, () => void]>([
    ['is paused', () => pauseMonitor(guard.deps, guard.refOf(host))],
    ['is deleted', () => deleteMonitor(guard.deps, guard.refOf(host))],
    [
      'is snoozed',
      () =>
        snooze(guard.deps, {
          projectId: project.id,
          scope: { is: 'monitor', monitorId: host.id },
          endsAt: endsAt(),
          userId: null,
        }),
    ],
    [
      'is in maintenance',
      () =>
        planMaintenance(guard.deps, {
          projectId: project.id,
          scope: { is: 'monitor', monitorId: host.id },
          name: '',
          times: { is: 'once', startsAt: guard.clock.now(), endsAt: endsAt() },
          userId: null,
        }),
    ],
  ])('while it %s', async (_state, act) => {
    await heldBackup()
    act()
    await guard.pass(2 * MINUTE)
    expect(calls()).toEqual(['down backup'])
  })

  test('when the dependency is removed', async () => {
    await heldBackup()
    const backup = guard.db.get<{ ping_key: string }>("SELECT ping_key FROM monitors WHERE name = 'backup'")
    change(guard.now({ pingKey: backup?.ping_key ?? '' }), { dependsOn: '' })
    await guard.pass(2 * MINUTE)
    expect(calls()).toEqual(['down backup'])
  })
})

describe('A dependency', () => {
  test('is meant by name, slug, unique key or UUID', () => {
    const nas = job('NAS 01', { slug: 'nas', dependsOn: '' })
    for (const meant of ['NAS 01', 'nas', nas.uniqueKey, nas.pingKey]) {
      expect(job(`for ${meant}`, { dependsOn: meant }).dependsOn).toBe(nas.uniqueKey)
    }
  })

  test.each([
    ['on an unknown monitor', () => change(host, { dependsOn: 'nothing' }), 'No monitor of this project'],
    ['on itself', () => change(host, { dependsOn: 'host' }), 'in a circle'],
    [
      'in a circle',
      () => {
        job('b')
        job('c', { dependsOn: 'b' })
        change(host, { dependsOn: 'c' })
      },
      'in a circle',
    ],
    [
      'on one of several with the same name',
      () => {
        job('twin')
        job('twin')
        change(host, { dependsOn: 'twin' })
      },
      'Several monitors',
    ],
    [
      'on a monitor of another project',
      () => {
        const theirs = guard.project('bob@example.org')
        const other = guard.monitor(theirs, { name: 'other' })
        change(host, { dependsOn: other.uniqueKey })
      },
      'No monitor of this project',
    ],
  ])('%s is refused', (_what, work, problem) => {
    expect(refusal(work)).toContain(problem)
    expect(guard.now(host).dependsOn).toBe('')
  })

  test('is entered and shown on pages, with a link', async () => {
    const backup = job('backup', { dependsOn: '' })
    const member = await memberOf(guard, project, 'member')
    const path = `/monitors/${backup.uniqueKey}`
    const fields = { name: 'backup', schedule: 'every day', graceCount: '10', graceUnit: 'minutes', dependsOn: 'host' }
    const refused = await member.post(path, { ...fields, dependsOn: 'nothing' })
    expect([refused.status, words(await refused.text())]).toEqual([
      422,
      expect.stringContaining('No monitor of this project has this name, slug or key.'),
    ])
    expect((await member.post(path, fields)).status).toBe(303)
    const shown = await member.read(path)
    expect(words(shown)).toContain('Depends on host')
    expect(shown).toContain(`href="/monitors/${host.uniqueKey}"`)
    expect(await member.read(`${path}/edit`)).toMatch(/name="dependsOn"[^>]*value="host"/)
    await fail(host)
    await fail(backup)
    const { id } = guard.db.get<{ id: string }>('SELECT id FROM incidents ORDER BY opened_by DESC') ?? { id: '' }
    expect(words(await member.read(`/incidents/${id}`))).toContain('Held until the monitor that it depends on recovers')
  })

  test('is set with the API, which returns it only if there is one', async () => {
    const key = guard.apiKey(project)
    const made = await callApi(guard, '/checks/', { with: key, body: { name: 'x', depends_on: 'host' } })
    expect(made.json).toMatchObject({ depends_on: host.uniqueKey })
    const other = await callApi(guard, '/checks/', { with: key, body: { name: 'y' } })
    expect(Object.keys(other.json)).not.toContain('depends_on')
    const refused = await callApi(guard, `/checks/${made.json.uuid}`, { with: key, body: { depends_on: 'x' } })
    expect(refused).toMatchObject({ status: 400, json: { error: expect.stringContaining('depends_on') } })
  })
})
