// Restoring a backup, and the safety copies that are created before the database changes.
import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { copyFileSync, existsSync, readdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeBackup } from '#actions/backups.ts'
import { restoreBackup, verifyBackup } from '#actions/restores.ts'
import { copyBeforeMigration } from '#actions/safety-copies.ts'
import { migrate } from '#actions/schema.ts'
import { readConfig } from '#config.ts'
import { AppError } from '#lib/errors.ts'
import { openDatabase } from '#store/database.ts'
import { lockFolder } from '#store/lock.ts'
import { applyMigration, createMigrationsTable, MIGRATIONS } from '#store/migrations.ts'
import { fakeClock } from './support/clock.ts'
import { type DataFolder, dataFolder } from './support/data-folder.ts'
import { mount, unmount, whyNoDisk } from './support/disk.ts'

let data: DataFolder
let backup: string

// A backup with one monitor, and a database that has two monitors since then.
beforeEach(async () => {
  data = dataFolder()
  const project = data.guard.project()
  data.guard.monitor(project, { name: 'nightly-report' })
  backup = (await makeBackup(data.guard.deps, { to: null, keep: null })).path
  data.guard.monitor(project, { name: 'billing' })
})
afterEach(() => data.clear())

const place = () => ({ config: readConfig({ CRONGUARD_DATA_DIR: data.path }), clock: fakeClock() })
const restore = (file = backup) => restoreBackup(place(), file)
const OLD = ['nightly-report']
const NEW = ['nightly-report', 'billing']

function monitorsIn(path: string): string[] {
  const database = new Database(path, { readwrite: true, create: false })
  try {
    const rows = database.query<{ name: string }, []>('SELECT name FROM monitors ORDER BY id').all()
    return rows.map(({ name }) => name)
  } finally {
    database.close()
  }
}

function refusal(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    if (error instanceof AppError) return error.message
    throw error
  }
  throw new Error('Nothing was refused')
}

describe('restoreBackup', () => {
  test('replaces the database by the backup, keeps a copy of it, and counts both', () => {
    data.guard.stop()
    const { before, counts, safetyCopy, pending } = restore()
    expect([before?.monitors, counts.monitors, pending]).toEqual([2, 1, 0])
    expect(monitorsIn(data.databasePath)).toEqual(OLD)
    expect(monitorsIn(safetyCopy ?? '')).toEqual(NEW)
    expect(verifyBackup(safetyCopy ?? '').counts.monitors).toBe(2)
    expect(monitorsIn(backup)).toEqual(OLD)
  })

  describe('a file without a manifest', () => {
    const foreign = (sql: string): string => {
      const file = join(data.path, 'foreign.db')
      copyFileSync(backup, file)
      const database = new Database(file)
      database.run(sql)
      database.close()
      data.guard.stop()
      return file
    }
    const evilNamesIn = (path: string): string[] => {
      const database = new Database(path, { readwrite: true, create: false })
      const rows = database.query<{ name: string }, []>("SELECT name FROM sqlite_schema WHERE name LIKE 'evil%'").all()
      database.close()
      return rows.map(({ name }) => name)
    }

    test('restores its rows, but no unknown trigger, view, table or column', () => {
      const file = foreign(`
        CREATE TRIGGER evil_trigger AFTER UPDATE ON monitors BEGIN DELETE FROM users; END;
        CREATE VIEW evil_view AS SELECT * FROM users;
        CREATE TABLE evil_table (x);
        ALTER TABLE monitors ADD COLUMN evil_column TEXT;`)
      expect(restore(file).counts).toMatchObject({ monitors: 1, projects: 1, users: 1 })
      expect(monitorsIn(data.databasePath)).toEqual(OLD)
      expect(evilNamesIn(data.databasePath)).toEqual([])
      const database = new Database(data.databasePath)
      expect(database.query("SELECT 1 FROM pragma_table_info('monitors') WHERE name = 'evil_column'").get()).toBeNull()
      database.run("UPDATE monitors SET name = 'x'")
      expect(database.query('SELECT count(*) AS count FROM users').get()).toEqual({ count: 1 })
      database.close()
      const db = openDatabase({ path: data.databasePath, clock: fakeClock(), busyTimeoutMs: 100 })
      expect(migrate(db)).toEqual([])
      db.close()
    })

    test('is refused if a table is a view, and the database does not change', () => {
      const file = foreign('ALTER TABLE monitors RENAME TO real; CREATE VIEW monitors AS SELECT * FROM real;')
      expect(refusal(() => restore(file))).toContain('The table "monitors" is missing or differs')
      expect(monitorsIn(data.databasePath)).toEqual(NEW)
    })

    test('is refused if a row breaks a constraint', () => {
      const file = foreign("PRAGMA ignore_check_constraints = ON; UPDATE projects SET ping_key = 'short'")
      expect(() => restore(file)).toThrow(AppError)
      expect(monitorsIn(data.databasePath)).toEqual(NEW)
    })
  })

  test('keeps rows that are only in the write-ahead log in the safety copy, not in the restored database', () => {
    copyFileSync(`${data.databasePath}-wal`, join(data.path, 'kept-wal'))
    copyFileSync(data.databasePath, join(data.path, 'kept'))
    data.guard.stop()
    copyFileSync(join(data.path, 'kept'), data.databasePath)
    copyFileSync(join(data.path, 'kept-wal'), `${data.databasePath}-wal`)
    const { safetyCopy } = restore()
    expect(monitorsIn(safetyCopy ?? '')).toEqual(NEW)
    expect(existsSync(`${data.databasePath}-wal`)).toBe(false)
    expect(monitorsIn(data.databasePath)).toEqual(OLD)
  })

  test('works without a database, as on a new machine, and ignores a stray write-ahead log', () => {
    data.guard.stop()
    for (const name of readdirSync(data.path).filter((name) => name.startsWith('cronguard.db'))) {
      Bun.spawnSync(['rm', join(data.path, name)])
    }
    writeFileSync(`${data.databasePath}-wal`, 'from another time')
    expect(restore()).toMatchObject({ before: null, safetyCopy: null })
    expect(monitorsIn(data.databasePath)).toEqual(OLD)
  })

  test('keeps a damaged database byte for byte, and continues', () => {
    data.guard.stop()
    writeFileSync(data.databasePath, 'this is no database '.repeat(500))
    const { before, safetyCopy } = restore()
    expect(before).toBeNull()
    expect(readFileSync(safetyCopy ?? '', 'utf8')).toContain('this is no database')
    expect(monitorsIn(data.databasePath)).toEqual(OLD)
  })

  test('keeps a database that is damaged in the middle, and leaves no file of it next to the new one', () => {
    data.guard.stop()
    const old = readFileSync(data.databasePath).fill(0xee, 8192)
    writeFileSync(data.databasePath, old)
    writeFileSync(`${data.databasePath}-shm`, 'from another time')
    const { before, safetyCopy } = restore()
    expect(before).toBeNull()
    expect(readFileSync(safetyCopy ?? '').equals(old)).toBe(true)
    expect(readdirSync(data.path).filter((name) => name.startsWith('cronguard.db'))).toEqual(['cronguard.db'])
    expect(monitorsIn(data.databasePath)).toEqual(OLD)
  })

  test('keeps two damaged databases that are replaced within a second', () => {
    data.guard.stop()
    const kept = ['the first ', 'the second '].map((words) => {
      writeFileSync(data.databasePath, words.repeat(500))
      return restore().safetyCopy ?? ''
    })
    expect(kept.map((path) => readFileSync(path, 'utf8').slice(0, 10))).toEqual(['the first ', 'the second'])
  })

  test('follows a symbolic link to the database', () => {
    data.guard.stop()
    const real = join(data.path, 'backups', 'real.db')
    copyFileSync(data.databasePath, real)
    Bun.spawnSync(['rm', data.databasePath])
    symlinkSync(real, data.databasePath)
    restore()
    expect(monitorsIn(real)).toEqual(OLD)
  })

  test('accepts a copy by another tool, without a manifest and with a write-ahead log', () => {
    const foreign = join(data.path, 'foreign.db')
    copyFileSync(data.databasePath, foreign)
    copyFileSync(`${data.databasePath}-wal`, `${foreign}-wal`)
    data.guard.stop()
    expect(restore(foreign)).toMatchObject({ manifest: null, counts: { monitors: 2 } })
  })

  test('is refused while a server uses the folder or a command uses the database', () => {
    const lock = lockFolder(data.path)
    expect(refusal(restore)).toMatch(/^CronGuard is using the data folder .* Stop it before/)
    lock?.release()
    expect(refusal(restore)).toBe('Another program is using the database. Try again after it has ended.')
    expect(monitorsIn(data.databasePath)).toEqual(NEW)
  })

  test.each([
    ['that has changed', () => truncateSync(backup, 8192), 'has changed since it was made'],
    ['that has no readable manifest', () => writeFileSync(`${backup}.json`, '{'), 'cannot be read'],
    ['of a newer CronGuard', () => makeNewer(backup), 'A newer version of CronGuard created this database'],
    ['that is not a database', () => makeText(backup), 'The database is damaged'],
    ['that is another database', () => makeOther(backup), 'This file is not a CronGuard database'],
  ])('refuses a backup %s, and changes nothing', (_what, change, words) => {
    data.guard.stop()
    change()
    expect(refusal(restore)).toContain(words)
    expect(monitorsIn(data.databasePath)).toEqual(NEW)
    expect(readdirSync(data.path).filter((name) => name.includes('unfinished'))).toEqual([])
    expect(readdirSync(data.backups).filter((name) => name.startsWith('before-restore'))).toEqual([])
  })

  test('refuses the database itself, a folder and a missing file', () => {
    data.guard.stop()
    expect(refusal(() => restore(data.databasePath))).toContain('is the database itself')
    expect(refusal(() => restore(data.path))).toContain('is a folder')
    expect(refusal(() => restore(join(data.path, 'none')))).toContain('does not exist')
  })
})

// Deletes the manifest, because its checksum would reveal the change first.
function damage(path: string, change: (database: Database) => void): void {
  Bun.spawnSync(['rm', `${path}.json`])
  const database = new Database(path)
  change(database)
  database.close()
}

function makeNewer(path: string): void {
  damage(path, (database) => database.run('UPDATE migrations SET version = 4711 WHERE version = 1'))
}

function makeOther(path: string): void {
  damage(path, (database) => database.run('DROP TABLE migrations'))
}

function makeText(path: string): void {
  Bun.spawnSync(['rm', `${path}.json`])
  writeFileSync(path, 'Dear backup, '.repeat(1000))
}

const why = whyNoDisk()
describe.skipIf(why !== null)(
  `restoreBackup in a data folder that is a mount point${why === null ? '' : ` (${why})`}`,
  () => {
    const disk = () => join(data.path, 'disk')
    const onDisk = () => ({ config: readConfig({ CRONGUARD_DATA_DIR: disk() }), clock: fakeClock() })

    test('works, because the folder itself is never renamed', () => {
      mount(disk(), 30_000_000)
      try {
        restoreBackup(onDisk(), backup)
        expect(restoreBackup(onDisk(), backup)).toMatchObject({ before: { monitors: 1 } })
        expect(monitorsIn(join(disk(), 'cronguard.db'))).toEqual(OLD)
      } finally {
        unmount(disk())
      }
    })

    test('changes nothing if there is no space for both databases', () => {
      mount(disk(), 6_000_000)
      try {
        restoreBackup(onDisk(), backup)
        writeFileSync(join(disk(), 'ballast'), new Uint8Array(3_000_000))
        expect(refusal(() => restoreBackup(onDisk(), backup))).toMatch(/^Not enough space on the disk/)
        expect(monitorsIn(join(disk(), 'cronguard.db'))).toEqual(OLD)
        expect(readdirSync(disk()).filter((name) => name.includes('unfinished'))).toEqual([])
      } finally {
        unmount(disk())
      }
    })
  },
)

describe('copyBeforeMigration', () => {
  const path = () => join(data.path, 'older', 'cronguard.db')
  const deps = (db: ReturnType<typeof openDatabase>, folder = join(data.path, 'older')) => {
    return { ...data.guard.deps, db, config: readConfig({ CRONGUARD_DATA_DIR: folder }) }
  }

  function older(file = path()) {
    Bun.spawnSync(['mkdir', '-p', file.slice(0, file.lastIndexOf('/'))])
    const db = openDatabase({ path: file, clock: fakeClock(), busyTimeoutMs: 100 })
    db.write((tx) => {
      createMigrationsTable(tx)
      applyMigration(tx, MIGRATIONS[0]?.name ?? '')
    })
    return db
  }
  const addUser = (db: ReturnType<typeof openDatabase>): void => {
    db.write((tx) => tx.run(`INSERT INTO users (id, email, created_at) VALUES ('${'u'.repeat(36)}', 'a@b', 0)`))
  }

  test('copies a database with data and pending migrations, and no other', () => {
    const db = older()
    expect(copyBeforeMigration(deps(db))).toBeNull()
    addUser(db)
    const copy = copyBeforeMigration(deps(db))
    expect(copy?.path).toMatch(new RegExp(`/backups/before-schema-${MIGRATIONS.length}-20260301T120000Z\\.db$`))
    expect(verifyBackup(copy?.path ?? '')).toMatchObject({ schema: 1, counts: { users: 1 } })
    migrate(db)
    expect(copyBeforeMigration(deps(db))).toBeNull()
    db.close()
  })

  test('creates one copy for several failed starts, and another after new records', () => {
    const db = older()
    addUser(db)
    const copy = () => copyBeforeMigration(deps(db))
    expect([copy() !== null, copy(), copy()]).toEqual([true, null, null])
    const now = fakeClock().now() + 1000
    db.write((tx) => tx.run(`INSERT INTO heartbeat (id, started_at, alive_at) VALUES (1, ${now}, ${now})`))
    expect(copy()).not.toBeNull()
    db.close()
  })

  test.skipIf(why !== null)('without enough space says what to do, and changes nothing', () => {
    const disk = join(data.path, 'disk')
    mount(disk, 3_000_000)
    const db = older(join(disk, 'cronguard.db'))
    addUser(db)
    writeFileSync(join(disk, 'ballast'), new Uint8Array(2_300_000))
    expect(refusal(() => copyBeforeMigration(deps(db, disk)))).toMatch(
      /^This version upgrades the database and copies it first, .* Nothing was changed\. Free some space,/,
    )
    db.close()
    unmount(disk)
  })
})
