import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import type { Project } from '#domain/project.ts'
import { listChannels } from '#store/channels.ts'
import { TestGuard } from '../support/cronguard.ts'
import { memberOf, words } from '../support/visitor.ts'

let guard: TestGuard
let project: Project

beforeEach(() => {
  guard = new TestGuard()
  project = guard.project()
})

afterEach(() => guard.stop())

const list = (): string => `/projects/${project.id}/channels`

describe('Gap notices of a channel', () => {
  test('are enabled for a new channel unless unticked, and can be disabled later', async () => {
    const member = await memberOf(guard, project, 'member')
    expect(await member.read(`${list()}/new?kind=email`)).toContain('name="notifiesGaps" value="on" checked')
    const fields = { kind: 'email', name: 'ops', 'setting-address': 'ops@example.org' }
    await member.post(list(), { ...fields, notifiesGaps: 'on' })
    await member.post(list(), fields)
    const wanted = () => listChannels(guard.db, project.id).map(({ notifiesGaps }) => notifiesGaps)
    expect(wanted()).toEqual([true, false])
    const [first] = listChannels(guard.db, project.id)
    expect(await member.read(`/channels/${first?.id}`)).toContain('name="notifiesGaps" value="on" checked')
    await member.post(`/channels/${first?.id}`, fields)
    expect(wanted()).toEqual([false, false])
  })

  test('appear in the list as the last notification', async () => {
    const channelId = guard.webhookTo(project, 'https://hooks.example.org/x')
    const backup = guard.monitor(project, { name: 'backup' }, [channelId])
    await guard.ping(backup)
    await guard.tick()
    guard.sleep(30 * 3_600_000)
    await guard.tick()
    const html = await (await memberOf(guard, project, 'viewer')).read(list())
    expect(words(html)).toContain('CronGuard was offline, just now')
  })
})
