// Every setting: what it takes, its default and what it means. The table in the documentation is made from this.
import { z } from 'zod'
import { isAddressRange } from '#lib/addresses.ts'
import { readCertificates } from '#lib/certificates.ts'
import { hasPlainPath, isBaseUrl, isHost, isWebAddress } from '#lib/host.ts'
import { LOG_FORMATS, LOG_LEVELS } from '#lib/log.ts'
import { SMTP_SECURITIES } from '#lib/mail.ts'

export const REGISTRATIONS = ['closed', 'open'] as const
export type Registration = (typeof REGISTRATIONS)[number]

/** Ping dialects of other tools. */
export const DIALECTS = ['kuma', 'snitch', 'cronitor', 'gatus', 'sentry', 'opsgenie', 'honeybadger'] as const
export type Dialect = (typeof DIALECTS)[number]

export const PREFIX = 'CRONGUARD_'
export const SECRETS = ['SECRET_KEY', 'SMTP_PASSWORD', 'METRICS_TOKEN', 'HEARTBEAT_URL', 'ADMIN_ALERT_URL']
const METRICS_TOKEN_MIN = 16
export const SECRET_KEY_MIN = 16
const BODY_LIMIT_MAX = 10_000_000
const BACKUPS_MAX = 1000
const PINGS_MAX = 10_000_000
const PROJECT_BODY_BYTES_MIN = 1_000_000

interface AboutSetting {
  /** For people, as Markdown. */
  meaning: string
  /** Describes the default if the schema's default doesn't. */
  otherwise?: string
}

const About = z.registry<AboutSetting>()

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

const HostNames = z
  .string()
  .transform((list) => list.split(',').map((host) => host.trim().toLowerCase()))
  .refine(
    (hosts) => hosts.every((host) => /^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(host)),
    'must be a list of host names, like push.example.com',
  )

export const Settings = z.object({
  HOST: z
    .string()
    .refine(isHost, 'must be an address of this machine, like 127.0.0.1 or 0.0.0.0; set the port in CRONGUARD_PORT')
    .default('127.0.0.1')
    .register(About, { meaning: 'The address to listen on. `0.0.0.0` or `::` listens on all addresses.' }),
  PORT: Port.default(8000).register(About, { meaning: 'The port to listen on.' }),
  BASE_URL: z
    .string()
    .refine(isBaseUrl, 'must be an address like https://cron.example.com, without user name, query or fragment')
    .refine(
      (text) => !isBaseUrl(text) || hasPlainPath(text),
      'must have a path of letters, digits and . _ ~ - only, like https://example.com/cron',
    )
    .transform((url) => url.replace(/\/+$/, '').replace(/^https?:/i, (scheme) => scheme.toLowerCase()))
    .optional()
    .register(About, {
      meaning:
        'The public URL. Links and ping URLs begin with it. It may have a path, like `https://example.com/cron`.',
      otherwise: '`http://HOST:PORT`, with `localhost` for `0.0.0.0` and `::`',
    }),
  DATA_DIR: z
    .string()
    .min(1, 'is empty')
    .default('./data')
    .register(About, { meaning: 'The data folder. Created if it does not exist.' }),
  SECRET_KEY: z
    .string()
    .min(SECRET_KEY_MIN, `must have at least ${SECRET_KEY_MIN} characters`)
    .optional()
    .register(About, {
      meaning:
        'Signs sessions, invitations and the URLs of tag badges, and encrypts the password of the mail server. At ' +
        "least 16 characters. Changing it signs everyone out, and requires entering the mail server's password again.",
      otherwise: 'generated at the first start and stored in the data folder',
    }),
  SMTP_HOST: z
    .string()
    .min(1, 'is empty')
    .optional()
    .register(About, { meaning: 'The mail server.', otherwise: 'none: uses the mail server from the Server page' }),
  SMTP_PORT: Port.optional().register(About, {
    meaning: 'The port of the mail server.',
    otherwise: '`587` for `starttls`, `465` for `tls`, `25` for `none`',
  }),
  SMTP_SECURITY: z
    .enum(SMTP_SECURITIES, `must be one of ${SMTP_SECURITIES.join(', ')}`)
    .default('starttls')
    .register(About, { meaning: 'How the connection to the mail server is encrypted: `starttls`, `tls` or `none`.' }),
  SMTP_USERNAME: z
    .string()
    .min(1, 'is empty')
    .optional()
    .register(About, { meaning: 'The user name for the mail server.' }),
  SMTP_PASSWORD: z
    .string()
    .min(1, 'is empty')
    .optional()
    .register(About, { meaning: 'The password for the mail server.' }),
  SMTP_FROM: z
    .string()
    .regex(/@/, 'must contain an email address')
    .optional()
    .register(About, {
      meaning: 'The sender of all emails.',
      otherwise:
        '`CronGuard <cronguard@HOST>`, with the host of the base URL, or the name of this machine if that ' +
        'host is an IP address',
    }),
  PING_BODY_LIMIT: Whole.refine((limit) => limit <= BODY_LIMIT_MAX, `must be at most ${BODY_LIMIT_MAX}`)
    .default(100_000)
    .register(About, {
      meaning:
        "How many bytes of a ping's body are kept. If a body is longer, its first 10,000 bytes and its end are kept. " +
        'At most 10,000,000.',
    }),
  REGISTRATION: z
    .enum(REGISTRATIONS, `must be one of ${REGISTRATIONS.join(', ')}`)
    .default('closed')
    .register(About, { meaning: '`open` lets anyone create an account. With `closed`, people need an invitation.' }),
  CONFIRM_ADDRESSES: Switch.default(false).register(About, {
    meaning:
      '`on` requires recipients to confirm an email address before it gets alerts, except for confirmed addresses of ' +
      'members. Always on while registration is open.',
  }),
  TRUSTED_PROXIES: AddressRanges.default([]).register(About, {
    meaning:
      'Proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are trusted: addresses and networks, ' +
      'separated by commas, like `127.0.0.1, 10.0.0.0/8`.',
  }),
  DIALECT_KUMA: Switch.default(true).register(About, {
    meaning: 'Accept Uptime Kuma push URLs: `on` or `off`.',
  }),
  DIALECT_SNITCH: Switch.default(false).register(About, { meaning: "Accept Dead Man's Snitch check-ins." }),
  DIALECT_CRONITOR: Switch.default(false).register(About, { meaning: 'Accept Cronitor telemetry URLs.' }),
  DIALECT_GATUS: Switch.default(false).register(About, { meaning: 'Accept results for Gatus external endpoints.' }),
  DIALECT_SENTRY: Switch.default(false).register(About, { meaning: 'Accept Sentry cron check-ins.' }),
  DIALECT_OPSGENIE: Switch.default(false).register(About, { meaning: 'Accept Opsgenie heartbeats.' }),
  DIALECT_HONEYBADGER: Switch.default(false).register(About, { meaning: 'Accept Honeybadger check-ins.' }),
  SMTPD_PORT: Port.optional().register(About, {
    meaning: 'The port to listen on for pings by email.',
    otherwise: 'none: pings by email are disabled',
  }),
  SMTPD_HOST: z
    .string()
    .min(1, 'is empty')
    .optional()
    .register(About, { meaning: 'The address to listen on for pings by email.', otherwise: '`CRONGUARD_HOST`' }),
  PING_EMAIL_DOMAIN: z
    .string()
    .regex(/^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/, 'must be a domain like cron.example.com')
    .transform((domain) => domain.toLowerCase())
    .optional()
    .register(About, {
      meaning: 'The domain of ping email addresses: the part after the @.',
      otherwise: 'the host of the base URL',
    }),
  METRICS_TOKEN: z
    .string()
    .min(METRICS_TOKEN_MIN, `must have at least ${METRICS_TOKEN_MIN} characters`)
    .optional()
    .register(About, {
      meaning: 'The token for `/metrics`, the metrics of the whole server. At least 16 characters.',
      otherwise: 'none: `/metrics` is disabled',
    }),
  HEARTBEAT_URL: z.string().refine(isWebAddress, 'must be an http or https address').optional().register(About, {
    meaning: 'A URL to call every minute while everything works, such as the ping URL of a monitor on another server.',
  }),
  ADMIN_ALERT_URL: z
    .string()
    .refine(isWebAddress, 'must be an http or https address')
    .optional()
    .register(About, {
      meaning:
        'A URL that gets a POST request with JSON when a problem of the server begins and when it is resolved. It ' +
        'also works while the disk is full.',
    }),
  BACKUP_KEEP: Whole.refine((count) => count <= BACKUPS_MAX, `must be at most ${BACKUPS_MAX}`)
    .default(7)
    .register(About, { meaning: 'How many nightly backups are kept. `0` disables them.' }),
  REPLICATED: Switch.default(false).register(About, {
    meaning: '`on` leaves the write-ahead log to a program that replicates the database, like Litestream.',
  }),
  PROJECT_BODY_BYTES: Whole.refine(
    (bytes) => bytes >= PROJECT_BODY_BYTES_MIN,
    `must be at least ${PROJECT_BODY_BYTES_MIN}`,
  )
    .default(1_000_000_000)
    .register(About, {
      meaning:
        'How many bytes of ping bodies are kept per project. The oldest bodies are deleted first; their pings stay.',
    }),
  DISK_RESERVE_BYTES: Whole.optional().register(About, {
    meaning:
      'With fewer free bytes than this on the disk with the data folder, bodies of pings are no longer stored; pings ' +
      'are. `0` always stores bodies.',
    otherwise: '200,000,000 or 2% of the disk, whichever is smaller',
  }),
  PING_DAYS: Whole.refine((days) => days >= 1 && days <= 36_500, 'must be between 1 and 36500')
    .default(90)
    .register(About, { meaning: 'How many days pings are kept.' }),
  PINGS_PER_MONITOR: Whole.refine((count) => count >= 1 && count <= PINGS_MAX, `must be between 1 and ${PINGS_MAX}`)
    .default(1000)
    .register(About, { meaning: 'How many pings are kept per monitor. The oldest are deleted first.' }),
  OUTBOUND_ALLOW: AddressRanges.default([]).register(About, {
    meaning: 'Private addresses and networks that channels may call even while registration is open.',
  }),
  PUSH_SERVICES: HostNames.default([]).register(About, {
    meaning:
      'Host names of push services that browser push may use in addition to those of Chrome, Edge, Firefox and ' +
      'Safari, separated by commas. Each includes its subdomains.',
  }),
  SHELL: Switch.default(false).register(About, {
    meaning: '`on` lets administrators create channels that run programs on this server.',
  }),
  SHELL_DIR: z
    .string()
    .startsWith('/', 'must be a path that begins with /')
    .optional()
    .register(About, { meaning: 'The folder of the programs that channels may run. Required with `CRONGUARD_SHELL`.' }),
  CA_FILE: z
    .string()
    .transform((path, context) => readCertificates(path, (says) => context.addIssue(says)))
    .optional()
    .register(About, {
      meaning: 'A PEM file with certificates of private CAs. Webhooks and email trust them in addition to public CAs.',
    }),
  SOCKET: z
    .string()
    .startsWith('/', 'must be a path that begins with /')
    .max(100, 'is too long')
    .optional()
    .register(About, { meaning: 'The path of a unix socket to listen on, in addition to the port.' }),
  LOG_LEVEL: z
    .enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`)
    .default('info')
    .register(About, { meaning: '`debug`, `info`, `warn` or `error`. `debug` logs every request.' }),
  LOG_FORMAT: z
    .enum(LOG_FORMATS, `must be one of ${LOG_FORMATS.join(', ')}`)
    .default('text')
    .register(About, { meaning: '`text` or `json`: one line per event, on standard error.' }),
})

export interface DocumentedSetting {
  /** The variable, and for a secret the one that names a file. */
  names: string[]
  /** The default, as Markdown. */
  otherwise: string
  meaning: string
}

/** All settings for users, the ones they need first at the top. */
export function documentedSettings(): DocumentedSetting[] {
  const defaults: Record<string, unknown> = Settings.parse({})
  return Object.entries(Settings.shape).map(([name, schema]) => {
    const about = About.get(schema)
    if (about === undefined) throw new Error(`Nothing says what ${PREFIX}${name} means`)
    const value = valueInWords(defaults[name])
    return {
      names: variablesOf(name),
      otherwise: about.otherwise ?? (value === null ? 'none' : `\`${value}\``),
      meaning: about.meaning,
    }
  })
}

/** The value of a setting as a user would write it; null for none. */
export function valueInWords(value: unknown): string | null {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return null
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  return String(value)
}

/** The names of all settings, with the prefix, and of secrets also the `_FILE` variants. */
export function settingNames(): string[] {
  return Object.keys(Settings.shape).flatMap(variablesOf)
}

function variablesOf(name: string): string[] {
  return SECRETS.includes(name) ? [PREFIX + name, `${PREFIX}${name}_FILE`] : [PREFIX + name]
}
