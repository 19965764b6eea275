import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { z } from 'zod'
import { planMaintenance } from '#actions/maintenance.ts'
import { snooze } from '#actions/snoozes.ts'
import { CHANNEL_KINDS } from '#channels/index.ts'
import { SECONDS } from '#http/api/check-spec.ts'
import { apiRoutes } from '#http/api/index.ts'
import { type DescribedOperation, operationsOf } from '#http/api/operations.ts'
import { createMessageLimits } from '#http/message-limits.ts'
import { createRoutes } from '#http/server.ts'
import { callApi } from '../support/api.ts'
import { TestGuard } from '../support/cronguard.ts'

interface Parameter {
  name: string
  in: string
  required: boolean
  schema: object
}

interface DocumentedOperation {
  operationId: string
  summary: string
  description: string
  tags: string[]
  security: object[]
  parameters?: Parameter[]
  requestBody?: { required?: boolean; content: Record<string, { schema: object }> }
  responses: Record<string, { description: string; content?: Record<string, { schema: object }> }>
}

const ADDRESS = '/api/openapi.json'
const METRICS_TOKEN = 'only the tests know it'
const guard = new TestGuard({ env: { CRONGUARD_METRICS_TOKEN: METRICS_TOKEN } })
const operations = operationsOf(apiRoutes(guard.deps, createMessageLimits()).routes)
let text: string
let spec: {
  openapi: string
  info: Record<string, unknown>
  servers: { url: string; variables: Record<string, { default: string; enum: string[] }> }[]
  tags: { name: string }[]
  paths: Record<string, Record<string, DocumentedOperation>>
  components: { schemas: Record<string, object>; securitySchemes: Record<string, object> }
}
let documented: (DocumentedOperation & { method: string; path: string })[]

beforeAll(async () => {
  guard.project()
  text = await (await guard.request(ADDRESS)).text()
  spec = JSON.parse(text)
  documented = Object.entries(spec.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, ...operation })),
  )
})

afterAll(() => guard.stop())

describe('OpenAPI document', () => {
  test('is public, readable from any origin, and answers 304 when it has not changed', async () => {
    const response = await guard.request(ADDRESS)
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json'])
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    expect(response.headers.get('cache-control')).toBe('no-cache')
    const etag = response.headers.get('etag') ?? ''
    const again = await guard.request(ADDRESS, { headers: { 'If-None-Match': etag } })
    expect([again.status, await again.text()]).toEqual([304, ''])
    expect((await guard.request(ADDRESS, { headers: { 'If-None-Match': '"old"' } })).status).toBe(200)
    expect((await guard.request(ADDRESS, { method: 'POST' })).status).toBe(405)
  })

  test('has version, title and server', () => {
    expect(spec.openapi).toMatch(/^3\.1\.\d$/)
    expect(spec.info).toMatchObject({ title: 'CronGuard management API', version: '3' })
    const [server] = spec.servers
    expect(server?.url).toBe(`${guard.deps.config.baseUrl}/api/{version}`)
    expect(server?.variables).toEqual({ version: { default: 'v3', enum: ['v3', 'v2', 'v1'] } })
  })

  test('has exactly the routes of the management API', () => {
    const routes = createRoutes(guard.deps, () => [], guard.live).routes.map(({ path }) => path)
    const ofApi = routes.filter((path) => path.startsWith('/api/v3/')).map((path) => path.replace('/api/v3', ''))
    const paths = Object.keys(spec.paths).map((path) => path.replace(/\{(\w+)\}/g, ':$1'))
    expect([...new Set(ofApi)].toSorted()).toEqual(paths.toSorted())
  })

  test('has every method of every route', async () => {
    for (const [path, methods] of Object.entries(spec.paths)) {
      const { headers } = await guard.request(
        `/api/v3${path.replace(/\{\w+\}/g, `${'0'.repeat(8)}-0000-4000-8000-${'0'.repeat(12)}`)}`,
        { method: 'OPTIONS' },
      )
      const known = [...Object.keys(methods).map((method) => method.toUpperCase()), 'OPTIONS'].join(', ')
      expect(`${path}: ${headers.get('access-control-allow-methods')}`).toBe(`${path}: ${known}`)
    }
  })

  test('gives every operation a unique id and a one-line summary', () => {
    const ids = documented.map(({ operationId }) => operationId)
    expect(new Set(ids).size).toBe(ids.length)
    for (const { operationId, summary, tags } of documented) {
      expect(operationId).toMatch(/^[a-z][A-Za-z]+$/)
      expect(summary).toMatch(/^[A-Z].*[^.]$/)
      expect(spec.tags.map(({ name }) => name)).toContain(tags[0] ?? '')
    }
  })

  test('describes every path parameter and the answers of every operation', () => {
    for (const { path, parameters = [], responses } of documented) {
      const inPath = parameters.filter((parameter) => parameter.in === 'path')
      expect(inPath.map(({ name }) => `{${name}}`)).toEqual(path.match(/\{\w+\}/g) ?? [])
      expect(inPath.every(({ required }) => required)).toBe(true)
      expect(Object.keys(responses).filter((status) => /^20[01]$/.test(status)).length).toBeGreaterThan(0)
      expect(Object.values(responses).every(({ description }) => description.length > 0)).toBe(true)
    }
  })

  test('defines exactly the schemas that it refers to', () => {
    const used = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref = '']) => ref)
    const known = Object.keys(spec.components.schemas).map((name) => `#/components/schemas/${name}`)
    expect([...new Set(used)].toSorted()).toEqual(known.toSorted())
    expect(text).not.toContain('$defs')
  })

  test('contains only valid JSON Schema', () => {
    const schemas = [
      ...Object.values(spec.components.schemas),
      ...documented.flatMap(({ parameters = [] }) => parameters.map(({ schema }) => schema)),
      ...documented.flatMap(({ responses }) =>
        Object.values(responses).flatMap(({ content = {} }) => Object.values(content).map(({ schema }) => schema)),
      ),
    ]
    expect(schemas.length).toBeGreaterThan(100)
    for (const schema of schemas) expect(() => readSchema(schema)).not.toThrow()
  })

  test('requires a key wherever one is needed', () => {
    expect(Object.keys(spec.components.securitySchemes)).toEqual(['key', 'bearer'])
    const open = documented.filter(({ security }) => security.length === 0).map(({ path }) => path)
    expect(open).toEqual(['/status/', '/metrics/'])
    for (const { security, responses } of documented) expect('401' in responses).toBe(security.length > 0)
  })

  test('says which operations exist only in version 3, and which accept a read-only key', () => {
    const says = (sentence: string) =>
      documented.filter(({ description }) => description.includes(sentence)).map(({ operationId }) => operationId)
    expect(says('Only in version 3.')).toContain('createChannel')
    expect(says('Only in version 3.')).not.toContain('listChannels')
    expect(says('A read-only key is enough.').toSorted()).toEqual([
      'listBadges',
      'listChecks',
      'listFlips',
      'listIncidents',
      'listMaintenance',
      'listSnoozes',
      'readCheck',
      'readIncident',
      'readProject',
    ])
  })

  test('has the fields of a check that a request may set', () => {
    const fields = z
      .object({ properties: z.record(z.string(), z.looseObject({})) })
      .parse(spec.components.schemas.CheckSpec)
    expect(Object.keys(fields.properties).toSorted()).toEqual(Object.keys(SECONDS.shape).toSorted())
    expect(fields.properties.timeout).toMatchObject({ minimum: 1, maximum: 31_536_000 })
    expect(fields.properties.methods).toMatchObject({ enum: ['', 'POST'] })
  })

  test('has the kinds, lengths, integers and patterns that the server accepts, and where a body is required', () => {
    const { CheckSpec, KeySpec, NewChannel, ProjectChange } = spec.components.schemas as Record<
      string,
      { properties: Record<string, { pattern?: string }> }
    >
    expect(NewChannel?.properties.kind).toMatchObject({ enum: CHANNEL_KINDS.map(({ kind }) => kind) })
    expect(CheckSpec?.properties).toMatchObject({
      name: { maxLength: 100 },
      timeout: { type: 'integer' },
      max_run: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
      schedule: { minLength: 1 },
      tz: { minLength: 1 },
    })
    const isName = (name: string) => new RegExp(ProjectChange?.properties.name?.pattern ?? '', 'u').test(name)
    expect(['My project', ' a '].map(isName)).toEqual([true, true])
    expect(['', '  ', '\u00a0\u3000', 'a\nb', 'a\u0085'].map(isName)).toEqual([false, false, false, false, false])
    expect(new RegExp(KeySpec?.properties.name?.pattern ?? '', 'u').test('')).toBe(true)
    const required = documented.filter(({ requestBody }) => requestBody?.required).map(({ operationId }) => operationId)
    expect(required.toSorted()).toEqual(['createChannel', 'createKey', 'createMaintenance'])
    const bare = documented.find(({ operationId }) => operationId === 'listFlips')?.responses[400]
    expect([bare?.description.length !== 0, bare?.content]).toEqual([true, undefined])
  })

  test('requires no field that has a default', () => {
    expect(spec.components.schemas.KeySpec).toMatchObject({ required: ['access'] })
    expect(spec.components.schemas.NewChannel).toMatchObject({ required: ['kind', 'settings'] })
  })
})

// Reads a schema of the document; what is not JSON Schema throws.
function readSchema(schema: object): z.ZodType {
  const { schemas } = spec.components
  const whole = JSON.stringify({ ...schema, $defs: schemas }).replaceAll('#/components/schemas/', '#/$defs/')
  return z.fromJSONSchema(JSON.parse(whole))
}

describe('Management API answers', () => {
  interface Tried {
    operation: DescribedOperation
    path: string
    body?: unknown
  }

  test.each(['read-write', 'read-only'] as const)('to a %s key match the OpenAPI document', async (access) => {
    const checked: string[] = []
    for (const { about } of operations) {
      const { operation, path, body, key } = await prepare(about.id, access)
      const headers = { 'X-Api-Key': key, 'X-Metrics-Key': METRICS_TOKEN }
      const response = await guard.request(`/api/v3${path}`, {
        method: operation.method,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const isText = response.headers.get('content-type')?.startsWith('text/plain') ?? false
      const answer: unknown = isText ? await response.text() : await response.json()
      const responses = documented.find(({ operationId }) => operationId === about.id)?.responses
      const content = responses?.[response.status]?.content ?? {}
      const schema = content[isText ? 'text/plain' : 'application/json']?.schema
      expect([about.id, response.status, schema]).toEqual([about.id, response.status, expect.anything()])
      expect([about.id, readSchema(schema ?? {}).safeParse(answer).error?.issues]).toEqual([about.id, undefined])
      const read = about.answers[response.status as 200]?.parse(answer)
      if (read === undefined) expect(answer).toEqual({ error: 'wrong api key' })
      // Parsing drops the fields that the schema does not have.
      else expect(read).toEqual(answer as typeof read)
      checked.push(about.id)
    }
    expect(checked.length).toBe(documented.length)
  })

  // Each operation gets its own project, so that no call affects another.
  async function prepare(id: string, access: 'read-write' | 'read-only'): Promise<Tried & { key: string }> {
    const operation = operations.find(({ about }) => about.id === id)
    if (operation === undefined) throw new Error(`There is no operation ${id}`)
    const project = guard.project(`${id}.${access}@example.org`)
    const key = guard.apiKey(project, access)
    const ids = await history(project)
    const named = ids[operation.path.split('/')[1] ?? '']
    const path = operation.path.replace(':id', named ?? '').replace(':number', '2')
    if (id === 'resumeCheck') await callApi(guard, `/checks/${named}/pause`, { with: guard.apiKey(project), body: {} })
    return { operation, path, key, ...(operation.method === 'POST' ? { body: BODIES[id] ?? {} } : {}) }
  }

  const BODIES: Record<string, unknown> = {
    saveCheck: { name: 'billing', schedule: '0 3 * * *', tz: 'Europe/Riga', max_run: 600, early: null },
    createChannel: { kind: 'email', settings: { address: 'ops@example.org' } },
    createKey: { access: 'read-only' },
    acknowledgeIncident: { note: 'Seen.' },
    createMaintenance: { tag: 'prod', seconds: 3600, schedule: 'every Sunday at 3am', tz: 'Europe/Riga' },
    createSnooze: { tag: 'prod', seconds: 3600 },
  }

  async function history(project: ReturnType<typeof guard.project>): Promise<Record<string, string>> {
    const channel = guard.webhookTo(project, 'http://hooks.example.org/')
    const monitor = guard.monitor(project, { name: 'backup', tags: 'prod', maxRunMs: 60_000, alias: '' }, [channel])
    await guard.ping(monitor, '/start')
    guard.clock.advance(2000)
    await guard.ping(monitor, '/fail', { method: 'POST', body: 'The disk is full.' })
    await guard.tick()
    const incident = guard.db.get<{ id: string }>('SELECT id FROM incidents WHERE monitor_id = $id', { id: monitor.id })
    const endsAt = guard.clock.now() + 60_000
    const key = guard.db.get<{ id: string }>('SELECT id FROM api_keys WHERE project_id = $id', { id: project.id })
    return {
      checks: monitor.pingKey,
      channels: channel,
      deliveries: guard.deliveries(monitor)[0]?.id ?? '',
      incidents: incident?.id ?? '',
      keys: key?.id ?? '',
      maintenance: planMaintenance(guard.deps, {
        projectId: project.id,
        scope: { is: 'project' },
        name: 'Updates',
        times: { is: 'once', startsAt: endsAt, endsAt: endsAt + 60_000 },
        userId: null,
      }).id,
      snoozes: snooze(guard.deps, { projectId: project.id, scope: { is: 'project' }, endsAt, userId: null }).id,
    }
  }
})

test('API docs page: names every operation, every field, and the OpenAPI document', async () => {
  const html = await (await guard.request('/docs/api')).text()
  const written = new Set([...html.matchAll(/<code>([^<]*)<\/code>/g)].map(([, code = '']) => code))
  const calls = operations.map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '&lt;$1&gt;')}`)
  expect(calls.filter((call) => !written.has(call.replace('&lt;number&gt;', '&lt;n&gt;')))).toEqual([])
  expect(Object.keys(SECONDS.shape).filter((field) => !written.has(field))).toEqual([])
  expect(html).toContain(`${guard.deps.config.baseUrl}/api/openapi.json`)
  expect(html).toContain('nicknames such as <code>@daily</code>')
})
