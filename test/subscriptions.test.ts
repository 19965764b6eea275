// Unsubscribing by the link and the button of an alert, and undoing it.
import { afterEach, describe, expect, test } from 'bun:test'
import { deleteChannel, setChannelDisabled, unusableReasonOf, updateChannel } from '#actions/channels.ts'
import { DAY, HOUR, MINUTE } from '#lib/duration.ts'
import { findChannel } from '#store/channels.ts'
import { TestGuard } from './support/cronguard.ts'
import { memberOf, signedIn, words } from './support/visitor.ts'

const MAIL = { CRONGUARD_SMTP_HOST: 'mail.example.org' }
const OPEN = { ...MAIL, CRONGUARD_REGISTRATION: 'open' }

let guard: TestGuard
afterEach(() => {
  guard.live.close()
  guard.stop()
})

/** A monitor that is down, and that notified a webhook and an address. */
async function alerted({ address = 'ops@example.org', env = MAIL }: { address?: string; env?: typeof MAIL } = {}) {
  guard = new TestGuard({ env })
  const project = guard.project()
  const hook = guard.webhookTo(project, 'https://example.org/hook')
  const channelId = guard.mailTo(project, address)
  guard.db.write((tx) => tx.run('UPDATE channels SET unconfirmed_since = NULL, confirmation_due_at = NULL'))
  const monitor = guard.monitor(project, { name: 'backup' }, [hook, channelId])
  await guard.ping(monitor, '/fail')
  await guard.tick()
  const alert = guard.outside.mails.find(({ to }) => to === address)
  guard.outside.mails.length = 0
  guard.outside.calls.length = 0
  const path = new URL(/<(.*)>/.exec(alert?.headers['List-Unsubscribe'] ?? '')?.[1] ?? 'http://none').pathname
  return { project, hook, channelId, monitor, alert, path, ref: { projectId: project.id, channelId } }
}

const channelOf = (id: string) => findChannel(guard.db, id) as NonNullable<ReturnType<typeof findChannel>>
const isEnabled = (id: string): boolean => channelOf(id).disabledAt === null

const read = async (path: string, init: RequestInit = {}) => {
  const response = await guard.request(path, init)
  return { response, status: response.status, text: words(await response.text()) }
}
const post = (path: string) => read(path, { method: 'POST' })

/** The path of the undo link in the last email. */
async function undoPath(): Promise<string> {
  await Bun.sleep(0)
  const text = guard.outside.mails.find(({ subject }) => subject === 'You unsubscribed from alerts')?.text ?? ''
  return new URL(/http\S+resubscribe\S+/.exec(text)?.[0] ?? 'http://none.localhost/').pathname
}

describe('An alert email', () => {
  test('has a link and a button to unsubscribe', async () => {
    const { alert, path } = await alerted()
    expect(path).toMatch(/^\/unsubscribe\/[\w-]+$/)
    expect(alert?.headers['List-Unsubscribe-Post']).toBe('List-Unsubscribe=One-Click')
    expect(alert?.text).toContain(`Unsubscribe:\nhttp://127.0.0.1:8000${path}`)
    expect(alert?.html).toContain(`href="http://127.0.0.1:8000${path}"`)
  })

  test("to a member's own address has the link, but no button that would work without a sign-in", async () => {
    const { alert, path } = await alerted({ address: 'Alice@example.org' })
    expect(alert?.headers['List-Unsubscribe']).toContain(path)
    expect(alert?.headers).not.toHaveProperty('List-Unsubscribe-Post')
  })
})

describe('The unsubscribe link', () => {
  test.each(['GET', 'HEAD'])('with %s, as mail scanners send it, changes nothing', async (method) => {
    const { path, channelId } = await alerted()
    const { status, response } = await read(path, { method })
    expect([status, response.headers.get('referrer-policy')]).toEqual([200, 'no-referrer'])
    expect(isEnabled(channelId)).toBeTrue()
  })

  test('shows the address, the project and one button, and nothing else', async () => {
    const { path, project } = await alerted()
    const { text } = await read(path)
    expect(text).toContain(`ops@example.org will no longer get alerts from the project “ ${project.name} ”`)
    for (const hidden of ['backup', 'alice', 'hook']) expect(text).not.toContain(hidden)
  })

  const bodies: [string, () => RequestInit][] = [
    ['of a page', () => ({})],
    [
      'of a mail program (RFC 8058)',
      () => ({ body: new URLSearchParams('List-Unsubscribe=One-Click'), headers: { Origin: 'https://mail.example' } }),
    ],
    [
      'of a mail program, as multipart',
      () => {
        const body = new FormData()
        body.set('List-Unsubscribe', 'One-Click')
        return { body }
      },
    ],
  ]
  test.each(bodies)('with the POST %s disables that channel only, without a redirect', async (_what, init) => {
    const { path, channelId, hook } = await alerted()
    const { status, text } = await read(path, { method: 'POST', ...init() })
    expect([status, isEnabled(channelId), isEnabled(hook)]).toEqual([200, false, true])
    expect(text).toContain('Unsubscribed')
  })

  test('emails the owners, and the recipient for the last time', async () => {
    const { path, channelId, project } = await alerted()
    await memberOf(guard, project, 'member')
    await post(path)
    await post(path)
    await undoPath()
    const mails = guard.outside.mails.map(({ to, subject }) => [to, subject])
    expect(mails.toSorted()).toEqual([
      ['alice@example.org', 'Unsubscribed: ops@example.org'],
      ['ops@example.org', 'You unsubscribed from alerts'],
    ])
    const alice = await signedIn(guard, 'alice@example.org')
    expect(words(await alice.read(`/channels/${channelId}`))).toContain(': the recipient unsubscribed')
  })

  test('notifies the project through its other channels', async () => {
    const { path, channelId, project } = await alerted()
    const off = guard.webhookTo(project, 'https://example.org/off')
    setChannelDisabled(guard.deps, { projectId: project.id, channelId: off, isDisabled: true })
    const stranger = guard.project('mallory@example.org')
    guard.webhookTo(stranger, 'https://example.org/other')
    await post(path)
    await post(path)
    await guard.tick()
    expect(guard.outside.calls.map(({ url }) => url)).toEqual(['https://example.org/hook'])
    expect(JSON.parse(guard.outside.calls[0]?.body ?? '')).toMatchObject({
      status: 'notice',
      reason: 'unsubscribed',
      monitor: null,
      channel: { id: channelId, recipient: 'ops@example.org' },
      details:
        'ops@example.org unsubscribed from alerts from the project “My project”. CronGuard disabled the channel ' +
        '“email”. Make sure that someone still gets notified.',
      url: `http://127.0.0.1:8000/channels/${channelId}`,
    })
  })

  test('notifies again when the first attempt failed', async () => {
    const { path } = await alerted()
    guard.outside.failWith('refused')
    await post(path)
    await guard.tick()
    guard.outside.failWith(null)
    guard.outside.calls.length = 0
    await guard.pass(HOUR)
    expect(guard.outside.calls.map(({ body }) => JSON.parse(body ?? '').status)).toEqual(['notice'])
  })

  test('emails an owner once, whose address is a channel', async () => {
    const { path, project } = await alerted()
    guard.mailTo(project, 'Alice@example.org')
    await post(path)
    await guard.tick()
    const toAlice = guard.outside.mails.filter(({ to }) => to.toLowerCase() === 'alice@example.org')
    expect(toAlice.map(({ subject }) => subject)).toEqual(['Unsubscribed: ops@example.org'])
  })

  test('discards what is pending', async () => {
    const { path, monitor } = await alerted()
    guard.outside.failWith('refused')
    await guard.ping(monitor)
    await guard.tick()
    await post(path)
    guard.outside.failWith(null)
    await guard.pass(DAY)
    expect(guard.outside.subjects()).not.toContain('Up: backup')
  })

  test("of a member's own address asks for a sign-in, and changes nothing without one", async () => {
    const { path, channelId } = await alerted({ address: 'Alice@example.org' })
    for (const answer of [await read(path), await post(path)]) {
      expect(answer.text).toContain('Sign in to unsubscribe')
    }
    expect(isEnabled(channelId)).toBeTrue()
    const alice = await signedIn(guard, 'alice@example.org')
    await alice.post(path)
    expect(isEnabled(channelId)).toBeTrue()
    expect(words(await alice.read(`/channels/${channelId}/unsubscribe`))).toContain('Unsubscribe?')
    await alice.post(`/channels/${channelId}/unsubscribe`)
    expect(channelOf(channelId).unsubscribedAt).not.toBeNull()
  })

  test('of a viewer works after the sign-in, and not for another viewer', async () => {
    const { channelId, project } = await alerted({ address: 'viewer@example.org' })
    const other = await memberOf(guard, project, 'viewer', 'other@example.org')
    expect((await other.get(`/channels/${channelId}/unsubscribe`)).status).toBe(403)
    expect((await other.post(`/channels/${channelId}/unsubscribe`)).status).toBe(403)
    const member = await memberOf(guard, project, 'member')
    await member.post(`/channels/${channelId}/unsubscribe`)
    expect(isEnabled(channelId)).toBeTrue()
    const viewer = await memberOf(guard, project, 'viewer')
    await viewer.post(`/channels/${channelId}/unsubscribe`)
    expect(isEnabled(channelId)).toBeFalse()
  })

  test.each(['deleted channel', 'changed address', 'expired', 'another purpose', 'cut off'])(
    'does not work: %s',
    async (why) => {
      const { path, channelId, ref } = await alerted()
      if (why === 'deleted channel') deleteChannel(guard.deps, ref)
      if (why === 'changed address')
        updateChannel(guard.deps, { ref, input: { given: { address: 'new@example.org' }, removed: [] } })
      if (why === 'expired') guard.clock.advance(7 * DAY)
      const wrong = why === 'another purpose' ? path.replace('unsubscribe', 'confirm-address') : path
      const asked = why === 'cut off' ? path.slice(0, -1) : wrong
      expect([(await read(asked)).status, (await post(asked)).status]).toEqual([404, 404])
      if (why !== 'deleted channel') expect(isEnabled(channelId)).toBeTrue()
    },
  )

  test('is not in the log, even at level debug', async () => {
    const { path } = await alerted({ env: { ...MAIL, CRONGUARD_LOG_LEVEL: 'debug' } as typeof MAIL })
    await post(path)
    expect(JSON.stringify(guard.log)).not.toContain(path.split('/').at(-1))
  })
})

describe('The undo link of the last email', () => {
  test('enables the channel again, once, and only with POST', async () => {
    const { path, channelId } = await alerted()
    await post(path)
    const undo = await undoPath()
    expect((await read(undo)).text).toContain('Resubscribe?')
    expect(isEnabled(channelId)).toBeFalse()
    expect((await post(undo)).text).toContain('gets alerts from the project')
    expect(isEnabled(channelId)).toBeTrue()
    guard.clock.advance(MINUTE)
    await post(path)
    expect((await post(undo)).status).toBe(404)
    expect(isEnabled(channelId)).toBeFalse()
  })

  test('needs no new confirmation', async () => {
    const { path, channelId } = await alerted({ env: OPEN })
    await post(path)
    await post(await undoPath())
    expect(unusableReasonOf(guard.deps, channelOf(channelId))).toBeNull()
  })

  test('does not enable a channel that a user disabled', async () => {
    const { path, channelId, ref } = await alerted()
    await post(path)
    const undo = await undoPath()
    setChannelDisabled(guard.deps, { ...ref, isDisabled: false })
    setChannelDisabled(guard.deps, { ...ref, isDisabled: true })
    expect((await post(undo)).status).toBe(404)
    expect(isEnabled(channelId)).toBeFalse()
  })
})

test('The recipient cannot unsubscribe and resubscribe all day to send emails to the owners', async () => {
  const { path, channelId } = await alerted()
  const answers: number[] = []
  for (let round = 0; round < 6; round += 1) {
    guard.outside.mails.length = 0
    await post(path)
    answers.push((await post(await undoPath())).status)
    guard.clock.advance(MINUTE)
  }
  expect(answers).toEqual([200, 200, 200, 200, 200, 429])
  expect(isEnabled(channelId)).toBeFalse()
})

describe('A channel whose reader unsubscribed', () => {
  test('waits for a confirmation when a user enables it, while registration is open', async () => {
    const { path, channelId, ref } = await alerted({ env: OPEN })
    await post(path)
    setChannelDisabled(guard.deps, { ...ref, isDisabled: false })
    expect(unusableReasonOf(guard.deps, channelOf(channelId))).toBe('waiting for confirmation')
    await guard.tick()
    expect(guard.outside.subjects()).toContain('Confirm this address for CronGuard alerts')
  })

  test('works at once when a user enables it, while registration is closed', async () => {
    const { path, channelId, ref } = await alerted()
    await post(path)
    setChannelDisabled(guard.deps, { ...ref, isDisabled: false })
    expect(unusableReasonOf(guard.deps, channelOf(channelId))).toBeNull()
  })
})
