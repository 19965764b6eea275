// What every route of the management API has in common: versions, methods, CORS, the body, the key, the errors.
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
  /** The JSON object that was sent, or an empty one. */
  body: Record<string, unknown>
  projectId: string
  access: ApiKeyAccess
  /** Who made the key that calls; null: nobody knows any more. */
  keyMaker: string | null
  /** Where the call comes from; null where that is unknown. */
  address: string | null
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
  /** What `:id` may be; a unique key only reads. Absent: anything. */
  ids?: 'uuid' | 'uuid or unique key'
  operations: Partial<Record<ApiMethod, Operation>>
}

export const API_VERSIONS: readonly ApiVersion[] = [1, 2, 3]
const BODY_MAX = 1_000_000

interface Settable {
  headers: Record<string, string | number>
}

/** Routes for one path, in every version that has it. */
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

// As in Healthchecks: a client that asks for a list with a POST is led to it, and asks again with a GET.
function redirectTo(path: string): Response {
  return new Response(null, { status: 301, headers: { Location: path } })
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
const WHOLE_UUID = new RegExp(`^${UUID}$`)
export const UNIQUE_KEY = /^[0-9A-Za-z]{40}$/

// As in Healthchecks, an id that can be none is an address that is not there, whoever asks.
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
  const key = authenticate(deps, { request, body, needs })
  const { query } = splitUrl(request.url)
  const { projectId, access, createdBy: keyMaker } = key
  const address = peerOf(request)
  return await operation.answer({ version, params, query, body, projectId, access, keyMaker, address })
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

// 60.0 is a whole number to JavaScript, but not to Healthchecks.
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

// X-Api-Key wins over the body, even when its key is wrong, and both over a Bearer token, which may be a proxy's. The
// body's key counts only where a key may write.
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
