// The mail server on the Server page: its form, and its test against real SMTP servers.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { findMailServer } from '#actions/mail-server.ts'
import { findSetting } from '#store/settings.ts'
import { makeCertificate, shortenTimeouts, startPeer } from '../channels/conformance.ts'
import { TestGuard } from '../support/cronguard.ts'
import { signedIn, type Visitor, words } from '../support/visitor.ts'

const USERNAME = 'cronguard'
const PASSWORD = 'smtp-password-99'
const FORM = {
  host: 'smtp.example.org',
  port: '587',
  security: 'starttls',
  username: USERNAME,
  password: PASSWORD,
  from: 'CronGuard <cronguard@example.org>',
}
const SAVE = '/instance/mail-server'
const TEST = '/instance/mail-server/test'

const endings: (() => unknown)[] = []
let guard: TestGuard
let admin: Visitor

beforeEach(async () => {
  guard = await newGuard()
  admin = await adminOf(guard)
})
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end()
})

async function newGuard(env: Record<string, string> = {}): Promise<TestGuard> {
  const made = new TestGuard({ env })
  endings.push(() => made.stop())
  return made
}

async function adminOf(one: TestGuard): Promise<Visitor> {
  const visitor = await signedIn(one, 'root@example.org')
  one.db.write((tx) => tx.run('UPDATE users SET is_admin = 1'))
  return visitor
}

interface Received {
  port: number
  passwords: unknown[]
  recipients: string[]
}

/** A real SMTP server that requires the user name and the password. */
async function startServer(options: SMTPServerOptions = {}, host = '127.0.0.1'): Promise<Received> {
  const received: Received = { port: 0, passwords: [], recipients: [] }
  const server = new SMTPServer({
    disableReverseLookup: true,
    closeTimeout: 100,
    logger: false,
    onAuth: ({ username, password }, _session, done) => {
      received.passwords.push(password)
      if (username === USERNAME && password === PASSWORD) done(null, { user: username })
      else done(Object.assign(new Error(`5.7.8 ${password} is wrong`), { responseCode: 535 }))
    },
    onRcptTo: ({ address }, _session, done) => {
      received.recipients.push(address)
      done()
    },
    onData: (stream, _session, done) => {
      stream.on('end', () => done())
      stream.resume()
    },
    ...options,
  })
  server.on('error', () => {})
  endings.push(() => new Promise<void>((resolve) => server.close(() => resolve())))
  received.port = await new Promise((resolve) => {
    const listener = server.listen(0, host, () => {
      const address = listener.address()
      resolve(typeof address === 'object' && address ? address.port : 0)
    })
  })
  return received
}

/** Saves the form with these changes and sends a test; returns the text of the answer. */
async function tested(change: Record<string, string>, to = 'ops@example.org'): Promise<string> {
  const saved = await admin.post(SAVE, { ...FORM, host: '127.0.0.1', ...change })
  if (saved.status !== 303) throw new Error(`The form was answered ${saved.status}`)
  return words(await (await admin.post(`${TEST}/outcome`, { to })).text())
}

describe('Mail server form', () => {
  test('is saved, applies at once, and never shows the password again', async () => {
    expect(words(await admin.read('/instance'))).toContain('No mail server is configured.')
    expect((await admin.get('/password-reset')).status).toBe(404)
    const answer = await admin.post(SAVE, FORM)
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/instance#mail-server'])
    const html = await admin.read('/instance')
    expect(words(html)).toContain('Mail server saved. Send a test to check it.')
    expect(html).toContain('smtp.example.org, port 587')
    expect(html).toContain('Leave empty to keep the stored password.')
    expect(html).not.toContain(PASSWORD)
    expect((await admin.get('/password-reset')).status).toBe(200)
    expect(findMailServer(guard.deps)?.password).toBe(PASSWORD)
  })

  test('comes back with the errors at the fields, and without the password', async () => {
    const answer = await admin.post(SAVE, { ...FORM, host: 'smtp.example.org:587' })
    expect(answer.status).toBe(422)
    const html = await answer.text()
    expect(html).toMatch(/id="host-problem">\s*Enter only a host name or IP address, such as smtp\.example\.com/)
    expect(html).toContain('value="smtp.example.org:587"')
    expect(html).not.toContain(PASSWORD)
    expect(findSetting(guard.db, 'mail-server')).toBeNull()
  })

  test.each([
    ['gmail', 'smtp.gmail.com', '465', 'tls'],
    ['fastmail', 'smtp.fastmail.com', '465', 'tls'],
    ['mailgun', 'smtp.mailgun.org', '587', 'starttls'],
    ['ses', 'email-smtp.us-east-1.amazonaws.com', '587', 'starttls'],
    ['brevo', 'smtp-relay.brevo.com', '587', 'starttls'],
    ['postmark', 'smtp.postmarkapp.com', '587', 'starttls'],
    ['own', 'localhost', '25', 'none'],
  ])('fills in the settings of %s', async (id, host, port, security) => {
    const html = await admin.read(`/instance?provider=${id}`)
    expect(html).toContain(`provider=${id}#mail-server" aria-current="true"`)
    expect(html).toMatch(new RegExp(`name="host"[^>]* value="${host}"`))
    expect(html).toMatch(new RegExp(`name="port"[^>]* value="${port}"`))
    expect(html).toMatch(new RegExp(`<option value="${security}" selected`))
  })

  test('is removed with its password', async () => {
    await admin.post(SAVE, FORM)
    await admin.post(`${SAVE}/remove`)
    expect(words(await admin.read('/instance'))).toContain('Mail server removed.')
    expect(findSetting(guard.db, 'mail-server')).toBeNull()
  })

  test('asks for the password again after a change of the secret key', async () => {
    await admin.post(SAVE, FORM)
    const stored = findSetting(guard.db, 'mail-server')
    const other = await newGuard({ CRONGUARD_SECRET_KEY: 'the key of another server' })
    other.db.write((tx) => tx.run(`INSERT INTO settings (name, value) VALUES ('mail-server', $stored)`, { stored }))
    const html = words(await (await adminOf(other)).read('/instance'))
    expect(html).toContain('the secret key has changed. Enter the password again on the Server page.')
  })

  test.each([
    [{ port: 70_000 }, 'port-problem', 'Enter a port between 1 and 65535.'],
    [{ from: 'CronGuard' }, 'from-problem', 'Enter an email address, or a name and an address'],
    [{ security: 'oauth', host: 5 }, 'host-problem', 'Enter the host, such as smtp.example.com.'],
  ])('says what to correct in settings that another version stored: %j', async (change, id, problem) => {
    await admin.post(SAVE, FORM)
    const stored = JSON.parse(findSetting(guard.db, 'mail-server') ?? '{}')
    const value = JSON.stringify({ ...stored, ...change })
    guard.db.write((tx) => tx.run(`UPDATE settings SET value = $value WHERE name = 'mail-server'`, { value }))
    const html = await admin.read('/instance')
    expect(words(html)).toContain('be used by this version of CronGuard. Correct them on the Server page.')
    expect(html).toMatch(new RegExp(`id="${id}">\\s*${problem}`))
    expect(html).not.toContain('No mail server is configured')
    expect(words(await (await admin.post(`${TEST}/outcome`, { to: 'ops@example.org' })).text())).toContain(
      'Correct them on the Server page.',
    )
    expect((await admin.post(SAVE, FORM)).status).toBe(303)
    expect(words(await admin.read('/instance'))).not.toContain('be used by this version')
  })

  test('is replaced by the names of the environment variables that set the mail server', async () => {
    const env = { CRONGUARD_SMTP_HOST: 'mail.example.com', CRONGUARD_SMTP_SECURITY: 'tls' }
    const other = await newGuard(env)
    const owner = await adminOf(other)
    const html = await owner.read('/instance')
    for (const name of Object.keys(env)) expect(html).toContain(`<code>${name}</code>`)
    expect(html).toContain('mail.example.com, port 465')
    expect(html).not.toContain('name="host"')
    expect((await owner.post(SAVE, FORM)).status).toBe(422)
    expect(findSetting(other.db, 'mail-server')).toBeNull()
  })

  test('never logs the password', async () => {
    await admin.post(SAVE, FORM)
    expect(JSON.stringify(guard.log)).toContain('Mail server changed')
    expect(JSON.stringify(guard.log)).not.toContain(PASSWORD)
  })
})

describe('Mail server test', () => {
  const certificate = makeCertificate()
  const trusted = getCACertificates('default')
  beforeAll(() => setDefaultCACertificates([...trusted, certificate.cert]))
  afterAll(() => setDefaultCACertificates(trusted))

  const MASKED = /CronGuard AUTH PLAIN \*{8} Server 235/

  test('sends one email over STARTTLS, and shows the dialogue without credentials and content', async () => {
    const server = await startServer(certificate)
    const text = await tested({ port: String(server.port) })
    expect(text).toContain('Test sent to ops@example.org. 250')
    expect(text).toMatch(/CronGuard STARTTLS Server 220/)
    expect(text).toMatch(MASKED)
    expect(text).toContain('CronGuard MAIL FROM:&lt;cronguard@example.org&gt;')
    expect(text).not.toMatch(/Subject|The mail server works/)
    expectNoSecret(text)
    expect(server.recipients).toEqual(['ops@example.org'])
  })

  test('sends one email over TLS', async () => {
    const server = await startServer({ ...certificate, secure: true })
    const text = await tested({ port: String(server.port), security: 'tls' })
    expect(text).toContain('Test sent to ops@example.org.')
    expect(text).toMatch(MASKED)
  })

  test('masks the user name and the password of AUTH LOGIN', async () => {
    const server = await startServer({ ...certificate, authMethods: ['LOGIN'] })
    const text = await tested({ port: String(server.port) })
    expect(text).toContain('Test sent')
    expect(text).toMatch(/AUTH LOGIN Server 334 \*{8} CronGuard \*{8} Server 334 \*{8} CronGuard \*{8} Server 235/)
    expectNoSecret(text)
  })

  test('goes to the address of the administrator by default, and shows a page without JavaScript', async () => {
    const server = await startServer(certificate)
    await admin.post(SAVE, { ...FORM, host: '127.0.0.1', port: String(server.port) })
    const text = words(await (await admin.post(TEST)).text())
    expect(text).toContain('Test sent to root@example.org.')
    expect(text).toContain('SMTP dialogue')
    expect(server.recipients).toEqual(['root@example.org'])
  })

  test('explains a refused password, and masks it where the server repeats it', async () => {
    const server = await startServer(certificate)
    const password = 'wrong-password-77'
    const text = await tested({ port: String(server.port), password })
    expect(text).toContain('Test failed. The mail server refused the user name or password (535).')
    expect(text).toContain('require an app password')
    expect(text).toContain('Server 535 5.7.8 ******** is wrong')
    expect(text).not.toContain(password)
    expect(server.passwords).toEqual([password])
  })

  test.each([
    ['TLS on a port without', { security: 'tls' }, certificate, /Choose STARTTLS for port \d+/],
    ['a server without STARTTLS', {}, { disabledCommands: ['STARTTLS'] }, /Choose TLS with port 465/],
    ['an untrusted certificate', {}, makeCertificate(), /set CRONGUARD_CA_FILE/],
    ['a certificate for another name', { host: '127.0.0.2' }, certificate, /Enter the host name in the certificate/],
    [
      'a missing user name',
      { username: '', password: '' },
      certificate,
      /The server may require a user name and a password/,
    ],
  ])('explains %s', async (_what, change, options, advice) => {
    const server = await startServer(options as SMTPServerOptions, 'host' in change ? change.host : undefined)
    const text = await tested({ port: String(server.port), ...change })
    expect(text).toContain('Test failed.')
    expect(text).toMatch(advice)
    expect(server.recipients).toEqual([])
  })

  test('explains a port for TLS that is used with STARTTLS', async () => {
    const shortened = shortenTimeouts()
    endings.push(() => shortened.undo())
    const server = await startServer({ ...certificate, secure: true })
    expect(await tested({ port: String(server.port) })).toMatch(/timed out\..*STARTTLS usually uses port 587/)
  })

  test('explains a sender that the server refuses', async () => {
    const refusal = Object.assign(new Error('5.7.1 Not your address'), { responseCode: 553 })
    const server = await startServer({ ...certificate, onMailFrom: (_address, _session, done) => done(refusal) })
    const text = await tested({ port: String(server.port) })
    expect(text).toContain('does not accept the sender CronGuard &lt;cronguard@example.org&gt;')
    expect(text).toContain('Server 553 5.7.1 Not your address')
  })

  test('explains that nothing listens on the port', async () => {
    const peer = await startPeer(() => {})
    await peer.stop()
    expect(await tested({ port: String(peer.port) })).toMatch(
      /Connection refused\. Nothing accepts connections on port/,
    )
  })

  test('explains a host that does not exist', async () => {
    expect(await tested({ host: 'smtp.invalid' })).toContain('Check the spelling of smtp.invalid.')
  })

  test('ends when the server never answers, and a second test does not start meanwhile', async () => {
    const shortened = shortenTimeouts()
    const connected = Promise.withResolvers<void>()
    const peer = await startPeer(() => connected.resolve())
    endings.push(
      () => peer.stop(),
      () => shortened.undo(),
    )
    const first = tested({ port: String(peer.port) })
    await connected.promise
    const second = await (await admin.post(`${TEST}/outcome`, { to: 'ops@example.org' })).text()
    expect(second).toContain('A test is still running. Wait for it to finish.')
    expect(await first).toMatch(/Connection timed out\. 127\.0\.0\.1 did not answer on port \d+\..*firewall/)
  })

  test('refuses an address that is none, and a test without a mail server', async () => {
    expect(await (await admin.post(`${TEST}/outcome`, { to: 'ops' })).text()).toContain('Enter an email address')
    expect(await (await admin.post(TEST)).text()).toContain('No mail server is configured. Save its settings first.')
  })
})

/** All the ways in which a server may repeat a password. */
const ECHOES: [how: string, echo: (password: string) => string][] = [
  ['as it is', (password) => password],
  ['in capitals', (password) => password.toUpperCase()],
  ['as base64', (password) => btoa(password)],
  ['as base64 with the user name', (password) => btoa(`\0${USERNAME}\0${password}`)],
  ['as base64 of a pair', (password) => btoa(`${USERNAME}:${password}`)],
  ['as hex', (password) => Buffer.from(password).toString('hex')],
  ['spread over two lines', (password) => `${password.slice(0, 5)}\r\n535 ${password.slice(5)}`],
]

describe('Mail server test, with a server that repeats the password', () => {
  test.each(ECHOES)('%s: it is masked', async (how, echo) => {
    const peer = await startPeer((socket) => {
      socket.write('220 mail\r\n')
      socket.on('error', () => {})
      socket.on('data', (chunk) => {
        const command = String(chunk)
        const reply = echo(PASSWORD)
        if (command.startsWith('EHLO'))
          socket.write(`250-${echo(PASSWORD).replace('\r\n535 ', '\r\n250-')}\r\n250 AUTH PLAIN\r\n`)
        else socket.write(`535${reply.includes('\r\n') ? '-' : ' '}${reply}\r\n`)
      })
    })
    endings.push(() => peer.stop())
    const text = await tested({ port: String(peer.port), security: 'none' })
    expect(text).toContain('Test failed.')
    expect(text).toContain('********')
    expectNoSecret(text)
    if (how.startsWith('spread')) expect(text).not.toContain(PASSWORD.slice(5))
  })

  test('the dialogue has at most 80 lines of 300 characters', async () => {
    const peer = await startPeer((socket) => {
      socket.on('error', () => {})
      socket.write(`${'220-hello\r\n'.repeat(500)}220 ${'x'.repeat(10_000)}\r\n`)
    })
    endings.push(() => peer.stop())
    const shortened = shortenTimeouts()
    endings.push(() => shortened.undo())
    const text = await tested({ port: String(peer.port), security: 'none' })
    expect(text).toContain('The dialogue was shortened.')
    expect(text.length).toBeLessThan(5000)
  })
})

function expectNoSecret(text: string): void {
  const forms = [PASSWORD, btoa(PASSWORD), btoa(`\0${USERNAME}\0${PASSWORD}`), btoa(`${USERNAME}:${PASSWORD}`)]
  for (const form of [...forms, Buffer.from(PASSWORD).toString('hex')]) {
    expect(text.toLowerCase()).not.toContain(form.toLowerCase())
  }
}
