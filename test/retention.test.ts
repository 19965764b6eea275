// What is kept, and for how long.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { prune, recordDailySize } from '#actions/retention.ts'
import type { Monitor } from '#domain/monitor.ts'
import type { Project } from '#domain/project.ts'
import { DAY, HOUR, MINUTE } from '#lib/duration.ts'
import { insertMailedLink } from '#store/accounts.ts'
import { listPings } from '#store/pings.ts'
import { insertInvitation } from '#store/projects.ts'
import { type DataFolder, dataFolder } from './support/data-folder.ts'
import { liveFor } from './support/days.ts'
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

const numbers = (monitor = backup) =>
  listPings(guard.db, { monitorId: monitor.id, limit: 10_000 }).map((ping) => ping.number)
const count = (table: string) => guard.db.get<{ n: number }>(`SELECT count(*) AS n FROM ${table}`)?.n ?? 0
async function pingTimes(times: number, everyMs = MINUTE): Promise<void> {
  for (let n = 0; n < times; n++) {
    guard.clock.advance(everyMs)
    await guard.ping(backup)
  }
}
async function pruneAll(): Promise<void> {
  for await (const _ of prune(guard.deps));
}
/** As after a start with another setting. */
function keep(pingsPerMonitor: number, pingDays = 90): void {
  Object.assign(guard.deps, { config: { ...guard.deps.config, retention: { pingDays, pingsPerMonitor } } })
}

describe('The pings of a monitor', () => {
  test('are the newest so many, at every moment, and their numbers go on', async () => {
    data.clear()
    start({ CRONGUARD_PINGS_PER_MONITOR: '3' })
    for (const kept of [[1], [2, 1], [3, 2, 1], [4, 3, 2], [5, 4, 3]]) {
      await pingTimes(1)
      expect(numbers()).toEqual(kept)
    }
    expect(guard.now(backup)).toMatchObject({ pingCount: 5, recentRuns: 'sssss', status: 'up' })
  })

  test('that are older than so many days go, and the monitor stays as it is', async () => {
    await pingTimes(3)
    const before = guard.now(backup)
    liveFor(guard, 90 * DAY - 2 * MINUTE + 1)
    await pruneAll()
    expect(numbers()).toEqual([3, 2])
    guard.clock.advance(HOUR)
    await pruneAll()
    expect(numbers()).toEqual([])
    expect(guard.now(backup)).toEqual(before)
    await guard.ping(backup)
    expect(numbers()).toEqual([4])
  })

  test('go when fewer are to be kept than before, of every monitor', async () => {
    const other = guard.monitor(project, { name: 'other' })
    await pingTimes(700, 1000)
    for (let n = 0; n < 5; n++) await guard.ping(other)
    keep(4)
    await pruneAll()
    expect([numbers(), numbers(other)]).toEqual([
      [700, 699, 698, 697],
      [5, 4, 3, 2],
    ])
  })

  test('go a chunk at a time, of few pings and of few bytes', async () => {
    await pingTimes(450)
    for (let n = 0; n < 4; n++) await guard.ping(backup, '', { method: 'POST', body: new Uint8Array(90_000) })
    guard.db.write((tx) => tx.run('UPDATE bodies SET bytes = 600000 WHERE number > 450'))
    liveFor(guard, 100 * DAY)
    const left = [count('pings')]
    for await (const _ of prune(guard.deps)) if (count('pings') !== left.at(-1)) left.push(count('pings'))
    expect(left).toEqual([454, 354, 254, 154, 54, 2, 0])
  })

  test('leave the log after each chunk, but for one that another program copies', async () => {
    let times = 0
    Object.assign(guard.db, { checkpointSome: () => void times++ })
    await pingTimes(250, 1000)
    keep(50)
    await pruneAll()
    expect(times).toBe(2)
    Object.assign(guard.deps, { config: { ...guard.deps.config, isReplicated: true } })
    liveFor(guard, 100 * DAY)
    await pruneAll()
    expect([times, numbers()]).toEqual([2, []])
  })

  test('of nobody are touched while nothing is too old', async () => {
    await pingTimes(5)
    await pruneAll()
    expect(numbers()).toHaveLength(5)
  })

  test('are complete when CronGuard is killed while it prunes, and it goes on from there', async () => {
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

describe('Before anything is deleted', () => {
  const forgotten = async (visitor: Visitor, path: string) => (await visitor.get(path)).status

  test('what is not kept is seen nowhere', async () => {
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
    expect([await forgotten(alice, `${page}/pings/9`), await forgotten(alice, `${page}/pings/9/body`)]).toEqual([
      404, 404,
    ])
    expect(count('pings')).toBe(12)
  })
})

describe('The story of a monitor', () => {
  async function failAndRecover(times: number): Promise<void> {
    for (let n = 0; n < times; n++) {
      await guard.ping(backup, '/fail')
      await guard.ping(backup)
      // One message of a monitor goes after the other.
      for (let message = 0; message < 2; message++) await guard.tick()
      guard.clock.advance(HOUR)
    }
  }

  test('goes after 93 days with its incidents and messages, but for what it is now', async () => {
    guard.mailTo(project, 'ops@example.org')
    await failAndRecover(3)
    expect([count('transitions'), count('incidents'), count('deliveries')]).toEqual([6, 3, 6])
    liveFor(guard, 92 * DAY)
    await pruneAll()
    expect(count('transitions')).toBe(6)
    liveFor(guard, 2 * DAY)
    await pruneAll()
    expect([count('transitions'), count('incidents'), count('deliveries')]).toEqual([1, 0, 1])
    expect(guard.statuses(backup)).toEqual(['up'])
  })

  test('is kept as long as pings are, when those are kept for longer', async () => {
    await failAndRecover(1)
    keep(1000, 365)
    liveFor(guard, 364 * DAY)
    await pruneAll()
    expect(count('incidents')).toBe(1)
    liveFor(guard, 2 * DAY)
    await pruneAll()
    expect(count('incidents')).toBe(0)
  })

  test('keeps an incident that lasts, however old it is', async () => {
    await guard.ping(backup)
    await guard.ping(backup, '/fail')
    liveFor(guard, 500 * DAY)
    await pruneAll()
    expect(guard.statuses(backup)).toEqual(['down'])
    expect(count('incidents')).toBe(1)
    expect(guard.db.all('PRAGMA foreign_key_check')).toEqual([])
  })

  test('keeps what is told of it while a message is still on its way', async () => {
    guard.mailTo(project, 'ops@example.org')
    await failAndRecover(2)
    guard.db.write((tx) =>
      tx.run(
        `UPDATE deliveries SET state = 'pending', settled_at = NULL, next_attempt_at = 0
          WHERE sequence = (SELECT min(sequence) FROM deliveries)`,
      ),
    )
    liveFor(guard, 200 * DAY)
    await pruneAll()
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
    await pruneAll()
    expect(count('blackouts')).toBe(1)
    await guard.tick()
    await pruneAll()
    expect([count('blackouts'), count('extended_monitors')]).toEqual([0, 0])
  })
})

describe('What has expired', () => {
  test('goes: sessions, mailed links and invitations', async () => {
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
    await pruneAll()
    expect(open()).toEqual([1, 1, 1])
    liveFor(guard, DAY)
    await pruneAll()
    expect(open()).toEqual([1, 0, 0])
    liveFor(guard, 365 * DAY)
    await pruneAll()
    expect(open()).toEqual([0, 0, 0])
  })
})

describe('A clock that may be wrong', () => {
  const YEAR = 365 * DAY

  /** As the janitor does, every now and then. */
  async function lookAfter(): Promise<void> {
    await recordDailySize(guard.deps)
    await pruneAll()
  }
  async function liveDaily(days: number): Promise<void> {
    for (let day = 0; day < days; day++) {
      guard.clock.advance(DAY)
      await lookAfter()
    }
  }
  const kept = () => ['pings', 'transitions', 'incidents', 'sessions'].map(count)

  beforeEach(async () => {
    await signedIn(guard, 'alice@example.org')
    await liveDaily(5)
    for (const ending of ['', '/fail', '']) await guard.ping(backup, ending)
    await guard.tick()
    await guard.goneFor(3 * HOUR)
  })

  test('costs nothing, at a start or while CronGuard runs, however often and at whatever time of the day', async () => {
    const before = kept()
    expect(before).toEqual([3, 3, 1, 1])
    for (const boot of [0, 1, 2, 3, 4, 5]) {
      if (boot % 2 === 0) await guard.goneFor(YEAR)
      else guard.clock.advance(YEAR)
      await lookAfter()
      guard.clock.advance(20 * HOUR)
      await lookAfter()
      guard.clock.advance(-YEAR)
      await lookAfter()
      expect(kept()).toEqual(before)
      await liveDaily(1)
    }
  })

  test('that is behind for a while costs nothing either, not even the sizes of days', async () => {
    const before = [...kept(), count('sizes')]
    guard.clock.advance(-20 * YEAR)
    await lookAfter()
    guard.clock.advance(20 * YEAR)
    await lookAfter()
    expect([...kept(), count('sizes')]).toEqual([...before.slice(0, -1), (before.at(-1) ?? 0) + 1])
  })

  test('is believed when CronGuard has lived two days by it: the machine was off for a year', async () => {
    await guard.goneFor(YEAR)
    await lookAfter()
    expect(count('pings')).toBe(3)
    await liveDaily(2)
    expect(kept()).toEqual([0, 1, 0, 0])
  })

  test('is believed on a machine that runs for a while every day, or once a week', async () => {
    for (const days of [1, 1, 7, 7]) {
      await guard.goneFor(days * DAY)
      await lookAfter()
    }
    guard.db.write((tx) => tx.run('UPDATE pings SET at = 0 WHERE number = 1'))
    await guard.goneFor(7 * DAY)
    await lookAfter()
    expect(numbers()).toEqual([3, 2])
  })

  test('does not keep pings from being too many', async () => {
    keep(2)
    guard.clock.advance(YEAR)
    await lookAfter()
    expect(numbers()).toEqual([3, 2])
  })

  test('ends no session of somebody else when a person signs in by it', async () => {
    guard.clock.advance(YEAR)
    await signedIn(guard, 'bob@example.org')
    expect(count('sessions')).toBe(2)
  })
})
