import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { changeProfile } from '#actions/accounts.ts'
import { createChannel, setChannelDisabled } from '#actions/channels.ts'
import { pauseMonitor, resumeMonitor, updateMonitor } from '#actions/monitors.ts'
import type { Monitor } from '#domain/monitor.ts'
import type { Project } from '#domain/project.ts'
import { DAY, HOUR, MINUTE, SECOND } from '#lib/duration.ts'
import { listPings } from '#store/pings.ts'
import { findProject } from '#store/projects.ts'
import { TestGuard } from '../support/cronguard.ts'
import { memberOf, signedIn, Visitor, words } from '../support/visitor.ts'

let guard: TestGuard
let project: Project
let monitor: Monitor
let member: Awaited<ReturnType<typeof memberOf>>
let viewer: Visitor

beforeEach(async () => {
  guard = new TestGuard()
  project = guard.project()
  monitor = guard.monitor(project, { name: 'backup', slug: 'backup' })
  member = await memberOf(guard, project, 'member')
  viewer = await memberOf(guard, project, 'viewer')
})

afterEach(() => guard.stop())

const at = (path = '') => `/monitors/${monitor.uniqueKey}${path}`
const overview = async (visitor = member) => words(await visitor.read(at('/overview')))

describe('Monitor page', () => {
  test('explains the first ping, and is green without a reload once it arrived', async () => {
    const text = await member.read(at())
    expect(text).toContain('curl -fsS -m 10 ')
    expect(text).toContain(`data-live-monitor="${monitor.uniqueKey}" hx-get="${at('/overview')}"`)
    await guard.ping(monitor)
    const after = await overview()
    expect(after).toContain('Up since 1 Mar, 12:00')
    expect(after).not.toContain('curl')
  })

  test('has the ping URL, with snippets for every language', async () => {
    const text = await member.read(at())
    expect(text).toContain(`id="ping-url">http://127.0.0.1:8000/ping/${monitor.pingKey}<`)
    for (const id of 'crontab bash wget python node go php powershell systemd docker'.split(' ')) {
      expect(text).toContain(`data-copy="snippet-${id}"`)
    }
  })

  test('shows the slug URL to those who may see the project ping key, and refers members to them', async () => {
    const key = findProject(guard.db, project.id)?.pingKey ?? '?'
    const admin = await memberOf(guard, project, 'admin')
    expect(await admin.read(at())).toContain(`id="slug-url">http://127.0.0.1:8000/ping/${key}/backup<`)
    const text = await member.read(at())
    expect(text).not.toContain(key)
    expect(words(text)).toContain('The slug is backup . Its ping URL contains the project ping key. Ask a')
  })

  test('points out pings that match another time zone, and offers it', async () => {
    const schedule = { kind: 'cron', expression: '0 3 * * *', timeZone: 'UTC' } as const
    updateMonitor(guard.deps, { ref: guard.refOf(monitor), change: { schedule } })
    const hint = 'Pings arrive 5 hours 30 minutes before their scheduled time in UTC.'
    changeProfile(guard.deps, { userId: member.user.id, name: '', timeZone: 'Asia/Colombo' })
    for (const day of [1, 2, 3]) {
      guard.clock.advance(Date.UTC(2026, 2, day, 21, 30, 2) - guard.clock.now())
      expect(words(await member.read(at()))).not.toContain(hint)
      await guard.ping(monitor)
    }
    const text = await member.read(at())
    expect(words(text)).toContain(`${hint} In Asia/Colombo they would be on time.`)
    expect(words(await viewer.read(at()))).toContain(hint)
    expect(await viewer.read(at())).not.toContain('?timeZone=')
    const form = await member.read(at('/edit?timeZone=Asia%2FColombo'))
    expect(form).toContain('<option value="Asia/Colombo" selected>')
    updateMonitor(guard.deps, { ref: guard.refOf(monitor), change: { schedule: { expression: '0 5 * * *' } } })
    expect(words(await member.read(at()))).not.toContain('Pings arrive')
  })

  test('shows the number of runs in progress', async () => {
    await guard.ping(monitor)
    for (const id of ['1', '2']) await guard.ping(monitor, `/start?rid=00000000-0000-4000-8000-00000000000${id}`)
    expect(await overview()).toContain('2 runs in progress')
  })

  test('shows its badge, with Markdown to copy that no name can break', async () => {
    const hostile = guard.monitor(project, { name: '](javascript:alert(1)) <script>' })
    const text = await viewer.read(`/monitors/${hostile.uniqueKey}`)
    expect(text).toContain(`src="/badge/${hostile.badgeKey}.svg"`)
    const markdown = /id="badge-markdown">([^<]*)</.exec(text)?.[1]
    expect(markdown).toBe(`![javascript:alert 1 script](http://127.0.0.1:8000/badge/${hostile.badgeKey}.svg)`)
  })

  test('shows each status, since when, and what is expected', async () => {
    const seen: string[] = [await overview()]
    await guard.ping(monitor)
    for (const ms of [HOUR, DAY - HOUR / 2, HOUR]) {
      await guard.pass(ms, HOUR / 2)
      seen.push(await overview())
    }
    pauseMonitor(guard.deps, guard.refOf(monitor))
    seen.push(await overview())
    expect(seen.map((text) => /\w+ since \d+ \w+, [\d:]+/.exec(text)?.[0])).toEqual([
      'New since 1 Mar, 12:00',
      'Up since 1 Mar, 12:00',
      'Late since 2 Mar, 12:00',
      'Down since 2 Mar, 13:00',
      'Paused since 2 Mar, 13:30',
    ])
    expect(seen[1]).toContain('Next ping in 23 hours Alert at 2 Mar, 13:00 Last ping 1 hour ago')
    expect(seen[4]).toContain('Resume')
  })

  test('is late or down at the deadline, even before the watcher has run', async () => {
    await guard.ping(monitor)
    guard.clock.advance(DAY + MINUTE)
    expect(await overview()).toContain('Late since 2 Mar, 12:00')
    guard.clock.advance(HOUR)
    expect(await overview()).toContain('Down since 2 Mar, 13:00')
  })

  test('says which pings it waits for when some arrived, but no success or failure', async () => {
    await guard.ping(monitor, '/log')
    expect(await overview()).toContain('Last ping no success or failure yet')
    await guard.ping(monitor)
    pauseMonitor(guard.deps, guard.refOf(monitor))
    resumeMonitor(guard.deps, guard.refOf(monitor), 'unarmed')
    await guard.ping(monitor, '/log')
    expect(await overview()).toContain('Last ping no success or failure since it was resumed')
  })

  test('shows the seconds of the deadline when they matter', async () => {
    const schedule = { kind: 'cron', expression: '10 19 * * *', timeZone: 'UTC' } as const
    monitor = guard.monitor(project, { name: 'exact', schedule, graceMs: 150 * SECOND })
    await guard.ping(monitor)
    expect(await overview()).toContain('Alert at 1 Mar 2026, 19:12:30')
  })

  test('shows uptime of 30 and 90 days, and the durations of the last runs', async () => {
    await guard.ping(monitor, '/start')
    guard.clock.advance(5 * MINUTE)
    await guard.ping(monitor)
    await guard.pass(2 * DAY, HOUR)
    await guard.ping(monitor, '/start')
    guard.clock.advance(90 * SECOND)
    await guard.ping(monitor, '/fail')
    const text = words(await viewer.read(at('/charts')))
    expect(text).toMatch(/30 days: \d\d\.\d\d% , 90 days: \d\d\.\d\d%/)
    expect(text).toContain('#2 Success, 1 Mar, 12:05, 5 minutes')
    expect(text).toContain('#4 Failure, 3 Mar, 12:06, 1 minute 30 seconds')
  })

  test('shows why an incident caused an alert, and through which channel', async () => {
    const channel = guard.mailTo(project, 'ops@example.org')
    const alerted = guard.monitor(project, { name: 'alerted' }, [channel])
    await guard.ping(alerted)
    await guard.pass(DAY + HOUR, HOUR)
    const text = words(await viewer.read(`/monitors/${alerted.uniqueKey}/incidents`))
    expect(text).toContain('Why this alert?')
    expect(text).toContain('email')
    expect(text).toContain('Down since 2 Mar, 13:00')
    expect(text).toContain('Last success 1 Mar 2026, 12:00:00')
    expect(text).not.toContain('Missed runs')
    await guard.ping(alerted)
    const after = words(await viewer.read(`/monitors/${alerted.uniqueKey}/incidents`))
    expect(after).toContain('Down from 2 Mar, 13:00 to 2 Mar, 13:00')
    expect(after).not.toMatch(/since/i)
    expect(after).toContain('Missed runs 1')
    expect(await viewer.read(at('/incidents'))).toContain('hidden')
  })

  test('escapes hostile text', async () => {
    const hostile = `<script>alert(1)</script>"'\u202E ${'x'.repeat(60)}`
    const change = { name: hostile, tags: '<i> "q', description: `<img src=x onerror=alert(1)>\n${'d'.repeat(200)}` }
    monitor = guard.monitor(project, change)
    await guard.ping(monitor, '', { method: 'POST', body: '<script>alert(2)</script>' })
    for (const path of ['', '/edit', '/delete', '/timeline', '/pings/1', '?kind=<script>alert(3)</script>']) {
      const text = await member.read(at(path))
      expect(text).not.toMatch(/<script>|<img src=x|<i>/)
    }
  })

  test('says when no one gets notified', async () => {
    expect(words(await member.read(at()))).toContain('Notifies no one : choose a channel')
    expect(words(await viewer.read(at()))).not.toContain('choose a channel')
  })

  test('shows which channels are disabled, and that no one gets notified when all are', async () => {
    const [one, two] = ['http://hooks.example.org/a', 'http://hooks.example.org/b'].map((url, index) => {
      const settings = { url }
      return createChannel(guard.deps, { projectId: project.id, kind: 'webhook', name: `hook ${index}`, settings }).id
    }) as [string, string]
    monitor = guard.monitor(project, { name: 'alerted' }, [one, two])
    const off = (channelId: string) =>
      setChannelDisabled(guard.deps, { projectId: project.id, channelId, isDisabled: true })
    expect(words(await member.read(at()))).not.toContain('disabled')
    off(one)
    const some = words(await member.read(at()))
    expect(some).toContain('hook 0 (disabled)')
    expect(some).not.toContain('Notifies no one')
    expect(some).not.toContain('hook 1 (disabled)')
    off(two)
    const none = await member.read(at())
    expect(words(none)).toContain('Notifies no one : review the channels ; ')
    expect(none).toContain(`<strong>no one</strong>: <a href="/projects/${project.id}/channels">`)
    expect(words(await viewer.read(at()))).toContain('Notifies no one ; ')
  })

  test('warns that no mail server is configured, and so does its form', async () => {
    const channelId = guard.mailTo(project, 'a@example.org')
    monitor = guard.monitor(project, { name: 'alerted' }, [channelId])
    expect(words(await member.read(at()))).toMatch(/Notifies no one .* \(no mail server configured\)/)
    expect(words(await member.read(at('/edit')))).toContain('(no mail server configured)')
  })

  test('counts no paused time as uptime, and has no data when there is nothing else', async () => {
    monitor = guard.monitor(project, { name: 'resting' })
    await guard.ping(monitor)
    pauseMonitor(guard.deps, guard.refOf(monitor))
    await guard.pass(10 * DAY, DAY)
    const text = words(await viewer.read(at('/charts')))
    expect(text).toContain('30 days: no data , 90 days: no data')
    expect(text).toContain('Time before the first ping')
  })
})

describe('Monitor page for a viewer', () => {
  test('has no key, no snippet and no button', async () => {
    await guard.ping(monitor, '/start')
    const pages = ['', '/overview', '/charts', '/incidents', '/timeline', '/pings/1', '/timeline/newer?after=0.0.0']
    const secrets = [monitor.pingKey, findProject(guard.db, project.id)?.pingKey ?? '?']
    for (const path of pages) {
      const text = await viewer.read(at(path))
      for (const secret of secrets) expect(text).not.toContain(secret)
      expect(text).not.toContain(`action="${at()}`)
    }
    const fresh = guard.monitor(project, { name: 'fresh' })
    expect(await viewer.read(`/monitors/${fresh.uniqueKey}`)).not.toContain(fresh.pingKey)
    expect(await viewer.read(`/monitors/${fresh.uniqueKey}/overview`)).toContain('aiting for the first ping')
  })

  test('allows no change, and answers strangers and outsiders with nothing', async () => {
    const visitors: [Visitor, look: number, ask: number, post: number][] = [
      [new Visitor(guard), 303, 303, 401],
      [await signedIn(guard, 'outsider@example.org'), 404, 404, 404],
      [viewer, 200, 403, 403],
    ]
    for (const [visitor, look, ask, post] of visitors) {
      for (const path of ['', '/overview', '/charts', '/incidents', '/timeline']) {
        expect((await visitor.get(at(path))).status).toBe(look)
      }
      expect((await visitor.get(at('/delete'))).status).toBe(ask)
      for (const path of ['/pause', '/resume', '/ping', '/delete']) {
        expect((await visitor.post(at(path))).status).toBe(post)
      }
    }
    expect(guard.now(monitor)).toEqual(monitor)
  })
})

describe('Monitor page for a member', () => {
  const press = async (path: string) => {
    const response = await member.post(at(path))
    expect([response.status, response.headers.get('location')]).toEqual([303, at()])
    return words(await member.read(at()))
  }

  test('pauses and resumes, and pressing a button twice does no harm', async () => {
    expect(await press('/pause')).toContain('Monitor paused.')
    expect(guard.now(monitor).status).toBe('paused')
    expect(await press('/pause')).toContain('Monitor paused.')
    expect(await press('/resume')).toContain('Monitor resumed.')
    expect(await press('/resume')).not.toContain('Monitor resumed.')
    expect(guard.now(monitor).status).toBe('new')
  })

  test('reports success, from the address of the member', async () => {
    expect(await press('/ping')).toContain('Success reported.')
    expect(listPings(guard.db, { monitorId: monitor.id, limit: 5 })[0]).toMatchObject({
      kind: 'success',
      method: 'POST',
      scheme: 'http',
      remoteAddress: '192.0.2.7',
    })
    expect(guard.now(monitor).status).toBe('up')
  })

  test('reports success, whatever keywords the monitor requires', async () => {
    const filter = { httpBody: true, successKeywords: 'done', failsByDefault: true }
    monitor = guard.monitor(project, { name: 'judged', filter }, [guard.mailTo(project, 'ops@example.org')])
    await guard.ping(monitor, '', { method: 'POST', body: 'done' })
    expect(await press('/ping')).toContain('Success reported.')
    await guard.tick()
    expect(guard.now(monitor)).toMatchObject({ status: 'up', pingCount: 2 })
    expect(guard.outside.mails).toEqual([])
  })

  test('reports success, even sooner than the minimum run time', async () => {
    monitor = guard.monitor(project, { name: 'slow', minRunMs: HOUR })
    await guard.ping(monitor, '/start')
    expect(await press('/ping')).toContain('Success reported.')
    expect(guard.now(monitor)).toMatchObject({ status: 'up', pingCount: 2 })
  })

  test('reports success to resume a paused monitor, and says when only manual resume is allowed', async () => {
    pauseMonitor(guard.deps, guard.refOf(monitor))
    expect(await press('/ping')).toContain('Success reported.')
    expect(guard.now(monitor).status).toBe('up')
    monitor = guard.monitor(project, { name: 'stubborn', manualResume: true })
    pauseMonitor(guard.deps, guard.refOf(monitor))
    expect(await press('/ping')).toContain('The monitor stays paused')
    expect(guard.now(monitor)).toMatchObject({ status: 'paused', pingCount: 1 })
  })

  test('asks before success is reported for a monitor that is down, and names the member afterwards', async () => {
    monitor = guard.monitor(project, { name: 'broken' }, [guard.mailTo(project, 'ops@example.org')])
    expect((await member.get(at('/ping'))).headers.get('location')).toBe(at())
    await guard.ping(monitor, '/fail')
    await guard.tick()
    expect(await member.read(at())).toContain(`<form method="get" action="${at('/ping')}">`)
    const stale = await member.post(at('/ping'))
    expect([stale.status, stale.headers.get('location')]).toEqual([303, at('/ping')])
    expect(guard.now(monitor).status).toBe('down')
    expect(words(await member.read(at('/ping')))).toContain('Reporting success closes the incident')
    const confirmed = await member.post(at('/ping'), { confirmed: 'yes' })
    expect([confirmed.status, confirmed.headers.get('location')]).toEqual([303, at()])
    await guard.tick()
    const name = 'member@example.org'
    expect(words(await member.read(at()))).toContain(`reported manually by ${name}`)
    expect(words(await member.read(at('/pings/2')))).toContain(`, reported manually by ${name}`)
    expect(guard.outside.mails.at(-1)?.text).toContain(`${name} reported success manually.`)
  })

  test('shows after a resume until when a ping is expected', async () => {
    await press('/pause')
    expect(await press('/resume')).toContain('The monitor was resumed. It goes down if no ping arrives in time.')
    expect(words(await member.read(at()))).toContain('Alert at')
    await guard.pass(49 * HOUR, HOUR)
    expect(guard.now(monitor).status).toBe('down')
    expect(words(await member.read(at()))).toContain('No ping received since the monitor was resumed')
  })

  test('shows when the schedule has ended', async () => {
    const schedule = { kind: 'on-calendar', expression: '2026-03-01 13:00' } as const
    monitor = guard.monitor(project, { name: 'once', schedule })
    await guard.pass(HOUR)
    await guard.ping(monitor)
    expect(words(await member.read(at()))).toContain('Next ping none: the schedule has ended')
  })

  test('deletes only after a page with the name and the consequences', async () => {
    await guard.ping(monitor)
    const html = await member.read(at('/delete'))
    expect(html).toContain('Delete monitor</button>')
    const text = words(html)
    expect(text).toContain('and its 1 ping, incidents and notifications')
    expect(guard.now(monitor).pingCount).toBe(1)
    const response = await member.post(at('/delete'))
    expect([response.status, response.headers.get('location')]).toEqual([303, `/projects/${project.id}`])
    expect((await member.get(at())).status).toBe(404)
  })
})
