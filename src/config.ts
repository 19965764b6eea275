import { isIP } from 'node:net'
import { hostname } from 'node:os'
import { z } from 'zod'
import { isAddressRange } from '#lib/addresses.ts'
import { readCertificates } from '#lib/certificates.ts'
import { isContainerLink } from '#lib/container-links.ts'
import { hasPlainPath, hostInUrl, isBaseUrl, isHost, isWebAddress } from '#lib/host.ts'
import { LOG_FORMATS, LOG_LEVELS, type LogFormat } from '#lib/log.ts'
import { SMTP_SECURITIES, type SmtpSettings } from '#lib/mail.ts'
import { readSecretFile, type SecretSource, secretSources } from '#lib/secret-sources.ts'
import type { Found } from '#lib/service-credentials.ts'
import { writesToJournal } from '#lib/systemd.ts'

export interface Config {
  readonly host: string
  readonly port: number
  /** Where people and jobs reach this CronGuard; without a slash at the end. */
  readonly baseUrl: string
  /** Whether somebody said so, and it is not made of host and port. */
  readonly isBaseUrlSet: boolean
  /** The path of the base URL, like "/cron"; empty for none. */
  readonly basePath: string
  readonly dataDir: string
  /** Null: made at the first start and kept in the data folder. */
  readonly secretKey: string | null
  /** Null: mail is written to the log. */
  readonly smtp: SmtpSettings | null
  readonly pingBodyLimit: number
  /** Whether strangers may make an account. */
  readonly registration: (typeof REGISTRATIONS)[number]
  /** Addresses and networks whose word about whom they speak for is taken. */
  readonly trustedProxies: readonly string[]
  /** Which other tools' pings are understood. */
  readonly dialects: Readonly<Record<Dialect, boolean>>
  /** Null: pings by mail are not taken. */
  readonly pingMail: PingMailSettings | null
  /** Opens the metrics of the whole instance; null: they are closed. */
  readonly metricsToken: string | null
  /** Called every minute while all is well; it may hold a ping key. */
  readonly heartbeatUrl: string | null
  /** How many of the backups that are made every night, after 03:00 UTC, are kept; 0: none is made. */
  readonly backupKeep: number
  /** Whether another program copies the database by its write-ahead log, and tidies that up itself. */
  readonly isReplicated: boolean
  /** What is kept. Of bodies so many bytes of each project: the oldest make room. */
  readonly retention: { pingDays: number; pingsPerMonitor: number; projectBodyBytes: number }
  /** Private addresses and networks that channels may call even though anybody can make an account. */
  readonly outboundAllow: readonly string[]
  /** Certificates of authorities to trust besides those that are known, as PEM; null: none. */
  readonly caCertificates: string | null
  /** The path of a unix socket to listen on besides; null: none. */
  readonly socket: string | null
  readonly logLevel: (typeof LOG_LEVELS)[number]
  readonly logFormat: LogFormat
  /** Variables that are no settings: Kubernetes or Docker made them for a service that is called like CronGuard. */
  readonly ignoredVariables: readonly string[]
}

/** Where mails to ping addresses arrive. */
export interface PingMailSettings {
  host: string
  port: number
  /** What follows the @ of a ping address, in small letters. */
  domain: string
}

/** All that is wrong with the configuration, in one message. */
export class ConfigError extends Error {
  readonly problems: readonly string[]

  constructor(problems: string[]) {
    super(['The configuration is not usable:', ...problems.map((problem) => `  - ${problem}`)].join('\n'))
    this.name = 'ConfigError'
    this.problems = problems
  }
}

export const REGISTRATIONS = ['closed', 'open'] as const

/** The ways of other tools to report a run. */
export const DIALECTS = ['kuma', 'snitch', 'cronitor', 'gatus', 'sentry', 'opsgenie', 'honeybadger'] as const
export type Dialect = (typeof DIALECTS)[number]

const PREFIX = 'CRONGUARD_'
const SECRETS = ['SECRET_KEY', 'SMTP_PASSWORD', 'METRICS_TOKEN', 'HEARTBEAT_URL']
const METRICS_TOKEN_MIN = 16
export const SECRET_KEY_MIN = 16
const BODY_LIMIT_MAX = 10_000_000
const BACKUPS_MAX = 1000
const PINGS_MAX = 10_000_000
const PROJECT_BODY_BYTES_MIN = 1_000_000
const SMTP_PORTS = { none: 25, starttls: 587, tls: 465 }

const Whole = z
  .string()
  .regex(/^[0-9]{1,15}$/, 'must be a whole number')
  .transform(Number)

const Port = Whole.refine((port) => port >= 1 && port <= 65_535, 'must be a port between 1 and 65535')

const Switch = z.enum(['on', 'off'], 'must be on or off').transform((word) => word === 'on')

const AddressRanges = z
  .string()
  .transform((list) => list.split(',').map((network) => network.trim()))
  .refine((list) => list.every(isAddressRange), 'must be a list of addresses and networks, like 127.0.0.1, 10.0.0.0/8')

const Settings = z.object({
  HOST: z
    .string()
    .refine(isHost, 'must be an address of this machine, like 127.0.0.1 or 0.0.0.0; the port goes into CRONGUARD_PORT')
    .default('127.0.0.1'),
  PORT: Port.default(8000),
  BASE_URL: z
    .string()
    .refine(isBaseUrl, 'must be an address like https://cron.example.com, without user name, query or fragment')
    .refine(
      (text) => !isBaseUrl(text) || hasPlainPath(text),
      'must have a path of letters, digits and . _ ~ - only, like https://example.com/cron',
    )
    .refine(
      (text) => !isBaseUrl(text) || !hasPlainPath(text) || !isOwnPath(text),
      'has a path at which CronGuard has pages of its own',
    )
    .transform((url) => url.replace(/\/+$/, '').replace(/^https?:/i, (scheme) => scheme.toLowerCase()))
    .optional(),
  DATA_DIR: z.string().min(1, 'is empty').default('./data'),
  SECRET_KEY: z.string().min(SECRET_KEY_MIN, `must have at least ${SECRET_KEY_MIN} characters`).optional(),
  SMTP_HOST: z.string().min(1, 'is empty').optional(),
  SMTP_PORT: Port.optional(),
  SMTP_SECURITY: z.enum(SMTP_SECURITIES, `must be one of ${SMTP_SECURITIES.join(', ')}`).default('starttls'),
  SMTP_USERNAME: z.string().min(1, 'is empty').optional(),
  SMTP_PASSWORD: z.string().min(1, 'is empty').optional(),
  SMTP_FROM: z.string().regex(/@/, 'must hold an e-mail address').optional(),
  PING_BODY_LIMIT: Whole.refine((limit) => limit <= BODY_LIMIT_MAX, `must be at most ${BODY_LIMIT_MAX}`).default(
    10_000,
  ),
  REGISTRATION: z.enum(REGISTRATIONS, `must be one of ${REGISTRATIONS.join(', ')}`).default('closed'),
  TRUSTED_PROXIES: AddressRanges.default([]),
  DIALECT_KUMA: Switch.default(true),
  DIALECT_SNITCH: Switch.default(false),
  DIALECT_CRONITOR: Switch.default(false),
  DIALECT_GATUS: Switch.default(false),
  DIALECT_SENTRY: Switch.default(false),
  DIALECT_OPSGENIE: Switch.default(false),
  DIALECT_HONEYBADGER: Switch.default(false),
  SMTPD_PORT: Port.optional(),
  SMTPD_HOST: z.string().min(1, 'is empty').optional(),
  PING_EMAIL_DOMAIN: z
    .string()
    .regex(/^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/, 'must be a domain like cron.example.com')
    .transform((domain) => domain.toLowerCase())
    .optional(),
  METRICS_TOKEN: z.string().min(METRICS_TOKEN_MIN, `must have at least ${METRICS_TOKEN_MIN} characters`).optional(),
  HEARTBEAT_URL: z.string().refine(isWebAddress, 'must be an http or https address').optional(),
  BACKUP_KEEP: Whole.refine((count) => count <= BACKUPS_MAX, `must be at most ${BACKUPS_MAX}`).default(7),
  REPLICATED: Switch.default(false),
  PROJECT_BODY_BYTES: Whole.refine(
    (bytes) => bytes >= PROJECT_BODY_BYTES_MIN,
    `must be at least ${PROJECT_BODY_BYTES_MIN}`,
  ).default(1_000_000_000),
  PING_DAYS: Whole.refine((days) => days >= 1 && days <= 36_500, 'must be between 1 and 36500').default(90),
  PINGS_PER_MONITOR: Whole.refine(
    (count) => count >= 1 && count <= PINGS_MAX,
    `must be between 1 and ${PINGS_MAX}`,
  ).default(1000),
  OUTBOUND_ALLOW: AddressRanges.default([]),
  CA_FILE: z
    .string()
    .transform((path, context) => readCertificates(path, (says) => context.addIssue(says)))
    .optional(),
  SOCKET: z.string().startsWith('/', 'must be a path that begins with /').max(100, 'is too long').optional(),
  LOG_LEVEL: z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`).default('info'),
  LOG_FORMAT: z.enum(LOG_FORMATS, `must be one of ${LOG_FORMATS.join(', ')}`).default('text'),
})

export type Environment = Record<string, string | undefined>

/** A command is not handed the credentials of the service. It can do without them; the server cannot. */
export type ConfigUser = 'server' | 'command'

/** Reads every `CRONGUARD_` variable. An empty one counts as absent. Throws `ConfigError` with all problems. */
export function readConfig(env: Environment, user: ConfigUser = 'server'): Config {
  const problems: string[] = []
  const given = readVariables(env, problems)
  const parsed = Settings.safeParse(given)
  if (!parsed.success) {
    for (const issue of parsed.error.issues) problems.push(`${PREFIX}${String(issue.path[0])} ${issue.message}`)
  }
  for (const name of ['SMTP_PORT', 'SMTP_SECURITY', 'SMTP_USERNAME', 'SMTP_PASSWORD', 'SMTP_FROM']) {
    if (name in given && !('SMTP_HOST' in given))
      problems.push(`${PREFIX}${name} is set, but ${PREFIX}SMTP_HOST is not`)
  }
  for (const name of ['SMTPD_HOST', 'PING_EMAIL_DOMAIN']) {
    if (name in given && !('SMTPD_PORT' in given))
      problems.push(`${PREFIX}${name} is set, but ${PREFIX}SMTPD_PORT is not`)
  }
  const hasPassword = sourcesOf(env, 'SMTP_PASSWORD').length > 0
  const mayLack = user === 'command' && !hasPassword
  if ('SMTP_USERNAME' in given !== hasPassword && !mayLack) {
    problems.push(`${PREFIX}SMTP_USERNAME and ${PREFIX}SMTP_PASSWORD belong together; only one of them is set`)
  }
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems)
  return Object.freeze(toConfig(parsed.data, env))
}

export interface DescribedSetting {
  name: string
  /** Null: it is not set and has no default of its own. Of a secret only that it is there. */
  value: string | null
  /** "default", "environment", "settings file"; of a secret also "file", "credential", "credential of the service" */
  from: string
}

const MASK = '********'

/**
 * Every setting as it counts, and where it comes from. `told`: the environment alone; `findCredential`: whether the
 * service is handed one. Throws `ConfigError`.
 */
export function describeConfig(
  env: Environment,
  told: Environment = env,
  findCredential: (name: string) => Found = () => 'no',
): DescribedSetting[] {
  readConfig(env, 'command')
  const given = readVariables(env, [])
  const defaults = Settings.parse({}) as Record<string, unknown>
  return Object.keys(Settings.shape).map((name) => {
    if (SECRETS.includes(name) && given[name] === undefined) {
      const found = lacksPassword(given, name) ? 'yes' : findCredential(credentialName(name))
      return { name: PREFIX + name, ...CREDENTIALS[found] }
    }
    const isGiven = given[name] !== undefined
    const value = isGiven ? (given[name] ?? null) : inWords(defaults[name])
    return {
      name: PREFIX + name,
      value: SECRETS.includes(name) && value !== null ? MASK : value,
      from: isGiven ? originOf(env, { name, told }) : 'default',
    }
  })
}

const CREDENTIALS: Record<Found, Omit<DescribedSetting, 'name'>> = {
  yes: { value: MASK, from: 'credential of the service' },
  no: { value: null, from: 'default' },
  'not for this user to see': { value: null, from: 'default, or a credential of the service' },
}

// A user name without a password is refused by the server, so that one has it.
function lacksPassword(given: Record<string, string>, name: string): boolean {
  return name === 'SMTP_PASSWORD' && given.SMTP_USERNAME !== undefined
}

function originOf(env: Environment, { name, told }: { name: string; told: Environment }): string {
  const [source] = SECRETS.includes(name) ? sourcesOf(env, name) : []
  if (!source || source.kind === 'variable') return told[PREFIX + name] ? 'environment' : 'settings file'
  return source.kind
}

function inWords(value: unknown): string | null {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return null
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  return String(value)
}

/** Without secrets, and without the data folder: somebody else may call the same one otherwise. */
export function plainSettings(described: readonly DescribedSetting[]): Record<string, string | null> {
  const hidden = [...SECRETS, 'DATA_DIR'].map((name) => PREFIX + name)
  return Object.fromEntries(described.flatMap(({ name, value }) => (hidden.includes(name) ? [] : [[name, value]])))
}

/** What systemd may hand over as credentials: "secret-key". */
export function credentialNames(): string[] {
  return SECRETS.map(credentialName)
}

/** Every setting that exists, with its prefix, secrets also as files. */
export function settingNames(): string[] {
  return Object.keys(Settings.shape).flatMap((name) =>
    SECRETS.includes(name) ? [PREFIX + name, `${PREFIX}${name}_FILE`] : [PREFIX + name],
  )
}

function ignoredIn(env: Environment): string[] {
  const names = Object.keys(env).filter((name) => name.startsWith(PREFIX) && isContainerLink(name, env[name] ?? ''))
  return names.toSorted()
}

function readVariables(env: Environment, problems: string[]): Record<string, string> {
  const known = settingNames()
  const secretFiles = SECRETS.map((name) => `${PREFIX}${name}_FILE`)
  const given: Record<string, string> = {}
  for (const [variable, value] of Object.entries(env)) {
    if (!variable.startsWith(PREFIX) || value === undefined) continue
    if (isContainerLink(variable, value)) continue
    if (!known.includes(variable)) {
      problems.push(`${variable} is not a setting of CronGuard`)
      continue
    }
    if (value !== '' && !secretFiles.includes(variable)) given[variable.slice(PREFIX.length)] = value
  }
  for (const name of SECRETS) {
    const secret = readSecretFile(sourcesOf(env, name), problems)
    if (secret !== null) given[name] = secret
  }
  return given
}

function sourcesOf(env: Environment, name: string): SecretSource[] {
  return secretSources(env, { variable: PREFIX + name, credential: credentialName(name) })
}

// As systemd names what it hands over: "secret-key".
function credentialName(name: string): string {
  return name.toLowerCase().replaceAll('_', '-')
}

function toConfig(settings: z.output<typeof Settings>, env: Environment): Config {
  const baseUrl = settings.BASE_URL ?? `http://${hostInUrl(settings.HOST)}:${settings.PORT}`
  return {
    host: settings.HOST,
    port: settings.PORT,
    baseUrl,
    isBaseUrlSet: settings.BASE_URL !== undefined,
    basePath: new URL(baseUrl).pathname.replace(/\/+$/, ''),
    dataDir: settings.DATA_DIR,
    secretKey: settings.SECRET_KEY ?? null,
    smtp: toSmtp(settings, baseUrl),
    pingBodyLimit: settings.PING_BODY_LIMIT,
    registration: settings.REGISTRATION,
    trustedProxies: settings.TRUSTED_PROXIES,
    dialects: {
      kuma: settings.DIALECT_KUMA,
      snitch: settings.DIALECT_SNITCH,
      cronitor: settings.DIALECT_CRONITOR,
      gatus: settings.DIALECT_GATUS,
      sentry: settings.DIALECT_SENTRY,
      opsgenie: settings.DIALECT_OPSGENIE,
      honeybadger: settings.DIALECT_HONEYBADGER,
    },
    pingMail: toPingMail(settings, baseUrl),
    metricsToken: settings.METRICS_TOKEN ?? null,
    heartbeatUrl: settings.HEARTBEAT_URL ?? null,
    backupKeep: settings.BACKUP_KEEP,
    isReplicated: settings.REPLICATED,
    retention: {
      pingDays: settings.PING_DAYS,
      pingsPerMonitor: settings.PINGS_PER_MONITOR,
      projectBodyBytes: settings.PROJECT_BODY_BYTES,
    },
    outboundAllow: settings.OUTBOUND_ALLOW,
    caCertificates: settings.CA_FILE ?? null,
    socket: settings.SOCKET ?? null,
    logLevel: settings.LOG_LEVEL,
    logFormat: settings.LOG_FORMAT === 'text' && writesToJournal(env) ? 'journal' : settings.LOG_FORMAT,
    ignoredVariables: ignoredIn(env),
  }
}

function toSmtp(settings: z.output<typeof Settings>, baseUrl: string): SmtpSettings | null {
  if (settings.SMTP_HOST === undefined) return null
  return {
    host: settings.SMTP_HOST,
    port: settings.SMTP_PORT ?? SMTP_PORTS[settings.SMTP_SECURITY],
    security: settings.SMTP_SECURITY,
    username: settings.SMTP_USERNAME ?? null,
    password: settings.SMTP_PASSWORD ?? null,
    from: settings.SMTP_FROM ?? `CronGuard <cronguard@${mailDomain(baseUrl)}>`,
  }
}

function toPingMail(settings: z.output<typeof Settings>, baseUrl: string): PingMailSettings | null {
  if (settings.SMTPD_PORT === undefined) return null
  return {
    host: settings.SMTPD_HOST ?? settings.HOST,
    port: settings.SMTPD_PORT,
    domain: settings.PING_EMAIL_DOMAIN ?? mailDomain(baseUrl).toLowerCase(),
  }
}

// An address in digits is no domain: then the machine's own name, as sendmail has it.
function mailDomain(baseUrl: string): string {
  const host = new URL(baseUrl).hostname
  return isIP(host.replace(/[[\]]/g, '')) === 0 ? host : hostname()
}

/** Where CronGuard itself has pages: a base path among them could not be told from them. */
export const OWN_PATHS: readonly string[] = (
  'api assets b badge channels deliveries docs health incidents instance invitations livez login ' +
  'logout metrics monitors p password-reset ping projects readyz register settings setup v1 v2 verify-email'
).split(' ')

function isOwnPath(url: string): boolean {
  return OWN_PATHS.includes(new URL(url).pathname.split('/')[1] ?? '')
}
