// The mail server as an administrator enters it on the Server page.
import { z } from 'zod'
import { SMTP_SECURITIES, type SmtpSettings } from '#lib/mail.ts'
import { Email } from './account.ts'
import { limitedLine } from './text.ts'

const HOST_MAX = 253
const LINE_MAX = 320
const PORT_MAX = 65_535
const MAIL_PASSWORD_MAX = 1000

/** A host name, an IPv4 address or an IPv6 address without brackets. */
const HOST = /^(?:[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*)$/
/** An address, or a name and an address. */
const SENDER = /^(?:[^<>"]*|"[^<>"]*"\s*)<([^<>\s]+)>$/

const Port = z
  .string()
  .trim()
  .regex(/^\d{1,5}$/, 'not_port')
  .transform(Number)
  .refine((port) => port >= 1 && port <= PORT_MAX, 'not_port')

const Sender = limitedLine(LINE_MAX).refine((from) => Email.safeParse(senderAddress(from)).success, 'not_sender')

/** The form. An empty password keeps the stored one. */
export const MailServerInput = z.object({
  host: z.string().trim().min(1, 'no_mail_host').max(HOST_MAX).regex(HOST, 'not_mail_host'),
  port: Port,
  security: z.enum(SMTP_SECURITIES, 'no_mail_security'),
  /** Null: the server requires no sign-in. */
  username: limitedLine(LINE_MAX).transform((name) => name || null),
  password: z
    .string()
    .max(MAIL_PASSWORD_MAX)
    .refine((password) => !/\p{Cc}/u.test(password), 'control'),
  from: Sender,
})
export type MailServerInput = z.output<typeof MailServerInput>

/** What is stored. The password is encrypted; null without a user name. */
const StoredMailServer = z.object({
  host: z.string(),
  port: z.number(),
  security: z.enum(SMTP_SECURITIES),
  username: z.string().nullable(),
  sealedPassword: z.string().nullable(),
  from: z.string(),
})
export type StoredMailServer = z.output<typeof StoredMailServer>

const { host, port, security, username, sealedPassword, from } = StoredMailServer.shape
/** As much of it as this version can read. */
const ReadablePart = z
  .object({
    host: host.catch(''),
    port: port.catch(0),
    security: security.catch('starttls'),
    username: username.catch(null),
    sealedPassword: sealedPassword.catch(null),
    from: from.catch(''),
  })
  .catch({ host: '', port: 0, security: 'starttls', username: null, sealedPassword: null, from: '' })

/** Another version of CronGuard may have stored settings that this one can't use. */
export function readStoredMailServer(json: unknown): { settings: StoredMailServer; isUsable: boolean } {
  const stored = StoredMailServer.safeParse(json)
  if (!stored.success) return { settings: ReadablePart.parse(json), isUsable: false }
  const { sealedPassword: _, ...typed } = stored.data
  const input = { ...typed, port: String(typed.port), username: typed.username ?? '', password: '' }
  return { settings: stored.data, isUsable: MailServerInput.safeParse(input).success }
}

/** The address in a sender such as `CronGuard <cronguard@example.org>`. */
export function senderAddress(from: string): string {
  return SENDER.exec(from.trim())?.[1] ?? from.trim()
}

/** What a stored password belongs to. It is never sent to another server, or with less encryption. */
export function mailServerIdentity({
  host,
  port,
  security,
  username,
}: Pick<StoredMailServer, 'host' | 'port' | 'security' | 'username'>): string {
  return JSON.stringify([host.toLowerCase(), port, security, username])
}

export interface MailProvider {
  id: string
  label: string
  host: string
  port: number
  security: SmtpSettings['security']
  /** What to enter as user name and password. */
  hint: string
}

/** Settings of well-known providers, as their documentation gives them. */
export const MAIL_PROVIDERS: readonly MailProvider[] = [
  {
    id: 'gmail',
    label: 'Gmail',
    host: 'smtp.gmail.com',
    port: 465,
    security: 'tls',
    hint:
      'The user name is your full Gmail address. The password is an app password, not your account ' +
      'password. Create one at myaccount.google.com/apppasswords.',
  },
  {
    id: 'fastmail',
    label: 'Fastmail',
    host: 'smtp.fastmail.com',
    port: 465,
    security: 'tls',
    hint:
      'The user name is your full Fastmail address. The password is an app password: create one under Settings, ' +
      'Privacy & Security.',
  },
  {
    id: 'mailgun',
    label: 'Mailgun',
    host: 'smtp.mailgun.org',
    port: 587,
    security: 'starttls',
    hint:
      'Use the SMTP credentials of your sending domain. For a domain in the EU region, the server is ' +
      'smtp.eu.mailgun.org.',
  },
  {
    id: 'ses',
    label: 'Amazon SES',
    host: 'email-smtp.us-east-1.amazonaws.com',
    port: 587,
    security: 'starttls',
    hint:
      'Replace us-east-1 with your region. Use SMTP credentials from the SES console, not AWS access keys. Verify ' +
      'the sender first.',
  },
  {
    id: 'brevo',
    label: 'Brevo',
    host: 'smtp-relay.brevo.com',
    port: 587,
    security: 'starttls',
    hint: 'The user name is the SMTP login and the password an SMTP key. Both are under Settings, SMTP & API.',
  },
  {
    id: 'postmark',
    label: 'Postmark',
    host: 'smtp.postmarkapp.com',
    port: 587,
    security: 'starttls',
    hint: 'The server API token is both the user name and the password. Use a confirmed sender.',
  },
  {
    id: 'own',
    label: 'Your own server',
    host: 'localhost',
    port: 25,
    security: 'none',
    hint: 'For a mail server on this machine, such as Postfix. It usually needs no user name or password.',
  },
]
