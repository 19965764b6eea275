// Kills in the middle of a migration: the next start works as if nothing had happened.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { openDatabase } from '#store/database.ts'
import { applyMigration, createMigrationsTable, MIGRATIONS } from '#store/migrations.ts'
import { Binary } from '../support/binary.ts'
import { fakeClock } from '../support/clock.ts'
import { Killer } from '../support/killer.ts'

const ROUNDS = Number(process.env.FAULT_ROUNDS ?? 6)
/** Migration 4 rewrites every delivery, which takes a while. */
const OLD_SCHEMA = 3
const DELIVERIES = 60_000

let cronguard: Binary
let template: string

beforeAll(async () => {
  cronguard = await Binary.prepare()
  template = join(cronguard.folder, 'old.db')
  makeOldDatabase(template)
}, 60_000)
afterAll(() => cronguard.dispose())

test(
  `Migration: killed ${ROUNDS} times, the database has the old schema or the new one, with every row`,
  async () => {
    requeue()
    const killer = await Killer.prepare(cronguard, ['migrate'])

    const schemas: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      requeue()
      await killer.kill(['migrate'], { from: round / ROUNDS, to: (round + 1) / ROUNDS })
      const left = look()
      expect(left).toMatchObject({ sound: 'ok', deliveries: DELIVERIES, broken: 0, leftOver: 0 })
      schemas.push(left.schema)

      expect((await cronguard.run(['migrate'])).exitCode).toBe(0)
      expect(look()).toMatchObject({ schema: MIGRATIONS.length, sound: 'ok', deliveries: DELIVERIES, broken: 0 })
      for (const file of copies()) expect((await cronguard.run(['backup', 'verify', file])).exitCode).toBe(0)
      expect(copies().length).toBeGreaterThan(0)
    }
    expect(schemas.every((schema) => schema >= OLD_SCHEMA && schema <= MIGRATIONS.length)).toBe(true)
    expect(schemas).toContain(OLD_SCHEMA)
  },
  60_000 + ROUNDS * 10_000,
)

function makeOldDatabase(path: string): void {
  const db = openDatabase({ path, clock: fakeClock(), busyTimeoutMs: 100 })
  db.write((tx) => {
    createMigrationsTable(tx)
    for (const { name } of MIGRATIONS.slice(0, OLD_SCHEMA)) applyMigration(tx, name)
    const id = (letter: string): string => `'${letter.repeat(36)}'`
    tx.runScript(`
      INSERT INTO users (id, email, created_at) VALUES (${id('u')}, 'alice@example.org', 0);
      INSERT INTO projects VALUES (${id('p')}, 'Ops', '${'k'.repeat(22)}', ${id('b')}, 0);
      INSERT INTO monitors (id, project_id, ping_key, unique_key, badge_key, grace_ms, created_at)
      VALUES (1, ${id('p')}, ${id('m')}, '${'x'.repeat(40)}', ${id('c')}, 60000, 0);
      INSERT INTO transitions (id, monitor_id, from_status, to_status, at, reason)
      VALUES (1, 1, 'up', 'down', 0, 'timeout');
      INSERT INTO notifications VALUES (1, 1, '{}', 0);
      INSERT INTO deliveries
        (id, notification_id, monitor_id, channel_kind, channel_name, state, created_at, settled_at)
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${DELIVERIES})
      SELECT printf('%036d', i), 1, 1, 'gone', '', 'sent', 0, 0 FROM n;`)
  })
  db.checkpoint()
  db.close()
}

function requeue(): void {
  const folder = join(cronguard.folder, 'data')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
  copyFileSync(template, cronguard.databasePath)
}

function look() {
  return cronguard.withDatabase((database) => {
    const first = (sql: string) => Object.values(database.query<object, []>(sql).get() ?? {})[0]
    return {
      schema: Number(first('SELECT max(version) FROM migrations')),
      sound: first('PRAGMA integrity_check'),
      deliveries: first('SELECT count(*) FROM deliveries'),
      broken: database.query('PRAGMA foreign_key_check').all().length,
      leftOver: first("SELECT count(*) FROM sqlite_schema WHERE name LIKE '%\\_next' ESCAPE '\\'"),
    }
  })
}

/** The copies with a manifest, which are complete. */
function copies(): string[] {
  const folder = join(cronguard.folder, 'data', 'backups')
  const names = readdirSync(folder).filter((name) => /^before-schema-.*\.db$/.test(name))
  return names.map((name) => join(folder, name)).filter((file) => existsSync(`${file}.json`))
}
