// Pings by email: real SMTP conversations with the listener.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { connect, type Socket } from 'node:net'
import type { SendMailOptions } from 'nodemailer'
import { pauseMonitor } from '#actions/monitors.ts'
import type { Monitor } from '#domain/monitor.ts'
import type { PingFilter } from '#domain/ping.ts'
import type { Project } from '#domain/project.ts'
import { bytesInFlight, LARGE_BODIES_MAX } from '#http/body.ts'
import {
  CLIENTS_MAX,
  CLIENTS_OF_ONE_MAX,
  listenForMail,
  MAIL_BYTES_MAX,
  type MailListener,
  RECIPIENTS_MAX,
} from '#http/smtp.ts'
import { StorageRefusedError } from '#lib/errors.ts'
import { listPings } from '#store/pings.ts'
import { storedBytes } from '../support/bodies.ts'
import { TestGuard } from '../support/cronguard.ts'
import { MAIL_DOMAIN, mailAddressOf, mailSettings, sendMail, startMailListener } from '../support/ping-mail.ts'

let guard: TestGuard
let project: Project
let backup: Monitor
let listener: MailListener

beforeEach(async () => {
  guard = await guardWithMail()
  project = guard.project()
  backup = guard.monitor(project, { name: 'backup', slug: 'backup' })
  listener = await startMailListener(guard)
})

afterEach(async () => {
  await listener.stop()
  guard.stop()
})

const guardWithMail = async (domain?: string) => new TestGuard({ env: await mailSettings(domain) })

const pings = (monitor = backup) => listPings(guard.db, { monitorId: monitor.id, limit: 100 })
const kinds = (monitor = backup) => pings(monitor).map(({ kind }) => kind)

const mail = (message: SendMailOptions) => sendMail(listener, { to: mailAddressOf(backup), ...message })

/** Sends these lines, each after the answer to the one before, and returns the answers. */
function converse(lines: readonly string[]): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const answers: string[] = []
    const waiting = [...lines]
    const socket = connect(listener.port, '127.0.0.1')
    socket.setEncoding('utf8')
    let pending = ''
    socket.on('data', (data) => {
      pending += data
      if (!/^\d{3} [^\n]*\r\n$/m.test(pending)) return
      answers.push(pending.trim())
      pending = ''
      const next = waiting.shift()
      if (next === undefined) socket.end()
      else socket.write(`${next}\r\n`)
    })
    socket.on('close', () => resolve(answers.slice(1)))
    socket.on('error', reject)
  })
}

/** Opens connections, and returns the status of the first answer on each. */
function greetings(count: number, localAddress = '127.0.0.1'): { sockets: Socket[]; said: Promise<string[]> } {
  const sockets = Array.from({ length: count }, () => connect({ port: listener.port, host: '127.0.0.1', localAddress }))
  const said = sockets.map(
    (socket) => new Promise<string>((resolve) => socket.once('data', (data) => resolve(String(data).slice(0, 3)))),
  )
  return { sockets, said: Promise.all(said) }
}

const HELLO = ['HELO nas', 'MAIL FROM:<nas@example.org>']
const answersTo = async (...recipients: string[]) =>
  (await converse([...HELLO, ...recipients.map((recipient) => `RCPT TO:<${recipient}>`)])).slice(2)

describe('Ping body limit: an email', () => {
  test('keeps the first 10,000 bytes and the end, and the API tells how many bytes are missing', async () => {
    const lines = Array.from({ length: 30_000 }, (_, index) => `line ${index}`).join('\n')
    await mail({ subject: 'Report', text: lines })
    const headers = { 'X-Api-Key': guard.apiKey(project) }
    const answer = await guard.request(`/api/v3/checks/${backup.pingKey}/pings/1/body`, { headers })
    const stored = await answer.text()
    expect(stored).toHaveLength(100_000)
    expect(stored.slice(0, 10_000)).toContain('Subject: Report\r\n')
    expect(`${lines.replaceAll('\n', '\r\n')}\r\n`.endsWith(stored.slice(10_000))).toBe(true)
    const cut = Number(answer.headers.get('x-cronguard-body-cut'))
    expect(cut).toBeGreaterThan(200_000)
    expect(pings()[0]?.bodySize).toBe(100_000 + cut)
  })
})

describe('Memory budget for bodies, while other requests fill it', () => {
  test('a long email gets 452 and records no ping, a short one succeeds, and the long one succeeds later', async () => {
    const long = 'x\n'.repeat(100_000)
    const others = bytesInFlight.open(() => {})
    others.resize(LARGE_BODIES_MAX)
    others.settle()
    try {
      await expect(mail({ text: long })).rejects.toThrow('452')
      expect(kinds()).toEqual([])
      await mail({ text: 'short' })
      expect(kinds()).toEqual(['success'])
    } finally {
      others.close()
    }
    await mail({ text: long })
    expect(kinds()).toEqual(['success', 'success'])
  })
})

describe('Email to the address of a monitor', () => {
  test('records a success with its sender, and is stored whole', async () => {
    await mail({ subject: 'Backup report', text: 'All is well.' })
    expect(guard.now(backup).status).toBe('up')
    expect(pings()).toMatchObject([
      { kind: 'success', scheme: 'email', method: '', userAgent: 'Email from nas@example.org', runId: null },
    ])
    const body = new TextDecoder().decode(storedBytes(guard.db, { monitorId: backup.id, number: 1 }) ?? undefined)
    expect(body).toContain('Subject: Backup report\r\n')
    expect(body).toContain('All is well.')
  })

  test('may name the project and the slug, or the ping key in capitals', async () => {
    await mail({ to: [`${project.pingKey}+backup@${MAIL_DOMAIN}`, `${backup.pingKey.toUpperCase()}@PING.example.org`] })
    expect(kinds()).toEqual(['success', 'success'])
  })

  test('is recorded for every monitor among its recipients, and for no other', async () => {
    const [other, third] = [guard.monitor(project, { name: 'other' }), guard.monitor(project, { name: 'third' })]
    await mail({ to: [mailAddressOf(backup), mailAddressOf(other)] })
    expect([kinds(), kinds(other), kinds(third)]).toEqual([['success'], ['success'], []])
  })

  test('for an unknown monitor is accepted and dropped', async () => {
    await mail({
      to: [`0193b5a0-5ec4-4e70-8000-1234567890ab@${MAIL_DOMAIN}`, `${project.pingKey}+nothing@${MAIL_DOMAIN}`],
    })
    expect(guard.db.all('SELECT 1 FROM pings')).toEqual([])
    expect(guard.log).toEqual([])
  })

  test('is recorded for a POST-only monitor, and ignored by a paused one with manual resume', async () => {
    const strict = guard.monitor(project, { name: 'strict', postOnly: true })
    const paused = guard.monitor(project, { name: 'paused', manualResume: true })
    pauseMonitor(guard.deps, guard.refOf(paused))
    await mail({ to: [mailAddressOf(strict), mailAddressOf(paused)] })
    expect([kinds(strict), kinds(paused)]).toEqual([['success'], ['ignored']])
  })
})

describe('Keywords in an email', () => {
  const WORDS = { successKeywords: 'done', failureKeywords: 'FAILED, müde', startKeywords: 'begins' }
  const cases: [string, Partial<PingFilter>, Parameters<typeof mail>[0], string][] = [
    ['in the subject', { subject: true }, { subject: 'Job done' }, 'success'],
    ['in the subject, failure first', { subject: true }, { subject: 'done, but FAILED' }, 'fail'],
    ['in the subject, a start', { subject: true }, { subject: 'it begins' }, 'start'],
    ['in an encoded subject', { subject: true }, { subject: 'sehr müde ☕' }, 'fail'],
    ['in neither', { subject: true }, { subject: 'hm', text: 'FAILED' }, 'ignored'],
    ['in neither, which is a failure', { subject: true, failsByDefault: true }, { subject: 'hm' }, 'fail'],
    ['in the text', { body: true }, { subject: 'done', text: 'The job FAILED.' }, 'fail'],
    ['in a text with umlauts', { body: true }, { text: `${'ü'.repeat(200)} müde` }, 'fail'],
    ['in the HTML', { body: true }, { html: '<p>The job <b>FAI</b>LED</p>' }, 'fail'],
    ['in the HTML beside a text', { body: true }, { text: 'see the page', html: '<h1>done</h1>' }, 'success'],
    ['in a script or a style', { body: true }, { html: '<style>FAILED</style><script>FAILED</script>' }, 'ignored'],
    ['in an attribute', { body: true }, { html: '<a href="http://x/FAILED">here</a>' }, 'ignored'],
    ['in both', { subject: true, body: true }, { subject: 'x', text: 'done' }, 'success'],
    ['when only HTTP bodies are searched', { httpBody: true }, { subject: 'FAILED', text: 'FAILED' }, 'success'],
  ]
  test.each(cases)('%s decide the kind of the ping', async (_where, filter, message, kind) => {
    const monitor = guard.monitor(project, { name: 'words', filter: { ...WORDS, ...filter } })
    await mail({ ...message, to: mailAddressOf(monitor) })
    expect(kinds(monitor)).toEqual([kind as 'success'])
  })

  const OTHER_LETTERS = 'Subject: x\r\nContent-Type: text/plain; charset=iso-8859-1\r\n'
  const raw: [string, Partial<PingFilter>, string, string][] = [
    ['is binary', { body: true }, '\r\n\x01 FAILED \xff', 'fail'],
    ['has headers that are too long', { subject: true }, `Subject: FAILED${'\r\n x'.repeat(100_000)}\r\n`, 'fail'],
    ['has no headers', { subject: true, body: true }, '\r\ndone', 'success'],
    [
      'is in another charset',
      { body: true },
      `${OTHER_LETTERS}Content-Transfer-Encoding: base64\r\n\r\nbfxkZQ==`,
      'fail',
    ],
    ['is truncated', { body: true }, 'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ndone', 'success'],
  ]
  test.each(raw)('are found in an email that %s', async (_what, filter, message, kind) => {
    const monitor = guard.monitor(project, { name: 'raw', filter: { ...WORDS, ...filter } })
    await converse([...HELLO, `RCPT TO:<${mailAddressOf(monitor)}>`, 'DATA', `${message}\r\n.`])
    expect(kinds(monitor)).toEqual([kind as 'success'])
  })

  test('are searched in the email itself, not in its attachments', async () => {
    const monitor = guard.monitor(project, { name: 'words', filter: { ...WORDS, body: true } })
    const attachments = [
      { filename: 'log.txt', content: 'FAILED' },
      { contentType: 'message/rfc822', content: 'Subject: old\r\n\r\nFAILED' },
    ]
    await mail({ to: mailAddressOf(monitor), text: 'done', attachments })
    expect(kinds(monitor)).toEqual(['success'])
  })

  test('are found in deeply nested HTML', async () => {
    const monitor = guard.monitor(project, { name: 'words', filter: { ...WORDS, body: true } })
    await mail({ to: mailAddressOf(monitor), html: `${'<div><b>'.repeat(50_000)}FAILED` })
    await mail({ to: mailAddressOf(monitor), html: `<xmp>${'<b>'.repeat(200_000)}</xmp>done` })
    expect(kinds(monitor)).toEqual(['success', 'fail'])
  })

  test('are separated by lines and cells of the HTML, and not by line breaks in its source', async () => {
    const filter = { ...WORDS, failureKeywords: 'it failed', successKeywords: 'jobOK, backup OK', body: true }
    const monitor = guard.monitor(project, { name: 'words', filter })
    await mail({ to: mailAddressOf(monitor), html: '<p>it\n  fai<i>led</i></p>' })
    await mail({ to: mailAddressOf(monitor), html: '<table><tr><td>backup<td>OK</table>' })
    await mail({ to: mailAddressOf(monitor), html: '<p>job<p>OK' })
    expect(kinds(monitor)).toEqual(['ignored', 'success', 'fail'])
    for (const between of ['&nbsp;', '&#160;', '<br>\r\n', '</p>\r\n<p>', '</div>\n<div>']) {
      await mail({ to: mailAddressOf(monitor), html: `<p>it${between}failed</p>` })
      expect(kinds(monitor)[0]).toBe('fail')
    }
  })
})

describe('Mail server', () => {
  test('accepts the mailboxes of monitors in its domain, and rejects others with the reason', async () => {
    const { pingKey } = project
    expect(
      await answersTo(
        'postmaster',
        `${backup.pingKey}@sub.${MAIL_DOMAIN}`,
        `${backup.pingKey}@${MAIL_DOMAIN}/x`,
        `${pingKey}+back.up@${MAIL_DOMAIN}`,
        `${pingKey}+@${MAIL_DOMAIN}`,
        `${backup.pingKey}@elsewhere.example.org`,
        `postmaster@${MAIL_DOMAIN}`,
        `short+backup@${MAIL_DOMAIN}`,
        mailAddressOf(backup),
      ),
    ).toEqual([
      '550 5.1.1 Recipient rejected',
      '550 5.1.1 Recipient rejected',
      '550 5.1.1 Recipient rejected',
      '550 5.1.1 Invalid mailbox',
      '550 5.1.1 Invalid mailbox',
      '550 5.1.1 Recipient rejected',
      '550 5.1.1 Invalid mailbox',
      '550 5.1.1 Invalid mailbox',
      '250 Accepted',
    ])
  })

  test('accepts a limited number of recipients', async () => {
    const many = Array.from({ length: RECIPIENTS_MAX + 1 }, (_, n) => `${project.pingKey}+job-${n}@${MAIL_DOMAIN}`)
    expect((await answersTo(...many)).slice(-2)).toEqual(['250 Accepted', '452 4.5.3 Too many recipients'])
  })

  test('rejects an email that is too long, and stores nothing of it', async () => {
    await expect(mail({ text: 'x\n'.repeat(MAIL_BYTES_MAX) })).rejects.toThrow('552')
    expect(pings()).toEqual([])
  })

  test('accepts an internationalized domain', async () => {
    const theirs = await guardWithMail('xn--mnchen-3ya.example.org')
    await listener.stop()
    listener = await startMailListener(theirs)
    const { pingKey } = theirs.monitor(theirs.project(), { name: 'backup' })
    expect(await answersTo(`${pingKey}@XN--mnchen-3ya.example.org`, `${pingKey}@münchen.example.org`)).toEqual([
      '250 Accepted',
      '250 Accepted',
    ])
    theirs.stop()
  })

  test.each(['nas.@example.org', ''])('accepts an email from "%s"', async (sender) => {
    const lines = ['HELO nas', `MAIL FROM:<${sender}>`, `RCPT TO:<${mailAddressOf(backup)}>`, 'DATA', '\r\nwell\r\n.']
    expect((await converse(lines)).at(-1)).toBe('250 OK')
    expect(pings()).toMatchObject([{ kind: 'success', userAgent: `Email from ${sender}` }])
  })

  test('stores nothing of an email that breaks off, and logs nothing', async () => {
    const socket = connect(listener.port, '127.0.0.1')
    socket.on('data', (data) => {
      if (String(data).startsWith('220')) {
        socket.write(`HELO nas\r\nMAIL FROM:<>\r\nRCPT TO:<${mailAddressOf(backup)}>\r\nDATA\r\n`)
      }
      if (String(data).includes('354')) socket.write('Subject: half', () => socket.destroy())
    })
    await new Promise((resolve) => socket.on('close', resolve))
    await mail({ subject: 'whole' })
    expect(kinds()).toEqual(['success'])
    expect(guard.log.filter(({ level }) => level !== 'debug')).toEqual([])
  })

  test('accepts a limited number of connections', async () => {
    const crowd = [2, 3, 4].map((last) => greetings(last === 4 ? 11 : CLIENTS_OF_ONE_MAX, `127.0.0.${last}`))
    const said = (await Promise.all(crowd.map(({ said }) => said))).flat()
    expect(said.toSorted()).toEqual([...Array(CLIENTS_MAX).fill('220'), '421'])
    for (const socket of crowd.flatMap(({ sockets }) => sockets)) socket.destroy()
  })

  test('limits the connections of one client, so that others get in', async () => {
    const { sockets, said } = greetings(CLIENTS_OF_ONE_MAX + 5, '127.0.0.2')
    expect((await said).toSorted()).toEqual([...Array(CLIENTS_OF_ONE_MAX).fill('220'), ...Array(5).fill('421')])
    await mail({})
    expect(kinds()).toEqual(['success'])
    for (const socket of sockets) socket.destroy()
  })

  test('closes a session that takes too long', async () => {
    await listener.stop()
    listener = await startMailListener(guard, { sessionMaxMs: 300 })
    const socket = connect(listener.port, '127.0.0.1')
    socket.on('data', () => setImmediate(() => socket.write('NOOP\r\n')))
    await new Promise((resolve) => socket.on('close', resolve))
  })

  test('answers 451 while the disk refuses writes', async () => {
    guard.deps.db.writeGrouped = () => Promise.reject(new StorageRefusedError(new Error('full')))
    await expect(mail({})).rejects.toThrow('451')
    expect(pings()).toEqual([])
  })

  test('offers no authentication and no TLS, and logs nothing', async () => {
    const [hello] = await converse(['EHLO nas'])
    expect(hello).not.toMatch(/AUTH|STARTTLS/)
    expect(await converse(['AUTH PLAIN AHgAeQ==', 'STARTTLS', 'WIZ x'])).toEqual(
      Array(3).fill('500 Error: command not recognized'),
    )
    expect(guard.log).toEqual([])
  })

  test('does not start when no port is set', async () => {
    const without = new TestGuard()
    expect(await listenForMail(without.deps)).toBeNull()
    without.stop()
  })
})
