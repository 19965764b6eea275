// Channels that run programs: only administrators of the server manage and see them, at every door.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { createChannel, testChannel, updateChannel } from '#actions/channels.ts'
import { exportConfiguration } from '#actions/exports.ts'
import { importConfiguration, readExport } from '#actions/imports.ts'
import { readConfig } from '#config.ts'
import type { Monitor } from '#domain/monitor.ts'
import type { Project } from '#domain/project.ts'
import { createRoutes } from '#http/server.ts'
import { HOUR, MINUTE } from '#lib/duration.ts'
import { findChannel, listChannels } from '#store/channels.ts'
import { callApi } from './support/api.ts'
import { TestGuard } from './support/cronguard.ts'
import { ProgramsFolder } from './support/programs-folder.ts'
import { memberOf, type Visitor, words } from './support/visitor.ts'

const any = new TestGuard()
const CHANNEL_ROUTES = createRoutes(any.deps, () => [], any.live)
  .routes.filter(({ path }) => path.startsWith('/channels/:channel'))
  .map(({ method, path }) => [method, path] as const)
any.stop()

let folder: ProgramsFolder
let guard: TestGuard
let project: Project
let backup: Monitor
let owner: Visitor
let admin: Visitor
let channelId: string

beforeEach(async () => {
  folder = new ProgramsFolder()
  folder.install(
    'notify',
    `echo "$ALERT_STATUS $ALERT_MONITOR" >> "${folder.path}/ran"; echo "password=hunter2 called"`,
  )
  guard = new TestGuard({ env: folder.env })
  project = guard.project()
  owner = await memberOf(guard, project, 'owner')
  const visitor = await memberOf(guard, project, 'member', 'root@example.org')
  guard.db.write((tx) => tx.run('UPDATE users SET is_admin = 1 WHERE id = $id', { id: visitor.user.id }))
  admin = visitor
  backup = guard.monitor(project, { name: 'backup', schedule: { kind: 'period', periodMs: HOUR }, graceMs: MINUTE })
  channelId = createProgramChannel()
})

afterEach(() => {
  guard.stop()
  folder.dispose()
})

const createProgramChannel = () =>
  createChannel(guard.deps, {
    projectId: project.id,
    kind: 'shell',
    name: 'Siren',
    settings: { program: 'notify' },
    isByAdmin: true,
  }).id

const list = () => `/projects/${project.id}/channels`
const SETTINGS = { kind: 'shell', name: 'Second', 'setting-program': 'notify', monitors: 'all' }
const kinds = () => listChannels(guard.db, project.id).map(({ kind }) => kind)
const ran = () => folder.read('ran')

describe('A channel that runs a program', () => {
  test('runs it when a monitor goes down and up', async () => {
    await guard.ping(backup, '/fail')
    await guard.tick()
    await guard.ping(backup)
    await guard.tick()
    expect(guard.deliveries(backup).map(({ state, status }) => `${status} ${state}`)).toEqual(['down sent', 'up sent'])
    expect(ran()).toBe('down backup\nup backup\n')
  })

  test('is tried again when the program fails, and keeps the last output', async () => {
    folder.install('notify', `echo "try" >> "${folder.path}/ran"; echo "no modem"; exit 1`)
    await guard.ping(backup, '/fail')
    await guard.pass(MINUTE, 5000)
    expect(guard.deliveries(backup)[0]?.state).toBe('pending')
    folder.install('notify', 'echo connected')
    await guard.pass(10 * MINUTE)
    expect(guard.deliveries(backup)[0]?.state).toBe('sent')
    expect(ran().split('\n').length).toBeGreaterThan(2)
    const html = await admin.read(`/incidents/${incidentId()}`)
    expect(words(html)).toContain('Output of the program connected')
    expect(html).not.toContain('no modem')
  })

  test('shows its output without secrets, to administrators only', async () => {
    await guard.ping(backup, '/fail')
    await guard.tick()
    const page = `/incidents/${incidentId()}`
    expect(words(await admin.read(page))).toMatch(/Output of the program password=•+ called/)
    const html = await owner.read(page)
    expect(html).toContain('Siren')
    for (const hidden of ['Output of the program', 'called', 'hunter2']) expect(html).not.toContain(hidden)
    for (const path of ['', '/story']) expect(await owner.read(page + path)).not.toContain('called')
    const { id = '' } = guard.deliveries(backup)[0] ?? {}
    const answer = await callApi(guard, `/deliveries/${id}`, { with: guard.apiKey(project) })
    expect(JSON.stringify(answer)).not.toContain('called')
  })

  test('runs nothing after the setting is turned off, and waits', async () => {
    Object.assign(guard.deps, { config: readConfig({ CRONGUARD_SECRET_KEY: 'a key that only tests know' }) })
    await guard.ping(backup, '/fail')
    await guard.tick()
    expect(guard.deliveries(backup)[0]?.state).toBe('pending')
    expect(ran()).toBe('')
  })

  const incidentId = () => guard.db.get<{ id: string }>('SELECT id FROM incidents')?.id ?? ''
})

describe('An administrator of the server', () => {
  test('creates, changes and tests it', async () => {
    expect(await admin.read(`${list()}/new`)).toContain('kind=shell')
    expect((await admin.post(list(), SETTINGS)).status).toBe(303)
    expect(kinds()).toEqual(['shell', 'shell'])
    const sent = await admin.post(`/channels/${channelId}/test/outcome`)
    expect(words(await sent.text())).toContain('Test sent.')
    expect(ran()).toBe('down TEST\n')
    const draft = await admin.post(`${list()}/draft/test`, SETTINGS)
    expect(words(await draft.text())).toContain('Test sent.')
    folder.install('other', 'true')
    expect((await admin.post(`/channels/${channelId}`, { ...SETTINGS, 'setting-program': 'other' })).status).toBe(303)
    expect(findChannel(guard.db, channelId)?.settings).toEqual({ program: 'other' })
  })

  test('cannot create it while programs are disabled', async () => {
    Object.assign(guard.deps, { config: readConfig({ CRONGUARD_SECRET_KEY: 'a key that only tests know' }) })
    expect(await admin.read(`${list()}/new`)).not.toContain('kind=shell')
    expect((await admin.post(list(), SETTINGS)).status).toBe(422)
    expect(createProgramChannel).toThrow('CRONGUARD_SHELL')
    expect(kinds()).toEqual(['shell'])
  })

  test('is asked for a program by name', async () => {
    const response = await admin.post(list(), { ...SETTINGS, 'setting-program': '/bin/sh' })
    expect([response.status, kinds()]).toEqual([422, ['shell']])
  })
})

describe('An owner of the project without administrator rights on the server', () => {
  test.each(CHANNEL_ROUTES)('%s %s answers 404', async (method, path) => {
    const target = path.replace(':channel', channelId)
    const response = method === 'GET' ? await owner.get(target) : await owner.post(target, SETTINGS)
    expect(response.status).toBe(404)
    expect(findChannel(guard.db, channelId)).toMatchObject({ name: 'Siren', disabledAt: null })
    expect(ran()).toBe('')
  })

  test('neither finds the kind nor the channel', async () => {
    expect(await owner.read(`${list()}/new`)).not.toContain('kind=shell')
    expect(await owner.read(`${list()}/new?kind=shell`)).not.toContain('setting-program')
    const html = await owner.read(list())
    for (const hidden of ['Siren', 'dir="auto">notify', channelId]) expect(html).not.toContain(hidden)
    expect(words(html)).toContain('Another channel runs a program on this server.')
    expect(words(await admin.read(list()))).not.toContain('Another channel')
  })

  test('creates none', async () => {
    expect((await owner.post(list(), SETTINGS)).status).toBe(422)
    expect(kinds()).toEqual(['shell'])
  })

  test.each(['test', 'setup', 'preview'])('tries no draft: %s', async (action) => {
    for (const fields of [SETTINGS, { ...SETTINGS, channel: channelId }, { kind: 'shell', channel: channelId }]) {
      const response = await owner.post(`${list()}/draft/${action}`, fields)
      expect(await response.text()).toContain('administrator of the server')
    }
    expect(ran()).toBe('')
  })

  test('reaches it through no group', async () => {
    const fields = { kind: 'group', name: 'All', 'setting-members': channelId, monitors: 'all' }
    expect((await owner.post(list(), fields)).status).toBe(422)
    const hook = guard.webhookTo(project, 'https://hooks.example.org/x')
    const groupId = guard.channel(project, { kind: 'group', settings: { members: hook } })
    guard.db.write((tx) =>
      tx.run('UPDATE channels SET settings = $settings WHERE id = $groupId', {
        groupId,
        settings: JSON.stringify({ members: channelId }),
      }),
    )
    await owner.post(`/channels/${groupId}/test/outcome`)
    expect(ran()).toBe('')
  })
})

describe('An API key', () => {
  const call = (method: string, path: string, body?: unknown) =>
    guard.request(`/api/v3/channels/${path}`, {
      method,
      headers: { 'X-Api-Key': guard.apiKey(project) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })

  test('neither creates, reads, changes, tests nor deletes it', async () => {
    const made = await call('POST', '', { kind: 'shell', settings: { program: 'notify' }, isByAdmin: true })
    expect(made.status).toBe(403)
    const answers = [
      await call('GET', channelId),
      await call('POST', channelId, { settings: { program: 'other' }, isByAdmin: true }),
      await call('POST', channelId, { enabled: false }),
      await call('POST', `${channelId}/test`),
      await call('DELETE', channelId),
    ]
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404])
    expect(findChannel(guard.db, channelId)).toMatchObject({ settings: { program: 'notify' }, disabledAt: null })
    expect([kinds(), ran()]).toEqual([['shell'], ''])
  })
})

describe('An import', () => {
  const bring = async (to: TestGuard, change: (text: string) => string = (text) => text) => {
    const text = change(JSON.stringify(exportConfiguration(guard.deps, { withSecrets: true })))
    const order = { content: readExport(text), ownerEmail: null, isDryRun: false }
    return (await importConfiguration(to.deps, order)).map(({ what, outcome }) => `${outcome} ${what}`)
  }

  test('creates none, and imports the monitors that use it', async () => {
    await guard.ping(backup)
    const to = new TestGuard({ env: folder.env })
    to.project('root@example.org')
    expect((await bring(to)).slice(0, 3)).toEqual(['created project', 'skipped channel', 'created monitor'])
    expect(to.db.all('SELECT kind FROM channels')).toEqual([])
    to.stop()
  })

  test('changes none', async () => {
    const outcomes = await bring(guard, (text) => text.replaceAll('notify', 'other').replaceAll('Siren', 'Other'))
    expect(outcomes).toContain('skipped channel')
    expect(findChannel(guard.db, channelId)).toMatchObject({ name: 'Siren', settings: { program: 'notify' } })
  })
})

test('Actions refuse a channel that runs a program unless an administrator acts', async () => {
  const ref = { projectId: project.id, channelId }
  const input = { given: { program: 'other' }, removed: [] }
  expect(() => updateChannel(guard.deps, { ref, input })).toThrow('administrator of the server')
  expect(testChannel(guard.deps, ref)).rejects.toThrow('administrator of the server')
  const channel = { projectId: project.id, kind: 'shell', name: '', settings: { program: 'notify' } }
  expect(() => createChannel(guard.deps, channel)).toThrow('administrator of the server')
})

test('readConfig: CRONGUARD_SHELL needs a folder', () => {
  expect(() => readConfig({ CRONGUARD_SHELL: 'on' })).toThrow('CRONGUARD_SHELL_DIR is not set')
  expect(() => readConfig({ CRONGUARD_SHELL: 'on', CRONGUARD_SHELL_DIR: 'programs' })).toThrow('begins with /')
  expect(readConfig({ CRONGUARD_SHELL_DIR: '/srv/programs' }).programs).toBeNull()
})
