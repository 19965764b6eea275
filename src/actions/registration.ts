// Creates accounts: the first one with a link from the log, others by invitation or while registration is open.
import { mailChannelTo } from '#channels/index.ts'
import { type Deps, secretOf } from '#deps.ts'
import { Email, REGISTRATION_MS, SETUP_MS, TimeZone, type User } from '#domain/account.ts'
import { DEFAULT_RULES } from '#domain/channel-rules.ts'
import type { Invitation } from '#domain/project.ts'
import { AppError } from '#lib/errors.ts'
import { hmacSha256Base64Url, hmacSha256Hex, isSameText, newMixedCaseToken, newUuid, sha256Hex } from '#lib/tokens.ts'
import { findUserByEmail, hasUsers } from '#store/accounts.ts'
import { insertChannel } from '#store/channels.ts'
import type { Reader, Tx } from '#store/database.ts'
import { listProjectsOfUser } from '#store/projects.ts'
import { deleteSetting, findSetting, saveSetting } from '#store/settings.ts'
import { alreadyRegisteredMail, registrationMail } from '#words/account-mail.ts'
import { type AddedUser, addUser, readCredentials } from './accounts.ts'
import { readOnlyField } from './fields.ts'
import { mail, mailVerification } from './mailed-links.ts'
import { acceptInvitation, openInvitation } from './members.ts'

export interface Newcomer {
  email: string
  password: string
  timeZone: string
}

const TOKEN_LENGTH = 32
/** The setting holds `<hash of the token>:<time it expires>`. */
const SETUP = 'setup'

/** Creates the token for the first account, and invalidates earlier ones. Null when an account exists. */
export function createSetupToken(deps: Deps): string | null {
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

/** Creates the first user, an administrator, and uses up the token. Throws forbidden and invalid. */
export async function setUp(deps: Deps, { token, ...newcomer }: Newcomer & { token: string }): Promise<User> {
  if (!isSetupToken(deps.db, { token, now: deps.clock.now() })) throw staleSetup()
  const credentials = await readCredentials(newcomer)
  const user = deps.db.write((tx) => {
    if (!isSetupToken(tx, { token, now: tx.now })) throw staleSetup()
    deleteSetting(tx, SETUP)
    return addFirstUser(tx, { ...credentials, isAdmin: true, timeZone: zoneOf(newcomer) })
  })
  mailLater(deps, user)
  return user
}

export interface NewUser {
  email: string
  password: string
  isAdmin: boolean
}

/** Creates a user with a first project. Throws invalid for the address or password, conflict when the user exists. */
export async function createUser(deps: Deps, input: NewUser): Promise<User> {
  const { email, passwordHash } = await readCredentials(input)
  return deps.db.write((tx) => {
    const user = { email, passwordHash, isAdmin: input.isAdmin, emailVerifiedAt: tx.now }
    return hasUsers(tx) ? addUser(tx, user) : addFirstUser(tx, user)
  })
}

// The address is the owner's own, so that alerts reach someone as soon as a mail server is set up.
function addFirstUser(tx: Tx, added: AddedUser): User {
  const user = addUser(tx, added)
  for (const { id: projectId } of listProjectsOfUser(tx, user.id)) {
    const channel = {
      id: newUuid(),
      projectId,
      name: '',
      notifiesGaps: true,
      rules: DEFAULT_RULES,
      scope: { is: 'all' } as const,
    }
    insertChannel(tx, { ...channel, ...mailChannelTo(user.email) })
  }
  return user
}

/**
 * Creates an account and accepts the invitation, if any. `isProven` means that the address is verified. Throws
 * forbidden when registration is closed and there is no invitation, and invalid and conflict with the wrong fields.
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

/** A requested registration. The emailed link proves the address. */
export interface Registration {
  email: string
  invitation: Invitation | null
}

/** Validates an address. Throws invalid, with the wrong field. */
export function readEmail(email: string): string {
  return readOnlyField('email', Email.safeParse(email))
}

/** Emails a link that creates the account. If the address has an account, the email explains how to sign in. */
export async function mailRegistration(deps: Deps, { email, invitation }: Registration): Promise<void> {
  const { baseUrl } = deps.config
  const user = findUserByEmail(deps.db, email)
  const message = user
    ? alreadyRegisteredMail({ to: user.email, url: `${baseUrl}/login` })
    : registrationMail({ to: email, url: `${baseUrl}/register/${registrationToken(deps, { email, invitation })}` })
  await mail(deps, message)
}

// The token contains the registration, so that strangers cannot fill the database with unverified ones.
function registrationToken(deps: Deps, { email, invitation }: Registration): string {
  const expiresAt = deps.clock.now() + REGISTRATION_MS
  const facts = [expiresAt.toString(36), Buffer.from(email).toString('base64url'), invitation?.id ?? ''].join('.')
  return `${facts}.${signRegistration(deps, facts)}`
}

/** Throws not_found when the link is invalid or has expired, or the invitation is gone. */
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

/** Throws forbidden while registration is closed. */
export function requireOpenRegistration({ config }: Pick<Deps, 'config'>): void {
  if (config.registration === 'open') return
  throw new AppError('forbidden', 'Registration is closed. Ask a project admin for an invitation.')
}

// The mail is sent without waiting. The user can request it again.
function mailLater(deps: Deps, user: User): void {
  mailVerification(deps, user).catch((error) => deps.log.error('Could not send an email', { error }))
}

// The browser reports the zone. Missing and unknown zones become UTC.
function zoneOf({ timeZone }: Newcomer): string {
  return TimeZone.safeParse(timeZone).data ?? 'UTC'
}

function staleSetup(): AppError {
  return new AppError('forbidden', 'This setup link is no longer valid. Restart CronGuard to get a new one in its log.')
}
