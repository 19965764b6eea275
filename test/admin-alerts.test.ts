import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { addUser } from '#actions/accounts.ts'
import { findMailServer, openMailer, saveMailServer } from '#actions/mail-server.ts'
import { projectsOf } from '#actions/projects.ts'
import type { Monitor } from '#domain/monitor.ts'
import { DAY, HOUR, MINUTE, SECOND } from '#lib/duration.ts'
import { createCurrentMailer } from '#lib/mail.ts'
import type { Loop } from '#loops/index.ts'
import { createWarner } from '#loops/warnings.ts'
import { saveMailPreferences } from '#store/accounts.ts'
import { TestGuard } from './support/cronguard.ts'
import { newOutbound } from './support/outbound.ts'
import { startHttpReceiver, startSmtpReceiver } from './support/receivers.ts'

const SMTP = { CRONGUARD_SMTP_HOST: 'mail.example.org', CRONGUARD_SMTP_SECURITY: 'none' }
const LATE = 'Deadline checks are late'
const STORAGE = "CronGuard can't record pings"

let guard: TestGuard
let warner: Loop
let backup: Monitor
let isDiskRefusing = false

function start(env: Record<string, string> = SMTP): void {
  guard = new TestGuard({ env: { CRONGUARD_BACKUP_KEEP: '0', ...env } })
  isDiskRefusing = false
  addAdmin('admin@example.org')
  const project = guard.project()
  backup = guard.monitor(project, { name: 'backup', schedule: { kind: 'period', periodMs: HOUR }, graceMs: MINUTE })
  startWarner()
}

function startWarner(): void {
  warner = createWarner(guard.deps, () => isDiskRefusing)
}

function addAdmin(email: string): string {
  return guard.db.write((tx) => addUser(tx, { email, passwordHash: 'none', isAdmin: true })).id
}

// Only the warner runs, so overdue deadlines are not checked.
async function pass(ms: number, stepMs = MINUTE): Promise<void> {
  for (let passed = 0; passed < ms; passed += stepMs) {
    guard.clock.advance(stepMs)
    await warner.tick()
    await warner.settled()
  }
}

async function beginLate(): Promise<void> {
  await guard.ping(backup)
  guard.clock.advance(HOUR + 2 * MINUTE)
}

const endLate = (): Promise<void> => guard.tick()
const sent = (): string[][] => guard.outside.mails.map(({ to, subject }) => [to, subject])
const ADMIN = 'admin@example.org'

beforeEach(() => start())
afterEach(() => guard.stop())

describe('Mail to administrators about a problem', () => {
  test('is sent once the problem has lasted 5 minutes, and once it is over', async () => {
    await beginLate()
    await pass(5 * MINUTE)
    expect(sent()).toEqual([])
    await pass(2 * MINUTE)
    expect(sent()).toEqual([[ADMIN, LATE]])
    const [begun] = guard.outside.mails
    expect(begun?.text).toContain('the oldest unchecked deadline passed')
    expect(begun?.text).toContain('Began: ')
    expect(begun?.text).toContain('/settings')
    await pass(HOUR)
    expect(sent()).toHaveLength(1)
    await endLate()
    await pass(4 * MINUTE)
    expect(sent()).toHaveLength(1)
    await pass(2 * MINUTE)
    expect(sent().slice(1)).toEqual([[ADMIN, `Resolved: ${LATE}`]])
    expect(guard.outside.mails[1]?.text).toMatch(/The problem lasted 1 hour \d minutes/)
    await pass(2 * DAY, HOUR)
    expect(sent().filter(([, subject]) => subject?.includes(LATE))).toHaveLength(2)
  })

  test('is not sent if it lasts less than 5 minutes', async () => {
    await beginLate()
    await pass(4 * MINUTE)
    await endLate()
    await pass(HOUR)
    expect(sent()).toEqual([])
  })

  test('is sent at most once in 24 hours, without an end for a begin that was not sent', async () => {
    for (let round = 0; round < 3; round += 1) {
      await beginLate()
      await pass(10 * MINUTE)
      await endLate()
      await pass(10 * MINUTE)
    }
    expect(sent()).toEqual([
      [ADMIN, LATE],
      [ADMIN, `Resolved: ${LATE}`],
    ])
    await pass(DAY, HOUR)
    await beginLate()
    await pass(10 * MINUTE)
    expect(sent()).toHaveLength(3)
  })

  test('is not sent again after a restart, and its end is', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cronguard-alerts-'))
    const path = join(folder, 'cronguard.db')
    guard.stop()
    guard = new TestGuard({ path, env: { CRONGUARD_BACKUP_KEEP: '0', ...SMTP } })
    addAdmin(ADMIN)
    const project = guard.project()
    backup = guard.monitor(project, { name: 'backup', schedule: { kind: 'period', periodMs: HOUR }, graceMs: MINUTE })
    startWarner()
    await beginLate()
    await pass(6 * MINUTE)
    await guard.restart()
    startWarner()
    await pass(10 * MINUTE)
    expect(sent()).toEqual([[ADMIN, LATE]])
    await guard.restart()
    await endLate()
    startWarner()
    await pass(10 * MINUTE)
    expect(sent().slice(1)).toEqual([[ADMIN, `Resolved: ${LATE}`]])
    rmSync(folder, { recursive: true })
  })

  test('is retried every 5 minutes while the mail server fails, for each administrator', async () => {
    addAdmin('second@example.org')
    guard.outside.failWith('refused')
    await beginLate()
    await pass(12 * MINUTE)
    const failed = guard.log.filter(({ event }) => event === 'Could not send an email')
    expect(failed).toHaveLength(4)
    guard.outside.failWith(null)
    await pass(5 * MINUTE)
    expect(sent().toSorted()).toEqual([
      [ADMIN, LATE],
      ['second@example.org', LATE],
    ])
  })

  test('is not sent to others, nor to an administrator who disabled it', async () => {
    const userId = addAdmin('quiet@example.org')
    const mails = { signIns: true, failures: true, warnings: false }
    guard.db.write((tx) => saveMailPreferences(tx, { userId, mails }))
    await beginLate()
    await pass(10 * MINUTE)
    expect(sent()).toEqual([[ADMIN, LATE]])
  })

  test('is sent once, even if an administrator disables and enables it meanwhile', async () => {
    const [userId] = guard.db.all<{ id: string }>("SELECT id FROM users WHERE email = 'admin@example.org'")
    const choose = (warnings: boolean) =>
      guard.db.write((tx) =>
        saveMailPreferences(tx, { userId: userId?.id ?? '', mails: { signIns: true, failures: true, warnings } }),
      )
    await beginLate()
    await pass(10 * MINUTE)
    choose(false)
    await pass(10 * MINUTE)
    choose(true)
    await pass(10 * MINUTE)
    expect(sent()).toEqual([[ADMIN, LATE]])
  })

  test('is not sent without a mail server', async () => {
    guard.stop()
    start({})
    await beginLate()
    await pass(10 * MINUTE)
    expect(sent()).toEqual([])
  })
})

describe('Mail to administrators about failing channels', () => {
  const failing = async (guardedBy: { email: string; isPermanent: boolean }) => {
    const userId = addAdmin(guardedBy.email)
    const [project] = projectsOf(guard.deps, guardedBy.email)
    if (!project) throw new Error('Every user has a project')
    const hook = guard.webhookTo(project, 'http://hooks.example.org/gone')
    const job = guard.monitor(project, { name: 'job' }, [hook])
    if (guardedBy.isPermanent)
      guard.deps.outbound.send = async () => ({ kind: 'answer', status: 410, headers: {}, body: '' })
    else guard.outside.failCallsTo('gone')
    await guard.ping(job, '/fail')
    await guard.tick()
    return userId
  }
  const ofKind = (part: string) => sent().filter(([, subject]) => subject?.includes(part))

  test('goes only to members of the project, with the names of the channels', async () => {
    await failing({ email: 'owner@example.org', isPermanent: false })
    await pass(30 * MINUTE)
    expect(ofKind('Channels are failing')).toEqual([['owner@example.org', 'Channels are failing']])
    expect(guard.outside.mails.at(-1)?.text).toContain('Channels: “webhook”')
  })

  test('is not sent to someone who was emailed about the failed notification', async () => {
    await failing({ email: 'owner@example.org', isPermanent: true })
    await pass(30 * MINUTE)
    expect(ofKind('Notification failed')).toEqual([['owner@example.org', 'Notification failed: job']])
    expect(ofKind('Channels are failing')).toEqual([])
  })
})

describe('A disk that refuses writes', () => {
  test('is mailed after 30 seconds, and again when writes work, with how long they did not', async () => {
    isDiskRefusing = true
    await pass(30 * SECOND, 10 * SECOND)
    expect(sent()).toEqual([])
    await pass(10 * SECOND, 10 * SECOND)
    expect(sent()).toEqual([[ADMIN, STORAGE]])
    expect(guard.outside.mails[0]?.text).toContain('Pings are answered with status 503')
    await pass(2 * MINUTE, 10 * SECOND)
    isDiskRefusing = false
    await pass(MINUTE, 10 * SECOND)
    expect(sent().slice(1)).toEqual([[ADMIN, `Resolved: ${STORAGE}`]])
    expect(guard.outside.mails[1]?.text).toContain('It could not for 2 minutes 30 seconds')
  })

  test('is mailed without a second email that the disk is almost full, until writes work', async () => {
    guard.stop()
    start({ ...SMTP, CRONGUARD_DATA_DIR: tmpdir(), CRONGUARD_DISK_RESERVE_BYTES: '999999999999999' })
    isDiskRefusing = true
    await pass(20 * MINUTE, 10 * SECOND)
    expect(sent()).toEqual([[ADMIN, STORAGE]])
    isDiskRefusing = false
    await pass(2 * MINUTE, 10 * SECOND)
    expect(sent().slice(1).toSorted()).toEqual([
      [ADMIN, `Resolved: ${STORAGE}`],
      [ADMIN, 'The disk is almost full'],
    ])
  })

  test('is mailed once, even if some writes work in between', async () => {
    for (let round = 0; round < 30; round += 1) {
      isDiskRefusing = round % 2 === 0
      await pass(10 * SECOND, 10 * SECOND)
    }
    expect(sent()).toEqual([[ADMIN, STORAGE]])
  })

  test('is mailed through the mail server of the last read if the database can not be read', async () => {
    const receiver = await startSmtpReceiver()
    guard.stop()
    start({})
    const { deps } = guard
    deps.mailer = createCurrentMailer(
      () => findMailServer(deps),
      (server) => openMailer(server, deps.log),
    )
    const from = 'CronGuard <cronguard@example.org>'
    const port = String(receiver.port)
    saveMailServer(deps, { host: '127.0.0.1', port, security: 'none', username: '', password: '', from })
    await warner.tick()
    guard.db.write((tx) => tx.runScript('DROP TABLE settings'))
    isDiskRefusing = true
    guard.clock.advance(MINUTE)
    for (let passed = 0; passed < 5; passed += 1) {
      guard.clock.advance(10 * SECOND)
      await expect(warner.tick()).rejects.toThrow('no such table')
      await warner.settled()
    }
    deps.mailer.close()
    await receiver.stop()
    expect(receiver.mails.map(({ subject }) => subject)).toEqual([STORAGE])
  })
})

describe('The admin alert URL', () => {
  const TOKEN = 's3cret-t0ken'

  test('gets begin and end as JSON, and its token is not logged', async () => {
    const receiver = startHttpReceiver()
    guard.stop()
    start({ CRONGUARD_ADMIN_ALERT_URL: `${receiver.url}/alert/${TOKEN}?key=${TOKEN}` })
    guard.deps.outbound = newOutbound({ allowsPrivate: false })
    await beginLate()
    await pass(10 * MINUTE)
    await endLate()
    await pass(10 * MINUTE)
    expect(receiver.received.map(({ path }) => path)).toEqual(Array(2).fill(`/alert/${TOKEN}`))
    const [begun, ended] = receiver.received.map(({ body }) => JSON.parse(body))
    expect(begun).toEqual({
      event: 'begin',
      problem: 'checker',
      title: LATE,
      text: expect.stringContaining('the oldest unchecked deadline passed'),
      server: 'http://127.0.0.1:8000',
      began_at: expect.stringMatching(/^2026-03-01T/),
      ended_at: null,
    })
    expect(ended).toMatchObject({ event: 'end', problem: 'checker', ended_at: expect.stringMatching(/^2026-03-01T/) })
    receiver.stop()
    await pass(DAY, HOUR)
    await beginLate()
    await pass(10 * MINUTE)
    expect(guard.log.at(-1)).toMatchObject({ level: 'warn', fields: { problem: 'Connection refused' } })
    expect(JSON.stringify(guard.log)).not.toContain(TOKEN)
  })

  test('follows the outbound rules', async () => {
    guard.stop()
    start({ CRONGUARD_ADMIN_ALERT_URL: 'http://169.254.169.254/latest' })
    guard.deps.outbound = newOutbound()
    await beginLate()
    await pass(10 * MINUTE)
    expect(guard.log.at(-1)?.fields.problem).toContain('cloud metadata address')
  })
})
