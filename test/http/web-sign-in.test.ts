import { afterEach, beforeEach, describe, expect, setSystemTime, test } from 'bun:test'
import { setPassword } from '#actions/mailed-links.ts'
import { createUser } from '#actions/registration.ts'
import { endOtherSessions } from '#actions/sessions.ts'
import { DAY, HOUR, MINUTE } from '#lib/duration.ts'
import { listUsers } from '#store/accounts.ts'
import { listSessions } from '#store/sessions.ts'
import { TestGuard } from '../support/cronguard.ts'
import { signedIn, Visitor } from '../support/visitor.ts'

const ALICE = { email: 'alice@example.org', password: 'correct horse battery' }
const NEVER = 'unknown@example.org'
/** Its name contains an id of the server. */
const SESSION_COOKIE = /\bcronguard-[0-9a-f]{8}=/

let guard: TestGuard
let stranger: Visitor

beforeEach(async () => {
  guard = new TestGuard()
  await createUser(guard.deps, { ...ALICE, isAdmin: false })
  stranger = new Visitor(guard)
})

afterEach(() => {
  setSystemTime()
  guard.stop()
})

async function isIn(visitor: Visitor): Promise<boolean> {
  return (await visitor.get('/settings')).status === 200
}

describe('Sign in', () => {
  test('leads to the monitors, with a cookie that scripts and other sites cannot use', async () => {
    const response = await stranger.post('/login', ALICE)
    expect([response.status, response.headers.get('location')]).toEqual([303, '/'])
    const cookie = response.headers.getSetCookie().find((line) => SESSION_COOKIE.test(line)) ?? ''
    for (const attribute of ['HttpOnly', 'SameSite=Lax', 'Path=/', 'Max-Age=2592000'])
      expect(cookie).toContain(attribute)
    expect(cookie).not.toContain('Secure')
    expect((await stranger.get('/')).status).toBe(200)
  })

  test('over https sets a cookie that requires https, and binds it to the host', async () => {
    const secure = new TestGuard({ env: { CRONGUARD_BASE_URL: 'https://cron.example.org' } })
    await createUser(secure.deps, { ...ALICE, isAdmin: false })
    const visitor = new Visitor(secure)
    const response = await visitor.post('/login', ALICE, { Origin: 'https://cron.example.org' })
    const cookie = response.headers.getSetCookie()[0] ?? ''
    expect(cookie).toMatch(/^__Host-cronguard-[0-9a-f]{8}=/)
    expect(cookie).toContain('; Secure')
    expect((await visitor.get('/')).headers.get('strict-transport-security')).toContain('max-age=')
    secure.stop()
  })

  test('accepts the address in any case and with blanks around it', async () => {
    await stranger.post('/login', { ...ALICE, email: '  Alice@Example.ORG ' })
    expect(await isIn(stranger)).toBe(true)
  })

  test('answers the same for an unknown address and a wrong password, and keeps the input', async () => {
    const wrong = await stranger.post('/login', { ...ALICE, password: 'wrong password' })
    const unknown = await stranger.post('/login', { email: NEVER, password: 'wrong password' })
    const [a, b] = [await wrong.text(), await unknown.text()]
    expect([wrong.status, unknown.status]).toEqual([422, 422])
    expect(a.replaceAll(ALICE.email, 'x')).toBe(b.replaceAll(NEVER, 'x'))
    expect(a).toContain(`value="${ALICE.email}"`)
    expect(a).not.toContain('wrong password"')
    expect(await isIn(stranger)).toBe(false)
  })

  test.each([
    ['/monitors/abc?kind=fail', '/monitors/abc?kind=fail'],
    ['//evil.example', '/'],
    ['/\\evil.example', '/'],
    ['https://evil.example', '/'],
    ['/ok\\..\\evil', '/'],
    ['javascript:alert(1)', '/'],
    ['/.//evil.example', '/'],
    ['/x/..//evil.example', '/'],
    ['/\t/evil.example', '/'],
    ['/😀/ü?q=ā#ž', '/%F0%9F%98%80/%C3%BC?q=%C4%81#%C5%BE'],
    ['', '/'],
  ])('with the next page %p leads to %p', async (next, location) => {
    const response = await stranger.post('/login', { ...ALICE, next })
    expect(response.headers.get('location')).toBe(location)
  })

  test('is required for a page, which is shown afterwards', async () => {
    const response = await stranger.get('/settings?tab=1')
    expect([response.status, response.headers.get('location')]).toEqual([303, '/login?next=%2Fsettings%3Ftab%3D1'])
    expect((await stranger.get('/?status=down')).headers.get('location')).toBe('/login?next=%2F%3Fstatus%3Ddown')
    expect((await stranger.get('/')).headers.get('location')).toBe('/login')
    expect((await stranger.get('/', { 'HX-Request': 'true' })).status).toBe(401)
    expect((await stranger.post('/settings/theme', { theme: 'dark' })).status).toBe(401)
  })
})

describe('Signed out while typing', () => {
  test('a form leads to the sign-in and back to its page', async () => {
    const headers = { Referer: 'http://127.0.0.1:8000/settings?tab=1' }
    const response = await stranger.post('/settings/profile', { name: 'Alice' }, headers)
    expect(response.status).toBe(401)
    expect(await response.text()).toContain('href="/login?next=%2Fsettings%3Ftab%3D1"')
  })
})

describe('Too many sign-in attempts', () => {
  const wrong = { ...ALICE, password: 'wrong password' }
  const from = (peer: string) => ({
    try: (fields: Record<string, string>) =>
      guard.request('/login', { method: 'POST', body: new URLSearchParams(fields) }, peer),
  })

  test('for one account from one network are refused there, with the time to try again', async () => {
    for (let index = 0; index < 10; index += 1) {
      expect((await from('198.51.100.1').try(wrong)).status).toBe(422)
    }
    const refused = await from('198.51.100.1').try({ ...ALICE, email: 'ALICE@example.org' })
    expect(refused.status).toBe(429)
    expect(await refused.text()).toMatch(/Too many attempts\. Try again in 1[45] minutes/)
    expect(listUsers(guard.db)).toHaveLength(1)
  })

  test('by a stranger do not lock out the owner elsewhere', async () => {
    for (let index = 0; index < 12; index += 1) await from('198.51.100.1').try(wrong)
    expect((await from('203.0.113.5').try(ALICE)).status).toBe(303)
  })

  test('from many networks are refused everywhere, except in a browser that has signed in before', async () => {
    const known = new Visitor(guard)
    await known.post('/login', ALICE)
    await known.post('/logout')
    for (let index = 0; index < 50; index += 1) {
      expect((await from(`198.51.100.${index}`).try(wrong)).status).toBe(422)
    }
    expect((await from('203.0.113.5').try(ALICE)).status).toBe(429)
    expect((await known.post('/login', ALICE)).status).toBe(303)
  })

  test('are forgotten with a new password', async () => {
    for (let index = 0; index < 10; index += 1) await from('198.51.100.1').try(wrong)
    expect((await from('198.51.100.1').try(ALICE)).status).toBe(429)
    const [user] = listUsers(guard.db)
    const password = 'a new long password'
    if (user) await setPassword(guard.deps, { user, password })
    expect((await from('198.51.100.1').try({ ...ALICE, password })).status).toBe(303)
  })

  test('from one address are refused for every account, and an IPv6 network counts as one address', async () => {
    for (let index = 0; index < 20; index += 1) {
      await from(`2001:db8:1:2::${index}`).try({ ...wrong, email: `user${index}@example.org` })
    }
    expect((await from('2001:db8:1:2:9:9:9:9').try(ALICE)).status).toBe(429)
    expect((await from('2001:db8:1:3::1').try(ALICE)).status).toBe(303)
  })

  test('at the same moment are all counted', async () => {
    const answers = await Promise.all(Array.from({ length: 15 }, () => from('198.51.100.1').try(wrong)))
    expect(answers.filter(({ status }) => status === 422)).toHaveLength(10)
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(5)
  })

  test('are forgotten after 15 minutes, and a successful sign-in never counts', async () => {
    for (let index = 0; index < 25; index += 1) expect((await from('198.51.100.1').try(ALICE)).status).toBe(303)
    for (let index = 0; index < 11; index += 1) await from('198.51.100.1').try(wrong)
    expect((await from('198.51.100.1').try(ALICE)).status).toBe(429)
    setSystemTime(new Date(Date.now() + 16 * MINUTE))
    expect((await from('198.51.100.1').try(ALICE)).status).toBe(303)
  })
})

describe('Browser that has signed in before', () => {
  const wrong = { ...ALICE, password: 'wrong password' }
  const deviceOf = (visitor: Visitor): string =>
    visitor.cookie.split('; ').find((cookie) => cookie.includes('-device=')) ?? ''

  /** A browser with only this cookie. */
  const browserWith = (cookie: string) => new Visitor(guard, [cookie])

  beforeEach(() => stranger.post('/login', ALICE))

  async function exhaust(visitor: Visitor): Promise<void> {
    for (let index = 0; index < 10; index += 1) await visitor.post('/login', wrong)
  }

  test('is not signed in by its device cookie alone', async () => {
    expect(deviceOf(stranger)).toMatch(/^cronguard-[0-9a-f]{8}-device=[A-Za-z0-9]{22}\.[\w-]{43}$/)
    expect(await isIn(browserWith(deviceOf(stranger)))).toBe(false)
  })

  test('may try no more passwords than others', async () => {
    const browser = browserWith(deviceOf(stranger))
    await exhaust(browser)
    expect((await browser.post('/login', ALICE)).status).toBe(429)
  })

  test('can sign in when everyone else in its network is refused', async () => {
    for (let index = 0; index < 20; index += 1) {
      await new Visitor(guard).post('/login', { ...wrong, email: `user${index}@example.org` })
    }
    expect((await new Visitor(guard).post('/login', ALICE)).status).toBe(429)
    expect((await browserWith(deviceOf(stranger)).post('/login', ALICE)).status).toBe(303)
  })

  test('is recognized for its own account only, and its cookie cannot be forged for another', async () => {
    const bob = { email: 'bob@example.org', password: 'correct horse battery' }
    await createUser(guard.deps, { ...bob, isAdmin: false })
    const [name, signature] = deviceOf(stranger).split('.')
    await exhaust(new Visitor(guard))
    for (const cookie of [`${name}.${'x'.repeat(43)}`, `${name}`, `${name?.slice(0, -1)}x.${signature}`]) {
      expect((await browserWith(cookie).post('/login', ALICE)).status).toBe(429)
    }
    for (let index = 0; index < 10; index += 1) await new Visitor(guard).post('/login', { ...bob, password: 'wrong' })
    expect((await browserWith(deviceOf(stranger)).post('/login', bob)).status).toBe(429)
  })

  test('is recognized for each of its accounts', async () => {
    const bob = { email: 'bob@example.org', password: 'correct horse battery' }
    await createUser(guard.deps, { ...bob, isAdmin: false })
    await stranger.post('/login', bob)
    const shared = deviceOf(stranger)
    await exhaust(new Visitor(guard))
    for (let index = 0; index < 10; index += 1) await new Visitor(guard).post('/login', { ...bob, password: 'wrong' })
    for (const account of [ALICE, bob]) expect((await browserWith(shared).post('/login', account)).status).toBe(303)
  })

  test('gets its device cookie late when its session is from an older version', async () => {
    const alice = await signedIn(guard, ALICE.email)
    expect(deviceOf(alice)).toBe('')
    guard.clock.advance(6 * MINUTE)
    await alice.get('/settings')
    expect(deviceOf(alice)).toContain('-device=')
  })
})

test('Failed sign-in: is logged with its IP address, and without the input', async () => {
  await stranger.post('/login', { ...ALICE, password: 'wrong password' })
  await stranger.post('/login', { email: 'my secret password', password: 'wrong password' })
  for (let index = 0; index < 10; index += 1) await stranger.post('/login', { ...ALICE, password: 'wrong password' })
  const [known, unknown] = guard.log
  const event = 'Sign-in failed'
  expect(known).toEqual({ level: 'info', event, fields: { address: '192.0.2.7', account: ALICE.email } })
  expect(unknown).toEqual({ level: 'info', event, fields: { address: '192.0.2.7' } })
  expect(guard.log.at(-1)).toMatchObject({ level: 'info', event: 'Sign-in refused: too many tries' })
  for (const typed of ['wrong password', 'my secret']) expect(JSON.stringify(guard.log)).not.toContain(typed)
})

test('Session cookies: two servers on one host keep their own, though browsers send both', async () => {
  const other = new TestGuard({ env: { CRONGUARD_SECRET_KEY: 'the key of another server' } })
  await createUser(other.deps, { ...ALICE, isAdmin: false })
  const elsewhere = new Visitor(other)
  for (const visitor of [stranger, elsewhere]) expect((await visitor.post('/login', ALICE)).status).toBe(303)
  const headers = { Cookie: `${stranger.cookie}; ${elsewhere.cookie}` }
  const answers = [await guard.request('/settings', { headers }), await other.request('/settings', { headers })]
  expect(answers.map(({ status }) => status)).toEqual([200, 200])
  other.stop()
})

describe('Session', () => {
  test('lasts thirty days from the last visit', async () => {
    await stranger.post('/login', ALICE)
    guard.clock.advance(29 * DAY)
    expect(await isIn(stranger)).toBe(true)
    guard.clock.advance(29 * DAY)
    expect(await isIn(stranger)).toBe(true)
    guard.clock.advance(30 * DAY + HOUR)
    expect(await isIn(stranger)).toBe(false)
  })

  test('ends after ninety days, however often it is used', async () => {
    await stranger.post('/login', ALICE)
    for (let days = 0; days < 89; days += 1) {
      guard.clock.advance(DAY)
      expect(await isIn(stranger)).toBe(true)
    }
    guard.clock.advance(DAY)
    expect(await isIn(stranger)).toBe(false)
  })

  test('with the cookie name of an older version goes on with the new name', async () => {
    const alice = await signedIn(guard, ALICE.email)
    const before = new Visitor(guard, [alice.cookie.replace(SESSION_COOKIE, 'cronguard=')])
    expect(await isIn(before)).toBe(true)
    expect(before.cookie).toMatch(SESSION_COOKIE)
  })

  test('cookie is not sent with every answer', async () => {
    await stranger.post('/login', ALICE)
    guard.clock.advance(6 * MINUTE)
    expect((await stranger.get('/settings')).headers.getSetCookie().join()).toMatch(SESSION_COOKIE)
    expect((await stranger.get('/settings')).headers.getSetCookie().join()).not.toMatch(SESSION_COOKIE)
  })

  test('that was ended elsewhere is invalid, though its cookie is still signed', async () => {
    await stranger.post('/login', ALICE)
    const [session] = listSessions(guard.db, { userId: userId(), now: guard.clock.now() })
    expect(session?.userAgent).toBe('')
    endOtherSessions(guard.deps, { userId: userId(), keptId: null })
    expect(await isIn(stranger)).toBe(false)
  })

  test('ends with a sign-out, and an old copy of its cookie stays invalid', async () => {
    await stranger.post('/login', ALICE)
    const copy = new Visitor(guard, [stranger.cookie])
    expect(await isIn(copy)).toBe(true)
    const response = await stranger.post('/logout')
    expect(response.headers.get('location')).toBe('/login')
    expect(await stranger.read('/login')).toContain('Signed out.')
    expect([await isIn(stranger), await isIn(copy)]).toEqual([false, false])
  })

  test.each([
    ['nothing', ''],
    ['no token', 'abc'],
    ['an unsigned token', 'eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiJ4In0.'],
    [
      'a token signed with another key',
      'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.Y4Qg0pmJ6bWmRr2mTnRkQmS3mLkYy1y0m8o3u1m2b3c',
    ],
  ])('is not accepted from a cookie with %s', async (_what, value) => {
    expect(await isIn(new Visitor(guard, [`cronguard=${value}`]))).toBe(false)
  })

  test('is invalid when its signed part was changed', async () => {
    const alice = await signedIn(guard, ALICE.email)
    const [head, body, signature] = alice.cookie.replace(SESSION_COOKIE, '').split('.')
    const forged = Buffer.from(JSON.stringify({ ...JSON.parse(atob(body ?? '')), exp: 9_999_999_999 })).toString(
      'base64url',
    )
    expect(await isIn(alice)).toBe(true)
    expect(await isIn(new Visitor(guard, [`cronguard=${head}.${forged}.${signature}`]))).toBe(false)
  })

  test('goes on while the disk refuses writes', async () => {
    await stranger.post('/login', ALICE)
    guard.clock.advance(HOUR)
    guard.db.get('PRAGMA query_only = ON')
    expect((await stranger.get('/')).status).toBe(200)
    guard.db.get('PRAGMA query_only = OFF')
  })
})

describe('Form from another site', () => {
  const cases: [name: string, headers: Record<string, string>, status: number][] = [
    [
      'this site, as browsers say over https',
      { 'Sec-Fetch-Site': 'same-origin', Origin: 'http://127.0.0.1:8000' },
      303,
    ],
    ['this site, by the base URL', { Origin: 'http://127.0.0.1:8000' }, 303],
    ['this site, by the address in use', { Origin: 'http://localhost', Host: 'localhost' }, 303],
    ['another site', { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' }, 403],
    ['another origin of this site', { 'Sec-Fetch-Site': 'same-site', Origin: 'http://127.0.0.1:8000' }, 403],
    ['another site, on plain http', { Origin: 'http://evil.example' }, 403],
    ['a page without an origin', { Origin: 'null' }, 403],
    ['another port', { Origin: 'http://127.0.0.1:8001' }, 403],
    ['no browser', {}, 303],
  ]

  test.each(cases)('(%s) answers %p', async (_name, headers, status) => {
    const alice = await signedIn(guard, ALICE.email)
    const init = {
      method: 'POST',
      body: new URLSearchParams({ theme: 'dark' }),
      headers: { ...headers, Cookie: alice.cookie },
    }
    expect((await guard.request('/settings/theme', init)).status).toBe(status)
  })

  test('check does not affect pings and API keys, which use no cookies', async () => {
    const project = guard.project('bob@example.org')
    const monitor = guard.monitor(project, { name: 'backup' })
    const headers = { Origin: 'https://elsewhere.example', 'Sec-Fetch-Site': 'cross-site' }
    await guard.ping(monitor, '', { method: 'POST', headers })
    const response = await guard.request('/api/v3/checks/', {
      method: 'POST',
      headers: { ...headers, 'X-Api-Key': guard.apiKey(project) },
      body: '{}',
    })
    expect(response.status).toBe(201)
  })
})

function userId(): string {
  return guard.db.get<{ id: string }>("SELECT id FROM users WHERE email = 'alice@example.org'")?.id ?? ''
}
