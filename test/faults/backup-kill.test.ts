// Kills at random moments of a backup and of a restore: the data folder always has the old or the new database.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { existsSync, readdirSync, statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { HOUR } from '#lib/duration.ts'
import { Binary, eventually } from '../support/binary.ts'
import { firstUser, keepPinging, monitorOf } from '../support/job.ts'
import { Killer } from '../support/killer.ts'

const ROUNDS = Number(process.env.FAULT_ROUNDS ?? 20)
const PINGS = 40_000
const LIMIT_MS = 60_000 + ROUNDS * 3000

let cronguard: Binary
let job: { url: string; uuid: string }
let backups: string

beforeAll(async () => {
  cronguard = await Binary.prepare()
  backups = join(cronguard.folder, 'data', 'backups')
  await cronguard.start()
  const { key } = await firstUser(cronguard)
  job = await monitorOf(cronguard, { key, name: 'nightly-report', timeout: 3600, grace: 3600 })
  addPings(PINGS)
}, 60_000)

afterAll(() => cronguard.dispose())

describe('Killed in the middle', () => {
  test(
    `of a backup, ${ROUNDS} times: backups with a manifest are complete, and pings are recorded`,
    async () => {
      const replaced = join(cronguard.folder, 'replaced.db')
      const killer = await Killer.prepare(cronguard, ['backup', '--to', replaced])
      const load = keepPinging([job.url], 5)
      for (let round = 0; round < ROUNDS; round++) {
        await killer.kill(round % 2 === 0 ? ['backup'] : ['backup', '--to', replaced])
      }
      await load.stop()
      expect(killer.killed).toBeGreaterThan(ROUNDS / 4)
      for (const file of complete()) expect(await verdict(file)).toBe('ok')
      expect(soundness()).toBe('ok')
      makeDraftsOld()
      expect((await cronguard.run(['backup', '--to', replaced])).exitCode).toBe(0)
      expect(await verdict(replaced)).toBe('ok')
      expect((await cronguard.run(['backup'])).exitCode).toBe(0)
      expect(readdirSync(backups).filter((name) => name.includes('unfinished'))).toEqual([])
    },
    LIMIT_MS,
  )

  test('of a nightly backup: the server starts again, and nothing is lost', async () => {
    const before = new Set(complete())
    const isNew = (file: string): boolean => !before.has(file)
    for (const afterMs of [10, 40, 80]) {
      process.kill(cronguard.pid ?? 0, 'SIGUSR1')
      await Bun.sleep(afterMs)
      await cronguard.end('SIGKILL')
      await cronguard.start()
      expect(await (await fetch(job.url)).text()).toBe('OK')
    }
    process.kill(cronguard.pid ?? 0, 'SIGUSR1')
    await eventually('a backup', () => complete().some(isNew))
    for (const file of complete().filter(isNew)) expect(await verdict(file)).toBe('ok')
  }, 60_000)

  test(
    `of a restore, ${ROUNDS} times: the old database exists or the new one, complete`,
    async () => {
      const small = join(cronguard.folder, 'small.db')
      const large = join(cronguard.folder, 'large.db')
      await cronguard.run(['backup', '--to', large])
      deletePings()
      await fetch(job.url)
      await cronguard.run(['backup', '--to', small])
      // The write leaves a write-ahead log, which belongs to no other database.
      await cronguard.end('SIGKILL')
      const killer = await Killer.prepare(cronguard, ['restore', large], ['restore', small])

      const seen = { small: 0, large: 0 }
      for (let round = 0; round < ROUNDS; round++) {
        leaveLog()
        const target = sizeOfDatabase() === 'large' ? small : large
        await killer.kill(['restore', target])
        expect(soundness()).toBe('ok')
        seen[sizeOfDatabase()]++
      }
      expect(killer.killed).toBeGreaterThan(ROUNDS / 4)
      expect(seen.small + seen.large).toBe(ROUNDS)
      expect((await cronguard.run(['restore', large])).exitCode).toBe(0)
      expect(readdirSync(join(cronguard.folder, 'data')).filter((name) => name.includes('unfinished'))).toEqual([])
      await cronguard.start()
      expect(await (await fetch(job.url)).text()).toBe('OK')
    },
    LIMIT_MS,
  )
})

/** The backups with a manifest, which are complete, oldest first. */
function complete(): string[] {
  const names = readdirSync(backups).filter((name) => /^cronguard-\w+(-\d+)?\.db$/.test(name))
  return names.map((name) => join(backups, name)).filter((file) => existsSync(`${file}.json`))
}

async function verdict(file: string): Promise<string> {
  const { exitCode, stderr } = await cronguard.run(['backup', 'verify', file])
  return exitCode === 0 ? 'ok' : stderr
}

function makeDraftsOld(): void {
  for (const name of readdirSync(backups).filter((name) => name.includes('unfinished'))) {
    const longAgo = new Date(statSync(join(backups, name)).mtimeMs - 2 * HOUR)
    utimesSync(join(backups, name), longAgo, longAgo)
  }
}

function soundness(): string {
  return cronguard.withDatabase(
    (database) =>
      database.query<{ integrity_check: string }, []>('PRAGMA integrity_check').get()?.integrity_check ?? 'silence',
  )
}

function sizeOfDatabase(): 'small' | 'large' {
  const pings = cronguard.withDatabase(
    (database) => database.query<{ n: number }, []>('SELECT count(*) AS n FROM pings').get()?.n ?? 0,
  )
  return pings >= PINGS ? 'large' : 'small'
}

function addPings(count: number): void {
  cronguard.withDatabase((database) =>
    database.run(
      `INSERT INTO pings (monitor_id, number, kind, at, scheme, method, user_agent)
       WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
       SELECT (SELECT id FROM monitors LIMIT 1), 1000000 + i, 'success', i, 'http', 'GET', hex(randomblob(100)) FROM n`,
    ),
  )
}

function deletePings(): void {
  cronguard.withDatabase((database) => database.run('DELETE FROM pings WHERE number > 1000000'))
}

// Leaves the database like a killed server: the last write is only in the write-ahead log.
function leaveLog(): void {
  const script = `
    import { Database } from 'bun:sqlite'
    const database = new Database(${JSON.stringify(cronguard.databasePath)})
    database.run('PRAGMA journal_mode = WAL')
    database.run("INSERT OR REPLACE INTO settings VALUES ('mark', hex(randomblob(2000)))")
    process.kill(process.pid, 'SIGKILL')`
  Bun.spawnSync([process.execPath, '-e', script])
  expect(statSync(`${cronguard.databasePath}-wal`).size).toBeGreaterThan(0)
}
