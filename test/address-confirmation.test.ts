// Strangers' addresses confirm first: one email with a link, and nothing else until its reader has confirmed.
import { afterEach, describe, expect, test } from 'bun:test'
import { readDraft, testDraft } from '#actions/channel-drafts.ts'
import { deleteChannel, testChannel, unusableReasonOf, updateChannel } from '#actions/channels.ts'
import { mailConfirmations } from '#actions/confirmations.ts'
import { resendDelivery } from '#actions/deliveries.ts'
import { exportConfiguration } from '#actions/exports.ts'
import { importConfiguration } from '#actions/imports.ts'
import type { Project } from '#domain/project.ts'
import { DAY, HOUR, MINUTE } from '#lib/duration.ts'
import { findChannel, saveDisabledAt } from '#store/channels.ts'
import { saveUnsubscribedAt } from '#store/confirmations.ts'
import { TestGuard } from './support/cronguard.ts'
import { memberOf, words } from './support/visitor.ts'

const OPEN = { CRONGUARD_REGISTRATION: 'open', CRONGUARD_SMTP_HOST: 'mail.example.org' }

let guard: TestGuard
afterEach(() => {
  guard.live.close()
  guard.stop()
})

/** A server with a project, a webhook, and a channel to a stranger that one monitor uses. */
async function withStranger(env: Record<string, string> = OPEN) {
  guard = new TestGuard({ env })
  const project = guard.project()
  const hook = guard.webhookTo(project, 'https://example.org/hook')
  const channelId = guard.mailTo(project, 'Ops@example.org')
  const monitor = guard.monitor(project, { name: 'backup' }, [hook, channelId])
  await guard.tick()
  return { project, channelId, monitor, ref: { projectId: project.id, channelId } }
}

const channelOf = (id: string) => findChannel(guard.db, id) as NonNullable<ReturnType<typeof findChannel>>
const isWaiting = (id: string): boolean => unusableReasonOf(guard.deps, channelOf(id)) === 'waiting for confirmation'
const mailsTo = (address: string) => guard.outside.mails.filter(({ to }) => to.toLowerCase() === address)

/** The path of the newest link to this address. */
function linkTo(address: string): string {
  const text = mailsTo(address).at(-1)?.text ?? ''
  return new URL(/http\S+confirm-address\S+/.exec(text)?.[0] ?? 'http://none.localhost/').pathname
}

const read = async (path: string, method = 'GET') => {
  const response = await guard.request(path, { method })
  return { status: response.status, text: words(await response.text()) }
}

function verify(email: string): void {
  guard.db.write((tx) => tx.run('UPDATE users SET email_verified_at = 1 WHERE email = $email', { email }))
}

async function member(project: Project) {
  const visitor = await memberOf(guard, project, 'member')
  verify('member@example.org')
  return visitor
}

/** The deliveries of a monitor by the kind of their channel. */
const deliveriesOf = (monitor: { id: number }) =>
  Object.fromEntries(guard.deliveries(monitor).map((delivery) => [delivery.channelKind, delivery]))

describe('The address of a channel, while registration is open', () => {
  test('gets exactly one email, with a link and without what a stranger could have written', async () => {
    const { project } = await withStranger()
    await guard.pass(3 * HOUR)
    const [mail, ...more] = guard.outside.mails
    expect(more).toEqual([])
    expect(mail).toMatchObject({ to: 'Ops@example.org', subject: 'Confirm this address for CronGuard alerts' })
    expect(mail?.text).toContain(`the project “${project.name}”`)
  })

  test('gets pending alerts once it is confirmed, and none before; other channels get theirs at once', async () => {
    const { monitor, channelId } = await withStranger()
    await guard.ping(monitor, '/fail')
    await guard.tick()
    expect(guard.outside.calls).toHaveLength(1)
    const { webhook, email } = deliveriesOf(monitor)
    expect([webhook?.state, email?.state]).toEqual(['sent', 'pending'])
    expect(email?.lastAttempt?.detail).toBe('The address has not been confirmed yet')
    await guard.pass(5 * HOUR, HOUR)
    expect(mailsTo('ops@example.org')).toHaveLength(1)
    expect((await read(linkTo('ops@example.org'), 'POST')).text).toContain('Address confirmed')
    expect(isWaiting(channelId)).toBeFalse()
    await guard.tick()
    expect(guard.outside.subjects()).toEqual(['Confirm this address for CronGuard alerts', 'Down: backup'])
    expect(channelOf(channelId).disabledAt).toBeNull()
  })

  test('that is never confirmed: the delivery fails after a day, and the members are emailed', async () => {
    const { monitor } = await withStranger()
    verify('alice@example.org')
    await guard.ping(monitor, '/fail')
    await guard.pass(DAY + 2 * HOUR, HOUR)
    const { webhook, email } = deliveriesOf(monitor)
    expect([webhook?.state, email?.state]).toEqual(['sent', 'failed'])
    expect(mailsTo('ops@example.org')).toHaveLength(1)
    expect(mailsTo('alice@example.org')[0]?.text).toContain('The address has not been confirmed yet.')
  })

  test('is not a failing channel while it waits', async () => {
    const { monitor, channelId } = await withStranger()
    await guard.ping(monitor, '/fail')
    await guard.pass(HOUR)
    expect(guard.db.get('SELECT failing_since FROM channels WHERE id = $channelId', { channelId })).toEqual({
      failing_since: null,
    })
  })

  test('needs no confirmation if it is the confirmed address of a member', async () => {
    const { project } = await withStranger()
    const unconfirmed = guard.mailTo(project, 'alice@example.org')
    expect(isWaiting(unconfirmed)).toBeTrue()
    verify('alice@example.org')
    expect(isWaiting(guard.mailTo(project, 'ALICE@example.org'))).toBeFalse()
    guard.project('bob@example.org')
    verify('bob@example.org')
    expect(isWaiting(guard.mailTo(project, 'bob@example.org'))).toBeTrue()
  })

  test('must be confirmed again when it changes, and the link for the former address stops working', async () => {
    const { ref, channelId } = await withStranger()
    const old = linkTo('ops@example.org')
    await read(old, 'POST')
    updateChannel(guard.deps, { ref, name: 'Ops', input: { given: { address: 'ops@example.org' }, removed: [] } })
    expect(isWaiting(channelId)).toBeFalse()
    updateChannel(guard.deps, { ref, input: { given: { address: 'mallory@example.org' }, removed: [] } })
    expect(isWaiting(channelId)).toBeTrue()
    expect((await read(old, 'POST')).status).toBe(404)
    expect(isWaiting(channelId)).toBeTrue()
    await guard.tick()
    expect(mailsTo('mallory@example.org')).toHaveLength(1)
    await read(linkTo('mallory@example.org'), 'POST')
    expect(isWaiting(channelId)).toBeFalse()
  })

  test('can be tested from the form once it is confirmed, and not after it was changed there', async () => {
    const { project, channelId } = await withStranger()
    const test = (address: string, channel: string | null = channelId) => {
      const input = { given: { address }, removed: [] }
      const draft = { projectId: project.id, kind: 'email', channelId: channel, input, isByAdmin: false }
      return testDraft(guard.deps, readDraft(guard.deps, draft))
    }
    expect(() => test('ops@example.org')).toThrow('Save the channel first')
    await read(linkTo('ops@example.org'), 'POST')
    expect((await test('ops@example.org')).result).toBe('sent')
    expect(guard.outside.mails.at(-1)?.text).toContain('/unsubscribe/')
    expect(() => test('mallory@example.org')).toThrow('Save the channel first')
    expect(() => test('ops@example.org', null)).toThrow('Save the channel first')
    verify('alice@example.org')
    for (const channel of [null, channelId]) {
      expect((await test('alice@example.org', channel)).result).toBe('sent')
      expect(guard.outside.mails.at(-1)?.text).not.toContain('/unsubscribe/')
    }
  })

  const input = { given: { address: 'alice@example.org' }, removed: [] }
  test.each([
    [
      'on the page',
      async (ref: { projectId: string; channelId: string }) => {
        updateChannel(guard.deps, { ref, input, isDisabled: false })
      },
    ],
    [
      'by an import',
      async () => {
        const content = exportConfiguration(guard.deps, { withSecrets: true })
        const channel = content.projects[0]?.channels.find(({ kind }) => kind === 'email')
        Object.assign(channel ?? {}, { settings: input.given, disabled: false })
        await importConfiguration(guard.deps, { content, ownerEmail: null, isDryRun: false })
      },
    ],
  ])('of a member needs no confirmation %s, even if the former recipient unsubscribed', async (_where, change) => {
    const { ref, channelId } = await withStranger()
    await read(linkTo('ops@example.org'), 'POST')
    guard.db.write((tx) => {
      saveDisabledAt(tx, { id: channelId, disabledAt: tx.now })
      saveUnsubscribedAt(tx, { id: channelId, at: tx.now })
    })
    verify('alice@example.org')
    await change(ref)
    expect(channelOf(channelId).disabledAt).toBeNull()
    expect(isWaiting(channelId)).toBeFalse()
  })

  test('of a channel from before the upgrade counts as confirmed', async () => {
    const { channelId } = await withStranger({ CRONGUARD_SMTP_HOST: 'mail.example.org' })
    expect(channelOf(channelId).unconfirmedSince).toBeNull()
  })

  test('of a webhook needs no confirmation', async () => {
    const { project } = await withStranger()
    expect(isWaiting(guard.webhookTo(project, 'https://example.org/other'))).toBeFalse()
  })
})

test('While registration is closed, an address needs no confirmation, unless the setting says so', async () => {
  const { channelId, monitor } = await withStranger({ CRONGUARD_SMTP_HOST: 'mail.example.org' })
  expect(isWaiting(channelId)).toBeFalse()
  await guard.ping(monitor, '/fail')
  await guard.tick()
  expect(guard.outside.subjects()).toEqual(['Down: backup'])
  guard.live.close()
  guard.stop()
  const other = await withStranger({ CRONGUARD_SMTP_HOST: 'mail.example.org', CRONGUARD_CONFIRM_ADDRESSES: 'on' })
  expect(isWaiting(other.channelId)).toBeTrue()
})

describe('A confirmation email', () => {
  test('is sent again at most once an hour, and the page says when', async () => {
    const { project, channelId } = await withStranger()
    const operator = await member(project)
    const early = await operator.post(`/channels/${channelId}/confirmation`)
    expect([early.status, words(await early.text())]).toEqual([429, expect.stringContaining('Try again in 1 hour.')])
    guard.clock.advance(HOUR)
    expect((await operator.post(`/channels/${channelId}/confirmation`)).status).toBe(303)
    await guard.tick()
    expect(mailsTo('ops@example.org')).toHaveLength(2)
    expect((await operator.post(`/channels/${channelId}/confirmation`)).status).toBe(429)
  })

  test('is not sent more often to an address whose channel is deleted and created again', async () => {
    const { project, ref } = await withStranger()
    deleteChannel(guard.deps, ref)
    const again = guard.mailTo(project, 'ops+2@example.org')
    await guard.pass(30 * MINUTE)
    expect(guard.outside.mails).toHaveLength(1)
    await guard.pass(31 * MINUTE)
    expect(guard.outside.mails).toHaveLength(2)
    await read(linkTo('ops+2@example.org'), 'POST')
    expect(isWaiting(again)).toBeFalse()
  })

  test('goes to one mailbox at most 5 times a day, from however many projects', async () => {
    await withStranger()
    for (let count = 0; count < 8; count += 1) {
      guard.mailTo(guard.project(`user${count}@example.org`), 'ops@example.org')
    }
    await guard.pass(20 * HOUR, HOUR)
    expect(mailsTo('ops@example.org')).toHaveLength(5)
  })

  test('goes out at most 30 times an hour for one project', async () => {
    const { project } = await withStranger()
    for (let count = 0; count < 40; count += 1) guard.mailTo(project, `stranger${count}@example.org`)
    await guard.pass(50 * MINUTE)
    expect(guard.outside.mails).toHaveLength(30)
    await guard.pass(HOUR)
    expect(guard.outside.mails).toHaveLength(41)
  })

  test('is sent later when the mail server fails', async () => {
    guard = new TestGuard({ env: OPEN })
    const project = guard.project()
    guard.outside.failWith('refused')
    guard.mailTo(project, 'ops@example.org')
    await guard.tick()
    guard.outside.failWith(null)
    await guard.pass(HOUR + MINUTE)
    expect(mailsTo('ops@example.org')).toHaveLength(1)
  })

  test('waits for a mail server, so that its link is not written to the log', async () => {
    await withStranger({ CRONGUARD_REGISTRATION: 'open' })
    expect([guard.outside.mails, guard.log]).toEqual([[], []])
  })

  test('is not sent for a disabled channel', async () => {
    guard = new TestGuard({ env: OPEN })
    const project = guard.project()
    const channelId = guard.mailTo(project, 'ops@example.org')
    updateChannel(guard.deps, { ref: { projectId: project.id, channelId }, isDisabled: true })
    await guard.tick()
    expect(guard.outside.mails).toEqual([])
  })

  test('is sent once when two processes run at the same time', async () => {
    guard = new TestGuard({ env: OPEN })
    guard.mailTo(guard.project(), 'ops@example.org')
    await Promise.all([mailConfirmations(guard.deps), mailConfirmations(guard.deps)])
    expect(guard.outside.mails).toHaveLength(1)
  })
})

describe('The link of a confirmation email', () => {
  test.each(['GET', 'HEAD'])('with %s, as mail scanners send it, confirms nothing', async (method) => {
    const { channelId } = await withStranger()
    expect((await read(linkTo('ops@example.org'), method)).status).toBe(200)
    expect(isWaiting(channelId)).toBeTrue()
  })

  test('shows the address, the project and one button', async () => {
    const { project } = await withStranger()
    const { text } = await read(linkTo('ops@example.org'))
    expect(text).toContain(`Ops@example.org will get alerts from the project “ ${project.name} ”`)
    for (const hidden of ['alice', 'backup']) expect(text.replace(project.name, '')).not.toContain(hidden)
  })

  test('a second time changes nothing', async () => {
    await withStranger()
    await read(linkTo('ops@example.org'), 'POST')
    expect(await read(linkTo('ops@example.org'), 'POST')).toMatchObject({ status: 200 })
    expect((await read(linkTo('ops@example.org'))).text).toContain('Address confirmed')
  })

  test.each(['deleted channel', 'expired', 'another purpose', 'cut off'])('does not work: %s', async (why) => {
    const { channelId, ref } = await withStranger()
    const path = linkTo('ops@example.org')
    if (why === 'deleted channel') deleteChannel(guard.deps, ref)
    if (why === 'expired') guard.clock.advance(7 * DAY)
    const wrong = why === 'another purpose' ? path.replace('confirm-address', 'acknowledge') : null
    const cut = why === 'cut off' ? path.slice(0, -1) : path
    for (const method of ['GET', 'POST']) expect((await read(wrong ?? cut, method)).status).toBe(404)
    if (why !== 'deleted channel') expect(isWaiting(channelId)).toBeTrue()
  })
})

describe('A channel that waits for its confirmation', () => {
  test('is shown as such on its page, in the list, on the dashboard, and at the monitor', async () => {
    const { project, channelId, monitor } = await withStranger()
    const operator = await member(project)
    expect(words(await operator.read(`/projects/${project.id}/channels`))).toContain('Waiting for confirmation')
    const page = words(await operator.read(`/channels/${channelId}`))
    expect(page).toContain('Address not confirmed yet.')
    expect(page).toContain('Send confirmation email again')
    expect(words(await operator.read(`/monitors/${monitor.uniqueKey}`))).toContain('waiting for confirmation')
    const viewer = await memberOf(guard, project, 'viewer')
    expect(words(await viewer.read(`/channels/${channelId}`))).not.toContain('Send confirmation email again')
  })

  test('as the only one of a project: the dashboard says that no one gets notified', async () => {
    guard = new TestGuard({ env: OPEN })
    const project = guard.project()
    guard.mailTo(project, 'ops@example.org')
    guard.monitor(project, { name: 'backup' })
    const operator = await member(project)
    expect(words(await operator.read(`/projects/${project.id}`))).toContain(
      'The addresses of all enabled channels in this project are unconfirmed',
    )
  })

  test('refuses a test, on the page, through the API and on the command line', async () => {
    const { project, channelId, ref } = await withStranger()
    const operator = await member(project)
    const page = await operator.post(`/channels/${channelId}/test`)
    expect(words(await page.text())).toContain('The address has not been confirmed yet.')
    const headers = { 'X-Api-Key': guard.apiKey(project) }
    const answer = await guard.request(`/api/v3/channels/${channelId}/test`, { method: 'POST', headers })
    expect([answer.status, await answer.json()]).toEqual([409, { error: 'The address has not been confirmed yet.' }])
    expect(testChannel(guard.deps, ref)).rejects.toThrow('The address has not been confirmed yet.')
    expect(guard.outside.mails).toHaveLength(1)
  })

  test('refuses to send a notification again', async () => {
    const { monitor, project } = await withStranger()
    await guard.ping(monitor, '/fail')
    await guard.pass(DAY + 2 * HOUR, HOUR)
    const deliveryId = deliveriesOf(monitor).email?.id ?? ''
    expect(() => resendDelivery(guard.deps, { projectId: project.id, deliveryId })).toThrow('not been confirmed yet')
  })

  test('is created through the API and by an import, too', async () => {
    const { project, ref } = await withStranger()
    const headers = { 'X-Api-Key': guard.apiKey(project) }
    const body = JSON.stringify({ kind: 'email', settings: { address: 'api@example.org' } })
    const answer = await guard.request('/api/v3/channels/', { method: 'POST', headers, body })
    const { id } = (await answer.json()) as { id: string }
    const details = await guard.request(`/api/v3/channels/${id}`, { headers })
    expect([isWaiting(id), ((await details.json()) as { confirmed: boolean }).confirmed]).toEqual([true, false])
    await read(linkTo('ops@example.org'), 'POST')
    const content = exportConfiguration(guard.deps, { withSecrets: true })
    deleteChannel(guard.deps, ref)
    await importConfiguration(guard.deps, { content, ownerEmail: null, isDryRun: false })
    expect(isWaiting(ref.channelId)).toBeTrue()
    await guard.pass(2 * HOUR, HOUR)
    expect([mailsTo('api@example.org').length, mailsTo('ops@example.org').length]).toEqual([1, 2])
  })

  test('stays confirmed when an import does not change its address', async () => {
    const { ref } = await withStranger()
    await read(linkTo('ops@example.org'), 'POST')
    const content = exportConfiguration(guard.deps, { withSecrets: true })
    const [channel] = content.projects[0]?.channels.filter(({ id }) => id === ref.channelId) ?? []
    Object.assign(channel ?? {}, { name: 'renamed' })
    await importConfiguration(guard.deps, { content, ownerEmail: null, isDryRun: false })
    expect([channelOf(ref.channelId).name, isWaiting(ref.channelId)]).toEqual(['renamed', false])
  })
})
