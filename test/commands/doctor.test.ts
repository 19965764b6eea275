// What the doctor says of an instance with this or that wrong: the real program, in a process of its own.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { Binary, execute } from '../support/binary.ts'
import { mount, unmount, whyNoDisk } from '../support/disk.ts'
import { startSmtpReceiver } from '../support/receivers.ts'
import { ROOT } from '../support/source.ts'

const ALICE = 'alice@example.org'
const SECRET = 'a-secret-that-nobody-sees'

let cronguard: Binary

beforeEach(async () => {
  cronguard = await Binary.prepare()
  await cronguard.run(['user', 'create', ALICE])
  chmodSync(dataFolder(), 0o700)
}, 30_000)

afterEach(() => cronguard.dispose())

const dataFolder = (): string => join(cronguard.folder, 'data')

async function inspect(env: Record<string, string> = {}) {
  const { exitCode, stdout, stderr } = await cronguard.run(['doctor', '--json'], { env })
  const findings: { name: string; state: string; says: string }[] = JSON.parse(stdout)
  const of = (name: string): string => {
    const { state, says } = findings.find((finding) => finding.name === name) ?? { state: 'none', says: '' }
    return `${state}: ${says}`
  }
  return { exitCode, of, said: stdout + stderr }
}

/** Every file of the data folder with what is in it. */
function contents(): [string, string][] {
  return readdirSync(dataFolder())
    .sort()
    .map((name) => [name, Bun.hash(readFileSync(join(dataFolder(), name))).toString()])
}

function inDatabase(sql: string, ...params: (string | number | null)[]): void {
  cronguard.withDatabase((database) => database.run(sql, params))
}

function addChannel({ name, failingSince = null, disabledAt = null }: Record<string, string | number | null>): void {
  inDatabase(
    `INSERT INTO channels (id, project_id, kind, name, settings, created_at, failing_since, disabled_at)
     SELECT ?5, id, 'webhook', ?1, ?2, 0, ?3, ?4 FROM projects`,
    name ?? '',
    JSON.stringify({ url: `https://example.org/${SECRET}` }),
    failingSince ?? null,
    disabledAt ?? null,
    crypto.randomUUID(),
  )
}

test('Nothing is changed: not a file is made, not even one of SQLite, and no backup is needed', async () => {
  const before = contents()
  expect(before.map(([name]) => name)).toEqual(['cronguard.db', 'cronguard.lock'])
  expect((await inspect()).exitCode).toBe(0)
  expect(contents()).toEqual(before)
})

test('Before the first start nothing is bad, and still nothing is made', async () => {
  const dataDir = join(cronguard.folder, 'fresh')
  mkdirSync(dataDir, { mode: 0o700 })
  const { exitCode, of } = await inspect({ CRONGUARD_DATA_DIR: dataDir })
  expect(exitCode).toBe(0)
  expect(of('database')).toBe('warn: There is no database yet: the first start makes it.')
  expect(of('clock')).toStartWith('ok: It is 20')
  expect(readdirSync(dataDir)).toEqual([])
})

test('Settings that cannot be used are one finding, in JSON too', async () => {
  const { exitCode, of, said } = await inspect({ CRONGUARD_PORT: 'x', CRONGUARD_SECRET_KEY: 'too-short' })
  expect(exitCode).toBe(1)
  expect(of('settings')).toContain('CRONGUARD_PORT must be a whole number; CRONGUARD_SECRET_KEY must have')
  expect(said).not.toContain('too-short')
})

describe('The data folder', () => {
  test('and its files are for one user alone', async () => {
    expect((await inspect()).of('access')).toStartWith('ok: ')
    chmodSync(cronguard.databasePath, 0o644)
    expect((await inspect()).of('access')).toMatch(/^warn: .*cronguard\.db.*`chmod 600`/)
    chmodSync(dataFolder(), 0o755)
    expect((await inspect()).of('access')).toMatch(/^warn: .*`chmod 700`/)
  })

  test.skipIf(process.getuid?.() !== 0)('with a file of another user stops the service', async () => {
    // As at the top of every file system that is mounted.
    mkdirSync(join(dataFolder(), 'lost+found'))
    chownSync(join(dataFolder(), 'lost+found'), 12_345, 12_345)
    expect((await inspect()).of('access')).toStartWith('ok: ')
    chownSync(join(dataFolder(), 'cronguard.db'), 12_345, 12_345)
    const { exitCode, of } = await inspect()
    expect([exitCode, of('access')]).toEqual([
      1,
      expect.stringMatching(/^bad: cronguard.db belongs to user 12345.*chown/),
    ])
  })

  test.skipIf(process.platform !== 'linux')('is not kept in memory', async () => {
    const dataDir = mkdtempSync('/dev/shm/cronguard-')
    const { of } = await inspect({ CRONGUARD_DATA_DIR: dataDir })
    rmSync(dataDir, { recursive: true })
    expect(of('folder')).toMatch(/^warn: .* is in memory and gone after a restart of the machine\. Use a disk\.$/)
  })
})

describe('The database', () => {
  test('that is damaged is bad', async () => {
    const bytes = readFileSync(cronguard.databasePath)
    bytes.fill(7, 8192, 40_000)
    writeFileSync(cronguard.databasePath, bytes)
    const { exitCode, of } = await inspect()
    expect([exitCode, of('database')]).toEqual([1, expect.stringMatching(/^bad: .*(damaged|malformed)/)])
  })

  test('of a newer CronGuard is bad, and what to do is said', async () => {
    inDatabase("INSERT INTO migrations VALUES (999, '0999_future', ?, 0)", 'f'.repeat(64))
    expect((await inspect()).of('database')).toMatch(/^bad: .*newer CronGuard.*Install that version/)
  })
})

test('A database that cannot be read at all is told of once, and what to do', async () => {
  writeFileSync(cronguard.databasePath, 'hello '.repeat(100))
  const { exitCode, of } = await inspect()
  expect(exitCode).toBe(1)
  expect(of('database')).toMatch(/^bad: It could not be read: .* damaged\. Stop CronGuard, and `cronguard restore`/)
  const unknown = 'warn: It is not known, as the database cannot be read.'
  expect(['work', 'channels'].map(of)).toEqual([unknown, unknown])
})

test.skipIf(process.getuid?.() !== 0)('To another user it says whom to call it as', async () => {
  const command = [
    'setpriv',
    '--reuid=65534',
    '--regid=65534',
    '--clear-groups',
    join(ROOT, 'dist/cronguard'),
    'doctor',
  ]
  const { exitCode, stdout } = await execute(command, { cwd: '/', env: { CRONGUARD_DATA_DIR: dataFolder() } })
  expect(exitCode).toBe(1)
  for (const name of ['folder', 'database']) {
    expect(stdout).toMatch(new RegExp(`^bad +${name} +.*as the user of the service`, 'm'))
  }
})

describe.skipIf(whyNoDisk() !== null)('A disk of its own', () => {
  let dataDir: string

  beforeEach(async () => {
    dataDir = join(cronguard.folder, 'disk')
    mount(dataDir, 40_000_000)
    await cronguard.run(['user', 'create', ALICE], { env: { CRONGUARD_DATA_DIR: dataDir } })
  })
  afterEach(() => unmount(dataDir))

  const fill = (leaveBytes: number): void => {
    const { bavail, bsize } = statfsSync(dataDir)
    appendFileSync(join(dataDir, 'ballast'), new Uint8Array(bavail * bsize - leaveBytes))
  }

  test('that is full is bad, and the database, too, where that keeps it from being read', async () => {
    // As a process leaves it that was killed.
    writeFileSync(join(dataDir, 'cronguard.db-wal'), new Uint8Array(100))
    fill(0)
    const { exitCode, of } = await inspect({ CRONGUARD_DATA_DIR: dataDir })
    expect(exitCode).toBe(1)
    expect(of('disk')).toMatch(/^bad: It is full: 0 bytes of .* no ping can be recorded\. Delete what nobody needs/)
    expect(of('database')).toMatch(/^bad: It could not be read: .*\. The disk is full.*Make room\.$/)
  })

  test('that has little room left is warned of, whether or not there is a database', async () => {
    fill(1_500_000)
    const says = /^warn: The disk with the data folder is almost full: 1\.5 MB of .*Delete what nobody needs/
    expect((await inspect({ CRONGUARD_DATA_DIR: dataDir })).of('disk')).toMatch(says)
    rmSync(join(dataDir, 'cronguard.db'))
    fill(1_500_000)
    expect((await inspect({ CRONGUARD_DATA_DIR: dataDir })).of('disk')).toMatch(says)
  })
})

test('Room is looked for where the first start will make the folder', async () => {
  const { of } = await inspect({ CRONGUARD_DATA_DIR: join(cronguard.folder, 'not', 'yet') })
  expect(of('disk')).toMatch(/^ok: .* of .* are free\.$/)
})

describe('The clock', () => {
  test('is behind when CronGuard was alive later than now', async () => {
    inDatabase('INSERT INTO heartbeat (id, started_at, alive_at) VALUES (1, ?1, ?1)', Date.UTC(2100, 0, 1))
    const { exitCode, of } = await inspect()
    expect([exitCode, of('clock')]).toEqual([
      1,
      expect.stringContaining('alive at 2100-01-01 00:00:00 UTC. Set the clock.'),
    ])
  })

  test.each([
    ['no', 'warn', 'nothing keeps the clock right'],
    ['yes', 'ok', 'and the clock is kept right.'],
    ['', 'ok', 'UTC.'],
  ])('is looked after when the system says "%s"', async (answer, state, says) => {
    const program = join(cronguard.folder, 'timedatectl')
    writeFileSync(program, `#!/bin/sh\necho ${answer}\n`, { mode: 0o755 })
    const { of } = await inspect({ PATH: `${cronguard.folder}:${process.env.PATH}` })
    expect(of('clock')).toStartWith(`${state}: `)
    expect(of('clock')).toContain(says)
  })
})

test('A server is told from one with another port, and from one with another folder', async () => {
  await cronguard.start()
  expect((await inspect()).of('server')).toMatch(/^ok: It runs on port \d+ and is ready\.$/)
  const elsewhere = await inspect({ CRONGUARD_PORT: '1' })
  expect([elsewhere.exitCode, elsewhere.of('server')]).toEqual([1, expect.stringMatching(/^bad: .*CRONGUARD_PORT/)])
  expect(elsewhere.of('address')).toStartWith(
    `warn: The server's links begin with ${cronguard.url}, and by the settings`,
  )
  const foreign = await inspect({ CRONGUARD_DATA_DIR: cronguard.folder })
  expect(foreign.of('server')).toMatch(/^warn: .*CRONGUARD_DATA_DIR/)
  await cronguard.end('SIGTERM')
  expect((await inspect()).of('server')).toMatch(/^warn: .*it is not running\.$/)
}, 20_000)

test('Monitors that nobody judges are told of', async () => {
  expect((await inspect()).of('work')).toStartWith('ok: ')
  await cronguard.run(['monitor', 'add', ALICE, 'job'])
  inDatabase("UPDATE monitors SET status = 'up', due_at = 1, deadline_at = 2")
  expect((await inspect()).of('work')).toMatch(/^warn: Monitors are checked too late/)
})

describe('The mail server', () => {
  test('is greeted, and gets no mail', async () => {
    const receiver = await startSmtpReceiver()
    const smtp = { CRONGUARD_SMTP_HOST: '127.0.0.1', CRONGUARD_SMTP_PORT: String(receiver.port) }
    const { exitCode, of } = await inspect({ ...smtp, CRONGUARD_SMTP_SECURITY: 'none' })
    expect([exitCode, of('mail')]).toEqual([0, 'ok: 127.0.0.1 lets CronGuard in, unencrypted. No mail was sent.'])
    // It offers no STARTTLS.
    const encrypted = await inspect(smtp)
    expect([encrypted.exitCode, encrypted.of('mail')]).toEqual([1, expect.stringMatching(/^bad: .*STARTTLS/)])
    expect(receiver.mails).toEqual([])
    await receiver.stop()
  })

  test('that refuses the password does not get it shown', async () => {
    const receiver = await startSmtpReceiver()
    const { exitCode, of, said } = await inspect({
      CRONGUARD_SMTP_HOST: '127.0.0.1',
      CRONGUARD_SMTP_PORT: String(receiver.port),
      CRONGUARD_SMTP_SECURITY: 'none',
      CRONGUARD_SMTP_USERNAME: 'ada',
      CRONGUARD_SMTP_PASSWORD: SECRET,
    })
    await receiver.stop()
    expect([exitCode, of('mail')]).toEqual([1, expect.stringMatching(/^bad: 127\.0\.0\.1 does not let CronGuard in/)])
    expect(said).not.toContain(SECRET)
  })
})

describe('Channels', () => {
  test('that fail are named, with since when, and without their secrets', async () => {
    expect((await inspect()).of('channels')).toMatch(/^warn: There is no channel/)
    addChannel({ name: 'hook' })
    expect((await inspect()).of('channels')).toBe('ok: 1 in all, 0 switched off, 0 failing.')
    addChannel({ name: 'pager', failingSince: Date.UTC(2026, 0, 2, 3, 4, 5) })
    const { of, said } = await inspect()
    expect(of('channels')).toBe(
      'warn: 2 in all, 0 switched off, 1 failing: pager since 2026-01-02 03:04:05 UTC. Their pages say why.',
    )
    expect(said).not.toContain(SECRET)
  })

  test('that are all switched off reach nobody', async () => {
    addChannel({ name: 'hook', disabledAt: 1 })
    expect((await inspect()).of('channels')).toMatch(/^warn: 1 in all, 1 switched off.*nobody is told/)
  })
})

test('A backup is looked for', async () => {
  expect((await inspect()).of('backups')).toBe('warn: There is none yet. `cronguard backup` makes one.')
  await cronguard.run(['backup'])
  expect((await inspect()).of('backups')).toMatch(/^ok: The newest is .* old\.$/)
  inDatabase('UPDATE migrations SET applied_at = 0')
  rmSync(join(dataFolder(), 'backups'), { recursive: true })
  expect((await inspect()).of('backups')).toMatch(/^warn: No backup was made yet\. The log says why/)
  await cronguard.run(['backup'])
  const folder = join(dataFolder(), 'backups')
  for (const name of readdirSync(folder)) renameSync(join(folder, name), join(folder, name.replace(/20\d\d/, '2999')))
  expect((await inspect()).of('backups')).toMatch(/^warn: All .*dated in the future\. Check the clock/)
  expect((await inspect({ CRONGUARD_BACKUP_KEEP: '0' })).of('backups')).toContain('CRONGUARD_BACKUP_KEEP is 0')
})

test.each([
  [{ BASE_URL: 'https://cron.example.org' }, 'warn', 'CRONGUARD_TRUSTED_PROXIES'],
  [{ BASE_URL: 'https://cron.example.org', TRUSTED_PROXIES: '127.0.0.1' }, 'ok', 'Links begin with https://cron'],
  [{ BASE_URL: 'https://cron.example.org', TRUSTED_PROXIES: '10.0.0.0/8,0.0.0.0/0' }, 'bad', 'believes everybody'],
  [{ BASE_URL: 'http://cron.example.org' }, 'warn', 'is not encrypted'],
  [{ HOST: '0.0.0.0' }, 'warn', 'works on this machine alone. Set CRONGUARD_BASE_URL'],
  [{ HOST: '0.0.0.0', BASE_URL: 'http://localhost:8000' }, 'ok', 'Links begin with http://localhost:8000'],
  [{ HOST: '::1' }, 'ok', 'it listens on ::1'],
])('The address with %j is %s', async (settings, state, says) => {
  const env = Object.fromEntries(Object.entries(settings).map(([name, value]) => [`CRONGUARD_${name}`, value]))
  const { of } = await inspect(env)
  expect(of('address')).toStartWith(`${state}: `)
  expect(of('address')).toContain(says)
})

test('No secret is said of any setting', async () => {
  const secrets = ['SECRET_KEY', 'METRICS_TOKEN'].map((name) => [`CRONGUARD_${name}`, SECRET])
  const url = { CRONGUARD_HEARTBEAT_URL: `https://ping.example.org/${SECRET}` }
  const env = { ...Object.fromEntries(secrets), ...url }
  expect((await inspect(env)).said).not.toContain(SECRET)
  for (const args of [
    ['config', 'show'],
    ['config', 'show', '--json'],
    ['config', 'check'],
  ]) {
    const { stdout, stderr } = await cronguard.run(args, { env })
    expect(stdout + stderr).not.toContain(SECRET)
    expect(stdout + stderr).not.toContain(SECRET.slice(0, 5))
  }
})
