import { afterEach, beforeEach, expect, test } from 'bun:test'
import { createUser } from '#actions/registration.ts'
import { findUserByEmail } from '#store/accounts.ts'
import { TestGuard } from '../support/cronguard.ts'
import { signedIn } from '../support/visitor.ts'

let guard: TestGuard

beforeEach(async () => {
  guard = new TestGuard({ env: { CRONGUARD_SMTP_HOST: 'mail.example.org' } })
  const password = 'correct horse battery'
  await createUser(guard.deps, { email: 'admin@example.org', password, isAdmin: true })
  await createUser(guard.deps, { email: 'bob@example.org', password, isAdmin: false })
})
afterEach(() => guard.stop())

const mailsOf = (email: string) => findUserByEmail(guard.db, email)?.mails
const BOX = /<input[^>]*name="warnings"[^>]*>/

test('Emails about server problems: an administrator disables and enables them', async () => {
  const admin = await signedIn(guard, 'admin@example.org')
  expect((await admin.read('/settings')).match(BOX)?.[0]).toContain('checked')
  await admin.post('/settings/preferences', { failures: 'on' })
  expect(mailsOf('admin@example.org')).toEqual({ signIns: false, failures: true, warnings: false })
  expect((await admin.read('/settings')).match(BOX)?.[0]).not.toContain('checked')
  await admin.post('/settings/preferences', { warnings: 'on' })
  expect(mailsOf('admin@example.org')?.warnings).toBe(true)
})

test('Emails about server problems: other users have no such checkbox, and saving keeps the default', async () => {
  const bob = await signedIn(guard, 'bob@example.org')
  expect(await bob.read('/settings')).not.toMatch(BOX)
  await bob.post('/settings/preferences', { failures: 'on' })
  expect(mailsOf('bob@example.org')).toEqual({ signIns: false, failures: true, warnings: true })
})
