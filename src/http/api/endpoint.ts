// What every route of the management API has in common: versions, methods, CORS, the body, the key, the errors.
import { type DocumentDecoration, Elysia } from 'elysia'
import { findApiKey } from '#actions/projects.ts'
import type { Deps } from '#deps.ts'
import { API_KEY_LENGTH, type ApiKeyAccess } from '#domain/project.ts'
import { bearerOf } from '#http/bearer.ts'
import { readHead } from '#http/body.ts'
import { corsHeaders } from '#http/cors.ts'
import { splitUrl } from '#http/url.ts'
import { AppError } from '#lib/errors.ts'
import type { ApiKey } from '#store/projects.ts'
import type { About } from './about.ts'

export type ApiVersion = 1 | 2 | 3

export interface ApiCall {
  version: ApiVersion
  params: Record<string, string>
  query: URLSearchParams
  /** The JSON object that was sent, or an empty one. */
  body: Record<string, unknown>
  projectId: string
  access: ApiKeyAccess
}

export interface Operation {
  needs: ApiKeyAccess
  /** A body that is the JSON `null` counts as none. */
  allowsNullBody?: boolean
  /** What the OpenAPI document and the page about the API say of it. */
  about?: About | undefined
  answer(call: ApiCall): Response | Promise<Response>
}

export type ApiMethod = 'GET' | 'POST' | 'DELETE'

export interface Endpoint {
  /** Below `/api/vN`. A collection ends in a slash and answers without it too; anything else only as it stands. */
  path: string
  versions?: readonly ApiVersion[]
  operations: Partial<Record<ApiMethod, Operation>>
}

export const API_VERSIONS: readonly ApiVersion[] = [1, 2, 3]
const BODY_MAX = 1_000_000

/** Routes for one path, in every version that has it. */
export function endpoint(deps: Deps, described: Endpoint) {
  const { path, versions = API_VERSIONS, operations } = described
  const routes = new Elysia({ name: `api/v${versions.join('')}${path}` })
  const methods = [...Object.keys(operations), 'OPTIONS'].join(', ')
  for (const version of versions) {
    routes.all(
      `/api/v${version}${path}`,
      ({ request, params, set }) => {
        if (!path.endsWith('/') && splitUrl(request.url).path.endsWith('/')) throw new AppError('not_found', NO_PATH)
        Object.assign(set.headers, corsHeaders(methods), { 'Cache-Control': 'no-store' })
        return answer(deps, { request, params, version, operations })
      },
      { parse: 'none', detail: noted(described) },
    )
  }
  return routes
}

export function read(answer: Operation['answer'], about?: About): Operation {
  return { needs: 'read-only', about, answer }
}

export function write(answer: Operation['answer'], about?: About): Operation {
  return { needs: 'read-write', about, answer }
}

/** For what needs no body: some clients send `null` for none. */
export function bodiless(answer: Operation['answer'], about?: About): Operation {
  return { ...write(answer, about), allowsNullBody: true }
}

/** Every endpoint that these routes were made of, once each. */
export function endpointsOf(routes: readonly { hooks: { detail?: unknown } }[]): Endpoint[] {
  const noted = routes.map(({ hooks }) => (hooks.detail as { endpoint?: Endpoint } | undefined)?.endpoint)
  return [...new Set(noted)].filter((found) => found !== undefined)
}

// Elysia keeps beside a route whatever is said of it, but its type only knows what stands in an OpenAPI document.
function noted(described: Endpoint): DocumentDecoration {
  return { endpoint: described } as DocumentDecoration
}

const NO_PATH = 'There is nothing at this address.'

interface Incoming {
  request: Request
  params: Record<string, string>
  version: ApiVersion
  operations: Endpoint['operations']
}

async function answer(deps: Deps, { request, params, version, operations }: Incoming): Promise<Response> {
  if (request.method === 'OPTIONS') return new Response(null, { status: 204 })
  const operation = operations[request.method as keyof typeof operations]
  if (operation === undefined) return methodNotAllowed(request.method)
  const body = request.method === 'POST' ? await readObject(request, operation) : {}
  const key = authenticate(deps, { request, body, needs: operation.needs })
  const { query } = splitUrl(request.url)
  return await operation.answer({ version, params, query, body, projectId: key.projectId, access: key.access })
}

function methodNotAllowed(method: string): Response {
  if (method === 'HEAD') return new Response(null, { status: 405 })
  return Response.json({ error: 'method not allowed' }, { status: 405 })
}

// Read before the key is looked at: the key may stand in the body.
async function readObject(request: Request, operation: Operation): Promise<Record<string, unknown>> {
  const bytes = await readHead(request, BODY_MAX + 1)
  if (bytes.length > BODY_MAX) throw new AppError('invalid', 'request body is too large')
  const text = new TextDecoder().decode(bytes)
  if (text.trim() === '') return {}
  const value = parseJson(text)
  if (value === null && operation.allowsNullBody) return {}
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new AppError('invalid', 'json validation error: value is not an object')
  }
  return value as Record<string, unknown>
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new AppError('invalid', 'could not parse request body')
  }
}

interface Credentials {
  request: Request
  body: Record<string, unknown>
  needs: ApiKeyAccess
}

// The header wins over the body, even when its key is wrong. The body's key counts only where a key may write.
function authenticate(deps: Deps, { request, body, needs }: Credentials): ApiKey {
  const inBody = needs === 'read-write' ? body.api_key : undefined
  const given = request.headers.get('x-api-key') ?? bearerOf(request) ?? inBody
  if (typeof given !== 'string' || given.length !== API_KEY_LENGTH)
    throw new AppError('unauthorized', 'missing api key')
  const key = findApiKey(deps, given)
  if (key === null) throw new AppError('unauthorized', 'wrong api key')
  if (needs === 'read-write' && key.access !== 'read-write') throw new AppError('unauthorized', 'wrong api key')
  return key
}
