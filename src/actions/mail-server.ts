// The mail server: from the environment, or from the Server page. The environment wins as a whole.
import { type Deps, secretOf } from '#deps.ts'
import {
  MailServerInput,
  mailServerIdentity,
  readStoredMailServer,
  type StoredMailServer,
} from '#domain/mail-server.ts'
import { AppError } from '#lib/errors.ts'
import { type FieldProblems, throwProblems } from '#lib/fields.ts'
import { createFailingMailer, createLogMailer, createSmtpMailer, type Mailer, type SmtpSettings } from '#lib/mail.ts'
import { seal, unseal } from '#lib/sealing.ts'
import type { Reader, Tx } from '#store/database.ts'
import { deleteSetting, findSetting, saveSetting } from '#store/settings.ts'
import { issueInWords } from '#words/problems.ts'

const NAME = 'mail-server'

/** What finding the mail server needs. */
export type MailPlace = Pick<Deps, 'config'> & { db: Reader }

export interface MailServer extends SmtpSettings {
  /** Why emails can't be sent through it. Null if they can. */
  problem: keyof typeof PROBLEMS | null
  source: 'environment' | 'page'
}

/**
 * The current mail server. Null: emails are only written to the log. It is read each time, so that a change applies at
 * once, also one by another process.
 */
export function findMailServer({ db, config }: MailPlace): MailServer | null {
  const stored = config.smtp === null ? findStored(db) : null
  if (stored === null) return environmentMailServer(config)
  const { sealedPassword, ...settings } = stored.settings
  const smtp = { ...settings, password: unsealed(config.secretKey, stored.settings) }
  if (!stored.isUsable) return { ...smtp, problem: 'invalid-settings', source: 'page' }
  const reason = config.secretKey === null ? 'hidden-password' : 'other-key'
  return { ...smtp, problem: lacksPassword(smtp) ? reason : null, source: 'page' }
}

/** The mail server of the environment variables. */
export function environmentMailServer({ smtp }: MailPlace['config']): MailServer | null {
  if (smtp === null) return null
  return { ...smtp, problem: lacksPassword(smtp) ? 'hidden-password' : null, source: 'environment' }
}

function lacksPassword({ username, password }: SmtpSettings): boolean {
  return username !== null && password === null
}

/** Whether emails are sent. Otherwise they are only written to the log. */
export function hasMailServer({ db, config }: MailPlace): boolean {
  return config.smtp !== null || findStored(db) !== null
}

/** What is wrong, and what to do. */
const PROBLEMS = {
  'hidden-password': [
    "Only the CronGuard service can read the mail server's password",
    "Send the test from the channel's page",
  ],
  'other-key': [
    "The mail server's password can't be decrypted, because the secret key has changed",
    'Enter the password again on the Server page',
  ],
  // Emails fail and are retried: if they were only logged, as without a mail server, alerts would be lost.
  'invalid-settings': [
    "The stored mail server settings can't be used by this version of CronGuard",
    'Correct them on the Server page',
  ],
} as const

/** The mailer for these settings. */
export function openMailer(server: MailServer | null, log: Deps['log']): Mailer {
  if (server === null) return createLogMailer(log)
  const problem = mailServerProblemOf(server)
  if (problem === null) return createSmtpMailer(server)
  return createFailingMailer({ reason: server.problem === 'invalid-settings' ? 'settings' : 'auth', detail: problem })
}

/** Why this process can't send emails through the server, and what to do. Null if it can. */
export function mailServerProblemOf({ problem }: MailServer): string | null {
  return problem && PROBLEMS[problem].join('. ')
}

/** The settings of the Server page, without the password. Null if there are none. */
export function storedMailServer(reader: Reader): Omit<StoredMailServer, 'sealedPassword'> | null {
  const stored = findStored(reader)
  if (stored === null) return null
  const { sealedPassword, ...settings } = stored.settings
  return settings
}

/** What is wrong with the settings of the Server page, by field. Empty if they can be used. */
export function storedMailServerProblems(reader: Reader): FieldProblems {
  const stored = storedMailServer(reader)
  if (stored === null) return {}
  return problemsOf({ ...stored, port: String(stored.port), username: stored.username ?? '', password: '' })
}

/**
 * Saves the form. An empty password keeps the stored one, unless the server, its port, its encryption or the user name
 * changes. Throws invalid, with the wrong fields, and conflict if the environment sets the mail server.
 */
export function saveMailServer(deps: Deps, input: Record<string, string>): void {
  requireNoEnvironment(deps)
  const { password, ...settings } = readInput(input)
  deps.db.write((tx) => {
    const sealedPassword = sealedFor(deps, tx, { ...settings, password })
    const stored: StoredMailServer = { ...settings, sealedPassword }
    saveSetting(tx, { name: NAME, value: JSON.stringify(stored) })
  })
}

/** Removes the settings of the Server page. Throws conflict if the environment sets the mail server. */
export function removeMailServer(deps: Deps): void {
  requireNoEnvironment(deps)
  deps.db.write((tx) => deleteSetting(tx, NAME))
}

function requireNoEnvironment({ config }: Pick<Deps, 'config'>): void {
  if (config.smtp === null) return
  throw new AppError('conflict', 'The mail server is set by environment variables. Change them and restart CronGuard.')
}

function findStored(reader: Reader): ReturnType<typeof readStoredMailServer> | null {
  const value = findSetting(reader, NAME)
  return value === null ? null : readStoredMailServer(parsed(value))
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return null
  }
}

function readInput(input: Record<string, string>): MailServerInput {
  const parsed = MailServerInput.safeParse(input)
  if (parsed.success) return parsed.data
  throw new AppError('invalid', 'The settings are invalid.', problemsOf(input))
}

function problemsOf(input: Record<string, string>): FieldProblems {
  const problems: FieldProblems = {}
  for (const issue of MailServerInput.safeParse(input).error?.issues ?? []) {
    problems[String(issue.path[0])] ??= issueInWords(issue)
  }
  return problems
}

function sealedFor({ config }: Deps, tx: Tx, { password, ...settings }: MailServerInput): string | null {
  if (settings.username === null) {
    if (password !== '') throwProblems({ username: 'Enter the user name, or remove the password.' })
    return null
  }
  const secretKey = secretOf(config)
  if (password !== '') return seal(password, sealOf(secretKey, settings))
  const stored = findStored(tx)?.settings ?? null
  if (stored === null || stored.sealedPassword === null) throw missingPassword('Enter the password.')
  if (mailServerIdentity(stored) !== mailServerIdentity(settings)) throw missingPassword(ANOTHER_SERVER)
  if (unsealed(secretKey, stored) === null) throw missingPassword(CHANGED_KEY)
  return stored.sealedPassword
}

const CHANGED_KEY = 'Enter the password again: the secret key has changed.'
const ANOTHER_SERVER = 'You changed the host, port, encryption or user name. Enter the password again.'

function missingPassword(problem: string): AppError {
  return new AppError('invalid', problem, { password: problem })
}

function unsealed(secretKey: string | null, stored: StoredMailServer): string | null {
  if (secretKey === null || stored.sealedPassword === null) return null
  return unseal(stored.sealedPassword, sealOf(secretKey, stored))
}

function sealOf(secretKey: string, server: Parameters<typeof mailServerIdentity>[0]) {
  return { secretKey, purpose: 'mail server', context: mailServerIdentity(server) }
}
