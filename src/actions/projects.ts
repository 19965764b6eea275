import type { Deps } from '#deps.ts'
import {
  API_KEY_LENGTH,
  API_KEY_PREFIXES,
  API_KEYS_MAX,
  type ApiKeyAccess,
  ApiKeyName,
  HiddenWords,
  PROJECT_PING_KEY_LENGTH,
  PROJECTS_MAX,
  type Project,
  ProjectName,
} from '#domain/project.ts'
import { AppError } from '#lib/errors.ts'
import { newLowerCaseToken, newMixedCaseToken, newUuid, sha256Hex } from '#lib/tokens.ts'
import { findUserByEmail } from '#store/accounts.ts'
import { listMonitors } from '#store/monitors.ts'
import * as store from '#store/projects.ts'
import { addProject } from './accounts.ts'
import { readOnlyField } from './fields.ts'

const HINT_LENGTH = 8

/** Creates a project owned by this user, and returns its id. Throws invalid, and conflict when there are too many. */
export function createProject(deps: Deps, input: { name: string; ownerId: string }): string {
  const name = readName(input.name)
  return deps.db.write((tx) => {
    if (store.listProjectsOfUser(tx, input.ownerId).length >= PROJECTS_MAX) {
      throw new AppError('conflict', `You are already a member of ${PROJECTS_MAX} projects. Leave or delete one first.`)
    }
    return addProject(tx, { name, ownerId: input.ownerId })
  })
}

/** Throws invalid, with the wrong field. */
export function renameProject(deps: Deps, input: { projectId: string; name: string }): void {
  const name = readName(input.name)
  deps.db.write((tx) => store.saveProjectName(tx, { projectId: input.projectId, name }))
}

/** Sets the words that messages and viewers don't see, one per line. Throws invalid, with the wrong field. */
export function setHiddenWords(deps: Deps, { projectId, words }: { projectId: string; words: string }): void {
  const read = readOnlyField('words', HiddenWords.safeParse(words))
  deps.db.write((tx) => store.saveHiddenWords(tx, { projectId, words: read }))
}

/** Replaces the project ping key. URLs with the old one stop working. */
export function replacePingKey(deps: Deps, projectId: string): void {
  const pingKey = newLowerCaseToken(PROJECT_PING_KEY_LENGTH)
  deps.db.write((tx) => store.saveProjectPingKey(tx, { projectId, pingKey }))
}

/** Deletes a project with everything in it. Throws invalid unless `confirmation` is its name. */
export function deleteProject(
  deps: Deps,
  { projectId, confirmation }: { projectId: string; confirmation: string },
): void {
  deps.db.write((tx) => {
    const name = store.findProject(tx, projectId)?.name ?? ''
    if (confirmation.trim() !== name) throw unconfirmed()
    for (const { id } of listMonitors(tx, projectId)) tx.touch(id)
    store.deleteProject(tx, projectId)
  })
}

/**
 * Creates an API key and returns it. Only its hash is stored, so it can be shown only once. A form sends the same `id`
 * when it is submitted twice, which creates one key. Throws invalid.
 */
export function createApiKey(
  deps: Deps,
  {
    projectId,
    access,
    id = newUuid(),
    createdBy,
    ...input
  }: { projectId: string; access: ApiKeyAccess; createdBy: string | null; name?: string; id?: string },
): string {
  const name = readOnlyField('keyName', ApiKeyName.safeParse(input.name ?? ''))
  const prefix = API_KEY_PREFIXES[access]
  const key = prefix + newMixedCaseToken(API_KEY_LENGTH - prefix.length)
  const hint = key.slice(0, HINT_LENGTH)
  deps.db.write((tx) => {
    const keys = store.listApiKeys(tx, projectId)
    if (keys.some((made) => made.id === id)) {
      throw new AppError(
        'conflict',
        'This key already exists and cannot be shown again. If you lost it, create another.',
      )
    }
    if (keys.length >= API_KEYS_MAX) {
      throw new AppError('conflict', `The project already has ${API_KEYS_MAX} API keys. Revoke one first.`)
    }
    store.insertApiKey(tx, { id, projectId, access, name, hash: sha256Hex(key), hint, createdBy })
  })
  return key
}

/** Revokes an API key. Throws not_found when it belongs to another project. */
export function revokeApiKey(deps: Deps, ref: { id: string; projectId: string }): void {
  const wasThere = deps.db.write((tx) => store.deleteApiKey(tx, ref))
  if (!wasThere) throw new AppError('not_found', 'API key not found.')
}

export function findApiKey(deps: Deps, key: string): store.ApiKey | null {
  return key.length === API_KEY_LENGTH ? store.findApiKeyByHash(deps.db, sha256Hex(key)) : null
}

/** The projects of the user with this address. Throws not_found for an unknown user. */
export function projectsOf(deps: Deps, email: string): Project[] {
  const user = findUserByEmail(deps.db, email)
  if (user === null) throw new AppError('not_found', `No user has the email address ${email}.`)
  return store.listProjectsOfUser(deps.db, user.id)
}

/** The user's project with this name or ID, or their first one. Throws not_found, and conflict for several matches. */
export function projectOf(deps: Deps, { email, name }: { email: string; name: string | null }): Project {
  const projects = projectsOf(deps, email)
  const found =
    name === null ? projects.slice(0, 1) : projects.filter((project) => [project.id, project.name].includes(name))
  const [project, another] = found
  if (project === undefined) throw new AppError('not_found', `${email} has no project${name ? ` named ${name}` : ''}.`)
  if (another) {
    const ids = found.map(({ id }) => id).join(', ')
    throw new AppError('conflict', `${email} has several projects named ${name}. Use an ID instead: ${ids}.`)
  }
  return project
}

function unconfirmed(): AppError {
  const problem = "This does not match the project's name."
  return new AppError('invalid', problem, { confirmation: problem })
}

function readName(name: string): string {
  return readOnlyField('name', ProjectName.safeParse(name))
}
