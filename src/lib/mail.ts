import { createTransport, type Transporter } from 'nodemailer'
import { withVisibleDirections } from './invisible.ts'
import type { Log } from './log.ts'
import { createRecorder, type Dialogue } from './mail-dialogue.ts'
import { type NetworkReason, networkFailureOf } from './network.ts'
import { createSecretMask } from './secret-mask.ts'

export interface Mail {
  to: string
  subject: string
  text: string
  html: string
  /** Without angle brackets. All attempts share it, so that mail programs recognize duplicates. */
  messageId: string
  /** The messages of the thread that it belongs to, oldest first, without angle brackets. */
  references?: readonly string[]
  headers: Record<string, string>
}

export type MailResult =
  | { kind: 'sent'; detail: string }
  | { kind: 'logged' }
  | {
      kind: 'failure'
      reason: NetworkReason | 'auth' | 'settings' | 'status' | 'rejected'
      detail: string
      isPermanent: boolean
      /** The command that the server refused, such as "MAIL FROM". */
      command?: string | undefined
    }

export type MailFailure = Extract<MailResult, { kind: 'failure' }>

/** Never throws for failures of the mail server or the network: those are results. */
export interface Mailer {
  send(mail: Mail): Promise<MailResult>
  close(): void
}

export const SMTP_SECURITIES = ['none', 'starttls', 'tls'] as const

export interface SmtpSettings {
  host: string
  port: number
  security: (typeof SMTP_SECURITIES)[number]
  username: string | null
  password: string | null
  from: string
}

const CONNECTIONS_MAX = 2
const CONNECT_TIMEOUT_MS = 10_000
const SOCKET_TIMEOUT_MS = 20_000
/** The limit for the whole attempt, including the wait for a connection. The idle timeout misses slow trickles. */
const MAIL_MAX_MS = 40_000
const REPLY_MAX = 120
const NO_SUCH_MAILBOX = /\b5\.(?:1\.(?:1|2|3|6|10)|2\.1)\b/

function transportOptions(smtp: SmtpSettings) {
  return {
    host: smtp.host,
    port: smtp.port,
    secure: smtp.security === 'tls',
    requireTLS: smtp.security === 'starttls',
    ignoreTLS: smtp.security === 'none',
    ...(smtp.username === null ? {} : { auth: { user: smtp.username, pass: smtp.password ?? '' } }),
    connectionTimeout: CONNECT_TIMEOUT_MS,
    greetingTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: SOCKET_TIMEOUT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  }
}

/** Connects and signs in without sending an email. Returns null on success, or what went wrong. */
export async function checkMailServer(smtp: SmtpSettings): Promise<string | null> {
  const transport = createTransport(transportOptions(smtp))
  try {
    await transport.verify()
    return null
  } catch (error) {
    return mailFailure(error as SmtpError, createSecretMask(smtp.password)).detail
  } finally {
    transport.close()
  }
}

/** Sends through a mail server and keeps a few connections open. */
export function createSmtpMailer(smtp: SmtpSettings): Mailer {
  const transport = createTransport({ pool: true, maxConnections: CONNECTIONS_MAX, ...transportOptions(smtp) })
  return {
    send: (mail) => sendThrough(transport, { mail, smtp, limitMs: MAIL_MAX_MS }),
    close: () => transport.close(),
  }
}

export interface RecordingMailer extends Mailer {
  /** What was said so far, without the emails themselves. */
  dialogue(): Dialogue
}

/** Opens a connection for each email, and gives up after `limitMs`. */
export function createRecordingMailer(smtp: SmtpSettings, limitMs: number): RecordingMailer {
  const { logger, dialogue } = createRecorder(smtp.password)
  const transport = createTransport({ ...transportOptions(smtp), transactionLog: true, logger })
  return {
    send: (mail) => sendThrough(transport, { mail, smtp, limitMs }),
    close: () => transport.close(),
    dialogue,
  }
}

/** For settings that can't be used, or whose password this process can't read. `detail` says why. */
export function createFailingMailer({ reason, detail }: { reason: 'auth' | 'settings'; detail: string }): Mailer {
  return { send: async () => failure(reason, detail), close: () => {} }
}

/** Reads the settings for each email and opens another mailer when they have changed, so a change needs no restart. */
export function createCurrentMailer<Settings>(read: () => Settings, open: (settings: Settings) => Mailer): Mailer {
  let current: { text: string; mailer: Mailer } | null = null
  return {
    send: async (mail) => {
      const settings = read()
      const text = JSON.stringify(settings)
      if (current?.text !== text) {
        current?.mailer.close()
        current = { text, mailer: open(settings) }
      }
      return await current.mailer.send(mail)
    },
    close: () => current?.mailer.close(),
  }
}

/**
 * For a server without SMTP settings: emails are logged instead of sent. The log gets only the recipient and the
 * subject, because the text contains links that act without a sign-in.
 */
export function createLogMailer(log: Log): Mailer {
  return {
    send: async ({ to, subject }) => {
      log.warn('No mail server is configured: this email was not sent', { to, subject })
      return { kind: 'logged' }
    },
    close: () => {},
  }
}

interface Sending {
  mail: Mail
  smtp: SmtpSettings
  limitMs: number
}

// A server may repeat the password in its reply.
async function sendThrough(transport: Transporter, { mail, smtp, limitMs }: Sending): Promise<MailResult> {
  const hide = createSecretMask(smtp.password)
  try {
    const { from } = smtp
    const signal = AbortSignal.timeout(limitMs)
    const info = await transport.sendMail({ ...mail, ...shownParts(mail), ...threadOf(mail), from, signal })
    return { kind: 'sent', detail: clip(hide(String(info.response ?? ''))) }
  } catch (error) {
    return mailFailure(error as SmtpError, hide)
  }
}

function shownParts({ subject, text, html }: Mail) {
  return {
    subject: withVisibleDirections(subject),
    text: withVisibleDirections(text),
    html: withVisibleDirections(html),
  }
}

function threadOf({ messageId, references = [] }: Mail) {
  const [all, last] = [references.map(inBrackets), references.at(-1)]
  return { messageId: inBrackets(messageId), references: all, ...(last && { inReplyTo: inBrackets(last) }) }
}

function inBrackets(messageId: string): string {
  return `<${messageId}>`
}

interface SmtpError {
  code?: string
  command?: string
  responseCode?: number
  response?: string
  message?: string
}

// The server's reply is shown, because it says what to do. What was sent to the server is not.
function mailFailure(error: SmtpError, hide: (text: string) => string): MailFailure {
  const { code, command, responseCode, response, message = '' } = error
  const reply = clip(hide(response ?? ''))
  if (code === 'EAUTH') {
    return failure('auth', `The mail server refused the user name or password (${responseCode ?? 'no code'})`)
  }
  // A reply code means that the server refused STARTTLS. Without one, the TLS handshake failed.
  if (code === 'ETLS' && responseCode !== undefined) return failure('tls', 'The mail server does not offer STARTTLS')
  if (code === 'ETLS') return failure('tls', networkFailureOf({ message: `TLS: ${message}` }).detail)
  if (responseCode === undefined) {
    const { reason, detail } = networkFailureOf(error)
    return failure(reason, detail)
  }
  // Servers reject recipients for many reasons that may be fixed within the day: relaying, block lists, policies. Only
  // an enhanced code (RFC 3463) about the mailbox itself, like 5.1.1, is permanent.
  if (command === 'RCPT TO' && NO_SUCH_MAILBOX.test(reply)) {
    return { kind: 'failure', reason: 'rejected', detail: `The mail server rejected it: ${reply}`, isPermanent: true }
  }
  return { ...failure('status', `The mail server answered: ${reply}`), command }
}

function failure(reason: NetworkReason | 'auth' | 'settings' | 'status', detail: string): MailFailure {
  return { kind: 'failure', reason, detail, isPermanent: false }
}

function clip(reply: string): string {
  return reply.replace(/\s+/g, ' ').trim().slice(0, REPLY_MAX)
}
