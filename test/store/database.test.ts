import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { copyFileSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrate } from '#actions/schema.ts'
import { StorageRefusedError } from '#lib/errors.ts'
import { type Db, openDatabase } from '#store/database.ts'

/** Every reading is one higher than the last one. */
function tickingClock() {
  let now = 0
  let elapsed = 0
  return {
    now: () => ++now,
    elapsed: () => {
      elapsed += 200
      return elapsed
    },
    sinceBoot: () => null,
    bootId: () => null,
  }
}

let folder: string
let path: string
let db: Db

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cronguard-database-'))
  path = join(folder, 'cronguard.db')
  db = openDatabase({ path, clock: tickingClock(), busyTimeoutMs: 100 })
  db.write((tx) => tx.runScript('CREATE TABLE jobs (name TEXT NOT NULL UNIQUE, at INTEGER NOT NULL) STRICT'))
})
afterEach(() => {
  db.close()
  rmSync(folder, { recursive: true, force: true })
})

const INSERT = 'INSERT INTO jobs (name, at) VALUES ($name, $at)'
const insert = (name: string) => db.writeGrouped((tx) => tx.run(INSERT, { name, at: tx.now }))
const names = () => db.all<{ name: string }>('SELECT name FROM jobs ORDER BY rowid').map(({ name }) => name)

/** What a new connection sees. */
function namesOnDisk(): string[] {
  const other = new Database(path, { readonly: true })
  try {
    return other
      .query<{ name: string }, []>('SELECT name FROM jobs ORDER BY rowid')
      .all()
      .map(({ name }) => name)
  } finally {
    other.close()
  }
}

/** The results of the promises, in order. */
async function settled(promises: Promise<unknown>[]): Promise<string[]> {
  const results = await Promise.allSettled(promises)
  return results.map((result) => (result.status === 'fulfilled' ? 'kept' : result.reason.message))
}

function fail(message: string): never {
  throw new Error(message)
}

describe('Db.write', () => {
  test('is visible to all connections when it returns, and returns the result of its work', () => {
    expect(db.write((tx) => tx.run(INSERT, { name: 'backup', at: tx.now }))).toBe(1)
    expect(namesOnDisk()).toEqual(['backup'])
  })

  test('rolls back when its work throws, and rethrows the error', () => {
    const failing = () =>
      db.write((tx): void => {
        tx.run(INSERT, { name: 'backup', at: 1 })
        fail('changed my mind')
      })
    expect(failing).toThrow('changed my mind')
    expect(names()).toEqual([])
    expect(db.write((tx) => tx.run(INSERT, { name: 'billing', at: 1 }))).toBe(1)
  })

  test('inside another write is refused and leaves the outer one intact', () => {
    const nested = () => db.write((tx) => tx.now)
    db.write((tx) => {
      tx.run(INSERT, { name: 'backup', at: tx.now })
      expect(nested).toThrow('transaction')
      tx.run(INSERT, { name: 'billing', at: tx.now })
    })
    expect(namesOnDisk()).toEqual(['backup', 'billing'])
  })

  test('has one time for all rows', () => {
    const moments = db.write((tx) => [tx.now, tx.now])
    expect(moments[0]).toBe(moments[1] as number)
    expect(db.write((tx) => tx.now)).toBeGreaterThan(moments[0] as number)
  })
})

test('A statement may contain a quoted dollar sign', () => {
  expect(db.get(`SELECT '$name' AS text, $name AS value, '{"a":1}' ->> '$.a' AS member`, { name: 'backup' })).toEqual({
    text: '$name',
    value: 'backup',
    member: 1,
  })
})

describe('Db.writeGrouped', () => {
  test('is visible to all connections when it resolves', async () => {
    const seen = await insert('backup').then(namesOnDisk)
    expect(seen).toEqual(['backup'])
  })

  test('is not visible before it resolves', () => {
    const write = insert('backup')
    expect(names()).toEqual([])
    return write
  })

  test('resolves with the results of the works, in order', async () => {
    const writes = ['backup', 'nightly-report', 'billing'].map((name) =>
      db.writeGrouped((tx) => {
        tx.run(INSERT, { name, at: tx.now })
        return `${name} written`
      }),
    )
    expect(await Promise.all(writes)).toEqual(['backup written', 'nightly-report written', 'billing written'])
    expect(names()).toEqual(['backup', 'nightly-report', 'billing'])
  })

  test('shares one time within a turn of the event loop', async () => {
    const moment = () => db.writeGrouped((tx) => tx.now)
    const [first, second] = await Promise.all([moment(), moment()])
    expect(first).toBe(second as number)
    expect(await moment()).toBeGreaterThan(first as number)
  })

  test('syncs only when a write of the group is synced', async () => {
    const SYNCED = { synchronous: 2 }
    const read = (durability: 'synced' | 'unsynced') =>
      db.writeGrouped((tx) => tx.get('PRAGMA synchronous'), durability)
    expect(await read('unsynced')).toEqual({ synchronous: 1 })
    expect(await Promise.all([read('unsynced'), read('synced')])).toEqual([SYNCED, SYNCED])
    await expect(db.writeGrouped((): void => fail('no'), 'unsynced')).rejects.toThrow('no')
    expect(db.get('PRAGMA synchronous')).toEqual(SYNCED)
  })

  test('is durable after a sync, which writes to the log even if nothing else changed', () => {
    db.write((tx) => void tx.run(INSERT, { name: 'backup', at: tx.now }), 'unsynced')
    const before = statSync(`${path}-wal`).size
    db.sync()
    expect(statSync(`${path}-wal`).size).toBeGreaterThan(before)
    expect(names()).toEqual(['backup'])
  })

  test('sees earlier writes of the group', async () => {
    const count = () => db.writeGrouped((tx) => tx.all('SELECT 1 FROM jobs').length)
    expect(await Promise.all([insert('backup'), count(), insert('billing'), count()])).toEqual([1, 1, 1, 2])
  })

  test('rolls back a failing write alone', async () => {
    const failing = db.writeGrouped((tx): void => {
      tx.run(INSERT, { name: 'half', at: 1 })
      fail('half way')
    })
    expect(await settled([insert('backup'), failing, insert('billing')])).toEqual(['kept', 'half way', 'kept'])
    expect(namesOnDisk()).toEqual(['backup', 'billing'])
  })

  test('rolls back a write that breaks a constraint alone', async () => {
    const [first, second, third] = await settled([insert('backup'), insert('backup'), insert('billing')])
    expect([first, third]).toEqual(['kept', 'kept'])
    expect(second).toContain('UNIQUE constraint failed')
    expect(names()).toEqual(['backup', 'billing'])
  })

  test('a group of failing writes does not affect later ones', async () => {
    const failing = () => db.writeGrouped((): void => fail('no'))
    expect(await settled([failing(), failing()])).toEqual(['no', 'no'])
    expect(await settled([insert('backup')])).toEqual(['kept'])
  })

  test('a write that ends the transaction fails the whole group', async () => {
    const end = () => db.writeGrouped((tx) => tx.run("INSERT OR ROLLBACK INTO jobs (name, at) VALUES ('backup', 1)"))
    const reason = 'UNIQUE constraint failed: jobs.name'
    expect(await settled([insert('backup'), end(), insert('billing')])).toEqual([reason, reason, reason])
    expect(names()).toEqual([])
    expect(await settled([insert('backup')])).toEqual(['kept'])
  })

  test('splits a large group into several transactions', async () => {
    const many = Array.from({ length: 1300 }, (_, index) => `job-${index}`)
    const write = (name: string) => insert(name).then(() => namesOnDiskCount())
    const counts = await Promise.all(many.map(write))
    expect(namesOnDisk()).toEqual(many)
    // When a promise resolves, its write is on disk, with the rest of its transaction.
    expect(counts.every((count, index) => count > index)).toBe(true)
    const moments = db.all<{ count: number }>('SELECT count(*) AS count FROM jobs GROUP BY at ORDER BY at')
    expect(moments.map(({ count }) => count)).toEqual([512, 512, 276])
  })

  test('continues after a separate write in between', async () => {
    const grouped = insert('backup')
    db.write((tx) => tx.run(INSERT, { name: 'billing', at: tx.now }))
    await grouped
    expect(names()).toEqual(['billing', 'backup'])
  })

  test('rejects after the database was closed', async () => {
    const other = openDatabase({ path: ':memory:', clock: tickingClock(), busyTimeoutMs: 100 })
    const late = other.writeGrouped((tx) => tx.now)
    other.close()
    await expect(late).rejects.toThrow('closed')
    await expect(other.writeGrouped((tx) => tx.now)).rejects.toThrow('closed')
    expect(() => other.write((tx) => tx.now)).toThrow('closed')
  })

  const namesOnDiskCount = () => db.get<{ count: number }>('SELECT count(*) AS count FROM jobs')?.count ?? 0
})

describe('Db: after the file was replaced', () => {
  test.each([
    ['by another one', () => renameSync(copyOf(path), path)],
    ['by nothing', () => rmSync(path)],
  ])('%s refuses writes', async (_, replace) => {
    await insert('backup')
    expect(db.isReplaced()).toBe(false)
    replace()
    expect(db.isReplaced()).toBe(true)
    expect(() => db.write((tx) => tx.now)).toThrow('its file was replaced or removed')
    const refused = await insert('billing').catch((error) => error)
    expect(refused).toBeInstanceOf(StorageRefusedError)
    expect(refused.message).toContain('its file was replaced or removed')
  })

  const copyOf = (file: string): string => {
    copyFileSync(file, `${file}-copy`)
    return `${file}-copy`
  }
})

describe('Db.writeGrouped: while another process writes', () => {
  test('a write is retried until the other one ends', async () => {
    const other = new Database(path)
    other.run('BEGIN IMMEDIATE')
    const writing = insert('backup')
    await Bun.sleep(250)
    other.run('COMMIT')
    other.close()
    await writing
    expect(db.all('SELECT 1 FROM jobs')).toHaveLength(1)
  })

  test('waiting writes keep their order', async () => {
    const other = new Database(path)
    other.run('BEGIN IMMEDIATE')
    const first = insert('first')
    await Bun.sleep(50)
    const second = insert('second')
    await Bun.sleep(150)
    other.close()
    await Promise.all([first, second])
    expect(db.all<{ name: string }>('SELECT name FROM jobs ORDER BY rowid').map(({ name }) => name)).toEqual([
      'first',
      'second',
    ])
  })

  test('a write is refused when the other one does not end', async () => {
    const other = new Database(path)
    other.run('BEGIN IMMEDIATE')
    await expect(insert('backup')).rejects.toBeInstanceOf(StorageRefusedError)
    other.close()
    await insert('backup')
  })
})

describe('Db.watch', () => {
  const watch = () => {
    const heard: number[][] = []
    const end = db.watch((touched) => void heard.push([...touched]))
    return { heard, end }
  }

  test('reports touched monitors once, after the commit', async () => {
    const { heard } = watch()
    db.write((tx) => {
      tx.touch(1)
      tx.touch(1)
      expect(heard).toEqual([])
    })
    await Promise.all([db.writeGrouped((tx) => tx.touch(2)), db.writeGrouped((tx) => tx.touch(3))])
    expect(heard).toEqual([[1], [2, 3]])
  })

  // In a process of its own, because an uncaught error ends the test.
  test('an error of a listener does not affect the write, and is thrown', async () => {
    const script = `
      import { openDatabase } from '#store/database.ts'
      const seen = []
      process.on('uncaughtException', (error) => seen.push(error.message))
      const clock = { now: () => 1, elapsed: () => 1, sinceBoot: () => null, bootId: () => null }
      const db = openDatabase({ path: ':memory:', clock, busyTimeoutMs: 100 })
      db.watch(() => { throw new Error('a fault of the listener') })
      const answer = await db.writeGrouped((tx) => { tx.touch(2); return 'written' })
      while (seen.length === 0) await new Promise(setImmediate)
      console.log(answer, seen)`
    const { stdout } = Bun.spawnSync([process.execPath, '-e', script], { cwd: join(import.meta.dir, '../..') })
    expect(stdout.toString().trim()).toBe('written [ "a fault of the listener" ]')
  })

  test('reports nothing after a rollback, without touched monitors, or after it was ended', async () => {
    const { heard, end } = watch()
    expect(() =>
      db.write((tx) => {
        tx.touch(1)
        throw new Error('undone')
      }),
    ).toThrow('undone')
    await insert('backup')
    end()
    db.write((tx) => tx.touch(2))
    expect(heard).toEqual([])
  })
})

describe('openDatabase', () => {
  const pragma = (name: string) => Object.values(db.get<Record<string, unknown>>(`PRAGMA ${name}`) ?? {})[0]

  test.each([
    ['journal_mode', 'wal'],
    ['synchronous', 2],
    ['foreign_keys', 1],
    ['busy_timeout', 100],
  ])('sets %s to %p', (name, value) => {
    expect(pragma(name)).toBe(value)
  })

  test('checkpoint empties the write-ahead log', async () => {
    await insert('backup')
    expect(Bun.file(`${path}-wal`).size).toBeGreaterThan(0)
    db.checkpoint()
    expect(Bun.file(`${path}-wal`).size).toBe(0)
    expect(namesOnDisk()).toEqual(['backup'])
  })

  test('a missing parameter throws', () => {
    expect(() => db.all('SELECT $name')).toThrow('name')
    expect(() => db.write((tx) => tx.run(INSERT, { name: 'backup' }))).toThrow('at')
  })

  test.each([
    ["INSERT INTO settings (name, value) VALUES ('a', x'00')", 'cannot store BLOB value in TEXT column'],
    ["INSERT INTO settings (name) VALUES ('a')", 'NOT NULL constraint failed'],
    ['INSERT INTO heartbeat (id, started_at, alive_at) VALUES (2, 1, 1)', 'CHECK constraint failed'],
    ["INSERT INTO heartbeat (id, started_at, alive_at) VALUES (1, 'noon', 1)", 'cannot store TEXT value in INTEGER'],
    ["INSERT INTO monitor_channels VALUES (7, 'nobody')", 'FOREIGN KEY constraint failed'],
  ])('constraints refuse %s', (sql, message) => {
    migrate(db)
    expect(() => db.write((tx) => tx.runScript(sql))).toThrow(message)
  })

  test('all tables are strict', () => {
    migrate(db)
    const loose = db.all(
      "SELECT name FROM pragma_table_list WHERE type = 'table' AND strict = 0 AND name NOT LIKE 'sqlite_%'",
    )
    expect(loose).toEqual([])
  })

  test('write refuses work that returns a promise', () => {
    expect(writePromises).toBeFunction()
  })
})

// Never called: the compiler is the test.
function writePromises(): void {
  // @ts-expect-error an async function is not allowed
  db.write(async (tx) => tx.now)
  // @ts-expect-error a promise is not a valid result
  db.write(() => Promise.resolve(1))
  // @ts-expect-error an async function is not allowed
  db.writeGrouped(async (tx) => tx.now)
  // @ts-expect-error a promise is not a valid result
  db.writeGrouped(() => Promise.resolve(1))
  // @ts-expect-error an async function is not allowed
  db.read(async (reader) => reader.all('SELECT 1'))
}
