import { afterAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Config, ConfigError, readConfig } from '#config.ts'
import { DIALECTS, settingNames } from '#settings.ts'

const SECRET = 'correct-horse-battery-staple'
const MAIL = { CRONGUARD_SMTP_HOST: 'mail.example.com' }
const folder = mkdtempSync(join(tmpdir(), 'cronguard-config-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const NO_DIALECTS = Object.fromEntries(DIALECTS.map((dialect) => [dialect, false])) as Config['dialects']

describe('readConfig', () => {
  test('has a default for every setting', () => {
    const config = readConfig({})
    expect(config).toEqual({
      host: '127.0.0.1',
      port: 8000,
      baseUrl: 'http://127.0.0.1:8000',
      isBaseUrlSet: false,
      basePath: '',
      dataDir: './data',
      secretKey: null,
      smtp: null,
      smtpVariables: [],
      pingBodyLimit: 100_000,
      registration: 'closed',
      confirmsAddresses: false,
      trustedProxies: [],
      dialects: { ...NO_DIALECTS, kuma: true },
      pingMail: null,
      metricsToken: null,
      heartbeatUrl: null,
      adminAlertUrl: null,
      backupKeep: 7,
      isReplicated: false,
      diskReserveBytes: null,
      retention: { pingDays: 90, pingsPerMonitor: 1000, projectBodyBytes: 1_000_000_000 },
      outboundAllow: [],
      pushServices: [],
      programs: null,
      socket: null,
      logLevel: 'info',
      logFormat: 'text',
      ignoredVariables: [],
      caCertificates: null,
    })
    expect(Object.isFrozen(config)).toBe(true)
  })

  test('reads every setting', () => {
    const config = readConfig({
      CRONGUARD_HOST: '0.0.0.0',
      CRONGUARD_PORT: '8080',
      CRONGUARD_BASE_URL: 'https://cron.example.com',
      CRONGUARD_DATA_DIR: '/var/lib/cronguard',
      CRONGUARD_SECRET_KEY: SECRET,
      CRONGUARD_SMTP_HOST: 'mail.example.com',
      CRONGUARD_SMTP_PORT: '2525',
      CRONGUARD_SMTP_SECURITY: 'tls',
      CRONGUARD_SMTP_USERNAME: 'ada',
      CRONGUARD_SMTP_PASSWORD: 'engine',
      CRONGUARD_SMTP_FROM: 'Cron <cron@example.com>',
      CRONGUARD_PING_BODY_LIMIT: '0',
      CRONGUARD_REGISTRATION: 'open',
      CRONGUARD_TRUSTED_PROXIES: '127.0.0.1, 10.0.0.0/8,2001:db8::/32',
      CRONGUARD_DIALECT_KUMA: 'off',
      CRONGUARD_DIALECT_SNITCH: 'on',
      CRONGUARD_DIALECT_CRONITOR: 'on',
      CRONGUARD_DIALECT_GATUS: 'on',
      CRONGUARD_DIALECT_SENTRY: 'on',
      CRONGUARD_DIALECT_OPSGENIE: 'on',
      CRONGUARD_DIALECT_HONEYBADGER: 'on',
      CRONGUARD_SMTPD_PORT: '2525',
      CRONGUARD_SMTPD_HOST: '::',
      CRONGUARD_PING_EMAIL_DOMAIN: 'Ping.Example.com',
      CRONGUARD_METRICS_TOKEN: 'a token of the metrics',
      CRONGUARD_HEARTBEAT_URL: 'https://other.example.com/ping/x',
      CRONGUARD_ADMIN_ALERT_URL: 'https://other.example.com/alert?token=x',
      CRONGUARD_BACKUP_KEEP: '30',
      CRONGUARD_REPLICATED: 'on',
      CRONGUARD_PING_DAYS: '365',
      CRONGUARD_PINGS_PER_MONITOR: '100',
      CRONGUARD_OUTBOUND_ALLOW: '192.168.1.10, 10.0.0.0/8',
      CRONGUARD_PUSH_SERVICES: 'Push.example.com, ntfy.example.org',
      CRONGUARD_SHELL: 'on',
      CRONGUARD_SHELL_DIR: '/usr/local/lib/cronguard',
      CRONGUARD_SOCKET: '/run/cronguard/cronguard.sock',
      CRONGUARD_LOG_LEVEL: 'debug',
      CRONGUARD_LOG_FORMAT: 'json',
    })
    const everyDialect = Object.fromEntries(Object.keys(NO_DIALECTS).map((name) => [name, name !== 'kuma']))
    const server = { host: 'mail.example.com', port: 2525, security: 'tls' } as const
    expect(config).toEqual({
      host: '0.0.0.0',
      port: 8080,
      baseUrl: 'https://cron.example.com',
      isBaseUrlSet: true,
      basePath: '',
      dataDir: '/var/lib/cronguard',
      secretKey: SECRET,
      smtp: { ...server, username: 'ada', password: 'engine', from: 'Cron <cron@example.com>' },
      smtpVariables: expect.arrayContaining(['CRONGUARD_SMTP_HOST', 'CRONGUARD_SMTP_PASSWORD']) as never,
      pingBodyLimit: 0,
      registration: 'open',
      confirmsAddresses: true,
      trustedProxies: ['127.0.0.1', '10.0.0.0/8', '2001:db8::/32'],
      dialects: everyDialect as Config['dialects'],
      pingMail: { host: '::', port: 2525, domain: 'ping.example.com' },
      metricsToken: 'a token of the metrics',
      heartbeatUrl: 'https://other.example.com/ping/x',
      adminAlertUrl: 'https://other.example.com/alert?token=x',
      backupKeep: 30,
      isReplicated: true,
      diskReserveBytes: null,
      retention: { pingDays: 365, pingsPerMonitor: 100, projectBodyBytes: 1_000_000_000 },
      outboundAllow: ['192.168.1.10', '10.0.0.0/8'],
      pushServices: ['push.example.com', 'ntfy.example.org'],
      programs: '/usr/local/lib/cronguard',
      socket: '/run/cronguard/cronguard.sock',
      logLevel: 'debug',
      logFormat: 'json',
      ignoredVariables: [],
      caCertificates: null,
    })
  })

  test('treats an empty setting as missing', () => {
    const empty = Object.fromEntries(settingNames().map((name) => [name, '']))
    expect(readConfig(empty)).toEqual(readConfig({}))
    expect(readConfig({ CRONGUARD_PORT: undefined })).toEqual(readConfig({}))
  })

  test('ignores variables without the prefix CRONGUARD_', () => {
    expect(readConfig({ PORT: '1', HOST: 'x', SECRET_KEY: 'y', CRONGUARDX: 'z' })).toEqual(readConfig({}))
  })

  test('knows these settings for files', () => {
    const names = settingNames()
    expect(names).toHaveLength(47)
    expect(names.filter((name) => name.endsWith('_FILE'))).toEqual([
      'CRONGUARD_SECRET_KEY_FILE',
      'CRONGUARD_SMTP_PASSWORD_FILE',
      'CRONGUARD_METRICS_TOKEN_FILE',
      'CRONGUARD_HEARTBEAT_URL_FILE',
      'CRONGUARD_ADMIN_ALERT_URL_FILE',
      'CRONGUARD_CA_FILE',
    ])
  })
})

describe('readConfig: base URL', () => {
  test.each([
    { env: { CRONGUARD_HOST: '0.0.0.0' }, baseUrl: 'http://localhost:8000' },
    { env: { CRONGUARD_HOST: '::' }, baseUrl: 'http://localhost:8000' },
    { env: { CRONGUARD_HOST: '::1', CRONGUARD_PORT: '80' }, baseUrl: 'http://[::1]:80' },
    { env: { CRONGUARD_HOST: '192.0.2.7', CRONGUARD_PORT: '9' }, baseUrl: 'http://192.0.2.7:9' },
    { env: { CRONGUARD_BASE_URL: 'https://cron.example.com/' }, baseUrl: 'https://cron.example.com' },
    { env: { CRONGUARD_BASE_URL: 'HTTPS://cron.example.com' }, baseUrl: 'https://cron.example.com' },
    { env: { CRONGUARD_HOST: '::1' }, baseUrl: 'http://[::1]:8000' },
    { env: { CRONGUARD_HOST: 'nas.home' }, baseUrl: 'http://nas.home:8000' },
    { env: { CRONGUARD_BASE_URL: 'https://cron.example.com///' }, baseUrl: 'https://cron.example.com' },
    { env: { CRONGUARD_BASE_URL: 'http://example.com:81/cron/' }, baseUrl: 'http://example.com:81/cron' },
    { env: { CRONGUARD_BASE_URL: 'https://x.example', CRONGUARD_PORT: '9' }, baseUrl: 'https://x.example' },
  ])('$baseUrl', ({ env, baseUrl }) => {
    expect(readConfig(env).baseUrl).toBe(baseUrl)
  })
})

describe('readConfig: base path', () => {
  test.each([
    ['https://example.com', ''],
    ['https://example.com/', ''],
    ['https://example.com/cron', '/cron'],
    ['https://example.com/cron//', '/cron'],
    ['http://[::1]:81/tools/cron-1.0_~/', '/tools/cron-1.0_~'],
  ])('of %s is "%s"', (url, basePath) => {
    expect(readConfig({ CRONGUARD_BASE_URL: url }).basePath).toBe(basePath)
  })
})

const HOST_PROBLEM = 'must be an address of this machine, like 127.0.0.1 or 0.0.0.0; set the port in CRONGUARD_PORT'
const PORT_PROBLEM = 'must be a port between 1 and 65535'
const PROXIES_PROBLEM = 'must be a list of addresses and networks, like 127.0.0.1, 10.0.0.0/8'
const PATH_PROBLEM = 'must have a path of letters, digits and . _ ~ - only, like https://example.com/cron'
const ADDRESS_PROBLEM = 'must be an address like https://cron.example.com, without user name, query or fragment'

describe('readConfig: an invalid value is reported with the name of its setting', () => {
  const cases: [name: string, value: string, problem: string][] = [
    ['BASE_URL', 'https://example.com/my cron', PATH_PROBLEM],
    ['BASE_URL', 'https://example.com/a//b', PATH_PROBLEM],
    ['BASE_URL', 'https://example.com/a/../b', PATH_PROBLEM],
    ['BASE_URL', 'https://example.com/%63ron', PATH_PROBLEM],
    ['HOST', '127.0.0.1:9000', HOST_PROBLEM],
    ['HOST', '[::1]', HOST_PROBLEM],
    ['HOST', '192.168.1.300', HOST_PROBLEM],
    ['HOST', 'a/b', HOST_PROBLEM],
    ['PORT', '0', PORT_PROBLEM],
    ['PORT', '65536', PORT_PROBLEM],
    ['PORT', '-1', 'must be a whole number'],
    ['PORT', '80.5', 'must be a whole number'],
    ['PORT', '0x10', 'must be a whole number'],
    ['PORT', 'http', 'must be a whole number'],
    ['SMTP_PORT', '99999', PORT_PROBLEM],
    ['BASE_URL', 'cron.example.com', ADDRESS_PROBLEM],
    ['BASE_URL', 'ftp://cron.example.com', ADDRESS_PROBLEM],
    ['BASE_URL', 'javascript:alert(1)', ADDRESS_PROBLEM],
    ['BASE_URL', 'https://me:secret@cron.example.com', ADDRESS_PROBLEM],
    ['BASE_URL', 'https://cron.example.com/?a=b', ADDRESS_PROBLEM],
    ['BASE_URL', 'https://cron.example.com/#top', ADDRESS_PROBLEM],
    ['SECRET_KEY', 'fifteen-letters', 'must have at least 16 characters'],
    ['SMTP_SECURITY', 'ssl', 'must be one of none, starttls, tls'],
    ['SMTP_FROM', 'CronGuard', 'must contain an email address'],
    ['PING_BODY_LIMIT', '-1', 'must be a whole number'],
    ['PING_BODY_LIMIT', '10000001', 'must be at most 10000000'],
    ['PING_BODY_LIMIT', '1.5', 'must be a whole number'],
    ['PING_BODY_LIMIT', '10 kB', 'must be a whole number'],
    ['PING_BODY_LIMIT', ' ', 'must be a whole number'],
    ['TRUSTED_PROXIES', 'proxy.example', PROXIES_PROBLEM],
    ['TRUSTED_PROXIES', '10.0.0.0/33', PROXIES_PROBLEM],
    ['TRUSTED_PROXIES', '10.0.0.1/8/8', PROXIES_PROBLEM],
    ['TRUSTED_PROXIES', '127.0.0.1,', PROXIES_PROBLEM],
    ['TRUSTED_PROXIES', 'fe80::1%eth0', PROXIES_PROBLEM],
    ['DIALECT_KUMA', 'yes', 'must be on or off'],
    ['DIALECT_SENTRY', 'ON', 'must be on or off'],
    ['SMTPD_PORT', '0', PORT_PROBLEM],
    ['METRICS_TOKEN', 'fifteen-letters', 'must have at least 16 characters'],
    ['HEARTBEAT_URL', 'file:///etc/passwd', 'must be an http or https address'],
    ['ADMIN_ALERT_URL', 'file:///etc/passwd', 'must be an http or https address'],
    ['BACKUP_KEEP', '1001', 'must be at most 1000'],
    ['PROJECT_BODY_BYTES', '999999', 'must be at least 1000000'],
    ['PING_DAYS', '0', 'must be between 1 and 36500'],
    ['PINGS_PER_MONITOR', '0', 'must be between 1 and 10000000'],
    ['REPLICATED', 'yes', 'must be on or off'],
    ['OUTBOUND_ALLOW', 'nas.local', PROXIES_PROBLEM],
    ['PUSH_SERVICES', 'https://push.example', 'must be a list of host names, like push.example.com'],
    ['SOCKET', 'cronguard.sock', 'must be a path that begins with /'],
    ['LOG_LEVEL', 'trace', 'must be one of debug, info, warn, error'],
    ['LOG_FORMAT', 'xml', 'must be one of text, json'],
  ]
  test.each(cases)('%s=%s', (name, value, problem) => {
    expect(problemsOf({ ...MAIL, [`CRONGUARD_${name}`]: value })).toEqual([`CRONGUARD_${name} ${problem}`])
  })

  test.each([
    { name: 'PORT', value: '65535', field: 'port', read: 65535 },
    { name: 'PORT', value: '1', field: 'port', read: 1 },
    { name: 'PING_BODY_LIMIT', value: '10000000', field: 'pingBodyLimit', read: 10_000_000 },
    { name: 'SECRET_KEY', value: 'sixteen-letters!', field: 'secretKey', read: 'sixteen-letters!' },
  ] as const)('$name=$value is just valid', ({ name, value, field, read }) => {
    expect(readConfig({ [`CRONGUARD_${name}`]: value })[field]).toBe(read)
  })

  test.each(['SMTPD_HOST', 'PING_EMAIL_DOMAIN'])('%s without CRONGUARD_SMTPD_PORT is an error', (name) => {
    const problem = `CRONGUARD_${name} is set, but CRONGUARD_SMTPD_PORT is not`
    expect(problemsOf({ [`CRONGUARD_${name}`]: 'mail.example.com' })).toEqual([problem])
  })

  test.each(['a@b', '-x', 'x-', 'a b', '.'])('a ping domain cannot be %j', (domain) => {
    const env = { CRONGUARD_SMTPD_PORT: '2525', CRONGUARD_PING_EMAIL_DOMAIN: domain }
    expect(problemsOf(env)).toEqual(['CRONGUARD_PING_EMAIL_DOMAIN must be a domain like cron.example.com'])
  })

  test('all errors are reported at once', () => {
    const problems = problemsOf({
      CRONGUARD_NONSENSE: '1',
      CRONGUARD_SECRET_KEY_FILE: join(folder, 'absent'),
      CRONGUARD_PORT: 'x',
      CRONGUARD_LOG_LEVEL: 'x',
      CRONGUARD_SMTP_USERNAME: 'ada',
    })
    expect(problems).toEqual([
      'CRONGUARD_NONSENSE is not a CronGuard setting',
      'CRONGUARD_SECRET_KEY_FILE names a file that cannot be read (ENOENT)',
      'CRONGUARD_PORT must be a whole number',
      'CRONGUARD_LOG_LEVEL must be one of debug, info, warn, error',
      'CRONGUARD_SMTP_USERNAME is set, but CRONGUARD_SMTP_HOST is not',
      'CRONGUARD_SMTP_USERNAME and CRONGUARD_SMTP_PASSWORD must be set together',
    ])
  })
})

describe('readConfig: a secret in a file', () => {
  test('is read without the line break at its end', () => {
    const config = readConfig({
      ...MAIL,
      CRONGUARD_SECRET_KEY_FILE: file('secret-key', `${SECRET}\n`),
      CRONGUARD_SMTP_USERNAME: 'ada',
      CRONGUARD_SMTP_PASSWORD_FILE: file('password', ' engine \r\n'),
    })
    expect(config.secretKey).toBe(SECRET)
    expect(config.smtp?.password).toBe('engine')
  })

  test('must be readable', () => {
    expect(problemsOf({ CRONGUARD_SECRET_KEY_FILE: folder })).toEqual([
      'CRONGUARD_SECRET_KEY_FILE names a file that cannot be read (EISDIR)',
    ])
    const absent = { ...MAIL, CRONGUARD_SMTP_USERNAME: 'ada', CRONGUARD_SMTP_PASSWORD_FILE: '/hunter2' }
    expect(problemsOf(absent)).toEqual(['CRONGUARD_SMTP_PASSWORD_FILE names a file that cannot be read (ENOENT)'])
  })

  test('is validated like a variable', () => {
    const short = 'CRONGUARD_SECRET_KEY must have at least 16 characters'
    expect(problemsOf({ CRONGUARD_SECRET_KEY_FILE: file('short', 'too-short') })).toEqual([short])
    expect(problemsOf({ CRONGUARD_SECRET_KEY_FILE: file('empty', '') })).toEqual([short])
  })

  test.each(['SECRET_KEY', 'SMTP_PASSWORD'])('cannot be combined with the variable: %s', (name) => {
    const both = { [`CRONGUARD_${name}`]: SECRET, [`CRONGUARD_${name}_FILE`]: file('both', SECRET) }
    const problem = `CRONGUARD_${name} and CRONGUARD_${name}_FILE are both set; set only one`
    expect(problemsOf({ ...MAIL, CRONGUARD_SMTP_USERNAME: 'ada', CRONGUARD_SMTP_PASSWORD: 'x', ...both })).toEqual([
      problem,
    ])
  })
})

describe('readConfig: mail server', () => {
  test.each([
    { security: 'none', port: 25 },
    { security: 'starttls', port: 587 },
    { security: 'tls', port: 465 },
  ] as const)('with security $security has the default port $port', ({ security, port }) => {
    expect(readConfig({ ...MAIL, CRONGUARD_SMTP_SECURITY: security }).smtp).toMatchObject({ security, port })
  })

  test('needs only a host', () => {
    expect(readConfig({ ...MAIL, CRONGUARD_BASE_URL: 'https://cron.example.com:8443/x' }).smtp).toEqual({
      host: 'mail.example.com',
      port: 587,
      security: 'starttls',
      username: null,
      password: null,
      from: 'CronGuard <cronguard@cron.example.com>',
    })
  })

  test.each([
    ['SMTP_PORT', '25'],
    ['SMTP_SECURITY', 'none'],
    ['SMTP_FROM', 'cron@example.com'],
  ])('without a host makes %s an error', (name, value) => {
    const problem = `CRONGUARD_${name} is set, but CRONGUARD_SMTP_HOST is not`
    expect(problemsOf({ [`CRONGUARD_${name}`]: value })).toEqual([problem])
  })

  test('requires both user name and password, or neither', () => {
    const alone = ['CRONGUARD_SMTP_USERNAME and CRONGUARD_SMTP_PASSWORD must be set together']
    expect(problemsOf({ ...MAIL, CRONGUARD_SMTP_USERNAME: 'ada' })).toEqual(alone)
    expect(problemsOf({ ...MAIL, CRONGUARD_SMTP_PASSWORD: 'engine' })).toEqual(alone)
    expect(problemsOf({ ...MAIL, CRONGUARD_SMTP_PASSWORD_FILE: file('alone', 'engine') })).toEqual(alone)
  })
})

describe('readConfig: no error contains a secret', () => {
  test.each([
    { CRONGUARD_SECRET_KEY: 'hunter2' },
    { CRONGUARD_SMTP_PASSWORD: 'hunter2' },
    { ...MAIL, CRONGUARD_SMTP_PASSWORD: 'hunter2' },
    { CRONGUARD_SMTP_PASS: 'hunter2' },
    { CRONGUARD_SECRET_KEY: 'hunter2', CRONGUARD_SMTP_PASSWORD: 'hunter2', CRONGUARD_PORT: 'x' },
    { CRONGUARD_SECRET_KEY: 'hunter2', CRONGUARD_SECRET_KEY_FILE: '/dev/null' },
  ])('case %#', (env) => {
    expect(problemsOf(env).join('\n')).not.toContain('hunter2')
  })

  test('from a file', () => {
    for (const name of ['SECRET_KEY', 'SMTP_PASSWORD']) {
      const env = { [`CRONGUARD_${name}_FILE`]: file('secret', 'hunter2') }
      expect(problemsOf(env).join('\n')).not.toContain('hunter2')
    }
  })
})

function file(name: string, content: string): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

/** The lines of the message under its heading; fails if the configuration is accepted. */
function problemsOf(env: Record<string, string | undefined>): string[] {
  try {
    readConfig(env)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const [heading, ...problems] = error.message.split('\n')
    expect(heading).toBe('Invalid configuration:')
    expect(problems.length).toBeGreaterThan(0)
    return problems.map((problem) => problem.replace(/^ {2}- /, ''))
  }
  throw new Error('The configuration was accepted.')
}
