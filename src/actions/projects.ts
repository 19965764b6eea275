import type { Deps } from '#deps.ts'
import {
  API_KEY_LENGTH,
  API_KEY_PREFIXES,
  API_KEYS_MAX,
  type ApiKeyAccess,
  ApiKeyName,
  PROJECT_PING_KEY_LENGTH,
  PROJECTS_MAX,
  type Project,
  ProjectName,
} from '#domain/project.ts'
import { AppError } from '#lib/errors.ts'
import { type FieldProblems, readField, throwProblems } from '#lib/fields.ts'
import { newLowerCaseToken, newMixedCaseToken, newUuid, sha256Hex } from '#lib/tokens.ts'
import { findUserByEmail } from '#store/accounts.ts'
import { listMonitors } from '#store/monitors.ts'
import * as store from '#store/projects.ts'
import { addProject } from './accounts.ts'

const HINT_LENGTH = 8

/** Makes a project that belongs to this user; returns its id. Throws invalid, and conflict when they have too many. */
export function createProject(deps: Deps, input: { name: string; ownerId: string }): string {
  const name = readName(input.name)
  return deps.db.write((tx) => {
    if (store.listProjectsOfUser(tx, input.ownerId).length >= PROJECTS_MAX) {
      throw new AppError('conflict', `You belong to ${PROJECTS_MAX} projects already. Leave or delete one first.`)
    }
    return addProject(tx, { name, ownerId: input.ownerId })
  })
}

/** Throws invalid, with the field at fault. */
export function renameProject(deps: Deps, input: { projectId: string; name: string }): void {
  const name = readName(input.name)
  deps.db.write((tx) => store.saveProjectName(tx, { projectId: input.projectId, name }))
}

/** Makes a new project ping key; URLs with the old one no longer work. */
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
 * Makes an API key and returns it; only its hash is kept, so this is the one time it can be shown. A form that is sent
 * twice names the same `id`, and makes one key. Throws invalid. */
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
  const fields: FieldProblems = {}
  const name = readField(fields, 'keyName', ApiKeyName.safeParse(input.name ?? ''), '')
  throwProblems(fields)
  const prefix = API_KEY_PREFIXES[access]
  const key = prefix + newMixedCaseToken(API_KEY_LENGTH - prefix.length)
  const hint = key.slice(0, HINT_LENGTH)
  deps.db.write((tx) => {
    const keys = store.listApiKeys(tx, projectId)
    if (keys.some((made) => made.id === id)) {
      throw new AppError('conflict', 'This key is made already, and cannot be shown again. Make another if it is lost.')
    }
    if (keys.length >= API_KEYS_MAX) {
      throw new AppError('conflict', `The project has ${API_KEYS_MAX} API keys already. Revoke one first.`)
    }
    store.insertApiKey(tx, { id, projectId, access, name, hash: sha256Hex(key), hint, createdBy })
  })
  return key
}

/** From now on nobody gets in with it. Throws not_found when it is not of this project. */
export function revokeApiKey(deps: Deps, ref: { id: string; projectId: string }): void {
  const wasThere = deps.db.write((tx) => store.deleteApiKey(tx, ref))
  if (!wasThere) throw new AppError('not_found', 'There is no such API key.')
}

export function findApiKey(deps: Deps, key: string): store.ApiKey | null {
  return key.length === API_KEY_LENGTH ? store.findApiKeyByHash(deps.db, sha256Hex(key)) : null
}

/** The projects of the user with this address. Throws not_found when there is no such user. */
export function projectsOf(deps: Deps, email: string): Project[] {
  const user = findUserByEmail(deps.db, email)
  if (user === null) throw new AppError('not_found', `There is no user ${email}.`)
  return store.listProjectsOfUser(deps.db, user.id)
}

/** The user's project of that name or id, or their first one. Throws not_found, and conflict when there are several. */
export function projectOf(deps: Deps, { email, name }: { email: string; name: string | null }): Project {
  const projects = projectsOf(deps, email)
  const found =
    name === null ? projects.slice(0, 1) : projects.filter((project) => [project.id, project.name].includes(name))
  const [project, another] = found
  if (project === undefined) throw new AppError('not_found', `${email} has no project${name ? ` called ${name}` : ''}.`)
  if (another) {
    const ids = found.map(({ id }) => id).join(', ')
    throw new AppError('conflict', `${email} has several projects called ${name}. Name the one by its id: ${ids}.`)
  }
  return project
}

function unconfirmed(): AppError {
  const problem = 'This is not the name of the project.'
  return new AppError('invalid', problem, { confirmation: problem })
}

function readName(name: string): string {
  const fields: FieldProblems = {}
  const read = readField(fields, 'name', ProjectName.safeParse(name), '')
  throwProblems(fields)
  return read
}
