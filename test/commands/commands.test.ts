// Commands next to a running server: the real executable.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Binary } from '../support/binary.ts'
import { startHttpReceiver } from '../support/receivers.ts'

const ALICE = 'alice@example.org'
const SECRET = 'a-secret-that-is-never-shown'
const UNASKED = 'Nothing was changed. Add --yes to confirm.'

let cronguard: Binary
let receiver: ReturnType<typeof startHttpReceiver>

beforeAll(async () => {
  cronguard = await Binary.prepare({ CRONGUARD_BASE_URL: 'https://cron.example.org' })
  receiver = startHttpReceiver()
  await ok('user', 'create', ALICE)
}, 30_000)

afterAll(async () => {
  await cronguard.dispose()
  receiver.stop()
})

const run = (args: string[], env: Record<string, string> = {}) => cronguard.run(args, { env })

async function ok(...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await run(args)
  if (exitCode !== 0) throw new Error(`${args.join(' ')} ended with ${exitCode}: ${stderr}`)
  return stdout.trim()
}

async function refusal(...args: string[]) {
  const { exitCode, stderr } = await run(args)
  return { exitCode, says: stderr.trim() }
}

const json = async (...args: string[]) => JSON.parse(await ok(...args, '--json'))

describe('monitor', () => {
  test('list is empty at first, and says how to add one', async () => {
    expect(await json('monitor', 'list', ALICE)).toEqual([])
    expect((await run(['monitor', 'list', ALICE])).stderr).toContain('cronguard monitor add')
  })

  test('add takes a schedule in words and prints the ping URL', async () => {
    const url = await ok(
      'monitor',
      'add',
      ALICE,
      'Nightly backup',
      '--schedule',
      'weekdays at 18:30',
      '--tz',
      'Europe/Kiev',
    )
    expect(url).toMatch(/^https:\/\/cron\.example\.org\/ping\/[0-9a-f-]{36}$/)
    expect(await json('monitor', 'list', ALICE)).toEqual([
      {
        name: 'Nightly backup',
        slug: 'nightly-backup',
        unique_key: expect.stringMatching(/^[0-9a-f]{40}$/),
        status: 'new',
        schedule: 'Monday to Friday at 18:30 (Europe/Kyiv)',
        last_ping: null,
        due: null,
        ping_url: url,
      },
    ])
    expect(await ok('monitor', 'list', ALICE)).toMatch(
      /^STATUS +NAME +SLUG +KEY .*\nnew +Nightly backup +nightly-backup +[0-9a-f]{10} +Monday to Friday/,
    )
  })

  test('pause, resume and rm find it by its name, its slug or its key', async () => {
    const { ping_url: url } = await json('monitor', 'add', ALICE, 'job', '--grace', '10 minutes')
    const key = url.slice(-36)
    const job = async () =>
      (await json('monitor', 'list', ALICE)).find((monitor: { name: string }) => monitor.name === 'job')
    expect(await ok('monitor', 'pause', ALICE, 'job')).toBe('job paused.')
    expect(await job()).toMatchObject({ status: 'paused', due: null })
    expect(await ok('monitor', 'resume', ALICE, key)).toMatch(
      /^job resumed\. It goes down if no ping arrives by \d{4}-\d\d-\d\dT[\d:]+Z\.$/,
    )
    expect(await job()).toMatchObject({ status: 'new', due: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) })
    expect((await refusal('monitor', 'resume', ALICE, 'job')).says).toBe('The monitor is not paused.')
    expect(await ok('monitor', 'rm', ALICE, 'job', '--yes')).toBe('job deleted.')
    expect(await job()).toBeUndefined()
  })

  test('rm needs --yes without a terminal', async () => {
    await ok('monitor', 'add', ALICE, 'kept')
    const before = await json('monitor', 'list', ALICE)
    expect(await refusal('monitor', 'rm', ALICE, 'kept')).toEqual({
      exitCode: 1,
      says: `This deletes the monitor "kept" in "My project" with its history (0 pings). ${UNASKED}`,
    })
    expect(await json('monitor', 'list', ALICE)).toEqual(before)
  })

  test('list shows the keys of monitors with the same name', async () => {
    for (const _ of [1, 2]) await ok('monitor', 'add', ALICE, 'twin')
    const keys = (await ok('monitor', 'list', ALICE))
      .split('\n')
      .flatMap((line) => /twin +[\w-]+ +(\w{10}) /.exec(line)?.[1] ?? [])
    const { says } = await refusal('monitor', 'pause', ALICE, 'twin')
    expect(keys).toHaveLength(2)
    expect(says).toStartWith('Several monitors are named twin. Use a key instead: ')
    for (const key of keys) expect(says).toContain(key)
    for (const key of keys) expect(await ok('monitor', 'rm', ALICE, key, '--yes')).toBe('twin deleted.')
  })

  test.each([
    [['--schedule', '21h'], '"21h" can mean two things. Write "every day at 21:00" or "every 21 hours".'],
    [['--schedule', '0 0 12 * * MON'], 'has 6 fields: seconds are not supported. Did you mean "0 12 * * MON"?'],
    [['--schedule', 'when it rains'], 'Cannot read "when it rains"'],
    [['--tz', 'Mars/Olympus'], '"Mars/Olympus" is not a time zone.'],
    [['--grace', 'daily at 3am'], '--grace: "daily at 3am" is not a duration. Write it as "90s", "10 minutes" or'],
    [['--grace', 'lots'], '--grace: "lots" is not a duration. Write it as "90s", "10 minutes" or "1h 30m".'],
    [['--grace', '0'], '--grace: Enter 1 second to 365 days.'],
    [['--failures-to-alert', 'many'], '--failures-to-alert: Enter a whole number from 1 to 100.'],
    [['--post-only', 'maybe'], '--post-only: Enter yes or no.'],
    [['--project', 'nothing'], 'has no project named nothing'],
  ])('add with %j is refused in a sentence', async (options, says) => {
    const refused = await refusal('monitor', 'add', ALICE, 'x', ...options)
    expect(refused.exitCode).toBe(1)
    expect(refused.says).toContain(says)
    expect(refused.says).not.toContain('    at ')
  })

  test('unknown users and monitors are refused', async () => {
    expect((await refusal('monitor', 'list', 'nobody@example.org')).exitCode).toBe(1)
    expect((await refusal('monitor', 'rm', ALICE, 'nothing')).says).toContain('has no monitor nothing')
    expect((await refusal('monitor', 'fly', ALICE)).exitCode).toBe(2)
  })
})

describe('channel', () => {
  test('test prints the outcome, and list shows no secret', async () => {
    const own = { kind: 'email', to: ALICE, scope: 'all' }
    expect(await json('channel', 'list', ALICE)).toEqual([expect.objectContaining(own)])
    const key = await ok('key', 'create', ALICE)
    await cronguard.start()
    for (const [name, url] of [
      ['hook', `${receiver.url}/${SECRET}`],
      ['broken', 'http://127.0.0.1:9/'],
    ]) {
      await cronguard.api('/channels/', { key, body: { kind: 'webhook', name, settings: { url, secret: SECRET } } })
    }
    const [, hook] = await json('channel', 'list', ALICE)
    expect(hook).toMatchObject({ name: 'hook', kind: 'webhook', enabled: true, failing_since: null })
    expect(hook.to).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/… \(#[0-9a-f]{4}\)$/)
    expect(JSON.stringify(hook)).not.toContain(SECRET)
    expect(await ok('channel', 'test', ALICE, 'hook')).toBe('Test sent: Received status code 200.')
    expect(await json('channel', 'test', ALICE, hook.id)).toEqual({
      channel: 'hook',
      result: 'sent',
      detail: 'Received status code 200',
    })
    expect(receiver.received).toHaveLength(2)
    expect(await refusal('channel', 'test', ALICE, 'broken')).toEqual({
      exitCode: 1,
      says: 'Could not send the test: Connection refused.',
    })
    const broken = await run(['channel', 'test', ALICE, 'broken', '--json'])
    expect([broken.exitCode, JSON.parse(broken.stdout)]).toEqual([
      1,
      { channel: 'broken', result: 'failed', detail: 'Connection refused' },
    ])
    expect((await refusal('channel', 'test', ALICE, 'nothing')).says).toBe('No channel has the ID or name nothing.')
    const unnamed = { kind: 'webhook', settings: { url: receiver.url } }
    await cronguard.api('/channels/', { key, body: unnamed })
    expect(await ok('channel', 'list', ALICE)).toContain(' Webhook ')
    expect(await ok('channel', 'test', ALICE, 'Webhook')).toBe('Test sent: Received status code 200.')
    await cronguard.end('SIGTERM')
  }, 20_000)
})

test('version --json', async () => {
  expect(await json('version')).toEqual({
    version: await ok('version'),
    platform: process.platform,
    arch: process.arch,
    bun: Bun.version,
  })
})

describe('key', () => {
  test('ping prints the ping key, with --json also the project', async () => {
    const [{ name, ping_key }] = await json('project', 'list', ALICE)
    expect(await ok('key', 'ping', ALICE)).toBe(ping_key)
    expect(await json('key', 'ping', ALICE)).toEqual({ project: name, ping_key })
  })

  test('list shows only the start of each key, and delete revokes it', async () => {
    const key = await ok('key', 'create', ALICE, '--read-only')
    const listed = await json('key', 'list', ALICE)
    const made = listed.find(({ access }: { access: string }) => access === 'read-only')
    expect(key).toStartWith(made.begins_with)
    expect(made.created_by).toBe(ALICE)
    expect(await ok('key', 'list', ALICE)).toMatch(new RegExp(`read-only +${ALICE}`))
    expect(JSON.stringify(listed)).not.toContain(key)
    expect(await refusal('key', 'delete', ALICE, made.id)).toEqual({
      exitCode: 1,
      says:
        `This deletes the read-only key ${made.begins_with}… in "My project". ` +
        `Programs that use it lose access. ${UNASKED}`,
    })
    expect(await json('key', 'list', ALICE)).toHaveLength(listed.length)
    expect(await ok('key', 'delete', ALICE, made.id, '--yes')).toBe('API key deleted.')
    expect(await json('key', 'list', ALICE)).toHaveLength(listed.length - 1)
    expect((await refusal('key', 'delete', ALICE, made.id)).says).toBe('API key not found.')
  })
})

describe('user delete', () => {
  test('lists what it deletes, and deletes it with --yes', async () => {
    await ok('user', 'create', 'bob@example.org')
    await ok('monitor', 'add', 'bob@example.org', 'billing')
    const { exitCode, says } = await refusal('user', 'delete', ' BOB@example.org')
    expect(exitCode).toBe(1)
    expect(says).toMatch(/^This deletes the user bob@example\.org \(created on 20\d\d-\d\d-\d\d\); /)
    expect(says).toEndWith(`their project "My project" (1 monitor, 0 channels). ${UNASKED}`)
    expect(await json('user', 'list')).toHaveLength(2)
    expect(await ok('user', 'delete', 'bob@example.org', '--yes')).toStartWith(
      'Deleted the user bob@example.org (created',
    )
    expect((await json('user', 'list')).map(({ email }: { email: string }) => email)).toEqual([ALICE])
    expect((await refusal('user', 'delete', 'bob@example.org', '--yes')).exitCode).toBe(1)
  })
})

describe('doctor', () => {
  const inspect = async (env: Record<string, string> = {}) => {
    const { exitCode, stdout, stderr } = await run(['doctor', '--json'], env)
    const findings: { name: string; state: string; says: string }[] = JSON.parse(stdout)
    return { exitCode, stderr, stdout, of: Object.fromEntries(findings.map((finding) => [finding.name, finding])) }
  }

  test('checks everything next to a running server, and changes nothing', async () => {
    await cronguard.start()
    const { of, exitCode } = await inspect()
    expect(exitCode).toBe(0)
    expect(Object.values(of).filter(({ state }) => state === 'bad')).toEqual([])
    expect(of.server?.says).toContain('and ready')
    expect(of.database?.says).toMatch(/^Schema \d+, no damage found\.$/)
    expect(of.channels?.says).toBe('4 in total, 0 disabled, 0 failing.')
    expect(of.mail).toMatchObject({ state: 'warn' })
    await cronguard.end('SIGTERM')
    expect((await inspect()).of.server?.says).toContain('Not running')
  }, 20_000)

  test('says what is bad and how to fix it, with exit code 1 and without secrets', async () => {
    const env = {
      CRONGUARD_DATA_DIR: join(cronguard.folder, 'nothing'),
      CRONGUARD_SMTP_HOST: '127.0.0.1',
      CRONGUARD_SMTP_PORT: '9',
      CRONGUARD_SMTP_USERNAME: 'ada',
      CRONGUARD_SMTP_PASSWORD: SECRET,
    }
    const { exitCode, of, stdout, stderr } = await inspect(env)
    expect(exitCode).toBe(1)
    expect(stderr).toContain('checks failed.')
    for (const name of ['folder', 'database', 'mail']) expect([name, of[name]?.state]).toEqual([name, 'bad'])
    expect(stdout).not.toContain(SECRET)
    const plain = await run(['doctor'], env)
    expect(plain.stdout).toMatch(/^bad +folder /m)
    expect(plain.stdout).not.toContain('    at ')
  }, 20_000)
})

describe('config', () => {
  test('show prints the source of each value, and no secrets', async () => {
    const file = join(cronguard.folder, 'password')
    writeFileSync(file, SECRET)
    const env = {
      CRONGUARD_SMTP_HOST: 'mail.example.org',
      CRONGUARD_SMTP_USERNAME: 'ada',
      CRONGUARD_SMTP_PASSWORD_FILE: file,
      CRONGUARD_METRICS_TOKEN: SECRET,
    }
    const { stdout, exitCode } = await run(['config', 'show', '--json'], env)
    expect(exitCode).toBe(0)
    expect(stdout).not.toContain(SECRET)
    const shown = Object.fromEntries(
      JSON.parse(stdout).map(({ name, value, from }: Record<string, string>) => [name, [value, from]]),
    )
    expect(shown).toMatchObject({
      CRONGUARD_SMTP_SECURITY: ['starttls', 'default'],
      CRONGUARD_SMTP_HOST: ['mail.example.org', 'environment'],
      CRONGUARD_SMTP_PASSWORD: ['********', 'file'],
      CRONGUARD_METRICS_TOKEN: ['********', 'environment'],
      CRONGUARD_DIALECT_KUMA: ['on', 'default'],
      CRONGUARD_SECRET_KEY: [null, 'default'],
    })
    const plain = await run(['config', 'show'], env)
    expect(plain.stdout).toMatch(/CRONGUARD_SMTP_SECURITY +starttls +default/)
    expect(plain.stdout).not.toContain(SECRET)
  })

  test('check lists all problems, with exit code 1', async () => {
    expect(await ok('config', 'check')).toBe('The configuration is valid.')
    const { exitCode, stderr } = await run(['config', 'check'], { CRONGUARD_PORT: 'x', CRONGUARD_NONSENSE: '1' })
    expect(exitCode).toBe(1)
    expect(stderr).toContain('CRONGUARD_PORT must be a whole number')
    expect(stderr).toContain('CRONGUARD_NONSENSE is not a CronGuard setting')
  })

  test('check --json lists the same problems', async () => {
    expect(await json('config', 'check')).toEqual({ ok: true, problems: [] })
    const { exitCode, stdout } = await run(['config', 'check', '--json'], { CRONGUARD_PORT: 'x' })
    expect([exitCode, JSON.parse(stdout)]).toEqual([
      1,
      { ok: false, problems: ['CRONGUARD_PORT must be a whole number'] },
    ])
  })
})
