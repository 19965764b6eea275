import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { pauseMonitor, resumeMonitor } from '#actions/monitors.ts'
import { NO_BODY } from '#domain/body.ts'
import type { Monitor } from '#domain/monitor.ts'
import { readCursor, TIMELINE_FILTERS } from '#domain/timeline.ts'
import { DAY, HOUR, SECOND } from '#lib/duration.ts'
import { insertPing } from '#store/pings.ts'
import { TestGuard } from '../support/cronguard.ts'
import { memberOf, type Visitor, words } from '../support/visitor.ts'

let guard: TestGuard
let monitor: Monitor
let viewer: Visitor

beforeEach(async () => {
  guard = new TestGuard({ env: { CRONGUARD_PINGS_PER_MONITOR: '1000000' } })
  const project = guard.project()
  monitor = guard.monitor(project, { name: 'backup', postOnly: true })
  viewer = await memberOf(guard, project, 'viewer')
})

afterEach(() => guard.stop())

const at = (path = '') => `/monitors/${monitor.uniqueKey}${path}`
const POST = { method: 'POST' }

/** "#12" for pings, "up", "down" for transitions, in the order of the page. */
const entriesOf = (html: string): string[] =>
  [...html.matchAll(/<li class="entry[ "].*?<\/li>/gs)].map(
    ([entry]) => /#\d+(?=<\/a>)/.exec(entry)?.[0] ?? /status-(\w+)"/.exec(entry)?.[1] ?? '?',
  )
const olderLink = (html: string): string | undefined =>
  /hx-get="([^"]*\/timeline\/older[^"]*)"/.exec(html)?.[1]?.replaceAll('&amp;', '&')
const plainLink = (html: string): string | undefined =>
  /href="([^"]*before=[^"]*)#timeline"/.exec(html)?.[1]?.replaceAll('&amp;', '&')
const newerLink = (html: string): string | undefined =>
  /hx-get="([^"]*\/timeline\/newer[^"]*)"/.exec(html)?.[1]?.replaceAll('&amp;', '&')

/** Pings of every kind, with transitions among them and several in one millisecond. */
async function makeHistory(count: number): Promise<void> {
  const endings = ['/start', '', '/log', '/fail', '', '']
  for (let index = 0; index < count; index++) {
    if (index % 3 !== 0) guard.clock.advance(7 * SECOND)
    await guard.ping(monitor, endings[index % endings.length], index % 11 === 0 ? {} : POST)
  }
}

/** All pages of a filter, found by their links. */
async function readAll(filter: string, link: typeof olderLink, between: () => Promise<void> = async () => {}) {
  let html = await viewer.read(`${at('/timeline')}?kind=${filter}`)
  const seen = entriesOf(html)
  let pages = 1
  for (let next = link(html); next !== undefined; next = link(html)) {
    await between()
    html = await viewer.read(next)
    seen.push(...entriesOf(html))
    pages += 1
  }
  return { seen, pages }
}

describe('Timeline', () => {
  test('has pings and transitions, newest first, with a transition above the ping that caused it', async () => {
    await guard.ping(monitor, '/start', POST)
    guard.clock.advance(2 * SECOND)
    await guard.ping(monitor, '/0', { method: 'POST', body: 'all \0 good\n<b>' })
    await guard.pass(DAY + 2 * HOUR, HOUR)
    await guard.ping(monitor)
    const html = await viewer.read(at())
    expect(entriesOf(html)).toEqual(['#3', 'down', 'up', '#2', '#1'])
    const text = words(html)
    expect(text).toContain('took 2 seconds exit status 0 from 192.0.2.7 all good &lt;b&gt;')
    expect(text).toContain('Down 2 Mar 2026, 13:00:02 No ping received in time')
    expect(text).toContain('Ignored')
  })

  test('shows the beginning of a body, with an ellipsis when there is more', async () => {
    const shown = async (body: string) => {
      await guard.ping(monitor, '', { method: 'POST', body })
      return /<bdi class="entry-body">([^<]*)</.exec(await viewer.read(at()))?.[1]
    }
    expect(await shown('x'.repeat(160))).toBe('x'.repeat(160))
    expect(await shown('x'.repeat(161))).toBe(`${'x'.repeat(160)}…`)
    expect(await shown(`done\n${' '.repeat(1000)}x`)).toBe('done…')
    expect(await shown(`${'x '.repeat(80)}${'y'.repeat(1_000_000)}`)).toBe(`${'x '.repeat(80).trim()}…`)
    expect(await shown(' \n ')).toBe('')
  })

  test('has each gap that extended the deadline, and loses none over its pages', async () => {
    const gapsIn = (html: string) => html.match(/entry-blackout/g)?.length ?? 0
    await guard.ping(monitor, '', POST)
    await guard.tick()
    let [read, pages] = [0, 0]
    for (let n = 0; n < 28; n++) {
      guard.sleep(DAY)
      await guard.tick()
      await guard.ping(monitor, '', POST)
    }
    const first = await viewer.read(at('/timeline'))
    expect(words(first)).toContain(
      'CronGuard was offline for 1 day: the machine was frozen or overloaded. ' +
        'The deadline was extended by one grace period.',
    )
    for (let html = first; ; pages++) {
      read += gapsIn(html)
      const next = olderLink(html)
      if (next === undefined) break
      html = await viewer.read(next)
    }
    expect([read, pages]).toEqual([28, 1])
    expect(gapsIn(await viewer.read(at('/timeline?kind=success')))).toBe(0)
    const newer = newerLink(first) ?? ''
    guard.sleep(DAY)
    await guard.tick()
    expect(gapsIn(await viewer.read(newer))).toBe(1)
  })

  test.each([
    ['by the links of htmx', olderLink],
    ['by plain links, without JavaScript', plainLink],
  ])('is complete over its pages, %s, without duplicates, while pings arrive', async (_how, link) => {
    await makeHistory(180)
    const transitions = guard.statuses(monitor).length
    const { seen, pages } = await readAll('all', link, async () => {
      guard.clock.advance(SECOND)
      await guard.ping(monitor, '/fail', POST)
      await guard.ping(monitor, '', POST)
    })
    const pings = seen.filter((entry) => entry.startsWith('#'))
    expect(pings).toEqual(Array.from({ length: 180 }, (_, index) => `#${180 - index}`))
    expect(seen.length - pings.length).toBe(transitions)
    expect(pages).toBe(Math.ceil(seen.length / 50))
  })

  test('is complete after the clock was set back', async () => {
    await makeHistory(70)
    guard.clock.advance(-HOUR)
    await makeHistory(70)
    const { seen } = await readAll('all', olderLink)
    expect(new Set(seen.filter((entry) => entry.startsWith('#'))).size).toBe(140)
    expect(seen.filter((entry) => !entry.startsWith('#'))).toHaveLength(guard.statuses(monitor).length)
  })

  test('shows with a filter only what it names, and marks the filter', async () => {
    await makeHistory(66)
    const all = await readAll('all', olderLink)
    const found: string[] = []
    for (const filter of TIMELINE_FILTERS.filter((name) => name !== 'all')) {
      const html = await viewer.read(`${at()}?kind=${filter}`)
      const { seen } = await readAll(filter, olderLink)
      expect(entriesOf(html)).toEqual(seen.slice(0, 50))
      expect(html).toMatch(new RegExp(`aria-current="true" id="timeline-${filter}"`))
      expect(seen.length).toBeGreaterThan(0)
      if (filter !== 'status') expect(html).not.toContain('entry-transition')
      found.push(...seen)
    }
    expect(found.sort()).toEqual(all.seen.sort())
  })

  test('has the same length for a user who comes back', async () => {
    await makeHistory(160)
    let html = await viewer.read(at())
    const seen = entriesOf(html)
    let address = ''
    for (let step = 0; step < 2; step++) {
      const response = await viewer.get(olderLink(html) ?? '')
      address = response.headers.get('hx-replace-url') ?? ''
      html = await response.text()
      seen.push(...entriesOf(html))
    }
    expect(address).toBe(`${at()}?kind=all&steps=2`)
    const again = await viewer.read(address)
    expect(entriesOf(again)).toEqual(seen)
    expect(olderLink(again)).toBe(olderLink(html))
  })

  test('keeps the filter in the URL', async () => {
    const response = await viewer.get(`${at('/timeline')}?kind=fail`)
    expect(response.headers.get('hx-replace-url')).toBe(`${at()}?kind=fail`)
  })

  test('continues over a long range in which nothing matches', async () => {
    await guard.ping(monitor, '/fail', POST)
    guard.db.write((tx) => {
      for (let number = 2; number <= 45_000; number++) insertPing(tx, { ...successOf(monitor), number, at: tx.now })
      tx.run('UPDATE monitors SET ping_count = 45000 WHERE id = $id', { id: monitor.id })
    })
    expect(await viewer.read(`${at()}?kind=fail`)).toContain('No matching entries among the newest pings.')
    const { seen, pages } = await readAll('fail', olderLink)
    expect(seen).toEqual(['#1'])
    expect(pages).toBe(3)
  })

  test.each(['', '0', '1.2', 'x.y.z', '-1.0.0', '1.2.3.4', '99999999999999999.0.0'])(
    'refuses the invalid cursor %j',
    async (before) => {
      await guard.ping(monitor, '', POST)
      expect(readCursor(before)).toBeNull()
      expect((await viewer.get(`${at('/timeline/older')}?before=${before}`)).status).toBe(422)
      expect((await viewer.get(`${at('/timeline/newer')}?after=${before}`)).status).toBe(422)
      expect(entriesOf(await viewer.read(`${at()}?before=${before}`))).toEqual(['up', '#1'])
    },
  )
})

describe('New timeline entries', () => {
  test('are added above the others, each once', async () => {
    let html = await viewer.read(at())
    expect(html).toContain('No entries yet.')
    const news: string[][] = []
    const happenings = [
      () => guard.ping(monitor, '/start', POST),
      () => guard.ping(monitor, '', POST),
      async () => {},
      async () => {
        pauseMonitor(guard.deps, guard.refOf(monitor))
        guard.clock.advance(SECOND)
        resumeMonitor(guard.deps, guard.refOf(monitor), 'unarmed')
      },
      () => guard.ping(monitor, '/fail', POST),
    ]
    for (const happen of happenings) {
      guard.clock.advance(SECOND)
      await happen()
      html = await viewer.read(newerLink(html) ?? '')
      news.push(entriesOf(html))
    }
    expect(news).toEqual([['#1'], ['up', '#2'], [], ['new', 'paused'], ['down', '#3']])
    expect(entriesOf(await viewer.read(at()))).toEqual(news.reverse().flat())
  })

  test('match the filter', async () => {
    let html = await viewer.read(`${at()}?kind=fail`)
    await makeHistory(12)
    html = await viewer.read(newerLink(html) ?? '')
    expect(entriesOf(html)).toEqual(['#10', '#4'])
    expect(entriesOf(await viewer.read(newerLink(html) ?? ''))).toEqual([])
  })

  test('are offered as a fresh page when there are too many', async () => {
    const html = await viewer.read(at())
    await makeHistory(60)
    const news = await viewer.read(newerLink(html) ?? '')
    expect(entriesOf(news)).toEqual([])
    expect(news).toContain('Back to newest')
    expect(newerLink(news)).toBeUndefined()
  })
})

function successOf({ id }: Monitor) {
  return {
    monitorId: id,
    kind: 'success' as const,
    runId: null,
    exitStatus: null,
    durationMs: null,
    scheme: 'http',
    method: 'POST',
    remoteAddress: null,
    userAgent: '',
    ...NO_BODY,
  }
}
