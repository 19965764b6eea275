// From an empty folder to the first alert by email, with forms only: no variables, no restart.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { Binary, eventually } from '../support/binary.ts'
import { startSmtpReceiver } from '../support/receivers.ts'
import { Visitor, words } from '../support/visitor.ts'

const EMAIL = 'ada@example.org'
const CREDENTIALS = { username: 'cronguard', password: 'smtp-password-99' }
/** The promise is two minutes, for a person who types. */
const MAX_MS = 120_000

let smtp: Awaited<ReturnType<typeof startSmtpReceiver>>
let cronguard: Binary
let ada: Visitor

beforeAll(async () => {
  smtp = await startSmtpReceiver(CREDENTIALS)
  cronguard = await Binary.prepare()
  ada = new Visitor({ request: (path, init) => fetch(cronguard.url + path, { ...init, redirect: 'manual' }) })
}, 120_000)
afterAll(async () => {
  await cronguard.dispose()
  await smtp.stop()
})

async function submit(path: string, fields: Record<string, string>): Promise<string> {
  const { status, headers } = await ada.post(path, fields, { Origin: cronguard.url })
  expect([path, status]).toEqual([path, 303])
  return headers.get('location') ?? ''
}

const subjects = () => smtp.mails.map(({ subject }) => subject)

test('The first alert arrives by email within two minutes of the first command, without a restart', async () => {
  const startedAt = performance.now()
  await cronguard.start()
  const log = await eventually('the setup link', async () => {
    const text = await Bun.file(cronguard.logPath).text()
    return text.includes('/setup?token=') && text
  })
  await submit(/\/setup\?token=\S+/.exec(log)?.[0] ?? '', { email: EMAIL, password: 'a very long engine' })
  expect(words(await ada.read('/'))).toContain('Set up the mail server')

  const server = { host: '127.0.0.1', port: String(smtp.port), security: 'none', from: `CronGuard <${EMAIL}>` }
  await submit('/instance/mail-server', { ...server, ...CREDENTIALS })
  const tested = await ada.post('/instance/mail-server/test', {}, { Origin: cronguard.url })
  expect(words(await tested.text())).toContain(`Test sent to ${EMAIL}.`)

  const [, project = ''] = /\/projects\/([0-9a-f-]{36})/.exec(await ada.read('/')) ?? []
  const form = { name: 'backup', schedule: 'every 2 seconds', graceCount: '1', graceUnit: 'seconds', timeZone: 'UTC' }
  const monitor = await submit(`/projects/${project}/monitors`, form)
  const [ping = ''] = /\/ping\/[0-9a-f-]{36}/.exec(await ada.read(monitor)) ?? []
  expect(await (await fetch(cronguard.url + ping)).text()).toBe('OK')
  await eventually('the alert', () => subjects().includes('Down: backup'))
  expect(performance.now() - startedAt).toBeLessThan(MAX_MS)
  expect(subjects()).toEqual(['CronGuard test email', 'Down: backup'])
}, 150_000)

test('The mail server survives a restart, and commands read it', async () => {
  await cronguard.end('SIGTERM')
  await cronguard.start()
  const found = JSON.parse((await cronguard.run(['doctor', '--json'])).stdout)
  expect(found.find(({ name }: { name: string }) => name === 'mail')).toMatchObject({
    state: 'ok',
    says: 'Signed in to 127.0.0.1 without encryption. No email was sent.',
  })
  const settings = JSON.parse((await cronguard.run(['config', 'show', '--json'])).stdout)
  expect(settings).toContainEqual({ name: 'CRONGUARD_SMTP_HOST', value: '127.0.0.1', from: 'server page' })
  expect(settings).toContainEqual({ name: 'CRONGUARD_SMTP_PASSWORD', value: '********', from: 'server page' })
  const sent = smtp.mails.length
  expect((await cronguard.run(['channel', 'test', EMAIL, 'Email'])).exitCode).toBe(0)
  await eventually('the test', () => smtp.mails.length > sent)
}, 60_000)

test('The password of the mail server is in no log, and in the database only encrypted', async () => {
  expect(await Bun.file(cronguard.logPath).text()).not.toContain(CREDENTIALS.password)
  for (const file of [cronguard.databasePath, `${cronguard.databasePath}-wal`]) {
    const bytes = Buffer.from(await Bun.file(file).arrayBuffer())
    expect([file, bytes.includes(CREDENTIALS.password), bytes.includes(btoa(CREDENTIALS.password))]).toEqual([
      file,
      false,
      false,
    ])
  }
})
