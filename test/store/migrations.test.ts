import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { migrate } from '#actions/schema.ts'
import { AppError } from '#lib/errors.ts'
import { sha256Hex } from '#lib/tokens.ts'
import { findChannel } from '#store/channels.ts'
import { type Db, openDatabase } from '#store/database.ts'
import {
  applyMigration,
  createMigrationsTable,
  MIGRATIONS,
  pendingMigrations,
  schemaVersion,
} from '#store/migrations.ts'
import { findMonitorById } from '#store/monitors.ts'
import { listQueues } from '#store/outbox.ts'
import { listProjects } from '#store/projects.ts'
import { fakeClock } from '../support/clock.ts'

const FOLDER = join(import.meta.dir, '../../migrations')
const ALL = MIGRATIONS.map(({ name }) => name)
const NEWEST = MIGRATIONS.length

/**
 * A released migration is never edited: databases that were created with it would be refused. Each change is a new
 * migration, with a new line here.
 */
const FROZEN = {
  '0001_init': 'e435ebd32d1af7a1e1fcd5ccbd66c71ae2194a3fa35d08f1f77340a972b67410',
  '0002_web': 'e9ccbf05bd833674d7d89f2726400bc2ec63754f5b1b57a22cca4223d3a30815',
  '0003_drop_in': 'a7dce87ad4222f1d6f79290c5d245b54a12626b5a26fce1a462ac9789784f4a1',
  '0004_blackouts': '4b522c3fbfac2827ea5bae1dfbffaa415105e3e047b6f5d9284448ff4fd183f3',
  '0005_sizes': '765ae2a931b8747efe028aa94cdd0828d0419526ce920fb126de6f518650ae74',
  '0006_boots': '2cf555912c9b20df0165ae115433231ccea448c32cc0fd0dcbefc8b9af8c840f',
  '0007_identity': 'de401477cb78e4796adb4d2d35110ed5429a4ead5c798b465bb093674a2fd2ab',
  '0008_bodies': '56c35045f27010224c77c7264724145d60cc9e832afa25fd4bff38dee402c24a',
  '0009_accounts': 'cdc305e589bafa3a94f69eeeebe44dfc1a7ffae35161005e45223d2356093979',
  '0010_lifecycle': '27f444c3ba7eb95e0cf88b87dfbc7810733c7508a43bbc2a429ad5ee4b7f6ea3',
  '0011_pings': '04e1d7ca385a81ba7927ec5b3dd7c892a95418e6c72e0046385a5325074f037c',
  '0012_threads': '7215a96e4e3067f6e1f6356dd323c42e6b4b7d7bb5ed9c300ac91aab38bae9d2',
  '0013_acknowledged_via': 'a057ff6e6a5d85f5ffa0fdf2aaea999a72e7e140fae3837f54925ee07df50e3c',
  '0014_messages': '42f5be7dee2d213e35736cfb6d3b7620171ea14764ea1fa232b5bfcd670a2558',
  '0015_channel_scope': 'bc2c010c45ad734095271474fccd0e577e7739ef9bc2828a74c632a48b5cfe20',
  '0016_confirmations': '4ca41d55b7567e9bc82cfafe673cf3fa19b2bde63b36d2fe74048cd65d3c717b',
  '0017_outbox': 'ded4994fc9b6b49eb3a5041699c11fc95f7c0c81f293ad79f4ef6bd0facf8055',
  '0018_groups': '16da9bc96de1312e4c92287904f0a2a1239d12b96bcae9d5a1b4a03016edbe2a',
  '0019_program_output': '586f127f878249e5d8124c8998f6424ad0c803dd688ff2e150f12e18e93ce355',
  '0021_alert_rules': 'bfb014b73efffbb6422d5cc077e0ac5c7b221e036f389836514fe749ba6eee3f',
  '0022_maintenance': '64abad98be56f634550b375a2bb5e26ae15a964e8d413bc2c8d11f72e9636f15',
  '0023_channel_rules': '8a4e329ada2701dd4033b7581f9036f7bd8c7632c910bd43dfa1fb148aa75779',
  '0024_grouping': '418cab141e5130a3fb515e00bfcc10067a57320c267ff17b139f15c28a3e6ee3',
  '0025_job_events': 'a2fd4d068ec52800fadf7a58759fd18f79850a583f2eda6542fb5d6562537c19',
  '0026_warning_mails': '046d7933d9316b8821b4da84702bbcb222de3f3b9097139a17f77cdfdd03b9aa',
  '0027_drills': 'ccf409f62536bdfd3ae76ed1c2652495fe7edd0deecbaa99f84262b04426b6c5',
  '0020_notices': '2cc5c6bb457a76853e3754b6ae614e26df49aa480da96b81745455ea4da5b47b',
}

const clock = fakeClock()
let db: Db

beforeEach(() => {
  db = openDatabase({ path: ':memory:', clock, busyTimeoutMs: 100 })
})
afterEach(() => db.close())

const schema = () => db.all<{ sql: string }>('SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name')
const applied = () => db.all('SELECT version, name, checksum, applied_at FROM migrations ORDER BY version')

/** A database whose newest migration differs from ours. */
function tamper(change: string): void {
  migrate(db)
  db.write((tx) => tx.run(`UPDATE migrations SET ${change} WHERE version = $version`, { version: NEWEST }))
}

const oldMonitor = (id: number): string => {
  const uuid = (letter: string) => `'${letter.repeat(35)}${id}'`
  return `INSERT INTO monitors (id, project_id, ping_key, grace_ms, unique_key, badge_key, created_at)
    VALUES (${id}, '${'p'.repeat(36)}', ${uuid('k')}, 60000, '${'u'.repeat(40)}', ${uuid('b')}, 0)`
}

/** The error message for a database that cannot be used. */
function refusal(): AppError {
  try {
    pendingMigrations(db)
  } catch (error) {
    if (error instanceof AppError) return error
  }
  throw new Error('The database was not refused.')
}

describe('Migrations', () => {
  test('are the files of migrations/, in order and without a gap', () => {
    const files = readdirSync(FOLDER).sort()
    expect(ALL.map((name) => `${name}.sql`)).toEqual(files)
    expect(MIGRATIONS.map(({ version }) => version)).toEqual(files.map((_, index) => index + 1))
    expect(files.map((file) => Number.parseInt(file, 10))).toEqual(MIGRATIONS.map(({ version }) => version))
    for (const { name, sql } of MIGRATIONS) expect(sql).toBe(readFileSync(join(FOLDER, `${name}.sql`), 'utf8'))
  })

  test('never change after their release', () => {
    expect(Object.fromEntries(MIGRATIONS.map(({ name, sql }) => [name, sha256Hex(sql)]))).toEqual(FROZEN)
  })

  test('are all applied to a new database, with checksum and time', () => {
    expect(schemaVersion(db)).toBe(0)
    expect(pendingMigrations(db)).toEqual(ALL)
    expect(migrate(db)).toEqual(ALL)
    expect(applied()).toEqual(
      MIGRATIONS.map(({ version, name, sql }) => ({
        version,
        name,
        checksum: sha256Hex(sql),
        applied_at: clock.now(),
      })),
    )
    expect(schemaVersion(db)).toBe(NEWEST)
    expect(db.all('SELECT 1 FROM monitors')).toEqual([])
  })

  test('are applied only once', () => {
    migrate(db)
    const before = { schema: schema(), applied: applied() }
    clock.advance(1000)
    expect(pendingMigrations(db)).toEqual([])
    expect(migrate(db)).toEqual([])
    expect({ schema: schema(), applied: applied() }).toEqual(before)
  })

  test('leave an intact database', () => {
    migrate(db)
    expect(db.all('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }])
    expect(db.all('PRAGMA foreign_key_check')).toEqual([])
  })

  test('that are interrupted are rolled back, and can be applied again', () => {
    db.write(createMigrationsTable)
    const before = schema()
    const interrupted = () =>
      db.write((tx): void => {
        applyMigration(tx, ALL[0] ?? '')
        throw new Error('the power went out')
      })
    expect(interrupted).toThrow('the power went out')
    expect(schema()).toEqual(before)
    expect(applied()).toEqual([])
    expect(pendingMigrations(db)).toEqual(ALL)
    expect(migrate(db)).toEqual(ALL)
  })

  test('that fail are rolled back', () => {
    db.write((tx) => {
      createMigrationsTable(tx)
      // Makes one of the last statements of the first migration fail.
      tx.runScript('CREATE TABLE blackouts (id INTEGER) STRICT')
    })
    const before = schema()
    expect(() => migrate(db)).toThrow('blackouts')
    expect(schema()).toEqual(before)
    expect(applied()).toEqual([])
  })

  test('keep open runs, with and without a run id', () => {
    db.write((tx) => {
      createMigrationsTable(tx)
      for (const name of ALL.slice(0, 2)) applyMigration(tx, name)
      tx.runScript(`
        INSERT INTO projects VALUES ('${'p'.repeat(36)}', 'Ops', '${'k'.repeat(22)}', '${'b'.repeat(36)}', 0);
        ${[1, 2, 3].map(oldMonitor).join(';')};
        UPDATE monitors SET run_started_at = 1000, run_id = 'a-run' WHERE id = 1;
        UPDATE monitors SET run_started_at = 2000 WHERE id = 2;`)
    })
    migrate(db)
    expect([1, 2, 3].map((id) => findMonitorById(db, id)?.openRuns)).toEqual([
      [{ startedAt: 1000, runId: 'a-run' }],
      [{ startedAt: 2000, runId: null }],
      [],
    ])
  })

  test('keep projects with their content, and pending deliveries', () => {
    const uuid = (digit: number): string => `00000000-0000-4000-8000-00000000000${digit}`
    db.write((tx) => {
      createMigrationsTable(tx)
      for (const name of ALL.slice(0, 6)) applyMigration(tx, name)
      tx.runScript(`
        INSERT INTO users (id, email, created_at) VALUES ('${uuid(1)}', 'alice@example.org', 7);
        INSERT INTO projects VALUES ('${uuid(2)}', 'Old', '${'k'.repeat(22)}', '${uuid(3)}', 7);
        INSERT INTO projects VALUES ('${uuid(4)}', 'New', '${'l'.repeat(22)}', '${uuid(5)}', 7);
        INSERT INTO memberships VALUES ('${uuid(2)}', '${uuid(1)}', 'owner', 7);
        INSERT INTO monitors (id, project_id, ping_key, badge_key, unique_key, grace_ms, alias, created_at)
        VALUES (1, '${uuid(2)}', '${uuid(6)}', '${uuid(7)}', '${'0'.repeat(40)}', 60000, 'nas1', 7);
        INSERT INTO transitions VALUES (1, 1, 'up', 'down', 8, 'timeout'), (2, 1, 'down', 'up', 9, 'ping');
        INSERT INTO channels (id, project_id, kind, name, settings, created_at)
        VALUES ('${uuid(8)}', '${uuid(2)}', 'email', 'ops', '{"address":"ops@example.org"}', 7);
        INSERT INTO notifications (id, transition_id, project_id, content, created_at)
        VALUES (1, 1, '${uuid(2)}', '{}', 8), (2, 2, '${uuid(2)}', '{}', 9);
        INSERT INTO deliveries (id, notification_id, monitor_id, channel_id, channel_kind, channel_name,
                                next_attempt_at, created_at, give_up_at)
        VALUES ('${uuid(9)}', 1, 1, '${uuid(8)}', 'email', 'ops', 8, 8, 86400000),
               ('${uuid(0)}', 2, 1, '${uuid(8)}', 'email', 'ops', 9, 9, 86400000);`)
    })
    migrate(db)
    expect(listProjects(db).map(({ name, pingKey }) => [name, pingKey[0]])).toEqual([
      ['Old', 'k'],
      ['New', 'l'],
    ])
    expect(findMonitorById(db, 1)).toMatchObject({ alias: 'nas1', aliasDialect: null, projectId: uuid(2) })
    // The recovery waits for the alert.
    expect(db.all('SELECT state, notification_id, channel_id, is_next FROM deliveries ORDER BY sequence')).toEqual([
      { state: 'pending', notification_id: 1, channel_id: uuid(8), is_next: 1 },
      { state: 'pending', notification_id: 2, channel_id: uuid(8), is_next: 0 },
    ])
    const look = { now: 9, sending: [], perChannel: 4, window: { from: '', max: 100 } }
    expect(listQueues(db, look).queues).toEqual([
      { channelId: uuid(8), kind: 'email', isFailing: false, due: [1], held: [] },
    ])
    const counts = ['memberships', 'transitions', 'channels', 'notifications'].map(
      (table) => db.get<{ count: number }>(`SELECT count(*) AS count FROM ${table}`)?.count,
    )
    expect(counts).toEqual([1, 2, 1, 2])
    expect(db.all('PRAGMA foreign_key_check')).toEqual([])
    const deleteProject = () => db.write((tx) => void tx.run('DELETE FROM projects WHERE id = $id', { id: uuid(2) }))
    deleteProject()
    expect(db.get<{ count: number }>('SELECT count(*) AS count FROM monitors')?.count).toBe(0)
  })

  test('keep a channel that every monitor uses for new ones, too', () => {
    const uuid = (digit: number): string => `00000000-0000-4000-8000-00000000000${digit}`
    db.write((tx) => {
      createMigrationsTable(tx)
      for (const name of ALL.slice(0, ALL.indexOf('0015_channel_scope'))) applyMigration(tx, name)
      tx.runScript(`
        INSERT INTO projects (id, name, ping_key, badge_key, created_at)
        VALUES ('${uuid(1)}', 'Two', '${'k'.repeat(22)}', '${uuid(2)}', 7),
               ('${uuid(3)}', 'Empty', '${'l'.repeat(22)}', '${uuid(4)}', 7);
        INSERT INTO channels (id, project_id, kind, name, settings, created_at)
        VALUES ('${uuid(5)}', '${uuid(1)}', 'email', 'whole', '{}', 7),
               ('${uuid(6)}', '${uuid(1)}', 'email', 'part', '{}', 7),
               ('${uuid(7)}', '${uuid(3)}', 'email', 'empty', '{}', 7);
        INSERT INTO monitors (id, project_id, ping_key, badge_key, unique_key, grace_ms, created_at)
        VALUES (1, '${uuid(1)}', '${uuid(8)}', '${uuid(8)}', '${'0'.repeat(40)}', 60000, 7),
               (2, '${uuid(1)}', '${uuid(9)}', '${uuid(9)}', '${'1'.repeat(40)}', 60000, 7);
        INSERT INTO monitor_channels VALUES (1, '${uuid(5)}'), (2, '${uuid(5)}'), (1, '${uuid(6)}');`)
    })
    migrate(db)
    expect([5, 6, 7].map((digit) => findChannel(db, uuid(digit))?.scope.is)).toEqual(['all', 'these', 'all'])
  })

  test('applyMigration throws for an unknown name', () => {
    db.write(createMigrationsTable)
    expect(() => db.write((tx) => applyMigration(tx, '9999_nothing'))).toThrow('There is no migration 9999_nothing.')
  })
})

describe('pendingMigrations refuses a database', () => {
  test('when one of its migrations differs, with advice', () => {
    tamper(`checksum = '${'0'.repeat(64)}'`)
    const { code, message } = refusal()
    expect(code).toBe('conflict')
    expect(message).toBe(
      `Migration ${ALL.at(-1)} in this database differs from that of this version. ` +
        'Use the version that created the database.',
    )
  })

  test('when it is newer than this version, with advice', () => {
    tamper('version = 4711')
    const { code, message } = refusal()
    expect(code).toBe('conflict')
    expect(message).toBe(
      'A newer version of CronGuard created this database (schema 4711). Install that version, or restore a backup.',
    )
  })

  test('without changing it', () => {
    tamper('version = 4711')
    const before = { schema: schema(), applied: applied() }
    expect(() => migrate(db)).toThrow(AppError)
    expect({ schema: schema(), applied: applied() }).toEqual(before)
  })
})

describe('A database of the first version', () => {
  test('gets its recent runs from its pings, and treats its users as verified', () => {
    db.write(createMigrationsTable)
    db.write((tx) => applyMigration(tx, '0001_init'))
    const uuid = (digit: number): string => `00000000-0000-4000-8000-00000000000${digit}`
    db.write((tx) =>
      tx.runScript(`
        INSERT INTO users (id, email, created_at) VALUES ('${uuid(1)}', 'alice@example.org', 7);
        INSERT INTO projects (id, name, ping_key, badge_key, created_at)
        VALUES ('${uuid(2)}', 'x', '${'k'.repeat(22)}', '${uuid(3)}', 7);
        INSERT INTO monitors (project_id, ping_key, badge_key, unique_key, grace_ms, created_at)
        VALUES ('${uuid(2)}', '${uuid(4)}', '${uuid(5)}', '${'0'.repeat(40)}', 60000, 7),
               ('${uuid(2)}', '${uuid(6)}', '${uuid(7)}', '${'1'.repeat(40)}', 60000, 7);`),
    )
    const kinds = [...Array(40).fill('success'), 'start', 'fail', 'log', 'ignored', 'success']
    for (const [index, kind] of kinds.entries()) {
      db.write((tx) =>
        tx.run(
          `INSERT INTO pings (monitor_id, number, kind, at, scheme, method)
           VALUES (1, $number, $kind, $at, 'http', 'GET')`,
          { number: index + 1, kind, at: index },
        ),
      )
    }
    migrate(db)
    expect(db.all<{ runs: string }>('SELECT recent_runs AS runs FROM monitors ORDER BY id')).toEqual([
      { runs: `${'s'.repeat(28)}fs` },
      { runs: '' },
    ])
    expect(db.get('SELECT email_verified_at, theme FROM users')).toEqual({ email_verified_at: 7, theme: 'system' })
  })
})
