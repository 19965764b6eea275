// The app with all its parts, started in this process.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type App, startApp, withNewDeps } from '#app.ts'
import { readConfig } from '#config.ts'
import { systemClock } from '#lib/clock.ts'
import { HOUR } from '#lib/duration.ts'
import type { ServiceManager } from '#lib/systemd.ts'
import { inspectDatabase } from '#store/backup.ts'
import { openDatabase } from '#store/database.ts'
import { markStarted } from '#store/heartbeat.ts'
import { lockFolder } from '#store/lock.ts'
import { applyMigration, createMigrationsTable, MIGRATIONS, schemaVersion } from '#store/migrations.ts'
import { eventually } from './support/binary.ts'
import { startHttpReceiver } from './support/receivers.ts'

const TOKEN = 'a-token-that-only-tests-know'
const NO_MANAGER: ServiceManager = {
  watchdogMs: null,
  ready: () => {},
  stopping: () => {},
  alive: () => {},
  status: () => {},
  extendStartTimeout: () => {},
}

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cronguard-running-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function settingOf(env: Record<string, string>) {
  const config = readConfig({ CRONGUARD_DATA_DIR: folder, CRONGUARD_LOG_LEVEL: 'error', ...env })
  return { config, clock: systemClock }
}

function freePort(): number {
  const probe = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response() })
  const { port = 0 } = probe
  probe.stop(true)
  return port
}

describe('startApp', () => {
  let app: App | undefined
  let url: string

  beforeEach(async () => {
    const port = freePort()
    url = `http://127.0.0.1:${port}`
    app = await startApp(settingOf({ CRONGUARD_PORT: String(port), CRONGUARD_METRICS_TOKEN: TOKEN }), NO_MANAGER)
  })
  afterEach(() => app?.stop())

  test('is alive and ready at once, and /health shows all parts with the token', async () => {
    const answers = await Promise.all(['/livez', '/readyz', '/health'].map((path) => fetch(url + path)))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(await answers[2]?.json()).toEqual({ status: 'ok' })
    const health = await fetch(`${url}/health`, { headers: { Authorization: `Bearer ${TOKEN}` } })
    expect(await health.json()).toMatchObject({
      status: 'ok',
      parts: { checker: 'ok', outbox: 'ok', database: 'ok', watcher: 'ok', warnings: 'ok' },
    })
  })
})

test('startApp: while it waits for a correct clock, it is alive, but neither ready nor healthy', async () => {
  const ahead = { ...systemClock, now: () => systemClock.now() + HOUR }
  await withNewDeps({ ...settingOf({}), clock: ahead }, ({ db }) => db.write(markStarted))
  const port = freePort()
  const statuses: string[] = []
  const manager = { ...NO_MANAGER, watchdogMs: 40, status: (text: string) => void statuses.push(text) }
  const app = await startApp(settingOf({ CRONGUARD_PORT: String(port), CRONGUARD_METRICS_TOKEN: TOKEN }), manager)
  const headers = { Authorization: `Bearer ${TOKEN}` }
  const ask = (path: string) => fetch(`http://127.0.0.1:${port}${path}`, { headers })
  const answers = await Promise.all(['/livez', '/readyz', '/health'].map(ask))
  await eventually('the status "Unhealthy"', () => statuses.includes('Unhealthy: checker'))
  await app.stop()
  expect(answers.map(({ status }) => status)).toEqual([200, 503, 503])
  expect(await answers[2]?.json()).toMatchObject({ status: 'failing', parts: { checker: 'failing', database: 'ok' } })
})

describe('withNewDeps: outgoing requests follow the settings', () => {
  const OPEN = { CRONGUARD_REGISTRATION: 'open' }
  const cases: [env: Record<string, string>, kind: 'answer' | 'blocked'][] = [
    [{}, 'answer'],
    [OPEN, 'blocked'],
    [{ ...OPEN, CRONGUARD_OUTBOUND_ALLOW: '127.0.0.1' }, 'answer'],
  ]

  test.each(cases)('with %j, a request to this machine ends with: %s', async (env, kind) => {
    const receiver = startHttpReceiver()
    const call = { method: 'GET', url: receiver.url, headers: {}, body: '', timeoutMs: 5000 } as const
    const result = await withNewDeps(settingOf(env), ({ outbound }) => outbound.send(call))
    await receiver.stop()
    expect(result.kind).toBe(kind)
  })
})

describe('Data folder', () => {
  test('is not changed by servers and commands while another process uses it', async () => {
    const lock = lockFolder(folder)
    const tries = await Promise.allSettled([startApp(settingOf({}), NO_MANAGER), withNewDeps(settingOf({}), () => {})])
    lock?.release()
    for (const tried of tries) {
      expect(String(tried.status === 'rejected' && tried.reason)).toContain('Another CronGuard process is using')
    }
    expect(readdirSync(folder)).toEqual(['cronguard.lock'])
  })

  test('is not opened if it was replaced after it was locked', async () => {
    const { config, clock } = settingOf({ CRONGUARD_SECRET_KEY: 'a-key-that-only-tests-know' })
    const moved = {
      ...config,
      // This setting is the last one that is read before the database is opened.
      get secretKey() {
        if (readdirSync(folder).includes('cronguard.lock')) exchange(folder)
        return config.secretKey
      },
    }
    await expect(startApp({ config: moved, clock }, NO_MANAGER)).rejects.toThrow('was replaced by another file')
    const lock = lockFolder(folder)
    expect(lock).not.toBeNull()
    lock?.release()
    rmSync(`${folder}-moved`, { recursive: true })
  })

  function exchange(path: string): void {
    renameSync(path, `${path}-moved`)
    mkdirSync(path)
  }
})

describe('Upgrade of the database', () => {
  const OLDER = [1, 2, 3].map((day) => `before-schema-2-2026010${day}T000000Z.db`)
  const copies = () => readdirSync(join(folder, 'backups')).filter((name) => name.endsWith('.db'))
  const upgrade = () => withNewDeps(settingOf({}), ({ db }) => schemaVersion(db))
  const change = (sql: string) => {
    const db = openDatabase({ path: join(folder, 'cronguard.db'), clock: systemClock, busyTimeoutMs: 100 })
    db.write((tx) => tx.runScript(sql))
    db.close()
  }

  // The table "sizes" makes the migration fail that creates it.
  beforeEach(() => {
    const db = openDatabase({ path: join(folder, 'cronguard.db'), clock: systemClock, busyTimeoutMs: 100 })
    db.write((tx) => {
      createMigrationsTable(tx)
      applyMigration(tx, MIGRATIONS[0]?.name ?? '')
      tx.runScript(`INSERT INTO users (id, email, created_at) VALUES ('${'u'.repeat(36)}', 'alice@example.org', 0);
        CREATE TABLE sizes (id INTEGER) STRICT`)
    })
    db.close()
    mkdirSync(join(folder, 'backups'))
    for (const name of OLDER) writeFileSync(join(folder, 'backups', name), '')
  })

  test('that fails is reported, and keeps one copy of the old database, however often it is retried', async () => {
    await expect(upgrade()).rejects.toThrow(
      /^Upgrading the database failed: migration 0005_sizes was rolled back \(table sizes already exists\)/,
    )
    const [made] = copies().filter((name) => !OLDER.includes(name))
    for (let start = 0; start < 4; start++) await expect(upgrade()).rejects.toThrow('0005_sizes')
    expect(copies().sort()).toEqual([...OLDER, made ?? ''].sort())
    expect(inspectDatabase(join(folder, 'backups', made ?? '')).schema).toBe(1)
  })

  test('that succeeds deletes the oldest copy', async () => {
    change('DROP TABLE sizes')
    expect(await upgrade()).toBe(MIGRATIONS.length)
    expect(copies()).toHaveLength(3)
    expect(copies()).not.toContain(OLDER[0])
  })
})
