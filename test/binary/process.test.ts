import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { version } from '#package.json'
import { Binary, execute } from '../support/binary.ts'

const EMAIL = 'you@example.org'

describe('Commands', () => {
  let cronguard: Binary

  beforeAll(async () => {
    cronguard = await Binary.prepare()
    await cronguard.start()
    await cronguard.run(['user', 'create', EMAIL, '--password-stdin'], { input: 'correct horse battery\n' })
  })

  afterAll(() => cronguard.dispose())

  test('print only the requested output', async () => {
    const key = await cronguard.run(['key', 'create', EMAIL])
    expect(key).toMatchObject({ exitCode: 0, stderr: '' })
    expect(key.stdout).toMatch(/^cgw_[A-Za-z0-9]{28}\n$/)
    expect((await cronguard.run(['key', 'create', EMAIL, '--read-only'])).stdout).toMatch(/^cgr_[A-Za-z0-9]{28}\n$/)
    const pingKey = (await cronguard.run(['key', 'ping', EMAIL])).stdout.trim()
    expect(pingKey).toMatch(/^[a-z0-9]{22}$/)
    const projects = JSON.parse((await cronguard.run(['project', 'list', EMAIL, '--json'])).stdout)
    expect(projects).toEqual([{ id: expect.stringMatching(/^[0-9a-f-]{36}$/), name: 'My project', ping_key: pingKey }])
    expect((await cronguard.run(['project', 'list', EMAIL])).stdout).toContain(pingKey)
    expect((await cronguard.run(['version'])).stdout).toBe(`${version}\n`)
  })

  test('generate a password when none is given, and store only its hash', async () => {
    const { stdout } = await cronguard.run(['user', 'create', 'other@example.org', '--admin'])
    const password = /Password: (\S+)/.exec(stdout)?.[1] ?? ''
    expect(password.length).toBeGreaterThan(15)
    type User = { email: string; password_hash: string; is_admin: number }
    const rows = cronguard.withDatabase((database) => database.query<User, []>('SELECT * FROM users').all())
    expect(rows.map(({ email, is_admin }) => [email, is_admin])).toEqual([
      [EMAIL, 0],
      ['other@example.org', 1],
    ])
    expect(rows.every(({ password_hash }) => password_hash.startsWith('$argon2id$'))).toBe(true)
    expect(JSON.stringify(rows)).not.toContain(password)
  })

  test.each([
    [['help'], 0, /Usage: cronguard/],
    [['--help'], 0, /Usage: cronguard/],
    [['nonsense'], 2, /unknown command 'nonsense'/],
    [['user'], 2, /Usage: cronguard user/],
    [['key', 'create'], 2, /missing required argument/],
    [['key', 'create', EMAIL, '--admin'], 2, /unknown option/],
    [['user', 'create', EMAIL], 1, /already exists/],
    [['user', 'create', 'nobody'], 1, /Enter an email address/],
    [['key', 'create', 'stranger@example.org'], 1, /No user/],
    [['key', 'create', EMAIL, '--project', 'None'], 1, /no project named None/],
    [['migrate'], 0, /up to date/],
  ])('%p ends with %p and says why', async (args, exitCode, words) => {
    const executed = await cronguard.run(args)
    expect(executed.exitCode).toBe(exitCode)
    expect(executed.stdout + executed.stderr).toMatch(words)
  })

  test('refuse a short password, and create no user', async () => {
    const args = ['user', 'create', 'short@example.org', '--password-stdin']
    expect(await cronguard.run(args, { input: 'short\n' })).toMatchObject({ exitCode: 1, stdout: '' })
    expect((await cronguard.run(['key', 'ping', 'short@example.org'])).exitCode).toBe(1)
  })

  test('cannot serve the same data folder twice', async () => {
    const second = await cronguard.run(['serve'], { env: { CRONGUARD_PORT: '1' } })
    expect(second.exitCode).toBe(1)
    expect(second.stderr).toContain('Another CronGuard process is using the data folder')
  })
})

describe('The server process', () => {
  let cronguard: Binary

  beforeEach(async () => {
    cronguard = await Binary.prepare()
  })

  afterEach(() => cronguard.dispose())

  test('starts in an empty folder, prints the setup link, and leaks no secrets', async () => {
    await cronguard.start()
    const log = await Bun.file(cronguard.logPath).text()
    expect(log).toContain(cronguard.url)
    expect(log).toMatch(/CRONGUARD_DATA_DIR=\/\S+\/data \S+\/cronguard user create/)
    const mode = (name: string) => statSync(join(cronguard.folder, 'data', name)).mode & 0o777
    expect([mode('.'), mode('secret-key'), mode('cronguard.db')]).toEqual([0o700, 0o600, 0o600])
  })

  test('stops on SIGTERM with everything in one file, and records a clean stop', async () => {
    await cronguard.start()
    expect(await cronguard.end('SIGTERM')).toBe(0)
    const wal = statSync(`${cronguard.databasePath}-wal`, { throwIfNoEntry: false })
    expect(wal?.size ?? 0).toBe(0)
    type Heartbeat = { stopped_at: number | null }
    const sql = 'SELECT stopped_at FROM heartbeat'
    const heartbeat = cronguard.withDatabase((database) => database.query<Heartbeat, []>(sql).get())
    expect(heartbeat?.stopped_at).toBeGreaterThan(0)
  })

  test('stops once when a terminal and npm both send Ctrl-C', async () => {
    await cronguard.start()
    const ended = cronguard.end('SIGINT')
    expect([await cronguard.end('SIGINT'), await ended]).toEqual([0, 0])
  })

  test('allows commands to create the same folder at the same time', async () => {
    const emails = ['a', 'b', 'c', 'd'].map((name) => `${name}@example.org`)
    const executed = await Promise.all(emails.map((email) => cronguard.run(['user', 'create', email])))
    expect(executed.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0])
  })

  test.each([
    [['user', 'list']],
    [['user', 'reset-password', EMAIL]],
    [['key', 'create', EMAIL]],
    [['project', 'list', EMAIL]],
    [['monitor', 'list', EMAIL]],
    [['incident', 'list', EMAIL]],
    [['channel', 'list', EMAIL]],
    [['export']],
    [['backup']],
  ])('creates no data folder for %p, and explains where to find it', async (args) => {
    const { exitCode, stderr } = await cronguard.run(args)
    expect([exitCode, stderr]).toEqual([
      1,
      `The data folder ${join(cronguard.folder, 'data')} has no database. Set CRONGUARD_DATA_DIR to the right ` +
        'folder, or create a database with "cronguard serve" or "cronguard user create".\n',
    ])
    expect(readdirSync(cronguard.folder)).toEqual([])
  })

  test('creates the secret key on serve, and not before', async () => {
    await cronguard.run(['user', 'create', EMAIL])
    const key = join(cronguard.folder, 'data', 'secret-key')
    expect(existsSync(key)).toBe(false)
    await cronguard.start()
    expect(existsSync(key)).toBe(true)
  })

  // Only root can create files for another user.
  test.skipIf(process.getuid?.() !== 0)('gives files created by root to the owner of the folder', async () => {
    const data = join(cronguard.folder, 'data')
    mkdirSync(data)
    chownSync(data, 12_345, 12_346)
    await cronguard.run(['user', 'create', EMAIL])
    await cronguard.start()
    await cronguard.run(['backup'])
    const files = readdirSync(data, { recursive: true, encoding: 'utf8' })
    expect(files).toEqual(expect.arrayContaining(['cronguard.db', 'cronguard.lock', 'secret-key', 'backups']))
    const owners = files.map((name) => statSync(join(data, name))).map(({ uid, gid }) => `${uid}:${gid}`)
    expect([...new Set(owners)]).toEqual(['12345:12346'])
  })

  test('explains problems of the data folder in a sentence', async () => {
    const file = join(cronguard.folder, 'file')
    writeFileSync(file, '')
    const odd = await cronguard.run([], { env: { CRONGUARD_DATA_DIR: join(file, 'data') } })
    expect([odd.exitCode, odd.stderr]).toEqual([
      1,
      expect.stringMatching(/^This user \(uid \d+\) cannot use the data folder/),
    ])

    mkdirSync(join(cronguard.folder, 'data'))
    writeFileSync(cronguard.databasePath, 'this is no database, whatever its name says '.repeat(100))
    const damaged = await cronguard.run(['migrate'])
    expect([damaged.exitCode, damaged.stderr]).toEqual([1, expect.stringContaining('file is not a database')])
    expect(damaged.stderr).not.toContain(' at ')
  })

  test('refuses an invalid secret key', async () => {
    mkdirSync(join(cronguard.folder, 'data'))
    writeFileSync(join(cronguard.folder, 'data', 'secret-key'), '')
    const { exitCode, stderr } = await cronguard.run([])
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('does not contain a valid key')])
  })

  test('does not share its port', async () => {
    await cronguard.start()
    const rival = await Binary.prepare({ CRONGUARD_PORT: String(cronguard.port) })
    const { exitCode, stderr } = await rival.run([])
    await rival.dispose()
    expect([exitCode, stderr.includes(`cannot listen on 127.0.0.1, port ${cronguard.port}`)]).toEqual([1, true])
  })

  test('lists all configuration problems in one message', async () => {
    const env = { CRONGUARD_PORT: 'many', CRONGUARD_PROT: '1', CRONGUARD_SMTP_SECURITY: 'maybe' }
    const { exitCode, stderr } = await cronguard.run(['serve'], { env })
    expect(exitCode).toBe(1)
    for (const name of Object.keys(env)) expect(stderr).toContain(name)
  })

  test('ignores .env and bunfig.toml in the working directory', async () => {
    writeFileSync(join(cronguard.folder, '.env'), 'CRONGUARD_NONSENSE=1\n')
    writeFileSync(join(cronguard.folder, 'bunfig.toml'), 'preload = ["./evil.ts"]\n')
    writeFileSync(join(cronguard.folder, 'evil.ts'), 'process.exit(99)\n')
    expect(await cronguard.run(['version'])).toMatchObject({ exitCode: 0, stdout: `${version}\n` })
    await cronguard.start()
  })
})

describe('A full disk', () => {
  const canMount = process.getuid?.() === 0
  const folder = mkdtempSync(join(tmpdir(), 'cronguard-full-'))
  const data = join(folder, 'data')

  afterAll(async () => {
    if (canMount) await execute(['umount', data])
    rmSync(folder, { recursive: true, force: true })
  })

  // Only root can mount a disk that is small enough to fill.
  test.skipIf(!canMount)(
    'answers pings with 503 and Retry-After, and records them again when there is space',
    async () => {
      mkdirSync(data)
      expect((await execute(['mount', '-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', data])).exitCode).toBe(0)
      const cronguard = await Binary.prepare({}, folder)
      await cronguard.start()
      await cronguard.run(['user', 'create', EMAIL])
      const key = (await cronguard.run(['key', 'create', EMAIL])).stdout.trim()
      const { ping_url, uuid } = await cronguard.api('/checks/', { key, body: { name: 'full' } })

      await execute(['dd', 'if=/dev/zero', `of=${join(data, 'ballast')}`, 'bs=64k'])
      const answers = await pingUntilRefused(ping_url)
      expect(answers.last).toEqual([503, '5'])

      rmSync(join(data, 'ballast'))
      expect(await (await fetch(ping_url)).text()).toBe('OK')
      expect((await cronguard.api(`/checks/${uuid}`, { key })).n_pings).toBe(answers.ok + 1)
      expect((await Bun.file(cronguard.logPath).text()).split('\n').length).toBeLessThan(30)
      await cronguard.end('SIGKILL')
    },
    30_000,
  )

  async function pingUntilRefused(url: string): Promise<{ ok: number; last: [number, string | null] }> {
    for (let ok = 0; ; ok += 1) {
      const response = await fetch(url, { method: 'POST', body: 'x'.repeat(10_000) })
      const text = await response.text()
      if (!response.ok || ok > 2000) return { ok, last: [response.status, response.headers.get('retry-after')] }
      expect(text).toBe('OK')
    }
  }
})
