// CronGuard under a base path, behind the two kinds of proxies: those that keep the path and those that strip it.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { invite } from '#actions/members.ts'
import { projectsOf } from '#actions/projects.ts'
import { createUser } from '#actions/registration.ts'
import type { Monitor } from '#domain/monitor.ts'
import type { Project } from '#domain/project.ts'
import { HOUR, MINUTE } from '#lib/duration.ts'
import { findUserByEmail } from '#store/accounts.ts'
import { ASSETS } from '#views/assets.ts'
import { storedBytes } from '../support/bodies.ts'
import { TestGuard } from '../support/cronguard.ts'
import { type DataFolder, dataFolder } from '../support/data-folder.ts'
import { Served } from '../support/served.ts'
import { Visitor } from '../support/visitor.ts'

const ALICE = { email: 'alice@example.org', password: 'correct horse battery' }
const BASE = { CRONGUARD_BASE_URL: 'https://example.com/cron' }
const FORM = { Origin: 'https://example.com' }
/** Attributes in which a leading slash does not begin a URL. */
const NO_URLS = ['data-shortcut', 'value', 'placeholder']

type Style = 'keeps the path' | 'strips the path'

/** A proxy that serves CronGuard under /cron, and nothing else. */
class Detour {
  readonly #guard: TestGuard
  readonly #style: Style

  constructor(guard: TestGuard, style: Style) {
    this.#guard = guard
    this.#style = style
  }

  request(path: string, init: RequestInit = {}): Promise<Response> {
    if (!path.startsWith('/cron/')) return Promise.resolve(new Response('another program', { status: 418 }))
    return this.#guard.request(this.#style === 'keeps the path' ? path : path.slice('/cron'.length), init)
  }
}

let data: DataFolder
let guard: TestGuard
let project: Project
let backup: Monitor

beforeEach(async () => {
  data = dataFolder(BASE)
  guard = data.guard
  await createUser(guard.deps, { ...ALICE, isAdmin: true })
  project = projectOf(guard)
  const channel = guard.webhookTo(project, 'https://hooks.example.com/x')
  const hourly = { schedule: { kind: 'period', periodMs: HOUR }, graceMs: MINUTE } as const
  backup = guard.monitor(project, { name: 'backup', slug: 'backup', tags: 'prod', ...hourly }, [channel])
  guard.apiKey(project)
  await guard.ping(backup, '', { method: 'POST', body: 'all is well' })
  await guard.ping(backup, '/fail')
  await guard.tick()
  const actor = { projectId: project.id, userId: findUserByEmail(guard.db, ALICE.email)?.id ?? '' }
  await invite(guard.deps, { actor, email: '', role: 'viewer' })
})

afterEach(() => {
  guard.live.close()
  data.clear()
})

describe.each<Style>(['keeps the path', 'strips the path'])('Base path behind a proxy that %s', (style) => {
  const newProxy = () => new Detour(guard, style)

  async function alice(): Promise<Visitor> {
    const visitor = new Visitor(newProxy())
    await visitor.post('/cron/login', ALICE, FORM)
    return visitor
  }

  test('every URL on every page starts with it, and answers', async () => {
    const visitor = await alice()
    await visitor.post('/cron/instance/backups', {}, FORM)
    const walked = await walk(visitor, '/cron/')
    expect(walked.problems).toEqual([])
    expect(walked.pages).toBeGreaterThan(50)
    for (const part of ['events', 'counts', 'badge', 'assets', 'docs', 'timeline', 'instance', 'backups']) {
      expect([...walked.seen].filter((path) => path.split(/[/?]/).includes(part))).not.toBeEmpty()
    }
  }, 20_000)

  test('every URL on the public pages starts with it, and answers', async () => {
    const walked = await walk(new Visitor(newProxy()), '/cron/docs')
    expect(walked.problems).toEqual([])
    expect(walked.pages).toBeGreaterThan(5)
  })

  test('a visitor is redirected to the sign-in and back, with a cookie for the base path only', async () => {
    const visitor = new Visitor(newProxy())
    const asked = await visitor.get('/cron/settings?tab=1')
    expect(asked.headers.get('location')).toBe('/cron/login?next=%2Fsettings%3Ftab%3D1')
    const form = await visitor.read('/cron/login?next=%2Fsettings%3Ftab%3D1')
    expect(form).toContain('action="/cron/login"')
    const next = /name="next" value="([^"]*)"/.exec(form)?.[1] ?? ''
    const answer = await visitor.post('/cron/login', { ...ALICE, next }, FORM)
    expect(answer.headers.get('location')).toBe('/cron/settings?tab=1')
    const [cookie = ''] = answer.headers.getSetCookie()
    expect(cookie).toMatch(
      /^__Secure-cronguard-[0-9a-f]{8}=[\w.-]+; Path=\/cron; Max-Age=\d+; HttpOnly; SameSite=Lax; Secure$/,
    )
    expect(await visitor.read('/cron/settings')).toContain(ALICE.email)
  })

  test('a form redirects below it with a notice, and signing out clears the cookies of the base path', async () => {
    const visitor = await alice()
    const paused = await visitor.post(`/cron/monitors/${backup.uniqueKey}/pause`, {}, FORM)
    expect(paused.headers.get('location')).toBe(`/cron/monitors/${backup.uniqueKey}`)
    expect(paused.headers.getSetCookie()).toEqual([expect.stringContaining('; Path=/cron; ')])
    expect(await visitor.read(`/cron/monitors/${backup.uniqueKey}`)).toContain('class="notice')
    const out = await visitor.post('/cron/logout', {}, FORM)
    expect(out.headers.get('location')).toBe('/cron/login')
    for (const cookie of out.headers.getSetCookie()) expect(cookie).toContain('; Path=/cron; ')
  })

  test('a form sent without a session links to the sign-in and back to its page', async () => {
    const visitor = new Visitor(newProxy())
    const headers = { ...FORM, Referer: 'https://example.com/cron/settings?tab=1' }
    const answer = await visitor.post('/cron/settings/profile', { name: 'Alice' }, headers)
    expect(await answer.text()).toContain('href="/cron/login?next=%2Fsettings%3Ftab%3D1"')
  })

  test('a fragment sends the URL of the whole page in HX-Replace-Url', async () => {
    const visitor = await alice()
    const path = `/cron/projects/${project.id}/monitors/list?status=down`
    const answer = await visitor.get(path, { 'HX-Request': 'true', 'Accept-Encoding': 'gzip' })
    expect(answer.headers.get('hx-replace-url')).toBe(`/cron/projects/${project.id}?status=down`)
    expect(answer.headers.get('content-encoding')).toBe('gzip')
    const html = new TextDecoder().decode(Bun.gunzipSync(await answer.arrayBuffer()))
    expect(html).toContain(`href="/cron/monitors/${backup.uniqueKey}"`)
    expect(html).not.toMatch(/(?:href|hx-get)="\/(?!cron\/)/)
  })

  test('a changed row arrives by stream with URLs below it', async () => {
    const visitor = await alice()
    const stream = `/cron/projects/${project.id}/events?version=${guard.live.version()}&drawn=${guard.clock.now()}`
    const reader = (await visitor.get(stream)).body?.getReader()
    await reader?.read()
    await guard.ping(backup)
    await guard.tick()
    const news = new TextDecoder().decode((await reader?.read())?.value)
    expect(news).toContain('event: row')
    expect(news).toContain(`href="/cron/monitors/${backup.uniqueKey}"`)
    await reader?.cancel()
  })

  test('pings, API, badges, assets and health work below it', async () => {
    const proxy = newProxy()
    const status = async (path: string, init: RequestInit = {}) => (await proxy.request(`/cron${path}`, init)).status
    const before = guard.now(backup).pingCount
    expect(await status(`/ping/${backup.pingKey}?rid=1b7d9c0e-7f54-4b4e-9a47-3f1f0c6c3b11`)).toBe(200)
    expect(await status(`/${backup.pingKey}/log`, { method: 'POST', body: 'x' })).toBe(200)
    expect(guard.now(backup).pingCount).toBe(before + 2)
    expect(await status('/health')).toBe(200)
    expect(await status(ASSETS[0]?.path ?? '')).toBe(200)
    const headers = { 'X-Api-Key': guard.apiKey(project) }
    const check = await (await proxy.request(`/cron/api/v3/checks/${backup.pingKey}`, { headers })).json()
    expect(check).toMatchObject({
      ping_url: `https://example.com/cron/ping/${backup.pingKey}`,
      badge_url: `https://example.com/cron/b/2/${backup.badgeKey}.svg`,
    })
    expect(await status(`/b/2/${backup.badgeKey}.svg`)).toBe(200)
    const led = await proxy.request('/cron/api/v3/badges', { method: 'POST', headers })
    expect([led.status, led.headers.get('location')]).toEqual([301, '/cron/api/v3/badges/'])
  })

  test('the 404 page links home', async () => {
    const answer = await newProxy().request('/cron/nowhere')
    expect(answer.status).toBe(404)
    expect(await answer.text()).toContain('href="/cron/"')
  })
})

test.each(['/cron//ping/', '//cron/ping/', '///cron//ping//', '/cron//', '//ping/'])(
  'Base path: a ping to %s, with extra slashes, is recorded',
  async (start) => {
    const before = guard.now(backup).pingCount
    const response = await guard.request(`${start}${backup.pingKey}`, { method: 'POST', body: 'all is well' })
    expect([response.status, await response.text()]).toEqual([200, 'OK'])
    expect(guard.now(backup).pingCount).toBe(before + 1)
    expect((await guard.request('//cron/login')).status).toBe(404)
  },
)

describe('Base path', () => {
  test('serves the first page with and without a trailing slash, and with a query', async () => {
    for (const path of ['/cron', '/cron/', '/cron?q=1']) {
      expect((await guard.request(path)).headers.get('location')).toStartWith('/cron/login')
    }
  })

  test.each(['/docs', '/api/v3', '/ping', '/assets/x'])('must not be %s, where CronGuard has pages', (path) => {
    const env = { CRONGUARD_BASE_URL: `https://example.com${path}` }
    const start = path.split('/')[1]
    expect(() => new TestGuard({ env })).toThrow(
      `CRONGUARD_BASE_URL has the path ${path}, but CronGuard has pages at /${start}.`,
    )
  })

  test('matches whole path segments only', async () => {
    expect((await guard.request('/crontab')).status).toBe(404)
    expect((await guard.request('/cron.d/login')).status).toBe(404)
  })

  test('may have several segments', async () => {
    const deep = new TestGuard({ env: { CRONGUARD_BASE_URL: 'http://example.com/tools/cron-1/' } })
    await createUser(deep.deps, { ...ALICE, isAdmin: true })
    const answer = await deep.request('/tools/cron-1/')
    expect(answer.headers.get('location')).toBe('/tools/cron-1/login')
    expect(await (await deep.request('/login')).text()).toContain('action="/tools/cron-1/login"')
    deep.stop()
  })

  test('of one server does not affect another server', async () => {
    const other = new TestGuard({ env: { CRONGUARD_BASE_URL: 'http://example.com' } })
    await createUser(other.deps, { ...ALICE, isAdmin: true })
    const [below, plain] = await Promise.all([guard.request('/login'), other.request('/login')])
    expect(await below.text()).toContain('action="/cron/login"')
    expect(await plain.text()).toContain('action="/login"')
    other.stop()
  })

  test('changes only the URLs on a page', async () => {
    const plain = new TestGuard({ env: { CRONGUARD_BASE_URL: 'https://example.com' } })
    await createUser(plain.deps, { ...ALICE, isAdmin: true })
    for (const path of ['/login', '/docs', '/docs/pinging', '/docs/api', '/docs/alerts', '/nowhere']) {
      const below = await (await guard.request(path)).text()
      const bare = below.replaceAll('="/cron/', '="/').replaceAll('example.com/cron', 'example.com')
      expect(bare).toBe(await (await plain.request(path)).text())
    }
    plain.stop()
  })

  test.each(['nas', 'x', '[::1', 'localhost:99999', 'a b', ''])('works with any Host, such as %j', async (Host) => {
    const served = new Served(guard).open()
    const path = `/cron/ping/${backup.pingKey}/log`
    const answer = await served.send({ method: 'POST', path, headers: { Host }, body: 'what was said' })
    expect([answer.status, answer.body]).toEqual([200, 'OK'])
    const number = guard.now(backup).pingCount
    const body = storedBytes(guard.db, { monitorId: backup.id, number })
    expect(new TextDecoder().decode(body ?? undefined)).toBe('what was said')
    await served.close()
  })

  test('does not change text that a user entered', async () => {
    const visitor = new Visitor(new Detour(guard, 'keeps the path'))
    await visitor.post('/cron/login', ALICE, FORM)
    const name = 'x href="/a" src="/b" <a href="/c">'
    guard.monitor(project, { name, description: name })
    const html = await visitor.read('/cron/')
    expect(html).toContain('x href=&quot;/a&quot; src=&quot;/b&quot; &lt;a href=&quot;/c&quot;&gt;')
  })
})

function projectOf({ deps }: TestGuard): Project {
  const [project] = projectsOf(deps, ALICE.email)
  if (!project) throw new Error('Alice has a project of her own')
  return project
}

/** Follows every URL of our own, beginning at `start`. */
async function walk(visitor: Visitor, start: string) {
  const seen = new Set([start])
  const waiting = [start]
  const problems: string[] = []
  let pages = 0
  for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
    const answer = await visitor.get(path, path.includes('/list') ? { 'HX-Request': 'true' } : {})
    if (answer.status >= 400) problems.push(`${path} was answered ${answer.status}`)
    if (!answer.headers.get('content-type')?.startsWith('text/html')) {
      await answer.body?.cancel()
      continue
    }
    pages += 1
    const { found, strange } = urlsOn(await answer.text())
    problems.push(...strange.map((attribute) => `${path} has ${attribute}`))
    for (const next of found) {
      if (seen.has(next)) continue
      seen.add(next)
      waiting.push(next)
    }
  }
  return { seen, pages, problems }
}

function urlsOn(html: string): { found: string[]; strange: string[] } {
  const attributes = [...html.matchAll(/ ([a-z:-]+)="(\/[^"]*)"/g)].filter(([, name = '']) => !NO_URLS.includes(name))
  const strange = attributes
    .filter(([, , value = '']) => !/^\/cron\/(?!cron)/.test(value))
    .map(([attribute]) => attribute)
  const found = attributes
    .filter(([, name = '']) => !['action', 'formaction', 'hx-post'].includes(name))
    .map(([, , value = '']) => value.replaceAll('&amp;', '&').replace(/#.*/, ''))
  return { found, strange }
}
