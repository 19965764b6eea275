// The link in a message that acknowledges an incident, for anyone who has the message.
import { afterEach, describe, expect, test } from 'bun:test'
import { deleteChannel, setChannelDisabled, updateChannel } from '#actions/channels.ts'
import { acknowledgeUrl, findIncidentLinks } from '#actions/incident-links.ts'
import { acknowledgeIncident, withdrawAcknowledgment } from '#actions/incidents.ts'
import { composeTest } from '#domain/notification.ts'
import { DAY, HOUR, MINUTE } from '#lib/duration.ts'
import { findChannel } from '#store/channels.ts'
import { findIncident } from '#store/incidents.ts'
import { findThread } from '#store/threads.ts'
import { TestGuard } from '../support/cronguard.ts'
import { signedIn, words } from '../support/visitor.ts'

let guard: TestGuard
afterEach(() => {
  guard.live.close()
  guard.stop()
})

/** A monitor that is down, with the path of the link that a message through the channel has. */
async function down({ env = {}, kind = 'email' }: { env?: Record<string, string>; kind?: 'email' | 'webhook' } = {}) {
  guard = new TestGuard({ env })
  const project = guard.project()
  const channelId =
    kind === 'email' ? guard.mailTo(project, 'ops@example.org') : guard.webhookTo(project, 'https://example.org/secret')
  const monitor = guard.monitor(
    project,
    {
      name: '<b>backup',
      description: 'the runbook',
      schedule: { kind: 'cron', expression: '0 * * * *', timeZone: 'Europe/Berlin' },
      graceMs: MINUTE,
    },
    [channelId],
  )
  guard.monitor(project, { name: 'another-job' })
  await guard.ping(monitor, '/fail', { method: 'POST', body: 'the output' })
  await guard.tick()
  const incidentId = guard.db.get<{ id: string }>('SELECT id FROM incidents')?.id ?? ''
  const link = new URL(acknowledgeUrl(guard.deps, { incidentId, channel: channelOf(channelId) }))
  const acknowledgment = () => findIncident(guard.db, incidentId)?.incident.acknowledgment ?? null
  const ref = { projectId: project.id, channelId }
  return { project, monitor, channelId, incidentId, ref, path: link.pathname, acknowledgment }
}

const channelOf = (id: string) => findChannel(guard.db, id) as NonNullable<ReturnType<typeof findChannel>>

const read = async (path: string, init: RequestInit = {}) => {
  const response = await guard.request(path, init)
  return { response, status: response.status, text: words(await response.text()) }
}
const post = (path: string, headers: Record<string, string> = {}) => read(path, { method: 'POST', headers })

describe('GET of an acknowledge link', () => {
  test('shows the name of the monitor and one button, and nothing else about it', async () => {
    const { path } = await down()
    const html = await (await guard.request(path)).text()
    expect(words(html)).toContain('&lt;b&gt;backup is down.')
    expect(html.match(/<form/g)).toHaveLength(1)
    expect(html).toContain(`<form method="post" action="${path}">`)
    for (const hidden of ['the output', 'the runbook', 'another-job', 'ops@example.org', 'alice']) {
      expect(html).not.toContain(hidden)
    }
  })

  test.each(['GET', 'HEAD'])('with %s, as mail scanners and previews send it, acknowledges nothing', async (method) => {
    const { path, acknowledgment } = await down()
    expect((await read(path, { method })).status).toBe(200)
    expect((await read(path, { method, headers: { 'User-Agent': 'Slackbot-LinkExpanding 1.0' } })).status).toBe(200)
    expect(acknowledgment()).toBeNull()
  })

  test('keeps the token from other sites and from caches', async () => {
    const { path } = await down()
    for (const answer of [await read(path), await post(path), await read(`${path}x`)]) {
      expect(answer.response.headers.get('referrer-policy')).toBe('no-referrer')
      expect(answer.response.headers.get('cache-control')).toBe('no-store')
    }
  })
})

describe('POST of an acknowledge link', () => {
  test('acknowledges the incident without a session and an Origin, and the incident names the address', async () => {
    const { path, project, incidentId, acknowledgment } = await down()
    const { status, text } = await post(path)
    expect(status).toBe(200)
    expect(text).toContain('acknowledged on 1 Mar 2026, 13:00')
    expect(text).not.toContain('ops@example.org')
    expect(acknowledgment()).toMatchObject({ by: null, via: { channel: 'email', address: 'ops@example.org' } })
    const alice = await signedIn(guard, 'alice@example.org')
    expect(words(await alice.read(`/incidents/${incidentId}`))).toContain(
      'Acknowledged via the email to ops@example.org',
    )
    const key = guard.apiKey(project)
    const answer = await guard.request(`/api/v3/incidents/${incidentId}`, { headers: { 'X-Api-Key': key } })
    expect(((await answer.json()) as Record<string, unknown>).acknowledged_by).toBe('email to ops@example.org')
  })

  test('lets the incident name the channel when it has no single recipient', async () => {
    const { path, incidentId } = await down({ kind: 'webhook' })
    await post(path)
    const alice = await signedIn(guard, 'alice@example.org')
    expect(words(await alice.read(`/incidents/${incidentId}`))).toContain('Acknowledged via the channel “webhook”')
  })

  test('works from the page of another site, because the token is the permission', async () => {
    const { path, acknowledgment } = await down()
    await post(path, { Origin: 'https://mail.example.net', 'Sec-Fetch-Site': 'cross-site' })
    expect(acknowledgment()).not.toBeNull()
  })

  test('a second time changes nothing, and does not say who acknowledged it', async () => {
    const { path, project, incidentId, acknowledgment } = await down()
    const { user } = await signedIn(guard, 'alice@example.org')
    acknowledgeIncident(guard.deps, { projectId: project.id, incidentId, userId: user.id })
    const before = acknowledgment()
    guard.clock.advance(HOUR)
    for (const { text } of [await post(path), await read(path)]) {
      expect(text).toContain('acknowledged on')
      expect(text).not.toContain('alice')
    }
    expect(acknowledgment()).toEqual(before)
  })

  test('works again after the acknowledgment was removed', async () => {
    const { path, project, incidentId, acknowledgment } = await down()
    await post(path)
    withdrawAcknowledgment(guard.deps, { projectId: project.id, incidentId })
    expect(acknowledgment()).toBeNull()
    await post(path)
    expect(acknowledgment()).toMatchObject({ via: { address: 'ops@example.org' } })
  })

  test('acknowledges nothing after the incident has ended, and says so', async () => {
    const { path, monitor, acknowledgment } = await down()
    await guard.ping(monitor)
    for (const answer of [await read(path), await post(path)]) {
      expect(answer.text).toContain('Incident ended')
      expect(answer.text).not.toContain('Acknowledge this')
    }
    expect(acknowledgment()).toBeNull()
  })

  test('reads no cookie: a signed-in user is not recorded', async () => {
    const { path, acknowledgment } = await down()
    const alice = await signedIn(guard, 'alice@example.org')
    await alice.post(path)
    expect(acknowledgment()).toMatchObject({ by: null, via: { address: 'ops@example.org' } })
  })

  test('works below a path', async () => {
    const { path, acknowledgment } = await down({ env: { CRONGUARD_BASE_URL: 'https://example.com/cron' } })
    expect(path).toStartWith('/cron/acknowledge/')
    expect(await (await guard.request(path)).text()).toContain(`action="${path}"`)
    await post(path)
    expect(acknowledgment()).not.toBeNull()
  })
})

describe('An acknowledge link no longer works', () => {
  const refused = async (path: string, text = 'This link is invalid or no longer works.') => {
    for (const answer of [await read(path), await post(path)]) {
      expect(answer.status).toBe(404)
      expect(answer.text).toContain(text)
      expect(answer.text).not.toContain('backup')
    }
  }

  test('when the channel was deleted', async () => {
    const { path, ref, acknowledgment } = await down()
    deleteChannel(guard.deps, ref)
    await refused(path)
    expect(acknowledgment()).toBeNull()
  })

  test('when the address of the channel was changed, and works again when it was changed back', async () => {
    const { path, ref, acknowledgment } = await down()
    const change = (address: string) => updateChannel(guard.deps, { ref, input: { given: { address }, removed: [] } })
    change('mallory@example.org')
    await refused(path)
    expect(acknowledgment()).toBeNull()
    change('Ops@example.org')
    expect((await read(path)).status).toBe(200)
  })

  test('when the channel was disabled', async () => {
    const { path, ref } = await down()
    setChannelDisabled(guard.deps, { ...ref, isDisabled: true })
    await refused(path)
  })

  test('after 7 days', async () => {
    const { path, acknowledgment } = await down()
    guard.clock.advance(7 * DAY - MINUTE)
    expect((await read(path)).status).toBe(200)
    guard.clock.advance(2 * MINUTE)
    await refused(path, 'This link has expired.')
    expect(acknowledgment()).toBeNull()
  })

  test('when the monitor was deleted', async () => {
    const { path, monitor } = await down()
    guard.db.write((tx) => tx.run('DELETE FROM monitors WHERE id = $id', { id: monitor.id }))
    await refused(path)
  })

  test('when it was cut off, changed, or made up', async () => {
    const { path, acknowledgment } = await down()
    const swapped = path.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))
    for (const wrong of [
      path.slice(0, -1),
      `${path}A`,
      swapped,
      '/acknowledge/x',
      `/acknowledge/${'%00'.repeat(20)}`,
    ]) {
      await refused(wrong)
    }
    expect(acknowledgment()).toBeNull()
  })

  test('when another server made it', async () => {
    const { incidentId, channelId } = await down()
    const config = { ...guard.deps.config, secretKey: 'the key of another server' }
    const foreign = acknowledgeUrl({ ...guard.deps, config }, { incidentId, channel: channelOf(channelId) })
    await refused(new URL(foreign).pathname)
  })

  test('when it joins the incident of one project with the channel of another', async () => {
    const { incidentId } = await down()
    const bob = guard.project('bob@example.org')
    const channel = channelOf(guard.mailTo(bob, 'bob@example.org'))
    await refused(new URL(acknowledgeUrl(guard.deps, { incidentId, channel })).pathname)
  })
})

describe('A message has an acknowledge link', () => {
  const linkIn = (facts: { channelId: string; status?: 'down' | 'up' }) => {
    const notification = { ...composeTest({ project: '', now: 0 }), isTest: false, status: facts.status ?? 'down' }
    const delivery = guard.db.get<{ sequence: number }>('SELECT min(sequence) AS sequence FROM deliveries')
    const thread = delivery && findThread(guard.db, delivery)
    return (
      thread && findIncidentLinks(guard.deps, { thread, notification, channel: channelOf(facts.channelId) }).acknowledge
    )
  }

  test('when it is about a monitor that is down', async () => {
    const facts = await down()
    expect(linkIn(facts)).toBe(`http://127.0.0.1:8000${facts.path}`)
  })

  test('unless it is about the recovery, or the incident was acknowledged or has ended', async () => {
    const facts = await down()
    expect(linkIn({ ...facts, status: 'up' })).toBeNull()
    await post(facts.path)
    expect(linkIn(facts)).toBeNull()
    withdrawAcknowledgment(guard.deps, { projectId: facts.project.id, incidentId: facts.incidentId })
    expect(linkIn(facts)).not.toBeNull()
    await guard.ping(facts.monitor)
    expect(linkIn(facts)).toBeNull()
  })
})

test('The token of an acknowledge link is not in the log, even at level debug', async () => {
  const { path } = await down({ env: { CRONGUARD_LOG_LEVEL: 'debug' } })
  await read(path)
  await post(path)
  await post(`${path}A`)
  const lines = JSON.stringify(guard.log)
  expect(lines).toContain('"path":"/acknowledge/…"')
  expect(lines).not.toContain(path.split('/').at(-1))
})
