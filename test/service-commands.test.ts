// Commands next to an installed service with systemd credentials, and what they say about the certificates of mail
// servers: the real executable.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SMTPServer } from 'smtp-server'
import { makeCertificate } from './channels/conformance.ts'
import { Binary, buildBinary, execute } from './support/binary.ts'
import { startSmtpReceiver } from './support/receivers.ts'
import { ROOT } from './support/source.ts'

const ALICE = 'alice@example.org'
const SECRET = 'a-secret-that-is-never-shown'

let home: string
let server: Awaited<ReturnType<typeof startSmtpReceiver>>

beforeAll(async () => {
  await buildBinary()
  home = mkdtempSync(join(tmpdir(), 'cronguard-service-'))
  server = await startSmtpReceiver()
  mkdirSync(join(home, '.config/cronguard'), { recursive: true })
  writeFileSync(
    join(home, '.config/cronguard/cronguard.env'),
    [
      `CRONGUARD_DATA_DIR=${join(home, 'data')}`,
      'CRONGUARD_SMTP_HOST=127.0.0.1',
      `CRONGUARD_SMTP_PORT=${server.port}`,
      'CRONGUARD_SMTP_SECURITY=none',
      'CRONGUARD_SMTP_USERNAME=ada',
      '',
    ].join('\n'),
  )
}, 60_000)

afterAll(async () => {
  await server.stop()
  rmSync(home, { recursive: true, force: true })
})

const run = (...args: string[]) =>
  execute([join(ROOT, 'dist/cronguard'), ...args], { cwd: home, env: { HOME: home, XDG_CONFIG_HOME: '' } })

const shown = async () => {
  const { stdout } = await run('config', 'show', '--json')
  const settings: { name: string; value: string | null; from: string }[] = JSON.parse(stdout)
  return (name: string) => settings.find((setting) => setting.name === name)
}

describe('Commands, with the mail password as a service credential', () => {
  test('work if they send no mail', async () => {
    expect((await run('user', 'create', ALICE)).stdout).toContain(`Created ${ALICE}.`)
    const file = join(home, 'export.json')
    for (const args of [
      ['user', 'reset-password', ALICE],
      ['user', 'list'],
      ['monitor', 'add', ALICE, 'backup'],
      ['monitor', 'pause', ALICE, 'backup'],
      ['monitor', 'list', ALICE],
      ['channel', 'list', ALICE],
      ['incident', 'list', ALICE],
      ['project', 'list', ALICE],
      ['key', 'create', ALICE],
      ['key', 'list', ALICE],
      ['export', file],
      ['import', file],
      ['backup'],
      ['migrate'],
      ['doctor'],
      ['config', 'show'],
      ['monitor', 'rm', ALICE, 'backup', '--yes'],
    ]) {
      const { exitCode, stderr } = await run(...args)
      expect([args, exitCode, stderr.includes('must be set together')]).toEqual([args, 0, false])
    }
  }, 60_000)

  test('config: shows its source, and doctor: says that the sign-in was not tested', async () => {
    expect((await shown())('CRONGUARD_SMTP_PASSWORD')).toEqual({
      name: 'CRONGUARD_SMTP_PASSWORD',
      value: '********',
      from: 'service credential',
    })
    expect((await run('config', 'check')).stdout).toContain('The service needs the credential smtp-password')
    const findings = JSON.parse((await run('doctor', '--json')).stdout)
    expect(findings.find(({ name }: { name: string }) => name === 'mail')).toMatchObject({
      state: 'ok',
      says: expect.stringContaining('The sign-in was not tested, because only the service can read the password'),
    })
  }, 20_000)

  test('config show: shows every other credential as one, and never its value', async () => {
    expect((await shown())('CRONGUARD_METRICS_TOKEN')?.value).toBeNull()
    mkdirSync(join(home, '.config/credstore'))
    const names = ['secret-key', 'smtp-password', 'metrics-token', 'heartbeat-url', 'admin-alert-url']
    for (const name of names) writeFileSync(join(home, '.config/credstore', `cronguard.${name}`), SECRET)
    const setting = await shown()
    for (const name of names) {
      const found = setting(`CRONGUARD_${name.toUpperCase().replaceAll('-', '_')}`)
      expect([name, found?.value, found?.from]).toEqual([name, '********', 'service credential'])
    }
    const plain = await run('config', 'show')
    expect(plain.stdout).not.toContain(SECRET)
  }, 20_000)

  test('channel test: says why a command cannot send an email', async () => {
    const exported = JSON.parse((await run('export', '--with-secrets')).stdout)
    exported.projects[0].channels.push({
      id: crypto.randomUUID(),
      kind: 'email',
      name: 'ops',
      disabled: false,
      tells_blackouts: false,
      settings: { address: 'ops@example.org' },
      left_out: [],
    })
    writeFileSync(join(home, 'channel.json'), JSON.stringify(exported))
    const imported = await run('import', join(home, 'channel.json'))
    expect([imported.exitCode, imported.stderr]).toEqual([0, ''])
    const { exitCode, stderr } = await run('channel', 'test', ALICE, 'ops')
    expect([exitCode, stderr]).toEqual([
      1,
      expect.stringContaining("Only the CronGuard service can read the mail server's password"),
    ])
    expect(server.mails).toEqual([])
  }, 20_000)

  test('serve: does not start without the credential', async () => {
    const { exitCode, stderr } = await run('serve')
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('must be set together')])
  })
})

describe('Certificate of the mail server', () => {
  const inspect = async (env: Record<string, string>) => {
    const settings = { CRONGUARD_DATA_DIR: join(home, 'data'), CRONGUARD_SMTP_HOST: '127.0.0.1', ...env }
    const { stdout } = await execute([join(ROOT, 'dist/cronguard'), 'doctor', '--json'], { cwd: home, env: settings })
    const findings: { name: string; state: string; says: string }[] = JSON.parse(stdout)
    const { state, says } = findings.find(({ name }) => name === 'mail') ?? { state: 'none', says: '' }
    return `${state}: ${says}`
  }
  const made = makeCertificate()
  let secured: SMTPServer
  let port = 0

  beforeAll(async () => {
    writeFileSync(join(home, 'authority.pem'), made.cert)
    writeFileSync(join(home, 'broken.pem'), made.cert.replace(/(?<=-\n)[^-]+(?=\n-)/, 'bm9uc2Vuc2U='))
    secured = new SMTPServer({ ...made, authOptional: true })
    // A client that does not trust it closes the connection.
    secured.on('error', () => {})
    await new Promise<void>((resolve) => secured.listen(0, '127.0.0.1', resolve))
    port = (secured.server.address() as AddressInfo).port
  })
  afterAll(() => new Promise<void>((resolve) => secured.close(() => resolve())))

  test('of an unknown authority is not trusted, and doctor says what to do', async () => {
    const says = await inspect({ CRONGUARD_SMTP_PORT: `${port}` })
    expect(says).toStartWith('bad: CronGuard cannot use 127.0.0.1: The TLS certificate is not trusted')
    expect(says).toContain('CRONGUARD_CA_FILE')
  }, 20_000)

  test('of an authority in CRONGUARD_CA_FILE is trusted, with STARTTLS', async () => {
    const env = { CRONGUARD_SMTP_PORT: `${port}`, CRONGUARD_CA_FILE: join(home, 'authority.pem') }
    expect(await inspect(env)).toBe('ok: Connected to 127.0.0.1 with encryption. No email was sent.')
  }, 20_000)

  test('is missing on a port without TLS, and doctor says so', async () => {
    const env = { CRONGUARD_SMTP_PORT: `${server.port}` }
    expect(await inspect({ ...env, CRONGUARD_SMTP_SECURITY: 'tls' })).toContain('does not speak TLS on this port')
    expect(await inspect(env)).toContain('The mail server does not offer STARTTLS')
  }, 20_000)

  test.each([
    ['nothing.pem', 'names a file that cannot be read (ENOENT)'],
    ['data/cronguard.db', 'names a file without a PEM certificate'],
    ['broken.pem', 'names a file without a PEM certificate'],
  ])('cannot be read from CRONGUARD_CA_FILE %s', async (file, says) => {
    const settings = { CRONGUARD_DATA_DIR: join(home, 'data'), CRONGUARD_CA_FILE: join(home, file) }
    const { exitCode, stderr } = await execute([join(ROOT, 'dist/cronguard'), 'config', 'check'], { env: settings })
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining(`CRONGUARD_CA_FILE ${says}`)])
  })
})

describe('A command without the environment of the server', () => {
  test('says which folder it uses if no server runs on it', async () => {
    const cronguard = await Binary.prepare()
    try {
      await cronguard.run(['user', 'create', ALICE])
      const bare = (...args: string[]) =>
        execute([join(ROOT, 'dist/cronguard'), ...args], {
          cwd: cronguard.folder,
          env: { HOME: cronguard.folder, XDG_CONFIG_HOME: '' },
        })
      const note = `so this command uses ${cronguard.folder}/data. No server is running on that folder.`
      expect((await bare('monitor', 'list', ALICE)).stderr).toContain(note)
      expect((await cronguard.run(['monitor', 'list', ALICE])).stderr).not.toContain('No server runs on')
      await cronguard.start()
      expect((await bare('monitor', 'list', ALICE)).stderr).not.toContain('No server runs on')
    } finally {
      await cronguard.dispose()
    }
  }, 30_000)

  test('differs in settings that doctor lists', async () => {
    const cronguard = await Binary.prepare({ CRONGUARD_BACKUP_KEEP: '3', CRONGUARD_METRICS_TOKEN: SECRET })
    try {
      await cronguard.start()
      const says = async (env: Record<string, string>) => {
        const { stdout } = await cronguard.run(['doctor', '--json'], { env })
        return JSON.parse(stdout)[0]
      }
      expect(await says({})).toMatchObject({ name: 'settings', state: 'ok' })
      expect(await says({ CRONGUARD_BACKUP_KEEP: '7', CRONGUARD_METRICS_TOKEN: '' })).toMatchObject({
        state: 'warn',
        says: expect.stringContaining('differ from those of the running server: CRONGUARD_BACKUP_KEEP'),
      })
      expect(JSON.stringify(cronguard.withDatabase((db) => db.query('SELECT * FROM settings').all()))).not.toContain(
        SECRET,
      )
    } finally {
      await cronguard.dispose()
    }
  }, 30_000)
})
