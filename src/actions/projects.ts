import type { Deps } from '#deps.ts'
import { API_KEY_LENGTH, API_KEY_PREFIXES, type ApiKeyAccess, type Project } from '#domain/project.ts'
import { AppError } from '#lib/errors.ts'
import { newMixedCaseToken, newUuid, sha256Hex } from '#lib/tokens.ts'
import { findUserByEmail } from '#store/accounts.ts'
import { type ApiKey, findApiKeyByHash, insertApiKey, listProjectsOfUser } from '#store/projects.ts'

const HINT_LENGTH = 8

/** Makes an API key and returns it; only its hash is kept, so this is the one time it can be shown. */
export function createApiKey(deps: Deps, { projectId, access }: { projectId: string; access: ApiKeyAccess }): string {
  const prefix = API_KEY_PREFIXES[access]
  const key = prefix + newMixedCaseToken(API_KEY_LENGTH - prefix.length)
  deps.db.write((tx) => {
    insertApiKey(tx, { id: newUuid(), projectId, access, hash: sha256Hex(key), hint: key.slice(0, HINT_LENGTH) })
  })
  return key
}

export function findApiKey(deps: Deps, key: string): ApiKey | null {
  return key.length === API_KEY_LENGTH ? findApiKeyByHash(deps.db, sha256Hex(key)) : null
}

/** The projects of the user with this address. Throws not_found when there is no such user. */
export function projectsOf(deps: Deps, email: string): Project[] {
  const user = findUserByEmail(deps.db, email)
  if (user === null) throw new AppError('not_found', `There is no user ${email}.`)
  return listProjectsOfUser(deps.db, user.id)
}

/** The user's project of that name, or his first one. Throws not_found when there is none, conflict when several. */
export function projectOf(deps: Deps, { email, name }: { email: string; name: string | null }): Project {
  const projects = projectsOf(deps, email)
  const found = name === null ? projects.slice(0, 1) : projects.filter((project) => project.name === name)
  const [project, another] = found
  if (project === undefined) throw new AppError('not_found', `${email} has no project${name ? ` called ${name}` : ''}.`)
  if (another) throw new AppError('conflict', `${email} has several projects called ${name}.`)
  return project
}
