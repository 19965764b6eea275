// The findings of doctor for all kinds of problems: the real executable.
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
const SECRET = 'a-secret-that-is-never-shown'

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

/** Every file of the data folder with its content. */
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

test('doctor: changes no file, and creates none', async () => {
  const before = contents()
  expect(before.map(([name]) => name)).toEqual(['cronguard.db', 'cronguard.lock'])
  expect((await inspect()).exitCode).toBe(0)
  expect(contents()).toEqual(before)
})

test('doctor: before the first start nothing is bad, and nothing is created', async () => {
  const dataDir = join(cronguard.folder, 'fresh')
  mkdirSync(dataDir, { mode: 0o700 })
  const { exitCode, of } = await inspect({ CRONGUARD_DATA_DIR: dataDir })
  expect(exitCode).toBe(0)
  expect(of('database')).toBe('warn: No database yet. The first start creates it.')
  expect(of('clock')).toStartWith('ok: It is 20')
  expect(readdirSync(dataDir)).toEqual([])
})

test('doctor: invalid settings are one finding, in JSON too', async () => {
  const { exitCode, of, said } = await inspect({ CRONGUARD_PORT: 'x', CRONGUARD_SECRET_KEY: 'too-short' })
  expect(exitCode).toBe(1)
  expect(of('settings')).toContain('CRONGUARD_PORT must be a whole number; CRONGUARD_SECRET_KEY must have')
  expect(said).not.toContain('too-short')
})

describe('doctor: the data folder', () => {
  test('and its files must be readable by one user only', async () => {
    expect((await inspect()).of('access')).toStartWith('ok: ')
    chmodSync(cronguard.databasePath, 0o644)
    expect((await inspect()).of('access')).toMatch(/^warn: .*cronguard\.db.*`chmod 600`/)
    chmodSync(dataFolder(), 0o755)
    expect((await inspect()).of('access')).toMatch(/^warn: .*`chmod 700`/)
  })

  test.skipIf(process.getuid?.() !== 0)('with a file of another user is bad', async () => {
    // Every ext4 file system has this folder at its top.
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

  test.skipIf(process.platform !== 'linux')('in memory is a warning', async () => {
    const dataDir = mkdtempSync('/dev/shm/cronguard-')
    const { of } = await inspect({ CRONGUARD_DATA_DIR: dataDir })
    rmSync(dataDir, { recursive: true })
    expect(of('folder')).toMatch(/^warn: .* is in memory and will be lost when the machine restarts\. Use a disk\.$/)
  })
})

describe('doctor: the database', () => {
  test('that is damaged is bad', async () => {
    const bytes = readFileSync(cronguard.databasePath)
    bytes.fill(7, 8192, 40_000)
    writeFileSync(cronguard.databasePath, bytes)
    const { exitCode, of } = await inspect()
    expect([exitCode, of('database')]).toEqual([1, expect.stringMatching(/^bad: .*(damaged|malformed)/)])
  })

  test('of a newer CronGuard is bad, with advice', async () => {
    inDatabase("INSERT INTO migrations VALUES (999, '0999_future', ?, 0)", 'f'.repeat(64))
    expect((await inspect()).of('database')).toMatch(/^bad: .*newer version of CronGuard.*Install that version/)
  })
})

test('doctor: an unreadable database is one finding, with advice', async () => {
  writeFileSync(cronguard.databasePath, 'hello '.repeat(100))
  const { exitCode, of } = await inspect()
  expect(exitCode).toBe(1)
  expect(of('database')).toMatch(
    /^bad: Cannot read the database: .* damaged\. Stop CronGuard, then restore the newest backup/,
  )
  const unknown = 'warn: Unknown, because the database cannot be read.'
  expect(['work', 'channels'].map(of)).toEqual([unknown, unknown])
})

test.skipIf(process.getuid?.() !== 0)(
  'doctor: another user gets the advice to run it as the service user',
  async () => {
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
      expect(stdout).toMatch(new RegExp(`^bad +${name} +.*as the service user`, 'm'))
    }
  },
)

describe.skipIf(whyNoDisk() !== null)('doctor: a separate disk', () => {
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

  test('that is full is bad, and so is the database if it cannot be read for that reason', async () => {
    // A killed process leaves this file.
    writeFileSync(join(dataDir, 'cronguard.db-wal'), new Uint8Array(100))
    fill(0)
    const { exitCode, of } = await inspect({ CRONGUARD_DATA_DIR: dataDir })
    expect(exitCode).toBe(1)
    expect(of('disk')).toMatch(/^bad: The disk is full: 0 bytes of .* cannot record pings\. Free some space/)
    expect(of('database')).toMatch(/^bad: Cannot read the database: .*\. The disk is full.*Free some space\.$/)
  })

  test('with little free space is a warning, with and without a database', async () => {
    fill(1_500_000)
    const says = /^warn: The disk with the data folder is almost full: 1\.5 MB of .*Free some space/
    expect((await inspect({ CRONGUARD_DATA_DIR: dataDir })).of('disk')).toMatch(says)
    rmSync(join(dataDir, 'cronguard.db'))
    fill(1_500_000)
    expect((await inspect({ CRONGUARD_DATA_DIR: dataDir })).of('disk')).toMatch(says)
  })
})

test('doctor: before the first start, free space is checked where the data folder will be created', async () => {
  const { of } = await inspect({ CRONGUARD_DATA_DIR: join(cronguard.folder, 'not', 'yet') })
  expect(of('disk')).toMatch(/^ok: .* of .* free\.$/)
})

describe('doctor: the clock', () => {
  test('is behind when CronGuard was alive later than now', async () => {
    inDatabase('INSERT INTO heartbeat (id, started_at, alive_at) VALUES (1, ?1, ?1)', Date.UTC(2100, 0, 1))
    const { exitCode, of } = await inspect()
    expect([exitCode, of('clock')]).toEqual([
      1,
      expect.stringContaining('last ran at 2100-01-01 00:00:00 UTC. Set the clock.'),
    ])
  })

  test.each([
    ['no', 'warn', 'the clock is not synchronized'],
    ['yes', 'ok', 'and the clock is synchronized.'],
    ['', 'ok', 'UTC.'],
  ])('is synchronized or not when timedatectl says "%s"', async (answer, state, says) => {
    const program = join(cronguard.folder, 'timedatectl')
    writeFileSync(program, `#!/bin/sh\necho ${answer}\n`, { mode: 0o755 })
    const { of } = await inspect({ PATH: `${cronguard.folder}:${process.env.PATH}` })
    expect(of('clock')).toStartWith(`${state}: `)
    expect(of('clock')).toContain(says)
  })
})

test('doctor: the server may use another port, or another folder', async () => {
  await cronguard.start()
  expect((await inspect()).of('server')).toMatch(/^ok: Running on port \d+ and ready\.$/)
  const elsewhere = await inspect({ CRONGUARD_PORT: '1' })
  expect([elsewhere.exitCode, elsewhere.of('server')]).toEqual([1, expect.stringMatching(/^bad: .*CRONGUARD_PORT/)])
  expect(elsewhere.of('address')).toStartWith(
    `warn: The server's links begin with ${cronguard.url}, but the current settings say`,
  )
  const foreign = await inspect({ CRONGUARD_DATA_DIR: cronguard.folder })
  expect(foreign.of('server')).toMatch(/^warn: .*CRONGUARD_DATA_DIR/)
  await cronguard.end('SIGTERM')
  expect((await inspect()).of('server')).toMatch(/^warn: Not running: nothing responds on port \d+\.$/)
}, 20_000)

test('doctor: overdue deadlines are a warning', async () => {
  expect((await inspect()).of('work')).toStartWith('ok: ')
  await cronguard.run(['monitor', 'add', ALICE, 'job'])
  inDatabase("UPDATE monitors SET status = 'up', due_at = 1, deadline_at = 2")
  expect((await inspect()).of('work')).toMatch(/^warn: Deadline checks are late/)
})

describe('doctor: the mail server', () => {
  test('is reached, and gets no mail', async () => {
    const receiver = await startSmtpReceiver()
    const smtp = { CRONGUARD_SMTP_HOST: '127.0.0.1', CRONGUARD_SMTP_PORT: String(receiver.port) }
    const { exitCode, of } = await inspect({ ...smtp, CRONGUARD_SMTP_SECURITY: 'none' })
    expect([exitCode, of('mail')]).toEqual([0, 'ok: Connected to 127.0.0.1 without encryption. No email was sent.'])
    // This server offers no STARTTLS.
    const encrypted = await inspect(smtp)
    expect([encrypted.exitCode, encrypted.of('mail')]).toEqual([1, expect.stringMatching(/^bad: .*STARTTLS/)])
    expect(receiver.mails).toEqual([])
    await receiver.stop()
  })

  test('that refuses the password is bad, without showing the password', async () => {
    const receiver = await startSmtpReceiver()
    const { exitCode, of, said } = await inspect({
      CRONGUARD_SMTP_HOST: '127.0.0.1',
      CRONGUARD_SMTP_PORT: String(receiver.port),
      CRONGUARD_SMTP_SECURITY: 'none',
      CRONGUARD_SMTP_USERNAME: 'ada',
      CRONGUARD_SMTP_PASSWORD: SECRET,
    })
    await receiver.stop()
    expect([exitCode, of('mail')]).toEqual([1, expect.stringMatching(/^bad: CronGuard cannot use 127\.0\.0\.1: /)])
    expect(said).not.toContain(SECRET)
  })
})

describe('doctor: channels', () => {
  // The first account has a channel of its own.
  beforeEach(() => inDatabase('DELETE FROM channels'))

  test('that fail are listed with the time, and without their secrets', async () => {
    expect((await inspect()).of('channels')).toMatch(/^warn: No channels: no one gets notified/)
    addChannel({ name: 'hook' })
    expect((await inspect()).of('channels')).toBe('ok: 1 in total, 0 disabled, 0 failing.')
    addChannel({ name: 'pager', failingSince: Date.UTC(2026, 0, 2, 3, 4, 5) })
    const { of, said } = await inspect()
    expect(of('channels')).toBe(
      'warn: 2 in total, 0 disabled, 1 failing: pager since 2026-01-02 03:04:05 UTC. See the Channels page.',
    )
    expect(said).not.toContain(SECRET)
  })

  test('that are all disabled are a warning', async () => {
    addChannel({ name: 'hook', disabledAt: 1 })
    expect((await inspect()).of('channels')).toMatch(/^warn: 1 in total, 1 disabled.*no one gets notified/)
  })
})

test('doctor: reports the age of the newest backup', async () => {
  expect((await inspect()).of('backups')).toBe('warn: No backup yet. Create one with `cronguard backup`.')
  await cronguard.run(['backup'])
  expect((await inspect()).of('backups')).toMatch(/^ok: The newest backup is .* old\.$/)
  inDatabase('UPDATE migrations SET applied_at = 0')
  rmSync(join(dataFolder(), 'backups'), { recursive: true })
  expect((await inspect()).of('backups')).toMatch(/^warn: No backup yet\. See the log/)
  await cronguard.run(['backup'])
  const folder = join(dataFolder(), 'backups')
  for (const name of readdirSync(folder)) renameSync(join(folder, name), join(folder, name.replace(/20\d\d/, '2999')))
  expect((await inspect()).of('backups')).toMatch(/^warn: All .*dated in the future\. Check this machine's clock/)
  expect((await inspect({ CRONGUARD_BACKUP_KEEP: '0' })).of('backups')).toContain('CRONGUARD_BACKUP_KEEP is 0')
})

test.each([
  [{ BASE_URL: 'https://cron.example.org' }, 'warn', 'CRONGUARD_TRUSTED_PROXIES'],
  [{ BASE_URL: 'https://cron.example.org', TRUSTED_PROXIES: '127.0.0.1' }, 'ok', 'Links begin with https://cron'],
  [{ BASE_URL: 'https://cron.example.org', TRUSTED_PROXIES: '10.0.0.0/8,0.0.0.0/0' }, 'bad', 'trusts everyone'],
  [{ BASE_URL: 'http://cron.example.org' }, 'warn', 'is not encrypted'],
  [{ HOST: '0.0.0.0' }, 'warn', 'only works on this machine. Set CRONGUARD_BASE_URL'],
  [{ HOST: '0.0.0.0', BASE_URL: 'http://localhost:8000' }, 'ok', 'Links begin with http://localhost:8000'],
  [{ HOST: '::1' }, 'ok', 'CronGuard listens on ::1'],
])('doctor: the address with %j is %s', async (settings, state, says) => {
  const env = Object.fromEntries(Object.entries(settings).map(([name, value]) => [`CRONGUARD_${name}`, value]))
  const { of } = await inspect(env)
  expect(of('address')).toStartWith(`${state}: `)
  expect(of('address')).toContain(says)
})

test('doctor, config: no output contains a secret', async () => {
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
