// Migration 11 rewrites pings and bodies, and loses no row.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { migrate } from '#actions/schema.ts'
import { findBody, findMail } from '#store/bodies.ts'
import { countRecordedPings } from '#store/counts.ts'
import { type Db, openDatabase } from '#store/database.ts'
import { applyMigration, createMigrationsTable, MIGRATIONS } from '#store/migrations.ts'
import { findMonitorById } from '#store/monitors.ts'
import { findPing, findStartOrEnd, listPings } from '#store/pings.ts'
import { findStory } from '#store/stories.ts'
import { listNewestPings } from '#store/timeline.ts'
import { fakeClock } from '../support/clock.ts'

const uuid = (digit: number): string => `00000000-0000-4000-8000-00000000000${digit}`
const MAIL = { subject: 'Report', parts: [{ name: 'Text', text: 'All is well.' }], asksToConfirm: false }

let db: Db

beforeEach(() => {
  db = openDatabase({ path: ':memory:', clock: fakeClock(), busyTimeoutMs: 100 })
  db.writeSchema((tx) => {
    createMigrationsTable(tx)
    for (const { name } of MIGRATIONS.slice(0, 10)) applyMigration(tx, name)
    tx.runScript(OLD)
  })
})
afterEach(() => db.close())

// Two monitors whose pings arrived in turn; one ping of the second was deleted, and so was the newest of all.
const OLD = `
  INSERT INTO users (id, email, created_at) VALUES ('${uuid(1)}', 'alice@example.org', 7);
  INSERT INTO projects (id, name, ping_key, badge_key, created_at)
  VALUES ('${uuid(2)}', 'Ops', '${'k'.repeat(22)}', '${uuid(3)}', 7);
  INSERT INTO monitors (id, project_id, ping_key, badge_key, unique_key, grace_ms, created_at, ping_count, spared_until,
                        had_chance)
  VALUES (1, '${uuid(2)}', '${uuid(4)}', '${uuid(5)}', '${'0'.repeat(40)}', 60000, 7, 4, 4711, 1),
         (2, '${uuid(2)}', '${uuid(6)}', '${uuid(7)}', '${'1'.repeat(40)}', 60000, 7, 2, NULL, 0);
  INSERT INTO pings (id, monitor_id, number, kind, at, run_id, exit_status, duration_ms, scheme, method, remote_address,
                     user_agent, reported_by, body)
  VALUES (11, 1, 1, 'start', 1000, '${uuid(8)}', NULL, NULL, 'https', 'POST', '192.0.2.1', 'curl/8', NULL, X'6869FF00'),
         (12, 2, 2, 'success', 1500, NULL, NULL, NULL, 'email', '', NULL, 'Email from x', NULL, X'6D61696C'),
         (13, 1, 2, 'log', 2000, '${uuid(8)}', NULL, NULL, 'http', 'GET', '192.0.2.1', '', NULL, NULL),
         (15, 1, 3, 'fail', 3000, '${uuid(8)}', 3, 2000, 'http', 'POST', '::1', '', NULL, X'1F8B08'),
         (16, 1, 4, 'success', 4000, NULL, 0, NULL, 'http', 'POST', '::1', '', 'Ada', NULL);
  INSERT INTO body_readings (ping_id, charset, encoding, text, mail, dropped_bytes)
  VALUES (12, NULL, NULL, NULL, '${JSON.stringify(MAIL)}', NULL),
         (15, 'latin1', 'gzip', 'it failed', NULL, NULL),
         (16, NULL, NULL, NULL, NULL, 6000);
  INSERT INTO blackouts (id, from_at, to_at, reason) VALUES (1, 1, 2, 'stopped');
  INSERT INTO spared_monitors (monitor_id, blackout_id) VALUES (1, 1);
  INSERT INTO transitions (id, monitor_id, from_status, to_status, at, reason)
  VALUES (1, 1, 'up', 'down', 3000, 'fail');
  INSERT INTO incidents (id, monitor_id, opened_by, opened_at) VALUES ('${uuid(9)}', 1, 1, 3000);
  INSERT INTO notifications (id, transition_id, project_id, content, created_at)
  VALUES (1, 1, '${uuid(2)}', '{"monitor":{"pingCount":3}}', 3000);`

const COLUMNS = `monitor_id, number, kind, at, run_id, exit_status, duration_ms, scheme, method, remote_address,
  user_agent, reported_by`

describe('Migration 11', () => {
  test('keeps every column of every ping', () => {
    const rows = () => db.all(`SELECT ${COLUMNS} FROM pings ORDER BY monitor_id, number`)
    const before = rows()
    migrate(db)
    expect(rows()).toEqual(before)
    expect(db.all('SELECT DISTINCT reported_at FROM pings')).toEqual([{ reported_at: null }])
    expect(db.all('PRAGMA foreign_key_check')).toEqual([])
    expect(db.all('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }])
  })

  test('keeps every body unchanged, with its encoding', () => {
    migrate(db)
    expect(findBody(db, { monitorId: 1, number: 1 })).toEqual({
      body: { head: new Uint8Array([0x68, 0x69, 0xff, 0]), tail: new Uint8Array(), cutBytes: null },
      reading: { charset: null, encoding: null, text: null, mail: null },
    })
    expect(findBody(db, { monitorId: 1, number: 3 })).toMatchObject({
      body: { head: new Uint8Array([0x1f, 0x8b, 8]) },
      reading: { charset: 'latin1', encoding: 'gzip', text: { head: 'it failed', tail: '', cutBytes: null } },
    })
    expect(findMail(db, { monitorId: 2, number: 2 })).toMatchObject(MAIL)
    expect(db.all('SELECT monitor_id, number, bytes FROM bodies ORDER BY monitor_id, number')).toEqual([
      { monitor_id: 1, number: 1, bytes: 4 },
      { monitor_id: 1, number: 3, bytes: 3 + 'it failed'.length },
      { monitor_id: 2, number: 2, bytes: 4 + JSON.stringify(MAIL).length },
    ])
  })

  test('keeps the size of a body that was deleted for newer ones', () => {
    migrate(db)
    expect(findPing(db, { monitorId: 1, number: 4 })).toMatchObject({ bodySize: 0, droppedBytes: 6000 })
    expect(listPings(db, { monitorId: 1, limit: 9 }).map(({ number, bodySize }) => [number, bodySize])).toEqual([
      [4, 0],
      [3, 3],
      [2, 0],
      [1, 4],
    ])
  })

  test('does not change runs, incidents and the timeline', () => {
    migrate(db)
    expect(findStartOrEnd(db, { monitorId: 1, runId: uuid(8), newest: 4 })).toMatchObject({ kind: 'fail', at: 3000 })
    expect(findStory(db, uuid(9))?.lastPing).toEqual({ number: 3, kind: 'fail', at: 3000, exitStatus: 3 })
    const range = { monitorId: 1, kind: 'every', above: 0, below: 9, limit: 9 } as const
    expect(listNewestPings(db, range).map(({ beginning }) => beginning?.text ?? null)).toEqual([
      null,
      'it failed',
      null,
      'hi\uFFFD\0',
    ])
  })

  test('keeps extended deadlines under their new names', () => {
    migrate(db)
    expect(findMonitorById(db, 1)).toMatchObject({ extendedUntil: 4711, wasExtended: true })
    expect(findMonitorById(db, 2)).toMatchObject({ extendedUntil: null, wasExtended: false })
    expect(db.all('SELECT * FROM extended_monitors')).toEqual([{ monitor_id: 1, blackout_id: 1 }])
  })

  test('lets the number of recorded pings only grow, also when a monitor is deleted', () => {
    migrate(db)
    expect(countRecordedPings(db)).toBe(16)
    db.write((tx) => void tx.run('DELETE FROM projects'))
    expect(countRecordedPings(db)).toBe(16)
    expect([db.all('SELECT 1 FROM pings'), db.all('SELECT 1 FROM bodies')]).toEqual([[], []])
  })

  test('names the steps that take long', () => {
    const steps: string[] = []
    migrate(db, (step) => steps.push(step))
    expect(steps).toEqual(['copying the pings', 'copying the bodies', 'removing the old tables'])
  })
})
