import { afterEach, beforeEach, describe, expect, jest, spyOn, test } from 'bun:test'
import { deleteChannel, updateChannel } from '#actions/channels.ts'
import { type ClaimedMessage, claimDeliveries } from '#actions/claims.ts'
import { attempt, saveAttempt } from '#actions/deliveries.ts'
import { createSendLimits } from '#actions/send-limits.ts'
import { ATTEMPT_MAX_MS, LEASE_MS } from '#domain/delivery.ts'
import type { Monitor } from '#domain/monitor.ts'
import type { Project } from '#domain/project.ts'
import { DAY, HOUR, MINUTE, SECOND } from '#lib/duration.ts'
import { createLogMailer, type MailResult } from '#lib/mail.ts'
import { createOutbox } from '#loops/outbox.ts'
import { findChannel } from '#store/channels.ts'
import { TestGuard } from './support/cronguard.ts'

let guard: TestGuard
let project: Project
let backup: Monitor

beforeEach(() => {
  guard = new TestGuard()
  project = guard.project()
  backup = guard.monitor(project, { name: 'backup', schedule: { kind: 'period', periodMs: DAY }, graceMs: HOUR })
})

afterEach(() => guard.stop())

function claim(sending: readonly ClaimedMessage[] = []): ClaimedMessage[] {
  return claimDeliveries(guard.deps, {
    sending: new Set(sending),
    limits: createSendLimits(guard.deps),
    position: { from: '' },
  })
}

async function deliver(message: ClaimedMessage): Promise<void> {
  await saveAttempt(guard.deps, await attempt(guard.deps, message))
}

describe('Outbox: a mail server that is down', () => {
  test('for six hours delays exactly one "down" and one "up", in order', async () => {
    guard.mailTo(project, 'ops@example.org')
    guard.outside.failWith('refused')
    await guard.ping(backup, '/fail')
    await guard.pass(3 * HOUR)
    await guard.ping(backup)
    await guard.pass(3 * HOUR)
    expect(guard.outside.mails).toEqual([])

    guard.outside.failWith(null)
    await guard.pass(90 * MINUTE)
    expect(guard.outside.subjects()).toEqual(['Down: backup', 'Up: backup'])
    await guard.pass(10 * HOUR, HOUR)
    expect(guard.outside.mails).toHaveLength(2)
  })

  test('is retried after ten seconds, then less and less often', async () => {
    guard.mailTo(project, 'ops@example.org')
    guard.outside.failWith('timeout')
    await guard.ping(backup, '/fail')
    await guard.tick()
    await guard.pass(12 * SECOND, SECOND)
    expect(guard.deliveries(backup)[0]?.attempts).toBe(2)
    await guard.pass(HOUR)
    const afterAnHour = guard.deliveries(backup)[0]?.attempts ?? 0
    expect(afterAnHour).toBeGreaterThan(5)
    expect(afterAnHour).toBeLessThan(12)
    expect(guard.deliveries(backup)).toMatchObject([{ state: 'pending', lastAttempt: { reason: 'timeout' } }])
  })

  test('for more than a day fails the delivery, with the reason', async () => {
    guard.mailTo(project, 'ops@example.org')
    guard.outside.failWith('dns')
    await guard.ping(backup, '/fail')
    await guard.pass(25 * HOUR)
    expect(guard.deliveries(backup)).toMatchObject([
      { state: 'failed', lastAttempt: { reason: 'dns', detail: 'Could not resolve host' } },
    ])
  })
})

describe('Outbox: several channels', () => {
  test('do not delay each other when one fails', async () => {
    guard.mailTo(project, 'ops@example.org')
    guard.webhookTo(project, 'http://hooks.example.org/broken')
    guard.outside.failCallsTo('broken')
    await guard.ping(backup, '/fail')
    await guard.tick()
    await guard.ping(backup)
    await guard.tick()
    expect(guard.outside.subjects()).toEqual(['Down: backup', 'Up: backup'])
    expect(guard.outside.calls).toEqual([])
    guard.outside.failCallsTo(null)
    await guard.pass(HOUR)
    expect(guard.outside.calls.map(({ body }) => JSON.parse(body).status)).toEqual(['down', 'up'])
  })

  test('take at most four slots each, so a slow one leaves slots free', async () => {
    guard.webhookTo(project, 'http://slow.example.org/')
    const jobs = Array.from({ length: 20 }, (_, index) => guard.monitor(project, { name: `job ${index}` }))
    const slow = guard.webhookTo(project, 'http://slow.example.org/all')
    for (const job of jobs) await guard.ping(job, '/fail')
    const claimed = claim()
    expect(claimed.filter(({ channelId }) => channelId === slow)).toHaveLength(4)
    expect(claim()).toEqual([])
    const [first] = claimed
    if (first) await deliver(first)
    expect(claim()).toHaveLength(1)
  })
})

describe('Outbox: more channels than are looked at together', () => {
  test('all get their messages', async () => {
    for (let owner = 0; owner < 5; owner += 1) {
      const theirs = guard.project(`owner${owner}@example.org`)
      const urls = Array.from({ length: 90 }, (_, index) => `http://${owner}-${index}.example.org/`)
      const channels = urls.map((hook) => guard.webhookTo(theirs, hook))
      await guard.ping(guard.monitor(theirs, { name: 'job' }, channels), '/fail')
    }
    await guard.pass(20 * SECOND, SECOND)
    expect(guard.outside.calls).toHaveLength(450)
  })
})

describe('Outbox: many receivers that never answer', () => {
  test('leave a slot for one that does, however many come first', async () => {
    const jobs = Array.from({ length: 40 }, (_, index) => guard.monitor(project, { name: `job ${index}` }))
    for (let hung = 0; hung < 12; hung += 1) guard.webhookTo(project, `http://hung.example.org/${hung}`)
    for (const job of jobs) await guard.ping(job, '/fail')
    const other = guard.project('bob@example.org')
    const nightly = guard.monitor(other, { name: 'nightly-report' })
    const healthy = guard.webhookTo(other, 'http://healthy.example.org/')
    await guard.ping(nightly, '/fail')

    const claimed = claim()
    expect(claimed.map(({ channelId }) => channelId)).toContain(healthy)
    expect(claimed.length).toBe(24)
    expect(claim(claimed)).toEqual([])
  })

  test('get one slot each after a failure, until they answer again', async () => {
    const jobs = Array.from({ length: 10 }, (_, index) => guard.monitor(project, { name: `job ${index}` }))
    guard.webhookTo(project, 'http://broken.example.org/')
    guard.outside.failWith('timeout')
    for (const job of jobs) await guard.ping(job, '/fail')
    await guard.tick()
    guard.clock.advance(MINUTE)
    const [only, ...others] = claim()
    expect(others).toEqual([])
    guard.outside.failWith(null)
    if (only) await deliver(only)
    expect(claim()).toHaveLength(4)
  })

  test('come after those that work, even if they have waited longer', async () => {
    const dead = Array.from({ length: 30 }, (_, index) => guard.webhookTo(project, `http://dead.example.org/${index}`))
    const job = guard.monitor(project, { name: 'job' }, dead)
    guard.outside.failWith('refused')
    await guard.ping(job, '/fail')
    await guard.tick()
    await guard.tick()
    guard.clock.advance(MINUTE)
    const other = guard.project('bob@example.org')
    const healthy = guard.webhookTo(other, 'http://healthy.example.org/')
    await guard.ping(guard.monitor(other, { name: 'nightly-report' }, [healthy]), '/fail')
    const [first] = claim()
    expect(first?.channelId).toBe(healthy)
  })

  test('do not take the slots of another kind of channel', async () => {
    const jobs = Array.from({ length: 40 }, (_, index) =>
      guard.monitor(project, { name: `job ${index}`, isUrgent: true }),
    )
    for (let mail = 0; mail < 12; mail += 1) guard.mailTo(project, `ops${mail}@example.org`)
    for (const job of jobs) await guard.ping(job, '/fail')
    const claimed = claim()
    expect(claimed).toHaveLength(24)
    guard.webhookTo(project, 'http://hooks.example.org/')
    for (const job of jobs.slice(0, 2)) await guard.ping(job)
    for (const job of jobs.slice(0, 2)) await guard.ping(job, '/fail')
    expect(claim(claimed).map(({ channelKind }) => channelKind)).toEqual(['webhook', 'webhook'])
  })
})

describe('Delivery', () => {
  test('is not created without a channel, but the incident is', async () => {
    await guard.ping(backup, '/fail')
    expect(guard.deliveries(backup)).toEqual([])
    expect(guard.db.all('SELECT 1 FROM incidents')).toHaveLength(1)
    expect(guard.db.all('SELECT 1 FROM notifications')).toHaveLength(1)
  })

  test('whose channel is deleted fails, and stays in the history', async () => {
    guard.outside.failWith('refused')
    const channelId = guard.mailTo(project, 'ops@example.org')
    await guard.ping(backup, '/fail')
    await guard.tick()
    deleteChannel(guard.deps, { projectId: project.id, channelId })
    guard.outside.failWith(null)
    await guard.pass(HOUR)
    expect(guard.outside.mails).toEqual([])
    expect(guard.deliveries(backup)).toMatchObject([
      {
        state: 'failed',
        channelId: null,
        channelName: 'email',
        lastAttempt: { reason: 'settings', detail: 'The channel was deleted' },
      },
    ])
  })

  test('by email without a mail server goes to the log, and has the state logged', async () => {
    guard.deps.mailer = createLogMailer(guard.deps.log)
    guard.mailTo(project, 'ops@example.org')
    await guard.ping(backup, '/fail')
    await guard.tick()
    expect(guard.deliveries(backup)).toMatchObject([
      { state: 'logged', attempts: 1, lastAttempt: { result: 'logged' } },
    ])
    const lines = guard.log.filter(({ event }) => event.includes('No mail server is configured'))
    expect(lines.map(({ fields }) => fields.subject)).toEqual(['Down: backup'])
  })

  test('that is being sent when its channel is deleted records its outcome', async () => {
    const channelId = guard.webhookTo(project, 'http://hooks.example.org/')
    await guard.ping(backup, '/fail')
    const [underWay] = claim()
    deleteChannel(guard.deps, { projectId: project.id, channelId })
    if (underWay) await deliver({ ...underWay, channelId: null })
    expect(guard.deliveries(backup)).toMatchObject([
      { state: 'failed', attempts: 1, lastAttempt: { detail: 'The channel no longer exists' } },
    ])
  })

  test('that a channel never finishes times out before its lease ends', async () => {
    guard.webhookTo(project, 'http://hooks.example.org/')
    guard.deps.outbound.send = () => new Promise(() => {})
    await guard.ping(backup, '/fail')
    const [underWay] = claim()
    jest.useFakeTimers()
    const sending = underWay && deliver(underWay)
    jest.advanceTimersByTime(ATTEMPT_MAX_MS)
    jest.useRealTimers()
    await sending
    expect(guard.deliveries(backup)).toMatchObject([{ state: 'pending', lastAttempt: { reason: 'timeout' } }])
    expect(ATTEMPT_MAX_MS).toBeLessThan(LEASE_MS)
  })

  test('has the same id in every attempt', async () => {
    guard.webhookTo(project, 'http://hooks.example.org/')
    await guard.ping(backup, '/fail')
    const [first] = claim()
    guard.clock.advance(HOUR)
    await guard.tick()
    expect(guard.outside.calls[0]?.headers['X-CronGuard-Delivery']).toBe(first?.id)
  })

  test('that a second attempt settled is not changed by a late outcome of the first one', async () => {
    guard.mailTo(project, 'ops@example.org')
    await guard.ping(backup, '/fail')
    const [late] = claim()
    guard.clock.advance(HOUR)
    await guard.tick()
    expect(guard.deliveries(backup)).toMatchObject([{ state: 'sent', attempts: 2 }])
    guard.outside.failWith('timeout')
    if (late) await deliver(late)
    expect(guard.deliveries(backup)).toMatchObject([{ state: 'sent', attempts: 2 }])
  })

  test('whose first attempt ends during the second one is settled by the second one', async () => {
    guard.mailTo(project, 'ops@example.org')
    await guard.ping(backup, '/fail')
    const [first] = claim()
    guard.clock.advance(LEASE_MS)
    const [second] = claim()
    if (!first || !second) throw new Error('There are two attempts.')
    await deliver(first)
    expect(guard.deliveries(backup)).toMatchObject([{ state: 'sending', attempts: 2, settledAt: null }])
    guard.outside.failWith('refused')
    await deliver(second)
    expect(guard.deliveries(backup)).toMatchObject([{ state: 'pending', lastAttempt: { result: 'failed' } }])
  })

  test.each([
    ['stays as it was: the channel is disabled', 'http://hooks.example.org/', true],
    ['sends elsewhere: it stays enabled', 'http://hooks.example.org/new', false],
  ])('whose destination is gone ends its channel if that %s', async (_what, url, isEnded) => {
    const channelId = guard.webhookTo(project, 'http://hooks.example.org/')
    await guard.ping(backup, '/fail')
    const [message] = claim()
    if (!message) throw new Error('There is a message.')
    const attempted = await attempt(guard.deps, message)
    updateChannel(guard.deps, { ref: { projectId: project.id, channelId }, input: { given: { url }, removed: [] } })
    const gone = { reason: 'rejected', detail: 'Gone', isPermanent: true, endsChannel: true } as const
    await saveAttempt(guard.deps, { ...attempted, outcome: { result: 'failed', ...gone } })
    expect(findChannel(guard.db, channelId)?.disabledAt !== null).toBe(isEnded)
  })

  test('that the settings suppress is settled immediately as not sent, and swallows no other', async () => {
    const settings = { server: 'https://ntfy.sh', topic: 'alerts', downPriority: '0', upPriority: '3' }
    const channelId = guard.channel(project, { kind: 'ntfy', settings })
    const jobs = Array.from({ length: 70 }, (_, index) => guard.monitor(project, { name: `job ${index}` }, [channelId]))
    for (const job of jobs) await guard.ping(job, '/fail')
    expect(claim()).toEqual([])
    for (const job of jobs.slice(0, 35)) await guard.ping(job)
    await guard.pass(HOUR)
    const texts = guard.outside.calls.map(({ body }) => String(body)).join()
    for (const { name } of jobs.slice(0, 35)) expect(texts).toContain(`Up: ${name}`)
    expect(texts).not.toContain('Down:')
    const [job] = jobs
    expect(job && guard.deliveries(job)).toMatchObject([
      { state: 'logged', attempts: 1, lastAttempt: { detail: 'The priority is “Send nothing”' } },
      { state: 'sent' },
    ])
  })

  test('that would be suppressed by newer settings swallows no other in its message', async () => {
    const settings = { server: 'https://ntfy.sh', topic: 'alerts', downPriority: '4', upPriority: '3' }
    const channelId = guard.channel(project, { kind: 'ntfy', settings })
    const jobs = Array.from({ length: 80 }, (_, index) => guard.monitor(project, { name: `job ${index}` }, [channelId]))
    for (const job of jobs.slice(0, 70)) await guard.ping(job, '/fail')
    await guard.pass(SECOND, SECOND)
    for (const job of jobs) await guard.ping(job, jobs.indexOf(job) < 35 ? '' : '/fail')
    const input = { given: { downPriority: '0' }, removed: [] }
    updateChannel(guard.deps, { ref: { projectId: project.id, channelId }, input })
    await guard.pass(HOUR)
    const texts = guard.outside.calls.map(({ body }) => String(body)).join()
    for (const { name } of jobs.slice(0, 35)) expect(texts).toContain(`Up: ${name}`)
  })

  test('that a bug keeps from being sent is tried again later', async () => {
    guard.webhookTo(project, 'http://hooks.example.org/')
    await guard.ping(backup, '/fail')
    const [message] = claim()
    const broken = { ...guard.deps, config: { ...guard.deps.config, secretKey: null } }
    if (message) await saveAttempt(guard.deps, await attempt(broken, message))
    expect(guard.deliveries(backup)).toMatchObject([{ state: 'pending', lastAttempt: { reason: 'error' } }])
  })

  test('is not sent twice by one process when the clock is set meanwhile', async () => {
    guard.mailTo(project, 'ops@example.org')
    const arrived = Promise.withResolvers<MailResult>()
    const send = spyOn(guard.deps.mailer, 'send').mockImplementation(() => arrived.promise)
    const outbox = createOutbox(guard.deps)
    await guard.ping(backup, '/fail')
    await outbox.tick()
    guard.clock.step(DAY)
    await outbox.tick()
    arrived.resolve({ kind: 'sent', detail: '250 OK' })
    await outbox.settled()
    expect(send).toHaveBeenCalledTimes(1)
    expect(guard.deliveries(backup)).toMatchObject([{ state: 'sent', attempts: 1 }])
  })
})
