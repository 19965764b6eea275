// How long pings, incidents and other records are kept.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { insertDeliveries } from '#actions/channel-groups.ts'
import { prune, recordDailySize } from '#actions/retention.ts'
import type { Monitor } from '#domain/monitor.ts'
import type { Project } from '#domain/project.ts'
import { DAY, HOUR, MINUTE } from '#lib/duration.ts'
import { insertMailedLink } from '#store/accounts.ts'
import { listChannels } from '#store/channels.ts'
import { insertNotification } from '#store/deliveries.ts'
import { insertInvitation } from '#store/projects.ts'
import { type DataFolder, dataFolder } from './support/data-folder.ts'
import { liveFor, pingNumbers, pruneAll } from './support/retention.ts'
import { signedIn, type Visitor } from './support/visitor.ts'

let data: DataFolder
let guard: DataFolder['guard']
let project: Project
let backup: Monitor

function start(env: Record<string, string> = {}): void {
  data = dataFolder(env)
  guard = data.guard
  project = guard.project()
  backup = guard.monitor(project, { name: 'backup', schedule: { kind: 'period', periodMs: HOUR }, graceMs: HOUR })
}

beforeEach(() => start())
afterEach(() => data.clear())

const numbers = (monitor = backup) => pingNumbers(guard, monitor)
const count = (table: string) => guard.db.get<{ n: number }>(`SELECT count(*) AS n FROM ${table}`)?.n ?? 0
async function pingTimes(times: number, everyMs = MINUTE): Promise<void> {
  for (let n = 0; n < times; n++) {
    guard.clock.advance(everyMs)
    await guard.ping(backup)
  }
}
/** Changes the settings, as after a restart. */
function keep(pingsPerMonitor: number, pingDays = 90): void {
  Object.assign(guard.deps, { config: { ...guard.deps.config, retention: { pingDays, pingsPerMonitor } } })
}

describe('Retention of pings', () => {
  test('keeps the newest CRONGUARD_PINGS_PER_MONITOR at any time, and numbers continue', async () => {
    data.clear()
    start({ CRONGUARD_PINGS_PER_MONITOR: '3' })
    for (const kept of [[1], [2, 1], [3, 2, 1], [4, 3, 2], [5, 4, 3]]) {
      await pingTimes(1)
      expect(numbers()).toEqual(kept)
    }
    expect(guard.now(backup)).toMatchObject({ pingCount: 5, recentRuns: 'sssss', status: 'up' })
  })

  test('deletes pings older than CRONGUARD_PING_DAYS, and does not change the monitor', async () => {
    await pingTimes(3)
    const before = guard.now(backup)
    liveFor(guard, 90 * DAY - 2 * MINUTE + 1)
    await pruneAll(guard)
    expect(numbers()).toEqual([3, 2])
    guard.clock.advance(HOUR)
    await pruneAll(guard)
    expect(numbers()).toEqual([])
    expect(guard.now(backup)).toEqual(before)
    await guard.ping(backup)
    expect(numbers()).toEqual([4])
  })

  test('deletes pings of every monitor when the limit is lowered', async () => {
    const other = guard.monitor(project, { name: 'other' })
    await pingTimes(700, 1000)
    for (let n = 0; n < 5; n++) await guard.ping(other)
    keep(4)
    await pruneAll(guard)
    expect([numbers(), numbers(other)]).toEqual([
      [700, 699, 698, 697],
      [5, 4, 3, 2],
    ])
  })

  test('deletes in chunks, limited by pings and by bytes', async () => {
    await pingTimes(450)
    for (let n = 0; n < 4; n++) await guard.ping(backup, '', { method: 'POST', body: new Uint8Array(90_000) })
    guard.db.write((tx) => tx.run('UPDATE bodies SET bytes = 600000 WHERE number > 450'))
    liveFor(guard, 100 * DAY)
    const left = [count('pings')]
    for await (const _ of prune(guard.deps)) if (count('pings') !== left.at(-1)) left.push(count('pings'))
    expect(left).toEqual([454, 354, 254, 154, 54, 2, 0])
  })

  test('checkpoints after each chunk, except with replication', async () => {
    let times = 0
    Object.assign(guard.db, { checkpointSome: () => void times++ })
    await pingTimes(250, 1000)
    keep(50)
    await pruneAll(guard)
    expect(times).toBe(2)
    Object.assign(guard.deps, { config: { ...guard.deps.config, isReplicated: true } })
    liveFor(guard, 100 * DAY)
    await pruneAll(guard)
    expect([times, numbers()]).toEqual([2, []])
  })

  test('deletes nothing while nothing is too old', async () => {
    await pingTimes(5)
    await pruneAll(guard)
    expect(numbers()).toHaveLength(5)
  })

  test('keeps all other pings if CronGuard is killed meanwhile, and continues afterwards', async () => {
    await pingTimes(900, 1000)
    keep(100)
    const kept = numbers().slice(0, 100)
    for (let kills = 0; kills < 8; kills++) {
      const round = prune(guard.deps)
      await round.next()
      await guard.restart()
      keep(100)
      expect(guard.db.all('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }])
      expect(numbers().slice(0, 100)).toEqual(kept)
    }
    expect(numbers()).toEqual(kept)
  })
})

describe('Expired pings that are not deleted yet', () => {
  const statusOf = async (visitor: Visitor, path: string) => (await visitor.get(path)).status

  test('are not shown on pages and in the API', async () => {
    const key = guard.apiKey(project)
    for (let n = 0; n < 12; n++) await guard.ping(backup, '', { method: 'POST', body: `output ${n + 1}` })
    keep(3)
    const api = async (path: string) =>
      await guard.request(`/api/v3/checks/${backup.pingKey}${path}`, { headers: { 'X-Api-Key': key } })
    const { pings } = (await (await api('/pings/')).json()) as { pings: { n: number }[] }
    expect(pings.map(({ n }) => n)).toEqual([12, 11, 10])
    expect([(await api('/pings/10/body')).status, (await api('/pings/9/body')).status]).toEqual([200, 404])

    const alice = await signedIn(guard, 'alice@example.org')
    const page = `/monitors/${backup.uniqueKey}`
    const html = await alice.read(page)
    expect(html).toContain('output 10')
    expect(html).not.toContain('output 9')
    expect(await alice.read(`${page}/timeline?kind=success`)).not.toContain('output 9')
    expect(await alice.read(`${page}/timeline/older?before=11.9999999999999.0`)).not.toContain('output 9')
    expect(await alice.read(`${page}/timeline/newer?after=1.0.0`)).not.toContain('output 9')
    expect(await alice.read(`${page}/pings/10`)).not.toContain(`${page}/pings/9`)
    expect([await statusOf(alice, `${page}/pings/9`), await statusOf(alice, `${page}/pings/9/body`)]).toEqual([
      404, 404,
    ])
    expect(count('pings')).toBe(12)
  })
})

describe('Retention of incidents', () => {
  async function failAndRecover(times: number): Promise<void> {
    for (let n = 0; n < times; n++) {
      await guard.ping(backup, '/fail')
      await guard.ping(backup)
      // The notifications of a monitor are sent one after the other.
      for (let message = 0; message < 2; message++) await guard.tick()
      guard.clock.advance(HOUR)
    }
  }

  test('deletes transitions, incidents and deliveries after 93 days, except for the current status', async () => {
    guard.mailTo(project, 'ops@example.org')
    await failAndRecover(3)
    expect([count('transitions'), count('incidents'), count('deliveries')]).toEqual([6, 3, 6])
    liveFor(guard, 92 * DAY)
    await pruneAll(guard)
    expect(count('transitions')).toBe(6)
    liveFor(guard, 2 * DAY)
    await pruneAll(guard)
    expect([count('transitions'), count('incidents'), count('deliveries')]).toEqual([1, 0, 1])
    expect(guard.statuses(backup)).toEqual(['up'])
  })

  test('keeps incidents as long as pings, if those are kept longer', async () => {
    await failAndRecover(1)
    keep(1000, 365)
    liveFor(guard, 364 * DAY)
    await pruneAll(guard)
    expect(count('incidents')).toBe(1)
    liveFor(guard, 2 * DAY)
    await pruneAll(guard)
    expect(count('incidents')).toBe(0)
  })

  test('keeps an open incident, however old it is', async () => {
    await guard.ping(backup)
    await guard.ping(backup, '/fail')
    liveFor(guard, 500 * DAY)
    await pruneAll(guard)
    expect(guard.statuses(backup)).toEqual(['down'])
    expect(count('incidents')).toBe(1)
    expect(guard.db.all('PRAGMA foreign_key_check')).toEqual([])
  })

  test('keeps an incident with a pending delivery', async () => {
    guard.mailTo(project, 'ops@example.org')
    await failAndRecover(2)
    guard.db.write((tx) =>
      tx.run(
        `UPDATE deliveries SET state = 'pending', settled_at = NULL, next_attempt_at = 0
          WHERE sequence = (SELECT min(sequence) FROM deliveries)`,
      ),
    )
    liveFor(guard, 200 * DAY)
    await pruneAll(guard)
    expect(guard.db.all('SELECT state FROM deliveries')).toEqual([{ state: 'pending' }, { state: 'sent' }])
    expect(guard.statuses(backup)).toEqual(['down', 'up'])
  })

  test('deletes an old gap, unless a notice of it is still queued', async () => {
    guard.mailTo(project, 'ops@example.org')
    await guard.ping(backup)
    await guard.tick()
    await guard.goneFor(3 * HOUR)
    expect([count('blackouts'), count('extended_monitors'), count('deliveries')]).toEqual([1, 1, 1])
    liveFor(guard, 100 * DAY)
    await pruneAll(guard)
    expect(count('blackouts')).toBe(1)
    await guard.tick()
    await pruneAll(guard)
    expect([count('blackouts'), count('extended_monitors')]).toEqual([0, 0])
  })
})

test('Retention deletes an old notice about a project, unless it is still queued', async () => {
  const notice = { status: 'notice', at: 0, reason: 'unsubscribed', isTest: false, project: 'Ops' } as const
  const notification = { ...notice, projectId: project.id, channel: { id: '1', title: 'ops', recipient: 'ops' } }
  guard.mailTo(project, 'ops@example.org')
  guard.db.write((tx) => {
    const notificationId = insertNotification(tx, { projectId: project.id, notification })
    insertDeliveries(tx, { notificationId, notification, monitor: null, channels: listChannels(tx, project.id) })
  })
  liveFor(guard, 100 * DAY)
  await pruneAll(guard)
  expect(count('notifications')).toBe(1)
  await guard.tick()
  await pruneAll(guard)
  expect(count('notifications')).toBe(0)
})

describe('Retention of sessions and links', () => {
  test('deletes expired sessions, emailed links and invitations', async () => {
    const { user } = await signedIn(guard, 'alice@example.org')
    const userId = user.id
    const expiresAt = guard.clock.now() + DAY
    guard.db.write((tx) => {
      insertMailedLink(tx, {
        hash: 'a'.repeat(64),
        userId,
        purpose: 'verify-email',
        email: 'alice@example.org',
        expiresAt,
        kept: 3,
      })
      insertInvitation(tx, {
        id: 'i'.repeat(36),
        projectId: project.id,
        role: 'member',
        email: null,
        invitedBy: userId,
        expiresAt,
      })
    })
    const open = () => ['sessions', 'mailed_links', 'invitations'].map(count)
    await pruneAll(guard)
    expect(open()).toEqual([1, 1, 1])
    liveFor(guard, DAY)
    await pruneAll(guard)
    expect(open()).toEqual([1, 0, 0])
    liveFor(guard, 365 * DAY)
    await pruneAll(guard)
    expect(open()).toEqual([0, 0, 0])
  })
})

describe('Retention with a wrong clock', () => {
  const YEAR = 365 * DAY

  /** Does what the janitor does in one round. */
  async function runJanitor(): Promise<void> {
    await recordDailySize(guard.deps)
    await pruneAll(guard)
  }
  async function passDays(days: number): Promise<void> {
    for (let day = 0; day < days; day++) {
      guard.clock.advance(DAY)
      await runJanitor()
    }
  }
  const kept = () => ['pings', 'transitions', 'incidents', 'sessions'].map(count)

  beforeEach(async () => {
    await signedIn(guard, 'alice@example.org')
    await passDays(5)
    for (const ending of ['', '/fail', '']) await guard.ping(backup, ending)
    await guard.tick()
    await guard.goneFor(3 * HOUR)
  })

  test('deletes nothing if the clock is ahead, at a start or later, again and again', async () => {
    const before = kept()
    expect(before).toEqual([3, 3, 1, 1])
    for (const boot of [0, 1, 2, 3, 4, 5]) {
      if (boot % 2 === 0) await guard.goneFor(YEAR)
      else guard.clock.advance(YEAR)
      await runJanitor()
      guard.clock.advance(20 * HOUR)
      await runJanitor()
      guard.clock.advance(-YEAR)
      await runJanitor()
      expect(kept()).toEqual(before)
      await passDays(1)
    }
  })

  test('deletes nothing if the clock is behind, not even daily sizes', async () => {
    const before = [...kept(), count('sizes')]
    guard.clock.advance(-20 * YEAR)
    await runJanitor()
    guard.clock.advance(20 * YEAR)
    await runJanitor()
    expect([...kept(), count('sizes')]).toEqual([...before.slice(0, -1), (before.at(-1) ?? 0) + 1])
  })

  test('trusts the clock after two days, when the machine was off for a year', async () => {
    await guard.goneFor(YEAR)
    await runJanitor()
    expect(count('pings')).toBe(3)
    await passDays(2)
    expect(kept()).toEqual([0, 1, 0, 0])
  })

  test('trusts the clock of a machine that runs only once a day or once a week', async () => {
    for (const days of [1, 1, 7, 7]) {
      await guard.goneFor(days * DAY)
      await runJanitor()
    }
    guard.db.write((tx) => tx.run('UPDATE pings SET at = 0 WHERE number = 1'))
    await guard.goneFor(7 * DAY)
    await runJanitor()
    expect(numbers()).toEqual([3, 2])
  })

  test('still limits the number of pings', async () => {
    keep(2)
    guard.clock.advance(YEAR)
    await runJanitor()
    expect(numbers()).toEqual([3, 2])
  })

  test('ends no session of another user when someone signs in', async () => {
    guard.clock.advance(YEAR)
    await signedIn(guard, 'bob@example.org')
    expect(count('sessions')).toBe(2)
  })
})
