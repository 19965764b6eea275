import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { addUser } from '#actions/accounts.ts'
import { invite } from '#actions/members.ts'
import type { Project, Role } from '#domain/project.ts'
import { DAY } from '#lib/duration.ts'
import { findUserByEmail } from '#store/accounts.ts'
import { insertMembership, listInvitations, listMembers, listProjectsOfUser, saveRole } from '#store/projects.ts'
import { TestGuard } from '../support/cronguard.ts'
import { nextTurn } from '../support/turn.ts'
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

const roleOf = (id: string): Role | undefined =>
  listMembers(guard.db, project.id).find((member) => member.userId === id)?.role

async function invitation(role: 'admin' | 'member' | 'viewer' = 'member', inviter = userId('alice@example.org')) {
  return (await invite(guard.deps, { actor: { projectId: project.id, userId: inviter }, email: '', role })).invitation
}

/** The link of the newest invitation, as the page shows it. */
async function linkOn(visitor: Visitor): Promise<string> {
  return /https?:\/\/[^<]*(\/invitations\/[0-9a-f]{64})/.exec(await settings(visitor))?.[1] ?? ''
}

describe('Invitation', () => {
  test('is a link that adds one user, once, with its role', async () => {
    const admin = await memberOf(guard, project, 'admin')
    await admin.post(path('/invitations'), { role: 'viewer' })
    const link = await linkOn(admin)
    const carol = await signedIn(guard, 'carol@example.org')
    expect(await carol.read(link)).toContain('My project')
    const response = await carol.post(link)
    expect(response.headers.get('location')).toBe(path())
    expect(roleOf(carol.user.id)).toBe('viewer')

    const dave = await signedIn(guard, 'dave@example.org')
    expect([(await dave.get(link)).status, (await dave.post(link)).status]).toEqual([404, 404])
    expect(roleOf(dave.user.id)).toBeUndefined()
    expect(await settings(admin)).not.toContain(link)
  })

  test('lets a stranger create an account in the project, without a project of their own', async () => {
    await invitation('member')
    const link = await linkOn(await alice())
    const stranger = new Visitor(guard)
    expect(await stranger.read(link)).toContain(`action="${link}/account"`)
    expect((await stranger.post(link)).status).toBe(401)
    const fields = { email: 'eve@example.org', password: 'short' }
    expect((await stranger.post(`${link}/account`, fields)).status).toBe(422)
    expect((await stranger.post(`${link}/account`, { ...fields, password: 'long enough for all' })).status).toBe(303)
    expect(roleOf(userId('eve@example.org'))).toBe('member')
    // They get no empty project of the same name beside the one that they were invited to.
    const projects = listProjectsOfUser(guard.db, userId('eve@example.org'))
    expect(projects.map(({ id }) => id)).toEqual([project.id])
    expect(await stranger.read(path('/settings'))).toContain('eve@example.org')
    expect((await new Visitor(guard).get(link)).status).toBe(404)
  })

  test('is not used up by a member, whose role stays the same', async () => {
    await invitation('viewer')
    const visitor = await alice()
    const link = await linkOn(visitor)
    const response = await visitor.post(link)
    expect([response.status, await response.text()]).toEqual([
      409,
      expect.stringContaining('You are already a member of this project.'),
    ])
    expect(roleOf(visitor.user.id)).toBe('owner')
    const carol = await signedIn(guard, 'carol@example.org')
    expect((await carol.post(link)).status).toBe(303)
    expect(roleOf(carol.user.id)).toBe('viewer')
  })

  test('expires after seven days, to the millisecond, and leaves the page', async () => {
    await invitation()
    const visitor = await alice()
    const link = await linkOn(visitor)
    guard.clock.advance(7 * DAY - 1)
    expect((await visitor.get(link)).status).toBe(200)
    guard.clock.advance(1)
    expect((await visitor.get(link)).status).toBe(404)
    expect((await visitor.post(link)).status).toBe(404)
    expect(await linkOn(visitor)).toBe('')
  })

  test('that was revoked or forged answers 404', async () => {
    const { id } = await invitation()
    const visitor = await alice()
    const link = await linkOn(visitor)
    const made = [`${link.slice(0, -1)}${link.endsWith('0') ? '1' : '0'}`, `/invitations/${id}`, '/invitations/x']
    for (const forged of made) expect((await visitor.get(forged)).status).toBe(404)
    await visitor.post(path(`/invitations/${id}/revoke`))
    expect((await visitor.get(link)).status).toBe(404)
  })

  test('is void when its inviter is removed or demoted', async () => {
    const visitor = await alice()
    const bob = join('bob@example.org', 'admin')
    await invitation('admin', bob)
    await visitor.post(path(`/members/${bob}`), { role: 'member' })
    expect(listInvitations(guard.db, project.id)).toEqual([])
    await visitor.post(path(`/members/${bob}`), { role: 'admin' })
    await invitation('admin', bob)
    await visitor.post(path(`/members/${bob}/remove`))
    expect(listInvitations(guard.db, project.id)).toEqual([])
  })

  test('cannot have the role of owner', async () => {
    const response = await (await alice()).post(path('/invitations'), { role: 'owner' })
    expect(response.status).toBe(422)
    expect(listInvitations(guard.db, project.id)).toEqual([])
  })

  test('is emailed when there is a mail server, and its link can be copied as well', async () => {
    guard.stop()
    guard = new TestGuard({ env: SMTP })
    project = guard.project()
    const visitor = await alice()
    await visitor.post(path('/invitations'), { role: 'member', email: 'new@example.org' })
    expect(await settings(visitor)).toContain('Invitation sent.')
    expect(guard.outside.mails[0]?.to).toBe('new@example.org')
    expect(guard.outside.mails[0]?.text).toContain(await linkOn(visitor))
    expect(guard.outside.mails[0]?.text).toContain(
      'alice@example.org invited you to the project “My project” on CronGuard as a member.',
    )

    guard.outside.failWith('timeout')
    await visitor.post(path('/invitations'), { role: 'member', email: 'other@example.org' })
    expect(await settings(visitor)).toContain('the email could not be sent')
    const odd = await visitor.post(path('/invitations'), { role: 'member', email: 'not-an-address' })
    expect([odd.status, await odd.text()]).toEqual([422, expect.stringContaining('id="email-problem"')])
    expect(listInvitations(guard.db, project.id)).toHaveLength(2)
  })

  test('by email leads a stranger to an account, and a copied link needs an email to confirm the address', async () => {
    guard.stop()
    guard = new TestGuard({ env: SMTP })
    project = guard.project()
    const owner = await alice()
    await owner.post(path('/invitations'), { role: 'member', email: 'new@example.org' })
    const copied = await linkOn(owner)
    const mailed = /8000(\/invitations\/\w+\?proof=\w+)/.exec(guard.outside.mails[0]?.text ?? '')?.[1] ?? ''
    const stranger = new Visitor(guard)
    const ask = async (email: string) => {
      const response = await stranger.post(`${copied}/account`, { email, password: 'long enough for all' })
      await nextTurn()
      return await response.text()
    }
    expect(await ask('alice@example.org')).toBe(await ask('eve@example.org'))
    expect(userId('eve@example.org')).toBe('')
    const link = /8000(\/register\/[\w.-]+)/.exec(guard.outside.mails.at(-1)?.text ?? '')?.[1] ?? ''

    const action = `${mailed.replace('?', '/account?')}`
    expect(await stranger.read(mailed)).toContain(`action="${action}"`)
    expect((await stranger.post(action, { password: 'long enough for all' })).status).toBe(303)
    expect(findUserByEmail(guard.db, 'new@example.org')?.emailVerifiedAt).toBe(guard.clock.now())
    expect(roleOf(userId('new@example.org'))).toBe('member')
    expect((await new Visitor(guard).get(link)).status).toBe(404)

    await invitation('viewer')
    const another = await linkOn(owner)
    await stranger.post('/logout')
    await stranger.post(`${another}/account`, { email: 'eve@example.org' })
    await nextTurn()
    const second = /8000(\/register\/[\w.-]+)/.exec(guard.outside.mails.at(-1)?.text ?? '')?.[1] ?? ''
    expect((await stranger.post(second, { password: 'long enough for all' })).status).toBe(303)
    expect(roleOf(userId('eve@example.org'))).toBe('viewer')
  })

  test('email names the sender, and leaves little room for the words of strangers', async () => {
    guard.stop()
    guard = new TestGuard({ env: SMTP })
    project = guard.project()
    const visitor = await alice()
    const bait = 'Your account expires today. Visit evil.example at once, and do not tell anyone else about it'
    await visitor.post('/settings/profile', { name: bait, timeZone: 'UTC' })
    await visitor.post(path(), { name: bait })
    await visitor.post(path('/invitations'), { role: 'member', email: 'new@example.org' })
    const { subject, text } = guard.outside.mails[0] ?? { subject: '', text: '' }
    expect(subject).toStartWith('Invitation to “')
    const shown = 'Your account expires today. Visit evil.…'
    expect(text.replaceAll('\n', ' ')).toContain(`${shown} (alice@example.org) invited you to the project “${shown}”`)
    expect(text).not.toContain('evil.example')
  })

  test('form keeps the input when too many were emailed', async () => {
    guard.stop()
    guard = new TestGuard({ env: SMTP })
    project = guard.project()
    const visitor = await alice()
    const post = (index: number) =>
      visitor.post(path('/invitations'), { role: 'viewer', email: `n${index}@example.org` })
    for (let index = 0; index < 30; index += 1) expect((await post(index)).status).toBe(303)
    const response = await post(30)
    const text = await response.text()
    expect([response.status, text.includes('Too many attempts'), text.includes('value="n30@example.org"')]).toEqual([
      429,
      true,
      true,
    ])
  })
})

describe('Members', () => {
  test('can leave, and then the project answers 404', async () => {
    const viewer = await memberOf(guard, project, 'viewer')
    const response = await viewer.post(path(`/members/${viewer.user.id}/remove`))
    expect(response.headers.get('location')).toBe('/')
    expect((await viewer.get(path('/settings'))).status).toBe(404)
  })

  test('with a new role have its rights at the next request', async () => {
    const member = await memberOf(guard, project, 'member')
    const visitor = await alice()
    await visitor.post(path(`/members/${member.user.id}`), { role: 'admin' })
    expect(await settings(member)).toContain(project.pingKey)
    await visitor.post(path(`/members/${member.user.id}`), { role: 'viewer' })
    expect(await settings(member)).not.toContain(project.pingKey)
  })

  test('never leave a project without an owner', async () => {
    const visitor = await alice()
    join('bob@example.org', 'admin')
    const self = path(`/members/${visitor.user.id}`)
    for (const [form, fields] of [
      [self, { role: 'member' }],
      [`${self}/remove`, {}],
    ] as const) {
      const response = await visitor.post(form, fields)
      expect([response.status, await response.text()]).toEqual([422, expect.stringContaining('needs an owner')])
    }
    expect(roleOf(visitor.user.id)).toBe('owner')
    expect(await settings(visitor)).not.toContain(`action="${self}`)
  })

  test('lose their rights at once, even for a form that is half sent', async () => {
    const admin = await memberOf(guard, project, 'admin')
    const bob = join('bob@example.org', 'member')
    for (const [rest, form] of [
      [`/members/${bob}`, 'role=viewer'],
      [`/members/${bob}/remove`, ''],
      ['/invitations', 'role=admin'],
    ] as const) {
      guard.db.write((tx) => saveRole(tx, { projectId: project.id, userId: admin.user.id, role: 'admin' }))
      const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
      const answer = guard.request(path(rest), {
        method: 'POST',
        body: readable,
        headers: { Cookie: admin.cookie, 'Content-Type': 'application/x-www-form-urlencoded' },
      })
      const writer = writable.getWriter()
      await writer.write(new TextEncoder().encode(form))
      guard.db.write((tx) => saveRole(tx, { projectId: project.id, userId: admin.user.id, role: 'viewer' }))
      await writer.close()
      expect([rest, (await answer).status]).toEqual([rest, 403])
    }
    expect(roleOf(bob)).toBe('member')
    expect(listInvitations(guard.db, project.id)).toEqual([])
  })

  test('can give up the role of owner when there is another owner', async () => {
    const visitor = await alice()
    join('bob@example.org', 'owner')
    expect((await visitor.post(path(`/members/${visitor.user.id}`), { role: 'viewer' })).status).toBe(303)
    expect(roleOf(visitor.user.id)).toBe('viewer')
  })

  test('with the role of admin see no way to create or change an owner', async () => {
    const bob = join('bob@example.org', 'member')
    const text = await settings(await memberOf(guard, project, 'admin'))
    expect(text).toContain(`action="${path(`/members/${bob}`)}"`)
    expect(text).not.toContain(`/members/${userId('alice@example.org')}`)
    expect(text).not.toContain('<option value="owner"')
  })

  test('with hostile names are escaped, and unknown ids answer 404', async () => {
    const visitor = await alice()
    const bob = await signedIn(guard, 'bob@example.org')
    guard.db.write((tx) => insertMembership(tx, { projectId: project.id, userId: bob.user.id, role: 'member' }))
    await bob.post('/settings/profile', { name: HOSTILE, timeZone: 'UTC' })
    const text = await settings(visitor)
    expect(text).toContain('&lt;script&gt;alert(1)')
    expect(text).not.toContain('<script>alert')
    expect((await visitor.post(path('/members/unknown'), { role: 'viewer' })).status).toBe(404)
    expect((await visitor.post(path(`/members/${bob.user.id}`), { role: 'king' })).status).toBe(422)
  })
})
