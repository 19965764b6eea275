// Backups of a database in use: on request and every night.
import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { makeBackup, readBackups } from '#actions/backups.ts'
import { verifyBackup } from '#actions/restores.ts'
import { DAY, HOUR, MINUTE } from '#lib/duration.ts'
import { AppError } from '#lib/errors.ts'
import { createBackups } from '#loops/backups.ts'
import { saveSetting } from '#store/settings.ts'
import { type DataFolder, dataFolder } from './support/data-folder.ts'
import { mount, unmount, whyNoDisk } from './support/disk.ts'

const PAGE_BYTES = 4096

let data: DataFolder
let job: { pingKey: string }

beforeEach(async () => {
  data = dataFolder()
  const project = data.guard.project()
  job = data.guard.monitor(project, { name: 'nightly-report' })
  data.guard.mailTo(project, 'ops@example.org')
  await data.guard.ping(job)
})
afterEach(() => data.clear())

const make = (order: { to?: string; keep?: number } = {}) =>
  makeBackup(data.guard.deps, { to: order.to ?? null, keep: order.keep ?? null })
const files = (folder = data.backups) => (existsSync(folder) ? readdirSync(folder).sort() : [])
const modeOf = (path: string) => statSync(path).mode & 0o777

/** The message of a refusal. */
async function refusal(work: () => unknown): Promise<string> {
  try {
    await work()
  } catch (error) {
    if (error instanceof AppError) return error.message
    throw error
  }
  throw new Error('Nothing was refused')
}

describe('makeBackup', () => {
  test('creates a complete database in one file, with a manifest of its contents', async () => {
    const { path, manifest } = await make()
    expect(files()).toEqual(['cronguard-20260301T120000Z.db', 'cronguard-20260301T120000Z.db.json'])
    expect(manifest).toEqual(JSON.parse(readFileSync(`${path}.json`, 'utf8')))
    expect(manifest).toMatchObject({
      made_at: '2026-03-01T12:00:00.000Z',
      bytes: statSync(path).size,
      counts: { users: 1, projects: 1, monitors: 1, channels: 1, pings: 1 },
    })
    const copy = new Database(path, { readonly: true })
    expect(copy.query('SELECT name FROM monitors').all()).toEqual([{ name: 'nightly-report' }])
    copy.close()
    expect(verifyBackup(path)).toMatchObject({ pending: 0, counts: manifest.counts })
  })

  test('creates file and folder with access for their owner only', async () => {
    const { path } = await make()
    expect([data.backups, path, `${path}.json`].map(modeOf)).toEqual([0o700, 0o600, 0o600])
  })

  test('includes the latest writes, and does not hold up pings', async () => {
    for (let count = 2; count <= 50; count++) await data.guard.ping(job)
    const making = make()
    await data.guard.ping(job)
    const { manifest } = await making
    expect(manifest.counts.pings).toBeGreaterThanOrEqual(50)
    expect(data.guard.now(job).pingCount).toBe(51)
  })

  test('uses another name for a second backup in the same second', async () => {
    const first = await make()
    const second = await make()
    expect(second.path).toBe(first.path.replace('Z.db', 'Z-2.db'))
    expect(verifyBackup(first.path).manifest).toEqual(first.manifest)
  })

  test('is refused while another backup is running', async () => {
    const [first, second] = await Promise.allSettled([make(), make()])
    expect([first?.status, second?.status]).toEqual(['fulfilled', 'rejected'])
    expect(await refusal(() => Promise.all([make(), make()]))).toBe('Another backup is already running.')
  })

  test('writes to a given file or folder, and replaces only a backup there', async () => {
    const elsewhere = join(data.path, 'elsewhere')
    mkdirSync(elsewhere)
    expect((await make({ to: elsewhere })).path).toBe(join(elsewhere, 'cronguard-20260301T120000Z.db'))
    const file = join(elsewhere, 'copy.db')
    await make({ to: file })
    await data.guard.ping(job)
    const again = await make({ to: file })
    expect([again.path, verifyBackup(file).manifest]).toEqual([file, again.manifest])
    const letter = join(elsewhere, 'letter.txt')
    writeFileSync(letter, 'dear')
    expect(await refusal(() => make({ to: letter }))).toContain('is not a backup')
    expect(readFileSync(letter, 'utf8')).toBe('dear')
    for (const to of ['package', 'report']) {
      if (to === 'report') writeFileSync(join(elsewhere, to), 'dear')
      writeFileSync(join(elsewhere, `${to}.json`), '{"mine": true}')
      expect(await refusal(() => make({ to: join(elsewhere, to) }))).toContain('is not a backup')
      expect(readFileSync(join(elsewhere, `${to}.json`), 'utf8')).toBe('{"mine": true}')
    }
    expect(await refusal(() => make({ to: join(data.path, 'nowhere', 'x.db') }))).toContain('does not exist')
    expect(files(elsewhere).filter((name) => name.includes('unfinished'))).toEqual([])
  })

  test('deletes older backups if `keep` is set, and only files that CronGuard named', async () => {
    mkdirSync(data.backups)
    for (const name of ['holiday.db', 'before-restore-20200101T000000Z.db', 'cronguard-notes.txt']) {
      writeFileSync(join(data.backups, name), '')
    }
    for (let night = 0; night < 4; night++) {
      await make({ keep: 2 })
      data.guard.clock.advance(DAY)
    }
    expect(files()).toEqual([
      'before-restore-20200101T000000Z.db',
      'cronguard-20260303T120000Z.db',
      'cronguard-20260303T120000Z.db.json',
      'cronguard-20260304T120000Z.db',
      'cronguard-20260304T120000Z.db.json',
      'cronguard-notes.txt',
      'holiday.db',
    ])
  })

  test('deletes unfinished files of a killed backup, but not those of a running one', async () => {
    mkdirSync(data.backups)
    const now = data.guard.clock.now()
    const leave = (name: string, ageMs: number) => {
      const path = join(data.backups, name)
      writeFileSync(path, 'half')
      utimesSync(path, new Date(now - ageMs), new Date(now - ageMs))
    }
    leave('cronguard-20260228T030000Z.db.unfinished-0123456789ab', 2 * HOUR)
    leave('cronguard-20260228T030000Z.db.unfinished-0123456789ab-journal', 2 * HOUR)
    leave('cronguard-20260301T115900Z.db.unfinished-abcdefabcdef', MINUTE)
    await make()
    expect(files().filter((name) => name.includes('unfinished'))).toEqual([
      'cronguard-20260301T115900Z.db.unfinished-abcdefabcdef',
    ])
  })

  test('refuses a damaged database, and leaves no file', async () => {
    const { path } = await make()
    data.guard.db.checkpoint()
    // A page in the middle, so that the database can still be opened.
    const bytes = new Uint8Array(readFileSync(data.databasePath))
    bytes.fill(0xff, 20 * PAGE_BYTES, 21 * PAGE_BYTES)
    writeFileSync(data.databasePath, bytes)
    expect(await refusal(() => make())).toMatch(/The database is damaged: /)
    expect(files()).toEqual([path, `${path}.json`].map((file) => file.slice(data.backups.length + 1)))
  })
})

describe('verifyBackup', () => {
  test('finds a changed bit', async () => {
    const { path } = await make()
    const bytes = readFileSync(path)
    bytes[bytes.length - 5] = (bytes[bytes.length - 5] ?? 0) ^ 1
    writeFileSync(path, bytes)
    expect(await refusal(() => verifyBackup(path))).toContain('has changed since it was made')
  })

  test('refuses a truncated backup, one without a manifest, and a file that is not a backup', async () => {
    const { path } = await make()
    writeFileSync(path, readFileSync(path).subarray(0, 8192))
    expect(await refusal(() => verifyBackup(path))).toContain('has changed since it was made')
    const text = join(data.path, 'text')
    writeFileSync(text, 'dear')
    expect(await refusal(() => verifyBackup(text))).toContain('missing or unreadable')
    expect(await refusal(() => verifyBackup(join(data.path, 'nothing')))).toContain('does not exist')
    appendFileSync(`${path}.json`, '}')
    expect(await refusal(() => verifyBackup(path))).toContain('missing or unreadable')
  })
})

const why = whyNoDisk()
describe.skipIf(why !== null)(`makeBackup on a full disk${why === null ? '' : ` (skipped: ${why})`}`, () => {
  test('starts no backup, says how much space is missing, and keeps older ones', async () => {
    const disk = join(data.path, 'disk')
    mount(disk, 6_000_000)
    try {
      const first = await make({ to: disk })
      writeFileSync(join(disk, 'ballast'), new Uint8Array(3_000_000))
      expect(await refusal(() => make({ to: disk, keep: 1 }))).toMatch(
        /^Not enough space on the disk with .*: 4\.\d MB needed, 2\.\d MB free\.$/,
      )
      expect(files(disk)).toEqual(['ballast', ...files(disk).filter((name) => name.startsWith('cronguard-'))])
      expect(verifyBackup(first.path).manifest).toEqual(first.manifest)
    } finally {
      unmount(disk)
    }
  })
})

describe('Nightly backup', () => {
  const passTo = async (loop: ReturnType<typeof createBackups>, moment: string): Promise<void> => {
    data.guard.clock.set(Date.parse(moment))
    await loop.tick()
    while (readBackups(data.guard.deps).isUnderWay) await Bun.sleep(5)
  }

  test('is created after 03:00 UTC, and the newest CRONGUARD_BACKUP_KEEP are kept', async () => {
    data.clear()
    data = dataFolder({ CRONGUARD_BACKUP_KEEP: '2' })
    const loop = createBackups(data.guard.deps)
    await passTo(loop, '2026-03-01T20:00:00Z')
    expect(files()).toEqual([])
    for (const day of ['02', '03', '04']) {
      await passTo(loop, `2026-03-${day}T03:00:30Z`)
      await passTo(loop, `2026-03-${day}T03:01:30Z`)
    }
    expect(readBackups(data.guard.deps).backups.map(({ name }) => name)).toEqual([
      'cronguard-20260304T030030Z.db',
      'cronguard-20260303T030030Z.db',
    ])
    expect(data.guard.log.filter(({ event }) => event === 'Backup created')).toHaveLength(3)
    await loop.settled()
  })

  test('is created at the first tick if it was missed', async () => {
    await passTo(createBackups(data.guard.deps), '2026-03-05T17:00:00Z')
    expect(files()[0]).toBe('cronguard-20260305T170000Z.db')
  })

  test('is created even if a backup, a failure and the installation are dated in the future', async () => {
    const { guard } = data
    const ahead = Date.parse('2099-01-01T03:00:00Z')
    guard.db.write((tx) => tx.run('UPDATE migrations SET applied_at = $ahead', { ahead }))
    await passTo(createBackups(guard.deps), '2026-03-01T12:01:00Z')
    expect(files()[0]).toBe('cronguard-20260301T120100Z.db')
    guard.clock.set(ahead)
    await make()
    guard.clock.set(Date.parse('2026-03-01T12:01:00Z'))
    await passTo(createBackups(guard.deps), '2026-03-02T03:00:00Z')
    expect(files()[2]).toBe('cronguard-20260302T030000Z.db')
    const failure = { at: guard.clock.now() + HOUR, problem: 'There was no room.' }
    guard.db.write((tx) => saveSetting(tx, { name: 'backup-failure', value: JSON.stringify(failure) }))
    guard.clock.advance(2 * HOUR)
    expect(readBackups(guard.deps).failure).toEqual(failure)
    await make()
    expect(readBackups(guard.deps).failure).toBeNull()
  })

  test('is not created if CRONGUARD_BACKUP_KEEP is 0', async () => {
    data.clear()
    data = dataFolder({ CRONGUARD_BACKUP_KEEP: '0' })
    await passTo(createBackups(data.guard.deps), '2026-03-05T17:00:00Z')
    expect(files()).toEqual([])
  })

  test('that fails is logged, shown on the page, and retried after an hour', async () => {
    const loop = createBackups(data.guard.deps)
    writeFileSync(data.backups, 'in the way')
    await passTo(loop, '2026-03-02T03:00:00Z')
    const { failure } = readBackups(data.guard.deps)
    expect(failure).toEqual({ at: Date.parse('2026-03-02T03:00:00Z'), problem: expect.stringContaining('EEXIST') })
    expect(data.guard.log.filter(({ level }) => level === 'error')).toHaveLength(1)
    await Bun.file(data.backups).delete()
    await passTo(loop, '2026-03-02T03:59:00Z')
    expect(files()).toEqual([])
    await passTo(loop, '2026-03-02T04:00:00Z')
    expect(readBackups(data.guard.deps)).toMatchObject({ failure: null, backups: [{ madeAt: expect.any(Number) }] })
  })

  test('that is unfinished when CronGuard stops leaves no file', async () => {
    const loop = createBackups(data.guard.deps)
    data.guard.clock.set(Date.parse('2026-03-05T17:00:00Z'))
    await loop.tick()
    await loop.settled()
    expect(files()).toEqual([])
    expect(readBackups(data.guard.deps).failure).toBeNull()
  })
})
