import { z } from 'zod'
import { createApiKey, renameProject, replacePingKey, revokeApiKey, setHiddenWords } from '#actions/projects.ts'
import type { Deps } from '#deps.ts'
import {
  API_KEY_ACCESS,
  API_KEY_NAME_MAX,
  API_KEYS_MAX,
  ApiKeyName,
  HIDDEN_WORD_MAX,
  HIDDEN_WORD_MIN,
  HIDDEN_WORDS_MAX,
  HiddenWords,
  PROJECT_NAME_MAX,
  ProjectName,
} from '#domain/project.ts'
import { cookielessRoutes } from '#http/routes.ts'
import { AppError } from '#lib/errors.ts'
import { newUuid } from '#lib/tokens.ts'
import { type ApiKeyRecord, findHiddenWords, findProject, listApiKeys } from '#store/projects.ts'
import { time } from '#words/wire-time.ts'
import type { About } from './about.ts'
import { Key, NewKey, Project } from './answers.ts'
import { type ApiCall, bodiless, endpoint, read, write } from './endpoint.ts'
import { checkedLines, checkedText, readBody } from './fields.ts'
import { FILLED_LINE, ONE_LINE } from './limits.ts'

const HIDDEN_WORD = { type: 'string' as const, minLength: HIDDEN_WORD_MIN, maxLength: HIDDEN_WORD_MAX, ...ONE_LINE }

const ProjectChange = z
  .object({
    name: checkedText('name', ProjectName)
      .meta({ maxLength: PROJECT_NAME_MAX, ...FILLED_LINE })
      .optional()
      .describe('Up to 100 characters.'),
    hidden_words: checkedLines('hidden_words', HiddenWords)
      .meta({ maxItems: HIDDEN_WORDS_MAX, items: HIDDEN_WORD })
      .optional()
      .describe('Words to hide in messages and from viewers, with 3 to 100 characters. They replace the present ones.'),
  })
  .meta({ id: 'ProjectChange' })

const KeySpec = z
  .object({
    access: z.enum(API_KEY_ACCESS, 'access has unexpected value'),
    name: checkedText('name', ApiKeyName)
      .meta({ maxLength: API_KEY_NAME_MAX, ...ONE_LINE })
      .default('')
      .describe('A name, up to 100 characters.'),
  })
  .meta({ id: 'KeySpec' })

/** The API key's project and its keys; added in version 3. */
export function projectApiRoutes(deps: Deps) {
  return cookielessRoutes('api/project', 'json')
    .use(
      endpoint(deps, {
        path: '/project/',
        versions: [3],
        operations: {
          GET: read((call) => show(deps, call), SHOW),
          POST: write((call) => change(deps, call), CHANGE),
        },
      }),
    )
    .use(
      endpoint(deps, {
        path: '/project/ping-key',
        versions: [3],
        operations: { POST: bodiless((call) => renewPingKey(deps, call), RENEW) },
      }),
    )
    .use(
      endpoint(deps, {
        path: '/keys/',
        versions: [3],
        operations: {
          GET: write((call) => listKeys(deps, call), LIST),
          POST: write((call) => createKey(deps, call), CREATE),
        },
      }),
    )
    .use(
      endpoint(deps, {
        path: '/keys/:id',
        versions: [3],
        operations: { DELETE: write((call) => revokeKey(deps, call), REVOKE) },
      }),
    )
}

const SHOW: About = {
  id: 'readProject',
  resource: 'Project',
  summary: 'Returns the project of the API key',
  answers: { 200: Project },
}

function show({ db }: Deps, { projectId, access }: ApiCall): Response {
  const project = findProject(db, projectId)
  if (project === null) throw new AppError('not_found', 'Project not found.')
  const { id, name, pingKey } = project
  const secrets = { ping_key: pingKey, hidden_words: findHiddenWords(db, projectId) }
  const answer: z.output<typeof Project> = { id, name, ...(access === 'read-only' ? {} : secrets) }
  return Response.json(answer)
}

const CHANGE: About = {
  id: 'renameProject',
  resource: 'Project',
  summary: 'Changes the name of the project and the words to hide',
  body: ProjectChange,
  answers: { 200: Project },
}

function change(deps: Deps, call: ApiCall): Response {
  const { name, hidden_words: words } = readBody(ProjectChange, call.body)
  if (name !== undefined) renameProject(deps, { projectId: call.projectId, name })
  if (words !== undefined) setHiddenWords(deps, { projectId: call.projectId, words: words.join('\n') })
  return show(deps, call)
}

const RENEW: About = {
  id: 'renewPingKey',
  resource: 'Project',
  summary: 'Replaces the project ping key',
  notes: 'Ping URLs with the old key stop working.',
  answers: { 200: Project },
}

function renewPingKey(deps: Deps, call: ApiCall): Response {
  replacePingKey(deps, call.projectId)
  return show(deps, call)
}

const LIST: About = {
  id: 'listKeys',
  resource: 'Keys',
  summary: 'Lists the API keys of the project, newest first',
  notes: 'The keys themselves are not shown.',
  answers: { 200: z.object({ keys: z.array(Key) }) },
}

function listKeys({ db }: Deps, { projectId }: ApiCall): Response {
  return Response.json({ keys: listApiKeys(db, projectId).map(toKey) })
}

const CREATE: About = {
  id: 'createKey',
  resource: 'Keys',
  summary: 'Creates an API key and returns it once',
  body: KeySpec,
  answers: { 201: NewKey },
  refusals: { 409: `The project has ${API_KEYS_MAX} API keys already.` },
}

// The new key belongs to the user who created the calling key, so that it is revoked with their other keys.
function createKey(deps: Deps, { projectId, body, keyMaker }: ApiCall): Response {
  const id = newUuid()
  const key = createApiKey(deps, { projectId, id, createdBy: keyMaker, ...readBody(KeySpec, body) })
  const answer: z.output<typeof NewKey> = { ...toKey(findKey(deps, { projectId, id })), key }
  return Response.json(answer, { status: 201 })
}

const REVOKE: About = {
  id: 'deleteKey',
  resource: 'Keys',
  summary: 'Deletes an API key and returns its details',
  notes: 'The key stops working immediately. A key can delete itself.',
  answers: { 200: Key },
}

function revokeKey(deps: Deps, { projectId, params }: ApiCall): Response {
  const key = findKey(deps, { projectId, id: params.id ?? '' })
  revokeApiKey(deps, { projectId, id: key.id })
  return Response.json(toKey(key))
}

function findKey({ db }: Deps, { projectId, id }: { projectId: string; id: string }): ApiKeyRecord {
  const key = listApiKeys(db, projectId).find((known) => known.id === id)
  if (key === undefined) throw new AppError('not_found', 'API key not found.')
  return key
}

function toKey({ id, name, access, hint, createdAt }: ApiKeyRecord): z.output<typeof Key> {
  return { id, name, access, hint, created: time(createdAt) }
}
