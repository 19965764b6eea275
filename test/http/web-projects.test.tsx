import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { addUser } from '#actions/accounts.ts'
import { invite } from '#actions/members.ts'
import { createApiKey } from '#actions/projects.ts'
import { createUser } from '#actions/registration.ts'
import type { Project, Role } from '#domain/project.ts'
import { findUserByEmail } from '#store/accounts.ts'
import { findInvitation, findProject, insertMembership, listApiKeys, listProjectsOfUser } from '#store/projects.ts'
import { TestGuard } from '../support/cronguard.ts'
import { memberOf, signedIn, Visitor } from '../support/visitor.ts'

const HOSTILE = `<script>alert(1)</script> "'\u202e🚀${'W'.repeat(60)}`
const SMTP = { CRONGUARD_SMTP_HOST: 'mail.example.org' }

let guard: TestGuard
let project: Project

beforeEach(() => {
  guard = new TestGuard()
  project = guard.project()
})

afterEach(() => guard.stop())

const path = (rest = ''): string => `/projects/${project.id}${rest}`
const settings = (visitor: Visitor): Promise<string> => visitor.read(path('/settings'))
const userId = (email: string): string => findUserByEmail(guard.db, email)?.id ?? ''
const alice = () => signedIn(guard, 'alice@example.org')

/** Another member of the project. */
function join(email: string, role: Role): string {
  const { id } = guard.db.write((tx) => {
    const user = addUser(tx, { email, passwordHash: 'none', isAdmin: false })
    insertMembership(tx, { projectId: project.id, userId: user.id, role })
    return user
  })
  return id
}

async function invitation(role: 'admin' | 'member' | 'viewer' = 'member', inviter = userId('alice@example.org')) {
  return (await invite(guard.deps, { actor: { projectId: project.id, userId: inviter }, email: '', role })).invitation
}

describe('Project routes by role', () => {
  const ORDER = ['viewer', 'member', 'admin', 'owner'] as const
  type Route = [method: 'get' | 'post', rest: string, lowest: Role, fields?: Record<string, string>]
  const ROUTES: Route[] = [
    ['get', '/settings', 'viewer'],
    ['post', '', 'admin', { name: 'New name' }],
    ['post', '/ping-key', 'admin'],
    ['post', '/api-keys', 'admin', { access: 'read-only' }],
    ['post', '/api-keys/KEY/revoke', 'admin'],
    ['post', '/invitations', 'admin', { role: 'viewer' }],
    ['post', '/invitations/INVITATION/revoke', 'admin'],
    ['post', '/members/BOB', 'admin', { role: 'viewer' }],
    ['post', '/members/BOB/remove', 'admin'],
    ['post', '/members/BOB', 'owner', { role: 'owner' }],
    ['post', '/members/OWNER', 'owner', { role: 'member' }],
    ['post', '/members/OWNER/remove', 'owner'],
    ['post', '/members/SELF/remove', 'viewer'],
    ['get', '/delete', 'owner'],
    ['post', '/delete', 'owner', { confirmation: 'My project' }],
  ]

  test.each(ROUTES)('%s /projects/:project%s needs the role %s', async (method, rest, lowest, fields = {}) => {
    const bob = join('bob@example.org', 'member')
    createApiKey(guard.deps, { projectId: project.id, access: 'read-only', createdBy: null })
    const { id } = await invitation()
    const call = (visitor: Visitor, self = 'unknown'): Promise<Response> => {
      const asked = path(rest)
        .replace('KEY', listApiKeys(guard.db, project.id)[0]?.id ?? '')
        .replace('INVITATION', id)
        .replace('BOB', bob)
        .replace('OWNER', userId('alice@example.org'))
        .replace('SELF', self)
      return method === 'get' ? visitor.get(asked) : visitor.post(asked, fields)
    }
    expect((await call(new Visitor(guard))).status).toBe(method === 'get' ? 303 : 401)
    expect((await call(await signedIn(guard, 'mallory@example.org'))).status).toBe(404)
    const refused = ORDER.slice(0, ORDER.indexOf(lowest))
    for (const role of refused) {
      const visitor = await memberOf(guard, project, role)
      expect([role, (await call(visitor, visitor.user.id)).status]).toEqual([role, 403])
    }
    const visitor = await memberOf(guard, project, lowest)
    expect([200, 303]).toContain((await call(visitor, visitor.user.id)).status)
  })

  test.each([
    ['viewer', false],
    ['member', false],
    ['admin', true],
    ['owner', true],
  ] as const)('the page for the role %s has keys and invitation links: %p', async (role, hasSecrets) => {
    createApiKey(guard.deps, { projectId: project.id, access: 'read-write', name: 'ansible', createdBy: null })
    await invitation()
    const text = await settings(await memberOf(guard, project, role))
    for (const secret of [project.pingKey, '/invitations/', 'cgw_', 'ansible']) {
      expect([secret, text.includes(secret)]).toEqual([secret, hasSecrets])
    }
    expect(text).toContain('alice@example.org')
    expect(text.includes(path('/delete'))).toBe(role === 'owner')
  })

  test('what belongs to another project cannot be changed through the own one', async () => {
    const bobs = guard.project('bob@example.org')
    const bob = await signedIn(guard, 'bob@example.org')
    createApiKey(guard.deps, { projectId: project.id, access: 'read-only', createdBy: null })
    const { id } = await invitation()
    const [key] = listApiKeys(guard.db, project.id)
    const at = (rest: string): string => `/projects/${bobs.id}${rest}`
    expect((await bob.post(at(`/api-keys/${key?.id}/revoke`))).status).toBe(404)
    expect((await bob.post(at(`/invitations/${id}/revoke`))).status).toBe(404)
    expect((await bob.post(at(`/members/${userId('alice@example.org')}/remove`))).status).toBe(404)
    expect(listApiKeys(guard.db, project.id)).toHaveLength(1)
    expect(findInvitation(guard.db, id)).not.toBeNull()
  })
})

describe('Project', () => {
  test('is created by any user, who becomes its owner', async () => {
    const visitor = await alice()
    expect(await visitor.read('/projects/new')).toContain('action="/projects"')
    const response = await visitor.post('/projects', { name: ' Client work ' })
    const location = response.headers.get('location') ?? ''
    expect(response.status).toBe(303)
    expect(await visitor.read(location)).toContain('Project created.')
    const made = listProjectsOfUser(guard.db, visitor.user.id)[1]
    expect(made).toMatchObject({ name: 'Client work', role: 'owner' })
    expect(location).toBe(`/projects/${made?.id}`)
    expect((await new Visitor(guard).get('/projects/new')).headers.get('location')).toStartWith('/login')
    expect((await new Visitor(guard).post('/projects', { name: 'x' })).status).toBe(401)
  })

  test.each(['', '   ', 'x'.repeat(101), 'a\u0000b'])('cannot have the name %p: the form answers 422', async (name) => {
    const visitor = await alice()
    for (const form of ['/projects', path()]) {
      const response = await visitor.post(form, { name })
      expect([response.status, await response.text()]).toEqual([422, expect.stringContaining('id="name-problem"')])
    }
    expect(listProjectsOfUser(guard.db, visitor.user.id).map((own) => own.name)).toEqual(['My project'])
  })

  test('is renamed, and a hostile name is escaped on its pages', async () => {
    const visitor = await alice()
    const response = await visitor.post(path(), { name: HOSTILE })
    expect(response.headers.get('location')).toBe(path('/settings'))
    expect(findProject(guard.db, project.id)?.name).toBe(HOSTILE.replace('\u202e', ''))
    for (const page of [path('/settings'), path('/delete'), '/settings/delete', '/projects/new']) {
      const text = await visitor.read(page)
      expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
      expect(text).not.toContain('<script>alert')
    }
  })

  test('is deleted by its owner after typing its name, and its ping URLs answer 404', async () => {
    const monitor = guard.monitor(project, { name: 'backup' })
    const visitor = await alice()
    expect(await visitor.read(path('/delete'))).toContain('1 monitor and 1 member')
    const wrong = await visitor.post(path('/delete'), { confirmation: 'my project' })
    expect([wrong.status, await wrong.text()]).toEqual([
      422,
      expect.stringContaining('does not match the project&#x27;s name'),
    ])
    expect(findProject(guard.db, project.id)).not.toBeNull()

    const response = await visitor.post(path('/delete'), { confirmation: ' My project ' })
    expect(response.headers.get('location')).toBe('/')
    expect(findProject(guard.db, project.id)).toBeNull()
    expect((await guard.request(`/ping/${monitor.pingKey}`)).status).toBe(404)
    expect(await visitor.read('/')).toContain('No project')
    expect(await visitor.read('/settings')).toContain('No project')
  })
})

describe('Project ping key', () => {
  test('is replaced, and the old one stops working', async () => {
    guard.monitor(project, { name: 'backup', slug: 'backup' })
    const visitor = await alice()
    expect((await guard.request(`/ping/${project.pingKey}/backup`)).status).toBe(200)
    await visitor.post(path('/ping-key'))
    const pingKey = findProject(guard.db, project.id)?.pingKey ?? ''
    expect(pingKey).toMatch(/^[a-z0-9]{22}$/)
    expect((await guard.request(`/ping/${project.pingKey}/backup`)).status).toBe(404)
    expect((await guard.request(`/ping/${pingKey}/backup`)).status).toBe(200)
    expect(await settings(visitor)).toContain(pingKey)
  })
})

describe('API key', () => {
  test('is created once, however often the form is sent', async () => {
    const visitor = await alice()
    const keyId = /name="keyId" value="([0-9a-f-]{36})"/.exec(await settings(visitor))?.[1] ?? ''
    const form = { keyName: 'deploy', access: 'read-write', keyId }
    expect((await visitor.post(path('/api-keys'), form)).status).toBe(200)
    const again = await visitor.post(path('/api-keys'), form)
    expect(again.status).toBe(422)
    expect(await again.text()).toContain('This key already exists')
    expect(listApiKeys(guard.db, project.id)).toHaveLength(1)
  })

  const CHECKS = '/api/v3/checks/'
  const call = (key: string, init: RequestInit = {}) =>
    guard.request(CHECKS, { ...init, headers: { 'X-Api-Key': key } })
  const write = (key: string) => call(key, { method: 'POST', body: '{"name": "made by a program"}' })

  test.each([
    ['read-write', 201],
    ['read-only', 401],
  ])('with the access %s is shown once and works at once, and a write answers %p', async (access, written) => {
    const visitor = await alice()
    const response = await visitor.post(path('/api-keys'), { keyName: 'ansible', access })
    const text = await response.text()
    const key = /<code id="api-key">(cg[wr]_[A-Za-z0-9]{28})<\/code>/.exec(text)?.[1] ?? ''
    expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-store'])
    expect(text).toContain('Done')
    expect(text).toContain(`-H &quot;X-Api-Key: ${key}&quot; http://127.0.0.1:8000/api/v3/checks/`)
    expect((await call(key)).status).toBe(200)
    expect((await write(key)).status).toBe(written)

    const list = await settings(visitor)
    expect(list).toContain('ansible')
    expect(list).toContain(`${key.slice(0, 8)}…`)
    expect(list).not.toContain(key)
    expect(JSON.stringify(guard.log)).not.toContain(key)
  })

  test('stops working when it is revoked, and the others keep working', async () => {
    const visitor = await alice()
    const kept = guard.apiKey(project)
    const [keptRow] = listApiKeys(guard.db, project.id)
    const key = guard.apiKey(project)
    const row = listApiKeys(guard.db, project.id).find(({ id }) => id !== keptRow?.id)
    expect((await visitor.post(path(`/api-keys/${row?.id}/revoke`))).status).toBe(303)
    expect([(await call(key)).status, (await call(kept)).status]).toEqual([401, 200])
    expect((await visitor.post(path(`/api-keys/${row?.id}/revoke`))).status).toBe(404)
  })

  test.each([
    [{ keyName: 'x'.repeat(101), access: 'read-only' }, 'at most 100 characters'],
    [{ keyName: 'x', access: 'everything' }, 'Choose an option from the list.'],
  ])('is not created from %j', async (fields, problem) => {
    const response = await (await alice()).post(path('/api-keys'), fields)
    expect([response.status, await response.text()]).toEqual([422, expect.stringContaining(problem)])
    expect(listApiKeys(guard.db, project.id)).toEqual([])
  })

  test('redirects the URLs of its forms to the settings', async () => {
    const visitor = await alice()
    for (const rest of ['/api-keys', '/invitations', '/members/x', '/members/x/remove']) {
      expect((await visitor.get(path(rest))).headers.get('location')).toBe(path('/settings'))
    }
  })
})

describe('Open registration with a mail server', () => {
  beforeEach(() => {
    guard.stop()
    guard = new TestGuard({ env: { ...SMTP, CRONGUARD_REGISTRATION: 'open' } })
    project = guard.project()
  })

  test('requires a confirmed address to create keys or email invitations, not for links', async () => {
    const visitor = await alice()
    expect(await settings(visitor)).toContain('before you create a key')
    const key = await visitor.post(path('/api-keys'), { access: 'read-only' })
    expect([key.status, await key.text()]).toEqual([403, expect.stringContaining('Confirm your email address first')])
    const fields = { role: 'member', email: 'spam@example.org' }
    expect((await visitor.post(path('/invitations'), fields)).status).toBe(403)
    expect((await visitor.post(path('/invitations'), { role: 'member' })).status).toBe(303)
    expect(guard.outside.mails).toEqual([])
    expect(listApiKeys(guard.db, project.id)).toEqual([])
  })

  test('lets a user with a confirmed address create keys', async () => {
    const user = await createUser(guard.deps, { email: 'bob@example.org', password: 'long enough', isAdmin: false })
    const visitor = await signedIn(guard, user.email)
    const [own] = listProjectsOfUser(guard.db, user.id)
    expect((await visitor.post(`/projects/${own?.id}/api-keys`, { access: 'read-only' })).status).toBe(200)
  })
})
