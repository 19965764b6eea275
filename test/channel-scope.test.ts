// Which monitors a channel notifies about: all, selected ones, or those with a tag.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { createChannel, updateChannel } from '#actions/channels.ts'
import { saveMonitor, updateMonitor } from '#actions/monitors.ts'
import type { MonitorChoice } from '#domain/channel.ts'
import type { Monitor } from '#domain/monitor.ts'
import type { Project } from '#domain/project.ts'
import { findChannel, listChannelsOfMonitor, listMonitorIdsOfChannel } from '#store/channels.ts'
import { listMonitors } from '#store/monitors.ts'
import { TestGuard } from './support/cronguard.ts'
import { memberOf, type Visitor, words } from './support/visitor.ts'

let guard: TestGuard
let project: Project
let key: string

beforeEach(() => {
  guard = new TestGuard()
  project = guard.project()
  key = guard.apiKey(project)
})

afterEach(() => guard.stop())

const ALL: MonitorChoice = { is: 'all' }
const DB: MonitorChoice = { is: 'tag', tags: ['db'] }
const NONE: MonitorChoice = { is: 'these', monitorIds: [] }

const channelFor = (monitors: MonitorChoice): string =>
  createChannel(guard.deps, {
    projectId: project.id,
    kind: 'email',
    name: monitors.is,
    settings: { address: `${monitors.is}@example.org` },
    monitors,
  }).id

/** A monitor whose channels nobody names. */
const newMonitor = (name: string, tags = ''): Monitor =>
  saveMonitor(guard.deps, { projectId: project.id, match: null, change: { name, tags } }).monitor

const channelsOf = ({ id }: Monitor): string[] =>
  listChannelsOfMonitor(guard.db, id)
    .map(({ name }) => name)
    .sort()
const change = (monitor: Monitor, tags: string) =>
  updateMonitor(guard.deps, { ref: guard.refOf(monitor), change: { tags } })

const api = async (path: string, body?: unknown) => {
  const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
  const response = await guard.request(`/api/v3${path}`, { ...init, headers: { 'X-Api-Key': key } })
  return (await response.json()) as { uuid: string; channels: string; [field: string]: unknown }
}

describe('Scope of a channel', () => {
  test('decides about existing and new monitors', async () => {
    const [old, oldDb] = [newMonitor('old'), newMonitor('old-db', 'db nightly')]
    for (const monitors of [ALL, DB, NONE]) channelFor(monitors)
    expect([old, oldDb].map(channelsOf)).toEqual([['all'], ['all', 'tag']])
    expect([newMonitor('new'), newMonitor('new-db', 'nightly db')].map(channelsOf)).toEqual([['all'], ['all', 'tag']])
    await guard.ping(oldDb, '/fail')
    await guard.tick()
    expect(guard.outside.mails.map(({ to }) => to).sort()).toEqual(['all@example.org', 'tag@example.org'])
  })

  test('with several tags needs one of them', () => {
    channelFor({ is: 'tag', tags: ['db', 'web'] })
    expect([newMonitor('a', 'db'), newMonitor('b', 'web'), newMonitor('c', 'database')].map(channelsOf)).toEqual([
      ['tag'],
      ['tag'],
      [],
    ])
  })

  test('follows the tags of a monitor', () => {
    channelFor(DB)
    const monitor = newMonitor('backup')
    change(monitor, 'db')
    expect(channelsOf(monitor)).toEqual(['tag'])
    change(monitor, 'db nightly')
    expect(channelsOf(monitor)).toEqual(['tag'])
    change(monitor, 'nightly')
    expect(channelsOf(monitor)).toEqual([])
  })

  test('never reaches into another project', () => {
    const other = guard.project('bob@example.org')
    const foreign = guard.monitor(other, { name: 'foreign', tags: 'db' })
    for (const monitors of [ALL, DB, { is: 'these', monitorIds: [foreign.id] } as const]) channelFor(monitors)
    expect(channelsOf(foreign)).toEqual([])
  })

  test.each([[[]], [['x'.repeat(300), 'y'.repeat(300)]]])('refuses the tags %j', (tags) => {
    expect(() => channelFor({ is: 'tag', tags })).toThrow()
  })
})

describe('Channels of a monitor that the API sets', () => {
  test('win over the scope, in both directions', async () => {
    channelFor(ALL)
    const these = channelFor(NONE)
    const made = await api('/checks/', { name: 'a', channels: '' })
    expect(made.channels).toBe('')
    expect((await api(`/checks/${made.uuid}`, { channels: 'these' })).channels).toBe(these)
    expect((await api(`/checks/${made.uuid}`, { name: 'renamed' })).channels).toBe(these)
  })

  test('stay while another tag changes, and end when the tag of the channel does', async () => {
    const tagged = channelFor(DB)
    const { uuid } = await api('/checks/', { name: 'a', tags: 'db', channels: '' })
    expect((await api(`/checks/${uuid}`, { tags: 'db nightly' })).channels).toBe('')
    expect((await api(`/checks/${uuid}`, { tags: 'nightly' })).channels).toBe('')
    expect((await api(`/checks/${uuid}`, { tags: 'db' })).channels).toBe(tagged)
    expect((await api(`/checks/${uuid}`, { tags: 'web', channels: tagged })).channels).toBe(tagged)
  })

  test('are none for a new check without any, and stay for an existing one', async () => {
    const all = channelFor(ALL)
    expect((await api('/checks/', { name: 'a', unique: ['name'] })).channels).toBe('')
    await api('/checks/', { name: 'b', channels: '*' })
    expect((await api('/checks/', { name: 'b', desc: 'new', unique: ['name'] })).channels).toBe(all)
  })

  test('a ping to an unknown slug gives the monitor all channels', async () => {
    const ids = [ALL, DB, NONE].map(channelFor)
    await guard.request(`/ping/${project.pingKey}/nightly?create=1`)
    const [monitor] = listMonitors(guard.db, project.id)
    expect(monitor && listChannelsOfMonitor(guard.db, monitor.id).map(({ id }) => id)).toEqual(ids.sort())
  })
})

describe('API of a channel', () => {
  const settings = { address: 'ops@example.org' }

  test('without a scope assigns a new channel to existing checks only, as before', async () => {
    const old = guard.monitor(project, { name: 'old' })
    const { id } = await api('/channels/', { kind: 'email', settings })
    expect(listMonitorIdsOfChannel(guard.db, String(id))).toEqual([old.id])
    expect(channelsOf(newMonitor('new'))).toEqual([])
  })

  test('changes the scope, and shows it', async () => {
    const [plain, tagged] = [newMonitor('plain'), newMonitor('tagged', 'db')]
    const { id } = await api('/channels/', { kind: 'email', name: 'mail', settings, scope: 'all' })
    expect([plain, tagged].map(channelsOf)).toEqual([['mail'], ['mail']])
    expect(await api(`/channels/${id}`, { scope: 'tag', scope_tags: 'db  web db' })).toMatchObject({
      scope: 'tag',
      scope_tags: 'db web',
      n_checks: 1,
    })
    expect(await api(`/channels/${id}`, { scope: 'these' })).toMatchObject({
      scope: 'these',
      scope_tags: '',
      n_checks: 1,
    })
    expect(await api(`/channels/${id}`, { name: 'other' })).toMatchObject({ scope: 'these', n_checks: 1 })
  })

  test.each([
    [{ scope: 'some' }, 'json validation error: scope is not one of all, these, tag'],
    [{ scope: 'all', scope_tags: 'x'.repeat(501) }, 'json validation error: scope_tags is too long'],
    [{ scope: 'tag' }, 'Choose at least one tag.'],
  ])('refuses %j', async (scope, error) => {
    expect(await api('/channels/', { kind: 'email', settings, ...scope })).toMatchObject({ error })
  })
})

describe('Choice of monitors on the page of a channel', () => {
  let member: Visitor
  let id: string
  let monitors: Monitor[]

  beforeEach(async () => {
    member = await memberOf(guard, project, 'member')
    monitors = [newMonitor('first', 'db'), newMonitor('second', 'web')]
    id = channelFor(NONE)
  })

  const page = () => member.read(`/channels/${id}`)
  const save = async (fields: Record<string, string | string[]>) => {
    const seen = / name="seen" value="([^"]*)"/.exec(await page())?.[1] ?? ''
    const shownUntil = / name="shownUntil" value="([^"]*)"/.exec(await page())?.[1] ?? ''
    return member.post(`/channels/${id}`, { 'setting-address': 'ops@example.org', seen, shownUntil, ...fields })
  }
  const used = () => listMonitorIdsOfChannel(guard.db, id)
  const [first, second] = [() => monitors[0]?.id ?? 0, () => monitors[1]?.id ?? 0]

  test('lists all monitors, and stores the selected ones', async () => {
    expect((await save({ scope: 'these', m: [String(second())] })).status).toBe(303)
    expect(used()).toEqual([second()])
    expect(await page()).toContain(`name="m" value="${second()}" checked`)
    expect(await page()).not.toContain(`name="m" value="${first()}" checked`)
  })

  test('offers the tags in use with their numbers, and takes others', async () => {
    expect(words(await page())).toContain('db 1')
    await save({ scope: 'tag', tag: ['db'], tags: 'later' })
    expect(findChannel(guard.db, id)?.scope).toEqual({ is: 'tag', tags: ['db', 'later'] })
    expect(used()).toEqual([first()])
    expect(await page()).toContain('name="tag" value="later" checked')
  })

  test('without a tag comes back with the error at the field', async () => {
    const response = await save({ scope: 'tag', name: 'Kept' })
    const text = await response.text()
    expect(response.status).toBe(422)
    expect(text).toContain('id="tags-problem"')
    expect(text).toContain('value="Kept"')
    expect(text).toContain('name="scope" value="tag" checked')
  })

  test('keeps a monitor that was added while the form was open', async () => {
    const seen = / name="seen" value="([^"]*)"/.exec(await page())?.[1] ?? ''
    const later = newMonitor('later')
    updateMonitor(guard.deps, { ref: guard.refOf(later), change: {}, channelIds: [id] })
    const refused = await member.post(`/channels/${id}`, { 'setting-address': 'x@example.org', seen, scope: 'these' })
    expect(words(await refused.text())).toContain('while you were editing it: “Monitors”')
    await save({ scope: 'these', shownUntil: String(second()), m: [String(first())] })
    expect(used()).toEqual([first(), later.id])
  })

  test('shows monitors that differ from the scope, keeps them, and removes them on request', async () => {
    await save({ scope: 'all' })
    expect(used()).toEqual([first(), second()])
    updateMonitor(guard.deps, { ref: guard.refOf(monitors[0] as Monitor), change: {}, channelIds: [] })
    expect(words(await page())).toContain('Excluded individually: first .')
    expect(words(await member.read(`/projects/${project.id}/channels`))).toContain(
      'all monitors except 1, including new ones',
    )
    await save({ scope: 'all', name: 'Renamed' })
    expect(used()).toEqual([second()])
    await save({ scope: 'all', applyAgain: 'on' })
    expect(used()).toEqual([first(), second()])
  })

  test('saves a form without a choice, and changes no monitors', async () => {
    updateChannel(guard.deps, { ref: { projectId: project.id, channelId: id }, monitors: ALL })
    await save({ name: 'Renamed' })
    expect([used(), findChannel(guard.db, id)?.scope]).toEqual([[first(), second()], ALL])
  })
})
