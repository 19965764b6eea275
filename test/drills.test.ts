// Weekly tests of channels, and channels through which nothing arrived for long.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { createChannel, setChannelDisabled, testChannel } from '#actions/channels.ts'
import { drill } from '#actions/drills.ts'
import { ALL_DAYS, type ChannelRules } from '#domain/channel-rules.ts'
import type { Project } from '#domain/project.ts'
import { DAY, HOUR, MINUTE } from '#lib/duration.ts'
import { findChannelReport } from '#store/channels.ts'
import { TestGuard } from './support/cronguard.ts'
import { memberOf, type Visitor, words } from './support/visitor.ts'

let guard: TestGuard
let project: Project
let viewer: Visitor | null

beforeEach(() => {
  guard = new TestGuard()
  project = guard.project()
  viewer = null
})
afterEach(() => {
  guard.live.close()
  guard.stop()
})

const channel = (rules: Partial<ChannelRules> = { drills: true }, name = 'hook') =>
  createChannel(guard.deps, {
    projectId: project.id,
    kind: 'webhook',
    name,
    settings: { url: `https://${name}.example.org/` },
    rules,
  }).id
const hosts = (): string[] => guard.outside.calls.splice(0).map(({ url }) => new URL(url).hostname)
/** Lets days pass, with a look for weekly tests every hour. */
async function passDays(days: number): Promise<void> {
  for (let hour = 0; hour < days * 24; hour += 1) {
    guard.clock.advance(HOUR)
    await drill(guard.deps)
  }
}
const report = (id: string) => findChannelReport(guard.db, id)

describe('A weekly test', () => {
  test('is sent once a week, and its outcome is on the page', async () => {
    const id = channel()
    await passDays(6)
    expect(hosts()).toEqual([])
    await passDays(15)
    expect(hosts()).toHaveLength(3)
    const member = await memberOf(guard, project, 'member')
    expect(words(await member.read(`/channels/${id}`))).toContain('Weekly test Arrived')
  })

  test('that fails marks the channel as failing, and says why', async () => {
    const id = channel()
    guard.outside.failWith('refused')
    await passDays(8)
    expect(report(id)?.failingSince).not.toBeNull()
    const member = await memberOf(guard, project, 'member')
    const text = words(await member.read(`/channels/${id}`))
    expect(text).toContain('Weekly test Failed: ')
    expect(text).toContain('Failing since')
    expect(guard.log.filter(({ event }) => event.includes('weekly test'))).toHaveLength(1)
  })

  test('is not sent by default, nor through a disabled channel', async () => {
    channel({}, 'plain')
    const id = channel()
    setChannelDisabled(guard.deps, { projectId: project.id, channelId: id, isDisabled: true })
    await passDays(10)
    expect(hosts()).toEqual([])
  })

  test('waits for the end of quiet hours', async () => {
    channel({ drills: true, quietHours: { from: '09:00', to: '18:00', days: [...ALL_DAYS], tz: 'UTC' } })
    await passDays(7)
    expect(hosts()).toEqual([])
    await passDays(0.25)
    expect(hosts()).toHaveLength(1)
  })
})

describe('A channel through which nothing arrived for 30 days', () => {
  const stateOf = async (id: string): Promise<string> => {
    viewer ??= await memberOf(guard, project, 'viewer')
    const text = words(await viewer.read(`/channels/${id}`))
    return /(Unproven: nothing was delivered since|Enabled)/.exec(text)?.[0] ?? ''
  }

  test('is unproven, until a test arrives', async () => {
    const id = channel({})
    guard.clock.advance(29 * DAY)
    expect(await stateOf(id)).toBe('Enabled')
    guard.clock.advance(2 * DAY)
    expect(await stateOf(id)).toStartWith('Unproven')
    await testChannel(guard.deps, { projectId: project.id, channelId: id })
    expect(await stateOf(id)).toBe('Enabled')
  })

  test('is proven by a notification', async () => {
    const id = channel({})
    guard.clock.advance(31 * DAY)
    await guard.ping(guard.monitor(project, { name: 'backup' }, [id]), '/fail')
    await guard.tick()
    expect(await stateOf(id)).toBe('Enabled')
    expect(report(id)?.provenAt).toBe(guard.clock.now())
  })

  test('is not proven by a notification that failed', async () => {
    const id = channel({})
    guard.clock.advance(31 * DAY)
    guard.outside.failWith('refused')
    await guard.ping(guard.monitor(project, { name: 'backup' }, [id]), '/fail')
    await guard.tick()
    expect(guard.clock.now() - (report(id)?.provenAt ?? 0)).toBe(31 * DAY)
  })

  test('is noted at most once an hour', async () => {
    const id = channel({})
    await testChannel(guard.deps, { projectId: project.id, channelId: id })
    const first = report(id)?.provenAt
    guard.clock.advance(10 * MINUTE)
    await testChannel(guard.deps, { projectId: project.id, channelId: id })
    expect(report(id)?.provenAt).toBe(first ?? 0)
  })
})
