// Handles emailed links, which prove that someone reads the email of an address. Each works once, for a limited time.

import { sendAccountMail } from '#channels/account-mail.ts'
import type { Deps } from '#deps.ts'
import { Email, LINK_MS, LINKS_KEPT, type LinkPurpose, type User } from '#domain/account.ts'
import { AppError } from '#lib/errors.ts'
import { newMixedCaseToken, sha256Hex } from '#lib/tokens.ts'
import {
  deleteMailedLinks,
  findMailedLink,
  findUser,
  findUserByEmail,
  insertMailedLink,
  type MailedLink,
  saveEmail,
} from '#store/accounts.ts'
import type { Reader } from '#store/database.ts'
import {
  type AccountMail,
  addressChangedMail,
  addressTakenMail,
  passwordResetMail,
  verificationMail,
} from '#words/account-mail.ts'
import { conflictingEmail, type Proof, readCredentials, replacePassword, requireProof } from './accounts.ts'
import { readOnlyField } from './fields.ts'
import { hasMailServer } from './mail-server.ts'

const TOKEN_LENGTH = 32

/** Emails a verification link if the address is unverified and a mail server is set. Returns whether it was sent. */
export async function mailVerification(deps: Deps, user: User): Promise<boolean> {
  if (!hasMailServer(deps) || user.emailVerifiedAt !== null) return false
  return await mailAddressLink(deps, { userId: user.id, email: user.email })
}

/** Whether this user must verify their address before CronGuard sends emails to others for them. */
export function mustVerify(deps: Deps, user: User): boolean {
  return user.emailVerifiedAt === null && !user.isAdmin && hasMailServer(deps) && deps.config.registration === 'open'
}

const CONFIRM_FIRST =
  'Confirm your email address first. Open the link in the confirmation email, or resend it from your settings.'

/** Throws forbidden while the user must verify their address. */
export function requireProvenAddress(deps: Deps, user: User): void {
  if (mustVerify(deps, user)) throw new AppError('forbidden', CONFIRM_FIRST)
}

/**
 * Changes the address. With a mail server, the change is made when the user opens a link emailed to the new address.
 * Throws invalid and, without a mail server, conflict when another user has the address.
 */
export async function changeEmail(
  deps: Deps,
  { proof, email }: { proof: Proof; email: string },
): Promise<'changed' | 'mailed' | 'not-mailed'> {
  const { userId } = proof
  const address = readOnlyField('email', Email.safeParse(email))
  if (hasMailServer(deps)) {
    return (await mailAddressLink(deps, { userId, email: address, proof })) ? 'mailed' : 'not-mailed'
  }
  deps.db.write((tx) => {
    requireProof(tx, proof)
    if (isTaken(tx, { userId, email: address })) throw conflictingEmail(address)
    saveEmail(tx, { userId, email: address, verifiedAt: null })
    deleteMailedLinks(tx, { userId, purpose: 'verify-email' })
  })
  return 'changed'
}

/** Verifies the address of an emailed link, and makes it the user's address. Throws not_found and conflict. */
export function verifyEmail(deps: Deps, token: string): void {
  const change = deps.db.write((tx) => {
    const { userId, email } = findValid(tx, { token, purpose: 'verify-email', now: tx.now })
    if (isTaken(tx, { userId, email })) throw conflictingEmail(email)
    const before = findUser(tx, userId)?.email ?? email
    saveEmail(tx, { userId, email, verifiedAt: tx.now })
    deleteMailedLinks(tx, { userId, purpose: 'verify-email' })
    return { before, email }
  })
  if (change.before.toLowerCase() !== change.email.toLowerCase()) notifyFormerAddress(deps, change)
}

/** Emails a link for a new password if the user exists. The caller does not learn whether it does. */
export async function mailPasswordReset(deps: Deps, email: string): Promise<void> {
  const user = findUserByEmail(deps.db, email.trim())
  if (user === null || !hasMailServer(deps)) return
  const token = newLink(deps, { userId: user.id, email: user.email, purpose: 'reset-password', proof: null })
  const url = `${deps.config.baseUrl}/password-reset/${token}`
  await mail(deps, passwordResetMail({ to: user.email, url }))
}

/** Throws not_found when the link is unknown or has expired. */
export function requireResetLink(deps: Deps, token: string): MailedLink {
  return findValid(deps.db, { token, purpose: 'reset-password', now: deps.clock.now() })
}

/** Sets the password and ends all sessions of the user. Throws not_found, and invalid with the wrong field. */
export async function resetPassword(deps: Deps, { token, password }: { token: string; password: string }) {
  const { email } = requireResetLink(deps, token)
  const { passwordHash } = await readCredentials({ email, password })
  deps.db.write((tx) => {
    const { userId } = findValid(tx, { token, purpose: 'reset-password', now: tx.now })
    replacePassword(tx, { userId, passwordHash, keptSessionId: null })
    // Receiving the email also verifies the address.
    saveEmail(tx, { userId, email, verifiedAt: tx.now })
  })
}

/** Sets a password from the command line and ends all sessions of the user. Throws not_found and invalid. */
export async function setPassword(deps: Deps, { user, password }: { user: User; password: string }): Promise<void> {
  const { passwordHash } = await readCredentials({ email: user.email, password })
  deps.db.write((tx) => replacePassword(tx, { userId: user.id, passwordHash, keptSessionId: null }))
}

/** Says whether it was sent. A failure is only logged, because the person is asked to try again anyway. */
export async function mail(deps: Deps, message: AccountMail): Promise<boolean> {
  const result = await sendAccountMail(deps.mailer, { mail: message, baseUrl: deps.config.baseUrl })
  if (result.kind !== 'failure') return true
  deps.log.warn('Could not send an email', { subject: message.subject, reason: result.reason, detail: result.detail })
  return false
}

// Notifies the former address without waiting, so that the owner of a stolen account learns of it.
function notifyFormerAddress(deps: Deps, { before, email }: { before: string; email: string }): void {
  if (hasMailServer(deps)) void mail(deps, addressChangedMail({ to: before, email, url: deps.config.baseUrl }))
}

async function mailAddressLink(
  deps: Deps,
  { userId, email, proof = null }: { userId: string; email: string; proof?: Proof | null },
): Promise<boolean> {
  const { baseUrl } = deps.config
  const token = newLink(deps, { userId, email, purpose: 'verify-email', proof })
  // Only the recipient of the email learns that the address has an account. The page looks the same either way.
  const message = isTaken(deps.db, { userId, email })
    ? addressTakenMail({ to: email, url: `${baseUrl}/login` })
    : verificationMail({ to: email, url: `${baseUrl}/verify-email/${token}` })
  return await mail(deps, message)
}

interface NewLink {
  userId: string
  email: string
  purpose: LinkPurpose
  /** The password proof of the request. Null when none is needed. */
  proof: Proof | null
}

function newLink(deps: Deps, { proof, ...link }: NewLink): string {
  const token = newMixedCaseToken(TOKEN_LENGTH)
  deps.db.write((tx) => {
    if (proof !== null) requireProof(tx, proof)
    insertMailedLink(tx, {
      ...link,
      hash: sha256Hex(token),
      expiresAt: tx.now + LINK_MS[link.purpose],
      kept: LINKS_KEPT[link.purpose],
    })
  })
  return token
}

function findValid(
  reader: Reader,
  { token, purpose, now }: { token: string; purpose: LinkPurpose; now: number },
): MailedLink {
  const link = findMailedLink(reader, sha256Hex(token))
  const isValid = link !== null && link.purpose === purpose && link.expiresAt > now
  if (!isValid || isForFormerAddress(reader, link)) {
    throw new AppError('not_found', 'This link is no longer valid. Ask for a new one.')
  }
  return link
}

// A link to an address that the user has since changed must not reset the password.
function isForFormerAddress(reader: Reader, { userId, email, purpose }: MailedLink): boolean {
  return purpose === 'reset-password' && findUser(reader, userId)?.email !== email
}

function isTaken(reader: Reader, { userId, email }: { userId: string; email: string }): boolean {
  const owner = findUserByEmail(reader, email)
  return owner !== null && owner.id !== userId
}
