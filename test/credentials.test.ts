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

describe('a secret may be handed over by systemd', () => {
  test('as a credential with its name in small letters', () => {
    const env = credentials({
      'secret-key': `${SECRET}\n`,
      'smtp-password': 'engine\n',
      'metrics-token': 'a token of the metrics',
      'heartbeat-url': 'https://other.example.com/ping/x\n',
    })
    const config = readConfig({ ...MAIL, CRONGUARD_SMTP_USERNAME: 'ada', ...env })
    expect(config).toMatchObject({
      secretKey: SECRET,
      smtp: { username: 'ada', password: 'engine' },
      metricsToken: 'a token of the metrics',
      heartbeatUrl: 'https://other.example.com/ping/x',
    })
  })

  test('and every secret may, but nothing else', () => {
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

  test('that is missed by nobody when there is none', () => {
    expect(readConfig(credentials({}))).toEqual(readConfig({}))
    expect(readConfig({ CREDENTIALS_DIRECTORY: '/nowhere' })).toEqual(readConfig({}))
    expect(readConfig({ CREDENTIALS_DIRECTORY: '' })).toEqual(readConfig({}))
  })

  test('that is held to the same rules, and must be readable', () => {
    const short = 'CRONGUARD_SECRET_KEY must have at least 16 characters'
    expect(problemsOf(credentials({ 'secret-key': 'hunter2' }))).toEqual([short])
    const env = credentials({})
    mkdirSync(join(env.CREDENTIALS_DIRECTORY, 'secret-key'))
    expect(problemsOf(env)).toEqual(['the credential secret-key cannot be read (EISDIR)'])
  })

  test('but not that and a variable at once', () => {
    const env = credentials({ 'secret-key': SECRET })
    expect(problemsOf({ ...env, CRONGUARD_SECRET_KEY: SECRET })).toEqual([
      'CRONGUARD_SECRET_KEY and the credential secret-key are both set; set only one',
    ])
    expect(problemsOf({ ...env, CRONGUARD_SECRET_KEY_FILE: join(env.CREDENTIALS_DIRECTORY, 'secret-key') })).toEqual([
      'CRONGUARD_SECRET_KEY_FILE and the credential secret-key are both set; set only one',
    ])
  })

  test('and a password of the mail server wants a user name then, too', () => {
    expect(problemsOf({ ...MAIL, ...credentials({ 'smtp-password': 'engine' }) })).toEqual([
      'CRONGUARD_SMTP_USERNAME and CRONGUARD_SMTP_PASSWORD must be set together',
    ])
  })
})

/** What systemd tells a service that was handed these. */
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
  throw new Error('The configuration was taken.')
}
