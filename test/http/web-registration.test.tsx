import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { requirePassword } from '#actions/accounts.ts'
import { changeEmail, mailPasswordReset } from '#actions/mailed-links.ts'
import { createSetupToken, createUser } from '#actions/registration.ts'
import { DAY, HOUR, MINUTE } from '#lib/duration.ts'
import { findUserByEmail, listUsers } from '#store/accounts.ts'
import { TestGuard } from '../support/cronguard.ts'
import { nextTurn } from '../support/turn.ts'
import { signedIn, Visitor } from '../support/visitor.ts'

const EMAIL = 'alice@example.org'
const PASSWORD = 'correct horse battery'
const NEW_PASSWORD = 'staple staple staple'
const SMTP = { CRONGUARD_SMTP_HOST: 'mail.example.org' }
const ALICE = { email: EMAIL, password: PASSWORD, timeZone: 'Europe/Riga' }

let guard: TestGuard

beforeEach(() => {
  guard = new TestGuard()
})

afterEach(() => guard.stop())

function reopen(env: Record<string, string>): void {
  guard.stop()
  guard = new TestGuard({ env })
}

const emails = (): string[] => listUsers(guard.db).map(({ email }) => email)
const alice = () => createUser(guard.deps, { email: EMAIL, password: PASSWORD, isAdmin: false })

const proof = () =>
  requirePassword(guard.deps, { userId: findUserByEmail(guard.db, EMAIL)?.id ?? '', password: PASSWORD })

async function canSignIn(password: string, email = EMAIL): Promise<boolean> {
  return (await new Visitor(guard).post('/login', { email, password })).status === 303
}

/** The link in the newest email, as a path. */
const mailedLink = (): string =>
  /8000(\/\S+\/[A-Za-z0-9]{32})\b/.exec(guard.outside.mails.at(-1)?.text ?? '')?.[1] ?? ''

describe('First account', () => {
  test('every page redirects to the setup, which opens nothing without its link', async () => {
    for (const path of [
      '/',
      '/login',
      '/register',
      '/settings',
      '/projects/new',
      '/password-reset',
      '/invitations/x',
    ]) {
      expect([path, (await guard.request(path)).headers.get('location')]).toEqual([path, '/setup'])
    }
    const text = await new Visitor(guard).read('/setup')
    expect(text).toContain('CronGuard is not set up yet')
    expect(text).not.toContain('<form')
    expect((await new Visitor(guard).post('/setup', ALICE)).status).toBe(403)
    expect(emails()).toEqual([])
  })

  test('is created with the link from the log, is an admin, has a project and is signed in', async () => {
    const link = `/setup?token=${createSetupToken(guard.deps)}`
    const visitor = new Visitor(guard)
    expect(await visitor.read(link)).toContain('Create the first account')
    const response = await visitor.post(link, ALICE)
    expect([response.status, response.headers.get('location')]).toEqual([303, '/'])
    expect(findUserByEmail(guard.db, EMAIL)).toMatchObject({ isAdmin: true, timeZone: 'Europe/Riga' })
    expect(await visitor.read('/settings')).toContain('My project')
  })

  test('is created once, and then the link is void and no other is created', async () => {
    const link = `/setup?token=${createSetupToken(guard.deps)}`
    await new Visitor(guard).post(link, ALICE)
    const second = await new Visitor(guard).post(link, { ...ALICE, email: 'mallory@example.org' })
    expect(second.status).toBe(403)
    expect((await guard.request(link)).headers.get('location')).toBe('/login')
    expect(createSetupToken(guard.deps)).toBeNull()
    expect(emails()).toEqual([EMAIL])
  })

  test('is created only once by two requests with the link at the same moment', async () => {
    const link = `/setup?token=${createSetupToken(guard.deps)}`
    const both = ['a@example.org', 'b@example.org'].map((email) => new Visitor(guard).post(link, { ...ALICE, email }))
    expect((await Promise.all(both)).map(({ status }) => status).sort()).toEqual([303, 403])
    expect(emails()).toHaveLength(1)
  })

  test('is not created with a link that is 30 minutes old, superseded or forged', async () => {
    const early = createSetupToken(guard.deps)
    guard.clock.advance(30 * MINUTE - 1)
    expect((await guard.request(`/setup?token=${early}`)).status).toBe(200)
    const late = createSetupToken(guard.deps)
    const isRefused = async (token: string | null) =>
      (await new Visitor(guard).post(`/setup?token=${token}`, ALICE)).status
    expect(await isRefused(early)).toBe(403)
    guard.clock.advance(30 * MINUTE)
    expect(await isRefused(late)).toBe(403)
    expect(await isRefused('x'.repeat(32))).toBe(403)
    expect(await (await guard.request(`/setup?token=${late}`)).text()).toContain('has expired')
    expect(emails()).toEqual([])
  })

  test('is not created after an account was created on the machine', async () => {
    const link = `/setup?token=${createSetupToken(guard.deps)}`
    await alice()
    expect((await new Visitor(guard).post(link, { ...ALICE, email: 'mallory@example.org' })).status).toBe(403)
    expect(emails()).toEqual([EMAIL])
  })

  test.each([
    [{ email: 'nonsense', password: PASSWORD }, 'email'],
    [{ email: EMAIL, password: 'short' }, 'password'],
  ])('%j is refused with the error, and the link still works', async (fields, field) => {
    const link = `/setup?token=${createSetupToken(guard.deps)}`
    const visitor = new Visitor(guard)
    const response = await visitor.post(link, fields)
    const text = await response.text()
    expect([response.status, text.includes(`id="${field}-problem"`)]).toEqual([422, true])
    expect(text).toContain(`value="${fields.email}"`)
    expect(text).not.toContain(`value="${fields.password}"`)
    expect((await visitor.post(link, ALICE)).status).toBe(303)
  })

  test('starts with UTC when the browser sends no time zone, or none that exists', async () => {
    const link = `/setup?token=${createSetupToken(guard.deps)}`
    await new Visitor(guard).post(link, { ...ALICE, timeZone: 'Mars/Olympus' })
    expect(findUserByEmail(guard.db, EMAIL)?.timeZone).toBe('UTC')
  })
})

describe('Registration', () => {
  const BOB = { email: 'bob@example.org', password: PASSWORD, timeZone: 'UTC' }

  test('is closed by default, and the sign-in page does not offer it', async () => {
    await alice()
    expect((await guard.request('/register')).status).toBe(403)
    expect((await new Visitor(guard).post('/register', BOB)).status).toBe(403)
    expect(await new Visitor(guard).read('/login')).not.toContain('/register')
    expect(emails()).toEqual([EMAIL])
  })

  describe('that is open, with a mail server', () => {
    beforeEach(async () => {
      reopen({ ...SMTP, CRONGUARD_REGISTRATION: 'open' })
      await alice()
    })

    /** Sends the form, and waits until the email is out. */
    async function ask(email: string): Promise<Response> {
      const response = await new Visitor(guard).post('/register', { email })
      await nextTurn()
      return response
    }

    const registrationLink = (): string =>
      /8000(\/register\/[\w.-]+)/.exec(guard.outside.mails.at(-1)?.text ?? '')?.[1] ?? ''

    test('emails a link to create an account with a confirmed address, which is not an admin', async () => {
      const visitor = new Visitor(guard)
      expect(await visitor.read('/login')).toContain('/register')
      await ask(BOB.email)
      expect(guard.outside.mails.map(({ to }) => to)).toEqual([BOB.email])
      expect(emails()).toEqual([EMAIL])
      const link = registrationLink()
      expect(await visitor.read(link)).toContain(`value="${BOB.email}"`)
      const weak = await visitor.post(link, { password: 'short' })
      expect([weak.status, (await weak.text()).includes('id="password-problem"')]).toEqual([422, true])
      const response = await visitor.post(link, { password: BOB.password, email: 'mallory@example.org' })
      expect([response.status, response.headers.get('location')]).toEqual([303, '/'])
      expect(findUserByEmail(guard.db, BOB.email)).toMatchObject({
        isAdmin: false,
        emailVerifiedAt: guard.clock.now(),
      })
      expect((await visitor.get('/settings')).status).toBe(200)
      expect((await new Visitor(guard).post(link, { password: PASSWORD })).status).toBe(422)
      expect(await canSignIn(BOB.password, BOB.email)).toBe(true)
    })

    test('answers the same whether the address has an account or not, and its owner gets another email', async () => {
      const [known, unknown] = [await ask('ALICE@example.org'), await ask(BOB.email)]
      expect([known.status, await known.text()]).toEqual([unknown.status, await unknown.text()])
      expect(guard.outside.mails.map(({ to, subject }) => [to, subject])).toEqual([
        [EMAIL, 'You already have an account'],
        [BOB.email, 'Create your account'],
      ])
      expect(guard.outside.mails[0]?.text).not.toContain('/register/')
      expect([emails(), await canSignIn(PASSWORD)]).toEqual([[EMAIL], true])
    })

    test('does not wait for the mail server, and logs no link', async () => {
      const { mailer } = guard.outside
      const send = mailer.send
      mailer.send = () => new Promise(() => {})
      expect((await ask('first@example.org')).status).toBe(200)
      mailer.send = send
      guard.outside.failWith('timeout')
      expect((await ask(BOB.email)).status).toBe(200)
      expect(JSON.stringify(guard.log)).not.toContain('/register/')
    })

    test('refuses a link that is a day old, changed or forged', async () => {
      await ask(BOB.email)
      const link = registrationLink()
      const [expiry, , ...rest] = link.split('.')
      const forged = [expiry, Buffer.from('mallory@example.org').toString('base64url'), ...rest].join('.')
      for (const made of [forged, `${link}x`, '/register/x', '/register/...']) {
        expect([made, (await new Visitor(guard).post(made, { password: PASSWORD })).status]).toEqual([made, 404])
      }
      guard.clock.advance(DAY)
      expect((await guard.request(link)).status).toBe(404)
      expect(emails()).toEqual([EMAIL])
    })

    test('emails one address at most twenty links an hour, and answers the same', async () => {
      const answers: string[] = []
      for (let count = 0; count < 22; count += 1) {
        const body = new URLSearchParams({ email: `bob+${count}@example.org` })
        const response = await guard.request('/register', { method: 'POST', body }, `198.51.100.${count}`)
        answers.push(await response.text())
        await nextTurn()
      }
      expect(guard.outside.mails).toHaveLength(20)
      expect(new Set(answers).size).toBe(1)
    })

    test('accepts twenty attempts an hour from one IP address', async () => {
      const statuses: number[] = []
      for (let count = 0; count < 21; count += 1) {
        statuses.push((await new Visitor(guard).post('/register', { email: 'x', password: 'x' })).status)
      }
      expect(statuses).toEqual([...Array(20).fill(422), 429])
      const text = await (await new Visitor(guard).post('/register', BOB)).text()
      expect([text.includes('Too many attempts'), text.includes(`value="${BOB.email}"`)]).toEqual([true, true])
    })

    test('escapes the input', async () => {
      const response = await new Visitor(guard).post('/register', { ...BOB, email: '"><script>alert(1)</script>' })
      expect(await response.text()).not.toContain('<script>alert')
    })
  })
})

describe('Open registration without a mail server', () => {
  test('creates the account at once', async () => {
    reopen({ CRONGUARD_REGISTRATION: 'open' })
    await alice()
    const visitor = new Visitor(guard)
    const bob = { email: 'bob@example.org', password: PASSWORD }
    expect((await visitor.post('/register', { ...bob, email: EMAIL })).status).toBe(422)
    expect((await visitor.post('/register', bob)).status).toBe(303)
    expect((await visitor.get('/settings')).status).toBe(200)
  })
})

describe('Forgotten password', () => {
  test('without a mail server refers to the command line', async () => {
    await alice()
    const response = await guard.request('/password-reset')
    expect([response.status, await response.text()]).toEqual([404, expect.stringContaining('user reset-password')])
    expect((await new Visitor(guard).post('/password-reset', { email: EMAIL })).status).toBe(404)
    expect(await new Visitor(guard).read('/login')).toContain('user reset-password')
  })

  describe('with a mail server', () => {
    beforeEach(async () => {
      reopen(SMTP)
      await alice()
    })

    /** Asks for a link, and waits until the email is out. */
    async function ask(email = EMAIL): Promise<Response> {
      const response = await new Visitor(guard).post('/password-reset', { email })
      await nextTurn()
      return response
    }

    test('has the same answer for known and unknown addresses', async () => {
      const [known, unknown] = [await ask(), await ask('unknown@example.org')]
      expect([known.status, await known.text()]).toEqual([unknown.status, await unknown.text()])
      expect(guard.outside.mails.map(({ to }) => to)).toEqual([EMAIL])
    })

    test('is replaced through an emailed link, once, and every session ends', async () => {
      const visitor = await signedIn(guard, EMAIL)
      await ask(' ALICE@example.org ')
      const link = mailedLink()
      expect(link).toStartWith('/password-reset/')
      expect(await new Visitor(guard).read(link)).toContain(`action="${link}"`)
      const short = await new Visitor(guard).post(link, { password: 'short' })
      expect([short.status, await canSignIn(PASSWORD)]).toEqual([422, true])

      const response = await new Visitor(guard).post(link, { password: NEW_PASSWORD })
      expect(response.headers.get('location')).toBe('/login')
      expect([await canSignIn(PASSWORD), await canSignIn(NEW_PASSWORD)]).toEqual([false, true])
      expect((await visitor.get('/settings')).status).toBe(303)
      expect((await guard.request(link)).status).toBe(404)
      expect((await new Visitor(guard).post(link, { password: PASSWORD })).status).toBe(404)
    })

    test('is kept when the link is an hour old', async () => {
      await ask()
      const link = mailedLink()
      guard.clock.advance(HOUR)
      for (const stale of [link, '/password-reset/made-up']) {
        expect((await new Visitor(guard).post(stale, { password: NEW_PASSWORD })).status).toBe(404)
      }
      expect(await canSignIn(PASSWORD)).toBe(true)
    })

    test("can be replaced through any of the newest ten links, so that a stranger's request voids none", async () => {
      const links: string[] = []
      for (let count = 0; count < 11; count += 1) {
        await mailPasswordReset(guard.deps, EMAIL)
        links.push(mailedLink())
        guard.clock.advance(1)
      }
      const statuses = async () => (await Promise.all(links.map((link) => guard.request(link)))).map((r) => r.status)
      expect(await statuses()).toEqual([404, ...Array(10).fill(200)])
      expect((await new Visitor(guard).post(links[1] ?? '', { password: NEW_PASSWORD })).status).toBe(303)
      expect(await statuses()).toEqual(Array(11).fill(404))
    })

    test('is not replaced through a link for another purpose, nor the other way round', async () => {
      await ask()
      const reset = mailedLink()
      await changeEmail(guard.deps, { proof: await proof(), email: 'alice@new.example' })
      const verify = mailedLink()
      const swapped = [
        verify.replace('verify-email', 'password-reset'),
        reset.replace('password-reset', 'verify-email'),
      ]
      for (const link of swapped) {
        expect((await new Visitor(guard).post(link, { password: NEW_PASSWORD })).status).toBe(404)
      }
      expect([await canSignIn(PASSWORD), emails()]).toEqual([true, [EMAIL]])
    })

    test('is not replaced through a link emailed to a former address', async () => {
      await ask()
      const reset = mailedLink()
      await changeEmail(guard.deps, { proof: await proof(), email: 'alice@new.example' })
      await new Visitor(guard).post(mailedLink())
      expect((await new Visitor(guard).post(reset, { password: NEW_PASSWORD })).status).toBe(404)
      expect([await canSignIn(PASSWORD, 'alice@new.example'), emails()]).toEqual([true, ['alice@new.example']])
    })

    test('causes at most three emails an hour', async () => {
      const answers: string[] = []
      for (let count = 0; count < 5; count += 1) answers.push(await (await ask()).text())
      expect(guard.outside.mails).toHaveLength(3)
      expect(new Set(answers)).toEqual(new Set([expect.stringContaining('is on its way')]))
      expect(guard.log).toEqual([])
    })

    test('can be requested ten times an hour from one IP address, and then the form keeps the input', async () => {
      for (let count = 0; count < 10; count += 1) expect((await ask(`user${count}@example.org`)).status).toBe(200)
      const response = await ask()
      const text = await response.text()
      expect([response.status, text.includes('Too many attempts'), text.includes(`value="${EMAIL}"`)]).toEqual([
        429,
        true,
        true,
      ])
    })

    test('leaves no link in the log', async () => {
      guard.outside.failWith('timeout')
      await ask()
      expect(guard.log.map(({ level }) => level)).toEqual(['warn'])
      expect(JSON.stringify(guard.log)).not.toContain('/password-reset/')
    })
  })
})

describe('Last account deleted', () => {
  test('the log has a new setup link, which works', async () => {
    await alice()
    const visitor = await signedIn(guard, EMAIL)
    await visitor.post('/settings/delete', { password: PASSWORD })
    expect(emails()).toEqual([])
    const link = String(guard.log.find(({ fields }) => fields.link)?.fields.link)
    const path = link.slice(link.indexOf('/setup?token='))
    expect((await new Visitor(guard).post(path, ALICE)).headers.get('location')).toBe('/')
    expect(await canSignIn(PASSWORD)).toBe(true)
  })
})
