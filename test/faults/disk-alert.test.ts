// The disk of a real process fills up, and the administrators are alerted.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Binary, eventually } from '../support/binary.ts'
import { fill, mount, unmount, whyNoDisk } from '../support/disk.ts'
import { firstUser, monitorOf } from '../support/job.ts'
import { startHttpReceiver, startSmtpReceiver } from '../support/receivers.ts'

const DISK_BYTES = 24_000_000
const TOKEN = 's3cret-t0ken'
const BEGUN = "CronGuard can't record pings"
const why = whyNoDisk()

describe.skipIf(why !== null)(`On a full disk${why === null ? '' : ` (skipped: ${why})`}`, () => {
  let folder: string
  let data: string
  let cronguard: Binary
  let smtp: Awaited<ReturnType<typeof startSmtpReceiver>>
  let http: ReturnType<typeof startHttpReceiver>

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cronguard-full-'))
    data = join(folder, 'data')
    mkdirSync(data)
    mount(data, DISK_BYTES)
    smtp = await startSmtpReceiver()
    http = startHttpReceiver()
    const env = {
      CRONGUARD_SMTP_HOST: '127.0.0.1',
      CRONGUARD_SMTP_PORT: String(smtp.port),
      CRONGUARD_SMTP_SECURITY: 'none',
      CRONGUARD_SMTP_FROM: 'CronGuard <cronguard@example.org>',
      CRONGUARD_ADMIN_ALERT_URL: `${http.url}/alert?token=${TOKEN}`,
    }
    cronguard = await Binary.prepare(env, folder)
    await cronguard.run(['user', 'create', 'admin@example.org', '--admin'])
    await cronguard.start()
  })

  afterAll(async () => {
    await cronguard.end('SIGKILL')
    unmount(data)
    http.stop()
    await smtp.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const mails = () => smtp.mails.map(({ to, subject }) => [to && 'text' in to ? to.text : '', subject])
  const events = () => http.received.map(({ body }) => JSON.parse(body)).map(({ event, problem }) => [event, problem])

  test('administrators get one email and one request, pings get 503, and both say when it is over', async () => {
    const { key } = await firstUser(cronguard)
    const job = await monitorOf(cronguard, { key, name: 'backup', timeout: 3600, grace: 3600 })
    const ping = async () => (await fetch(job.url, { method: 'POST', body: 'x'.repeat(9000) })).status
    fill(join(data, 'ballast'), DISK_BYTES)
    await eventually('a refusal', async () => (await ping()) === 503)
    await eventually('an email', () => smtp.mails.length > 0 && http.received.length > 0, 70_000)
    expect(mails()).toEqual([['admin@example.org', BEGUN]])
    expect(smtp.mails[0]?.text).toContain('The disk with the data folder is full.')
    expect(await ping()).toBe(503)
    rmSync(join(data, 'ballast'))
    await eventually('a ping that is recorded', async () => (await ping()) === 200)
    await eventually('the second email', () => smtp.mails.length > 1 && http.received.length > 1, 70_000)
    expect(mails().slice(1)).toEqual([['admin@example.org', `Resolved: ${BEGUN}`]])
    expect(events()).toEqual([
      ['begin', 'storage'],
      ['end', 'storage'],
    ])
    expect(readFileSync(cronguard.logPath, 'utf8')).not.toContain(TOKEN)
  }, 180_000)
})
