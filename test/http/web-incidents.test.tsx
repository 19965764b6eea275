import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { createChannel, deleteChannel, setChannelDisabled } from '#actions/channels.ts'
import { pauseMonitor } from '#actions/monitors.ts'
import type { Monitor } from '#domain/monitor.ts'
import type { Project } from '#domain/project.ts'
import { HOUR, MINUTE } from '#lib/duration.ts'
import { TestGuard } from '../support/cronguard.ts'
import { memberOf, signedIn, Visitor, words } from '../support/visitor.ts'

let guard: TestGuard
let project: Project

beforeEach(() => {
  guard = new TestGuard()
  project = guard.project()
})

afterEach(() => guard.stop())

const list = (): string => `/projects/${project.id}/incidents`

function hourly(name: string, channelIds: string[] = []): Monitor {
  const schedule = { kind: 'period' as const, periodMs: HOUR }
  return guard.monitor(project, { name, schedule, graceMs: 10 * MINUTE }, channelIds)
}

/** The newest incident of a monitor. */
function incidentOf({ id }: Monitor): string {
  const row = guard.db.get<{ id: string }>(
    'SELECT id FROM incidents WHERE monitor_id = $id ORDER BY opened_by DESC LIMIT 1',
    { id },
  )
  if (row === null) throw new Error('There is no incident.')
  return row.id
}

async function failing(name = 'backup', channelIds: string[] = []): Promise<Monitor> {
  const monitor = hourly(name, channelIds)
  await guard.ping(monitor, '/3')
  return monitor
}

describe('Incidents page', () => {
  test('shows open before past incidents, each with its duration and reason', async () => {
    const backup = await failing()
    guard.clock.advance(5 * MINUTE)
    await guard.ping(backup)
    const nightly = await failing('nightly-report')
    guard.clock.advance(2 * MINUTE)
    const text = words(await (await memberOf(guard, project, 'viewer')).read(list()))
    expect(text).toContain('Ongoing, 2 minutes')
    expect(text).toContain('Since 1 Mar, 12:05')
    expect(text).toContain('Lasted 5 minutes')
    expect(text).toContain('Started 1 Mar, 12:00')
    expect(text.indexOf('nightly-report')).toBeLessThan(text.indexOf('backup'))
    expect(text).toContain('The job reported a failure')
    expect(guard.now(nightly).status).toBe('down')
  })

  test('can show only open or only past incidents', async () => {
    await guard.ping(await failing('backup'))
    await failing('nightly-report')
    const viewer = await memberOf(guard, project, 'viewer')
    const open = await viewer.read(`${list()}?show=open`)
    expect([open.includes('nightly-report'), open.includes('backup')]).toEqual([true, false])
    const past = await viewer.read(`${list()}?show=past`)
    expect([past.includes('nightly-report'), past.includes('backup')]).toEqual([false, true])
  })

  test('says when nothing is down, and explains incidents', async () => {
    const viewer = await memberOf(guard, project, 'viewer')
    expect(await viewer.read(`${list()}?show=open`)).toContain('Nothing is down')
    expect(await viewer.read(list())).toContain('An incident opens when a monitor goes down')
  })

  test('shows fifty, and more by a link that works without JavaScript', async () => {
    const backup = hourly('backup')
    for (let round = 0; round < 60; round += 1) {
      guard.clock.advance(MINUTE)
      await guard.ping(backup, '/fail')
      guard.clock.advance(1000)
      await guard.ping(backup)
    }
    const viewer = await memberOf(guard, project, 'viewer')
    const count = (html: string): number => html.match(/<li class="incident-row[ "]/g)?.length ?? 0
    const first = await viewer.read(`${list()}?show=past`)
    expect(count(first)).toBe(50)
    const href = /class="button incident-more" href="([^"]+)"/.exec(first)?.[1]?.replaceAll('&amp;', '&') ?? ''
    expect(href).toBe(`${list()}?show=past&count=100`)
    const more = await viewer.read(href)
    expect([count(more), more.includes('incident-more')]).toEqual([60, false])
    const part = await viewer.read(`${list()}/list?show=past&count=100`)
    expect(part).toStartWith('<section id="incidents"')
    expect(count(part)).toBe(60)
  })

  test('ignores invalid parameters', async () => {
    await failing()
    const viewer = await memberOf(guard, project, 'viewer')
    expect(await viewer.read(`${list()}?show=x&count=-1&before=open.9999999999999999.1`)).toContain('backup')
  })

  test('shows how many notifications of an incident failed', async () => {
    const channelId = guard.mailTo(project, 'ops@example.org')
    guard.outside.failWith('refused')
    await failing('backup', [channelId])
    await guard.tick()
    setChannelDisabled(guard.deps, { projectId: project.id, channelId, isDisabled: true })
    expect(words(await (await memberOf(guard, project, 'viewer')).read(list()))).toContain('1 notification failed')
  })
})

describe('Incident page', () => {
  test('of a missed ping shows when it was due, the grace period, the deadline and the last ping', async () => {
    const backup = hourly('backup')
    await guard.ping(backup)
    await guard.ping(backup, '/log', { method: 'POST', body: 'only words' })
    await guard.pass(80 * MINUTE)
    const text = await (await memberOf(guard, project, 'viewer')).read(`/incidents/${incidentOf(backup)}`)
    expect(words(text)).toContain('Ping expected 1 Mar 2026, 13:00:00')
    expect(words(text)).toContain('Grace period 10 minutes')
    expect(words(text)).toContain('Deadline 1 Mar 2026, 13:10:00')
    expect(words(text)).toContain('Ongoing, 10 minutes')
    expect(text).toContain(`href="/monitors/${backup.uniqueKey}/pings/1"`)
  })

  test('of a run that did not finish shows when it started', async () => {
    const backup = hourly('backup')
    await guard.ping(backup, '/start')
    await guard.pass(15 * MINUTE)
    const text = words(await (await memberOf(guard, project, 'viewer')).read(`/incidents/${incidentOf(backup)}`))
    expect(text).toContain('Run started 1 Mar 2026, 12:00:00')
    expect(text).toContain('did not finish within 10 minutes')
  })

  test('of a failure shows the failing ping, and no deadline', async () => {
    const backup = await failing()
    const text = await (await memberOf(guard, project, 'viewer')).read(`/incidents/${incidentOf(backup)}`)
    expect(words(text)).toContain('exit status 3')
    expect(words(text)).toContain('Failing ping')
    expect(words(text)).not.toContain('Deadline')
    expect(text).toContain(`/monitors/${backup.uniqueKey}/pings/1"`)
  })

  test('shows every attempt of the down and recovery notifications', async () => {
    const mail = guard.mailTo(project, 'ops@example.org')
    const settings = { url: 'https://hooks.example.org/broken' }
    const hook = createChannel(guard.deps, { projectId: project.id, kind: 'webhook', name: 'Team chat', settings }).id
    guard.outside.failCallsTo('broken')
    const backup = await failing('backup', [mail, hook])
    await guard.tick()
    await guard.pass(MINUTE)
    guard.outside.failCallsTo(null)
    await guard.pass(2 * MINUTE)
    await guard.ping(backup)
    await guard.tick()
    const text = words(await (await memberOf(guard, project, 'viewer')).read(`/incidents/${incidentOf(backup)}`))
    const [before = '', after = ''] = text.split('Recovery notifications')
    expect(before).toContain('Team chat Webhook Sent')
    expect(before.split('Connection refused')).toHaveLength(3)
    expect(before).toContain('Received status code 200')
    expect(before).toContain('250 OK')
    expect(after).toContain('Team chat Webhook Sent')
    expect(text).toContain('Lasted 3 minutes')
  })

  test('shows the next attempt, and what is queued behind it', async () => {
    const mail = guard.mailTo(project, 'ops@example.org')
    guard.outside.failWith('timeout')
    const backup = await failing('backup', [mail])
    await guard.pass(4 * MINUTE)
    await guard.ping(backup)
    guard.clock.advance(1)
    const text = words(await (await memberOf(guard, project, 'viewer')).read(`/incidents/${incidentOf(backup)}`))
    expect(text).toMatch(/Pending Next attempt in \d+ (second|minute)s?/)
    expect(text).toContain('Queued behind earlier notifications')
  })

  test('says when no one was notified, and links members to the monitor form', async () => {
    const backup = await failing()
    const path = `/incidents/${incidentOf(backup)}`
    const member = await (await memberOf(guard, project, 'member')).read(path)
    expect(words(member)).toContain(
      'No one was notified: no enabled channel of this monitor notifies of this immediately.',
    )
    expect(member).toContain(`href="/monitors/${backup.uniqueKey}/edit"`)
    expect(await (await memberOf(guard, project, 'viewer')).read(path)).not.toContain('/edit"')
  })

  test('says why no recovery notification was sent after a pause', async () => {
    const backup = await failing()
    guard.clock.advance(MINUTE)
    pauseMonitor(guard.deps, guard.refOf(backup))
    const text = words(await (await memberOf(guard, project, 'viewer')).read(`/incidents/${incidentOf(backup)}`))
    expect(text).toContain('Monitor paused, so no recovery notification was sent.')
  })

  test('has a fragment with the part that updates itself', async () => {
    const backup = await failing()
    const part = await (await memberOf(guard, project, 'viewer')).read(`/incidents/${incidentOf(backup)}/story`)
    expect(part).toStartWith('<section id="incident"')
    expect(part).toContain(`data-live-monitor="${backup.uniqueKey}"`)
    expect(part).not.toContain('<textarea')
  })

  test('updates on every step: a notification claimed and settled, an acknowledgment, a note', async () => {
    const mail = guard.mailTo(project, 'ops@example.org')
    const backup = await failing('backup', [mail])
    const member = await memberOf(guard, project, 'member')
    const path = `/incidents/${incidentOf(backup)}`
    let touches = 0
    guard.db.watch((ids) => {
      if (ids.has(backup.id)) touches += 1
    })
    const changes = async (step: () => Promise<unknown>): Promise<number> => {
      const before = touches
      await step()
      return touches - before
    }
    expect(await changes(() => guard.tick())).toBe(2)
    expect(await changes(() => member.post(`${path}/acknowledgment`))).toBe(1)
    expect(await changes(() => member.post(`${path}/acknowledgment/withdrawal`))).toBe(1)
    expect(await changes(() => member.post(`${path}/note`, { note: 'x' }))).toBe(1)
  })
})

describe('Acknowledge incident', () => {
  test('shows the user and the time, until withdrawn', async () => {
    const backup = await failing()
    const path = `/incidents/${incidentOf(backup)}`
    const member = await memberOf(guard, project, 'member')
    const response = await member.post(`${path}/acknowledgment`)
    expect([response.status, response.headers.get('location')]).toEqual([303, path])
    const text = words(await member.read(path))
    expect(text).toContain('Incident acknowledged.')
    expect(text).toContain('Acknowledged by member@example.org , 1 Mar, 12:00')
    expect(words(await member.read(list()))).toContain('Acknowledged by member@example.org')
    await member.post(`${path}/acknowledgment/withdrawal`)
    expect(words(await member.read(path))).toContain('Not acknowledged yet.')
  })

  test('keeps the first acknowledgment', async () => {
    const path = `/incidents/${incidentOf(await failing())}`
    const member = await memberOf(guard, project, 'member')
    const admin = await memberOf(guard, project, 'admin')
    await member.post(`${path}/acknowledgment`)
    await admin.post(`${path}/acknowledgment`)
    const text = words(await admin.read(path))
    expect(text).toContain('Acknowledged by member@example.org')
    expect(text).not.toContain('Incident acknowledged.')
  })
})

describe('Incident note', () => {
  test('is stored as typed, and shown to viewers', async () => {
    const path = `/incidents/${incidentOf(await failing())}`
    const note = '  The disk was full.\r\n<script>alert(1)</script>  '
    expect((await (await memberOf(guard, project, 'member')).post(`${path}/note`, { note })).status).toBe(303)
    const text = await (await memberOf(guard, project, 'viewer')).read(path)
    expect(text).toContain('The disk was full.\n&lt;script&gt;alert(1)&lt;/script&gt;</p>')
  })

  test('that is too long comes back with the input', async () => {
    const path = `/incidents/${incidentOf(await failing())}`
    const member = await memberOf(guard, project, 'member')
    const note = 'x'.repeat(2001)
    const response = await member.post(`${path}/note`, { note })
    const text = await response.text()
    expect(response.status).toBe(422)
    expect(text).toContain('Use at most 2,000 characters.')
    expect(text).toContain(note)
  })
})

describe('Send notification again', () => {
  test('creates a new delivery of the same message, and keeps the history', async () => {
    const mail = guard.mailTo(project, 'ops@example.org')
    const backup = await failing('backup', [mail])
    await guard.tick()
    guard.clock.advance(HOUR)
    const member = await memberOf(guard, project, 'member')
    const path = `/incidents/${incidentOf(backup)}`
    const action = /action="(\/deliveries\/[^"]+\/resend)"/.exec(await member.read(path))?.[1] ?? ''
    const response = await member.post(action)
    expect([response.status, response.headers.get('location')]).toEqual([303, path])
    await guard.tick()
    expect(guard.outside.subjects()).toEqual(['Down: backup', 'Down: backup'])
    const [first, again] = guard.deliveries(backup)
    expect(first).toMatchObject({ state: 'sent', attempts: 1, settledAt: again && again.createdAt - HOUR })
    expect(again?.id).not.toBe(first?.id)
    const [before, after] = guard.outside.mails.map(({ text }) =>
      text.replace(/^http\S+\/(?:acknowledge|snooze|unsubscribe)\/\S+$/gm, 'LINK'),
    )
    expect(after?.replace(' Resent manually, 1 hour after the event.', '')).toBe(before ?? '')
    expect(after).toContain('The job failed with exit status 3. Resent manually, 1 hour after the event.')
    expect(words(await member.read(path))).toContain('Manual resend, ')
  })

  test('shows the kind of a channel that has no name', async () => {
    const settings = { address: 'ops@example.org' }
    const { id } = createChannel(guard.deps, { projectId: project.id, kind: 'email', name: '', settings })
    const backup = await failing('backup', [id])
    await guard.tick()
    const text = await (await memberOf(guard, project, 'member')).read(`/incidents/${incidentOf(backup)}`)
    expect(words(text)).toContain('Send again through Email')
  })

  test('is not offered while it is being sent, or when its channel is deleted or disabled', async () => {
    const [gone, off, busy] = [1, 2, 3].map((number) => guard.mailTo(project, `ops${number}@example.org`))
    const backup = await failing(
      'backup',
      [gone, off, busy].filter((id) => id !== undefined),
    )
    await guard.tick()
    const ids = new Map(guard.deliveries(backup).map(({ id, channelId }) => [channelId, id]))
    deleteChannel(guard.deps, { projectId: project.id, channelId: gone ?? '' })
    setChannelDisabled(guard.deps, { projectId: project.id, channelId: off ?? '', isDisabled: true })
    const member = await memberOf(guard, project, 'member')
    const resend = (channelId = ''): Promise<Response> => member.post(`/deliveries/${ids.get(channelId)}/resend`)
    expect((await resend(busy)).status).toBe(303)
    expect([(await resend(gone)).status, (await resend(off)).status, (await resend(busy)).status]).toEqual([
      409, 409, 409,
    ])
    const text = await member.read(`/incidents/${incidentOf(backup)}`)
    expect(text.split('/resend"')).toHaveLength(2)
    expect(words(text)).toContain('(deleted)')
    expect(guard.deliveries(backup)).toHaveLength(4)
  })
})

describe('Incident routes by role', () => {
  const ADDRESSES: [method: 'get' | 'post', path: string, isForViewers: boolean][] = [
    ['get', 'LIST', true],
    ['get', 'LIST/list', true],
    ['get', 'INCIDENT', true],
    ['get', 'INCIDENT/story', true],
    ['post', 'INCIDENT/acknowledgment', false],
    ['post', 'INCIDENT/acknowledgment/withdrawal', false],
    ['post', 'INCIDENT/note', false],
    ['post', '/deliveries/DELIVERY/resend', false],
  ]

  test.each(ADDRESSES)('%s %s', async (method, path, isForViewers) => {
    const backup = await failing('backup', [guard.mailTo(project, 'ops@example.org')])
    await guard.tick()
    const address = path
      .replace('LIST', list())
      .replace('INCIDENT', `/incidents/${incidentOf(backup)}`)
      .replace('DELIVERY', guard.deliveries(backup)[0]?.id ?? '')
    const stranger = await new Visitor(guard)[method](address)
    expect(stranger.status).toBe(method === 'get' ? 303 : 401)
    const outsider = await signedIn(guard, 'mallory@example.org')
    expect((await outsider[method](address)).status).toBe(404)
    const viewer = await memberOf(guard, project, 'viewer')
    expect((await viewer[method](address)).status).toBe(isForViewers ? 200 : 403)
    const member = await memberOf(guard, project, 'member')
    expect((await member[method](address)).status).toBe(method === 'get' ? 200 : 303)
  })

  test('a viewer sees no buttons', async () => {
    const backup = await failing('backup', [guard.mailTo(project, 'ops@example.org')])
    await guard.tick()
    const text = await (await memberOf(guard, project, 'viewer')).read(`/incidents/${incidentOf(backup)}`)
    expect(text.slice(text.indexOf('<main'))).not.toContain('<form')
  })
})

describe('Hostile names', () => {
  const NAME = `<script>alert(1)</script>"'‮ ${'🎉'.repeat(20)}`

  test('are escaped on every page of incidents', async () => {
    const settings = { address: 'ops@example.org' }
    const channelId = createChannel(guard.deps, { projectId: project.id, kind: 'email', name: NAME, settings }).id
    const monitor = await failing(NAME, [channelId])
    await guard.tick()
    const member = await memberOf(guard, project, 'member')
    for (const path of [list(), `/incidents/${incidentOf(monitor)}`]) {
      const text = await member.read(path)
      expect(text).not.toContain('<script>alert')
      expect(text).toContain('&lt;script&gt;alert(1)')
    }
  })
})
