// What the pages show of pings by email to members and viewers.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import type { SendMailOptions } from 'nodemailer'
import type { Monitor } from '#domain/monitor.ts'
import type { Project } from '#domain/project.ts'
import type { MailListener } from '#http/smtp.ts'
import { findMail } from '#store/bodies.ts'
import { TestGuard } from '../support/cronguard.ts'
import { MAIL_DOMAIN, mailAddressOf, mailSettings, sendMail, startMailListener } from '../support/ping-mail.ts'
import { memberOf, words } from '../support/visitor.ts'

let guard: TestGuard
let project: Project
let backup: Monitor
let listener: MailListener

beforeEach(async () => {
  guard = new TestGuard({ env: await mailSettings() })
  project = guard.project()
  backup = guard.monitor(project, { name: 'backup', slug: 'backup' })
  listener = await startMailListener(guard)
})

afterEach(async () => {
  await listener.stop()
  guard.stop()
})

const KEPT = JSON.stringify({
  subject: 'kept subject',
  parts: [{ name: 'Text', text: 'kept words' }],
  asksToConfirm: false,
})

const mail = (message: SendMailOptions) => sendMail(listener, { to: mailAddressOf(backup), ...message })

describe('Pages about pings by email', () => {
  test('show the address to members, hide it from viewers, and escape the email', async () => {
    const member = await memberOf(guard, project, 'member')
    const viewer = await memberOf(guard, project, 'viewer')
    expect(await member.read(`/monitors/${backup.uniqueKey}`)).toContain(mailAddressOf(backup))
    expect(await viewer.read(`/monitors/${backup.uniqueKey}`)).not.toContain(mailAddressOf(backup))
    await mail({ subject: 'Report <b>', html: '<script>alert(1)</script><p>All &amp; well</p>' })
    const html = await viewer.read(`/monitors/${backup.uniqueKey}/pings/1`)
    expect(html).not.toContain('<script>alert')
    expect(words(html)).toContain('Report &lt;b&gt; All &amp; well')
    expect(words(html)).toContain('Method email')
  })

  test('show one of two parts with the same text, and the beginning and end of a long email', async () => {
    const viewer = await memberOf(guard, project, 'member')
    await mail({ text: 'plain words', html: '<p>plain<br>words' })
    const text = words(await viewer.read(`/monitors/${backup.uniqueKey}/pings/1`))
    expect(text).toContain('(no subject) plain words Body')
    await mail({ subject: 'long '.repeat(1000), text: 'x\n'.repeat(100_000) })
    const html = await viewer.read(`/monitors/${backup.uniqueKey}/pings/2`)
    expect(html).toContain('Only the first and last 10,000 characters are shown.')
    expect(html).toContain('Only the first 10,000 characters are shown.')
    expect(html.length).toBeLessThan(40_000)
  })

  test('show both parts of an email when they differ', async () => {
    const viewer = await memberOf(guard, project, 'member')
    await mail({ text: 'plain words', html: '<p>words in HTML' })
    const text = words(await viewer.read(`/monitors/${backup.uniqueKey}/pings/1`))
    expect(text).toContain('(no subject) Text plain words HTML words in HTML Body')
  })

  const link = 'https://mail.example.org/c'
  const banner = async (from = viewer()) => words(await (await from).read(`/monitors/${backup.uniqueKey}`))
  const viewer = () => memberOf(guard, project, 'viewer')

  test.each([
    { text: `Please CONFIRM that you take our mail: ${link}` },
    { html: `<p>To con<b>firm</b> it, <a href="${link}">open this</a></p>` },
    { subject: 'Gmail Forwarding Confirmation', text: `Open ${link}` },
  ])('point out a first email with a link to confirm, while it is the newest: %j', async (message) => {
    const reader = viewer()
    await mail(message)
    expect(await banner(reader)).toContain('asks for confirmation')
    await guard.ping(backup, '', { method: 'POST', body: `confirm ${link}` })
    expect(await banner(reader)).not.toContain('asks for confirmation')
  })

  test('point out no email without a link, and none from a sender who wrote before', async () => {
    const reader = viewer()
    await mail({ subject: 'Backup confirmed', text: 'Confirmed: all is well.' })
    expect(await banner(reader)).not.toContain('asks for confirmation')
    await mail({ subject: 'Backup confirmed', text: `See ${link}` })
    expect(await banner(reader)).not.toContain('asks for confirmation')
    await mail({ from: 'forwarding@example.net', text: `Confirm: ${link}` })
    expect(await banner(reader)).toContain('asks for confirmation')
  })

  test('parse an email once, and store its text', async () => {
    const reader = await viewer()
    await mail({ subject: 'Report', text: 'All is well.' })
    const at = `/monitors/${backup.uniqueKey}/pings/1`
    expect(words(await reader.read(at))).toContain('All is well.')
    guard.db.write((tx) => tx.run('UPDATE bodies SET mail = $mail', { mail: KEPT }))
    expect(words(await reader.read(at))).toContain('kept words')
    expect(words(await reader.read(`/monitors/${backup.uniqueKey}`))).toContain('Ping #1 from 127.0.0.1 kept subject')
  })

  test('store the text of a long email, of which only the beginning and the end are stored', async () => {
    const reader = await viewer()
    await mail({ subject: 'Long report', text: `first line\n${'x\n'.repeat(100_000)}last line` })
    const stored = guard.db.get('SELECT length(head) AS head, length(tail) AS tail, cut_bytes > 0 AS isCut FROM bodies')
    expect(stored).toEqual({ head: 10_000, tail: 90_000, isCut: 1 })
    const html = await reader.read(`/monitors/${backup.uniqueKey}/pings/1`)
    expect(words(html)).toContain('Long report first line')
  })

  test('show the text of a long email to viewers with a note that only its beginning is shown', async () => {
    const reader = await viewer()
    await mail({ subject: 'Nightly report of nas', text: 'x\n'.repeat(4000) })
    expect(await reader.read(`/monitors/${backup.uniqueKey}/pings/1`)).not.toContain('are shown.')
    await mail({ subject: 'Nightly report of nas', text: `${'x\n'.repeat(6000)}last line` })
    const html = await reader.read(`/monitors/${backup.uniqueKey}/pings/2`)
    expect(html).toContain('Only the first 10,000 characters are shown.')
    expect(html).not.toContain('last line')
    expect(await reader.read(`/monitors/${backup.uniqueKey}`)).toContain('>Nightly report of nas<')
  })

  test('store the text of an email that was searched for keywords on arrival', async () => {
    const monitor = guard.monitor(project, { name: 'words', filter: { successKeywords: 'done', subject: true } })
    await mail({ to: mailAddressOf(monitor), subject: 'Job done' })
    const kept = findMail(guard.db, { monitorId: monitor.id, number: 1 })
    expect(kept).toMatchObject({ subject: 'Job done', asksToConfirm: false })
  })

  test('hide ping keys in an email from viewers, who cannot download it', async () => {
    const [reader, member] = [await viewer(), await memberOf(guard, project, 'member')]
    const alias = 'old-token-of-the-nas'
    guard.monitor(project, { name: 'nas', alias })
    const other = guard.monitor(project, { name: 'other' })
    const keys = [project.pingKey, backup.pingKey, other.pingKey, alias]
    const to = `${project.pingKey}+backup@${MAIL_DOMAIN}`
    const html = `<p>curl https://cron.example.org/ping/${backup.pingKey} ${other.pingKey.toUpperCase()} ${alias}</p>`
    await mail({ to, from: `bounce+${backup.pingKey}=x@example.org`, subject: `Report to ${to}`, html })
    const monitorPage = `/monitors/${backup.uniqueKey}`
    const paths = [monitorPage, `${monitorPage}/timeline`, `${monitorPage}/timeline/newer?after=0.0.0`]
    for (const path of [...paths, `${monitorPage}/pings/1`]) {
      const text = (await reader.read(path)).toLowerCase()
      for (const key of keys) expect(text).not.toContain(key)
    }
    const text = words(await reader.read(`${monitorPage}/pings/1`))
    expect(text).toContain(`Report to ••••+backup@${MAIL_DOMAIN}`)
    expect(text).toContain('curl https://cron.example.org/ping/•••• •••• ••••')
    expect((await reader.get(`${monitorPage}/pings/1/body`)).status).toBe(403)
    expect(await member.read(`${monitorPage}/pings/1/body`)).toContain(to)
  })

  test('do not mention email when the mail server is disabled', async () => {
    const without = new TestGuard()
    const theirs = without.project()
    const monitor = without.monitor(theirs, { name: 'backup' })
    const member = await memberOf(without, theirs, 'member')
    expect(await member.read(`/monitors/${monitor.uniqueKey}`)).not.toContain('Ping by email')
    without.stop()
  })
})
