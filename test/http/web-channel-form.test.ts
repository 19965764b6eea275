// The page of kinds, and what stands beside the form of a channel.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { createChannel } from '#actions/channels.ts'
import { CHANNEL_KINDS } from '#channels/index.ts'
import type { Project } from '#domain/project.ts'
import { withBasePath } from '#lib/base-path.ts'
import { networkFailure } from '#lib/network.ts'
import { listChannels } from '#store/channels.ts'
import { createGuides } from '#views/pages/docs/guide.tsx'
import { TestGuard } from '../support/cronguard.ts'
import { memberOf, signedIn, type Visitor, words } from '../support/visitor.ts'

const SMTP = { CRONGUARD_SMTP_HOST: 'mail.example.org', CRONGUARD_SMTP_SECURITY: 'none' }

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

describe('Page of kinds', () => {
  test('offers all kinds in groups, with a search', async () => {
    const text = await member.read(`${list()}/new`)
    const kinds = CHANNEL_KINDS.filter(({ runsPrograms }) => !runsPrograms)
    for (const group of new Set(kinds.map((kind) => kind.group))) expect(text).toContain(`>${group}</h2>`)
    expect(text).toContain('data-filter="kinds"')
    expect(text.match(/ data-filter-item/g)).toHaveLength(kinds.length)
  })
})

test('The settings of a person lead to the form that subscribes the browser, where the role allows it', async () => {
  const form = `${list()}/new?kind=web-push`
  expect(await member.read('/settings')).toContain(`href="${form}"`)
  expect(await member.read(form)).toContain('Allow notifications')
  const viewer = await memberOf(guard, project, 'viewer')
  expect(await viewer.read('/settings')).not.toContain(form)
})

describe('Form of a new channel', () => {
  test('has the steps in the service from the documentation, unfolded if they are few', async () => {
    const telegram = await member.read(`${list()}/new?kind=telegram`)
    expect(telegram).toMatch(/<details class="channel-guide" open>\s*<summary>Set up Telegram<\/summary>/)
    expect(words(telegram)).toContain('Open a chat with the new bot, or add it to your group.')
    expect(await member.read(`${list()}/new?kind=mqtt`)).toMatch(/<details class="channel-guide">/)
    expect(await member.read(`${list()}/new?kind=email`)).not.toContain('channel-guide')
  })

  test('of every kind finds its guide', () => {
    const find = createGuides('channels', {})
    const guides = CHANNEL_KINDS.map(({ kind, guide }) => [kind, guide && withBasePath('', () => find(guide))] as const)
    expect(guides.filter(([, guide]) => guide === null).map(([kind]) => kind)).toEqual(['email', 'webhook'])
  })

  test('proposes all monitors for the first channel that can send, and none for the others', async () => {
    guard.monitor(project, { name: 'backup' })
    expect(await member.read(`${list()}/new?kind=email`)).toContain('name="scope" value="all" checked')
    // Without a mail server, a channel by email reaches no one.
    await member.post(list(), { kind: 'email', 'setting-address': 'ops@example.org', scope: 'all' })
    expect(await member.read(`${list()}/new?kind=email`)).toContain('name="scope" value="all" checked')
    await member.post(list(), { kind: 'webhook', 'setting-url': 'https://example.org/', scope: 'all' })
    const second = await member.read(`${list()}/new?kind=email`)
    expect(second).toContain('name="scope" value="these" checked')
    expect(second).not.toMatch(/name="m" value="\d+" checked/)
    expect(words(second)).toContain('Select at least one monitor, or the channel sends no alerts.')
  })
})

describe('Preview of a channel', () => {
  test('shows an incident of a monitor of the project, in the words of the messages', async () => {
    guard.monitor(project, { name: 'backup <b>' })
    const html = await member.read(`${list()}/new?kind=email`)
    const text = words(html)
    for (const part of ['Down: backup &lt;b&gt;', 'exit status 1', 'no space left on device', 'Acknowledge']) {
      expect(text).toContain(part)
    }
    expect(text).toContain('Up: backup &lt;b&gt;')
    expect(html).not.toContain('backup <b>')
  })

  test('shows the last incident of the project, with its output but not its secrets', async () => {
    const other = guard.project('bob@example.org')
    const backup = guard.monitor(project, { name: 'backup' })
    const read = async () => words(await member.read(`${list()}/new?kind=email`))
    await guard.ping(guard.monitor(other, { name: 'foreign' }), '/fail')
    expect(await read()).toContain('A sample incident for your monitor “ backup ”.')
    await guard.request(`/ping/${backup.pingKey}/fail`, { method: 'POST', body: 'disk full, password=hunter2' })
    const open = await read()
    expect(open).toContain('The last incident of your monitor “ backup ”.')
    expect(open).toContain('disk full, password=••••')
    expect(open).toContain('Up: backup')
    expect(open).toContain('It is still open, so the recovery is a sample.')
    expect(open).not.toContain('6 hours')
    await guard.ping(backup)
    expect(await read()).not.toContain('is a sample')
    expect(await read()).toContain('The job recovered')
    expect(await read()).not.toContain('foreign')
  })

  test('is limited, and says when the next one is possible', async () => {
    const preview = async () => (await member.post(`${list()}/draft/preview`, { kind: 'email' })).text()
    for (let count = 0; count < 120; count += 1) await preview()
    expect(words(await preview())).toMatch(/Preview Too many previews\. Try again in 1 minute\./)
  })

  test('is on the page of an existing channel, too', async () => {
    const id = guard.mailTo(project, 'ops@example.org')
    expect(words(await member.read(`/channels/${id}`))).toContain('Down: nightly-backup')
  })
})

describe('Unsaved channel', () => {
  const draft = async (action: string, fields: Record<string, string>) => {
    const response = await member.post(`${list()}/draft/${action}`, fields)
    return { status: response.status, html: await response.text() }
  }
  const HOOK = { kind: 'webhook', 'setting-url': 'http://hooks.example.org/x' }

  test('sends a test with the typed settings, and stores nothing', async () => {
    const { status, html } = await draft('test', HOOK)
    expect([status, words(html)]).toEqual([200, expect.stringContaining('Test sent.')])
    expect(guard.outside.calls.map(({ url }) => url)).toEqual(['http://hooks.example.org/x'])
    expect(listChannels(guard.db, project.id)).toEqual([])
  })

  test.each(['dns', 'timeout', 'refused'] as const)('says once why a test failed: %s', async (reason) => {
    guard.outside.failWith(reason)
    const { detail } = networkFailure(reason)
    expect(words((await draft('test', HOOK)).html)).toContain(` Test failed. ${detail}. `)
  })

  test('says at which field a setting is missing', async () => {
    const { status, html } = await draft('test', { kind: 'webhook', 'setting-url': 'nonsense' })
    expect([status, words(html)]).toEqual([
      200,
      expect.stringContaining('URL: Enter a URL that starts with https:// or http://.'),
    ])
    expect(guard.outside.calls).toEqual([])
  })

  test('uses the stored secret of a channel, but not for another server', async () => {
    const settings = { url: 'http://hooks.example.org/x', secret: 'secret-of-the-hook' }
    const { id } = createChannel(guard.deps, { projectId: project.id, kind: 'webhook', name: '', settings })
    await draft('test', { ...HOOK, channel: id })
    expect(guard.outside.calls[0]?.headers).toHaveProperty('X-CronGuard-Signature')
    const { html } = await draft('test', { ...HOOK, channel: id, 'setting-url': 'http://evil.example/x' })
    expect(words(html)).toContain('The new URL points to a different server.')
    expect(guard.outside.calls).toHaveLength(1)
  })

  test('never uses a channel of another project, nor its limit', async () => {
    const other = guard.project('bob@example.org')
    const id = guard.webhookTo(other, 'http://hooks.example.org/foreign')
    for (const action of ['test', 'preview', 'setup']) {
      for (let count = 0; count < 12; count += 1) {
        expect((await draft(action, { ...HOOK, channel: id })).status).toBe(404)
      }
    }
    expect(guard.outside.calls).toEqual([])
    const bob = await signedIn(guard, 'bob@example.org')
    expect(words(await (await bob.post(`/channels/${id}/test/outcome`)).text())).toContain('Test sent.')
  })

  test('sends no test to a stranger while addresses must confirm first', async () => {
    guard.stop()
    guard = new TestGuard({ env: { CRONGUARD_CONFIRM_ADDRESSES: 'on', ...SMTP } })
    project = guard.project()
    member = await memberOf(guard, project, 'member')
    const { html } = await draft('test', { kind: 'email', 'setting-address': 'stranger@example.org' })
    expect(words(html)).toContain('Save the channel first: the address must be confirmed before you can send a test.')
    expect(guard.outside.mails.map(({ to }) => to)).not.toContain('stranger@example.org')
  })

  test('is limited like other tests', async () => {
    const answers = []
    for (let count = 0; count < 11; count += 1) answers.push(words((await draft('test', HOOK)).html))
    expect(answers.at(-1)).not.toContain('Test sent.')
    expect(guard.outside.calls.length).toBe(10)
  })

  test('previews what is sent with the typed settings, without secrets', async () => {
    const template = { 'setting-titleTemplate': 'Wow: {{ title }}', 'setting-textTemplate': '' }
    const { html } = await draft('preview', { kind: 'ntfy', 'setting-topic': 'x', ...template })
    expect(words(html)).toContain('Wow: Down: nightly-backup')
    const hook = await draft('preview', { ...HOOK, 'setting-secret': 'secret-of-the-hook' })
    expect(words(hook.html)).toContain('POST http://hooks.example.org/x')
    expect(hook.html).not.toContain('secret-of-the-hook')
    const LAYOUT = 'may show it differently'
    expect([html, hook.html].map((text) => text.includes(LAYOUT))).toEqual([true, false])
    expect((await draft('preview', { kind: 'group' })).html).not.toContain(LAYOUT)
  })

  test('previews the request of a webhook before its URL is entered', async () => {
    const { html } = await draft('preview', { kind: 'webhook', 'setting-url': '' })
    expect(words(html)).toContain('POST https://example.com/')
    expect(html).not.toContain('class="problem"')
  })

  test('previews name what is wrong with a setting or a template, once', async () => {
    const url = await draft('preview', { kind: 'webhook', 'setting-url': 'nonsense' })
    expect(url.html.match(/class="problem">URL: Enter a URL that starts with https:/g)).toHaveLength(1)
    const own = await draft('preview', { ...HOOK, 'setting-up': 'own' })
    expect(own.html).toContain('class="problem">Recovery, URL: Enter a URL.')
    const body = await draft('preview', { ...HOOK, 'setting-language': 'liquid', 'setting-body': '{"a": "{{ name }"}' })
    expect(words(body.html)).toContain('s default is sent, because the template of the body failed: ')
    expect(body.html.match(/class="problem"/g)).toHaveLength(1)
    const text = await draft('preview', { kind: 'ntfy', 'setting-textTemplate': '{% if %}' })
    expect(words(text.html)).toContain('s own text is sent, because a template failed: ')
    expect(words(text.html)).toContain('Down: nightly-backup')
    expect(text.html.match(/class="problem"/g)).toHaveLength(1)
  })

  test('finds the value of a setting, and says why it finds none', async () => {
    const { status, html } = await draft('setup', { kind: 'telegram', 'setting-token': '' })
    expect([status, html]).toEqual([200, expect.stringContaining('test-bad')])
    const form = await member.read(`${list()}/new?kind=telegram`)
    expect(form).toContain(`hx-post="${list()}/draft/setup"`)
    expect(words(form)).toContain('Find chat')
  })
})

describe('Presets of a kind', () => {
  test('fill in the form of a new channel', async () => {
    const text = await member.read(`${list()}/new?kind=webhook`)
    expect(text).toContain(`${list()}/new?kind=webhook&amp;preset=1`)
    expect(await member.read(`${list()}/new?kind=webhook&preset=1`)).toContain('https://example.com/notify?name=$NAME')
    expect(await member.read(`${list()}/new?kind=webhook&preset=99`)).not.toContain('example.com/notify')
  })
})

test('Flag of a channel: is off for a new channel, and can be ticked and unticked', async () => {
  const ticked = 'name="setting-tls" value="on" checked'
  const isTicked = async (path: string) => (await member.read(path)).includes(ticked)
  expect(await isTicked(`${list()}/new?kind=signal-rpc`)).toBe(false)
  const fields = { kind: 'signal-rpc', 'setting-server': 'signal.example.org:7583', 'setting-to': '+15551234567' }
  await member.post(list(), { ...fields, 'setting-tls': 'on' })
  const [channel] = listChannels(guard.db, project.id)
  const page = `/channels/${channel?.id}`
  expect(await isTicked(page)).toBe(true)
  await member.post(page, fields)
  expect(await isTicked(page)).toBe(false)
})

test('Form of a stored webhook: unfolds only the sections that differ from their defaults', async () => {
  const settings = { url: 'https://example.org/hook' }
  const stored = (more: object) =>
    createChannel(guard.deps, { projectId: project.id, kind: 'webhook', name: '', settings: { ...settings, ...more } })
  const openSections = async ({ id }: { id: string }) =>
    (await member.read(`/channels/${id}`)).match(/<details class="channel-settings-more" open[^>]*>\s*<summary>\w+/g) ??
    []
  expect(await openSections(stored({}))).toEqual([])
  expect(await openSections(stored({ up: 'none' }))).toEqual([expect.stringContaining('Recovery')])
})
