// Which addresses a channel may call, and where users see that it may not.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { destinationRules } from '#app.ts'
import { HOUR } from '#lib/duration.ts'
import { createOutbound } from '#lib/outbound.ts'
import { listChannels } from '#store/channels.ts'
import { callApi } from '../support/api.ts'
import { TestGuard } from '../support/cronguard.ts'
import { startHttpReceiver } from '../support/receivers.ts'
import { memberOf } from '../support/visitor.ts'

const OPEN = { CRONGUARD_REGISTRATION: 'open' }
const SENTENCE = '127.0.0.1 is a private address. While registration is open, CRONGUARD_OUTBOUND_ALLOW must list it.'
const SECRET_PATH = 'hooks-T024F9'

let receiver: ReturnType<typeof startHttpReceiver>
let guard: TestGuard

beforeEach(() => {
  receiver = startHttpReceiver()
})
afterEach(() => {
  receiver.stop()
  guard.stop()
})

function start(env: Record<string, string>) {
  guard = new TestGuard({ env })
  guard.deps.outbound = createOutbound(destinationRules(guard.deps.config))
  const project = guard.project()
  return { project, channel: guard.webhookTo(project, `${receiver.url}/${SECRET_PATH}`) }
}

describe('Channel to a private address, with open registration', () => {
  test('fails its test on the page and in the API, with what to do', async () => {
    const { project, channel } = start(OPEN)
    const member = await memberOf(guard, project, 'member')
    const text = await (await member.post(`/channels/${channel}/test`)).text()
    expect(text).toContain(SENTENCE)
    const key = guard.apiKey(project)
    const { json } = await callApi(guard, `/channels/${channel}/test`, { with: key, method: 'POST' })
    expect(json).toEqual({ result: 'failed', reason: 'blocked', detail: SENTENCE })
    expect(receiver.received).toEqual([])
    expect(JSON.stringify([guard.log, text])).not.toContain(SECRET_PATH)
  })

  test('fails without a retry, because the address is fixed', async () => {
    const { project, channel } = start(OPEN)
    const backup = guard.monitor(project, { name: 'backup' }, [channel])
    await guard.ping(backup, '/fail')
    await guard.tick()
    expect(guard.deliveries(backup)).toMatchObject([{ state: 'failed', attempts: 1 }])
  })

  test('is retried when given by name, because the name may lead to another address later', async () => {
    const { project } = start(OPEN)
    let address = '10.0.0.5'
    const resolve = async () => [{ address, family: 4 }]
    guard.deps.outbound = createOutbound({ ...destinationRules(guard.deps.config), resolve })
    const named = guard.webhookTo(project, `${receiver.url.replace('127.0.0.1', 'hooks.example.org')}/`)
    const backup = guard.monitor(project, { name: 'backup' }, [named])
    await guard.ping(backup, '/fail')
    await guard.tick()
    expect(guard.deliveries(backup)).toMatchObject([{ state: 'pending', attempts: 1 }])
    address = '127.0.0.1'
    guard.deps.outbound = createOutbound({ allowsPrivate: true, allow: [], privateAdvice: '', resolve })
    await guard.pass(HOUR)
    expect(guard.deliveries(backup)).toMatchObject([{ state: 'sent', attempts: 2 }])
  })

  test('works when CRONGUARD_OUTBOUND_ALLOW lists its network', async () => {
    const { project, channel } = start({ ...OPEN, CRONGUARD_OUTBOUND_ALLOW: '10.0.0.0/8, 127.0.0.0/8' })
    const member = await memberOf(guard, project, 'member')
    await member.post(`/channels/${channel}/test`)
    expect(receiver.received.map(({ path }) => path)).toEqual([`/${SECRET_PATH}`])
  })
})

test('Channel to a private address, with closed registration: works', async () => {
  const { project, channel } = start({})
  const member = await memberOf(guard, project, 'member')
  await member.post(`/channels/${channel}/test`)
  expect(receiver.received).toHaveLength(1)
})

test.each([
  ['http://[fe80::1]/', 'fe80::1 is a link-local address'],
  ['http://169.254.169.254/latest', '169.254.169.254 is a cloud metadata address'],
])('Channel to %s: refused by the API with the reason, whatever the registration', async (url, what) => {
  const { project, channel } = start({})
  const settings = { url, secret: 'x' }
  const answers = [
    await callApi(guard, '/channels/', { with: guard.apiKey(project), body: { kind: 'webhook', settings } }),
    await callApi(guard, `/channels/${channel}`, { with: guard.apiKey(project), body: { settings } }),
  ]
  const refusal = { status: 400, json: { error: `url: ${what}. CronGuard never sends requests there.` } }
  expect(answers.map(({ status, json }) => ({ status, json }))).toEqual([refusal, refusal])
  expect(listChannels(guard.db, project.id).map(({ id }) => id)).toEqual([channel])
})
