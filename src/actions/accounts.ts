import type { Deps } from '#deps.ts'
import {
  Email,
  LINK_PURPOSES,
  type MailPreferences,
  Password,
  type Theme,
  TimeZone,
  type User,
  UserName,
} from '#domain/account.ts'
import { may, type OwnProject, PROJECT_PING_KEY_LENGTH, wouldLoseOwner } from '#domain/project.ts'
import { AppError } from '#lib/errors.ts'
import { type FieldProblems, throwProblems } from '#lib/fields.ts'
import { hashPassword, verifyPassword } from '#lib/passwords.ts'
import { newLowerCaseToken, newUuid } from '#lib/tokens.ts'
import * as store from '#store/accounts.ts'
import type { Reader, Tx } from '#store/database.ts'
import { deleteProject, insertMembership, insertProject, listMembers, listProjectsOfUser } from '#store/projects.ts'
import { deleteSessionsOfUser } from '#store/sessions.ts'
import { type KeyChoice, keysCreatedBy, REVOKE_ALL, revokeKeysOf } from './departures.ts'
import { readField, readOnlyField } from './fields.ts'

const FIRST_PROJECT = 'My project'

/** Validates the address and hashes the password of a new user. Throws invalid, with the wrong fields. */
export async function readCredentials(input: { email: string; password: string }) {
  const fields: FieldProblems = {}
  const email = readField(fields, 'email', Email.safeParse(input.email), '')
  const password = readField(fields, 'password', Password.safeParse(input.password), '')
  throwProblems(fields)
  return { email, passwordHash: await hashPassword(password) }
}

export interface AddedUser {
  email: string
  passwordHash: string
  isAdmin: boolean
  timeZone?: string
  emailVerifiedAt?: number | null
  /** Whether the user was invited. Invited users get no project of their own. */
  isInvited?: boolean
}

/** Throws conflict when a user with this address exists. */
export function addUser(tx: Tx, added: AddedUser): User {
  const { email, passwordHash, isAdmin, timeZone = 'UTC', emailVerifiedAt = null, isInvited = false } = added
  if (store.findUserByEmail(tx, email)) throw conflictingEmail(email)
  const id = newUuid()
  store.insertUser(tx, { id, email, name: '', passwordHash, isAdmin, timeZone, emailVerifiedAt })
  if (!isInvited) addProject(tx, { name: FIRST_PROJECT, ownerId: id })
  return findKnown(tx, id)
}

/** Creates a project owned by this user, and returns its id. */
export function addProject(tx: Tx, { name, ownerId }: { name: string; ownerId: string }): string {
  const id = newUuid()
  insertProject(tx, { id, name, pingKey: newLowerCaseToken(PROJECT_PING_KEY_LENGTH), badgeKey: newUuid() })
  insertMembership(tx, { projectId: id, userId: ownerId, role: 'owner' })
  return id
}

/**
 * Returns the user and the hash that the password matched. Null for an unknown address or a wrong password, after the
 * same time in both cases. `isKnown` means that the user signed in with this browser before.
 */
export async function authenticate(
  deps: Deps,
  { email, password, isKnown = false }: { email: string; password: string; isKnown?: boolean },
): Promise<{ user: User; passwordHash: string } | null> {
  const user = store.findUserByEmail(deps.db, email.trim())
  const passwordHash = user && store.findPasswordHash(deps.db, user.id)
  const isRight = await verifyPassword(password, passwordHash, { isKnown })
  return isRight && user && passwordHash ? { user, passwordHash } : null
}

/** Proves that a user knows their password. It becomes invalid when the password changes. */
export interface Proof {
  userId: string
  passwordHash: string
  /** The form field of the password. */
  field: string
}

/** Throws invalid, with the field, when the password is wrong. */
export async function requirePassword(
  deps: Deps,
  { userId, password, field = 'password' }: { userId: string; password: string; field?: string },
): Promise<Proof> {
  const passwordHash = store.findPasswordHash(deps.db, userId)
  const isRight = await verifyPassword(password, passwordHash)
  if (!isRight || passwordHash === null) throw wrongPassword(field)
  return { userId, passwordHash, field }
}

/** Throws invalid when the password has changed since, because verifying and hashing take time. */
export function requireProof(reader: Reader, { userId, passwordHash, field }: Proof): void {
  if (store.findPasswordHash(reader, userId) !== passwordHash) throw wrongPassword(field)
}

/** Changes the password and ends every session except `keptSessionId`. Throws invalid. */
export async function changePassword(
  deps: Deps,
  { proof, ...input }: { proof: Proof; password: string; keptSessionId: string | null },
): Promise<void> {
  const password = readOnlyField('newPassword', Password.safeParse(input.password))
  const passwordHash = await hashPassword(password)
  deps.db.write((tx) => {
    requireProof(tx, proof)
    replacePassword(tx, { userId: proof.userId, passwordHash, keptSessionId: input.keptSessionId })
  })
}

export function replacePassword(
  tx: Tx,
  { userId, passwordHash, keptSessionId }: { userId: string; passwordHash: string; keptSessionId: string | null },
): void {
  store.savePasswordHash(tx, { userId, passwordHash })
  // Links to a new address end, too, because they were requested with the old password.
  for (const purpose of LINK_PURPOSES) store.deleteMailedLinks(tx, { userId, purpose })
  deleteSessionsOfUser(tx, { userId, keptId: keptSessionId })
}

/** Throws invalid, with the wrong fields. */
export function changeProfile(deps: Deps, input: { userId: string; name: string; timeZone: string }): void {
  const fields: FieldProblems = {}
  const name = readField(fields, 'name', UserName.safeParse(input.name), '')
  const timeZone = readField(fields, 'timeZone', TimeZone.safeParse(input.timeZone), '')
  throwProblems(fields)
  deps.db.write((tx) => store.saveProfile(tx, { userId: input.userId, name, timeZone }))
}

export function changeTheme(deps: Deps, input: { userId: string; theme: Theme }): void {
  deps.db.write((tx) => store.saveTheme(tx, input))
}

export function changeMailPreferences(deps: Deps, input: { userId: string; mails: MailPreferences }): void {
  deps.db.write((tx) => store.saveMailPreferences(tx, input))
}

/** A user's projects, by what happens to them when the account is deleted. */
export interface Holdings {
  /** Projects without other members, which are deleted with the account. */
  own: OwnProject[]
  /** Projects that other members keep. */
  shared: OwnProject[]
  /** Projects with other members that would lose their only owner. */
  needsOwner: OwnProject[]
}

export function holdingsOf(reader: Reader, userId: string): Holdings {
  const holdings: Holdings = { own: [], shared: [], needsOwner: [] }
  for (const project of listProjectsOfUser(reader, userId)) {
    const members = listMembers(reader, project.id)
    const part = members.length === 1 ? 'own' : wouldLoseOwner(members, userId) ? 'needsOwner' : 'shared'
    holdings[part].push(project)
  }
  return holdings
}

/** As `holdingsOf`. Throws conflict when a project would lose its only owner. */
export function holdingsToLeave(reader: Reader, userId: string): Holdings {
  const holdings = holdingsOf(reader, userId)
  const [first] = holdings.needsOwner
  if (first === undefined) return holdings
  throw new AppError('conflict', `Make another member an owner of "${first.name}" first, or delete that project.`)
}

/**
 * Deletes a user and the projects without other members. `keys` says by project what happens to the keys that the user
 * created in the others. Throws conflict when a project would lose its only owner.
 */
export function deleteAccount(
  deps: Deps,
  { proof, keys = {} }: { proof: Proof; keys?: Readonly<Record<string, KeyChoice>> },
): void {
  deps.db.write((tx) => {
    requireProof(tx, proof)
    remove(tx, { userId: proof.userId, keysIn: (projectId) => keys[projectId] ?? REVOKE_ALL })
  })
}

/** Deletes a user from the command line. With `keepsKeys`, the API keys that the user created keep working. */
export function deleteUserByEmail(deps: Deps, { email, keepsKeys }: { email: string; keepsKeys: boolean }): void {
  const { id: userId } = userByEmail(deps, email)
  deps.db.write((tx) => {
    const keysIn = (projectId: string): KeyChoice => {
      const keptKeyIds = keepsKeys ? keysCreatedBy(tx, { projectId, userId }).map(({ id }) => id) : []
      return { keptKeyIds, replacesPingKey: false }
    }
    remove(tx, { userId, keysIn })
  })
}

interface Removal {
  userId: string
  keysIn: (projectId: string) => KeyChoice
}

function remove(tx: Tx, { userId, keysIn }: Removal): void {
  const { own, shared } = holdingsToLeave(tx, userId)
  for (const { id } of own) deleteProject(tx, id)
  for (const { id, role } of shared) {
    const { keptKeyIds, replacesPingKey } = keysIn(id)
    const keys = { keptKeyIds, replacesPingKey: replacesPingKey && may(role, 'administer') }
    revokeKeysOf(tx, { projectId: id, userId, keys })
  }
  store.deleteUser(tx, userId)
}

/** All users, oldest first. */
export function usersOf({ db }: Deps): User[] {
  return store.listUsers(db)
}

/** The user with this address. Throws not_found. */
export function userByEmail(deps: Deps, email: string): User {
  const user = store.findUserByEmail(deps.db, email.trim())
  if (user === null) throw new AppError('not_found', `No user has the email address ${email}.`)
  return user
}

export function conflictingEmail(email: string): AppError {
  const problem = `A user with the email address ${email} already exists.`
  return new AppError('conflict', problem, { email: problem })
}

function wrongPassword(field: string): AppError {
  const problem = 'Wrong password.'
  return new AppError('invalid', problem, { [field]: problem })
}

function findKnown(tx: Tx, id: string): User {
  const user = store.findUser(tx, id)
  if (user === null) throw new Error('The new user vanished in its own transaction.')
  return user
}
