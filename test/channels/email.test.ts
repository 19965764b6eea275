import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { connect, type Socket } from 'node:net'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import type { AddressObject } from 'mailparser'
import type { SMTPServerOptions } from 'smtp-server'
import { email } from '#channels/email.ts'
import type { Lateness } from '#domain/lateness.ts'
import type { Log, LogFields } from '#lib/log.ts'
import { createLogMailer, createSmtpMailer, type Mailer, type SmtpSettings } from '#lib/mail.ts'
import { renderAlertHtml, renderAlertText } from '#views/emails/alert.tsx'
import { newOutbound } from '../support/outbound.ts'
import {
  type Certificate,
  DELIVERY_ID,
  makeCertificate,
  messageOf,
  notificationOf,
  type Receiver,
  shortenTimeouts,
  startPeer,
  THREAD_KEY,
  testChannelKind,
} from './conformance.ts'
import { type MailReceiver, PASSWORD, startReceiver, USERNAME } from './mail-receiver.ts'

const FROM = 'CronGuard <cronguard@example.org>'
const ADDRESS = 'ops@example.org'

function smtp(settings: Partial<SmtpSettings>): Mailer {
  const anonymous = { username: null, password: null }
  return createSmtpMailer({ host: '127.0.0.1', port: 1, security: 'none', from: FROM, ...anonymous, ...settings })
}

testChannelKind({
  kind: 'email',
  startReceiver,
  reach: ({ host, port, isSecure }) => {
    const security = isSecure ? 'tls' : 'none'
    const mailer = smtp({ host, port, security, username: USERNAME, password: PASSWORD })
    return {
      settings: { address: ADDRESS },
      transports: { mailer, outbound: newOutbound() },
      close: () => mailer.close(),
    }
  },
  invalidSettings: [
    ['no fields', {}],
    ['an empty address', { address: '' }],
    ['an address without a host', { address: 'ops' }],
    ['two addresses', { address: 'ops@example.org, eve@example.org' }],
    ['a second address on its own line', { address: 'ops@example.org\r\nBcc: eve@example.org' }],
    ['an address with a name', { address: 'Eve <eve@example.org>' }],
    ['an address with a comment', { address: 'ops@example.org (Eve)' }],
    ['an address of 255 characters', { address: `${'x'.repeat(243)}@example.org` }],
    ['a number for an address', { address: 7 }],
    ['a list of addresses', { address: ['ops@example.org'] }],
  ],
  secrets: [PASSWORD, USERNAME],
  refusals: [
    [550, 'rejected', true],
    [554, 'status', false],
    [451, 'status', false],
    [553, 'status', false],
    [552, 'status', false],
    [535, 'auth', false],
  ],
  giveUpMs: 40_000,
})

const mailers: Mailer[] = []
const receivers: Receiver[] = []

afterEach(async () => {
  for (const mailer of mailers.splice(0)) mailer.close()
  for (const receiver of receivers.splice(0)) await receiver.stop()
})

async function open(options: SMTPServerOptions = {}): Promise<MailReceiver> {
  const receiver = await startReceiver(options)
  receivers.push(receiver)
  return receiver
}

function send(settings: Partial<SmtpSettings>, message = messageOf(notificationOf())) {
  const mailer = smtp(settings)
  mailers.push(mailer)
  return email.send({ address: ADDRESS }, message, { mailer, outbound: newOutbound() })
}

describe('Alert mail', () => {
  let receiver: MailReceiver
  beforeEach(async () => {
    receiver = await open()
  })

  test.each([
    ['down', 'Down: nightly-report', '#b3241a'],
    ['up', 'Up: nightly-report', '#17733f'],
  ] as const)('has the status %s in subject, text and HTML', async (status, subject, color) => {
    const notification = notificationOf({ status, name: 'nightly-report' })
    expect(await send({ port: receiver.port }, messageOf(notification))).toMatchObject({ result: 'sent' })
    const mail = receiver.mails[0]
    expect(mail?.subject).toBe(subject)
    expect(mail?.text).toStartWith(`${subject}\n`)
    expect(mail?.text).toContain('Project: Ops\n')
    expect(mail?.html).toContain(color)
    expect(mail?.html).toContain('nightly-report')
    expect(receiver.raws[0]).toMatch(/^Content-Type: multipart\/alternative/m)
  })

  test('goes only to the address, from the configured sender, marked as auto-generated', async () => {
    await send({ port: receiver.port })
    const mail = receiver.mails[0]
    expect((mail?.to as AddressObject | undefined)?.text).toBe(ADDRESS)
    expect(mail?.from?.text).toContain('cronguard@example.org')
    expect(mail?.cc).toBeUndefined()
    expect(mail?.headers.get('auto-submitted')).toBe('auto-generated')
    expect(mail?.headers.get('x-cronguard-delivery')).toBe(DELIVERY_ID)
  })

  test('has one Message-ID for all attempts of a delivery, and another for the next', async () => {
    const other = 'b7d2a6de-0c41-4a0a-9f0e-7a3f9dd2a001'
    for (const id of [DELIVERY_ID, DELIVERY_ID, other]) {
      await send({ port: receiver.port }, messageOf(notificationOf(), id))
    }
    const idOf = (id: string) => `<${id}@cronguard.example.org>`
    expect(receiver.mails.map(({ messageId }) => messageId)).toEqual([DELIVERY_ID, DELIVERY_ID, other].map(idOf))
  })

  test('of one incident have one thread, and tests have none', async () => {
    const [first, second, other] = ['1', '2', '3'].map((digit) => `b7d2a6de-0c41-4a0a-9f0e-7a3f9dd2a00${digit}`)
    const incident = `<incident.${THREAD_KEY}@cronguard.example.org>`
    const down = messageOf(notificationOf(), first)
    const outcome = await send({ port: receiver.port }, down)
    const receipt = (outcome.result === 'sent' && outcome.receipt) || null
    const up = messageOf(notificationOf({ status: 'up' }), second)
    await send({ port: receiver.port }, { ...up, thread: { key: THREAD_KEY, receipt } })
    await send(
      { port: receiver.port },
      { ...messageOf(notificationOf(), other), thread: { key: other ?? '', receipt: null } },
    )
    expect(receiver.mails.map(({ inReplyTo, references }) => [inReplyTo, references])).toEqual([
      [incident, incident],
      [`<${first}@cronguard.example.org>`, [incident, `<${first}@cronguard.example.org>`]],
      [undefined, undefined],
    ])
  })

  test('shows the output as text, with lines about errors marked', async () => {
    const output = { text: '<b>1</b> of 2\nERROR: disk full', isCut: true }
    await send({ port: receiver.port }, { ...messageOf(notificationOf()), output })
    const [mail] = receiver.mails
    expect(mail?.text).toContain('Last output (end only):\n<b>1</b> of 2\nERROR: disk full\n')
    expect(mail?.html).toMatch(/<pre [^>]*>&lt;b&gt;1&lt;\/b&gt; of 2\n<span [^>]*>ERROR: disk full<\/span><\/pre>/)
  })

  test('with a custom text has no heading for details', () => {
    const message = { ...messageOf(notificationOf()), late: null, wording: { title: null, text: 'Call Ada.' } }
    const text = renderAlertText(message)
    expect(text).toContain('Call Ada.')
    expect(text + renderAlertHtml(message)).not.toContain('Details')
  })

  test('says why it is late', async () => {
    const late: Lateness = { ms: 11_400_000, cause: { kind: 'failed', detail: 'Connection refused' } }
    await send({ port: receiver.port }, { ...messageOf(notificationOf()), late })
    const sentence = 'Sent 3 hours 10 minutes late: earlier attempts failed (Connection refused).'
    expect(receiver.mails[0]?.text).toContain(sentence)
    expect(receiver.mails[0]?.html).toContain(sentence)
  })

  test('offers to acknowledge first, then to open', async () => {
    const links = {
      open: 'https://cron.example.org/incidents/1',
      acknowledge: 'https://cron.example.org/acknowledge/1',
    }
    await send({ port: receiver.port }, { ...messageOf(notificationOf()), links })
    const [mail] = receiver.mails
    expect([...(mail?.html || '').matchAll(/<a href="([^"]*)" class="button/g)].map(([, url]) => url)).toEqual([
      links.acknowledge,
      links.open,
    ])
    expect(mail?.text).toContain(`Acknowledge:\n${links.acknowledge}\n`)
  })

  test('escapes markup in a name in its HTML', async () => {
    await send({ port: receiver.port }, messageOf(notificationOf({ name: '<b>"backup"</b> & \'co\'' })))
    const html = receiver.mails[0]?.html || ''
    expect(html).toContain('&lt;b&gt;')
    expect(html).not.toContain('<b>')
  })

  test('keeps a description unchanged in text and HTML', async () => {
    const notification = notificationOf()
    notification.monitor.description = 'Runs on <db-1>.\n.\nAsk "Ann" 備'
    await send({ port: receiver.port }, messageOf(notification))
    expect(receiver.mails[0]?.text).toContain('Runbook:\nRuns on <db-1>.\n.\nAsk "Ann" 備\n')
    expect(receiver.mails[0]?.html).toContain('Runs on &lt;db-1&gt;.\n.\nAsk')
  })
})

describe('Mail server', () => {
  let certificate: Certificate
  let trusted: string[]

  beforeAll(() => {
    certificate = makeCertificate()
    trusted = getCACertificates('default')
    setDefaultCACertificates([...trusted, certificate.cert])
  })
  afterAll(() => setDefaultCACertificates(trusted))

  test.each([
    ['none', false, {}],
    ['starttls', true, { hideSTARTTLS: false }],
    ['tls', true, { secure: true }],
  ] as const)('gets the mail with security %s', async (security, isSecure, options) => {
    const { port, connections, mails } = await open({ ...options, ...certificate })
    expect(await send({ port, security })).toMatchObject({ result: 'sent' })
    expect([...connections.values()]).toEqual([isSecure])
    expect(mails).toHaveLength(1)
  })

  test('with STARTTLS gets the mail unencrypted when security is none', async () => {
    const { port, connections } = await open({ hideSTARTTLS: false, ...certificate })
    expect(await send({ port, security: 'none' })).toMatchObject({ result: 'sent' })
    expect([...connections.values()]).toEqual([false])
  })

  test('without STARTTLS gets no mail and no password when security is starttls', async () => {
    const passwords: unknown[] = []
    const { port, mails } = await open({
      disabledCommands: ['STARTTLS'],
      onAuth: ({ password }, _session, done) => {
        passwords.push(password)
        done(null, { user: USERNAME })
      },
    })
    const outcome = await send({ port, security: 'starttls', username: USERNAME, password: PASSWORD })
    expect(outcome).toMatchObject({ result: 'failed', reason: 'tls', isPermanent: false })
    expect(outcome.detail).toBe('The mail server does not offer STARTTLS')
    expect(mails).toEqual([])
    expect(passwords).toEqual([])
  })

  test('with a self-signed certificate gets no mail', async () => {
    const { port, mails } = await open({ hideSTARTTLS: false, ...makeCertificate() })
    const outcome = await send({ port, security: 'starttls' })
    expect(outcome).toMatchObject({ result: 'failed', reason: 'tls', isPermanent: false })
    expect(outcome.detail).toBe('The TLS certificate is not trusted: an unknown authority signed it')
    expect(mails).toEqual([])
  })

  test('gets the user name and the password', async () => {
    const { port, mails } = await open({ authOptional: false })
    expect(await send({ port, username: USERNAME, password: PASSWORD })).toMatchObject({ result: 'sent' })
    expect(mails).toHaveLength(1)
  })

  test('that requires a sign-in is retried, because the configuration can be fixed', async () => {
    const { port } = await open({ authOptional: false })
    expect(await send({ port })).toMatchObject({ result: 'failed', reason: 'status', isPermanent: false })
  })

  test('gets 20 mails over at most two connections', async () => {
    const { port, connections, mails } = await open()
    const mailer = smtp({ port })
    mailers.push(mailer)
    const ids = Array.from({ length: 20 }, () => crypto.randomUUID())
    const transports = { mailer, outbound: newOutbound() }
    const outcomes = await Promise.all(
      ids.map((id) => email.send({ address: ADDRESS }, messageOf(notificationOf(), id), transports)),
    )
    expect(outcomes.map(({ result }) => result)).toEqual(ids.map(() => 'sent'))
    expect(mails.map(({ headers }) => headers.get('x-cronguard-delivery')).sort()).toEqual(ids.sort())
    expect(connections.size).toBeWithin(1, 3)
  })

  test('that refuses one mail gets the next over the same mailer', async () => {
    const receiver = await open()
    const mailer = smtp({ port: receiver.port })
    mailers.push(mailer)
    const transports = { mailer, outbound: newOutbound() }
    receiver.says = 550
    expect((await email.send({ address: ADDRESS }, messageOf(notificationOf()), transports)).result).toBe('failed')
    receiver.says = null
    expect((await email.send({ address: ADDRESS }, messageOf(notificationOf()), transports)).result).toBe('sent')
  })
})

describe('Mail server with endless replies', () => {
  test('delays an email until the timeout, and blocks no connection forever', async () => {
    const receiver = await open()
    let isDripping = true
    const peer = await startPeer((socket) => (isDripping ? drip(socket) : relay(socket, receiver.port)))
    const mailer = smtp({ port: peer.port })
    mailers.push(mailer)
    const transports = { mailer, outbound: newOutbound() }
    const attempt = () => email.send({ address: ADDRESS }, messageOf(notificationOf()), transports)
    const shortened = shortenTimeouts()
    try {
      const outcomes = await Promise.all([attempt(), attempt(), attempt()])
      expect(outcomes.map((outcome) => outcome.result === 'failed' && outcome.reason)).toEqual(Array(3).fill('timeout'))
      isDripping = false
      shortened.undo()
      expect(await attempt()).toMatchObject({ result: 'sent' })
      expect(receiver.mails).toHaveLength(1)
    } finally {
      shortened.undo()
      await peer.stop()
    }
  })

  function drip(socket: Socket): void {
    socket.write('220 welcome\r\n')
    const timer = setInterval(() => socket.write('250-and another thing\r\n'), 20)
    socket.on('close', () => clearInterval(timer))
  }

  function relay(socket: Socket, port: number): void {
    const server = connect(port, '127.0.0.1')
    server.on('error', () => socket.destroy())
    socket.on('close', () => server.destroy())
    socket.pipe(server).pipe(socket)
  }
})

describe('Without a mail server', () => {
  test('an email is logged, and the outcome says so', async () => {
    const lines: [event: string, fields: LogFields | undefined][] = []
    const collect = (event: string, fields?: LogFields) => void lines.push([event, fields])
    const log: Log = { debug: collect, info: collect, warn: collect, error: collect }
    const transports = { mailer: createLogMailer(log), outbound: newOutbound() }
    const outcome = await email.send({ address: ADDRESS }, messageOf(notificationOf()), transports)
    expect(outcome.result).toBe('logged')
    expect(outcome.detail).toContain('log')
    expect(lines).toHaveLength(1)
    // The text has links that act without a sign-in.
    expect(lines[0]?.[1]).toEqual({ to: ADDRESS, subject: 'Down: backup' })
  })
})
