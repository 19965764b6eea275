// The health of CronGuard: one word for everyone, details for admins.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { backupName, manifestOf, safetyName } from '#domain/backup.ts'
import type { PartHealth } from '#domain/health.ts'
import { createRequestHandler, type RequestHandler } from '#http/server.ts'
import { DAY, HOUR, MINUTE, SECOND } from '#lib/duration.ts'
import { markChannel } from '#store/channels.ts'
import { markAlive, markStarted } from '#store/heartbeat.ts'
import { TestGuard } from '../support/cronguard.ts'
import { memberOf, signedIn } from '../support/visitor.ts'

const TOKEN = 'a-token-that-only-tests-know'
const HOURLY = { schedule: { kind: 'period', periodMs: HOUR }, graceMs: MINUTE } as const
const LATE = 'Deadline checks are late: the oldest unchecked deadline passed'

let guard: TestGuard
let folder: string
let parts: PartHealth[]
let handler: RequestHandler

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cronguard-health-'))
  start()
})
afterEach(() => {
  guard.stop()
  rmSync(folder, { recursive: true, force: true })
})

function start(env: Record<string, string> = { CRONGUARD_METRICS_TOKEN: TOKEN }): void {
  guard = new TestGuard({ env: { CRONGUARD_DATA_DIR: folder, ...env } })
  parts = ['checker', 'outbox', 'database', 'live'].map((name) => ({ name, isHealthy: true, isRunning: true }))
  handler = createRequestHandler(guard.deps, () => parts, guard.live)
}

function become(name: string, isHealthy: boolean): void {
  parts = parts.map((part) => (part.name === name ? { ...part, isHealthy } : part))
}

type Plain = [status: number, body: string]

async function ask(path: string, headers: Record<string, string> = {}): Promise<Plain> {
  const response = await handler(new Request(`http://localhost${path}`, { headers }), '192.0.2.7')
  expect(response.headers.get('cache-control')).toBe('no-store')
  return [response.status, await response.text()]
}

async function askHealth(headers: Record<string, string> = {}): Promise<[status: number, json: unknown]> {
  const [status, body] = await ask('/health', headers)
  return [status, JSON.parse(body)]
}

async function cookieOf(email: string, isAdmin: boolean): Promise<Record<string, string>> {
  const visitor = await signedIn(guard, email)
  guard.db.write((tx) => tx.run('UPDATE users SET is_admin = $isAdmin WHERE email = $email', { email, isAdmin }))
  return { Cookie: visitor.cookie }
}

/** A deadline has passed, and the watcher has not run. */
async function fallBehind(): Promise<void> {
  const job = guard.monitor(guard.project(), { name: 'backup', ...HOURLY })
  await guard.ping(job)
  guard.clock.advance(2 * HOUR)
}

describe('/livez', () => {
  test('answers while the process runs, whatever else fails', async () => {
    expect(await ask('/livez')).toEqual([200, 'alive\n'])
    for (const { name } of parts) become(name, false)
    expect(await ask('/livez')).toEqual([200, 'alive\n'])
  })
})

describe('/readyz', () => {
  const READY: Plain = [200, 'ready\n']
  const NOT_READY: Plain = [503, 'not ready\n']

  test('answers 200 after the first heartbeat', async () => {
    expect(await ask('/readyz')).toEqual(NOT_READY)
    guard.db.write(markStarted)
    expect(await ask('/readyz')).toEqual(READY)
  })

  test('answers 503 when the last heartbeat is too old', async () => {
    guard.db.write(markStarted)
    guard.clock.advance(15 * SECOND)
    expect(await ask('/readyz')).toEqual(READY)
    guard.clock.advance(SECOND)
    expect(await ask('/readyz')).toEqual(NOT_READY)
    guard.db.write(markAlive)
    expect(await ask('/readyz')).toEqual(READY)
  })

  test.each(['checker', 'outbox', 'database'])('answers 503 while the %s fails, without the reason', async (name) => {
    guard.db.write(markStarted)
    become(name, false)
    expect(await ask('/readyz')).toEqual(NOT_READY)
  })

  test('answers 200 when a part fails that pings do not need', async () => {
    guard.db.write(markStarted)
    become('live', false)
    expect(await ask('/readyz')).toEqual(READY)
  })

  test('answers 503 when the database lacks a migration or cannot be read', async () => {
    guard.db.write(markStarted)
    guard.db.write((tx) => tx.run('DELETE FROM migrations WHERE version = 2'))
    expect(await ask('/readyz')).toEqual(NOT_READY)
    guard.db.close()
    expect(await ask('/readyz')).toEqual(NOT_READY)
    expect(await ask('/livez')).toEqual([200, 'alive\n'])
    start()
  })
})

describe('/health', () => {
  test.each([
    [true, 200, 'ok'],
    [false, 503, 'failing'],
  ])('shows strangers only whether every part works (%p)', async (isHealthy, status, word) => {
    become('live', isHealthy)
    expect(await askHealth()).toEqual([status, { status: word }])
  })

  test('shows no more to a user who is not an admin, or with a wrong token', async () => {
    await fallBehind()
    become('outbox', false)
    const unauthorized = [
      await cookieOf('mallory@example.org', false),
      { Authorization: 'Bearer not-the-token-that-tests-know' },
      { Authorization: `Basic ${btoa(`x:${TOKEN}`)}` },
      { Cookie: 'cronguard=forged' },
    ]
    for (const headers of unauthorized) expect(await askHealth(headers)).toEqual([503, { status: 'failing' }])
  })

  test('shows every part and every warning to an admin, or with the metrics token', async () => {
    await fallBehind()
    become('outbox', false)
    const known = [await cookieOf('alice@example.org', true), { Authorization: `Bearer ${TOKEN}` }]
    for (const headers of known) {
      expect(await askHealth(headers)).toEqual([
        503,
        {
          status: 'failing',
          parts: { checker: 'ok', outbox: 'failing', database: 'ok', live: 'ok' },
          warnings: [{ kind: 'checker', text: expect.stringContaining(LATE) }],
        },
      ])
    }
  })

  test('accepts no token when none is set', async () => {
    guard.stop()
    start({})
    for (const token of ['null', 'undefined', ''])
      expect(await askHealth({ Authorization: `Bearer ${token}` })).toEqual([200, { status: 'ok' }])
  })
})

describe('Warnings', () => {
  const EVERYWHERE = ['/settings', '/docs', '/docs/configuration', '/projects/new']

  test('are shown on every page to an admin, and to no one else', async () => {
    await fallBehind()
    const admin = await signedIn(guard, 'root@example.org')
    await cookieOf('root@example.org', true)
    const owner = await signedIn(guard, 'alice@example.org')
    for (const path of EVERYWHERE) {
      expect(await admin.read(path)).toContain(LATE)
      expect(await owner.read(path)).not.toContain(LATE)
      expect(await (await guard.request(path)).text()).not.toContain(LATE)
    }
    await guard.tick()
    for (const path of EVERYWHERE) expect(await admin.read(path)).not.toContain(LATE)
  })

  const kinds = async (): Promise<string[]> => {
    const [, { warnings }] = (await askHealth({ Authorization: `Bearer ${TOKEN}` })) as [
      number,
      { warnings: { kind: string }[] },
    ]
    return warnings.map(({ kind }) => kind)
  }

  test('appear when the outbox does not send due deliveries, and not when only a receiver fails', async () => {
    const project = guard.project()
    const [backup, report] = ['backup', 'report'].map((name) => guard.monitor(project, { name }))
    guard.mailTo(project, 'ops@example.org')
    if (!backup || !report) throw new Error('There are two')
    await guard.ping(backup, '/fail')
    guard.clock.advance(16 * MINUTE)
    expect(await kinds()).toEqual(['outbox'])
    guard.outside.failWith('refused')
    await guard.tick()
    await guard.ping(report, '/fail')
    for (let hour = 1; hour < 30; hour += 1) {
      await guard.pass(HOUR)
      expect(await kinds()).toEqual(['channels'])
    }
  })

  test('link to the failing channel for an admin who is a member of its project', async () => {
    const project = guard.project()
    const channel = guard.mailTo(project, 'ops@example.org')
    guard.db.write((tx) => markChannel(tx, { channelId: channel, isFailing: true }))
    guard.clock.advance(HOUR)
    const link = `href="/channels/${channel}"`
    const [own, foreign] = [await memberOf(guard, project, 'viewer'), await signedIn(guard, 'root@example.org')]
    expect(await own.read('/docs')).not.toContain(link)
    guard.db.write((tx) => tx.run('UPDATE users SET is_admin = 1'))
    expect(await own.read('/docs')).toContain(link)
    expect(await foreign.read('/docs')).not.toContain('has been failing')
    expect(await kinds()).toEqual(['channels'])
  })

  test('appear when messages keep failing, until one is delivered', async () => {
    const project = guard.project()
    const [backup, report] = ['backup', 'report'].map((name) => guard.monitor(project, { name }))
    guard.mailTo(project, 'ops@example.org')
    guard.outside.failWith('refused')
    const fail = async (monitor?: { pingKey: string }): Promise<void> => {
      if (monitor) await guard.ping(monitor, '/fail')
      await guard.tick()
    }
    await fail(backup)
    guard.clock.advance(10 * MINUTE)
    expect(await kinds()).toEqual([])
    guard.clock.advance(6 * MINUTE)
    expect(await kinds()).toEqual(['channels'])
    guard.outside.failWith(null)
    await fail(report)
    expect(await kinds()).toEqual([])
  })

  test('appear when the newest complete backup is too old, dated ahead or missing', async () => {
    guard.clock.advance(3 * DAY)
    expect(await kinds()).toEqual(['backup'])
    mkdirSync(join(folder, 'backups'))
    const file = (name: string): void => writeFileSync(join(folder, 'backups', name), '')
    const backup = (madeAt: number): void => {
      file(backupName(madeAt))
      file(manifestOf(backupName(madeAt)))
    }
    backup(guard.clock.now() - 3 * DAY)
    backup(Date.UTC(2099, 0, 1, 3))
    file(backupName(guard.clock.now() - HOUR))
    file(safetyName('before-restore', guard.clock.now()))
    expect(await kinds()).toEqual(['backup'])
    backup(guard.clock.now() - DAY)
    expect(await kinds()).toEqual([])
  })

  test('appear without a backup even if the clock was ahead when CronGuard was installed', async () => {
    guard.db.write((tx) => tx.run('UPDATE migrations SET applied_at = $at', { at: Date.UTC(2099, 0, 1) }))
    expect(await kinds()).toEqual(['backup'])
  })

  test('do not ask for backups when backups are disabled', async () => {
    guard.stop()
    start({ CRONGUARD_METRICS_TOKEN: TOKEN, CRONGUARD_BACKUP_KEEP: '0' })
    guard.clock.advance(3 * DAY)
    expect(await kinds()).toEqual([])
  })
})
