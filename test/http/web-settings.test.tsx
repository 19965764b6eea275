import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { createUser } from '#actions/registration.ts'
import { type Browser, beginSession } from '#actions/sessions.ts'
import type { User } from '#domain/account.ts'
import { DAY, MINUTE } from '#lib/duration.ts'
import { findUser, findUserByEmail, hasUsers } from '#store/accounts.ts'
import { findProject, insertMembership, listProjectsOfUser } from '#store/projects.ts'
import { listSessions } from '#store/sessions.ts'
import { TestGuard } from '../support/cronguard.ts'
import { memberOf, sessionCookie, signedIn, Visitor } from '../support/visitor.ts'

const EMAIL = 'alice@example.org'
const PASSWORD = 'correct horse battery'
const NEW_PASSWORD = 'staple staple staple'
const SMTP = { CRONGUARD_SMTP_HOST: 'mail.example.org' }
const HOSTILE = `<script>alert(1)</script> "'\u202e🚀${'W'.repeat(60)}`
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'

let guard: TestGuard
let alice: Visitor & { user: User }

async function open(env: Record<string, string> = {}): Promise<void> {
  guard = new TestGuard({ env })
  await createUser(guard.deps, { email: EMAIL, password: PASSWORD, isAdmin: false })
  alice = await signedIn(guard, EMAIL)
}

async function reopen(env: Record<string, string>): Promise<void> {
  guard.stop()
  await open(env)
}

beforeEach(() => open())

afterEach(() => guard.stop())

/** Alice as she is stored now. */
const now = () => findUser(guard.db, alice.user.id)

async function another(browser: Partial<Browser> = {}): Promise<Visitor> {
  const somewhere = { remoteAddress: null, userAgent: '', ...browser }
  const id = beginSession(guard.deps, { user: alice.user, browser: somewhere, provenHash: null })
  return new Visitor(guard, [await sessionCookie(guard, id)])
}

async function isSignedIn(visitor: Visitor): Promise<boolean> {
  return (await visitor.get('/settings')).status === 200
}

async function canSignIn(password: string, email = EMAIL): Promise<boolean> {
  return (await new Visitor(guard).post('/login', { email, password })).status === 303
}

/** The link in the newest email, as a path. */
const mailedLink = (): string =>
  /8000(\/\S+\/[A-Za-z0-9]{32})\b/.exec(guard.outside.mails.at(-1)?.text ?? '')?.[1] ?? ''

describe('Settings', () => {
  test.each([
    ['get', '/settings'],
    ['get', '/settings/delete'],
    ['get', '/settings/profile'],
    ['post', '/settings/profile'],
    ['post', '/settings/email'],
    ['post', '/settings/verification'],
    ['post', '/settings/preferences'],
    ['post', '/settings/theme'],
    ['post', '/settings/password'],
    ['post', '/settings/sessions/end-others'],
    ['post', '/settings/sessions/x/end'],
    ['post', '/settings/delete'],
  ] as const)('%s %s requires a sign-in', async (method, path) => {
    const response = await new Visitor(guard)[method](path)
    expect(response.status).toBe(method === 'get' ? 303 : 401)
    expect(response.headers.get('location')).toBe(method === 'get' ? `/login?next=${encodeURIComponent(path)}` : null)
  })

  test('are one page, and the URLs of their forms redirect to it', async () => {
    const text = await alice.read('/settings')
    for (const id of ['profile', 'address', 'mails', 'theme', 'change-password', 'sessions', 'delete']) {
      expect(text).toContain(`href="#${id}"`)
      expect(text).toContain(`<section class="section" id="${id}"`)
    }
    expect((await alice.get('/settings/email')).headers.get('location')).toBe('/settings')
  })
})

test('Element ids are unique on a page, so that labels belong to the right field', async () => {
  const [project] = listProjectsOfUser(guard.db, alice.user.id)
  for (const path of ['/settings', '/settings/delete', `/projects/${project?.id}/settings`, '/projects/new']) {
    const text = await alice.read(path)
    const ids = [...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([])
    for (const [, id] of text.matchAll(/ for="([^"]+)"/g)) expect(ids).toContain(id)
  }
})

describe('Profile', () => {
  test('is saved, and times are shown in its time zone', async () => {
    const response = await alice.post('/settings/profile', { name: ' Alice ', timeZone: 'Asia/Tokyo' })
    expect(response.headers.get('location')).toBe('/settings')
    expect(now()).toMatchObject({ name: 'Alice', timeZone: 'Asia/Tokyo' })
    const text = await alice.read('/settings')
    expect(text).toContain('<option value="Asia/Tokyo" selected>Asia/Tokyo, 21:00</option>')
    expect(text).toContain('1 Mar, 21:00')
  })

  test('stores a renamed time zone by its current name', async () => {
    await alice.post('/settings/profile', { name: '', timeZone: 'US/Pacific' })
    expect(await alice.read('/settings')).toContain('<option value="America/Los_Angeles" selected>')
  })

  test.each([
    [{ name: 'x'.repeat(101), timeZone: 'UTC' }, 'name'],
    [{ name: 'a\u0000b', timeZone: 'UTC' }, 'name'],
    [{ name: 'Alice', timeZone: 'Mars/Olympus' }, 'timeZone'],
  ])('%j answers 422 with the error', async (fields, field) => {
    const response = await alice.post('/settings/profile', fields)
    const text = await response.text()
    expect([response.status, text.includes(`id="${field}-problem"`)]).toEqual([422, true])
    expect(now()).toMatchObject({ name: '', timeZone: 'UTC' })
  })

  test('escapes a hostile name', async () => {
    await alice.post('/settings/profile', { name: HOSTILE, timeZone: 'UTC' })
    const text = await alice.read('/settings')
    expect(text).toContain('&lt;script&gt;alert(1)')
    expect(text).not.toContain('<script>alert')
  })
})

describe('Theme', () => {
  test.each([
    ['http://127.0.0.1:8000/docs/api?x=1', '/docs/api?x=1'],
    ['http://localhost/', '/'],
    ['https://evil.example/phish', '/settings'],
    ['http://127.0.0.1:8000//evil.example', '/'],
    ['nonsense', '/settings'],
    ['', '/settings'],
  ])('is changed on the page %p, and leads back to %p', async (referer, location) => {
    const response = await alice.post('/settings/theme', { theme: 'dark' }, { Referer: referer, Host: 'localhost' })
    expect([response.status, response.headers.get('location')]).toEqual([303, location])
    expect(await alice.read('/settings')).toContain('<html lang="en" data-theme="dark">')
  })

  test('must be one of three', async () => {
    expect((await alice.post('/settings/theme', { theme: 'pink' })).status).toBe(422)
    expect(now()?.theme).toBe('system')
  })
})

describe('Emails to a user', () => {
  test('cannot be chosen without a mail server, and the page says so', async () => {
    const text = await alice.read('/settings')
    expect(text).toContain('send email yet')
    expect(text).toContain('<fieldset class="form" disabled>')
  })

  test('are sent as the user has chosen', async () => {
    await reopen(SMTP)
    expect(await alice.read('/settings')).not.toContain('disabled')
    Object.assign(alice.user, { timeZone: 'Asia/Tokyo' })
    await another({ remoteAddress: '198.51.100.1', userAgent: FIREFOX })
    expect(guard.outside.subjects()).toEqual(['New sign-in to your account'])
    expect(guard.outside.mails[0]?.text).toContain('12:00:00 UTC\n\nIP address: 198.51.100.1\n\nBrowser: Firefox')
    await alice.post('/settings/preferences', { failures: 'on' })
    expect(now()?.mails).toEqual({ signIns: false, failures: true, warnings: true })
    alice.user = { ...alice.user, mails: { signIns: false, failures: true, warnings: true } }
    await another({ remoteAddress: '198.51.100.2' })
    expect(guard.outside.mails).toHaveLength(1)
  })
})

describe('Email address', () => {
  const change = (email: string, emailPassword = PASSWORD) => alice.post('/settings/email', { email, emailPassword })

  test('is changed at once without a mail server, with the current password', async () => {
    expect((await change('alice@new.example')).status).toBe(303)
    expect(await alice.read('/settings')).toContain('Email address changed.')
    expect(await canSignIn(PASSWORD, 'alice@new.example')).toBe(true)
    expect(await canSignIn(PASSWORD)).toBe(false)
  })

  test.each([
    ['bob@example.org', PASSWORD, 'email'],
    ['BOB@example.org', PASSWORD, 'email'],
    ['nonsense', PASSWORD, 'email'],
    ['alice@new.example', 'wrong', 'emailPassword'],
    ['alice@new.example', '', 'emailPassword'],
  ])('is not changed to %p with the password %p', async (email, password, field) => {
    guard.project('bob@example.org')
    const response = await change(email, password)
    const text = await response.text()
    expect([response.status, text.includes(`id="${field}-problem"`)]).toEqual([422, true])
    expect(text).toContain(`value="${email}"`)
    expect(text).not.toContain(PASSWORD)
    expect(now()?.email).toBe(EMAIL)
  })

  describe('with a mail server', () => {
    beforeEach(() => reopen(SMTP))

    test('is changed through the link in the email to the new one, once', async () => {
      await change('alice@new.example')
      expect(guard.outside.mails.map(({ to }) => to)).toEqual(['alice@new.example'])
      expect(now()?.email).toBe(EMAIL)
      expect(await alice.read('/settings')).toContain('CronGuard sent a link to')
      const link = mailedLink()
      expect(link).toStartWith('/verify-email/')
      await new Visitor(guard).read(link)
      expect(now()?.email).toBe(EMAIL)

      expect((await new Visitor(guard).post(link)).status).toBe(303)
      expect(now()).toMatchObject({ email: 'alice@new.example', emailVerifiedAt: guard.clock.now() })
      expect(await alice.read('/settings')).not.toContain('CronGuard sent a link to')
      expect((await alice.post(link)).status).toBe(404)
    })

    test('is kept when the link is a day old, or a newer one was emailed', async () => {
      await change('alice@first.example')
      const first = mailedLink()
      await change('alice@second.example')
      expect((await alice.post(first)).status).toBe(404)
      guard.clock.advance(DAY)
      expect((await alice.post(mailedLink())).status).toBe(404)
      expect(now()?.email).toBe(EMAIL)
    })

    test('is kept when someone else has taken the new one meanwhile', async () => {
      await change('shared@new.example')
      guard.project('shared@new.example')
      expect((await alice.post(mailedLink())).status).toBe(409)
      expect(now()?.email).toBe(EMAIL)
    })

    test('is kept when the password changes before the link of an intruder is followed', async () => {
      await change('mallory@example.org')
      const link = mailedLink()
      await alice.post('/settings/password', { password: PASSWORD, newPassword: NEW_PASSWORD })
      expect((await alice.post(link)).status).toBe(404)
      expect(now()?.email).toBe(EMAIL)
    })

    test('can be emailed a link again while it is not confirmed, and a failure is shown', async () => {
      const bob = await signedIn(guard, 'bob@example.org')
      expect(await bob.read('/settings')).toContain('which is not confirmed yet')
      await bob.post('/settings/verification')
      expect(guard.outside.mails.map(({ to }) => to)).toEqual(['bob@example.org'])
      guard.outside.failWith('timeout')
      await bob.post('/settings/verification')
      expect(await bob.read('/settings')).toContain('The email could not be sent.')
      guard.outside.failWith(null)
      await bob.post('/settings/verification')
      await bob.post(mailedLink())
      const text = await bob.read('/settings')
      expect(text).not.toContain('not confirmed yet')
      expect(text).not.toContain('/settings/verification')
    })

    test('gets at most ten emails an hour', async () => {
      const bob = await signedIn(guard, 'bob@example.org')
      const statuses: number[] = []
      for (let count = 0; count < 12; count += 1) statuses.push((await bob.post('/settings/verification')).status)
      expect(statuses.filter((status) => status === 429)).toHaveLength(2)
      expect(guard.outside.mails).toHaveLength(10)
    })
  })
})

describe('Password', () => {
  test('is changed with the current one, and every other session ends', async () => {
    const [elsewhere, cookieless] = [await another(), await another()]
    expect(await isSignedIn(elsewhere)).toBe(true)
    const response = await alice.post('/settings/password', { password: PASSWORD, newPassword: NEW_PASSWORD })
    expect(response.status).toBe(303)
    expect([await isSignedIn(alice), await isSignedIn(elsewhere), await isSignedIn(cookieless)]).toEqual([
      true,
      false,
      false,
    ])
    expect([await canSignIn(PASSWORD), await canSignIn(NEW_PASSWORD)]).toEqual([false, true])
  })

  test.each([
    ['wrong', NEW_PASSWORD, 'password'],
    [PASSWORD, 'short', 'newPassword'],
    [PASSWORD, 'x'.repeat(201), 'newPassword'],
  ])('is not changed from %p to %p', async (password, newPassword, field) => {
    const elsewhere = await another()
    const response = await alice.post('/settings/password', { password, newPassword })
    const text = await response.text()
    expect([response.status, text.includes(`id="${field}-problem"`)]).toEqual([422, true])
    expect(text).not.toContain(newPassword)
    expect([await canSignIn(PASSWORD), await isSignedIn(elsewhere)]).toEqual([true, true])
  })

  test('can be tried ten times in a row, on all forms together, and then even the right one is refused', async () => {
    for (let count = 0; count < 10; count += 1) {
      const form = ['/settings/password', '/settings/delete', '/settings/email'][count % 3] ?? ''
      expect((await alice.post(form, { password: 'wrong', emailPassword: 'wrong' })).status).toBe(422)
    }
    const response = await alice.post('/settings/password', { password: PASSWORD, newPassword: NEW_PASSWORD })
    expect([response.status, await response.text()]).toEqual([429, expect.stringContaining('Too many attempts')])
    expect(await isSignedIn(alice)).toBe(true)
  })
})

describe('Sessions', () => {
  test('are listed with browser and address, and this one is marked', async () => {
    await another({ remoteAddress: '2001:db8::1', userAgent: FIREFOX })
    await another({ userAgent: HOSTILE })
    guard.clock.advance(5 * MINUTE)
    const text = await alice.read('/settings')
    expect(text).toContain('Firefox on Linux')
    expect(text).toContain('2001:db8::1')
    expect(text).toContain('Unknown browser')
    expect(text).toContain('IP unknown')
    expect(text.match(/This session/g)).toHaveLength(1)
    expect(text.match(/active now/g)).toHaveLength(1)
    expect(text.match(/\/sessions\/[0-9a-f-]{36}\/end"/g)).toHaveLength(2)
    expect(text).not.toContain('<script>alert')
  })

  test('can be ended one by one, at once, and the cookie of an ended one is invalid', async () => {
    const elsewhere = await another()
    const { cookie } = elsewhere
    const [path = ''] = /\/settings\/sessions\/[0-9a-f-]{36}\/end/.exec(await alice.read('/settings')) ?? []
    expect((await alice.post(path)).headers.get('location')).toBe('/settings')
    expect([await isSignedIn(elsewhere), await isSignedIn(alice)]).toEqual([false, true])
    expect((await guard.request('/settings', { headers: { cookie } })).status).toBe(303)
    expect((await guard.request('/settings/profile', { method: 'POST', headers: { cookie } })).status).toBe(401)
  })

  test('can be ended except this one, which then is the only one listed', async () => {
    const others = [await another(), await another()]
    await alice.post('/settings/sessions/end-others')
    for (const other of others) expect(await isSignedIn(other)).toBe(false)
    const text = await alice.read('/settings')
    expect(text).toContain('Signed out of all other sessions.')
    expect(text).not.toContain('/settings/sessions/')
  })

  test('of another user cannot be ended', async () => {
    const mallory = await signedIn(guard, 'mallory@example.org')
    const [session] = listSessions(guard.db, { userId: alice.user.id, now: guard.clock.now() })
    await mallory.post(`/settings/sessions/${session?.id}/end`)
    expect(await isSignedIn(alice)).toBe(true)
  })
})

describe('Delete account', () => {
  const remove = (password = PASSWORD) => alice.post('/settings/delete', { password })

  test('shows the consequences, requires the password, and deletes account, sessions and own projects', async () => {
    const [project] = listProjectsOfUser(guard.db, alice.user.id)
    const others = guard.project('bob@example.org')
    guard.db.write((tx) => insertMembership(tx, { projectId: others.id, userId: alice.user.id, role: 'admin' }))
    const elsewhere = await another()
    const text = await alice.read('/settings/delete')
    expect(text).toContain('These projects will be deleted')
    expect(text).toContain('You will leave these projects')
    expect((await remove('wrong')).status).toBe(422)
    expect(await isSignedIn(alice)).toBe(true)

    const response = await remove()
    expect(response.headers.get('location')).toBe('/login')
    expect(await alice.read('/login')).toContain('Account deleted.')
    expect([await isSignedIn(alice), await isSignedIn(elsewhere), await canSignIn(PASSWORD)]).toEqual([
      false,
      false,
      false,
    ])
    expect(findUserByEmail(guard.db, EMAIL)).toBeNull()
    expect(findProject(guard.db, project?.id ?? '')).toBeNull()
    expect(findProject(guard.db, others.id)).not.toBeNull()
  })

  test('is refused while others would lose their only owner, and names the project', async () => {
    const [project] = listProjectsOfUser(guard.db, alice.user.id)
    if (!project) throw new Error('Alice has a project')
    await memberOf(guard, project, 'admin')
    const text = await alice.read('/settings/delete')
    expect(text).toContain('You are the only owner of these projects')
    expect(text).toContain(`/projects/${project.id}/settings`)
    expect(text).not.toContain('type="password"')
    expect((await remove()).status).toBe(422)
    expect(now()).not.toBeNull()

    await memberOf(guard, project, 'owner')
    expect((await remove()).status).toBe(303)
    expect(findProject(guard.db, project.id)).not.toBeNull()
  })

  test('of the last user leads back to the setup', async () => {
    await remove()
    expect(hasUsers(guard.db)).toBe(false)
    expect((await alice.get('/login')).headers.get('location')).toBe('/setup')
  })
})
