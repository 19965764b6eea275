import { afterAll, describe, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConfigError, credentialNames, readConfig } from '#config.ts'
import { settingNames } from '#settings.ts'

const SECRET = 'correct-horse-battery-staple'
const MAIL = { CRONGUARD_SMTP_HOST: 'mail.example.com' }

const folder = mkdtempSync(join(tmpdir(), 'cronguard-credentials-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('readConfig: systemd credentials', () => {
  test('reads a secret from the credential with its name in lowercase', () => {
    const env = credentials({
      'secret-key': `${SECRET}\n`,
      'smtp-password': 'engine\n',
      'metrics-token': 'a token of the metrics',
      'heartbeat-url': 'https://other.example.com/ping/x\n',
      'admin-alert-url': 'https://other.example.com/alert/x\n',
    })
    const config = readConfig({ ...MAIL, CRONGUARD_SMTP_USERNAME: 'ada', ...env })
    expect(config).toMatchObject({
      secretKey: SECRET,
      smtp: { username: 'ada', password: 'engine' },
      metricsToken: 'a token of the metrics',
      heartbeatUrl: 'https://other.example.com/ping/x',
      adminAlertUrl: 'https://other.example.com/alert/x',
    })
  })

  test('reads every secret, and no other setting', () => {
    const secrets = settingNames().filter((name) => name.endsWith('_FILE') && name !== 'CRONGUARD_CA_FILE')
    const names = secrets.map((name) =>
      name
        .replace(/^CRONGUARD_|_FILE$/g, '')
        .toLowerCase()
        .replaceAll('_', '-'),
    )
    expect(credentialNames()).toEqual(names)
    expect(readConfig(credentials({ port: '9', host: '::' }))).toEqual(readConfig({}))
  })

  test('requires no credential', () => {
    expect(readConfig(credentials({}))).toEqual(readConfig({}))
    expect(readConfig({ CREDENTIALS_DIRECTORY: '/nowhere' })).toEqual(readConfig({}))
    expect(readConfig({ CREDENTIALS_DIRECTORY: '' })).toEqual(readConfig({}))
  })

  test('validates a credential, which must be readable', () => {
    const short = 'CRONGUARD_SECRET_KEY must have at least 16 characters'
    expect(problemsOf(credentials({ 'secret-key': 'hunter2' }))).toEqual([short])
    const env = credentials({})
    mkdirSync(join(env.CREDENTIALS_DIRECTORY, 'secret-key'))
    expect(problemsOf(env)).toEqual(['the credential secret-key cannot be read (EISDIR)'])
  })

  test('refuses a credential and a variable for the same setting', () => {
    const env = credentials({ 'secret-key': SECRET })
    expect(problemsOf({ ...env, CRONGUARD_SECRET_KEY: SECRET })).toEqual([
      'CRONGUARD_SECRET_KEY and the credential secret-key are both set; set only one',
    ])
    expect(problemsOf({ ...env, CRONGUARD_SECRET_KEY_FILE: join(env.CREDENTIALS_DIRECTORY, 'secret-key') })).toEqual([
      'CRONGUARD_SECRET_KEY_FILE and the credential secret-key are both set; set only one',
    ])
  })

  test('requires a user name for the credential smtp-password', () => {
    expect(problemsOf({ ...MAIL, ...credentials({ 'smtp-password': 'engine' }) })).toEqual([
      'CRONGUARD_SMTP_USERNAME and CRONGUARD_SMTP_PASSWORD must be set together',
    ])
  })
})

/** The environment of a service with these credentials. */
function credentials(files: Record<string, string>): { CREDENTIALS_DIRECTORY: string } {
  const directory = mkdtempSync(join(folder, 'unit-'))
  for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content)
  return { CREDENTIALS_DIRECTORY: directory }
}

/** The lines of the message under its heading. */
function problemsOf(env: Record<string, string>): string[] {
  try {
    readConfig(env)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.message
      .split('\n')
      .slice(1)
      .map((problem) => problem.replace(/^ {2}- /, ''))
  }
  throw new Error('The configuration was accepted.')
}
