// How many test messages and invitations CronGuard sends for one user, network or address.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import type { Project } from '#domain/project.ts'
import { insertMembership } from '#store/projects.ts'
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
  test('is 20 an hour for one address, for any users and networks', async () => {
    const owner = await alice()
    const channel = guard.mailTo(project, RECIPIENT)
    for (let count = 0; count < 15; count += 1) await testOn(owner, channel)
    const other = guard.project('bob@example.org')
    const key = guard.apiKey(other)
    const same = guard.mailTo(other, 'Stranger+1@elsewhere.example')
    const statuses: number[] = []
    for (let count = 0; count < 8; count += 1) {
      statuses.push(await testByApi(key, { channel: same, peer: `198.51.100.${count}` }))
    }
    expect(statuses).toEqual([...Array(5).fill(200), 429, 429, 429])
    expect(sentTo(RECIPIENT)).toBe(15)
    expect(await testOn(owner, channel)).toContain('Too many attempts')
    expect(await testOn(owner, guard.mailTo(project, 'other@elsewhere.example'))).not.toContain('Too many attempts')
  })

  test('is 30 an hour for one user, for any addresses', async () => {
    const owner = await alice()
    for (let count = 0; count < 32; count += 1) {
      await testOn(owner, guard.mailTo(project, `user${count}@elsewhere.example`))
    }
    expect(guard.outside.mails).toHaveLength(30)
    const member = await memberOf(guard, project, 'member')
    expect(await testOn(member, guard.mailTo(project, RECIPIENT))).not.toContain('Too many attempts')
  })

  test('is 60 an hour for one network, for any users', async () => {
    const channels = Array.from({ length: 5 }, (_, index) => guard.mailTo(project, `user${index}@elsewhere.example`))
    for (let person = 0; person < 3; person += 1) {
      const visitor = await signedIn(guard, `person${person}@example.org`)
      const membership = { projectId: project.id, userId: visitor.user.id, role: 'member' } as const
      guard.db.write((tx) => insertMembership(tx, membership))
      for (let count = 0; count < 25; count += 1) await testOn(visitor, channels[count % 5] ?? '')
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
