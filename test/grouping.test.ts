// What happens together leaves together: one message for a dead host, for a flapping monitor, and for a lost network.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { updateChannel } from '#actions/channels.ts'
import { ALL_DAYS } from '#domain/channel-rules.ts'
import type { Monitor, MonitorChange } from '#domain/monitor.ts'
import type { Project } from '#domain/project.ts'
import { DAY, HOUR, MINUTE, SECOND } from '#lib/duration.ts'
import { type DataFolder, dataFolder } from './support/data-folder.ts'

let data: DataFolder
let guard: DataFolder['guard']
let project: Project
let mail: string

beforeEach(() => {
  data = dataFolder({ CRONGUARD_SMTP_HOST: '127.0.0.1' })
  guard = data.guard
  project = guard.project()
  mail = guard.mailTo(project, 'ops@example.org')
})
afterEach(() => data.clear())

const PERIOD = { kind: 'period', periodMs: HOUR } as const
const job = (name: string, change: MonitorChange = {}, channels = [mail]): Monitor =>
  guard.monitor(project, { name, schedule: PERIOD, graceMs: 5 * MINUTE, ...change }, channels)
/** Jobs of a host that pinged just now. */
async function jobsOf(host: string, count: number, change: MonitorChange = {}): Promise<Monitor[]> {
  const jobs = Array.from({ length: count }, (_, index) =>
    job(`${host} ${index + 1}`, { tags: `host:${host}`, ...change }),
  )
  for (const one of jobs) await guard.ping(one)
  return jobs
}
const fail = async (monitor: Monitor): Promise<void> => {
  await guard.ping(monitor, '/fail')
  await guard.tick()
}
const recover = async (monitor: Monitor): Promise<void> => {
  await guard.ping(monitor)
  await guard.tick()
}
const mails = () => guard.outside.mails.splice(0)
const subjects = (): string[] => mails().map(({ subject }) => subject)
/** Each line of the summary: "Down: backup". */
const lines = (text: string): string[] => text.match(/^(Was down|Down|Up|Still down): [^(\n]+(?= \()/gm) ?? []
const pendingCount = (): number =>
  guard.db.get<{ count: number }>('SELECT count(*) AS count FROM deliveries WHERE settled_at IS NULL')?.count ?? -1

describe('Monitors that go down within a minute', () => {
  test('are one message after the first, which leaves at once', async () => {
    const [a, b, c] = [job('a'), job('b'), job('c')]
    await fail(a)
    expect(subjects()).toEqual(['Down: a'])
    await guard.pass(10 * SECOND, SECOND)
    await fail(b)
    await fail(c)
    expect(subjects()).toEqual([])
    await guard.pass(49 * SECOND, SECOND)
    expect(subjects()).toEqual([])
    await guard.pass(2 * SECOND, SECOND)
    const [sent, ...more] = mails()
    expect([sent?.subject, lines(sent?.text ?? ''), more]).toEqual([
      '3 monitors down',
      ['Down: a', 'Down: b', 'Down: c'],
      [],
    ])
  })

  test('do not name the first if it has recovered', async () => {
    const [a, b, c] = [job('a'), job('b'), job('c')]
    for (const one of [a, b, c]) await fail(one)
    await recover(a)
    expect(subjects()).toEqual(['Down: a', 'Up: a'])
    await guard.pass(MINUTE, SECOND)
    expect(mails().map(({ text }) => lines(text))).toEqual([['Down: b', 'Down: c']])
  })

  test('get a message with output and links if it is about one of them', async () => {
    const [a, b] = [job('a'), job('b')]
    await fail(a)
    await guard.ping(b, '/fail', { method: 'POST', body: 'disk full' })
    await guard.pass(MINUTE, SECOND)
    const [, second] = mails()
    expect([second?.subject, second?.text.includes('disk full')]).toEqual(['Down: b', true])
  })

  test('recover in one message as well', async () => {
    const jobs = [job('a'), job('b'), job('c')]
    for (const one of jobs) await fail(one)
    await guard.pass(2 * MINUTE, SECOND)
    mails()
    for (const one of jobs) await recover(one)
    expect(subjects()).toEqual(['Up: a'])
    await guard.pass(MINUTE, SECOND)
    expect(mails().map(({ subject, text }) => [subject, lines(text)])).toEqual([
      ['3 monitors recovered', ['Up: a', 'Up: b', 'Up: c']],
    ])
  })

  test('that recover before the message are in it with both times', async () => {
    const [a, b] = [job('a'), job('b')]
    await fail(a)
    await fail(b)
    await guard.pass(20 * SECOND, SECOND)
    await recover(b)
    expect(subjects()).toEqual(['Down: a'])
    await guard.pass(MINUTE, SECOND)
    expect(mails().map(({ text }) => lines(text))).toEqual([['Down: a', 'Was down: b']])
    expect(pendingCount()).toBe(0)
  })

  test('do not wait if they are urgent', async () => {
    const [a, b] = [job('a'), job('b', { isUrgent: true })]
    await fail(a)
    await fail(b)
    expect(subjects()).toEqual(['Down: a', 'Down: b'])
  })

  test('do not wait for programs and services with one entry per incident', async () => {
    const hook = guard.webhookTo(project, 'https://hooks.example.org/')
    const settings = { key: 'k'.repeat(32), region: 'us', severity: 'critical' }
    const channels = [hook, guard.channel(project, { kind: 'pagerduty', settings })]
    for (const name of ['a', 'b', 'c']) await fail(job(name, {}, channels))
    expect(guard.outside.calls).toHaveLength(6)
  })

  test('of two projects do not wait for each other', async () => {
    const theirs = guard.project('bob@example.org')
    const other = guard.monitor(theirs, { name: 'other' }, [guard.mailTo(theirs, 'bob@example.org')])
    await fail(job('a'))
    await fail(other)
    expect(subjects().sort()).toEqual(['Down: a', 'Down: other'])
  })

  test('are all reported after a restart in that minute', async () => {
    const jobs = [job('a'), job('b'), job('c')]
    for (const one of jobs) await fail(one)
    await guard.restart()
    await guard.pass(MINUTE, SECOND)
    const sent = mails()
    expect(sent.flatMap(({ text }) => lines(text))).toEqual(['Down: a', 'Down: b', 'Down: c'])
    expect(pendingCount()).toBe(0)
  })

  test('are reported when quiet hours end, if these are longer', async () => {
    const quietHours = { from: '12:30', to: '20:00', days: [...ALL_DAYS], tz: 'UTC' }
    updateChannel(guard.deps, { ref: { projectId: project.id, channelId: mail }, rules: { quietHours } })
    const jobs = [job('a'), job('b')]
    await guard.pass(HOUR)
    for (const one of jobs) await fail(one)
    await guard.pass(8 * HOUR, 10 * MINUTE)
    expect(mails().map(({ text }) => lines(text))).toEqual([['Down: a', 'Down: b']])
  })

  test('do not wait longer when the clock is set back', async () => {
    const [a, b, c] = [job('a'), job('b'), job('c')]
    await fail(a)
    await fail(b)
    guard.setClock(-3 * HOUR)
    await guard.pass(12 * MINUTE, 10 * SECOND)
    expect(subjects()).toEqual(['Down: a', 'Down: b'])
    await fail(c)
    expect(subjects()).toEqual(['Down: c'])
  })
})

describe('A host whose jobs all stop', () => {
  test('is one message that names the host, after 15 seconds', async () => {
    await jobsOf('nas01', 14)
    await guard.pass(HOUR + 5 * MINUTE - SECOND, MINUTE)
    await guard.ping(job('elsewhere', { schedule: { kind: 'period', periodMs: DAY } }))
    await guard.pass(14 * SECOND, SECOND)
    expect(subjects()).toEqual([])
    await guard.pass(4 * SECOND, SECOND)
    const [sent, ...more] = mails()
    expect([sent?.subject, lines(sent?.text ?? '').length, more]).toEqual(['nas01 is silent: 14 jobs missed', 14, []])
  })

  test('does not wait for fewer than five jobs', async () => {
    await jobsOf('nas01', 4)
    await guard.ping(job('elsewhere', { schedule: { kind: 'period', periodMs: DAY } }))
    await guard.pass(HOUR + 5 * MINUTE, SECOND * 30)
    expect(subjects()).toEqual(['Down: nas01 1'])
    await guard.pass(MINUTE, SECOND)
    expect(subjects()).toEqual(['nas01 is silent: 4 jobs missed'])
  })

  test('recovers in one message, and none of its monitors is left out', async () => {
    const jobs = await jobsOf('nas01', 6)
    await guard.pass(HOUR + 7 * MINUTE, MINUTE)
    mails()
    for (const one of jobs) await recover(one)
    await guard.pass(2 * MINUTE, SECOND)
    const told = mails().flatMap(({ subject, text }) => (subject.startsWith('Up') ? [subject] : lines(text)))
    for (const { name } of jobs) expect(told).toContain(`Up: ${name}`)
  })
})

describe('A monitor that goes up and down all the time', () => {
  const change = async (monitor: Monitor, index: number): Promise<void> =>
    index % 2 === 0 ? await fail(monitor) : await recover(monitor)

  test('is said to be flapping, then has one message an hour, and one when it is calm', async () => {
    const monitor = job('backup', { schedule: { kind: 'period', periodMs: DAY } })
    for (let index = 0; index < 7; index += 1) {
      await guard.pass(2 * MINUTE)
      await change(monitor, index)
    }
    const first = mails()
    expect(first).toHaveLength(7)
    expect(first[5]?.text).not.toContain('flapping')
    expect(first[6]?.text).toContain('It is flapping: 7 changes in the last hour.')
    for (let index = 7; index < 18; index += 1) {
      await guard.pass(4 * MINUTE)
      await change(monitor, index)
    }
    expect(subjects()).toEqual([])
    await guard.pass(20 * MINUTE)
    const [digest, ...more] = mails()
    expect([lines(digest?.text ?? ''), more]).toEqual([
      ['Up: backup', ...Array.from({ length: 5 }, () => 'Was down: backup')],
      [],
    ])
    await fail(monitor)
    await guard.pass(29 * MINUTE)
    expect(subjects()).toEqual([])
    await guard.pass(2 * MINUTE)
    expect(subjects()).toEqual(['Down: backup'])
    await guard.pass(HOUR)
    await recover(monitor)
    expect(subjects()).toEqual(['Up: backup'])
  })

  test('is not held for longer than an hour at a time, and said to be flapping again after three hours', async () => {
    const monitor = job('backup', { schedule: { kind: 'period', periodMs: DAY } })
    const times: number[] = []
    let flapping = 0
    const begin = guard.clock.now()
    for (let index = 0; index < 120; index += 1) {
      await guard.pass(4 * MINUTE)
      await change(monitor, index)
      for (const { text } of mails()) {
        times.push(guard.clock.now() - begin)
        flapping += text.includes('It is flapping') ? 1 : 0
      }
    }
    expect(flapping).toBe(3)
    const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0))
    expect(Math.max(...gaps)).toBeLessThanOrEqual(HOUR + 4 * MINUTE)
    expect(times.length).toBeLessThan(25)
  })

  test('sends programs each change', async () => {
    const hook = guard.webhookTo(project, 'https://hooks.example.org/')
    const monitor = job('backup', {}, [hook])
    for (let index = 0; index < 12; index += 1) await change(monitor, index)
    expect(guard.outside.calls).toHaveLength(12)
  })

  test('loses nothing when CronGuard restarts meanwhile', async () => {
    const monitor = job('backup', { schedule: { kind: 'period', periodMs: DAY } })
    for (let index = 0; index < 10; index += 1) {
      await guard.pass(MINUTE)
      await change(monitor, index)
    }
    mails()
    await guard.restart()
    await guard.pass(35 * MINUTE)
    expect(mails().map(({ text }) => lines(text))).toEqual([['Up: backup', 'Was down: backup']])
    expect(pendingCount()).toBe(0)
  })
})

describe('Monitors of several hosts that all stop', () => {
  test('are held for a while, because the reason may be the network of CronGuard itself', async () => {
    await jobsOf('nas01', 3, { isUrgent: false })
    await jobsOf('web1', 3)
    await guard.pass(HOUR + 5 * MINUTE + 30 * SECOND, 30 * SECOND)
    const early = mails()
    await guard.pass(6 * MINUTE, 10 * SECOND)
    const late = mails()
    expect(early.every(({ text }) => !text.includes('own network'))).toBe(true)
    expect(late.length).toBeGreaterThan(0)
    const told = [...early, ...late].flatMap(({ subject, text }) => [subject.replace('Down: ', ''), ...lines(text)])
    for (const name of ['nas01 1', 'nas01 3', 'web1 1', 'web1 3']) expect(told.join()).toContain(name)
  })

  test('are not held while another monitor pings', async () => {
    await jobsOf('nas01', 3)
    await jobsOf('web1', 3)
    const alive = job('alive')
    for (let minute = 0; minute < 68; minute += 1) {
      await guard.ping(alive)
      await guard.pass(MINUTE, 20 * SECOND)
    }
    expect(mails().some(({ text }) => text.includes('own network'))).toBe(false)
    expect(pendingCount()).toBe(0)
  })

  test('are not held if they report failures', async () => {
    const jobs = [...(await jobsOf('nas01', 3)), ...(await jobsOf('web1', 3))]
    await guard.pass(30 * MINUTE, 10 * MINUTE)
    for (const one of jobs) await fail(one)
    await guard.pass(MINUTE, SECOND)
    expect(pendingCount()).toBe(0)
  })
})
