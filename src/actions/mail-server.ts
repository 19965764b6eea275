// The mail server: from the environment, or from the Server page. The environment wins as a whole.
import { type Deps, secretOf } from '#deps.ts'
import { MailServerInput, mailServerIdentity, StoredMailServer } from '#domain/mail-server.ts'
import { AppError } from '#lib/errors.ts'
import { type FieldProblems, throwProblems } from '#lib/fields.ts'
import {
  createLogMailer,
  createPasswordlessMailer,
  createSmtpMailer,
  type Mailer,
  type SmtpSettings,
} from '#lib/mail.ts'
import { seal, unseal } from '#lib/sealing.ts'
import type { Reader, Tx } from '#store/database.ts'
import { deleteSetting, findSetting, saveSetting } from '#store/settings.ts'
import { issueInWords } from '#words/problems.ts'

const NAME = 'mail-server'

/** What finding the mail server needs. */
export type MailPlace = Pick<Deps, 'config'> & { db: Reader }

export interface MailServer extends SmtpSettings {
  /** Why emails can't be sent, although a user name is set: the password can't be read. Null if it can. */
  passwordProblem: string | null
  source: 'environment' | 'page'
}

/**
 * The current mail server. Null: emails are only written to the log. It is read each time, so that a change applies at
 * once, also one by another process.
 */
export function findMailServer({ db, config }: MailPlace): MailServer | null {
  const stored = config.smtp === null ? findStored(db) : null
  if (stored === null) return environmentMailServer(config)
  const { sealedPassword, ...settings } = stored
  const smtp = { ...settings, password: unsealed(config.secretKey, stored) }
  const reason = config.secretKey === null ? ONLY_SERVICE : OTHER_KEY
  return { ...smtp, passwordProblem: lacksPassword(smtp) ? reason : null, source: 'page' }
}

/** The mail server of the environment variables. */
export function environmentMailServer({ smtp }: MailPlace['config']): MailServer | null {
  if (smtp === null) return null
  return { ...smtp, passwordProblem: lacksPassword(smtp) ? ONLY_SERVICE : null, source: 'environment' }
}

function lacksPassword({ username, password }: SmtpSettings): boolean {
  return username !== null && password === null
}

/** Whether emails are sent. Otherwise they are only written to the log. */
export function hasMailServer({ db, config }: MailPlace): boolean {
  return config.smtp !== null || findStored(db) !== null
}

const ONLY_SERVICE = "Only the CronGuard service can read the mail server's password"
export const OTHER_KEY = "The mail server's password can't be decrypted, because the secret key has changed"

/** The mailer for these settings. */
export function openMailer(server: MailServer | null, log: Deps['log']): Mailer {
  if (server === null) return createLogMailer(log)
  const problem = passwordProblemOf(server)
  return problem === null ? createSmtpMailer(server) : createPasswordlessMailer(problem)
}

/** Why this process can't sign in, and what to do. Null if it can. */
export function passwordProblemOf({ passwordProblem }: MailServer): string | null {
  if (passwordProblem === null) return null
  return `${passwordProblem}. ${passwordProblem === ONLY_SERVICE ? TEST_ON_PAGE : ENTER_AGAIN}`
}

const TEST_ON_PAGE = "Send the test from the channel's page"
const ENTER_AGAIN = 'Enter the password again on the Server page'

/** The settings of the Server page, without the password. Null if there are none. */
export function storedMailServer(reader: Reader): Omit<StoredMailServer, 'sealedPassword'> | null {
  const stored = findStored(reader)
  if (stored === null) return null
  const { sealedPassword, ...settings } = stored
  return settings
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

function findStored(reader: Reader): StoredMailServer | null {
  const value = findSetting(reader, NAME)
  if (value === null) return null
  const read = StoredMailServer.safeParse(parsed(value))
  // What can’t be read is replaced on the Server page.
  return read.success ? read.data : null
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
  const problems: FieldProblems = {}
  for (const issue of parsed.error.issues) problems[String(issue.path[0])] ??= issueInWords(issue)
  throw new AppError('invalid', 'The settings are invalid.', problems)
}

function sealedFor({ config }: Deps, tx: Tx, { password, ...settings }: MailServerInput): string | null {
  if (settings.username === null) {
    if (password !== '') throwProblems({ username: 'Enter the user name, or remove the password.' })
    return null
  }
  const secretKey = secretOf(config)
  if (password !== '') return seal(password, sealOf(secretKey, settings))
  const stored = findStored(tx)
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
