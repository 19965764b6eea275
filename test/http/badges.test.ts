// Badges as Healthchecks has them: of a monitor with two or three states, of a tag, of a whole project.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { deleteMonitor, pauseMonitor } from '#actions/monitors.ts'
import { deleteProject } from '#actions/projects.ts'
import type { Project, Role } from '#domain/project.ts'
import { DAY, HOUR } from '#lib/duration.ts'
import { TestGuard } from '../support/cronguard.ts'
import { memberOf } from '../support/visitor.ts'

let guard: TestGuard

beforeEach(() => {
  guard = new TestGuard()
})

afterEach(() => guard.stop())

type Forms = Record<'svg' | 'svg3' | 'json' | 'json3' | 'shields' | 'shields3', string>

const pathOf = (url: string | undefined): string => {
  expect(url).toStartWith('http://127.0.0.1:8000/badge/')
  return url?.slice('http://127.0.0.1:8000'.length) ?? ''
}

async function badgesOf(project: Project, key = guard.apiKey(project, 'read-only'), version = 3) {
  const response = await guard.request(`/api/v${version}/badges/`, { headers: { 'X-Api-Key': key } })
  expect(response.status).toBe(200)
  return ((await response.json()) as { badges: Record<string, Forms> }).badges
}

async function read(path: string) {
  const response = await guard.request(path)
  expect([path, response.status]).toEqual([path, 200])
  return (await response.json()) as Record<string, unknown>
}

const labelOf = async (path: string): Promise<string> =>
  /aria-label="([^"]*)"/.exec(await (await guard.request(path)).text())?.[1] ?? ''

describe('Healthchecks badge of a monitor', () => {
  test('counts new and paused as up, and late as up with two states', async () => {
    const monitor = guard.monitor(guard.project(), { name: 'backup' })
    const seen = async () => {
      const [two, three] = [`/b/2/${monitor.badgeKey}`, `/b/3/${monitor.badgeKey}`]
      expect([await labelOf(`${two}.svg`), await labelOf(`${three}.svg`)]).toEqual([
        `backup: ${(await read(`${two}.json`)).status}`,
        `backup: ${(await read(`${three}.shields`)).message}`,
      ])
      return [await read(`${two}.json`), await read(`${three}.json`)]
    }
    const [up, late] = [
      { status: 'up', total: 1, grace: 0, down: 0 },
      { status: 'late', total: 1, grace: 1, down: 0 },
    ]
    const down = { status: 'down', total: 1, grace: 0, down: 1 }
    expect(await seen()).toEqual([up, up])
    await guard.ping(monitor)
    expect(await seen()).toEqual([up, up])
    guard.clock.advance(DAY)
    expect(await seen()).toEqual([{ ...late, status: 'up' }, late])
    guard.clock.advance(HOUR)
    expect(await seen()).toEqual([down, down])
    pauseMonitor(guard.deps, guard.refOf(monitor))
    expect(await seen()).toEqual([up, up])
  })

  test('has the URL that the API returns as badge_url', async () => {
    const project = guard.project()
    const monitor = guard.monitor(project, { name: 'backup' })
    const headers = { 'X-Api-Key': guard.apiKey(project) }
    const response = await guard.request(`/api/v1/checks/${monitor.pingKey}`, { headers })
    expect(((await response.json()) as { badge_url: string }).badge_url).toBe(
      `http://127.0.0.1:8000/b/2/${monitor.badgeKey}.svg`,
    )
    expect(await labelOf(`/b/2/${monitor.badgeKey}.svg`)).toBe('backup: up')
  })

  test('shows an unnamed monitor by the start of its unique key', async () => {
    const monitor = guard.monitor(guard.project(), { name: '' })
    const { label } = await read(`/b/2/${monitor.badgeKey}.shields`)
    expect(label).toBe(`monitor ${monitor.uniqueKey.slice(0, 8)}`)
    expect(await labelOf(`/b/3/${monitor.badgeKey}.svg`)).toBe(`${label}: up`)
  })

  test('answers 404 for any other key, format or number of states', async () => {
    const monitor = guard.monitor(guard.project(), { name: 'backup' })
    const { badgeKey, pingKey, uniqueKey } = monitor
    const paths = [`/b/1/${badgeKey}.svg`, `/b/4/${badgeKey}.svg`, `/b/${badgeKey}.svg`, `/b/2/${badgeKey}`]
    const others = [pingKey, uniqueKey, crypto.randomUUID(), badgeKey.slice(1), '%zz', '*'].map(
      (key) => `/b/2/${key}.svg`,
    )
    for (const path of [...paths, ...others, `/b/2/${badgeKey}.png`, `/b/2/${badgeKey}.svgfoo`, '/b/', '/b/2/']) {
      const response = await guard.request(path)
      expect([path, response.status, await response.text()]).toEqual([path, 404, 'Badge not found.'])
    }
    deleteMonitor(guard.deps, guard.refOf(monitor))
    expect((await guard.request(`/b/2/${badgeKey}.svg`)).status).toBe(404)
  })

  test('answers GET and OPTIONS from any origin, and refuses other methods', async () => {
    const path = `/b/3/${guard.monitor(guard.project(), { name: 'backup' }).badgeKey}.svg`
    const asked = async (method: string) => {
      const { status, headers } = await guard.request(path, { method })
      const cors = ['origin', 'headers', 'methods'].map((name) => headers.get(`access-control-allow-${name}`))
      expect([method, ...cors]).toEqual([method, '*', 'X-Api-Key', 'GET, OPTIONS'])
      expect(headers.get('access-control-max-age')).toBe('600')
      return status
    }
    expect([await asked('GET'), await asked('HEAD'), await asked('OPTIONS')]).toEqual([200, 405, 204])
    expect([await asked('POST'), await asked('PUT'), await asked('DELETE')]).toEqual([405, 405, 405])
  })
})

describe('GET /api/v3/badges/', () => {
  test('lists six URLs for all monitors and for each tag, in every API version', async () => {
    const project = guard.project()
    guard.monitor(project, { name: 'backup', tags: 'prod db' })
    guard.monitor(project, { name: 'report', tags: 'prod' })
    const badges = await badgesOf(project)
    expect(Object.keys(badges)).toEqual(['*', 'db', 'prod'])
    const { svg, svg3, ...others } = badges.db as Forms
    expect(pathOf(svg3)).toMatch(/^\/badge\/[0-9a-f-]{36}\/[\w-]{8}\/db\.svg$/)
    expect(svg).toBe(svg3.replace('/db.svg', '-2/db.svg'))
    expect(Object.entries(others)).toEqual([
      ['json', svg.replace('.svg', '.json')],
      ['json3', svg3.replace('.svg', '.json')],
      ['shields', svg.replace('.svg', '.shields')],
      ['shields3', svg3.replace('.svg', '.shields')],
    ])
    expect(pathOf(badges['*']?.svg)).toMatch(/^\/badge\/[0-9a-f-]{36}\/[\w-]{8}-2\.svg$/)
    for (const version of [1, 2]) expect(await badgesOf(project, guard.apiKey(project), version)).toEqual(badges)
  })

  test('requires a key, and lists no secrets and nothing of other projects', async () => {
    const [project, other] = [guard.project(), guard.project('mallory@example.org')]
    const monitor = guard.monitor(project, { name: 'backup', tags: 'db' })
    const listed = JSON.stringify(await badgesOf(project))
    const secrets = [monitor.pingKey, monitor.badgeKey, project.pingKey, project.id, 'backup']
    expect(secrets.filter((secret) => listed.includes(secret))).toEqual([])
    expect(Object.keys(await badgesOf(other))).toEqual(['*'])
    expect((await guard.request('/api/v3/badges/')).status).toBe(401)
    const headers = { 'X-Api-Key': 'x'.repeat(32) }
    expect((await guard.request('/api/v3/badges', { headers })).status).toBe(401)
  })
})

describe('Badge of a tag', () => {
  const TAGS = [
    'a/b',
    'ключ',
    'café',
    '50%',
    '%2F',
    'a?b#c',
    '..',
    '.',
    'v1.2',
    'x.svg',
    "!'()*",
    '__proto__',
    '日本🙂',
  ]

  test.each(TAGS)('finds the tag %s by its encoded name', async (tag) => {
    const project = guard.project()
    guard.monitor(project, { name: 'backup', tags: `${tag} other` })
    const forms = (await badgesOf(project))[tag] as Forms
    expect(pathOf(forms.json)).toMatch(/^[\w./%~-]+$/)
    expect(await read(pathOf(forms.json))).toEqual({ status: 'up', total: 1, grace: 0, down: 0 })
    expect((await read(pathOf(forms.shields3))).label).toBe(tag)
    expect(await (await guard.request(pathOf(forms.svg))).text()).toStartWith('<svg')
  })

  test('is found when its URL was decoded once or encoded only once', async () => {
    const project = guard.project()
    guard.monitor(project, { name: 'backup', tags: 'a/b' })
    const path = pathOf((await badgesOf(project))['a/b']?.json)
    expect(path).toEndWith('/a%252Fb.json')
    for (const ending of ['a%2Fb', 'a/b']) expect((await read(path.replace('a%252Fb', ending))).total).toBe(1)
  })

  test('counts whole tags, and shows the worst status: down, then late, then up', async () => {
    const project = guard.project()
    const backup = guard.monitor(project, { name: 'backup', tags: 'db prod' })
    const report = guard.monitor(project, { name: 'report', tags: 'prod' })
    guard.monitor(project, { name: 'sync', tags: 'production db2' })
    const badges = await badgesOf(project)
    const statusOf = async (tag: string) => await read(pathOf(badges[tag]?.json3))
    expect(await statusOf('prod')).toEqual({ status: 'up', total: 2, grace: 0, down: 0 })
    await guard.ping(backup)
    guard.clock.advance(DAY)
    expect(await statusOf('prod')).toEqual({ status: 'late', total: 2, grace: 1, down: 0 })
    expect((await read(pathOf(badges.prod?.json))).status).toBe('up')
    await guard.ping(report, '/fail')
    expect(await statusOf('prod')).toEqual({ status: 'down', total: 2, grace: 1, down: 1 })
    expect(await statusOf('*')).toEqual({ status: 'down', total: 3, grace: 1, down: 1 })
    expect(await statusOf('db')).toEqual({ status: 'late', total: 1, grace: 1, down: 0 })
    expect(await statusOf('production')).toEqual({ status: 'up', total: 1, grace: 0, down: 0 })
  })

  test('for all monitors has the name of the project', async () => {
    const project = guard.project()
    const forms = (await badgesOf(project))['*'] as Forms
    expect(await read(pathOf(forms.shields))).toEqual({
      schemaVersion: 1,
      label: project.name,
      message: 'up',
      color: 'success',
    })
  })

  test('requires its own signature', async () => {
    const [project, other] = [guard.project(), guard.project('mallory@example.org')]
    guard.monitor(project, { name: 'backup', tags: 'db secret' })
    guard.monitor(other, { name: 'backup', tags: 'db' })
    const [badges, others] = [await badgesOf(project), await badgesOf(other)]
    const db = pathOf(badges.db?.json3)
    const all = pathOf(badges['*']?.json3)
    const [key, signature] = db.split('/').slice(2)
    const [otherKey, otherSignature] = pathOf(others.db?.json3).split('/').slice(2)
    const wrong = [
      db.replace('/db.', '/secret.'),
      db.replace('/db.', '.'),
      all.replace('.json', '/db.json'),
      `/badge/${otherKey}/${signature}/db.json`,
      `/badge/${key}/${otherSignature}/db.json`,
      `/badge/${crypto.randomUUID()}/${signature}/db.json`,
      `/badge/${key}/${signature?.slice(0, 7)}/db.json`,
      `/badge/${key}/${signature}-3/db.json`,
      `/badge/${key}/${signature}-2-2/db.json`,
      `/badge/${key}/AAAAAAAA/db.json`,
      `/badge/${key}//db.json`,
      db.replace('.json', '.jsonfoo'),
      db.replace('.json', ''),
    ]
    for (const path of wrong) expect([path, (await guard.request(path)).status]).toEqual([path, 404])
  })

  test('is deleted with its project', async () => {
    const project = guard.project()
    const path = pathOf((await badgesOf(project))['*']?.json)
    deleteProject(guard.deps, { projectId: project.id, confirmation: project.name })
    expect((await guard.request(path)).status).toBe(404)
  })
})

describe('Project settings: badges', () => {
  const settings = async (project: Project, role: Role) =>
    await (await memberOf(guard, project, role)).read(`/projects/${project.id}/settings`)

  test('are shown to everyone but viewers', async () => {
    const project = guard.project()
    guard.monitor(project, { name: 'backup', tags: 'db' })
    const badges = await badgesOf(project)
    for (const role of ['member', 'admin', 'owner'] as const) {
      const text = await settings(project, role)
      expect(text).toContain(`src="${pathOf(badges.db?.svg3)}"`)
      expect(text).toContain(`>${badges['*']?.svg3}<`)
    }
    expect(await settings(project, 'viewer')).not.toContain('/badge/')
  })

  test('escape a hostile tag, and show at most 50 badges', async () => {
    const project = guard.project()
    guard.monitor(project, { name: 'backup', tags: '<script>alert(1)</script>"\'' })
    for (const part of ['a', 'b']) {
      const tags = Array.from({ length: 30 }, (_none, index) => `${part}${index}`).join(' ')
      guard.monitor(project, { name: part, tags })
    }
    const text = await settings(project, 'owner')
    expect(text).not.toContain('<script>alert')
    expect(text.match(/<img class="badge"/g)).toHaveLength(50)
    expect(text).toContain('12 more badges are available')
  })
})
