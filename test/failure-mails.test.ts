import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { deleteChannel, setChannelDisabled } from '#actions/channels.ts'
import type { Monitor } from '#domain/monitor.ts'
import type { Project } from '#domain/project.ts'
import { DAY, HOUR, MINUTE } from '#lib/duration.ts'
import { saveMailPreferences } from '#store/accounts.ts'
import { TestGuard } from './support/cronguard.ts'
import { answerOf } from './support/outside.ts'
import { memberOf } from './support/visitor.ts'

const SMTP = { CRONGUARD_SMTP_HOST: 'mail.example.org', CRONGUARD_SMTP_SECURITY: 'none' }

let guard: TestGuard
let project: Project
let backup: Monitor
let channelId: string

function start(env: Record<string, string>): void {
  guard = new TestGuard({ env })
  project = guard.project()
  backup = guard.monitor(project, { name: 'backup', schedule: { kind: 'period', periodMs: 30 * DAY }, graceMs: HOUR })
  channelId = guard.webhookTo(project, 'http://hooks.example.org/gone')
  guard.outside.failCallsTo('gone')
}

beforeEach(() => start(SMTP))

afterEach(() => guard.stop())

const recipients = (): string[] => guard.outside.mails.map(({ to }) => to).sort()

describe('Mail about a failed notification', () => {
  test('goes to members who can fix the channel, with a link to the incident', async () => {
    await memberOf(guard, project, 'member')
    await memberOf(guard, project, 'viewer')
    await guard.ping(backup, '/fail')
    await guard.pass(23 * HOUR, HOUR)
    expect(recipients()).toEqual([])
    await guard.pass(3 * HOUR, HOUR)
    expect(guard.deliveries(backup)).toMatchObject([{ state: 'failed' }])
    expect(recipients()).toEqual(['alice@example.org', 'member@example.org'])
    const incident = guard.db.get<{ id: string }>('SELECT id FROM incidents')?.id
    const [mail] = guard.outside.mails
    expect(mail?.subject).toBe('Notification failed: backup')
    expect(mail?.text).toContain(`/incidents/${incident}`)
    expect(mail?.text).not.toContain('hooks.example.org')
  })

  test('is not sent to a member who disabled it', async () => {
    const member = await memberOf(guard, project, 'member')
    guard.db.write((tx) => {
      const mails = { signIns: true, failures: false, warnings: true }
      saveMailPreferences(tx, { userId: member.user.id, mails })
    })
    await guard.ping(backup, '/fail')
    await guard.pass(26 * HOUR, HOUR)
    expect(recipients()).toEqual(['alice@example.org'])
  })

  test('is sent once an hour per channel, even if many notifications fail at once', async () => {
    guard.deps.outbound.send = async () => answerOf(410)
    const jobs = Array.from({ length: 6 }, (_, index) => guard.monitor(project, { name: `job ${index}` }, [channelId]))
    for (const job of jobs.slice(0, 5)) await guard.ping(job, '/fail')
    await guard.tick()
    await guard.pass(30 * MINUTE)
    expect(jobs.flatMap((job) => guard.deliveries(job)).map(({ state }) => state)).toEqual(Array(5).fill('failed'))
    expect(recipients()).toEqual(['alice@example.org'])

    guard.clock.advance(HOUR)
    for (const job of jobs.slice(5)) await guard.ping(job, '/fail')
    await guard.tick()
    expect(recipients()).toEqual(['alice@example.org', 'alice@example.org'])
  })

  test('is not sent if the channel was disabled or deleted', async () => {
    await guard.ping(backup, '/fail')
    await guard.tick()
    setChannelDisabled(guard.deps, { projectId: project.id, channelId, isDisabled: true })
    setChannelDisabled(guard.deps, { projectId: project.id, channelId, isDisabled: false })
    await guard.ping(backup)
    await guard.tick()
    deleteChannel(guard.deps, { projectId: project.id, channelId })
    await guard.pass(26 * HOUR, HOUR)
    expect(recipients()).toEqual([])
  })

  test('is sent for a failure after the channel was disabled and enabled', async () => {
    await guard.ping(backup, '/fail')
    await guard.tick()
    setChannelDisabled(guard.deps, { projectId: project.id, channelId, isDisabled: true })
    setChannelDisabled(guard.deps, { projectId: project.id, channelId, isDisabled: false })
    expect(guard.deliveries(backup)).toMatchObject([{ state: 'failed' }])
    guard.deps.outbound.send = async () => answerOf(410)
    await guard.ping(backup)
    await guard.tick()
    expect(recipients()).toEqual(['alice@example.org'])
  })

  test('is not sent without a mail server', async () => {
    guard.stop()
    start({})
    await guard.ping(backup, '/fail')
    await guard.pass(26 * HOUR, HOUR)
    expect(guard.deliveries(backup)).toMatchObject([{ state: 'failed' }])
    expect(recipients()).toEqual([])
  })
})
