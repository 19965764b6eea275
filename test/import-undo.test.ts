// Undoing an import keeps what the recipients of channels decided.
import { afterEach, describe, expect, test } from 'bun:test'
import { exportConfiguration } from '#actions/exports.ts'
import { importConfiguration } from '#actions/imports.ts'
import { HOUR, MINUTE, SECOND } from '#lib/duration.ts'
import { AppError } from '#lib/errors.ts'
import { findChannel, saveDisabledAt } from '#store/channels.ts'
import { saveUnconfirmedSince, saveUnsubscribedAt } from '#store/confirmations.ts'
import { TestGuard } from './support/cronguard.ts'

let guard: TestGuard
afterEach(() => guard.stop())

/** A project with a webhook, and with a channel whose recipient was asked to confirm the address. */
async function withStranger() {
  guard = new TestGuard({ env: { CRONGUARD_REGISTRATION: 'open', CRONGUARD_SMTP_HOST: 'mail.example.org' } })
  const project = guard.project()
  guard.webhookTo(project, 'https://example.org/hook')
  const channelId = guard.mailTo(project, 'ops@example.org')
  guard.monitor(project, { name: 'backup' })
  await guard.tick()
  return { channelId }
}

const channelOf = (id: string) => findChannel(guard.db, id)

describe('An import that is undone leaves a channel as it was', () => {
  const undoneImport = async (change: object) => {
    const content = exportConfiguration(guard.deps, { withSecrets: true })
    Object.assign(content.projects[0]?.channels.find(({ kind }) => kind === 'email') ?? {}, change)
    let elapsed = 0
    const clock = { ...guard.clock, elapsed: () => (elapsed += SECOND) }
    const order = { content, ownerEmail: null, isDryRun: false, pause: pauseThatFailsAt(3) }
    await expect(importConfiguration({ ...guard.deps, clock }, order)).rejects.toThrow('interrupted')
  }

  // The import pauses after each item: the project, the webhook, and the email channel.
  const pauseThatFailsAt = (number: number) => {
    let pauses = 0
    return async () => {
      pauses += 1
      if (pauses === number) throw new AppError('conflict', 'The import was interrupted.')
    }
  }

  test.each([
    ['changed its name', { name: 'renamed' }],
    ['changed its address', { settings: { address: 'mallory@example.org' } }],
  ])('although it %s, and no second confirmation email is sent', async (_what, change) => {
    const { channelId } = await withStranger()
    const before = channelOf(channelId)
    await undoneImport(change)
    expect(channelOf(channelId)).toEqual(before)
    await guard.pass(3 * HOUR, HOUR)
    expect(guard.outside.mails).toHaveLength(1)
  })

  test.each([
    ['changed its name', { name: 'renamed' }],
    ['enabled it', { disabled: false }],
  ])('although it %s, if the recipient has unsubscribed', async (_what, change) => {
    const { channelId } = await withStranger()
    guard.db.write((tx) => {
      saveUnconfirmedSince(tx, { id: channelId, since: null })
      saveDisabledAt(tx, { id: channelId, disabledAt: tx.now })
      saveUnsubscribedAt(tx, { id: channelId, at: tx.now })
    })
    const before = channelOf(channelId)
    guard.clock.advance(MINUTE)
    await undoneImport(change)
    expect(channelOf(channelId)).toEqual(before)
  })
})
