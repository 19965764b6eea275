// The common part of all routes of the management API: versions, methods, CORS, body, API key and errors.
import type { DocumentDecoration } from 'elysia'
import { findApiKey } from '#actions/projects.ts'
import type { Deps } from '#deps.ts'
import { API_KEY_LENGTH, type ApiKeyAccess } from '#domain/project.ts'
import { bearerOf } from '#http/bearer.ts'
import { hasLongBody, readHead } from '#http/body.ts'
import { corsHeaders } from '#http/cors.ts'
import { peerOf } from '#http/peer.ts'
import { UUID } from '#http/pings/report.ts'
import { cookielessRoutes } from '#http/routes.ts'
import { splitUrl } from '#http/url.ts'
import { AppError } from '#lib/errors.ts'
import type { ApiKey } from '#store/projects.ts'
import type { About } from './about.ts'

export type ApiVersion = 1 | 2 | 3

export interface ApiCall {
  version: ApiVersion
  params: Record<string, string>
  query: URLSearchParams
  /** The JSON object in the body; empty if there is no body. */
  body: Record<string, unknown>
  projectId: string
  access: ApiKeyAccess
  /** The user who created the API key; null if unknown. */
  keyMaker: string | null
  /** The client's address; null if unknown. */
  address: string | null
}

export interface Operation {
  needs: ApiKeyAccess
  /** Whether the JSON body `null` counts as no body. */
  allowsNullBody?: boolean
  /** The text for the OpenAPI document and the docs page. */
  about?: About | undefined
  answer(call: ApiCall): Response | Promise<Response>
}

export type ApiMethod = 'GET' | 'POST' | 'DELETE'

export interface Endpoint {
  /** Below `/api/vN`. The final slash of a collection is optional; other paths must match exactly. */
  path: string
  versions?: readonly ApiVersion[]
  /** The accepted format of `:id`; any if missing. A unique key can only read. */
  ids?: 'uuid' | 'uuid or unique key'
  operations: Partial<Record<ApiMethod, Operation>>
}

export const API_VERSIONS: readonly ApiVersion[] = [1, 2, 3]
const BODY_MAX = 1_000_000

interface Settable {
  headers: Record<string, string | number>
}

/** Creates the routes for a path in each of its versions. */
export function endpoint(deps: Deps, described: Endpoint) {
  const { path, versions = API_VERSIONS } = described
  const routes = cookielessRoutes(`api/v${versions.join('')}${path}`, 'json')
  for (const version of versions) {
    routes.all(
      `/api/v${version}${path}`,
      ({ request, params = {}, set }: { request: Request; params?: Record<string, string>; set: Settable }) => {
        const { path: asked } = splitUrl(request.url)
        const isShort = path.endsWith('/') && !asked.endsWith('/')
        if (!path.endsWith('/') && asked.endsWith('/')) throw new AppError('not_found', NO_PATH)
        const operations = operationsAt(described, params.id)
        Object.assign(set.headers, corsHeaders(methodsOf(operations)), { 'Cache-Control': 'no-store' })
        if (isShort && request.method === 'POST' && !operations.POST)
          return redirectTo(`${deps.config.basePath}${asked}/`)
        return answer(deps, { request, params, version, operations })
      },
      { parse: 'none', detail: noted(described) },
    )
  }
  return routes
}

// As in Healthchecks, a POST to a list without the final slash is redirected, and the client repeats it as a GET.
function redirectTo(path: string): Response {
  return new Response(null, { status: 301, headers: { Location: path } })
}

export function read(answer: Operation['answer'], about?: About): Operation {
  return { needs: 'read-only', about, answer }
}

export function write(answer: Operation['answer'], about?: About): Operation {
  return { needs: 'read-write', about, answer }
}

/** An operation without a body. Some clients send `null` instead of none. */
export function bodiless(answer: Operation['answer'], about?: About): Operation {
  return { ...write(answer, about), allowsNullBody: true }
}

/** The endpoints from which these routes were created, without duplicates. */
export function endpointsOf(routes: readonly { hooks: { detail?: unknown } }[]): Endpoint[] {
  const noted = routes.map(({ hooks }) => (hooks.detail as { endpoint?: Endpoint } | undefined)?.endpoint)
  return [...new Set(noted)].filter((found) => found !== undefined)
}

// Elysia stores any object in `detail`, but its type allows only fields of OpenAPI.
function noted(described: Endpoint): DocumentDecoration {
  return { endpoint: described } as DocumentDecoration
}

const NO_PATH = 'Nothing found at this URL.'
const WHOLE_UUID = new RegExp(`^${UUID}$`)
export const UNIQUE_KEY = /^[0-9A-Za-z]{40}$/

// As in Healthchecks, a malformed ID results in 404, even without a valid API key.
function operationsAt({ ids, operations }: Endpoint, id = ''): Endpoint['operations'] {
  if (ids === undefined || WHOLE_UUID.test(id)) return operations
  if (ids === 'uuid or unique key' && UNIQUE_KEY.test(id) && operations.GET) return { GET: operations.GET }
  throw new AppError('not_found', NO_PATH)
}

interface Incoming {
  request: Request
  params: Record<string, string>
  version: ApiVersion
  operations: Endpoint['operations']
}

async function answer(deps: Deps, { request, params, version, operations }: Incoming): Promise<Response> {
  if (request.method === 'OPTIONS') return new Response(null, { status: 204 })
  const operation = operations[request.method as keyof typeof operations]
  if (operation === undefined) return methodNotAllowed(request.method, operations)
  const { needs } = operation
  if (hasLongBody(request) && request.headers.has('x-api-key')) authenticate(deps, { request, body: {}, needs })
  const body = request.method === 'POST' ? await readObject(request, operation) : {}
  const { query } = splitUrl(request.url)
  const address = peerOf(request)
  const respond = (): Response | Promise<Response> => {
    const { projectId, access, createdBy: keyMaker } = authenticate(deps, { request, body, needs })
    return operation.answer({ version, params, query, body, projectId, access, keyMaker, address })
  }
  // The answer to a GET shows one moment, even if another process commits between two reads.
  return await (request.method === 'GET' ? deps.db.read(respond) : respond())
}

function methodNotAllowed(method: string, operations: Endpoint['operations']): Response {
  const answer = { status: 405, headers: { Allow: methodsOf(operations) } }
  if (method === 'HEAD') return new Response(null, answer)
  return Response.json({ error: 'method not allowed' }, answer)
}

function methodsOf(operations: Endpoint['operations']): string {
  return [...Object.keys(operations), 'OPTIONS'].join(', ')
}

// The body is read before the key is checked, because it may hold the key.
async function readObject(request: Request, operation: Operation): Promise<Record<string, unknown>> {
  const bytes = await readHead(request, BODY_MAX + 1)
  if (bytes.length > BODY_MAX) throw new AppError('invalid', 'request body is too large')
  if (bytes.length === 0) return {}
  const value = parseJson(bytes)
  if (value === null && operation.allowsNullBody) return {}
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new AppError('invalid', 'json validation error: value is not an object')
  }
  return value as Record<string, unknown>
}

type Revive = (key: string, value: unknown, context: { source?: string }) => unknown

// JavaScript treats 60.0 as an integer, but Healthchecks doesn't accept it as one.
const keepFloats: Revive = (_, value, { source = '' }) =>
  typeof value === 'number' && /[.e]/i.test(source) ? Number.NaN : value

function parseJson(bytes: Uint8Array): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    return JSON.parse(text, keepFloats as Parameters<typeof JSON.parse>[1])
  } catch {
    throw new AppError('invalid', 'could not parse request body')
  }
}

interface Credentials {
  request: Request
  body: Record<string, unknown>
  needs: ApiKeyAccess
}

// X-Api-Key takes precedence over the body, even if its key is wrong. Both take precedence over a Bearer token, which
// may belong to a proxy. A key in the body is accepted only for operations that write.
function authenticate(deps: Deps, { request, body, needs }: Credentials): ApiKey {
  const inBody = needs === 'read-write' ? body.api_key : undefined
  const given = request.headers.get('x-api-key') ?? inBody ?? bearerOf(request)
  if (typeof given !== 'string' || given.length !== API_KEY_LENGTH)
    throw new AppError('unauthorized', 'missing api key')
  const key = findApiKey(deps, given)
  if (key === null) throw new AppError('unauthorized', 'wrong api key')
  if (needs === 'read-write' && key.access !== 'read-write') throw new AppError('unauthorized', 'wrong api key')
  return key
}
