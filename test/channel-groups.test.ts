import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import {
  createChannel,
  deleteChannel,
  setChannelDisabled,
  testChannel,
  unusableReasonOf,
  updateChannel,
} from '#actions/channels.ts'
import type { Monitor } from '#domain/monitor.ts'
import type { Project } from '#domain/project.ts'
import { HOUR, MINUTE } from '#lib/duration.ts'
import { findChannel } from '#store/channels.ts'
import { callApi } from './support/api.ts'
import { TestGuard } from './support/cronguard.ts'
import { memberOf, words } from './support/visitor.ts'

let guard: TestGuard
let project: Project
let backup: Monitor
let hooks: string[]

beforeEach(() => {
  guard = new TestGuard()
  project = guard.project()
  hooks = ['a', 'b', 'c'].map((name) => hook(name))
  backup = guard.monitor(project, { name: 'backup' })
})

afterEach(() => guard.stop())

function hook(name: string, projectId = project.id): string {
  const settings = { url: `https://hooks.example.org/${name}` }
  return createChannel(guard.deps, {
    projectId,
    kind: 'webhook',
    name,
    settings,
    monitors: { is: 'these', monitorIds: [] },
  }).id
}

function groupOf(members: readonly string[], name = 'on-call'): string {
  const settings = { members: members.join(',') }
  return createChannel(guard.deps, { projectId: project.id, kind: 'group', name, settings }).id
}

const names = () => guard.deliveries(backup).map(({ channelName }) => channelName)

describe('Groups of channels', () => {
  test('notify each member with a delivery of its own, and its own retries', async () => {
    groupOf(hooks)
    guard.outside.failCallsTo('/b')
    await guard.ping(backup, '/fail')
    await guard.tick()
    expect(
      guard
        .deliveries(backup)
        .map(({ channelName, state }) => [channelName, state])
        .sort(),
    ).toEqual([
      ['a', 'sent'],
      ['b', 'pending'],
      ['c', 'sent'],
    ])
    guard.outside.failCallsTo(null)
    await guard.pass(5 * MINUTE)
    expect(guard.outside.calls.map(({ url }) => url.slice(-1)).sort()).toEqual(['a', 'b', 'c'])
  })

  test('notify a channel once that several groups contain, or that the monitor uses itself', async () => {
    const own = guard.webhookTo(project, 'https://hooks.example.org/own')
    groupOf([...hooks, own])
    groupOf(hooks, 'another')
    await guard.ping(backup, '/fail')
    expect(names().sort()).toEqual(['a', 'b', 'c', 'webhook'])
  })

  test('do not notify disabled members, and no one while the group is disabled', async () => {
    const [a = ''] = hooks
    const groupId = groupOf(hooks)
    setChannelDisabled(guard.deps, { projectId: project.id, channelId: a, isDisabled: true })
    await guard.ping(backup, '/fail')
    expect(names().sort()).toEqual(['b', 'c'])
    setChannelDisabled(guard.deps, { projectId: project.id, channelId: groupId, isDisabled: true })
    await guard.ping(backup)
    expect(names()).toHaveLength(2)
  })

  test('notify their members when CronGuard itself was offline', async () => {
    for (const channelId of hooks) {
      updateChannel(guard.deps, { ref: { projectId: project.id, channelId }, notifiesGaps: false })
    }
    groupOf(hooks)
    await guard.ping(backup)
    await guard.tick()
    guard.sleep(30 * HOUR)
    await guard.tick()
    expect(guard.outside.calls.map(({ body }) => JSON.parse(String(body)).status)).toEqual(['blind', 'blind', 'blind'])
  })

  test('refuse channels of other projects, other groups and unknown channels', () => {
    const other = guard.project('bob@example.org')
    const inner = groupOf(hooks)
    for (const id of [hook('theirs', other.id), inner, crypto.randomUUID()]) {
      expect(() => groupOf([id])).toThrow("Groups can't contain groups.")
    }
  })

  test('cannot be changed to contain themselves', async () => {
    const groupId = groupOf(hooks)
    const member = await memberOf(guard, project, 'member')
    const page = await member.post(`/channels/${groupId}`, { name: 'on-call', 'setting-members': groupId })
    expect(page.status).toBe(422)
    expect(await page.text()).toContain('Choose channels of this project. Groups can&#x27;t contain groups.')
    expect(findChannel(guard.db, groupId)?.settings).toEqual({ members: hooks.join(',') })
  })

  test('lose a member that is deleted', () => {
    const [a = '', ...rest] = hooks
    const groupId = groupOf(hooks)
    deleteChannel(guard.deps, { projectId: project.id, channelId: a })
    expect(findChannel(guard.db, groupId)?.settings).toEqual({ members: rest.join(',') })
    for (const channelId of rest) deleteChannel(guard.deps, { projectId: project.id, channelId })
    const empty = findChannel(guard.db, groupId)
    expect(empty && unusableReasonOf(guard.deps, empty)).toBe('no channel of the group can send')
  })

  test('say how many members a test reached', async () => {
    const ref = { projectId: project.id, channelId: groupOf(hooks) }
    expect(await testChannel(guard.deps, ref)).toEqual({ result: 'sent', detail: '3 of 3 delivered' })
    guard.outside.failCallsTo('/b')
    expect(await testChannel(guard.deps, ref)).toMatchObject({
      result: 'failed',
      detail: '2 of 3 delivered. b: Connection refused',
    })
    for (const channelId of hooks) setChannelDisabled(guard.deps, { ...ref, channelId, isDisabled: true })
    expect(await testChannel(guard.deps, ref)).toMatchObject({ result: 'failed', reason: 'settings' })
  })

  test('count each member toward the limit of tests', async () => {
    const channelId = groupOf(hooks)
    const key = guard.apiKey(project)
    const statuses: number[] = []
    for (let round = 0; round < 12; round += 1) {
      const { status } = await callApi(guard, `/channels/${channelId}/test`, { method: 'POST', with: key })
      statuses.push(status)
    }
    expect(statuses.at(-1)).toBe(429)
    expect(guard.outside.calls.length).toBeLessThanOrEqual(30)
  })

  test('show their members, and how many of them the last notification reached', async () => {
    const groupId = groupOf(hooks.slice(0, 2))
    guard.outside.failCallsTo('/b')
    await guard.ping(backup, '/fail')
    await guard.tick()
    const member = await memberOf(guard, project, 'member')
    for (const path of [`/projects/${project.id}/channels`, `/channels/${groupId}`]) {
      const text = words(await member.read(path))
      expect(text).toContain('a, b')
      expect(text).toContain('1 of 2 delivered , 1 pending: backup went down')
    }
  })

  test('are created and changed with a form', async () => {
    const member = await memberOf(guard, project, 'member')
    const form = await member.read(`/projects/${project.id}/channels/new?kind=group`)
    for (const id of hooks) expect(form).toContain(`name="setting-members" value="${id}"`)
    const fields = { kind: 'group', name: 'night', 'setting-members': hooks.slice(1) }
    await member.post(`/projects/${project.id}/channels`, fields)
    const [{ id = '' } = {}] = guard.db.all<{ id: string }>(`SELECT id FROM channels WHERE name = 'night'`)
    expect(findChannel(guard.db, id)?.settings).toEqual({ members: hooks.slice(1).join(',') })
    const edit = await member.read(`/channels/${id}`)
    expect(edit).toContain(`value="${hooks[1]}" checked`)
    expect(edit).not.toContain(`value="${hooks[0]}" checked`)
    expect(edit).not.toContain(`name="setting-members" value="${id}"`)
    expect((await member.post(`/channels/${id}`, { name: 'night' })).status).toBe(422)
  })
})
