// The mail server that an administrator enters: it applies at once, and its password stays secret.
import { afterEach, describe, expect, test } from 'bun:test'
import {
  findMailServer,
  hasMailServer,
  type MailServer,
  openMailer,
  removeMailServer,
  saveMailServer,
} from '#actions/mail-server.ts'
import { projectsOf } from '#actions/projects.ts'
import { createSetupToken, createUser, setUp } from '#actions/registration.ts'
import { AppError } from '#lib/errors.ts'
import { createCurrentMailer } from '#lib/mail.ts'
import { listChannels } from '#store/channels.ts'
import { findSetting, saveSetting } from '#store/settings.ts'
import { TestGuard } from './support/cronguard.ts'
import { startSmtpReceiver } from './support/receivers.ts'
import { signedIn } from './support/visitor.ts'

const PASSWORD = 'smtp-password-99'
const FORM = {
  host: 'smtp.example.org',
  port: '587',
  security: 'starttls',
  username: 'cronguard',
  password: PASSWORD,
  from: 'CronGuard <cronguard@example.org>',
}
const SERVER: MailServer = {
  ...FORM,
  port: 587,
  security: 'starttls',
  problem: null,
  source: 'page',
}

const STORED = { ...FORM, port: 587, username: null, sealedPassword: null }
const UNUSABLE = [
  'not JSON',
  'null',
  '[]',
  '{"host":1}',
  ...[
    { host: '' },
    { host: 'a\nb' },
    { port: 0 },
    { port: 70_000 },
    { port: 25.5 },
    { port: '587' },
    { security: 'oauth' },
    { username: {} },
    { sealedPassword: 5 },
    { from: 'CronGuard' },
    { from: 'a@example.org\r\nBcc: b@example.org' },
  ].map((change) => JSON.stringify({ ...STORED, ...change })),
]

const guards: TestGuard[] = []
afterEach(() => {
  for (const guard of guards.splice(0)) guard.stop()
})

function open(env: Record<string, string> = {}): TestGuard {
  const guard = new TestGuard({ env })
  guards.push(guard)
  return guard
}

function problemsOf(work: () => void): Record<string, string> {
  try {
    work()
    return {}
  } catch (error) {
    if (error instanceof AppError) return error.fields
    throw error
  }
}

describe('saveMailServer', () => {
  test('makes the settings the current ones, and encrypts the password', () => {
    const { deps, db } = open()
    expect([findMailServer(deps), hasMailServer(deps)]).toEqual([null, false])
    saveMailServer(deps, FORM)
    expect([findMailServer(deps), hasMailServer(deps)]).toEqual([SERVER, true])
    const stored = findSetting(db, 'mail-server') ?? ''
    expect(stored).toContain('smtp.example.org')
    expect(stored).not.toContain(PASSWORD)
    expect(stored).not.toContain(btoa(PASSWORD))
  })

  test('keeps the stored password when none is entered', () => {
    const { deps } = open()
    saveMailServer(deps, FORM)
    saveMailServer(deps, { ...FORM, from: 'ops@example.org', password: '' })
    expect(findMailServer(deps)).toEqual({ ...SERVER, from: 'ops@example.org' })
  })

  test.each([
    ['host', 'smtp.mallory.example'],
    ['port', '2525'],
    ['security', 'none'],
    ['username', 'mallory'],
  ])('asks for the password again when %s changes', (field, value) => {
    const { deps } = open()
    saveMailServer(deps, FORM)
    const change = { ...FORM, [field]: value, password: '' }
    expect(problemsOf(() => saveMailServer(deps, change))).toEqual({
      password: expect.stringContaining('Enter the password again.') as unknown as string,
    })
    expect(findMailServer(deps)).toEqual(SERVER)
    saveMailServer(deps, { ...change, password: 'tiger' })
    expect(findMailServer(deps)).toMatchObject({ password: 'tiger' })
  })

  test('needs neither user name nor password, and forgets a stored password without a user name', () => {
    const { deps, db } = open()
    saveMailServer(deps, FORM)
    saveMailServer(deps, { ...FORM, username: '', password: '' })
    expect(findMailServer(deps)).toEqual({ ...SERVER, username: null, password: null })
    expect(JSON.parse(findSetting(db, 'mail-server') ?? '{}')).toMatchObject({ sealedPassword: null })
  })

  test.each([
    ['host', ''],
    ['host', 'smtp.example.org:587'],
    ['host', 'https://smtp.example.org'],
    ['host', 'smtp.example.org\r\nEHLO mallory'],
    ['port', '0'],
    ['port', '65536'],
    ['port', '25.5'],
    ['security', 'ssl'],
    ['username', 'a\nb'],
    ['password', ''],
    ['password', 'a\r\nb'],
    ['from', ''],
    ['from', 'CronGuard'],
    ['from', 'CronGuard <cronguard@example.org>\r\nBcc: mallory@example.org'],
    ['from', 'a@example.org, b@example.org'],
  ])('refuses the %s %p at its field', (field, value) => {
    const { deps } = open()
    expect(Object.keys(problemsOf(() => saveMailServer(deps, { ...FORM, [field]: value })))).toEqual([field])
    expect(hasMailServer(deps)).toBe(false)
  })

  test.each(['smtp.example.org', 'localhost', '10.0.0.5', '::1', 'fd00::25', 'mail_relay'])(
    'accepts the host %s',
    (host) => {
      const { deps } = open()
      saveMailServer(deps, { ...FORM, host })
      expect(findMailServer(deps)?.host).toBe(host)
    },
  )
})

describe('Environment variables', () => {
  const ENV = { CRONGUARD_SMTP_HOST: 'mail.example.com', CRONGUARD_SMTP_USERNAME: 'ada', CRONGUARD_SMTP_PASSWORD: 'x' }

  test('replace all stored settings of the mail server, and forbid changes', () => {
    const { deps, db } = open(ENV)
    db.write((tx) => saveSetting(tx, { name: 'mail-server', value: '{"not": "read"}' }))
    expect(findMailServer(deps)).toMatchObject({ host: 'mail.example.com', username: 'ada', source: 'environment' })
    expect(() => saveMailServer(deps, FORM)).toThrow('The mail server is set by environment variables.')
    expect(() => removeMailServer(deps)).toThrow('The mail server is set by environment variables.')
  })
})

describe('Another secret key', () => {
  test('asks for the password again, and sends nothing to the mail server', async () => {
    const { deps } = open()
    saveMailServer(deps, FORM)
    const other = { ...deps, config: { ...deps.config, secretKey: 'the key of another server' } }
    const found = findMailServer(other)
    expect(found).toEqual({ ...SERVER, password: null, problem: 'other-key' })
    const mail = { to: 'ada@example.org', subject: 'x', text: 'x', html: 'x', messageId: 'x@y', headers: {} }
    expect(await openMailer(found, deps.log).send(mail)).toMatchObject({ kind: 'failure', reason: 'auth' })
    expect(problemsOf(() => saveMailServer(other, { ...FORM, password: '' }))).toEqual({
      password: 'Enter the password again: the secret key has changed.',
    })
    saveMailServer(other, FORM)
    expect(findMailServer(other)).toEqual(SERVER)
  })
})

describe('createCurrentMailer', () => {
  const mail = { to: 'ada@example.org', subject: 'Down', text: 'x', html: 'x', messageId: 'x@y', headers: {} }

  test('follows each change of the mail server, and logs emails without one', async () => {
    const { deps, log } = open()
    const [first, second] = [await startSmtpReceiver(), await startSmtpReceiver()]
    const mailer = createCurrentMailer(
      () => findMailServer(deps),
      (server) => openMailer(server, deps.log),
    )
    const enter = (port: number) =>
      saveMailServer(deps, {
        ...FORM,
        host: '127.0.0.1',
        port: String(port),
        security: 'none',
        username: '',
        password: '',
      })
    expect(await mailer.send(mail)).toEqual({ kind: 'logged' })
    enter(first.port)
    expect(await mailer.send(mail)).toMatchObject({ kind: 'sent' })
    enter(second.port)
    expect(await mailer.send(mail)).toMatchObject({ kind: 'sent' })
    removeMailServer(deps)
    expect(await mailer.send(mail)).toEqual({ kind: 'logged' })
    mailer.close()
    expect([first.mails.length, second.mails.length]).toEqual([1, 1])
    expect(log.filter(({ event }) => event.startsWith('No mail server'))).toHaveLength(2)
    await Promise.all([first.stop(), second.stop()])
  })
})

describe('First account', () => {
  const ADA = { email: 'ada@example.org', password: 'a very long engine', isAdmin: true }
  const channelsOf = ({ deps, db }: TestGuard, email: string) =>
    projectsOf(deps, email).flatMap(({ id }) => listChannels(db, id).map(({ kind, settings }) => [kind, settings]))

  test('has its own address as the first channel, and the next account has none', async () => {
    const guard = open()
    await createUser(guard.deps, ADA)
    await createUser(guard.deps, { ...ADA, email: 'bob@example.org' })
    expect(channelsOf(guard, ADA.email)).toEqual([['email', { address: ADA.email }]])
    expect(channelsOf(guard, 'bob@example.org')).toEqual([])
  })

  test('has it also through the link from the log', async () => {
    const guard = open()
    const token = createSetupToken(guard.deps) ?? ''
    await setUp(guard.deps, { token, email: ADA.email, password: ADA.password, timeZone: 'UTC' })
    expect(channelsOf(guard, ADA.email)).toEqual([['email', { address: ADA.email }]])
  })

  test('leads to the mail server from the dashboard, until there is one', async () => {
    const guard = open()
    await createUser(guard.deps, ADA)
    const ada = await signedIn(guard, ADA.email)
    const link = '<a href="/instance#mail-server">Set up the mail server</a>'
    expect(await ada.read('/')).toContain(link)
    await ada.post('/instance/mail-server', FORM)
    expect(await ada.read('/')).not.toContain(link)
  })
})

describe('Settings that another version stored', () => {
  const mail = { to: 'ada@example.org', subject: 'Down', text: 'x', html: 'x', messageId: 'x@y', headers: {} }

  test.each(UNUSABLE)('let emails fail and be retried, instead of dropping them: %s', async (value) => {
    const { deps, db } = open()
    db.write((tx) => saveSetting(tx, { name: 'mail-server', value }))
    const server = findMailServer(deps)
    expect([hasMailServer(deps), server?.problem]).toEqual([true, 'invalid-settings'])
    expect(await openMailer(server, deps.log).send(mail)).toEqual({
      kind: 'failure',
      reason: 'settings',
      detail:
        "The stored mail server settings can't be used by this version of CronGuard. Correct them on the Server page",
      isPermanent: false,
    })
    saveMailServer(deps, FORM)
    expect(findMailServer(deps)).toEqual(SERVER)
  })

  test('keep their password, if only the sender has to be corrected', () => {
    const { deps, db } = open()
    saveMailServer(deps, FORM)
    const stored = JSON.parse(findSetting(db, 'mail-server') ?? '{}')
    db.write((tx) => saveSetting(tx, { name: 'mail-server', value: JSON.stringify({ ...stored, from: 'CronGuard' }) }))
    saveMailServer(deps, { ...FORM, password: '' })
    expect(findMailServer(deps)).toEqual(SERVER)
  })
})
