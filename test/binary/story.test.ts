import { afterAll, beforeAll, expect, test } from 'bun:test'
import { createHmac } from 'node:crypto'
import { Binary, eventually, execute } from '../support/binary.ts'
import { startHttpReceiver, startSmtpReceiver } from '../support/receivers.ts'

const EMAIL = 'you@example.org'
const SECRET = 'between us'

let smtp: Awaited<ReturnType<typeof startSmtpReceiver>>
let http: ReturnType<typeof startHttpReceiver>
let cronguard: Binary

beforeAll(async () => {
  smtp = await startSmtpReceiver()
  http = startHttpReceiver()
  cronguard = await Binary.prepare({
    CRONGUARD_SMTP_HOST: '127.0.0.1',
    CRONGUARD_SMTP_PORT: String(smtp.port),
    CRONGUARD_SMTP_SECURITY: 'none',
    CRONGUARD_SMTP_FROM: 'CronGuard <cronguard@example.org>',
  })
  await cronguard.start()
})

afterAll(async () => {
  await cronguard.dispose()
  http.stop()
  await smtp.stop()
})

async function makeMonitor(): Promise<{ key: string; check: { uuid: string; ping_url: string } }> {
  expect((await cronguard.run(['user', 'create', EMAIL, '--admin'])).exitCode).toBe(0)
  const key = (await cronguard.run(['key', 'create', EMAIL])).stdout.trim()
  const webhook = { kind: 'webhook', name: 'hook', settings: { url: `${http.url}/hook`, secret: SECRET } }
  await cronguard.api('/channels/', { key, body: webhook })
  const spec = { name: 'nightly-report', timeout: 2, grace: 1, subminute: true, channels: '*' }
  return { key, check: await cronguard.api('/checks/', { key, body: spec }) }
}

const subjects = () => smtp.mails.map(({ subject }) => subject)
const statuses = () => http.received.map(({ body }) => JSON.parse(body).status)

test('Alert and recovery, from an empty folder, with curl, wget, a mail server and a webhook', async () => {
  const { key, check } = await makeMonitor()
  const curl = await execute(['curl', '-fsS', '-m', '10', '--retry', '5', check.ping_url])
  expect(curl).toEqual({ exitCode: 0, stdout: 'OK', stderr: '' })
  const wget = await execute(['wget', '-q', '-O', '-', '-T', '10', `${check.ping_url}/0`])
  expect(wget).toEqual({ exitCode: 0, stdout: 'OK', stderr: '' })
  const posted = await execute(['curl', '-fsS', '--data-raw', 'all is well', check.ping_url])
  expect(posted.stdout).toBe('OK')

  await eventually('the down mail', () => subjects().includes('Down: nightly-report'))
  await eventually('the down webhook', () => statuses().includes('down'))
  const { flips } = await cronguard.api(`/checks/${check.uuid}/flips/`, { key })
  expect(flips[0]).toMatchObject({ up: 0 })

  expect((await execute(['wget', '-q', '-O', '/dev/null', check.ping_url])).exitCode).toBe(0)
  await eventually('the recovery mail', () => subjects().includes('Up: nightly-report'))
  await eventually('the recovery webhook', () => statuses().includes('up'))

  expect(subjects().slice(0, 2)).toEqual(['Down: nightly-report', 'Up: nightly-report'])
  expect(statuses().slice(0, 2)).toEqual(['down', 'up'])
  const settled = await eventually('the outcome of the first four deliveries', async () => {
    const { deliveries } = await cronguard.api(`/checks/${check.uuid}/deliveries/`, { key })
    const first: Delivery[] = deliveries.slice(-4)
    return first.every(({ state }) => !['pending', 'sending'].includes(state)) && first
  })
  expectDeliveries(settled)
  expectSignature()
}, 60_000)

interface Delivery {
  id: string
  kind: string
  state: string
}

function expectDeliveries(first: Delivery[]): void {
  expect(first.map(({ state }) => state)).toEqual(['sent', 'sent', 'sent', 'sent'])
  expect(first.map(({ kind }) => kind).sort()).toEqual(['email', 'email', 'webhook', 'webhook'])
  const sentIds = http.received.map(({ headers }) => headers['x-cronguard-delivery'])
  for (const { id } of first.filter(({ kind }) => kind === 'webhook')) expect(sentIds).toContain(id)
}

function expectSignature(): void {
  const [first] = http.received
  const signature = createHmac('sha256', SECRET)
    .update(first?.body ?? '')
    .digest('hex')
  expect(first?.headers['x-cronguard-signature']).toBe(`sha256=${signature}`)
}

test('Every mail has a text part, an HTML part and its own message id', () => {
  const [down] = smtp.mails
  expect(down?.text).toContain('No ping received')
  expect(down?.html).toContain('nightly-report')
  expect(new Set(smtp.mails.map(({ messageId }) => messageId)).size).toBe(smtp.mails.length)
})

test('The log contains no keys and no ping URLs', async () => {
  const log = await Bun.file(cronguard.logPath).text()
  expect(log).toContain('Notification sent')
  expect(log).not.toMatch(/cgw_|\/ping\/[0-9a-f]{8}/)
  expect(log).not.toContain(SECRET)
})
