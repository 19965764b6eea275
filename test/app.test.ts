// A CronGuard that runs, within this process: what only its start can put together.
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
const UNKNOWN_PEER: ServiceManager = {
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

describe('A CronGuard that runs', () => {
  let app: App | undefined
  let url: string

  beforeEach(async () => {
    const port = freePort()
    url = `http://127.0.0.1:${port}`
    app = await startApp(settingOf({ CRONGUARD_PORT: String(port), CRONGUARD_METRICS_TOKEN: TOKEN }), UNKNOWN_PEER)
  })
  afterEach(() => app?.stop())

  test('is alive and ready at once, and shows all its parts to whoever runs it', async () => {
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

test('While it waits for a clock that can be right, it is alive and tells everybody that it is not well', async () => {
  const ahead = { ...systemClock, now: () => systemClock.now() + HOUR }
  await withNewDeps({ ...settingOf({}), clock: ahead }, ({ db }) => db.write(markStarted))
  const port = freePort()
  const told: string[] = []
  const manager = { ...UNKNOWN_PEER, watchdogMs: 40, status: (text: string) => void told.push(text) }
  const app = await startApp(settingOf({ CRONGUARD_PORT: String(port), CRONGUARD_METRICS_TOKEN: TOKEN }), manager)
  const headers = { Authorization: `Bearer ${TOKEN}` }
  const ask = (path: string) => fetch(`http://127.0.0.1:${port}${path}`, { headers })
  const answers = await Promise.all(['/livez', '/readyz', '/health'].map(ask))
  await eventually('a look at what is not well', () => told.includes('Unhealthy: checker'))
  await app.stop()
  expect(answers.map(({ status }) => status)).toEqual([200, 503, 503])
  expect(await answers[2]?.json()).toMatchObject({ status: 'failing', parts: { checker: 'failing', database: 'ok' } })
})

describe('Its calls keep to the settings', () => {
  const OPEN = { CRONGUARD_REGISTRATION: 'open' }
  const cases: [env: Record<string, string>, kind: 'answer' | 'blocked'][] = [
    [{}, 'answer'],
    [OPEN, 'blocked'],
    [{ ...OPEN, CRONGUARD_OUTBOUND_ALLOW: '127.0.0.1' }, 'answer'],
  ]

  test.each(cases)('with %j a call to this machine ends with: %s', async (env, kind) => {
    const receiver = startHttpReceiver()
    const call = { method: 'GET', url: receiver.url, headers: {}, body: '', timeoutMs: 5000 } as const
    const result = await withNewDeps(settingOf(env), ({ outbound }) => outbound.send(call))
    await receiver.stop()
    expect(result.kind).toBe(kind)
  })
})

describe('The data folder', () => {
  test('is left as it is, by servers and by commands, while somebody else has it', async () => {
    const lock = lockFolder(folder)
    const tries = await Promise.allSettled([
      startApp(settingOf({}), UNKNOWN_PEER),
      withNewDeps(settingOf({}), () => {}),
    ])
    lock?.release()
    for (const tried of tries) {
      expect(String(tried.status === 'rejected' && tried.reason)).toContain('Another CronGuard process is using')
    }
    expect(readdirSync(folder)).toEqual(['cronguard.lock'])
  })

  test('must be the one that was locked: another one in its place is not opened', async () => {
    const { config, clock } = settingOf({ CRONGUARD_SECRET_KEY: 'a-key-that-only-tests-know' })
    const moved = {
      ...config,
      // The last that is read before the database is opened.
      get secretKey() {
        if (readdirSync(folder).includes('cronguard.lock')) exchange(folder)
        return config.secretKey
      },
    }
    await expect(startApp({ config: moved, clock }, UNKNOWN_PEER)).rejects.toThrow('was replaced by another file')
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

describe('An upgrade', () => {
  const OLDER = [1, 2, 3].map((day) => `before-schema-2-2026010${day}T000000Z.db`)
  const copies = () => readdirSync(join(folder, 'backups')).filter((name) => name.endsWith('.db'))
  const upgrade = () => withNewDeps(settingOf({}), ({ db }) => schemaVersion(db))
  const change = (sql: string) => {
    const db = openDatabase({ path: join(folder, 'cronguard.db'), clock: systemClock, busyTimeoutMs: 100 })
    db.write((tx) => tx.runScript(sql))
    db.close()
  }

  // In the way of the newest migration stands a table of its name.
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

  test('that fails says so, and keeps the copy of what was there, however often it is tried', async () => {
    await expect(upgrade()).rejects.toThrow(
      /^Upgrading the database failed: migration 0005_sizes was rolled back \(table sizes already exists\)/,
    )
    const [made] = copies().filter((name) => !OLDER.includes(name))
    for (let start = 0; start < 4; start++) await expect(upgrade()).rejects.toThrow('0005_sizes')
    expect(copies().sort()).toEqual([...OLDER, made ?? ''].sort())
    expect(inspectDatabase(join(folder, 'backups', made ?? '')).schema).toBe(1)
  })

  test('that is done lets the oldest copy go', async () => {
    change('DROP TABLE sizes')
    expect(await upgrade()).toBe(MIGRATIONS.length)
    expect(copies()).toHaveLength(3)
    expect(copies()).not.toContain(OLDER[0])
  })
})
