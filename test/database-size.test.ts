// The disk space of the database: how it is freed, and what is shown of it.
import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { statSync } from 'node:fs'
import { restoreBackup } from '#actions/restores.ts'
import { enableIncrementalVacuum, prune, readDatabaseSize, recordDailySize } from '#actions/retention.ts'
import type { Monitor } from '#domain/monitor.ts'
import { DAY } from '#lib/duration.ts'
import { copyDatabase } from '#store/backup.ts'
import { freeBytes, hasIncrementalVacuum, listSizes } from '#store/retention.ts'
import { type DataFolder, dataFolder } from './support/data-folder.ts'
import { liveFor, pruneAll } from './support/retention.ts'

let data: DataFolder
let guard: DataFolder['guard']
let backup: Monitor

beforeEach(() => {
  data = dataFolder()
  guard = data.guard
  backup = guard.monitor(guard.project(), { name: 'backup' })
})
afterEach(() => data.clear())

async function fill(pings: number): Promise<void> {
  for (let n = 0; n < pings; n++) await guard.ping(backup, '', { method: 'POST', body: 'x'.repeat(9000) })
}
/** Turns the database into one of an early version, which never frees space. */
async function makeEarly(): Promise<void> {
  const database = new Database(data.databasePath)
  database.run('PRAGMA auto_vacuum = NONE; VACUUM')
  database.close()
  await guard.restart()
}

describe('Disk space of the database', () => {
  test('is freed by prune in small steps, except for a small reserve', async () => {
    await fill(800)
    guard.db.checkpoint()
    const full = statSync(data.databasePath).size
    liveFor(guard, 100 * DAY)
    const free: number[] = []
    for await (const _ of prune(guard.deps)) free.push(freeBytes(guard.db))
    const most = free.indexOf(Math.max(...free))
    const freed = free.slice(most, -1).map((bytes, index) => bytes - (free[most + index + 1] ?? 0))
    expect(freed.length).toBeGreaterThan(4)
    expect(Math.max(...freed)).toBeLessThanOrEqual(250 * 4096)
    expect(freeBytes(guard.db)).toBeLessThanOrEqual(1_000_000)
    guard.db.checkpoint()
    expect(statSync(data.databasePath).size).toBeLessThan(full / 4)
  })

  test('of an early database is freed after enableIncrementalVacuum', async () => {
    await makeEarly()
    await fill(800)
    liveFor(guard, 100 * DAY)
    await pruneAll(guard)
    expect(readDatabaseSize(guard.deps, 30)).toMatchObject({ givesBack: false })
    expect(freeBytes(guard.db)).toBeGreaterThan(6_000_000)
    await guard.ping(backup)
    enableIncrementalVacuum(guard.deps)
    expect(readDatabaseSize(guard.deps, 30)).toMatchObject({ givesBack: true, freeBytes: 0, pings: 1 })
    expect(guard.log.at(-1)?.event).toContain('Database rewritten')
    expect(guard.db.all('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }])
  })

  test('is not changed by enableIncrementalVacuum with replication, or if it is already enabled', async () => {
    enableIncrementalVacuum(guard.deps)
    expect(guard.log).toEqual([])
    await makeEarly()
    enableIncrementalVacuum({ ...guard.deps, config: { ...guard.deps.config, isReplicated: true } })
    expect(hasIncrementalVacuum(guard.db)).toBe(false)
  })

  test('of an early database can be freed after a restore', async () => {
    await makeEarly()
    await fill(3)
    const copy = `${data.path}/copy.db`
    copyDatabase({ from: data.databasePath, to: copy })
    guard.db.close()
    restoreBackup(guard.deps, copy)
    const restored = new Database(data.databasePath, { readonly: true })
    expect(restored.query('PRAGMA auto_vacuum').get()).toEqual({ auto_vacuum: 2 })
    restored.close()
  })

  test('is recorded once a day by recordDailySize', async () => {
    const today = Math.floor(guard.clock.now() / DAY)
    for (let n = 0; n < 3; n++) await recordDailySize(guard.deps)
    guard.clock.advance(DAY)
    await recordDailySize(guard.deps)
    expect(listSizes(guard.db, 0).map(({ day }) => day)).toEqual([today, today + 1])
    expect(listSizes(guard.db, 0)[0]?.bytes).toBeGreaterThan(50_000)
    guard.clock.advance(-2 * DAY)
    await recordDailySize(guard.deps)
    expect(listSizes(guard.db, 0).map(({ day }) => day)).toEqual([today - 1, today, today + 1])
  })

  test('is returned by readDatabaseSize, with the number of pings', async () => {
    const { pings, walBytes } = readDatabaseSize(guard.deps, 30)
    expect([pings, walBytes > 0]).toEqual([0, true])
    await fill(5)
    guard.db.write((tx) => tx.run('DELETE FROM pings WHERE number < 3'))
    expect(readDatabaseSize(guard.deps, 30).pings).toBe(3)
  })
})
