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

async function badgeSvg({ badgeKey }: { badgeKey: string }): Promise<string> {
  const response = await guard.request(`/badge/${badgeKey}.svg`)
  expect(response.status).toBe(200)
  return await response.text()
}

async function badgeJson({ badgeKey }: { badgeKey: string }) {
  const response = await guard.request(`/badge/${badgeKey}.json`)
  expect(response.status).toBe(200)
  return (await response.json()) as { name: string; status: string; last_ping: string | null; due: string | null }
}

const labelOf = (svg: string): string => /aria-label="([^"]*)"/.exec(svg)?.[1] ?? ''
const colors = (svg: string): string[] =>
  [...svg.matchAll(/<rect[^>]* fill="(#[0-9a-f]{3,6})"/g)].map(([, hex]) => hex ?? '')

/** The badge while new, up, late, down and paused. */
async function badgeOfEveryStatus(): Promise<string[]> {
  const monitor = newMonitor()
  const seen = [await badgeSvg(monitor)]
  await guard.ping(monitor)
  seen.push(await badgeSvg(monitor))
  for (const ms of [DAY, HOUR]) {
    guard.clock.advance(ms)
    seen.push(await badgeSvg(monitor))
  }
  pauseMonitor(guard.deps, guard.refOf(monitor))
  return [...seen, await badgeSvg(monitor)]
}

describe('Badge of a monitor', () => {
  test('has the name and status of its monitor, and a color for each status', async () => {
    const seen = await badgeOfEveryStatus()
    const words = ['backup: new', 'backup: up', 'backup: late', 'backup: down', 'backup: paused']
    expect(seen.map(labelOf)).toEqual(words)
    expect(new Set(seen.map((svg) => colors(svg)[1])).size).toBe(words.length)
  })

  test('has white text with enough contrast on every color', async () => {
    const seen = new Set((await badgeOfEveryStatus()).flatMap(colors))
    expect(seen.size).toBeGreaterThan(5)
    expect([...seen].filter((hex) => contrastWithWhite(hex) < 4.5)).toEqual([])
  })

  test('is down at the deadline, even before the watcher has run', async () => {
    const monitor = newMonitor()
    await guard.ping(monitor)
    guard.clock.advance(DAY + HOUR)
    expect(labelOf(await badgeSvg(monitor))).toBe('backup: down')
    expect(await badgeJson(monitor)).toMatchObject({ status: 'down', due: null })
  })

  test('does not show that a run has started', async () => {
    const monitor = newMonitor()
    await guard.ping(monitor)
    await guard.ping(monitor, '/start')
    expect(labelOf(await badgeSvg(monitor))).toBe('backup: up')
  })

  test('as JSON has only the name, the status, the last ping and when the next is due', async () => {
    const monitor = newMonitor()
    expect(await badgeJson(monitor)).toEqual({ name: 'backup', status: 'new', last_ping: null, due: null })
    await guard.ping(monitor)
    guard.clock.advance(MINUTE)
    expect(await badgeJson(monitor)).toEqual({
      name: 'backup',
      status: 'up',
      last_ping: '2026-03-01T12:00:00.000Z',
      due: '2026-03-02T12:00:00.000Z',
    })
  })

  test.each([
    ['svg', 'image/svg+xml; charset=utf-8'],
    ['json', 'application/json'],
  ])('as %s is readable from any origin, never cached, and runs no script', async (form, type) => {
    const { headers } = await guard.request(`/badge/${newMonitor().badgeKey}.${form}`)
    expect(headers.get('content-type')).toBe(type)
    expect(headers.get('cache-control')).toBe('max-age=0, no-cache, no-store, must-revalidate, private')
    expect(headers.get('access-control-allow-origin')).toBe('*')
    expect(headers.get('cross-origin-resource-policy')).toBe('cross-origin')
    expect(headers.get('content-security-policy')).toBe("default-src 'none'")
    expect(headers.get('x-content-type-options')).toBe('nosniff')
  })

  test('has no style attributes and loads nothing, so that a strict CSP does not break it', async () => {
    const svg = await badgeSvg(newMonitor())
    expect(svg).not.toMatch(/<style|style=|<script|<image|href=|@import/)
    expect(svg.match(/url\([^)]*\)/g)?.every((target) => target.startsWith('url(#'))).toBe(true)
  })

  test.each(['svg', 'json'])('as %s answers 405 to HEAD, like Healthchecks', async (form) => {
    const head = await guard.request(`/badge/${newMonitor().badgeKey}.${form}`, { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([405, ''])
  })
})

describe('Badge key', () => {
  test('reveals no other key, description or tag', async () => {
    const project = guard.project()
    const monitor = guard.monitor(project, { name: '', tags: 'nightly offsite', description: 'To the vault in Bern' })
    await guard.ping(monitor)
    const shown = (await badgeSvg(monitor)) + JSON.stringify(await badgeJson(monitor))
    const secrets = [monitor.pingKey, monitor.uniqueKey, monitor.badgeKey, project.pingKey, project.id]
    for (const secret of [...secrets, monitor.pingKey.slice(0, 8), 'nightly', 'offsite', 'Bern']) {
      expect(shown).not.toContain(secret)
    }
  })

  test('shows an unnamed monitor by its slug or the start of its unique key', async () => {
    const project = guard.project()
    const bySlug = guard.monitor(project, { name: '', slug: 'nightly-report' })
    const unnamed = guard.monitor(project, { name: '' })
    expect((await badgeJson(bySlug)).name).toBe('nightly-report')
    expect((await badgeJson(unnamed)).name).toBe(`monitor ${unnamed.uniqueKey.slice(0, 8)}`)
  })

  test('cannot be used to ping', async () => {
    const monitor = newMonitor()
    expect((await guard.request(`/ping/${monitor.badgeKey}`)).status).toBe(404)
    expect(findMonitorByPingKey(guard.db, monitor.pingKey)?.pingCount).toBe(0)
  })
})

describe('Badge not found', () => {
  const badgeKeyOfProject = (id: string): string =>
    guard.db.get<{ badge_key: string }>('SELECT badge_key FROM projects WHERE id = $id', { id })?.badge_key ?? ''

  test.each(['svg', 'json'])('as %s for any other key', async (form) => {
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

  test('for the right key with another suffix, and after its monitor was deleted', async () => {
    const monitor = newMonitor()
    for (const ending of ['', '.png', '.svg.json', '.SVG', '.svg%00']) {
      expect([ending, (await guard.request(`/badge/${monitor.badgeKey}${ending}`)).status]).toEqual([ending, 404])
    }
    deleteMonitor(guard.deps, guard.refOf(monitor))
    expect((await guard.request(`/badge/${monitor.badgeKey}.svg`)).status).toBe(404)
  })
})

describe('Badge of a monitor with a hostile name', () => {
  const named = (name: string) => badgeSvg(newMonitor({ name }))

  test('escapes the name in the SVG, and keeps it in the JSON', async () => {
    const name = `<script>alert(1)</script>"'&]]>`
    const monitor = newMonitor({ name })
    const svg = await badgeSvg(monitor)
    expect(svg).not.toContain('<script')
    expect(labelOf(svg)).toStartWith('&lt;script&gt;alert(1)&lt;/script&gt;&quot;&apos;&amp;]]&gt;')
    expect((await badgeJson(monitor)).name).toBe(name)
  })

  test('cuts a long name between characters', async () => {
    const svg = await named('🙂'.repeat(100))
    expect(labelOf(svg)).toBe(`${'🙂'.repeat(59)}…: new`)
    expect(Number(/width="(\d+)"/.exec(svg)?.[1])).toBeLessThan(1000)
  })

  test('keeps direction controls in the name from reversing the status', async () => {
    expect(labelOf(await named('גיבוי\u202E\u2066'))).toBe('גיבוי: new')
  })

  test('drops characters that XML does not allow', async () => {
    expect(labelOf(await named('a\u0000b\u001Bc\uFFFEd'))).toBe('abcd: new')
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
