// How strangers become users: the first one by a link from the log, others while registration is open or by invitation.
import { type Deps, secretOf } from '#deps.ts'
import { Email, REGISTRATION_MS, SETUP_MS, TimeZone, type User } from '#domain/account.ts'
import type { Invitation } from '#domain/project.ts'
import { AppError } from '#lib/errors.ts'
import { type FieldProblems, readField, throwProblems } from '#lib/fields.ts'
import { hmacSha256Base64Url, hmacSha256Hex, isSameText, newMixedCaseToken, sha256Hex } from '#lib/tokens.ts'
import { findUserByEmail, hasUsers } from '#store/accounts.ts'
import type { Reader } from '#store/database.ts'
import { deleteSetting, findSetting, saveSetting } from '#store/settings.ts'
import { alreadyRegisteredMail, registrationMail } from '#words/account-mail.ts'
import { addUser, readCredentials } from './accounts.ts'
import { mail, mailVerification } from './mailed-links.ts'
import { acceptInvitation, openInvitation } from './members.ts'

export interface Newcomer {
  email: string
  password: string
  timeZone: string
}

const TOKEN_LENGTH = 32
/** `<hash of the token>:<moment it expires>` */
const SETUP = 'setup'

/** While nobody has an account: makes the token with which the first one is made; an earlier one no longer works. */
export function openSetup(deps: Deps): string | null {
  const token = newMixedCaseToken(TOKEN_LENGTH)
  return deps.db.write((tx) => {
    if (hasUsers(tx)) return null
    saveSetting(tx, { name: SETUP, value: `${sha256Hex(token)}:${tx.now + SETUP_MS}` })
    return token
  })
}

export function isSetupToken(reader: Reader, { token, now }: { token: string; now: number }): boolean {
  const [hash, expiresAt] = (findSetting(reader, SETUP) ?? '').split(':')
  return hash === sha256Hex(token) && now < Number(expiresAt) && !hasUsers(reader)
}

/** Makes the first user, who administers this CronGuard. The token is used up. Throws forbidden, invalid. */
export async function setUp(deps: Deps, { token, ...newcomer }: Newcomer & { token: string }): Promise<User> {
  if (!isSetupToken(deps.db, { token, now: deps.clock.now() })) throw staleSetup()
  const credentials = await readCredentials(newcomer)
  const user = deps.db.write((tx) => {
    if (!isSetupToken(tx, { token, now: tx.now })) throw staleSetup()
    deleteSetting(tx, SETUP)
    return addUser(tx, { ...credentials, isAdmin: true, timeZone: zoneOf(newcomer) })
  })
  mailLater(deps, user)
  return user
}

/**
 * Makes an account, and accepts the invitation when there is one. `isProven`: the address is theirs for sure. Throws
 * forbidden while registration is closed and nobody invited, invalid and conflict with the fields at fault.
 */
export async function register(
  deps: Deps,
  { invitation, isProven, ...newcomer }: Newcomer & { invitation: Invitation | null; isProven: boolean },
): Promise<User> {
  if (invitation === null) requireOpenRegistration(deps)
  const credentials = await readCredentials(newcomer)
  return deps.db.write((tx) => {
    const emailVerifiedAt = isProven ? tx.now : null
    const added = addUser(tx, {
      ...credentials,
      isAdmin: false,
      timeZone: zoneOf(newcomer),
      emailVerifiedAt,
      isInvited: invitation !== null,
    })
    if (invitation) acceptInvitation(tx, { invitationId: invitation.id, userId: added.id })
    return added
  })
}

/** What a stranger asked for, and proves with the link that was mailed to them. */
export interface Registration {
  email: string
  invitation: Invitation | null
}

/** Checks what a stranger typed. Throws invalid, with the field at fault. */
export function readEmail(email: string): string {
  const fields: FieldProblems = {}
  const address = readField(fields, 'email', Email.safeParse(email), '')
  throwProblems(fields)
  return address
}

/** Mails a link with which the account is made; to somebody who has an account, how to get in. */
export async function mailRegistration(deps: Deps, { email, invitation }: Registration): Promise<void> {
  const { baseUrl } = deps.config
  const user = findUserByEmail(deps.db, email)
  const message = user
    ? alreadyRegisteredMail({ to: user.email, url: `${baseUrl}/login` })
    : registrationMail({ to: email, url: `${baseUrl}/register/${registrationToken(deps, { email, invitation })}` })
  await mail(deps, message)
}

// Nothing is kept of a registration before it is proven: strangers could fill the database.
function registrationToken(deps: Deps, { email, invitation }: Registration): string {
  const expiresAt = deps.clock.now() + REGISTRATION_MS
  const facts = [expiresAt.toString(36), Buffer.from(email).toString('base64url'), invitation?.id ?? ''].join('.')
  return `${facts}.${signRegistration(deps, facts)}`
}

/** Throws not_found when the link is not, or no longer, good, or the invitation is gone. */
export function registrationOf(deps: Deps, token: string): Registration {
  const [expiry = '', address = '', invitationId = '', signature = ''] = token.split('.')
  const facts = [expiry, address, invitationId].join('.')
  const isGenuine = isSameText(signature, signRegistration(deps, facts))
  if (!isGenuine || Number.parseInt(expiry, 36) <= deps.clock.now()) {
    throw new AppError('not_found', 'This link is no longer valid. Ask for a new one.')
  }
  const email = Buffer.from(address, 'base64url').toString()
  return { email, invitation: invitationId === '' ? null : openInvitation(deps, invitationId) }
}

function signRegistration({ config }: Pick<Deps, 'config'>, facts: string): string {
  return hmacSha256Base64Url(hmacSha256Hex(secretOf(config), 'registration'), facts)
}

/** Throws forbidden while strangers may not make accounts. */
export function requireOpenRegistration({ config }: Pick<Deps, 'config'>): void {
  if (config.registration === 'open') return
  throw new AppError('forbidden', 'Registration is closed here. Ask somebody who is in for an invitation.')
}

// Nobody waits for this mail: one that did not come can be asked for again.
function mailLater(deps: Deps, user: User): void {
  mailVerification(deps, user).catch((error) => deps.log.error('An email could not be sent', { error }))
}

// The browser says it; who has none, or an odd one, starts with UTC.
function zoneOf({ timeZone }: Newcomer): string {
  return TimeZone.safeParse(timeZone).data ?? 'UTC'
}

function staleSetup(): AppError {
  return new AppError(
    'forbidden',
    'This setup link is not valid any more. Start CronGuard again, and its log has a new one.',
  )
}
