import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { changeProfile } from '#actions/accounts.ts'
import type { Project } from '#domain/project.ts'
import { DAY } from '#lib/duration.ts'
import { findUserByEmail } from '#store/accounts.ts'
import { TestGuard } from './support/cronguard.ts'

let guard: TestGuard
let project: Project

beforeEach(() => {
  guard = new TestGuard()
  project = guard.project('alice@example.org')
})

afterEach(() => guard.stop())

async function goDown(change: Parameters<TestGuard['monitor']>[1], channels: string[]) {
  const monitor = guard.monitor(project, change, channels)
  await guard.ping(monitor)
  guard.clock.advance(3 * DAY)
  await guard.tick()
  return monitor
}

describe('Times in an alert', () => {
  const nightly = { kind: 'cron', expression: '0 3 * * *', timeZone: 'Asia/Tokyo' } as const

  test('are in the time zone of the member who gets the mail, with its name and in UTC', async () => {
    const alice = findUserByEmail(guard.db, 'alice@example.org')
    changeProfile(guard.deps, { userId: alice?.id ?? '', name: '', timeZone: 'Europe/Riga' })
    const mail = guard.mailTo(project, 'alice@example.org')
    await goDown({ name: 'backup', schedule: nightly, graceMs: DAY / 24 }, [mail])
    const [sent] = guard.outside.mails
    for (const text of [sent?.text, sent?.html]) {
      expect(text).toContain('One was due on 1 Mar 2026, 20:00:00 (Europe/Riga), with a grace period of 1 hour.')
      expect(text).toContain('1 Mar 2026, 21:00:00 (Europe/Riga), 19:00:00 UTC')
    }
  })

  test('are in the time zone of the schedule for everyone else', async () => {
    const mail = guard.mailTo(project, 'ops@example.org')
    const hook = guard.webhookTo(project, 'https://hooks.example.org/x')
    await goDown({ name: 'backup', schedule: nightly, graceMs: DAY / 24 }, [mail, hook])
    const expected = 'One was due on 2 Mar 2026, 03:00:00 (Asia/Tokyo), with a grace period of 1 hour.'
    expect(guard.outside.mails[0]?.text).toContain(expected)
    const body = JSON.parse(String(guard.outside.calls[0]?.body))
    expect(body.details).toContain(expected)
    expect(body.expected_at).toBe('2026-03-01T18:00:00.000Z')
  })

  test('are not in the time zone of a user who is not a member', async () => {
    guard.project('bob@example.org')
    const bob = findUserByEmail(guard.db, 'bob@example.org')
    changeProfile(guard.deps, { userId: bob?.id ?? '', name: '', timeZone: 'Europe/Riga' })
    const mail = guard.mailTo(project, 'bob@example.org')
    await goDown({ name: 'backup', schedule: nightly }, [mail])
    expect(guard.outside.mails[0]?.text).toContain('(Asia/Tokyo)')
  })

  test('do not say "0 seconds"', async () => {
    const mail = guard.mailTo(project, 'ops@example.org')
    const monitor = guard.monitor(project, { name: 'backup' }, [mail])
    await guard.ping(monitor, '/fail')
    await guard.ping(monitor)
    await guard.tick()
    const texts = guard.outside.mails.map(({ text }) => text).join('\n')
    expect(texts).toContain('Last ping: failure, just now')
    expect(texts).not.toContain('0 seconds')
  })
})

describe('Description in an alert mail', () => {
  const description =
    'See https://wiki.example.org/a_(b)?q=1&r=2. Not javascript:alert(1), <b>x</b>, ' +
    'https://bank.example@evil.example/ or (http://example.org).'
  const link = (url: string, text = url) => `<a href="${url}" rel="noopener noreferrer nofollow">${text}</a>`

  test('has links to http and https addresses only, and is escaped otherwise', async () => {
    const mail = guard.mailTo(project, 'ops@example.org')
    await goDown({ name: 'backup', description }, [mail])
    const html = guard.outside.mails[0]?.html ?? ''
    expect(html).toContain(link('https://wiki.example.org/a_(b)?q=1&amp;r=2'))
    expect(html).toContain(`(${link('http://example.org')}).`)
    expect(html).toContain('&lt;b&gt;x&lt;/b&gt;')
    expect(html).not.toContain('href="javascript')
    expect(html).not.toContain('href="https://bank')
    expect(guard.outside.mails[0]?.text).toContain(description)
  })
})
