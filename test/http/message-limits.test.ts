// How many test messages and invitations CronGuard sends for one user, network or address.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import type { Project } from '#domain/project.ts'
import { TestGuard } from '../support/cronguard.ts'
import { memberOf, signedIn, type Visitor } from '../support/visitor.ts'

const RECIPIENT = 'stranger@elsewhere.example'

let guard: TestGuard
let project: Project

beforeEach(() => {
  guard = new TestGuard({ env: { CRONGUARD_SMTP_HOST: 'mail.example.org' } })
  project = guard.project()
})

afterEach(() => guard.stop())

const alice = () => signedIn(guard, 'alice@example.org')

/** Tests a channel on its page; returns the text of the answer. */
async function testOn(visitor: Visitor, channel: string): Promise<string> {
  return await (await visitor.post(`/channels/${channel}/test/outcome`)).text()
}

async function testByApi(key: string, { channel, peer }: { channel: string; peer: string }): Promise<number> {
  const call = { method: 'POST', headers: { 'X-Api-Key': key } }
  return (await guard.request(`/api/v3/channels/${channel}/test`, call, peer)).status
}

const sentTo = (address: string): number => guard.outside.mails.filter(({ to }) => to === address).length

describe('Rate limit of test messages', () => {
  test('is 10 an hour for one channel, and the message says when it is possible again', async () => {
    const owner = await alice()
    const channel = guard.mailTo(project, RECIPIENT)
    for (let count = 0; count < 10; count += 1) await testOn(owner, channel)
    const limit = 'Too many attempts with this channel. Try again in 1 hour.'
    expect(await testOn(owner, channel)).toContain(limit)
    expect(await (await owner.post(`/channels/${channel}/test`)).text()).toContain(limit)
    const key = guard.apiKey(project)
    expect(await testByApi(key, { channel, peer: '198.51.100.1' })).toBe(429)
    expect(sentTo(RECIPIENT)).toBe(10)
    expect(await testOn(owner, guard.mailTo(project, 'other@elsewhere.example'))).toContain('Test sent')
  })

  test('is 30 an hour for one project, for any channels and users', async () => {
    const owner = await alice()
    const channels = Array.from({ length: 32 }, (_, index) => guard.mailTo(project, `user${index}@elsewhere.example`))
    for (const channel of channels) await testOn(owner, channel)
    expect(guard.outside.mails).toHaveLength(30)
    const member = await memberOf(guard, project, 'member')
    expect(await testOn(member, channels[31] ?? '')).toContain(
      'Too many attempts with channels of this project. Try again',
    )
  })

  test('is 20 an hour for one address, for any projects and networks', async () => {
    const statuses: number[] = []
    for (let count = 0; count < 23; count += 1) {
      const own = guard.project(`owner${count}@example.org`)
      const channel = guard.mailTo(own, count % 2 === 0 ? RECIPIENT : 'Stranger+1@elsewhere.example')
      statuses.push(await testByApi(guard.apiKey(own), { channel, peer: `198.51.100.${count}` }))
    }
    expect(statuses).toEqual([...Array(20).fill(200), 429, 429, 429])
  })

  test('is 60 an hour for one network, for any projects', async () => {
    for (let count = 0; count < 64; count += 1) {
      const own = guard.project(`owner${count}@example.org`)
      const channel = guard.mailTo(own, `user${count}@elsewhere.example`)
      await testByApi(guard.apiKey(own), { channel, peer: '198.51.100.1' })
    }
    expect(guard.outside.mails).toHaveLength(60)
  })

  test('does not hold back an alert to the same address', async () => {
    const channel = guard.mailTo(project, RECIPIENT)
    const owner = await alice()
    for (let count = 0; count < 25; count += 1) await testOn(owner, channel)
    const before = sentTo(RECIPIENT)
    await guard.ping(guard.monitor(project, { name: 'backup' }, [channel]), '/fail')
    await guard.tick()
    expect(sentTo(RECIPIENT)).toBe(before + 1)
  })
})

test('Rate limit of invitations: 20 an hour for one address, for any users', async () => {
  const statuses: number[] = []
  for (const email of ['a@example.org', 'b@example.org']) {
    const own = guard.project(email)
    const visitor = await signedIn(guard, email)
    for (let count = 0; count < 12; count += 1) {
      const fields = { role: 'viewer', email: RECIPIENT }
      statuses.push((await visitor.post(`/projects/${own.id}/invitations`, fields)).status)
    }
  }
  expect(statuses.filter((status) => status === 429)).toHaveLength(4)
  expect(sentTo(RECIPIENT)).toBe(20)
})
