// The OpenAPI document of the management API. It is generated on first use from the schemas that parse requests.
import { Elysia } from 'elysia'
import { z } from 'zod'
import type { Deps } from '#deps.ts'
import { openToPages } from '#http/cors.ts'
import { cookielessRoutes } from '#http/routes.ts'
import { sha256Hex } from '#lib/tokens.ts'
import { type About, RESOURCES } from './about.ts'
import { Problem } from './answers.ts'
import type { DescribedOperation } from './operations.ts'

const VERSION = '3.1.1'

interface Written {
  text: string
  etag: string
}

export function openApiRoutes({ config }: Deps, operations: readonly DescribedOperation[]) {
  let written: Written | null = null
  const answer = openToPages(async (request) => {
    written ??= await write(operations, config.baseUrl)
    const headers = { 'Content-Type': 'application/json', 'Cache-Control': 'no-cache', ETag: written.etag }
    const isKnown = request.headers.get('if-none-match') === written.etag
    return new Response(isKnown ? null : written.text, { status: isKnown ? 304 : 200, headers })
  })
  return cookielessRoutes('api/openapi', 'json').all('/api/openapi.json', answer, { parse: 'none' })
}

async function write(operations: readonly DescribedOperation[], baseUrl: string): Promise<Written> {
  const { toOpenAPISchema } = await import('@elysiajs/openapi/openapi')
  const schemas: Record<string, unknown> = {}
  const toSchema = (schema: z.ZodType) => withoutDefinitions(schema, schemas)
  const { paths } = toOpenAPISchema(
    placeholderRoutes(operations, toSchema),
    undefined,
    undefined,
    { zod: toSchema },
    VERSION,
  )
  markOptionalBodies(operations, paths as DocumentedPaths)
  const document = { ...heading(baseUrl), paths, components: { securitySchemes: SECURITY_SCHEMES, schemas } }
  // Named schemas are stored once under `components` and referenced from there.
  const text = JSON.stringify(document).replaceAll('"#/$defs/', '"#/components/schemas/')
  return { text, etag: `"${sha256Hex(text).slice(0, 32)}"` }
}

type DocumentedPaths = Record<string, Record<string, { requestBody?: { required?: boolean } }>>

// The library marks every body as required. A body without required fields is optional.
function markOptionalBodies(operations: readonly DescribedOperation[], paths: DocumentedPaths): void {
  for (const { method, path, about } of operations) {
    const written = paths[path.replace(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()]
    if (written?.requestBody && about.body?.safeParse({}).success) written.requestBody.required = false
  }
}

type ToSchema = (schema: z.ZodType) => object

function withoutDefinitions(schema: z.ZodType, schemas: Record<string, unknown>): object {
  const { $schema, $defs, ...json } = z.toJSONSchema(schema, { io: 'input' })
  Object.assign(schemas, $defs)
  return json
}

// The real routes accept every method and parse the body themselves, so the library can't describe them. It gets these
// routes instead, one for each operation. They are never called.
function placeholderRoutes(operations: readonly DescribedOperation[], toSchema: ToSchema) {
  const app = new Elysia()
  for (const operation of operations) {
    const { method, path, about } = operation
    app.route(method, path, () => '', {
      params: paramsOf(path),
      ...(about.query && { query: about.query }),
      ...(about.body && { body: about.body, parse: 'json' }),
      detail: {
        operationId: about.id,
        tags: [about.resource],
        summary: about.summary,
        description: describe(operation),
        security: operation.needs === null ? [] : [{ key: [] }, { bearer: [] }],
        responses: responsesOf(operation, toSchema),
      },
    })
  }
  return app
}

const CHECK_ID = 'The `uuid` of the check; where a read-only key is enough, `unique_key` works, too.'

function paramsOf(path: string): z.ZodObject {
  const names = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => name)
  const about = (name: string) =>
    name === 'number' ? 'The `n` of the ping.' : path.startsWith('/checks/') ? CHECK_ID : 'Its `id`.'
  return z.object(Object.fromEntries(names.map((name) => [name, z.string().describe(about(name))])))
}

function describe({ about, needs, versions }: DescribedOperation): string {
  return [
    about.notes,
    needs === 'read-only' ? 'A read-only key is enough.' : undefined,
    versions.length === 1 ? 'Only in version 3.' : undefined,
  ]
    .filter((sentence) => sentence !== undefined)
    .join(' ')
}

const ANSWERED: Record<keyof About['answers'], string> = {
  200: 'Done.',
  201: 'Created.',
  409: 'The current state does not allow this.',
}

function responsesOf(operation: DescribedOperation, toSchema: ToSchema) {
  const answers = Object.entries(operation.about.answers).map(([status, schema]) => {
    const json = toSchema(schema)
    const type = 'type' in json && json.type === 'string' ? 'text/plain' : 'application/json'
    return [status, { description: ANSWERED[status as '200'], content: { [type]: { schema: json } } }]
  })
  const problem = { 'application/json': { schema: toSchema(Problem) } }
  const refusals = Object.entries(refusalsOf(operation)).map(([status, description]) => [
    status,
    { description, ...(hasProblem(operation, status) && { content: problem }) },
  ])
  return Object.fromEntries([...answers, ...refusals])
}

function hasProblem({ needs, about }: DescribedOperation, status: string): boolean {
  return needs !== null && !(about.hasEmptyBadRequest && status === '400')
}

function refusalsOf({ method, path, needs, about }: DescribedOperation): Record<string, string> {
  return {
    ...(method === 'POST' || about.query ? { 400: 'Invalid request. The error names the first problem.' } : {}),
    ...(needs === null ? {} : { 401: 'The key is missing, unknown or read-only.' }),
    ...(path.startsWith('/checks/:') ? { 403: 'The check belongs to another project.' } : {}),
    ...(path.includes(':') || about.query?.shape.before ? { 404: 'Not found.' } : {}),
    ...about.refusals,
  }
}

const SECURITY_SCHEMES = {
  key: { type: 'apiKey', in: 'header', name: 'X-Api-Key', description: 'A key of one project.' },
  bearer: { type: 'http', scheme: 'bearer', description: 'The same key.' },
}

const DESCRIPTION = [
  'Manage monitors, channels and incidents. The API is compatible with Healthchecks and calls a monitor a check.',
  'Version 2 lacks everything marked “Only in version 3”, and derives the slug from the name unless one is sent. ' +
    'Version 1 is like version 2, but the status of a running check is `started`.',
  'Unknown fields are ignored. A refused request changes nothing. The trailing slash of a collection ' +
    'is optional. A POST request can have the key as `api_key` in its body.',
  'Other methods get 405, and a body larger than 1 MiB gets 413. With 503, `Retry-After` says when to retry.',
].join('\n\n')

function heading(baseUrl: string) {
  return {
    openapi: VERSION,
    info: { title: 'CronGuard management API', version: '3', description: DESCRIPTION, license: LICENSE },
    servers: [
      {
        url: `${baseUrl}/api/{version}`,
        variables: { version: { default: 'v3', enum: ['v3', 'v2', 'v1'] } },
      },
    ],
    tags: RESOURCES.map((name) => ({ name })),
  }
}

const LICENSE = { name: 'MIT', identifier: 'MIT' }
