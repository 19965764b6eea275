import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { deleteMonitor } from '#actions/monitors.ts'
import { endSession } from '#actions/sessions.ts'
import type { Monitor } from '#domain/monitor.ts'
import type { Project } from '#domain/project.ts'
import { HOUR, MINUTE, SECOND } from '#lib/duration.ts'
import { insertMembership } from '#store/projects.ts'
import { listSessions } from '#store/sessions.ts'
import { TestGuard } from '../support/cronguard.ts'
import { nextTurn } from '../support/turn.ts'
import { memberOf, signedIn, type Visitor } from '../support/visitor.ts'

let guard: TestGuard
let project: Project
let backup: Monitor
let alice: Visitor & { user: { id: string } }

beforeEach(async () => {
  guard = new TestGuard()
  project = guard.project('alice@example.org')
  backup = guard.monitor(project, {
    name: 'backup',
    schedule: { kind: 'period', periodMs: HOUR },
    graceMs: 10 * MINUTE,
  })
  alice = await signedIn(guard, 'alice@example.org')
})

afterEach(() => {
  guard.live.close()
  guard.stop()
})

interface Message {
  event: string
  data: string
}

/** An open page; `news` returns what arrived since the last call. */
async function openPage(visitor: Visitor, drawn = now(), of = project) {
  const response = await visitor.get(`/projects/${of.id}/events?${drawn}`)
  const reader = response.body?.getReader()
  if (!reader || response.status !== 200) throw new Error(`The stream was answered ${response.status}`)
  let text = ''
  let isOver = false
  const listen = async (): Promise<void> => {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      text += new TextDecoder().decode(value)
    }
    isOver = true
  }
  const listening = listen()
  return {
    response,
    news: async (): Promise<Message[]> => {
      await nextTurn()
      const blocks = text.split('\n\n').filter((block) => block !== '')
      text = ''
      return blocks.map(parse)
    },
    text: async (): Promise<string> => {
      await nextTurn()
      return text
    },
    isOver: () => isOver,
    close: async () => {
      await reader.cancel()
      await listening
    },
  }
}

/** What a page that is drawn now knows. */
function now(): string {
  return `version=${guard.live.version()}&drawn=${guard.clock.now()}`
}

function parse(block: string): Message {
  const lines = block.split('\n')
  const event = lines.find((line) => line.startsWith('event: '))?.slice(7) ?? block
  const data = lines.filter((line) => line.startsWith('data: ')).map((line) => line.slice(6))
  return { event, data: data.join('\n') }
}

const events = (messages: Message[]): string[] => messages.map(({ event }) => event)

describe('Live updates of an open page', () => {
  test('start with the counts', async () => {
    const { response, news } = await openPage(alice)
    expect(response.headers.get('content-type')).toStartWith('text/event-stream')
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(await news()).toEqual([{ event: 'counts', data: '{"down":0,"late":0,"up":0,"new":1,"paused":0}' }])
  })

  test('send the row of a pinged monitor, and no other row', async () => {
    guard.monitor(project, { name: 'report' })
    const { news } = await openPage(alice)
    await news()
    await guard.ping(backup)
    await guard.live.tick()
    const [row, counts, ...more] = await news()
    expect(row?.data).toContain(`<li id="monitor-${backup.id}" class="monitor monitor-up"`)
    expect(counts?.data).toContain('"up":1,"new":1')
    expect(more).toEqual([])
  })

  test('send a row without counts when they stay the same, and nothing when nothing happens', async () => {
    await guard.ping(backup)
    const { news } = await openPage(alice)
    await news()
    await guard.ping(backup)
    await guard.ping(backup)
    await guard.live.tick()
    expect(events(await news())).toEqual(['row'])
    await guard.live.tick()
    expect(await news()).toEqual([])
  })

  test('do not repeat what a page was drawn with, and reach pages that were open before', async () => {
    const before = await openPage(alice)
    await before.news()
    await guard.ping(backup)
    const after = await openPage(alice)
    expect(events(await after.news())).toEqual(['counts'])
    await guard.live.tick()
    expect([events(await before.news()), await after.news()]).toEqual([['row', 'counts'], []])
  })

  test('send the row of a monitor that becomes late and goes down without a ping', async () => {
    await guard.ping(backup)
    const { news } = await openPage(alice)
    await news()
    guard.clock.advance(HOUR)
    await guard.live.tick()
    expect((await news())[0]?.data).toContain('monitor-late')
    guard.clock.advance(10 * MINUTE)
    await guard.tick()
    expect((await news())[0]?.data).toContain('monitor-down')
  })

  test('send deleted and new monitors', async () => {
    const { news } = await openPage(alice)
    await news()
    deleteMonitor(guard.deps, guard.refOf(backup))
    await guard.live.tick()
    expect(await news()).toContainEqual({ event: 'gone', data: String(backup.id) })
    guard.monitor(project, { name: 'report' })
    await guard.live.tick()
    expect((await news())[0]?.data).toContain('report')
  })

  test('ask for a refresh when many monitors change at once', async () => {
    const monitors = Array.from({ length: 101 }, (_, index) => guard.monitor(project, { name: `job ${index}` }))
    const { news } = await openPage(alice)
    await news()
    await Promise.all(monitors.map((monitor) => guard.ping(monitor)))
    await guard.live.tick()
    expect(events(await news())).toEqual(['counts', 'refresh'])
  })

  test('contain nothing of other projects', async () => {
    const other = guard.monitor(guard.project('bob@example.org'), { name: 'of bob' })
    const { news } = await openPage(alice)
    await news()
    await guard.ping(other)
    deleteMonitor(guard.deps, guard.refOf(other))
    await guard.live.tick()
    expect(await news()).toEqual([])
  })

  test('keep a row in one event, whatever the name of the monitor', async () => {
    const evil = guard.monitor(project, { name: 'a' })
    guard.db.write((tx) =>
      tx.run('UPDATE monitors SET name = $name WHERE id = $id', { id: evil.id, name: 'x\n\nevent: y' }),
    )
    const { news } = await openPage(alice)
    await news()
    await guard.ping(evil)
    await guard.live.tick()
    expect(events(await news())).toEqual(['row', 'counts'])
  })

  test('begin with what changed since the page was drawn', async () => {
    const report = guard.monitor(project, { name: 'report' })
    await guard.ping(report)
    const drawn = now()
    await guard.ping(backup, '/fail')
    await guard.live.tick()
    const { news } = await openPage(alice, drawn)
    const [counts, row, ...more] = await news()
    expect(counts?.data).toContain('"down":1')
    expect(row?.data).toContain(`id="monitor-${backup.id}"`)
    expect(more).toEqual([])
  })

  test('include a monitor that became late since the page was drawn', async () => {
    await guard.ping(backup)
    const drawn = now()
    guard.clock.advance(HOUR)
    await guard.live.tick()
    const { news } = await openPage(alice, drawn)
    expect((await news())[1]?.data).toContain('monitor-late')
  })

  test('ask for a refresh when a monitor on the page was deleted', async () => {
    guard.clock.advance(SECOND)
    const drawn = now()
    deleteMonitor(guard.deps, guard.refOf(backup))
    await guard.live.tick()
    const { news } = await openPage(alice, drawn)
    expect(events(await news())).toEqual(['counts', 'refresh'])
  })

  test.each(['', 'version=1&drawn=1', 'version=x&drawn=y', 'version=9000000000000000&drawn=1'])(
    'ask for a refresh when the page was drawn by another server (%p)',
    async (drawn) => {
      const { news } = await openPage(alice, drawn)
      expect(events(await news())).toEqual(['counts', 'refresh'])
    },
  )

  test('cost one query when a project without open pages is pinged', async () => {
    const other = guard.monitor(guard.project('bob@example.org'), { name: 'of bob' })
    await openPage(alice)
    await guard.ping(other)
    const asked: string[] = []
    const all = guard.db.all.bind(guard.db)
    guard.deps.db.all = (sql, params) => {
      asked.push(sql)
      return all(sql, params)
    }
    await guard.live.tick()
    expect(asked).toHaveLength(1)
    expect(asked[0]).toContain('DISTINCT project_id')
  })

  test('lose nothing when the database cannot be read for a moment', async () => {
    const { news } = await openPage(alice)
    await news()
    await guard.ping(backup)
    const all = guard.db.all.bind(guard.db)
    guard.deps.db.all = () => {
      throw new Error('the disk is away')
    }
    await expect(guard.live.tick()).rejects.toThrow('the disk is away')
    guard.deps.db.all = all
    await guard.live.tick()
    expect(events(await news())).toEqual(['row', 'counts'])
  })

  const damage = (projectId: string): (() => void) => {
    const all = guard.db.all.bind(guard.db)
    guard.deps.db.all = (sql, params) => {
      if (params?.projectId === projectId && sql.includes('recent_runs')) throw new Error('a page is damaged')
      return all(sql, params)
    }
    return () => {
      guard.deps.db.all = all
    }
  }

  test('go on when another project cannot be read, which gets its updates later', async () => {
    const bobs = guard.project('bob@example.org')
    const late = guard.monitor(bobs, { name: 'late', schedule: { kind: 'period', periodMs: MINUTE }, graceMs: HOUR })
    const gone = guard.monitor(bobs, { name: 'gone' })
    await guard.ping(late)
    const bob = await openPage(await signedIn(guard, 'bob@example.org'), now(), bobs)
    const { news } = await openPage(alice)
    await Promise.all([bob.news(), news()])
    const repair = damage(bobs.id)
    await guard.ping(backup)
    deleteMonitor(guard.deps, guard.refOf(gone))
    guard.clock.advance(MINUTE)
    await guard.live.tick()
    await guard.live.tick()
    expect(events(await news())).toEqual(['row', 'counts', 'alive'])
    expect(guard.log.filter(({ level }) => level === 'error')).toHaveLength(1)
    repair()
    await guard.live.tick()
    const [, row, ...more] = await bob.news()
    expect(row?.data).toContain('monitor-late')
    expect(events(more)).toEqual(['gone', 'counts'])
  })

  test('send a ping as soon as its project can be read again', async () => {
    const { news } = await openPage(alice)
    await news()
    const repair = damage(project.id)
    await guard.ping(backup)
    await guard.live.tick()
    await guard.live.tick()
    repair()
    await guard.live.tick()
    await guard.live.tick()
    expect(events(await news())).toEqual(['row', 'counts'])
  })

  test('send "alive" every few seconds', async () => {
    const { news } = await openPage(alice)
    await news()
    guard.clock.advance(5 * SECOND)
    await guard.live.tick()
    expect(events(await news())).toEqual(['alive'])
  })
})

describe('Live stream ends', () => {
  test('when the session is ended elsewhere', async () => {
    const { isOver, news } = await openPage(alice)
    const [session] = listSessions(guard.db, { userId: alice.user.id, now: guard.clock.now() })
    endSession(guard.deps, { id: session?.id ?? '', userId: alice.user.id })
    guard.clock.advance(5 * SECOND)
    await guard.live.tick()
    await news()
    expect(isOver()).toBe(true)
  })

  test('when its user is removed from the project', async () => {
    const viewer = await memberOf(guard, project, 'viewer')
    const { isOver, news } = await openPage(viewer)
    guard.db.write((tx) => tx.run("DELETE FROM memberships WHERE role = 'viewer'"))
    guard.clock.advance(5 * SECOND)
    await guard.live.tick()
    await news()
    expect(isOver()).toBe(true)
  })

  test('when CronGuard stops, and none starts after that', async () => {
    const { isOver, news } = await openPage(alice)
    guard.live.close()
    await news()
    expect(isOver()).toBe(true)
    expect((await alice.get(`/projects/${project.id}/events`)).status).toBe(429)
  })

  test('when the page is closed', async () => {
    const { close } = await openPage(alice)
    await close()
    await guard.live.tick()
    await guard.ping(backup)
    await guard.live.tick()
    expect((await openPage(alice)).response.status).toBe(200)
  })

  test('when the same user opens more than twenty', async () => {
    const first = await openPage(alice)
    const second = await openPage(alice)
    for (let index = 0; index < 19; index += 1) await openPage(alice)
    expect((await first.news()).map(({ event }) => event)).toEqual(['counts', 'crowded'])
    expect([first.isOver(), second.isOver()]).toEqual([true, false])
  })

  test('when it is the oldest of twenty in any projects, and its page waits 30 seconds', async () => {
    const other = guard.project('bob@example.org')
    guard.db.write((tx) => insertMembership(tx, { projectId: other.id, userId: alice.user.id, role: 'viewer' }))
    const closed = await openPage(alice)
    guard.clock.advance(SECOND)
    const oldest = await openPage(alice, now(), other)
    await closed.close()
    guard.clock.advance(SECOND)
    for (let index = 0; index < 20; index += 1) await openPage(alice)
    expect(await oldest.text()).toContain('retry: 30000\nevent: crowded')
    expect(oldest.isOver()).toBe(true)
  })

  test('when its reader does not read', async () => {
    const response = await alice.get(`/projects/${project.id}/events`)
    for (let index = 0; index < 600; index += 1) {
      await guard.ping(backup)
      await guard.live.tick()
    }
    const text = await response.text()
    expect(text.match(/event: row/g)?.length).toBeLessThan(520)
  })
})
