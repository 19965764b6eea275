import type { Deps } from '#deps.ts'
import { Email, Password, type User } from '#domain/account.ts'
import { PROJECT_PING_KEY_LENGTH } from '#domain/project.ts'
import { AppError } from '#lib/errors.ts'
import { newLowerCaseToken, newUuid } from '#lib/tokens.ts'
import { findUserByEmail, insertUser } from '#store/accounts.ts'
import type { Tx } from '#store/database.ts'
import { insertMembership, insertProject } from '#store/projects.ts'

export interface NewUser {
  email: string
  password: string
  isAdmin: boolean
}

const FIRST_PROJECT = 'My project'

/** Creates a user with a project of his own. Throws invalid for a bad address or password, conflict when he exists. */
export async function createUser(deps: Deps, input: NewUser): Promise<User> {
  const email = read(Email.safeParse(input.email))
  const password = read(Password.safeParse(input.password))
  const passwordHash = await Bun.password.hash(password)
  return deps.db.write((tx) => addUser(tx, { email, passwordHash, isAdmin: input.isAdmin }))
}

/** Throws conflict when there is already a user with this address. */
export function addUser(tx: Tx, input: { email: string; passwordHash: string; isAdmin: boolean }): User {
  const { email, passwordHash, isAdmin } = input
  if (findUserByEmail(tx, email)) throw new AppError('conflict', `There is already a user ${email}.`)
  const user: User = { id: newUuid(), email, isAdmin, createdAt: tx.now }
  insertUser(tx, { ...user, passwordHash })
  const projectId = newUuid()
  const pingKey = newLowerCaseToken(PROJECT_PING_KEY_LENGTH)
  insertProject(tx, { id: projectId, name: FIRST_PROJECT, pingKey, badgeKey: newUuid() })
  insertMembership(tx, { projectId, userId: user.id, role: 'owner' })
  return user
}

function read(
  parsed: { success: true; data: string } | { success: false; error: { issues: { message: string }[] } },
): string {
  if (parsed.success) return parsed.data
  throw new AppError('invalid', parsed.error.issues[0]?.message ?? 'This is not usable.')
}
