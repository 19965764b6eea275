// What happens to the keys of a project when a member leaves: their API keys, and the ping key that they know.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { createApiKey } from '#actions/projects.ts'
import { createUser } from '#actions/registration.ts'
import type { Project } from '#domain/project.ts'
import { findProject, insertMembership, listApiKeys } from '#store/projects.ts'
import { TestGuard } from '../support/cronguard.ts'
import { memberOf, signedIn, Visitor } from '../support/visitor.ts'

let guard: TestGuard
let project: Project

beforeEach(() => {
  guard = new TestGuard()
  project = guard.project()
})

afterEach(() => guard.stop())

const path = (rest: string): string => `/projects/${project.id}${rest}`
const alice = () => signedIn(guard, 'alice@example.org')
const names = (): string[] => listApiKeys(guard.db, project.id).map(({ name }) => name)
const idOf = (name: string): string => listApiKeys(guard.db, project.id).find((key) => key.name === name)?.id ?? ''
const shown = `shownKey-`

/** An API key that this user creates on the page of the project. */
async function keyBy(visitor: Visitor, name: string): Promise<string> {
  const made = await visitor.post(path('/api-keys'), { keyName: name, access: 'read-write' })
  return /\bcgw_\w{28}\b/.exec(await made.text())?.[0] ?? ''
}

const isAccepted = async (key: string): Promise<boolean> =>
  (await guard.request('/api/v3/checks/', { headers: { 'X-Api-Key': key } })).status === 200

describe('API key', () => {
  test('shows who created it, even after they left, and no one for an older key', async () => {
    const bob = await memberOf(guard, project, 'admin', 'bob@example.org')
    createApiKey(guard.deps, { projectId: project.id, access: 'read-only', name: 'older', createdBy: null })
    await keyBy(bob, 'deploy')
    const owner = await alice()
    const keys = async () => (await owner.read(path('/settings'))).split('id="api-keys"')[1] ?? ''
    expect(await keys()).toContain('by <bdi>bob@example.org</bdi></span>')
    await owner.post(path(`/members/${bob.user.id}/remove`), { [shown + project.id]: idOf('deploy') })
    expect(await keys()).toContain('by <bdi>bob@example.org</bdi>, no longer a member</span>')
    expect((await keys()).match(/by <bdi>/g)).toHaveLength(1)
  })

  test('created with another key belongs to the same user', async () => {
    const bob = await memberOf(guard, project, 'admin', 'bob@example.org')
    const headers = { 'X-Api-Key': await keyBy(bob, 'deploy') }
    const body = JSON.stringify({ access: 'read-write', name: 'second' })
    const response = await guard.request('/api/v3/keys/', { method: 'POST', headers, body })
    const { key } = (await response.json()) as { key: string }
    expect(await isAccepted(key)).toBe(true)
    await (await alice()).post(path(`/members/${bob.user.id}/remove`))
    expect([await isAccepted(key), names()]).toEqual([false, []])
  })
})

describe('Remove member', () => {
  test('offers the API keys that they created, ticked, and a new ping key, not ticked', async () => {
    const bob = await memberOf(guard, project, 'admin', 'bob@example.org')
    const owner = await alice()
    await keyBy(bob, 'deploy')
    await keyBy(owner, 'own')
    const row = (await owner.read(path('/settings'))).split(`/members/${bob.user.id}/remove"`)[1]?.split('</form>')[0]
    expect(row).toMatch(new RegExp(`name="revokedKey-[^>]* value="${idOf('deploy')}" checked`))
    expect(row).not.toContain(idOf('own'))
    expect(row).toMatch(/name="newPingKey-[^>]* value="on"\/?>/)
  })

  test('revokes the ticked keys at once and keeps the others', async () => {
    const bob = await memberOf(guard, project, 'admin', 'bob@example.org')
    const keys = [await keyBy(bob, 'deploy'), await keyBy(bob, 'kept'), await keyBy(await alice(), 'own')]
    await (await alice()).post(path(`/members/${bob.user.id}/remove`), {
      [shown + project.id]: [idOf('deploy'), idOf('kept')],
      [`revokedKey-${project.id}`]: idOf('deploy'),
    })
    expect([...names()].sort()).toEqual(['kept', 'own'])
    expect(await Promise.all(keys.map(isAccepted))).toEqual([false, true, true])
    expect(findProject(guard.db, project.id)?.pingKey).toBe(project.pingKey)
  })

  test('revokes a key that they created after the page was shown', async () => {
    const bob = await memberOf(guard, project, 'admin', 'bob@example.org')
    await keyBy(bob, 'kept')
    const fields = { [shown + project.id]: idOf('kept') }
    await keyBy(bob, 'in a hurry')
    await (await alice()).post(path(`/members/${bob.user.id}/remove`), fields)
    expect(names()).toEqual(['kept'])
  })

  test('replaces the ping key of the project when ticked', async () => {
    const bob = await memberOf(guard, project, 'member', 'bob@example.org')
    guard.monitor(project, { name: 'backup', slug: 'backup' })
    await (await alice()).post(path(`/members/${bob.user.id}/remove`), { [`newPingKey-${project.id}`]: 'on' })
    expect((await guard.request(`/ping/${project.pingKey}/backup`)).status).toBe(404)
    expect((await guard.request(`/ping/${findProject(guard.db, project.id)?.pingKey}/backup`)).status).toBe(200)
  })
})

test('Change role: the page says that the keys of the member keep working, if there are any', async () => {
  const bob = await memberOf(guard, project, 'admin', 'bob@example.org')
  const owner = await alice()
  const saysAfter = async (role: string): Promise<boolean> => {
    await owner.post(path(`/members/${bob.user.id}`), { role })
    return (await owner.read(path('/settings'))).includes('keep working until you revoke them')
  }
  expect([await saysAfter('member'), await saysAfter('admin')]).toEqual([false, false])
  await keyBy(bob, 'deploy')
  expect([await saysAfter('member'), await saysAfter('admin')]).toEqual([true, false])
})

describe('Leave project', () => {
  test('offers the own keys and revokes them, even for someone who is no longer an admin', async () => {
    const bob = await memberOf(guard, project, 'admin', 'bob@example.org')
    const key = await keyBy(bob, 'deploy')
    await (await alice()).post(path(`/members/${bob.user.id}`), { role: 'viewer' })
    const text = await bob.read(path('/settings'))
    expect([text.includes(idOf('deploy')), text.includes('newPingKey-')]).toEqual([true, false])
    await bob.post(path(`/members/${bob.user.id}/remove`))
    expect(await isAccepted(key)).toBe(false)
  })

  test('replaces the ping key only for an admin', async () => {
    const bob = await memberOf(guard, project, 'member', 'bob@example.org')
    const fields = { [`newPingKey-${project.id}`]: 'on' }
    expect((await bob.post(path(`/members/${bob.user.id}/remove`), fields)).status).toBe(403)
    expect(findProject(guard.db, project.id)?.pingKey).toBe(project.pingKey)
    const admin = await memberOf(guard, project, 'admin')
    expect((await admin.post(path(`/members/${admin.user.id}/remove`), fields)).status).toBe(303)
    expect(findProject(guard.db, project.id)?.pingKey).not.toBe(project.pingKey)
  })
})

describe('Delete account', () => {
  const BOB = { email: 'bob@example.org', password: 'correct horse battery' }

  test('revokes the keys that were created in projects of others, and keeps those that were unticked', async () => {
    const { id: userId } = await createUser(guard.deps, { ...BOB, isAdmin: false })
    guard.db.write((tx) => insertMembership(tx, { projectId: project.id, userId, role: 'admin' }))
    const bob = new Visitor(guard)
    await bob.post('/login', BOB)
    const keys = [await keyBy(bob, 'deploy'), await keyBy(bob, 'kept')]
    const page = await bob.read('/settings/delete')
    for (const name of ['deploy', 'kept']) expect(page).toMatch(new RegExp(`value="${idOf(name)}" checked`))
    const fields = {
      [shown + project.id]: [idOf('deploy'), idOf('kept')],
      [`revokedKey-${project.id}`]: idOf('deploy'),
      [`newPingKey-${project.id}`]: 'on',
    }
    const again = await (await bob.post('/settings/delete', { ...fields, password: 'not the password' })).text()
    expect(again).toMatch(new RegExp(`value="${idOf('deploy')}" checked`))
    expect(again).not.toMatch(new RegExp(`value="${idOf('kept')}" checked`))
    expect((await bob.post('/settings/delete', { ...fields, password: BOB.password })).status).toBe(303)
    expect([names(), await Promise.all(keys.map(isAccepted))]).toEqual([['kept'], [false, true]])
    expect(findProject(guard.db, project.id)?.pingKey).not.toBe(project.pingKey)
  })
})
