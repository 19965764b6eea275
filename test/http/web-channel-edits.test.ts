// What the pages say and refuse when a channel is changed.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { createChannel } from '#actions/channels.ts'
import type { Project } from '#domain/project.ts'
import { MINUTE } from '#lib/duration.ts'
import { saveEmail } from '#store/accounts.ts'
import { findChannel } from '#store/channels.ts'
import { TestGuard } from '../support/cronguard.ts'
import { memberOf, type Visitor, words } from '../support/visitor.ts'

let guard: TestGuard
let project: Project
let member: Visitor

beforeEach(async () => {
  guard = new TestGuard()
  project = guard.project()
  member = await memberOf(guard, project, 'member')
})

afterEach(() => guard.stop())

const list = () => `/projects/${project.id}/channels`

describe('Disable channel', () => {
  test.each([
    [1, '1 notification is pending.', 'The pending notification was discarded.'],
    [2, '2 notifications are pending.', '2 pending notifications were discarded.'],
  ])('with %i pending notifications says so before and after', async (count, before, after) => {
    const channelId = guard.mailTo(project, 'ops@example.org')
    guard.outside.failWith('timeout')
    for (let index = 0; index < count; index++) {
      await guard.ping(guard.monitor(project, { name: `job ${index}` }, [channelId]), '/fail')
    }
    await guard.tick()
    for (const path of [list(), `/channels/${channelId}`]) expect(words(await member.read(path))).toContain(before)
    await member.post(`/channels/${channelId}/disable`, { confirmed: 'yes' })
    const text = words(await member.read(list()))
    expect(text).toContain(after)
    expect(text).not.toContain(before)
  })

  test('with nothing pending asks for no confirmation', async () => {
    const channelId = guard.mailTo(project, 'ops@example.org')
    const path = `/channels/${channelId}`
    expect((await member.get(`${path}/disable`)).headers.get('location')).toBe(path)
    expect((await member.post(`${path}/disable`)).headers.get('location')).toBe(list())
  })

  test('with nothing pending mentions no pending notifications', async () => {
    const channelId = guard.mailTo(project, 'ops@example.org')
    const backup = guard.monitor(project, { name: 'backup' }, [channelId])
    await guard.ping(backup, '/fail')
    await guard.pass(MINUTE)
    expect(words(await member.read(list()))).not.toContain('is pending')
    await member.post(`/channels/${channelId}/disable`)
    expect(words(await member.read(list()))).toContain('It sends no notifications until you enable it.')
  })

  test.each([
    'channel-disabled-with-pending.<b>',
    'channel-disabled-with-pending.99999999',
    'toString.1',
    'channel-disabled-with-pending',
  ])('ignores the forged notice %s', async (notice) => {
    const response = await guard.request(list(), {
      headers: { Cookie: `${member.cookie}; cronguard-notice=${encodeURIComponent(notice)}` },
    })
    expect([response.status, (await response.text()).includes('discarded')]).toEqual([200, false])
  })
})

describe('Secret of a channel', () => {
  const settings = { url: 'https://hooks.example.org/a', secret: 'secret-of-the-hook' }
  let channelId: string
  const edit = (fields: Record<string, string>) =>
    member.post(`/channels/${channelId}`, { name: 'Chat', 'setting-secret': '', ...fields })
  const stored = () => findChannel(guard.db, channelId)?.settings

  beforeEach(() => {
    channelId = createChannel(guard.deps, { projectId: project.id, kind: 'webhook', name: 'Chat', settings }).id
  })

  test.each(['https://evil.example/a', 'http://hooks.example.org/a', 'https://hooks.example.org:8443/a'])(
    'is required again for the new server %s',
    async (url) => {
      const response = await edit({ 'setting-url': url })
      const text = await response.text()
      expect(response.status).toBe(422)
      expect(text).toContain('id="setting-secret-problem"')
      expect(text).toContain('The new URL points to a different server.')
      expect(text).not.toContain(settings.secret)
      expect(stored()).toEqual(settings)
    },
  )

  test.each(['ftp://127.0.0.1/x', 'nonsense'])('is not asked for while the URL %s is invalid', async (url) => {
    const text = await (await edit({ 'setting-url': url })).text()
    expect(text).toContain('id="setting-url-problem"')
    expect(text).not.toContain('id="setting-secret-problem"')
  })

  test('can be entered again, or removed, with a new URL', async () => {
    const url = 'https://elsewhere.example/'
    expect((await edit({ 'setting-url': url, 'setting-secret': 'another one' })).status).toBe(303)
    expect(stored()).toEqual({ url, secret: 'another one' })
    expect((await edit({ 'setting-url': 'https://third.example/', 'remove-secret': 'on' })).status).toBe(303)
    expect(stored()).toEqual({ url: 'https://third.example/' })
  })

  test('is kept while only the path changes', async () => {
    expect((await edit({ 'setting-url': 'https://hooks.example.org/b?c' })).status).toBe(303)
    expect(stored()).toEqual({ url: 'https://hooks.example.org/b?c', secret: settings.secret })
  })

  test('is not asked for when none is set', async () => {
    const bare = { kind: 'webhook', name: 'Bare', settings: { url: settings.url } }
    channelId = createChannel(guard.deps, { projectId: project.id, ...bare }).id
    expect((await edit({ 'setting-url': 'https://elsewhere.example/' })).status).toBe(303)
  })
})

test('Edit channel: the second of two users is warned, and overwrites nothing silently', async () => {
  const settings = { url: 'https://hooks.example.org/old' }
  const { id } = createChannel(guard.deps, { projectId: project.id, kind: 'webhook', name: 'Chat', settings })
  const seenIn = (html: string) => / name="seen" value="([^"]*)"/.exec(html)?.[1] ?? ''
  const seen = seenIn(await member.read(`/channels/${id}`))
  const first = { name: 'Chat', 'setting-url': 'https://hooks.example.org/new', seen }
  expect((await member.post(`/channels/${id}`, first)).status).toBe(303)
  const second = { name: 'Team', 'setting-url': 'https://hooks.example.org/old', seen }
  const refused = await member.post(`/channels/${id}`, second)
  const text = await refused.text()
  expect(refused.status).toBe(422)
  expect(text).toContain('Someone else changed this channel while you were editing it: “URL”')
  expect(text).toContain('value="Team"')
  expect(findChannel(guard.db, id)).toMatchObject({ name: 'Chat', settings: { url: first['setting-url'] } })
  expect((await member.post(`/channels/${id}`, { ...second, seen: seenIn(text) })).status).toBe(303)
  expect(findChannel(guard.db, id)).toMatchObject({ name: 'Team', settings })
})

test('Unconfirmed address: its user cannot make CronGuard send messages to others', async () => {
  guard.stop()
  guard = new TestGuard({
    env: {
      CRONGUARD_SMTP_HOST: 'mail.example.org',
      CRONGUARD_SMTP_SECURITY: 'none',
      CRONGUARD_REGISTRATION: 'open',
    },
  })
  project = guard.project()
  const channelId = guard.webhookTo(project, 'http://hooks.example.org/')
  const unconfirmed = await memberOf(guard, project, 'member')
  const { id: userId, email } = unconfirmed.user
  guard.db.write((tx) => saveEmail(tx, { userId, email, verifiedAt: null }))
  for (const path of [list(), `/channels/${channelId}`]) {
    const response = await unconfirmed.post(path, { kind: 'email', 'setting-address': 'victim@example.org' })
    expect(response.status).toBe(403)
    expect(await response.text()).toContain('Confirm your email address first')
  }
  const test = await unconfirmed.post(`/channels/${channelId}/test/outcome`)
  expect([test.status, await test.text()]).toEqual([200, expect.stringContaining('Confirm your email address first')])
  expect(await unconfirmed.read(list())).toContain('<a href="/settings#address">your settings</a>')
  expect(guard.outside.calls).toEqual([])
})

describe('Name of a channel', () => {
  const create = (name: string) => member.post(list(), { kind: 'email', name, 'setting-address': 'ops@example.org' })

  test('has at most a hundred characters, as people count them', async () => {
    expect((await create('🎉'.repeat(100))).status).toBe(303)
    const response = await create('🎉'.repeat(101))
    expect(response.status).toBe(422)
    expect(await response.text()).toContain('Use at most 100 characters.')
  })

  test('has no control characters, because it appears in emails', async () => {
    for (const name of ['a\r\nBcc: x@example.org', 'a\u0007b']) {
      const response = await create(name)
      expect(response.status).toBe(422)
      expect(await response.text()).toContain('Remove the control characters.')
    }
  })
})

test('Channels page: shows how many monitors use a channel', async () => {
  const channelId = guard.mailTo(project, 'ops@example.org')
  guard.monitor(project, { name: 'backup' }, [channelId])
  expect(words(await member.read(list()))).toContain('Monitors 1 monitor')
  expect(words(await member.read(`/channels/${channelId}`))).toContain('Notifies about 1 monitor')
})
