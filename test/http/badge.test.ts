import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { deleteMonitor, pauseMonitor } from '#actions/monitors.ts'
import { DAY, HOUR, MINUTE } from '#lib/duration.ts'
import { findMonitorByPingKey } from '#store/monitors.ts'
import { TestGuard } from '../support/cronguard.ts'

let guard: TestGuard

beforeEach(() => {
  guard = new TestGuard()
})

afterEach(() => guard.stop())

const newMonitor = (change = {}) => guard.monitor(guard.project(), { name: 'backup', ...change })

async function picture({ badgeKey }: { badgeKey: string }): Promise<string> {
  const response = await guard.request(`/badge/${badgeKey}.svg`)
  expect(response.status).toBe(200)
  return await response.text()
}

async function facts({ badgeKey }: { badgeKey: string }) {
  const response = await guard.request(`/badge/${badgeKey}.json`)
  expect(response.status).toBe(200)
  return (await response.json()) as { name: string; status: string; last_ping: string | null; due: string | null }
}

const enabledDialects = (svg: string): string => /aria-label="([^"]*)"/.exec(svg)?.[1] ?? ''
const colors = (svg: string): string[] =>
  [...svg.matchAll(/<rect[^>]* fill="(#[0-9a-f]{3,6})"/g)].map(([, hex]) => hex ?? '')

/** New, up, late, down, paused. */
async function pictureOfEveryStatus(): Promise<string[]> {
  const monitor = newMonitor()
  const seen = [await picture(monitor)]
  await guard.ping(monitor)
  seen.push(await picture(monitor))
  for (const ms of [DAY, HOUR]) {
    guard.clock.advance(ms)
    seen.push(await picture(monitor))
  }
  pauseMonitor(guard.deps, guard.refOf(monitor))
  return [...seen, await picture(monitor)]
}

describe('A badge', () => {
  test('tells the name and the status of its monitor, in words and in a colour of its own', async () => {
    const seen = await pictureOfEveryStatus()
    const words = ['backup: new', 'backup: up', 'backup: late', 'backup: down', 'backup: paused']
    expect(seen.map(enabledDialects)).toEqual(words)
    expect(new Set(seen.map((svg) => colors(svg)[1])).size).toBe(words.length)
  })

  test('has white letters that can be read on every colour', async () => {
    const seen = new Set((await pictureOfEveryStatus()).flatMap(colors))
    expect(seen.size).toBeGreaterThan(5)
    expect([...seen].filter((hex) => contrastWithWhite(hex) < 4.5)).toEqual([])
  })

  test('is down at its deadline, even before anything has looked', async () => {
    const monitor = newMonitor()
    await guard.ping(monitor)
    guard.clock.advance(DAY + HOUR)
    expect(enabledDialects(await picture(monitor))).toBe('backup: down')
    expect(await facts(monitor)).toMatchObject({ status: 'down', due: null })
  })

  test('does not tell that a run is under way', async () => {
    const monitor = newMonitor()
    await guard.ping(monitor)
    await guard.ping(monitor, '/start')
    expect(enabledDialects(await picture(monitor))).toBe('backup: up')
  })

  test('as JSON tells name, status, the last ping and when the next one is due, and nothing else', async () => {
    const monitor = newMonitor()
    expect(await facts(monitor)).toEqual({ name: 'backup', status: 'new', last_ping: null, due: null })
    await guard.ping(monitor)
    guard.clock.advance(MINUTE)
    expect(await facts(monitor)).toEqual({
      name: 'backup',
      status: 'up',
      last_ping: '2026-03-01T12:00:00.000Z',
      due: '2026-03-02T12:00:00.000Z',
    })
  })

  test.each([
    ['svg', 'image/svg+xml; charset=utf-8'],
    ['json', 'application/json'],
  ])('as %s may be shown anywhere, is never cached and runs nothing', async (form, type) => {
    const { headers } = await guard.request(`/badge/${newMonitor().badgeKey}.${form}`)
    expect(headers.get('content-type')).toBe(type)
    expect(headers.get('cache-control')).toBe('max-age=0, no-cache, no-store, must-revalidate, private')
    expect(headers.get('access-control-allow-origin')).toBe('*')
    expect(headers.get('cross-origin-resource-policy')).toBe('cross-origin')
    expect(headers.get('content-security-policy')).toBe("default-src 'none'")
    expect(headers.get('x-content-type-options')).toBe('nosniff')
  })

  test('needs no style and loads nothing, so that the strictest policy leaves it whole', async () => {
    const svg = await picture(newMonitor())
    expect(svg).not.toMatch(/<style|style=|<script|<image|href=|@import/)
    expect(svg.match(/url\([^)]*\)/g)?.every((target) => target.startsWith('url(#'))).toBe(true)
  })

  test.each(['svg', 'json'])('as %s refuses HEAD, as Healthchecks does', async (form) => {
    const head = await guard.request(`/badge/${newMonitor().badgeKey}.${form}`, { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([405, ''])
  })
})

describe('A stranger with a badge key', () => {
  test('learns no other key, no description and no tag', async () => {
    const project = guard.project()
    const monitor = guard.monitor(project, { name: '', tags: 'nightly offsite', description: 'To the vault in Bern' })
    await guard.ping(monitor)
    const told = (await picture(monitor)) + JSON.stringify(await facts(monitor))
    const secrets = [monitor.pingKey, monitor.uniqueKey, monitor.badgeKey, project.pingKey, project.id]
    for (const secret of [...secrets, monitor.pingKey.slice(0, 8), 'nightly', 'offsite', 'Bern']) {
      expect(told).not.toContain(secret)
    }
  })

  test('sees a monitor without a name by its slug, or by the start of its unique key', async () => {
    const project = guard.project()
    const bySlug = guard.monitor(project, { name: '', slug: 'nightly-report' })
    const unnamed = guard.monitor(project, { name: '' })
    expect((await facts(bySlug)).name).toBe('nightly-report')
    expect((await facts(unnamed)).name).toBe(`monitor ${unnamed.uniqueKey.slice(0, 8)}`)
  })

  test('cannot ping with it', async () => {
    const monitor = newMonitor()
    expect((await guard.request(`/ping/${monitor.badgeKey}`)).status).toBe(404)
    expect(findMonitorByPingKey(guard.db, monitor.pingKey)?.pingCount).toBe(0)
  })
})

describe('There is no badge', () => {
  const badgeKeyOfProject = (id: string): string =>
    guard.db.get<{ badge_key: string }>('SELECT badge_key FROM projects WHERE id = $id', { id })?.badge_key ?? ''

  test.each(['svg', 'json'])('as %s under any other key or under none', async (form) => {
    const project = guard.project()
    const monitor = guard.monitor(project, { name: 'backup' })
    const others = [monitor.pingKey, monitor.uniqueKey, project.pingKey, project.id, badgeKeyOfProject(project.id)]
    const garbage = [
      '',
      '0',
      'backup',
      String(monitor.id),
      crypto.randomUUID(),
      '%27%20OR%201=1--',
      '..%2f..%2fetc',
      '%zz',
    ]
    for (const key of [...others, ...garbage]) {
      const response = await guard.request(`/badge/${key}.${form}`)
      expect([key, response.status]).toEqual([key, 404])
      expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8')
      expect(response.headers.get('cache-control')).toContain('no-store')
      expect(await response.text()).toBe('Badge not found.')
    }
  })

  test('under the right key with another ending, or once the monitor is gone', async () => {
    const monitor = newMonitor()
    for (const ending of ['', '.png', '.svg.json', '.SVG', '.svg%00']) {
      expect([ending, (await guard.request(`/badge/${monitor.badgeKey}${ending}`)).status]).toEqual([ending, 404])
    }
    deleteMonitor(guard.deps, guard.refOf(monitor))
    expect((await guard.request(`/badge/${monitor.badgeKey}.svg`)).status).toBe(404)
  })
})

describe('A hostile name', () => {
  const named = (name: string) => picture(newMonitor({ name }))

  test('is text, in the picture and in the JSON', async () => {
    const name = `<script>alert(1)</script>"'&]]>`
    const monitor = newMonitor({ name })
    const svg = await picture(monitor)
    expect(svg).not.toContain('<script')
    expect(enabledDialects(svg)).toStartWith('&lt;script&gt;alert(1)&lt;/script&gt;&quot;&apos;&amp;]]&gt;')
    expect((await facts(monitor)).name).toBe(name)
  })

  test('that is very long is cut, by letters and not through them', async () => {
    const svg = await named('🙂'.repeat(100))
    expect(enabledDialects(svg)).toBe(`${'🙂'.repeat(59)}…: new`)
    expect(Number(/width="(\d+)"/.exec(svg)?.[1])).toBeLessThan(1000)
  })

  test('that turns the direction of writing does not turn the status', async () => {
    expect(enabledDialects(await named('גיבוי\u202E\u2066'))).toBe('גיבוי: new')
  })

  test('with what XML cannot hold leaves a picture that can be drawn', async () => {
    expect(enabledDialects(await named('a\u0000b\u001Bc\uFFFEd'))).toBe('abcd: new')
  })
})

/** WCAG 2.2, "contrast ratio". */
function contrastWithWhite(hex: string): number {
  const long = hex.length === 4 ? hex.replace(/[^#]/g, '$&$&') : hex
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(long.slice(at, at + 2), 16) / 255
    return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)
}
