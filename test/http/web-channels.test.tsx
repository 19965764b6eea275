import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { createChannel } from '#actions/channels.ts'
import { CHANNEL_KINDS } from '#channels/index.ts'
import { CHANNELS_MAX } from '#domain/channel.ts'
import type { Project } from '#domain/project.ts'
import { findChannel, listChannels } from '#store/channels.ts'
import { TestGuard } from '../support/cronguard.ts'
import { memberOf, signedIn, Visitor } from '../support/visitor.ts'

const KINDS = CHANNEL_KINDS.filter(({ runsPrograms }) => !runsPrograms)
const SECRET = 'secret-of-the-hook'
const PATH_SECRET = 'T0B0-path-of-the-hook'
const SMTP = {
  CRONGUARD_SMTP_HOST: 'mail.example.org',
  CRONGUARD_SMTP_SECURITY: 'none',
}

let guard: TestGuard
let project: Project

beforeEach(() => {
  guard = new TestGuard()
  project = guard.project()
})

afterEach(() => guard.stop())

function hook(name = 'Team chat'): string {
  const settings = { url: `https://hooks.example.org/${PATH_SECRET}`, secret: SECRET }
  return createChannel(guard.deps, { projectId: project.id, kind: 'webhook', name, settings }).id
}

function settingsOf(channelId: string): unknown {
  return findChannel(guard.db, channelId)?.settings
}

const list = (): string => `/projects/${project.id}/channels`

describe('Channels page', () => {
  test('shows the destination, the number of monitors and the last notification of each channel', async () => {
    const channelId = hook()
    const backup = guard.monitor(project, { name: 'backup' }, [channelId])
    guard.monitor(project, { name: 'billing' }, [channelId])
    const member = await memberOf(guard, project, 'viewer')
    expect(await member.read(list())).toContain('none yet')
    guard.outside.failWith('refused')
    await guard.ping(backup, '/fail')
    await guard.tick()
    const failing = await member.read(list())
    expect(failing).toContain('https://hooks.example.org')
    expect(failing).toContain('2 monitors')
    expect(failing).toContain('Failing since')
    expect(failing).toContain('Connection refused')
    guard.outside.failWith(null)
    await guard.pass(60_000)
    const sent = await member.read(list())
    expect(sent).toContain('Sent')
    expect(sent).not.toContain('Failing since')
  })

  test('explains channels when there are none, and links members to the form', async () => {
    const viewer = await (await memberOf(guard, project, 'viewer')).read(list())
    const member = await (await memberOf(guard, project, 'member')).read(list())
    for (const text of [viewer, member]) expect(text).toContain('No channels yet')
    expect(viewer).not.toContain(`${list()}/new`)
    expect(member).toContain(`${list()}/new`)
  })

  test('warns without a mail server when a channel sends email', async () => {
    const member = await memberOf(guard, project, 'member')
    hook()
    expect(await member.read(list())).not.toContain('No mail server is configured')
    expect(await member.read(`${list()}/new?kind=webhook`)).not.toContain('No mail server is configured')
    expect(await member.read(`${list()}/new?kind=email`)).toContain('No mail server is configured')
    guard.mailTo(project, 'ops@example.org')
    const text = await member.read(list())
    expect(text).toContain('Ask the server&#x27;s administrator to set one up.')
    expect(text).not.toContain('href="/instance#mail-server"')
    guard.db.write((tx) => tx.run('UPDATE users SET is_admin = 1'))
    expect(await member.read(list())).toContain('<a href="/instance#mail-server">Set up the mail server</a>')
  })

  test('does not warn with a mail server', async () => {
    guard.stop()
    guard = new TestGuard({ env: SMTP })
    project = guard.project()
    guard.mailTo(project, 'ops@example.org')
    const member = await memberOf(guard, project, 'member')
    for (const path of [list(), `${list()}/new?kind=email`]) {
      expect(await member.read(path)).not.toContain('No mail server is configured')
    }
  })
})

describe('Create channel', () => {
  test('begins with the kinds, each with a sentence', async () => {
    const text = await (await memberOf(guard, project, 'member')).read(`${list()}/new`)
    for (const { kind, label, offer } of KINDS) {
      expect(text).toContain(`${list()}/new?kind=${kind}`)
      expect(text).toContain(label)
      expect(text).toContain(Bun.escapeHTML(offer))
    }
  })

  test.each(KINDS.map(({ kind }) => kind))('shows each field of the kind %s', async (kind) => {
    hook()
    const text = await (await memberOf(guard, project, 'member')).read(`${list()}/new?kind=${kind}`)
    for (const { name } of CHANNEL_KINDS.find((known) => known.kind === kind)?.fields ?? []) {
      expect(text).toContain(`name="setting-${name}"`)
    }
  })

  test('for all monitors notifies about the existing one', async () => {
    const backup = guard.monitor(project, { name: 'backup' })
    const member = await memberOf(guard, project, 'member')
    const fields = {
      kind: 'email',
      name: ' On duty ',
      scope: 'all',
      'setting-address': ' ops@example.org ',
      'event-down': 'on',
    }
    const response = await member.post(list(), fields)
    expect([response.status, response.headers.get('location')]).toEqual([303, list()])
    expect(await member.read(list())).toContain('Send a test to check it')
    expect(listChannels(guard.db, project.id)).toMatchObject([
      { kind: 'email', name: 'On duty', settings: { address: 'ops@example.org' }, disabledAt: null },
    ])
    await guard.ping(backup, '/fail')
    await guard.tick()
    expect(guard.outside.mails.map(({ to }) => to)).toEqual(['ops@example.org'])
  })

  test('keeps the input after an error, but not the secret', async () => {
    const member = await memberOf(guard, project, 'member')
    const fields = { kind: 'webhook', name: '"Chat"', 'setting-url': 'ftp://x', 'setting-secret': SECRET }
    const response = await member.post(list(), fields)
    const text = await response.text()
    expect(response.status).toBe(422)
    expect(text).toContain('Enter a URL that starts with https:// or http://.')
    expect(text).toContain('id="setting-url-problem"')
    expect(text).toContain('value="ftp://x"')
    expect(text).toContain('&quot;Chat&quot;')
    expect(text).not.toContain(SECRET)
    expect(listChannels(guard.db, project.id)).toEqual([])
  })

  test('refuses a link-local address with the reason', async () => {
    const member = await memberOf(guard, project, 'member')
    const response = await member.post(list(), { kind: 'webhook', 'setting-url': 'http://169.254.1.1/hook' })
    expect([response.status, await response.text()]).toEqual([
      422,
      expect.stringContaining('169.254.1.1 is a link-local address. CronGuard never sends requests there.'),
    ])
    expect(listChannels(guard.db, project.id)).toEqual([])
  })

  test('shows the error about a long name at the name', async () => {
    const member = await memberOf(guard, project, 'member')
    const fields = { kind: 'email', name: 'x'.repeat(101), 'setting-address': 'ops@example.org' }
    const text = await (await member.post(list(), fields)).text()
    expect(text).toContain('id="name-problem"')
  })

  test('asks for the kind again when it is unknown', async () => {
    const response = await (await memberOf(guard, project, 'member')).post(list(), { kind: 'pigeon' })
    expect(response.status).toBe(422)
    expect(await response.text()).toContain('How should CronGuard notify you?')
  })

  test('stops at the limit of the project', async () => {
    for (let made = 0; made < CHANNELS_MAX; made += 1) guard.mailTo(project, `ops${made}@example.org`)
    const member = await memberOf(guard, project, 'member')
    const response = await member.post(list(), { kind: 'email', name: '', 'setting-address': 'more@example.org' })
    expect(response.status).toBe(422)
    expect(await response.text()).toContain('A project can have at most 100 channels')
    expect(listChannels(guard.db, project.id)).toHaveLength(CHANNELS_MAX)
  })
})

describe('Edit channel', () => {
  test('keeps a secret that is left empty', async () => {
    const channelId = hook()
    const member = await memberOf(guard, project, 'member')
    const fields = { name: 'Chat', 'setting-url': 'https://hooks.example.org/new', 'setting-secret': '' }
    expect((await member.post(`/channels/${channelId}`, fields)).status).toBe(303)
    expect(findChannel(guard.db, channelId)).toMatchObject({
      name: 'Chat',
      settings: { url: 'https://hooks.example.org/new', secret: SECRET },
    })
  })

  test('replaces a secret with a new one, and removes it on request', async () => {
    const channelId = hook()
    const member = await memberOf(guard, project, 'member')
    const fields = { name: '', 'setting-url': 'https://hooks.example.org/' }
    await member.post(`/channels/${channelId}`, { ...fields, 'setting-secret': 'another one' })
    expect(settingsOf(channelId)).toMatchObject({ secret: 'another one' })
    await member.post(`/channels/${channelId}`, { ...fields, 'setting-secret': '', 'remove-secret': 'on' })
    expect(settingsOf(channelId)).toEqual({ url: 'https://hooks.example.org/' })
  })

  test('changes nothing when the URL is invalid', async () => {
    const channelId = hook()
    const member = await memberOf(guard, project, 'member')
    const response = await member.post(`/channels/${channelId}`, { name: 'Chat', 'setting-url': 'nonsense' })
    expect(response.status).toBe(422)
    expect(await response.text()).toContain('value="nonsense"')
    expect(findChannel(guard.db, channelId)).toMatchObject({ name: 'Team chat', settings: { secret: SECRET } })
  })

  test('lists the monitors that use the channel, with links', async () => {
    const channelId = hook()
    const backup = guard.monitor(project, { name: 'backup' }, [channelId])
    const text = await (await memberOf(guard, project, 'viewer')).read(`/channels/${channelId}`)
    expect(text).toContain(`href="/monitors/${backup.uniqueKey}"`)
  })
})

describe('Test channel', () => {
  test('shows the outcome on its own page without JavaScript, and in place with it', async () => {
    const channelId = hook()
    const member = await memberOf(guard, project, 'member')
    const whole = await (await member.post(`/channels/${channelId}/test`)).text()
    expect(whole).toContain('<!doctype html>')
    expect(whole).toContain('Test sent.')
    guard.outside.failWith('dns')
    const headers = { 'HX-Request': 'true' }
    const part = await (await member.post(`/channels/${channelId}/test/outcome`, {}, headers)).text()
    expect(part).not.toContain('<!doctype html>')
    expect(part).toContain('Test failed.')
    expect(part).toContain('Could not resolve host')
    expect(guard.outside.calls).toHaveLength(1)
  })

  test('waits for a running test, here and in the management API', async () => {
    const channelId = hook()
    const held = guard.outside.holdNextCall()
    const member = await memberOf(guard, project, 'member')
    const first = member.post(`/channels/${channelId}/test/outcome`)
    await held.arrived
    expect(await (await member.post(`/channels/${channelId}/test/outcome`)).text()).toContain('is still running')
    const key = guard.apiKey(project)
    const call = { method: 'POST', headers: { 'X-Api-Key': key } }
    expect((await guard.request(`/api/v3/channels/${channelId}/test`, call)).status).toBe(429)
    held.letGo()
    expect(await (await first).text()).toContain('Test sent.')
  })
})

describe('Disabled channel', () => {
  test('sends nothing new, and its pending notifications are discarded', async () => {
    const channelId = guard.mailTo(project, 'ops@example.org')
    const backup = guard.monitor(project, { name: 'backup' }, [channelId])
    guard.outside.failWith('refused')
    await guard.ping(backup, '/fail')
    await guard.tick()
    const member = await memberOf(guard, project, 'member')
    const address = `/channels/${channelId}/disable`
    expect((await member.post(address)).headers.get('location')).toBe(address)
    expect(guard.deliveries(backup)).toMatchObject([{ state: 'pending' }])
    expect(await member.read(address)).toContain('1 notification is pending.')
    expect((await member.post(address, { confirmed: 'yes' })).status).toBe(303)
    const listed = await member.read(list())
    expect(listed).toContain('Disabled since')
    expect(listed).toContain('Discarded')
    expect(listed).toContain('Channel disabled')
    guard.outside.failWith(null)
    await guard.ping(backup)
    await guard.pass(60_000)
    expect(guard.outside.mails).toEqual([])
    expect(guard.deliveries(backup)).toMatchObject([
      { state: 'failed', lastAttempt: { reason: 'settings', detail: 'The channel was disabled' } },
    ])
    await member.post(`/channels/${channelId}/enable`)
    await guard.ping(backup, '/fail')
    await guard.tick()
    expect(guard.outside.subjects()).toEqual(['Down: backup'])
  })

  test('ends a notification that is being sent as well', async () => {
    const channelId = hook()
    const backup = guard.monitor(project, { name: 'backup' }, [channelId])
    const member = await memberOf(guard, project, 'member')
    const { send } = guard.outside.outbound
    guard.outside.failWith('timeout')
    guard.deps.outbound.send = async (request) => {
      await member.post(`/channels/${channelId}/disable`)
      return await send(request)
    }
    await guard.ping(backup, '/fail')
    await guard.tick()
    expect(guard.deliveries(backup)).toMatchObject([{ state: 'pending' }])
    await guard.pass(60_000)
    expect(guard.deliveries(backup)).toMatchObject([
      { state: 'failed', lastAttempt: { detail: 'The channel was disabled' } },
    ])
  })

  test('is still listed by the management API', async () => {
    const channelId = hook()
    await (await memberOf(guard, project, 'member')).post(`/channels/${channelId}/disable`)
    const response = await guard.request('/api/v3/channels/', { headers: { 'X-Api-Key': guard.apiKey(project) } })
    expect(await response.json()).toEqual({ channels: [{ id: channelId, name: 'Team chat', kind: 'webhook' }] })
  })
})

describe('Delete channel', () => {
  test('asks for confirmation, with the name and the consequences', async () => {
    const channelId = hook()
    guard.monitor(project, { name: 'backup' }, [channelId])
    const member = await memberOf(guard, project, 'member')
    const text = await member.read(`/channels/${channelId}/delete`)
    expect(text).toContain('Team chat')
    expect(text).toContain('Used by 1 monitor')
    const response = await member.post(`/channels/${channelId}/delete`)
    expect([response.status, response.headers.get('location')]).toEqual([303, list()])
    expect(findChannel(guard.db, channelId)).toBeNull()
  })
})

describe('Channel routes by role', () => {
  const ADDRESSES: [method: 'get' | 'post', path: (channelId: string) => string, isForViewers: boolean][] = [
    ['get', () => list(), true],
    ['get', () => `${list()}/new`, false],
    ['post', () => list(), false],
    ['get', (id) => `/channels/${id}`, true],
    ['post', (id) => `/channels/${id}`, false],
    ['post', (id) => `/channels/${id}/test`, false],
    ['post', (id) => `/channels/${id}/test/outcome`, false],
    ['post', (id) => `/channels/${id}/disable`, false],
    ['post', (id) => `/channels/${id}/enable`, false],
    ['get', (id) => `/channels/${id}/delete`, false],
    ['post', (id) => `/channels/${id}/delete`, false],
  ]

  test.each(ADDRESSES)('%s %p', async (method, path, isForViewers) => {
    const address = path(hook())
    const stranger = await new Visitor(guard)[method](address)
    expect(stranger.status).toBe(method === 'get' ? 303 : 401)
    const outsider = await signedIn(guard, 'mallory@example.org')
    expect((await outsider[method](address)).status).toBe(404)
    const viewer = await memberOf(guard, project, 'viewer')
    expect((await viewer[method](address)).status).toBe(isForViewers ? 200 : 403)
    const member = await memberOf(guard, project, 'member')
    expect([200, 303, 422]).toContain((await member[method](address)).status)
  })

  test('an unknown channel looks like one of another project', async () => {
    const outsider = await signedIn(guard, 'mallory@example.org')
    const hidden = await (await outsider.get(`/channels/${hook()}`)).text()
    expect(await (await outsider.get('/channels/nothing')).text()).toBe(hidden)
  })
})

describe('Secrets of channels', () => {
  test('are on no page, and the path of a webhook only in the form of members', async () => {
    const channelId = hook()
    const backup = guard.monitor(project, { name: 'backup' }, [channelId])
    await guard.ping(backup, '/fail')
    await guard.tick()
    const incident = guard.db.get<{ id: string }>('SELECT id FROM incidents')?.id
    const viewer = await memberOf(guard, project, 'viewer')
    const member = await memberOf(guard, project, 'member')
    const pages = [list(), `/projects/${project.id}/incidents`, `/incidents/${incident}`]
    const forMembers = [`${list()}/new?kind=webhook`, `/channels/${channelId}/delete`]
    const texts = [
      ...(await Promise.all([...pages, `/channels/${channelId}`].map((path) => viewer.read(path)))),
      ...(await Promise.all([...pages, ...forMembers].map((path) => member.read(path)))),
      await (await member.post(`/channels/${channelId}/test`)).text(),
      await (await member.post(`/channels/${channelId}/test/outcome`)).text(),
    ]
    for (const text of texts) expect(text).not.toContain(PATH_SECRET)
    const form = await member.read(`/channels/${channelId}`)
    for (const text of [...texts, form]) expect(text).not.toContain(SECRET)
    expect(form).toContain(PATH_SECRET)
    expect(form).toContain('Leave empty to keep the stored value.')
    expect(JSON.stringify(guard.log)).not.toContain(SECRET)
  })
})

describe('Hostile names', () => {
  const NAME = `<script>alert(1)</script>"'‮ ${'🎉'.repeat(20)}`

  test('are escaped on every page of channels', async () => {
    const channelId = hook(NAME)
    guard.monitor(project, { name: NAME }, [channelId])
    const member = await memberOf(guard, project, 'member')
    for (const path of [list(), `/channels/${channelId}`, `/channels/${channelId}/delete`]) {
      const text = await member.read(path)
      expect(text).not.toContain('<script>alert')
      expect(text).toContain('&lt;script&gt;alert(1)')
    }
  })
})
