import { isIP } from 'node:net'
import { hostname } from 'node:os'
import type { z } from 'zod'
import { isContainerLink } from '#lib/container-links.ts'
import { hostInUrl } from '#lib/host.ts'
import type { LOG_LEVELS, LogFormat } from '#lib/log.ts'
import type { SmtpSettings } from '#lib/mail.ts'
import { readSecretFile, type SecretSource, secretSources } from '#lib/secret-sources.ts'
import type { Found } from '#lib/service-credentials.ts'
import { writesToJournal } from '#lib/systemd.ts'
import { type Dialect, PREFIX, type Registration, SECRETS, Settings, settingNames, valueInWords } from './settings.ts'

export interface Config {
  readonly host: string
  readonly port: number
  /** The public URL of this server, without a trailing slash. */
  readonly baseUrl: string
  /** Whether the base URL was set, and not derived from host and port. */
  readonly isBaseUrlSet: boolean
  /** The path of the base URL, such as "/cron"; empty for none. */
  readonly basePath: string
  readonly dataDir: string
  /** Null if it is created on the first start and stored in the data folder. */
  readonly secretKey: string | null
  /** The mail server of the environment. Null if an administrator may set it on the Server page. */
  readonly smtp: SmtpSettings | null
  /** The variables that set the mail server. */
  readonly smtpVariables: readonly string[]
  readonly pingBodyLimit: number
  /** Whether anyone can create an account. */
  readonly registration: Registration
  /** Whether the address of a channel must be confirmed, unless it is a member's. */
  readonly confirmsAddresses: boolean
  /** Proxies that are trusted to report the client's address. */
  readonly trustedProxies: readonly string[]
  /** The enabled dialects of other tools. */
  readonly dialects: Readonly<Record<Dialect, boolean>>
  /** Null if pings by email are disabled. */
  readonly pingMail: PingMailSettings | null
  /** The token for the metrics of the whole instance; null if they are disabled. */
  readonly metricsToken: string | null
  /** A URL to call every minute while CronGuard is healthy. It may contain a ping key. */
  readonly heartbeatUrl: string | null
  /** A URL to call when a problem of the server begins or ends. It may contain a token. */
  readonly adminAlertUrl: string | null
  /** The number of nightly backups to keep; 0 disables them. They are made after 03:00 UTC. */
  readonly backupKeep: number
  /** Whether another program, such as Litestream, copies the write-ahead log and checkpoints it. */
  readonly isReplicated: boolean
  /** Retention. Bodies have a limit of bytes per project; the oldest are dropped first. */
  readonly retention: { pingDays: number; pingsPerMonitor: number; projectBodyBytes: number }
  /** The free bytes of the disk below which bodies are no longer stored; null for a default that fits the disk. */
  readonly diskReserveBytes: number | null
  /** Private addresses and networks that channels may call although anyone can create an account. */
  readonly outboundAllow: readonly string[]
  /** Host names of push services for browser push, in addition to those of the known browsers. */
  readonly pushServices: readonly string[]
  /** The folder of programs that channels may run; null if they may run none. */
  readonly programs: string | null
  /** Additional trusted certificate authorities, as PEM; null for none. */
  readonly caCertificates: string | null
  /** The path of an additional unix socket to listen on; null for none. */
  readonly socket: string | null
  readonly logLevel: (typeof LOG_LEVELS)[number]
  readonly logFormat: LogFormat
  /** Variables that Kubernetes or Docker created for a service named "cronguard". They aren't settings. */
  readonly ignoredVariables: readonly string[]
}

/** How pings by email are received. */
export interface PingMailSettings {
  host: string
  port: number
  /** The domain of ping addresses, in lower case. */
  domain: string
}

/** All errors of the configuration in one message. */
export class ConfigError extends Error {
  readonly problems: readonly string[]

  constructor(problems: string[]) {
    super(['Invalid configuration:', ...problems.map((problem) => `  - ${problem}`)].join('\n'))
    this.name = 'ConfigError'
    this.problems = problems
  }
}

const SMTP_PORTS = { none: 25, starttls: 587, tls: 465 }

export type Environment = Record<string, string | undefined>

/** A command has no access to the service's systemd credentials. It works without them; the server doesn't. */
export type ConfigUser = 'server' | 'command'

/** Reads all `CRONGUARD_` variables. An empty one counts as absent. Throws `ConfigError` with all errors. */
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
  if (given.SHELL === 'on' && !('SHELL_DIR' in given)) {
    problems.push(`${PREFIX}SHELL is on, but ${PREFIX}SHELL_DIR is not set`)
  }
  const hasPassword = sourcesOf(env, 'SMTP_PASSWORD').length > 0
  const mayLack = user === 'command' && !hasPassword
  if ('SMTP_USERNAME' in given !== hasPassword && !mayLack) {
    problems.push(`${PREFIX}SMTP_USERNAME and ${PREFIX}SMTP_PASSWORD must be set together`)
  }
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems)
  return Object.freeze(toConfig(parsed.data, env))
}

export interface DescribedSetting {
  name: string
  /** Null if it is not set and has no default. For a secret, only whether it is set. */
  value: string | null
  /** Like "environment", "settings file", "server page" or "default"; for a secret also "file" or a credential. */
  from: string
}

export const MASK = '********'

/**
 * All effective settings and their sources. `variables`: only the environment; `findCredential`: whether the service
 * has a credential. Throws `ConfigError`.
 */
export function describeConfig(
  env: Environment,
  variables: Environment = env,
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
    const value = isGiven ? (given[name] ?? null) : valueInWords(defaults[name])
    return {
      name: PREFIX + name,
      value: SECRETS.includes(name) && value !== null ? MASK : value,
      from: isGiven ? originOf(env, { name, variables }) : 'default',
    }
  })
}

const CREDENTIALS: Record<Found, Omit<DescribedSetting, 'name'>> = {
  yes: { value: MASK, from: 'service credential' },
  no: { value: null, from: 'default' },
  hidden: { value: null, from: 'default, or a service credential' },
}

// The server refuses a user name without a password, so a configured user name implies a password.
function lacksPassword(given: Record<string, string>, name: string): boolean {
  return name === 'SMTP_PASSWORD' && given.SMTP_USERNAME !== undefined
}

function originOf(env: Environment, { name, variables }: { name: string; variables: Environment }): string {
  const [source] = SECRETS.includes(name) ? sourcesOf(env, name) : []
  if (!source || source.kind === 'variable') return variables[PREFIX + name] ? 'environment' : 'settings file'
  return source.kind
}

/** Excludes secrets, and the data folder, which may have different paths for two users. */
export function plainSettings(described: readonly DescribedSetting[]): Record<string, string | null> {
  const hidden = [...SECRETS, 'DATA_DIR'].map((name) => PREFIX + name)
  return Object.fromEntries(described.flatMap(({ name, value }) => (hidden.includes(name) ? [] : [[name, value]])))
}

/** Names of possible systemd credentials, such as "secret-key". */
export function credentialNames(): string[] {
  return SECRETS.map(credentialName)
}

function isSet(env: Environment, name: string): boolean {
  const value = env[name] ?? ''
  return value !== '' && !isContainerLink(name, value)
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
      problems.push(`${variable} is not a CronGuard setting`)
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

// The name of a systemd credential, such as "secret-key".
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
    smtpVariables: Object.keys(env).filter((name) => name.startsWith(`${PREFIX}SMTP_`) && isSet(env, name)),
    pingBodyLimit: settings.PING_BODY_LIMIT,
    registration: settings.REGISTRATION,
    confirmsAddresses: settings.CONFIRM_ADDRESSES || settings.REGISTRATION === 'open',
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
    adminAlertUrl: settings.ADMIN_ALERT_URL ?? null,
    backupKeep: settings.BACKUP_KEEP,
    isReplicated: settings.REPLICATED,
    retention: {
      pingDays: settings.PING_DAYS,
      pingsPerMonitor: settings.PINGS_PER_MONITOR,
      projectBodyBytes: settings.PROJECT_BODY_BYTES,
    },
    diskReserveBytes: settings.DISK_RESERVE_BYTES ?? null,
    outboundAllow: settings.OUTBOUND_ALLOW,
    pushServices: settings.PUSH_SERVICES,
    programs: settings.SHELL ? (settings.SHELL_DIR ?? null) : null,
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

// An IP address isn't a domain, so the host name is used, as sendmail does.
function mailDomain(baseUrl: string): string {
  const host = new URL(baseUrl).hostname
  return isIP(host.replace(/[[\]]/g, '')) === 0 ? host : hostname()
}
