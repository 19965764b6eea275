// What happens while a password is checked: hashing takes long enough for something to change.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { changePassword, requirePassword } from '#actions/accounts.ts'
import { changeEmail, mailPasswordReset } from '#actions/mailed-links.ts'
import { invitationToken, invite } from '#actions/members.ts'
import { createProject } from '#actions/projects.ts'
import { createSetupToken, createUser } from '#actions/registration.ts'
import { beginSession } from '#actions/sessions.ts'
import type { User } from '#domain/account.ts'
import { MINUTE } from '#lib/duration.ts'
import { AppError } from '#lib/errors.ts'
import { hashPassword } from '#lib/passwords.ts'
import { findUser, savePasswordHash } from '#store/accounts.ts'
import { listSessions } from '#store/sessions.ts'
import { TestGuard } from '../support/cronguard.ts'
import { nextTurn } from '../support/turn.ts'
import { signedIn, Visitor } from '../support/visitor.ts'

const EMAIL = 'alice@example.org'
const PASSWORD = 'correct horse battery'
const NEW_PASSWORD = 'staple staple staple'
const NEW_HASH = await hashPassword(NEW_PASSWORD)

let guard: TestGuard
let user: User

async function open(env: Record<string, string> = {}): Promise<void> {
  guard = new TestGuard({ env })
  user = await createUser(guard.deps, { email: EMAIL, password: PASSWORD, isAdmin: false })
}

beforeEach(() => open())

afterEach(() => guard.stop())

const sessions = () => listSessions(guard.db, { userId: user.id, now: guard.clock.now() })

const problemOf = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: unknown) => (error instanceof AppError ? [error.code, error.fields] : error),
  )

/** Replaces the password as soon as the check of the current one has begun. */
function replaceMeanwhile(): void {
  const { db } = guard
  const get = db.get
  const passwordHash = NEW_HASH
  db.get = (sql, ...rest) => {
    const row = get.call(db, sql, ...rest)
    if (sql.includes('SELECT password_hash')) {
      db.get = get
      queueMicrotask(() => db.write((tx) => savePasswordHash(tx, { userId: user.id, passwordHash })))
    }
    return row as never
  }
}

/** Users whose passwords are checked again and again: two at a time, and fifty wait. */
function crowd(): { leave(): Promise<unknown> } {
  let isHere = true
  const attempt = async (): Promise<void> => {
    while (isHere) await hashPassword('some password').catch(nextTurn)
  }
  const people = Promise.all(Array.from({ length: 52 }, attempt))
  return {
    leave: () => {
      isHere = false
      return people
    },
  }
}

describe('Password changed while the old one is checked', () => {
  test('signs no one in with the old one', async () => {
    const thief = new Visitor(guard)
    replaceMeanwhile()
    const response = await thief.post('/login', { email: EMAIL, password: PASSWORD })
    expect([response.status, await response.text()]).toEqual([
      422,
      expect.stringContaining('Wrong email address or password'),
    ])
    expect((await thief.get('/settings')).status).toBe(303)
    expect(sessions()).toEqual([])
  })

  test('is not changed again with a proof of the old one', async () => {
    const proof = await requirePassword(guard.deps, { userId: user.id, password: PASSWORD })
    const changing = changePassword(guard.deps, { proof, password: 'a third password', keptSessionId: null })
    guard.db.write((tx) => savePasswordHash(tx, { userId: user.id, passwordHash: NEW_HASH }))
    expect(await problemOf(changing)).toEqual(['invalid', { password: 'Wrong password.' }])
    expect((await new Visitor(guard).post('/login', { email: EMAIL, password: NEW_PASSWORD })).status).toBe(303)
  })

  test.each([
    ['email', {}],
    ['email', { CRONGUARD_SMTP_HOST: 'mail.example.org' }],
    ['delete', {}],
  ] as const)('keeps the account unchanged when the form %p has the old one', async (form, env) => {
    guard.stop()
    await open({ ...env })
    const visitor = await signedIn(guard, EMAIL)
    const fields = { email: 'mallory@example.org', emailPassword: PASSWORD, password: PASSWORD }
    replaceMeanwhile()
    const response = await visitor.post(`/settings/${form}`, fields)
    expect([response.status, await response.text()]).toEqual([422, expect.stringContaining('Wrong password')])
    expect(findUser(guard.db, user.id)?.email).toBe(EMAIL)
    expect(guard.outside.mails).toEqual([])
  })
})

describe('Password checks beyond the limit', () => {
  const BUSY = 'Too many people are signing in right now'

  test('are refused once fifty wait', async () => {
    const ends = await Promise.allSettled(Array.from({ length: 60 }, () => hashPassword('some password')))
    expect(ends.filter(({ status }) => status === 'rejected')).toHaveLength(8)
    const reasons = ends.flatMap((end) => (end.status === 'rejected' ? [String(end.reason)] : []))
    expect(new Set(reasons)).toEqual(new Set([expect.stringContaining(BUSY)]))
  })

  test('answer 429 with the input and the reason, and count no attempt', async () => {
    const visitor = await signedIn(guard, EMAIL)
    const others = crowd()
    for (let count = 0; count < 12; count += 1) {
      const login = await new Visitor(guard).post('/login', { email: EMAIL, password: PASSWORD })
      const settings = await visitor.post('/settings/email', { email: 'new@example.org', emailPassword: PASSWORD })
      const texts = [await login.text(), await settings.text()]
      expect([login.status, settings.status]).toEqual([429, 429])
      for (const text of texts) expect(text).toContain(BUSY)
      expect(texts[0]).toContain(`value="${EMAIL}"`)
      expect(texts[1]).toContain('value="new@example.org"')
    }
    await others.leave()
    expect((await new Visitor(guard).post('/login', { email: EMAIL, password: PASSWORD })).status).toBe(303)
  })

  test('let a browser wait that has signed in before', async () => {
    const known = new Visitor(guard)
    await known.post('/login', { email: EMAIL, password: PASSWORD })
    const others = crowd()
    const owner = known.post('/login', { email: EMAIL, password: PASSWORD })
    const stranger = await new Visitor(guard).post('/login', { email: EMAIL, password: PASSWORD })
    await others.leave()
    expect([stranger.status, (await owner).status]).toEqual([429, 303])
  })

  test('answer the form for the first account with 429, and its link still works', async () => {
    guard.stop()
    guard = new TestGuard()
    const link = `/setup?token=${createSetupToken(guard.deps)}`
    const others = crowd()
    const response = await new Visitor(guard).post(link, { email: EMAIL, password: PASSWORD })
    const text = await response.text()
    expect([response.status, text.includes(BUSY), text.includes(`value="${EMAIL}"`)]).toEqual([429, true, true])
    await others.leave()
    const visitor = new Visitor(guard)
    expect((await visitor.post(link, { email: EMAIL, password: PASSWORD })).status).toBe(303)
    expect(await visitor.read('/')).toContain('Welcome! This is your first project')
  })
})

test('Password reset: the owner gets an email whatever strangers asked for, who get six an hour at most', async () => {
  guard.stop()
  await open({ CRONGUARD_SMTP_HOST: 'mail.example.org' })
  const owner = new Visitor(guard)
  await owner.post('/login', { email: EMAIL, password: PASSWORD })
  const mailsAfter = async (asking: Promise<Response>): Promise<number> => {
    await asking
    await nextTurn()
    return guard.outside.mails.length
  }
  const form = { method: 'POST', body: new URLSearchParams({ email: EMAIL }) }
  const askFrom = (peer: string) => mailsAfter(guard.request('/password-reset', form, peer))
  for (let count = 0; count < 4; count += 1) await askFrom('198.51.100.1')
  expect(await askFrom('203.0.113.5')).toBe(4)
  for (let count = 0; count < 5; count += 1) await askFrom(`198.51.100.${count + 10}`)
  expect(guard.outside.mails).toHaveLength(6)
  expect(await mailsAfter(owner.post('/password-reset', { email: EMAIL }))).toBe(7)
})

test('Wrong passwords in one session do not block the settings in another', async () => {
  const [thief, alice] = [await signedIn(guard, EMAIL), await signedIn(guard, EMAIL)]
  for (let count = 0; count < 12; count += 1) await thief.post('/settings/password', { password: 'wrong' })
  const response = await alice.post('/settings/password', { password: PASSWORD, newPassword: NEW_PASSWORD })
  expect(response.status).toBe(303)
})

describe('Password that is easy to guess', () => {
  const SMTP = { CRONGUARD_SMTP_HOST: 'mail.example.org', CRONGUARD_REGISTRATION: 'open' }
  const WEAK = ['1234567890', 'aaaaaaaaaa', ' '.repeat(10), 'Password2024']
  const mailed = (pattern: RegExp): string => pattern.exec(guard.outside.mails.at(-1)?.text ?? '')?.[0] ?? ''

  /** Each form for a new password, with the path that it is sent to. */
  const FORMS: Record<string, () => Promise<{ visitor: Visitor; path: string; fields: Record<string, string> }>> = {
    'the first account': async () => {
      guard.stop()
      guard = new TestGuard()
      const path = `/setup?token=${createSetupToken(guard.deps)}`
      return { visitor: new Visitor(guard), path, fields: { email: EMAIL } }
    },
    registration: async () => {
      await reopen({ CRONGUARD_REGISTRATION: 'open' })
      return { visitor: new Visitor(guard), path: '/register', fields: { email: 'new@example.org' } }
    },
    'registration by email': async () => {
      await reopen(SMTP)
      const visitor = new Visitor(guard)
      await visitor.post('/register', { email: 'new@example.org' })
      await nextTurn()
      return { visitor, path: mailed(/\/register\/[\w.-]+/), fields: {} }
    },
    'an invitation': async () => {
      const project = guard.project('owner@example.org')
      const owner = await signedIn(guard, 'owner@example.org')
      const actor = { projectId: project.id, userId: owner.user.id }
      const { invitation } = await invite(guard.deps, { actor, email: '', role: 'viewer' })
      const path = `/invitations/${invitationToken(guard.deps, invitation)}/account`
      return { visitor: new Visitor(guard), path, fields: { email: 'new@example.org' } }
    },
    'a reset': async () => {
      await reopen(SMTP)
      await mailPasswordReset(guard.deps, EMAIL)
      return { visitor: new Visitor(guard), path: mailed(/\/password-reset\/\w+/), fields: {} }
    },
    'the settings': async () => {
      return { visitor: await signedIn(guard, EMAIL), path: '/settings/password', fields: { password: PASSWORD } }
    },
  }

  async function reopen(env: Record<string, string>): Promise<void> {
    guard.stop()
    await open(env)
  }

  test.each(Object.keys(FORMS))('is refused by the form for %s', async (name) => {
    const form = await FORMS[name]?.()
    if (!form) throw new Error('Unknown form')
    const field = name === 'the settings' ? 'newPassword' : 'password'
    for (const password of WEAK) {
      const response = await form.visitor.post(form.path, { ...form.fields, [field]: password })
      expect([password, response.status, (await response.text()).includes(`id="${field}-problem"`)]).toEqual([
        password,
        422,
        true,
      ])
    }
    expect((await form.visitor.post(form.path, { ...form.fields, [field]: NEW_PASSWORD })).status).toBe(303)
  })
})

describe('Sessions of one user', () => {
  test('are limited to fifty, and one more ends the one that was unused for the longest time', async () => {
    const [used, unused] = [await signedIn(guard, EMAIL), await signedIn(guard, EMAIL)]
    const other = await signedIn(guard, 'bob@example.org')
    guard.clock.advance(10 * MINUTE)
    expect((await used.get('/settings')).status).toBe(200)
    const browser = { remoteAddress: null, userAgent: '' }
    for (let count = 2; count < 50; count += 1) beginSession(guard.deps, { user, browser, provenHash: null })
    expect(sessions()).toHaveLength(50)
    const newest = await signedIn(guard, EMAIL)
    expect(sessions()).toHaveLength(50)
    const statuses: number[] = []
    for (const visitor of [used, unused, newest, other]) statuses.push((await visitor.get('/settings')).status)
    expect(statuses).toEqual([200, 303, 200, 200])
  })
})

describe('Changed email address', () => {
  const SMTP = { CRONGUARD_SMTP_HOST: 'mail.example.org' }

  test('is announced to the old address when there is a mail server', async () => {
    guard.stop()
    await open(SMTP)
    const proof = await requirePassword(guard.deps, { userId: user.id, password: PASSWORD })
    await changeEmail(guard.deps, { proof, email: 'alice@new.example' })
    const link = /(\/verify-email\/[A-Za-z0-9]{32})/.exec(guard.outside.mails[0]?.text ?? '')?.[1] ?? ''
    expect(guard.outside.mails).toHaveLength(1)
    await new Visitor(guard).post(link)
    const notice = guard.outside.mails[1]
    expect([notice?.to, notice?.subject]).toEqual([EMAIL, 'Your email address was changed'])
    expect(notice?.text).toContain('alice@new.example')
    expect(notice?.text).toContain('If you did not make this change')
  })

  test('that is taken is answered like any other, and only its owner gets an email', async () => {
    guard.stop()
    await open(SMTP)
    guard.project('bob@example.org')
    const alice = await signedIn(guard, EMAIL)
    const shown = async (email: string): Promise<string> => {
      const response = await alice.post('/settings/email', { email, emailPassword: PASSWORD })
      const page = await alice.read('/settings')
      return `${response.status} ${response.headers.get('location')} ${page}`.replaceAll(email, 'EMAIL')
    }
    expect(await shown('bob@example.org')).toBe(await shown('unknown@example.org'))
    expect(guard.outside.mails.map(({ to, subject }) => [to, subject])).toEqual([
      ['bob@example.org', 'This email address already has an account'],
      ['unknown@example.org', 'Confirm your email address'],
    ])
    expect(guard.outside.mails[0]?.text).not.toContain('/verify-email/')
    expect(findUser(guard.db, user.id)?.email).toBe(EMAIL)
  })

  test('is not announced when it was only confirmed', async () => {
    guard.stop()
    await open(SMTP)
    const bob = await signedIn(guard, 'bob@example.org')
    await bob.post('/settings/verification')
    const link = /(\/verify-email\/[A-Za-z0-9]{32})/.exec(guard.outside.mails[0]?.text ?? '')?.[1] ?? ''
    expect((await bob.post(link)).status).toBe(303)
    expect(guard.outside.mails).toHaveLength(1)
  })
})

test('Names may have a hundred characters as people count them', async () => {
  const visitor = await signedIn(guard, EMAIL)
  for (const name of ['🚀'.repeat(100), 'e\u0301'.repeat(50), '👩‍👩‍👧‍👦'.repeat(14)]) {
    const id = createProject(guard.deps, { name, ownerId: user.id })
    const keys = await visitor.post(`/projects/${id}/api-keys`, { keyName: name, access: 'read-only' })
    const profile = await visitor.post('/settings/profile', { name, timeZone: 'UTC' })
    expect([keys.status, profile.status]).toEqual([200, 303])
    expect(findUser(guard.db, user.id)?.name).toBe(name)
    expect(await visitor.read(`/projects/${id}/settings`)).toContain(name)
  }
  for (const name of ['🚀'.repeat(101), 'e\u0301'.repeat(51)]) {
    expect((await visitor.post('/projects', { name })).status).toBe(422)
    expect((await visitor.post('/settings/profile', { name, timeZone: 'UTC' })).status).toBe(422)
  }
})
