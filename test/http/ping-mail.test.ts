// Pings by mail: real SMTP conversations with the listener.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { connect } from 'node:net'
import { createTransport } from 'nodemailer'
import { pauseMonitor } from '#actions/monitors.ts'
import type { Monitor } from '#domain/monitor.ts'
import type { PingFilter } from '#domain/ping.ts'
import type { Project } from '#domain/project.ts'
import { CLIENTS_MAX, listenForMail, MAIL_BYTES_MAX, type MailListener, RECIPIENTS_MAX } from '#http/smtp.ts'
import { StorageRefusedError } from '#lib/errors.ts'
import { findPingBody, listPings } from '#store/pings.ts'
import { freePort } from '../support/binary.ts'
import { TestGuard } from '../support/cronguard.ts'
import { memberOf } from '../support/visitor.ts'

const DOMAIN = 'ping.example.org'

let guard: TestGuard
let project: Project
let backup: Monitor
let listener: MailListener

beforeEach(async () => {
  const env = { CRONGUARD_SMTPD_PORT: String(await freePort()), CRONGUARD_PING_EMAIL_DOMAIN: DOMAIN }
  guard = new TestGuard({ env: { ...env, CRONGUARD_SMTPD_HOST: '127.0.0.1' } })
  project = guard.project()
  backup = guard.monitor(project, { name: 'backup', slug: 'backup' })
  const started = await listenForMail(guard.deps)
  if (started === null) throw new Error('Mails are not taken')
  listener = started
})

afterEach(async () => {
  await listener.stop()
  guard.stop()
})

const addressOf = ({ pingKey }: Monitor) => `${pingKey}@${DOMAIN}`
const pings = (monitor = backup) => listPings(guard.db, { monitorId: monitor.id, limit: 100 })
const kinds = (monitor = backup) => pings(monitor).map(({ kind }) => kind)

async function mail(message: { to?: string | string[]; subject?: string; text?: string; html?: string }) {
  const transport = createTransport({ host: '127.0.0.1', port: listener.port, ignoreTLS: true })
  try {
    return await transport.sendMail({ from: 'nas@example.org', to: addressOf(backup), ...message })
  } finally {
    transport.close()
  }
}

/** Says these lines, each after the answer to the one before, and gives the answers. */
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

const HELLO = ['HELO nas', 'MAIL FROM:<nas@example.org>']
const answersTo = async (...recipients: string[]) =>
  (await converse([...HELLO, ...recipients.map((recipient) => `RCPT TO:<${recipient}>`)])).slice(2)

describe('A mail to the address of a monitor', () => {
  test('is a success, kept whole, with who sent it', async () => {
    await mail({ subject: 'Backup report', text: 'All is well.' })
    expect(guard.now(backup).status).toBe('up')
    expect(pings()).toMatchObject([
      { kind: 'success', scheme: 'email', method: '', userAgent: 'Email from nas@example.org', runId: null },
    ])
    const body = new TextDecoder().decode(findPingBody(guard.db, { monitorId: backup.id, number: 1 }) ?? undefined)
    expect(body).toContain('Subject: Backup report\r\n')
    expect(body).toContain('All is well.')
  })

  test('may name the project and the slug, or the UUID in capitals', async () => {
    await mail({ to: [`${project.pingKey}+backup@${DOMAIN}`, `${backup.pingKey.toUpperCase()}@PING.example.org`] })
    expect(kinds()).toEqual(['success', 'success'])
  })

  test('counts for every monitor that it names, and for no other', async () => {
    const [other, third] = [guard.monitor(project, { name: 'other' }), guard.monitor(project, { name: 'third' })]
    await mail({ to: [addressOf(backup), addressOf(other)] })
    expect([kinds(), kinds(other), kinds(third)]).toEqual([['success'], ['success'], []])
  })

  test('is taken and forgotten when there is no such monitor', async () => {
    await mail({ to: [`0193b5a0-5ec4-4e70-8000-1234567890ab@${DOMAIN}`, `${project.pingKey}+nothing@${DOMAIN}`] })
    expect(guard.db.all('SELECT 1 FROM pings')).toEqual([])
    expect(guard.log).toEqual([])
  })

  test('counts for one that takes POST only, and is ignored by one that only a person resumes', async () => {
    const strict = guard.monitor(project, { name: 'strict', postOnly: true })
    const paused = guard.monitor(project, { name: 'paused', manualResume: true })
    pauseMonitor(guard.deps, guard.refOf(paused))
    await mail({ to: [addressOf(strict), addressOf(paused)] })
    expect([kinds(strict), kinds(paused)]).toEqual([['success'], ['ignored']])
  })
})

describe('Words in a mail', () => {
  const WORDS = { successKeywords: 'done', failureKeywords: 'FAILED, müde', startKeywords: 'begins' }
  const cases: [string, Partial<PingFilter>, Parameters<typeof mail>[0], string][] = [
    ['in the subject', { subject: true }, { subject: 'Job done' }, 'success'],
    ['in the subject, failure first', { subject: true }, { subject: 'done, but FAILED' }, 'fail'],
    ['in the subject, a start', { subject: true }, { subject: 'it begins' }, 'start'],
    ['in an encoded subject', { subject: true }, { subject: 'sehr müde ☕' }, 'fail'],
    ['in neither', { subject: true }, { subject: 'hm', text: 'FAILED' }, 'ignored'],
    ['in neither, which is a failure', { subject: true, failsByDefault: true }, { subject: 'hm' }, 'fail'],
    ['in the text', { body: true }, { subject: 'done', text: 'The job FAILED.' }, 'fail'],
    ['in a text of other letters', { body: true }, { text: `${'ü'.repeat(200)} müde` }, 'fail'],
    ['in the page', { body: true }, { html: '<p>The job <b>FAI</b>LED</p>' }, 'fail'],
    ['in the page beside a text', { body: true }, { text: 'see the page', html: '<h1>done</h1>' }, 'success'],
    ['in a script or a style', { body: true }, { html: '<style>FAILED</style><script>FAILED</script>' }, 'ignored'],
    ['in an attribute', { body: true }, { html: '<a href="http://x/FAILED">here</a>' }, 'ignored'],
    ['in both', { subject: true, body: true }, { subject: 'x', text: 'done' }, 'success'],
    ['where only HTTP is looked at', { httpBody: true }, { subject: 'FAILED', text: 'FAILED' }, 'success'],
  ]
  test.each(cases)('%s decide what it means', async (_where, filter, message, kind) => {
    const monitor = guard.monitor(project, { name: 'words', filter: { ...WORDS, ...filter } })
    await mail({ ...message, to: addressOf(monitor) })
    expect(kinds(monitor)).toEqual([kind as 'success'])
  })

  test('are found in what is no proper mail at all', async () => {
    const monitor = guard.monitor(project, { name: 'raw', filter: { ...WORDS, body: true } })
    await converse([...HELLO, `RCPT TO:<${addressOf(monitor)}>`, 'DATA', `\r\n\x01 FAILED \xff\r\n.`])
    expect(kinds(monitor)).toEqual(['fail'])
  })
})

describe('The mail server', () => {
  test('takes recipients of its domain with the mailbox of a monitor, and says to the others what is wrong', async () => {
    expect(
      await answersTo(
        `${backup.pingKey}@elsewhere.example.org`,
        `postmaster@${DOMAIN}`,
        `short+backup@${DOMAIN}`,
        addressOf(backup),
      ),
    ).toEqual([
      '550 5.1.1 Recipient rejected',
      '550 5.1.1 Invalid mailbox',
      '550 5.1.1 Invalid mailbox',
      '250 Accepted',
    ])
  })

  test('takes so many recipients and no more', async () => {
    const many = Array.from({ length: RECIPIENTS_MAX + 1 }, (_, n) => `${project.pingKey}+job-${n}@${DOMAIN}`)
    expect((await answersTo(...many)).slice(-2)).toEqual(['250 Accepted', '452 4.5.3 Too many recipients'])
  })

  test('refuses a mail that is too long, and keeps nothing of it', async () => {
    await expect(mail({ text: 'x\n'.repeat(MAIL_BYTES_MAX) })).rejects.toThrow('552')
    expect(pings()).toEqual([])
  })

  test('lets so many in at a time and no more', async () => {
    const sockets = Array.from({ length: CLIENTS_MAX }, () => connect(listener.port, '127.0.0.1'))
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('data', resolve))))
    await expect(mail({})).rejects.toThrow('421')
    for (const socket of sockets) socket.destroy()
  })

  test('asks the sender to come again while the disk refuses', async () => {
    guard.deps.db.writeGrouped = () => Promise.reject(new StorageRefusedError(new Error('full')))
    await expect(mail({})).rejects.toThrow('451')
  })

  test('offers no password and no encryption, and says nothing in the log', async () => {
    const [hello] = await converse(['EHLO nas'])
    expect(hello).not.toMatch(/AUTH|STARTTLS/)
    expect(guard.log).toEqual([])
  })

  test('is not there where no port is set', async () => {
    const without = new TestGuard()
    expect(await listenForMail(without.deps)).toBeNull()
    without.stop()
  })
})

describe('The pages', () => {
  const words = (html: string) => html.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ')

  test('show the address to who may ping, and what a mail said, harmless', async () => {
    const member = await memberOf(guard, project, 'member')
    const viewer = await memberOf(guard, project, 'viewer')
    expect(await member.read(`/monitors/${backup.uniqueKey}`)).toContain(addressOf(backup))
    expect(await viewer.read(`/monitors/${backup.uniqueKey}`)).not.toContain(addressOf(backup))
    await mail({ subject: 'Report <b>', html: '<script>alert(1)</script><p>All &amp; well</p>' })
    const html = await viewer.read(`/monitors/${backup.uniqueKey}/pings/1`)
    expect(html).not.toContain('<script>alert')
    expect(words(html)).toContain('Report &lt;b&gt; All &amp; well')
    expect(words(html)).toContain('by mail')
  })

  test('say nothing of mail where none is taken', async () => {
    const without = new TestGuard()
    const theirs = without.project()
    const monitor = without.monitor(theirs, { name: 'backup' })
    const member = await memberOf(without, theirs, 'member')
    expect(await member.read(`/monitors/${monitor.uniqueKey}`)).not.toContain('By mail')
    without.stop()
  })
})
