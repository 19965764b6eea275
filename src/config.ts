import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { hostname } from 'node:os'
import { z } from 'zod'
import { isAddressRange } from '#lib/addresses.ts'
import { LOG_FORMATS, LOG_LEVELS } from '#lib/log.ts'
import { SMTP_SECURITIES, type SmtpSettings } from '#lib/mail.ts'

export interface Config {
  readonly host: string
  readonly port: number
  /** Where people and jobs reach this CronGuard; without a slash at the end. */
  readonly baseUrl: string
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
  readonly logLevel: (typeof LOG_LEVELS)[number]
  readonly logFormat: (typeof LOG_FORMATS)[number]
}

/** All that is wrong with the configuration, in one message. */
export class ConfigError extends Error {
  constructor(problems: string[]) {
    super(['The configuration is not usable:', ...problems.map((problem) => `  - ${problem}`)].join('\n'))
    this.name = 'ConfigError'
  }
}

export const REGISTRATIONS = ['closed', 'open'] as const

const PREFIX = 'CRONGUARD_'
const SECRETS = ['SECRET_KEY', 'SMTP_PASSWORD']
export const SECRET_KEY_MIN = 16
const BODY_LIMIT_MAX = 10_000_000
const SMTP_PORTS = { none: 25, starttls: 587, tls: 465 }

const Whole = z
  .string()
  .regex(/^[0-9]{1,15}$/, 'must be a whole number')
  .transform(Number)

const Port = Whole.refine((port) => port >= 1 && port <= 65_535, 'must be a port between 1 and 65535')

const Settings = z.object({
  HOST: z.string().min(1, 'is empty').default('127.0.0.1'),
  PORT: Port.default(8000),
  BASE_URL: z
    .string()
    .refine(isBaseUrl, 'must be an address like https://cron.example.com, without user name, query or fragment')
    .transform((url) => url.replace(/\/+$/, ''))
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
  TRUSTED_PROXIES: z
    .string()
    .transform((list) => list.split(',').map((network) => network.trim()))
    .refine(
      (list) => list.every(isAddressRange),
      'must be a list of addresses and networks, like 127.0.0.1, 10.0.0.0/8',
    )
    .default([]),
  LOG_LEVEL: z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`).default('info'),
  LOG_FORMAT: z.enum(LOG_FORMATS, `must be one of ${LOG_FORMATS.join(', ')}`).default('text'),
})

type Environment = Record<string, string | undefined>

/** Reads every `CRONGUARD_` variable. An empty one counts as absent. Throws `ConfigError` with all problems. */
export function readConfig(env: Environment): Config {
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
  const hasPassword = Boolean(env.CRONGUARD_SMTP_PASSWORD || env.CRONGUARD_SMTP_PASSWORD_FILE)
  if ('SMTP_USERNAME' in given !== hasPassword) {
    problems.push(`${PREFIX}SMTP_USERNAME and ${PREFIX}SMTP_PASSWORD belong together; only one of them is set`)
  }
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems)
  return Object.freeze(toConfig(parsed.data))
}

/** Every setting that exists, with its prefix, secrets also as files. */
export function settingNames(): string[] {
  return Object.keys(Settings.shape).flatMap((name) =>
    SECRETS.includes(name) ? [PREFIX + name, `${PREFIX}${name}_FILE`] : [PREFIX + name],
  )
}

function readVariables(env: Environment, problems: string[]): Record<string, string> {
  const known = settingNames()
  const given: Record<string, string> = {}
  for (const [variable, value] of Object.entries(env)) {
    if (!variable.startsWith(PREFIX) || value === undefined) continue
    if (!known.includes(variable)) {
      problems.push(`${variable} is not a setting of CronGuard`)
      continue
    }
    if (value === '') continue
    const name = variable.slice(PREFIX.length)
    if (name.endsWith('_FILE')) readSecretFile({ variable, path: value }, given, problems)
    else given[name] = value
  }
  for (const name of SECRETS) {
    if (env[PREFIX + name] && env[`${PREFIX}${name}_FILE`]) {
      problems.push(`${PREFIX}${name} and ${PREFIX}${name}_FILE are both set; keep one`)
    }
  }
  return given
}

function readSecretFile(
  { variable, path }: { variable: string; path: string },
  given: Record<string, string>,
  problems: string[],
): void {
  try {
    given[variable.slice(PREFIX.length, -'_FILE'.length)] = readFileSync(path, 'utf8').trim()
  } catch (error) {
    // The path is not repeated: somebody may have put the secret itself there.
    problems.push(`${variable} names a file that cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
}

function toConfig(settings: z.output<typeof Settings>): Config {
  const baseUrl = settings.BASE_URL ?? `http://${hostInUrl(settings.HOST)}:${settings.PORT}`
  return {
    host: settings.HOST,
    port: settings.PORT,
    baseUrl,
    dataDir: settings.DATA_DIR,
    secretKey: settings.SECRET_KEY ?? null,
    smtp: toSmtp(settings, baseUrl),
    pingBodyLimit: settings.PING_BODY_LIMIT,
    registration: settings.REGISTRATION,
    trustedProxies: settings.TRUSTED_PROXIES,
    logLevel: settings.LOG_LEVEL,
    logFormat: settings.LOG_FORMAT,
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

// An address in digits is no domain: then the machine's own name, as sendmail has it.
function mailDomain(baseUrl: string): string {
  const host = new URL(baseUrl).hostname
  return isIP(host.replace(/[[\]]/g, '')) === 0 ? host : hostname()
}

function isBaseUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, username, password, search, hash } = new URL(text)
  return /^https?:$/.test(protocol) && [username, password, search, hash].every((part) => part === '')
}

function hostInUrl(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}
