import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { setChannelDisabled, updateChannel } from '#actions/channels.ts'
import { pauseMonitor, resumeMonitor } from '#actions/monitors.ts'
import type { Project } from '#domain/project.ts'
import { HOUR, MINUTE } from '#lib/duration.ts'
import { listChannels } from '#store/channels.ts'
import { TestGuard } from '../support/cronguard.ts'
import { memberOf, signedIn, Visitor, words } from '../support/visitor.ts'

let guard: TestGuard
let project: Project
let alice: Visitor
let path: string

const HOURLY = { schedule: { kind: 'period', periodMs: HOUR } as const, graceMs: 10 * MINUTE }

beforeEach(async () => {
  guard = new TestGuard()
  project = guard.project('alice@example.org')
  alice = await signedIn(guard, 'alice@example.org')
  path = `/projects/${project.id}`
})

afterEach(() => guard.stop())

const rows = (text: string): string[] => text.match(/<li id="monitor-.*?<\/li>/gs) ?? []
const namesIn = (text: string): string[] =>
  rows(text).map((row) => /class="monitor-name"[^>]*>([^<]*)</.exec(row)?.[1] ?? '')

describe('Dashboard', () => {
  test('explains the first steps when there is no monitor', async () => {
    const text = await alice.read('/')
    for (const step of ['Create a monitor', 'Copy its ping URL', 'Run the job once', 'See it turn green']) {
      expect(text).toContain(step)
    }
    expect(text).toContain(`${path}/monitors/new`)
    expect(text).toContain(`<a href="${path}/channels">Create a channel</a>`)
    guard.webhookTo(project, 'https://example.com/hook')
    expect(await alice.read('/')).not.toContain('Create a channel')
  })

  test('shows each monitor with its status as a word and a shape, its schedule, pings and runs', async () => {
    guard.monitor(project, { name: 'backup', tags: 'db prod', ...HOURLY })
    const backup = guard.monitor(project, { name: 'report', ...HOURLY })
    await guard.ping(backup, '/start')
    await guard.ping(backup)
    await guard.ping(backup, '/start')
    guard.clock.advance(5 * MINUTE)
    const [report = '', fresh = ''] = rows(await alice.read('/'))
    for (const part of ['#shape-up', 'Up', 'Running', 'every hour', '5 minutes ago', 'in 55 minutes', '1 success']) {
      expect(report).toContain(part)
    }
    expect(report).toContain('title="2026-03-01 12:00:00 UTC"')
    for (const part of ['#shape-new', 'New', 'none yet', '>db<', '>prod<']) expect(fresh).toContain(part)
  })

  test('shows "no result yet" after a resume, or after only a start', async () => {
    const [resumed, started] = ['resumed', 'started'].map((name) => guard.monitor(project, { name, ...HOURLY }))
    if (!resumed || !started) throw new Error('There are two.')
    await guard.ping(resumed)
    pauseMonitor(guard.deps, guard.refOf(resumed))
    resumeMonitor(guard.deps, guard.refOf(resumed), 'unarmed')
    await guard.ping(started, '/start')
    await guard.pass(11 * MINUTE)
    const text = await alice.read('/')
    expect(namesIn(text)).toEqual(['started', 'resumed'])
    expect(rows(text).map((row) => /data-label="Last ping">([^<]*)</.exec(row)?.[1])).toEqual([
      'no result yet',
      'no result yet',
    ])
  })

  test('counts by status, with the worst in the title', async () => {
    const backup = guard.monitor(project, { name: 'backup', ...HOURLY })
    guard.monitor(project, { name: 'report' })
    await guard.ping(backup, '/fail')
    const text = await alice.read('/')
    expect(text).toContain('<title>(1 down) Monitors · CronGuard</title>')
    expect(text).toContain('<b data-count="down">1</b>')
    expect(text).toContain('<b data-count="all">2</b>')
    expect(namesIn(text)).toEqual(['backup', 'report'])
  })

  test('is filtered and sorted by its URL, and says when nothing matches', async () => {
    const backup = guard.monitor(project, { name: 'backup', tags: 'db', ...HOURLY })
    guard.monitor(project, { name: 'another backup', tags: 'mail' })
    guard.monitor(project, { name: 'report', tags: 'db' })
    await guard.ping(backup)
    expect(namesIn(await alice.read(`${path}?q=backup`))).toEqual(['backup', 'another backup'])
    expect(namesIn(await alice.read(`${path}?q=backup&sort=name`))).toEqual(['another backup', 'backup'])
    expect(namesIn(await alice.read(`${path}?status=up`))).toEqual(['backup'])
    expect(namesIn(await alice.read(`${path}?tag=db&status=new`))).toEqual(['report'])
    const none = await alice.read(`${path}?q=${encodeURIComponent('"><script>')}`)
    expect(namesIn(none)).toEqual([])
    expect(none).toContain('No monitors match')
    expect(none).toContain('value="&quot;&gt;&lt;script&gt;"')
  })

  test('keeps the rest of the filter in the links to statuses', async () => {
    guard.monitor(project, { name: 'backup', tags: 'db' })
    expect(await alice.read(`${path}?q=back&tag=db&sort=name`)).toContain(
      `${path}?q=back&amp;status=down&amp;tag=db&amp;sort=name`,
    )
  })

  test('ignores an invalid filter', async () => {
    guard.monitor(project, { name: 'backup' })
    expect(namesIn(await alice.read(`${path}?status=broken&sort=sideways&tag=&q=`))).toEqual(['backup'])
    expect(namesIn(await alice.read(`${path}?q=${'x'.repeat(10_000)}`))).toEqual([])
  })

  test('warns on every page when some monitors have no working channel, and names their number', async () => {
    const channelId = guard.webhookTo(project, 'http://hooks.example.org/')
    for (const name of ['one', 'two']) guard.monitor(project, { name })
    guard.monitor(project, { name: 'three' }, [channelId])
    expect(words(await alice.read('/'))).toContain('2 monitors have no working channel. No one gets notified when they')
    for (const page of ['channels', 'incidents', 'settings']) {
      expect(await alice.read(`/projects/${project.id}/${page}`)).toContain('2 monitors have no working channel.')
    }
    updateChannel(guard.deps, { ref: { projectId: project.id, channelId }, monitors: { is: 'all' } })
    expect(await alice.read('/')).not.toContain('no working channel')
    updateChannel(guard.deps, { ref: { projectId: project.id, channelId }, isDisabled: true })
    const dashboard = words(await alice.read('/'))
    expect(dashboard).toContain('All channels in this project are disabled')
    expect(dashboard).not.toContain('3 monitors have no working channel')
    expect(await alice.read(`/projects/${project.id}/channels`)).toContain('3 monitors have no working channel.')
  })

  test('warns when the channels of a monitor cannot send, although others could', async () => {
    guard.webhookTo(project, 'http://hooks.example.org/unused')
    const off = guard.webhookTo(project, 'http://hooks.example.org/off')
    const hook = guard.webhookTo(project, 'http://hooks.example.org/')
    const email = guard.mailTo(project, 'ops@example.org')
    const group = (members: string[]) =>
      guard.channel(project, { kind: 'group', settings: { members: members.join() } })
    const [dead, alive] = [group([off, email]), group([off, hook])]
    guard.monitor(project, { name: 'disabled' }, [off])
    guard.monitor(project, { name: 'without a mail server' }, [email])
    guard.monitor(project, { name: 'group that cannot send' }, [dead])
    guard.monitor(project, { name: 'group with a member that can' }, [alive])
    setChannelDisabled(guard.deps, { projectId: project.id, channelId: off, isDisabled: true })
    expect(words(await alice.read('/'))).toContain('3 monitors have no working channel.')
  })

  test('warns when no one gets notified', async () => {
    guard.monitor(project, { name: 'backup' })
    expect(await alice.read('/')).toContain('has no channels. No one gets notified when a monitor goes down')
    guard.mailTo(project, 'ops@example.org')
    const onlyEmail = await alice.read('/')
    expect(onlyEmail).toContain(
      'No mail server is configured, so this project&#x27;s email channels send nothing. No one gets notified',
    )
    expect(onlyEmail).toContain(`<a href="${path}/channels">View channels</a>`)
    const channelId = guard.webhookTo(project, 'http://hooks.example.org/')
    expect(await alice.read('/')).not.toContain('No one gets notified')
    setChannelDisabled(guard.deps, { projectId: project.id, channelId, isDisabled: true })
    expect(await alice.read('/')).toContain('No one gets notified')
    for (const { id } of listChannels(guard.db, project.id)) {
      setChannelDisabled(guard.deps, { projectId: project.id, channelId: id, isDisabled: true })
    }
    const text = await alice.read('/')
    expect(text).toContain('All channels in this project are disabled. No one gets notified')
    expect(text).toContain(`<a href="${path}/channels">Enable a channel</a>`)
  })

  test('never shows a ping key', async () => {
    const { pingKey } = guard.monitor(project, { name: '' })
    const text = await alice.read('/')
    expect(text).not.toContain(pingKey)
    expect(text).not.toContain(project.pingKey)
  })

  test('escapes hostile names', async () => {
    for (const name of [
      '<script>alert(1)</script>',
      `"'><img src=x onerror=alert(1)>`,
      '\u202Etxt.exe',
      '🧨'.repeat(100),
    ]) {
      guard.monitor(project, { name, tags: '"><b>tag' })
    }
    const text = await alice.read('/')
    expect(text).not.toContain('<script>alert')
    expect(text).not.toContain('<img src=x')
    expect(text).not.toContain('<b>tag')
    expect(rows(text)).toHaveLength(4)
  })

  test('is compressed for browsers that accept gzip', async () => {
    for (let index = 0; index < 50; index += 1) guard.monitor(project, { name: `job ${index}` })
    const packed = await alice.get('/', { 'Accept-Encoding': 'gzip' })
    expect(packed.headers.get('content-encoding')).toBe('gzip')
    const bytes = await packed.arrayBuffer()
    const text = new TextDecoder().decode(Bun.gunzipSync(bytes))
    expect(rows(text)).toHaveLength(50)
    expect(bytes.byteLength).toBeLessThan(text.length / 4)
  })
})

describe('Monitor list fragment', () => {
  test('is the same as in the page, and sends the URL of the page in HX-Replace-Url', async () => {
    guard.monitor(project, { name: 'backup' })
    guard.monitor(project, { name: 'report' })
    const response = await alice.get(`${path}/monitors/list?q=back`, { 'HX-Request': 'true' })
    const text = await response.text()
    expect(response.headers.get('hx-replace-url')).toBe(`${path}?q=back`)
    expect(text).toStartWith('<section id="monitors"')
    expect(await alice.read(`${path}?q=back`)).toContain(text)
  })
})

test('GET /projects/:id/monitors: redirects to the list', async () => {
  const response = await alice.get(`${path}/monitors`)
  expect([response.status, response.headers.get('location')]).toEqual([303, path])
})

describe('First page', () => {
  test('is the project that was viewed last', async () => {
    const other = guard.project('bob@example.org')
    guard.monitor(other, { name: 'of another project' })
    guard.db.write((tx) =>
      tx.run("INSERT INTO memberships SELECT $id, id, 'member', 9e12 FROM users WHERE email = 'alice@example.org'", {
        id: other.id,
      }),
    )
    expect(await alice.read('/')).toContain(`href="${path}" aria-current="true"`)
    await alice.read(`/projects/${other.id}`)
    expect(await alice.read('/')).toContain('of another project')
  })

  test('says so when the user has no project', async () => {
    guard.db.write((tx) => tx.run('DELETE FROM memberships'))
    const text = await alice.read('/')
    expect(text).toContain('No projects yet')
    expect(text).toContain('/projects/new')
  })
})

describe('Dashboard routes by role', () => {
  const paths = ['', '/monitors/list', '/counts', '/events']

  test.each(paths)('%p: strangers are redirected to the sign-in, outsiders get 404, viewers 200', async (tail) => {
    const outsider = await signedIn(guard, 'mallory@example.org')
    const viewer = await memberOf(guard, project, 'viewer')
    expect((await new Visitor(guard).get(path + tail)).status).toBe(303)
    expect((await outsider.get(path + tail)).status).toBe(404)
    const response = await viewer.get(path + tail)
    expect(response.status).toBe(200)
    await response.body?.cancel()
  })

  test('a viewer sees no link to create a monitor', async () => {
    const viewer = await memberOf(guard, project, 'viewer')
    expect(await viewer.read(path)).not.toContain('monitors/new')
    guard.monitor(project, { name: 'backup' })
    expect(await viewer.read(path)).not.toContain('monitors/new')
  })
})
