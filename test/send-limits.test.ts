// What a destination accepts: the rest waits in the outbox, in order, and leaves as few messages.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { createSendLimits } from '#actions/send-limits.ts'
import { findKind } from '#channels/index.ts'
import type { Monitor } from '#domain/monitor.ts'
import type { Project } from '#domain/project.ts'
import { HOUR, MINUTE, SECOND } from '#lib/duration.ts'
import { createLogMailer } from '#lib/mail.ts'
import { TestGuard } from './support/cronguard.ts'
import { answerOf } from './support/outside.ts'

const SLACK = 'https://hooks.slack.example.org/services/T0/B0/secret'

const MAIL_SERVER = { CRONGUARD_SMTP_HOST: 'smtp.example.org', CRONGUARD_SMTP_FROM: 'cronguard@example.org' }

let guard: TestGuard
let project: Project

beforeEach(() => {
  guard = new TestGuard({ env: MAIL_SERVER })
  project = guard.project()
})
afterEach(() => guard.stop())

const slackTo = (url: string) => guard.channel(project, { kind: 'slack', settings: { url } })
const jobs = (count: number, channelIds: string[]): Monitor[] =>
  Array.from({ length: count }, (_, index) =>
    guard.monitor(project, { name: `job ${index}`, isUrgent: true }, channelIds),
  )

async function pingAll(monitors: readonly Monitor[], ending = ''): Promise<void> {
  for (const monitor of monitors) await guard.ping(monitor, ending)
}

/** Notifications with the same time count as one message. */
async function sendOneByOne(monitors: readonly Monitor[]): Promise<void> {
  for (const monitor of monitors) {
    await guard.ping(monitor, '/fail')
    guard.clock.advance(1)
    await guard.tick()
  }
}

/** Sends one message, which uses up the limit, and then fails the other jobs. Returns those. */
async function afterOneMessage(count: number): Promise<Monitor[]> {
  const [first, ...rest] = jobs(count, [slackTo(SLACK)])
  if (first) await guard.ping(first, '/fail')
  await guard.tick()
  await pingAll(rest, '/fail')
  return rest
}

const slackTexts = () => guard.outside.calls.map(({ body }) => body)
const states = () => guard.db.all<{ state: string }>('SELECT DISTINCT state FROM deliveries').map(({ state }) => state)

describe('A destination with a limit', () => {
  test('gets messages one by one if that takes at most ten seconds', async () => {
    const [first, second] = await afterOneMessage(3)
    await guard.pass(2 * SECOND, SECOND)
    const own = slackTexts().slice(1)
    expect(own).toEqual([expect.stringContaining('Down: job 1'), expect.stringContaining('Down: job 2')])
    for (const text of own) expect(text).toContain('/acknowledge/')
    for (const job of [first, second]) expect(job && guard.deliveries(job)).toMatchObject([{ state: 'sent' }])
  })

  test('gets the first message immediately, and the rest as one if that would take longer', async () => {
    await afterOneMessage(13)
    expect(guard.outside.calls).toHaveLength(1)
    expect(slackTexts()[0]).toContain('Down: job 0')
    await guard.tick()
    expect(guard.outside.calls).toHaveLength(1)
    await guard.pass(SECOND, SECOND)
    expect(guard.outside.calls).toHaveLength(2)
    expect(slackTexts()[1]).toContain('12 monitors down')
    for (let index = 1; index < 13; index += 1) expect(slackTexts()[1]).toContain(`Down: job ${index} (`)
    expect(states()).toEqual(['sent'])
  })

  test('waits without a failed attempt', async () => {
    const rest = await afterOneMessage(3)
    await guard.tick()
    const waiting = rest.flatMap((monitor) => guard.deliveries(monitor))
    expect(waiting).toMatchObject([
      { state: 'pending', attempts: 0, lastAttempt: null },
      { state: 'pending', attempts: 0, lastAttempt: null },
    ])
  })

  test('has none for emails that are only logged, because there is no mail server', async () => {
    guard.stop()
    guard = new TestGuard()
    guard.deps.mailer = createLogMailer(guard.deps.log)
    project = guard.project()
    await pingAll(jobs(70, [guard.mailTo(project, 'ops@example.org')]), '/fail')
    for (let turn = 0; turn < 30; turn += 1) await guard.tick()
    expect(states()).toEqual(['logged'])
  })

  test('does not delay other destinations', async () => {
    const other = slackTo(`${SLACK}-of-another-team`)
    const monitors = jobs(5, [slackTo(SLACK)])
    await pingAll(monitors, '/fail')
    await guard.tick()
    await pingAll(jobs(1, [other]), '/fail')
    await guard.tick()
    expect(guard.outside.calls.map(({ url }) => url)).toEqual([SLACK, `${SLACK}-of-another-team`])
  })

  test('is shared by channels with the same address', async () => {
    const channelIds = ['a', 'b'].map(() => guard.mailTo(project, 'ops@example.org'))
    await pingAll(jobs(50, channelIds), '/fail')
    for (let turn = 0; turn < 30; turn += 1) await guard.tick()
    expect(guard.outside.mails.length).toBeLessThanOrEqual(60)
    await guard.pass(5 * MINUTE)
    expect(guard.outside.mails.length).toBeLessThanOrEqual(65)
    expect(states()).toEqual(['sent'])
  })

  test('is not used up by a channel that always has something to send', async () => {
    const [busy = '', calm = ''] = [slackTo(SLACK), slackTo(SLACK)].sort()
    const monitors = jobs(3, [busy])
    const [quiet] = jobs(1, [calm])
    await pingAll(monitors, '/fail')
    if (quiet) await guard.ping(quiet, '/fail')
    for (let second = 0; second < 5; second += 1) {
      await guard.pass(SECOND, SECOND)
      await pingAll(monitors, second % 2 === 0 ? '' : '/fail')
    }
    expect(quiet && guard.deliveries(quiet)).toMatchObject([{ state: 'sent' }])
  })

  test('keeps its limit over a restart', async () => {
    const channelId = guard.mailTo(project, 'ops@example.org')
    await sendOneByOne(jobs(58, [channelId]))
    await pingAll(jobs(4, [channelId]), '/fail')
    const queue = { channelId, kind: 'email', isFailing: false, due: [1, 2, 3, 4], held: [] }
    expect(createSendLimits(guard.deps).apply([queue])).toEqual([{ ...queue, due: [1, 2], isShort: true }])
    guard.clock.advance(2 * MINUTE)
    expect(createSendLimits(guard.deps).apply([queue])).toEqual([{ ...queue, isShort: false }])
  })

  test('that several channels share combines what would take longer for all of them together', async () => {
    const channelIds = Array.from({ length: 6 }, () => slackTo(SLACK))
    const [first, ...rest] = channelIds.flatMap((id) => jobs(3, [id]))
    if (first) await guard.ping(first, '/fail')
    await guard.tick()
    await pingAll(rest, '/fail')
    await guard.pass(14 * SECOND, SECOND)
    expect(states()).toEqual(['sent'])
    expect(slackTexts().join()).toContain('monitors down')
  })

  test('counts over a restart when each of the channels that share it sent something', async () => {
    const [busy = '', calm = ''] = ['a', 'b'].map(() => guard.mailTo(project, 'ops@example.org'))
    await sendOneByOne(jobs(50, [calm]))
    guard.clock.advance(40 * MINUTE)
    await sendOneByOne(jobs(20, [busy]))
    guard.clock.advance(5 * MINUTE)
    const due = Array.from({ length: 40 }, (_, index) => index)
    const allowed = (order: readonly string[], limits = createSendLimits(guard.deps)) =>
      order.map(
        (channelId) => limits.apply([{ channelId, kind: 'email', isFailing: false, due, held: [] }])[0]?.due.length,
      )
    // 50 of 60 were taken, 40 came back, 20 were taken, and 5 came back.
    for (const order of [[busy, calm], [calm, busy], [calm], [busy]])
      expect(new Set(allowed(order))).toEqual(new Set([35]))
  })

  test('of a minute sends what waits after it, within the limit', async () => {
    const monitors = jobs(70, [guard.mailTo(project, 'ops@example.org')])
    for (let round = 0; round < 3; round += 1) {
      await pingAll(monitors, '/fail')
      await pingAll(monitors)
    }
    await guard.pass(HOUR, MINUTE)
    expect(guard.outside.mails.length).toBeLessThanOrEqual(121)
    expect(states()).toEqual(['sent'])
  })
})

describe('Combined messages', () => {
  test('keep the order of each monitor', async () => {
    const monitors = jobs(16, [slackTo(SLACK)])
    await pingAll(monitors, '/fail')
    await pingAll(monitors)
    await pingAll(monitors, '/fail')
    await guard.pass(30 * SECOND, SECOND)
    const order = slackTexts().flatMap((body) => body.match(/(Down|Up): job 3\b/g)?.[0] ?? [])
    expect(order).toEqual(['Down: job 3', 'Up: job 3', 'Down: job 3'])
    expect(states()).toEqual(['sent'])
  })

  test('whose receiver fails are sent again, each within its own time', async () => {
    const rest = await afterOneMessage(15)
    guard.outside.failWith('refused')
    await guard.pass(SECOND, SECOND)
    const waiting = rest.flatMap((monitor) => guard.deliveries(monitor))
    expect(waiting.map(({ attempts, state }) => [attempts, state])).toEqual(Array(14).fill([1, 'pending']))
    guard.outside.failWith(null)
    await guard.pass(MINUTE, SECOND)
    expect(states()).toEqual(['sent'])
    for (let index = 1; index < 15; index += 1) expect(slackTexts().join()).toContain(`Down: job ${index}`)
  })

  test('have an id of their own, the same in every attempt with the same notifications', async () => {
    await afterOneMessage(13)
    const ids: (string | undefined)[] = []
    const { send } = guard.outside.outbound
    guard.deps.outbound.send = (request) => {
      ids.push(request.headers['X-CronGuard-Delivery'])
      return send(request)
    }
    await guard.pass(SECOND, SECOND)
    const own = guard.db.all<{ id: string }>('SELECT id FROM deliveries').map(({ id }) => id)
    expect(ids).toHaveLength(1)
    expect(own).not.toContain(ids[0] ?? '')
    expect(ids[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/)
  })

  test('are never sent to services that keep an entry for each incident', async () => {
    const slack = findKind('slack')
    const channelId = slackTo(SLACK)
    await pingAll(jobs(13, [channelId]), '/fail')
    const queue = { channelId, kind: 'slack', isFailing: false, due: [1, 2], held: [] }
    expect(createSendLimits(guard.deps).apply([queue])).toEqual([{ ...queue, due: [1], isShort: true }])
    Object.assign(slack ?? {}, { isPerIncident: true })
    expect(createSendLimits(guard.deps).apply([queue])).toEqual([{ ...queue, due: [1], isShort: false }])
    delete slack?.isPerIncident
  })
})

describe('A combined message', () => {
  test('says how late it is', async () => {
    const { send } = guard.outside.outbound
    const [first, ...rest] = jobs(14, [slackTo(SLACK)])
    guard.deps.outbound.send = async () => ({ ...answerOf(429), headers: { 'retry-after': '600' } })
    if (first) await guard.ping(first, '/fail')
    await guard.tick()
    guard.deps.outbound.send = send
    await pingAll(rest, '/fail')
    await guard.pass(15 * MINUTE)
    expect(slackTexts().find((text) => text.includes('monitors down'))).toMatch(/Sent .* late/)
  })

  test('is named in the log of each of its deliveries', async () => {
    await pingAll(jobs(14, [slackTo(SLACK)]), '/fail')
    await guard.pass(MINUTE)
    const details = guard.db.all<{ detail: string }>('SELECT detail FROM delivery_attempts').map(({ detail }) => detail)
    expect(details).toEqual(Array(14).fill('In one message with 13 other notifications: Received status code 200'))
  })

  test('cancels the emergency of each incident that ends with it', async () => {
    const settings = { user: 'u', token: 't', downPriority: '2', upPriority: '0', retry: '300', expire: '10800' }
    const pushover = findKind('pushover')
    const { limits } = pushover ?? {}
    try {
      const monitors = jobs(13, [guard.channel(project, { kind: 'pushover', settings })])
      await pingAll(monitors, '/fail')
      await guard.pass(5 * SECOND, SECOND)
      Object.assign(pushover ?? {}, { limits: () => [{ key: 'pushover', burst: 1, perMs: SECOND }] })
      guard.outside.calls.length = 0
      await pingAll(monitors)
      await guard.pass(2 * SECOND, SECOND)
      const paths = guard.outside.calls.map(({ url }) => new URL(url).pathname)
      const incidents = guard.db.all<{ id: string }>('SELECT id FROM incidents').map(({ id }) => id)
      const canceled = incidents.map((id) => `/1/receipts/cancel_by_tag/${id}.json`)
      expect(paths.filter((path) => path.includes('cancel')).sort()).toEqual(canceled.sort())
      expect(paths.filter((path) => path.includes('messages')).length).toBeLessThan(4)
    } finally {
      Object.assign(pushover ?? {}, { limits })
    }
  })

  test('begins the thread of each of its incidents', async () => {
    const bot = { kind: 'slack-bot', settings: { token: 'xoxb-1-2-abc', channel: 'C0123456789' } }
    const monitors = jobs(13, [guard.channel(project, bot)])
    guard.deps.outbound.send = async () => ({
      ...answerOf(200),
      body: '{"ok":true,"channel":"C0123456789","ts":"1.2"}',
    })
    await pingAll(monitors, '/fail')
    await guard.pass(5 * SECOND, SECOND)
    expect(states()).toEqual(['sent'])
    expect(guard.db.all('SELECT 1 FROM channel_threads')).toHaveLength(13)
  })
})

describe('A receiver that asks to wait', () => {
  test.each([
    ['in seconds', { 'retry-after': '600' }],
    ['by a date', { date: 'Tue, 01 Dec 2026 03:00:00 GMT', 'retry-after': 'Tue, 01 Dec 2026 03:10:00 GMT' }],
  ])('%s gets nothing from any channel until then', async (_how, headers) => {
    const monitors = jobs(4, [guard.webhookTo(project, 'http://hooks.example.org/')])
    let requests = 0
    const { send } = guard.outside.outbound
    guard.deps.outbound.send = async (request) => {
      requests += 1
      if (requests > 1) return await send(request)
      return { kind: 'answer', status: 429, headers, body: '' }
    }
    await pingAll(monitors.slice(0, 1), '/fail')
    await guard.tick()
    await pingAll(monitors.slice(1), '/fail')
    await guard.pass(9 * MINUTE)
    expect(requests).toBe(1)
    await guard.pass(2 * MINUTE)
    expect(requests).toBeGreaterThan(1)
    await guard.pass(5 * MINUTE)
    expect(states()).toEqual(['sent'])
  })
})
