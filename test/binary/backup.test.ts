// The commands backup, restore, export and import, as seen from a shell.
import { Database } from 'bun:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { lockFolder } from '#store/lock.ts'
import { Binary, eventually } from '../support/binary.ts'
import { firstUser, monitorOf } from '../support/job.ts'

let cronguard: Binary
let backups: string
let pingUrl: string

beforeAll(async () => {
  cronguard = await Binary.prepare()
  backups = join(cronguard.folder, 'data', 'backups')
  await cronguard.start()
  const { key } = await firstUser(cronguard)
  pingUrl = (await monitorOf(cronguard, { key, name: 'nightly-report', timeout: 3600, grace: 3600 })).url
  await cronguard.api('/channels/', {
    key,
    body: { kind: 'webhook', name: 'hook', settings: { url: 'https://hooks.example.com/S3CRET' } },
  })
})
afterAll(() => cronguard.dispose())

/** Whether a process catches a signal: the kernel keeps a bit for each. */
function catches(pid: number, signal: number): boolean {
  const [, mask = '0'] = /^SigCgt:\s*(\w+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return ((BigInt(`0x${mask}`) >> BigInt(signal - 1)) & 1n) === 1n
}

const run = (...args: string[]) => cronguard.run(args)
const newest = () =>
  join(
    backups,
    readdirSync(backups)
      .filter((name) => /^cronguard-.*\.db$/.test(name))
      .sort()
      .at(-1) ?? '',
  )

describe('cronguard backup', () => {
  test('works next to a running server, and prints path and content of the backup', async () => {
    const { exitCode, stdout, stderr } = await run('backup')
    expect([exitCode, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(
      /^\S+\/backups\/cronguard-\d{8}T\d{6}Z\.db: \d+ kB, 1 user, 1 project, 1 monitor, 2 channels, /,
    )
    const { file, counts, schema } = JSON.parse((await run('backup', '--json', '--keep', '1')).stdout)
    expect([counts.monitors, schema > 0, statSync(file).mode & 0o777]).toEqual([1, true, 0o600])
    expect(readdirSync(backups)).toHaveLength(2)
  })

  test('SIGUSR1 makes the server create one', async () => {
    const before = readdirSync(backups).length
    process.kill(cronguard.pid ?? 0, 'SIGUSR1')
    await eventually('a backup', () => readdirSync(backups).length >= before + 2)
    await eventually('its line in the log', () => readFileSync(cronguard.logPath, 'utf8').includes('Backup created'))
  })

  test('SIGUSR1 during the start makes the server create one afterwards', async () => {
    const early = await Binary.prepare()
    const data = join(early.folder, 'data')
    mkdirSync(data)
    const lock = lockFolder(data)
    const started = early.start()
    await eventually('the signal to be caught', () => catches(early.pid ?? 0, constants.signals.SIGUSR1))
    process.kill(early.pid ?? 0, 'SIGUSR1')
    lock?.release()
    await started
    await eventually('a backup', () => existsSync(join(data, 'backups')) && readdirSync(join(data, 'backups')).length)
    await early.dispose()
  })

  test('verify exits with 1 for a damaged backup', async () => {
    const file = newest()
    expect(await run('backup', 'verify', file)).toMatchObject({ exitCode: 0, stderr: '' })
    expect(JSON.parse((await run('backup', 'verify', file, '--json')).stdout)).toMatchObject({
      ok: true,
      problem: null,
    })
    const damaged = join(cronguard.folder, 'damaged.db')
    await Bun.write(damaged, readFileSync(file).subarray(0, 9000))
    await Bun.write(`${damaged}.json`, readFileSync(`${file}.json`))
    const { exitCode, stdout, stderr } = await run('backup', 'verify', damaged, '--json')
    expect([exitCode, JSON.parse(stdout).ok]).toEqual([1, false])
    expect(stderr).toBe(`${JSON.parse(stdout).problem}\n`)
  })

  test.each([
    [['backup', '--keep', '0'], 2, 'a number from 1'],
    [['backup', '--keep', '2', '--to', 'copy.db'], 2, 'Set --to to an existing folder'],
    [['backup', '--to', '/nowhere/at/all.db'], 1, 'The folder /nowhere/at does not exist.'],
    [['backup', 'verify', '/nowhere'], 1, '/nowhere does not exist.'],
    [['restore', '/nowhere'], 1, '/nowhere does not exist.'],
    [['import', '/nowhere'], 1, '/nowhere does not exist'],
    [['export', '/nowhere/at/all.json'], 1, 'Cannot write /nowhere/at/all.json'],
  ])('%p ends with %p and says why', async (args, exitCode, words) => {
    const executed = await run(...args)
    expect([executed.exitCode, executed.stdout]).toEqual([exitCode, ''])
    expect(executed.stderr).toContain(words)
    expect(executed.stderr).not.toContain('    at ')
  })

  test('creates no database where there is none', async () => {
    const { exitCode, stderr } = await cronguard.run(['backup'], { env: { CRONGUARD_DATA_DIR: join(backups, 'no') } })
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining(`The data folder ${backups}/no has no database.`)])
    expect(existsSync(join(backups, 'no'))).toBe(false)
  })
})

describe('cronguard export and import', () => {
  const file = () => join(cronguard.folder, 'configuration.json')

  test('write a file with mode 0600, without channel secrets', async () => {
    const { exitCode, stdout, stderr } = await run('export', file())
    expect([exitCode, stdout]).toEqual([0, ''])
    expect(stderr).toStartWith('Exported 1 project, 1 monitor, 2 channels.\nSecret channel settings were left out')
    expect(statSync(file()).mode & 0o777).toBe(0o600)
    expect(readFileSync(file(), 'utf8')).not.toContain('S3CRET')
    const whole = await run('export', '-', '--with-secrets')
    expect([whole.stdout, whole.stderr]).toEqual([
      expect.stringContaining('S3CRET'),
      'Exported 1 project, 1 monitor, 2 channels.\n',
    ])
  })

  test('replace only empty files and older exports', async () => {
    const notes = join(cronguard.folder, 'notes.json')
    for (const text of ['{"mine": true}', 'not even JSON', ' ']) {
      writeFileSync(notes, text)
      expect(await run('export', notes)).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('--force') })
      expect(readFileSync(notes, 'utf8')).toBe(text)
    }
    expect((await run('export', cronguard.folder)).stderr).toContain('exists and is not a CronGuard export')
    chmodSync(notes, 0o644)
    expect((await run('export', '--force', notes)).exitCode).toBe(0)
    expect((await run('export', notes)).exitCode).toBe(0)
    expect(statSync(notes).mode & 0o777).toBe(0o600)
    writeFileSync(file(), '')
    expect((await run('export', file())).exitCode).toBe(0)
  })

  test('import into another server, and list what was done', async () => {
    const other = await Binary.prepare()
    const tried = await other.run(['import', '--dry-run', file()])
    expect([tried.exitCode, existsSync(join(other.folder, 'data'))]).toEqual([1, false])
    await other.run(['user', 'create', 'bob@example.org'])
    const { stdout, exitCode } = await other.run(['import', file()])
    expect(exitCode).toBe(0)
    expect(stdout.split('\n')).toEqual([
      'created   project   My project',
      'created   channel   email (My project)',
      'skipped   channel   hook (My project)',
      'created   monitor   nightly-report (My project)',
      'projects: 1 created, 0 changed, 0 unchanged',
      'channels: 1 created, 0 changed, 0 unchanged, 1 skipped',
      'monitors: 1 created, 0 changed, 0 unchanged',
      expect.stringContaining('Export with --with-secrets'),
      '',
    ])
    const input = (await run('export', '--with-secrets')).stdout
    const dry = await other.run(['import', '-', '--dry-run', '--json'], { input })
    expect(JSON.parse(dry.stdout)).toMatchObject({
      dry_run: true,
      items: [{ outcome: 'unchanged' }, { outcome: 'unchanged' }, { outcome: 'created' }, {}],
    })
    await other.dispose()
  })
})

describe('cronguard restore', () => {
  test('is refused while the server runs; afterwards it prints counts before and now', async () => {
    const file = newest()
    await fetch(pingUrl)
    expect((await run('restore', file)).stderr).toContain('Stop it before restoring a backup')
    await cronguard.end('SIGTERM')
    const { exitCode, stdout } = await run('restore', file)
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/\n +before +now\nusers +1 +1\n(.+\n)+pings +1 +0\nThe previous database was kept as \S+/)
    const again = JSON.parse((await run('restore', file, '--json')).stdout)
    expect(again).toMatchObject({ file, before: { pings: 0 }, after: { pings: 0 }, kept: expect.any(String) })
    await cronguard.start()
    expect(await (await fetch(pingUrl)).text()).toBe('OK')
  })
})

describe('cronguard restore, together with other commands,', () => {
  test('leaves one intact database without leftovers', async () => {
    const other = await Binary.prepare()
    await other.run(['user', 'create', 'first@example.org'])
    const { file } = JSON.parse((await other.run(['backup', '--json'])).stdout)
    const database = readFileSync(other.databasePath)
    for (let round = 0; round < 4; round++) {
      // In every second round the database is damaged, so no process can hold it open.
      if (round % 2 === 1) writeFileSync(other.databasePath, database.subarray(0, 5000))
      const executed = await Promise.all(
        [['restore', file], ['migrate'], ['user', 'list'], ['user', 'create', `r${round}@example.org`]].map((args) =>
          other.run(args),
        ),
      )
      for (const { stderr } of executed) expect(stderr).not.toContain('    at ')
      if (executed[0]?.exitCode !== 0) expect(await other.run(['restore', file])).toMatchObject({ exitCode: 0 })
      expect((await other.run(['user', 'list'])).stdout).toContain('first@example.org')
      expect(await other.run(['backup', '--to', join(other.folder, 'look.db')])).toMatchObject({
        exitCode: 0,
        stderr: '',
      })
    }
    await other.dispose()
  }, 30_000)
})

describe('CRONGUARD_REPLICATED', () => {
  // Keeps a reader open, as a program does that replicates the database.
  async function logBytesAfterStop(env: Record<string, string>): Promise<number> {
    const watched = await Binary.prepare(env)
    await watched.start()
    const reader = new Database(watched.databasePath, { readonly: true })
    reader.query('SELECT count(*) FROM users').get()
    await watched.run(['user', 'create', 'alice@example.org'])
    await watched.end('SIGTERM')
    const { size } = statSync(`${watched.databasePath}-wal`)
    reader.close()
    await watched.dispose()
    return size
  }

  test('keeps the write-ahead log when the server stops; without it, the log is emptied', async () => {
    expect(await logBytesAfterStop({ CRONGUARD_REPLICATED: 'on' })).toBeGreaterThan(0)
    expect(await logBytesAfterStop({})).toBe(0)
  })
})
