// Plays the cases of wire-cases.json against a server. The file's own "semantics" say what its words mean.
import { createHash, randomBytes } from 'node:crypto'

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
type Fields = { [key: string]: Json }

export interface WireCase {
  id: string
  level: string
  slow_seconds?: number
  setup?: { check?: Fields; check_b?: Fields; steps?: Step[] }
  request: WireRequest
  expect: Expectation
  then?: (Expectation & { get: string; noauth?: boolean })[]
}

interface WireRequest {
  method: string
  path: string
  headers?: Record<string, string | null>
  json?: Json
  body?: Json
  body_base64?: string
}

type Step = WireRequest & { sleep?: number; repeat?: number; request?: WireRequest; capture?: Capture }

interface Capture {
  from: string
  /** Each variable, with the path of its value in the answer. */
  vars: Record<string, string>
}

interface Expectation {
  status?: number
  headers?: Fields
  body_equals?: string
  body_contains?: string
  body_contains_all?: string[]
  body_not_contains?: string
  body_base64?: string
  body_len?: number | string
  json?: Fields
  json_equals?: Json
  json_keys?: string[]
  json_item_keys?: [string, string[]]
}

export interface Wire {
  send(path: string, init: RequestInit): Promise<Response>
  sleep(seconds: number): Promise<void>
  now(): number
  variables: Record<string, string>
}

/** Runs one case; throws with what differs. */
export async function playCase(wire: Wire, wireCase: WireCase): Promise<void> {
  const variables = { ...wire.variables, rand: randomBytes(5).toString('hex') }
  const player = new Player(wire, variables)
  const setup = wireCase.setup ?? {}
  if (setup.check) await player.makeCheck(setup.check, '')
  if (setup.check_b) await player.makeCheck(setup.check_b, '_b')
  for (const step of setup.steps ?? []) await player.step(step)
  await player.compare(await player.send(wireCase.request), wireCase.expect)
  for (const { get, noauth, ...expectation } of wireCase.then ?? []) {
    const headers: Record<string, string> = noauth ? {} : { 'X-Api-Key': '{api_key}' }
    const answer = await player.send({ method: 'GET', path: get, headers })
    await player.compare(answer, { status: 200, ...expectation })
  }
}

class Player {
  readonly #wire: Wire
  readonly #variables: Record<string, string>

  constructor(wire: Wire, variables: Record<string, string>) {
    this.#wire = wire
    this.#variables = variables
  }

  async makeCheck(spec: Fields, suffix: string): Promise<void> {
    const headers = { 'X-Api-Key': '{api_key}' }
    const answer = await this.send({ method: 'POST', path: '/api/v3/checks/', headers, json: spec })
    if (answer.status !== 201) throw new Error(`The setup was answered ${answer.status}: ${await answer.text()}`)
    const { uuid, slug, badge_url } = (await answer.json()) as { uuid: string; slug: string; badge_url: string }
    const hex = uuid.replaceAll('-', '')
    Object.assign(this.#variables, {
      [`uuid${suffix}`]: uuid,
      [`uuid_hex${suffix}`]: hex,
      [`uuid_upper${suffix}`]: uuid.toUpperCase(),
      [`slug${suffix}`]: slug,
      [`unique_key${suffix}`]: createHash('sha1').update(hex.slice(0, 16)).digest('hex'),
      [`badge_path${suffix}`]: pathOf(badge_url),
      [`badge_key${suffix}`]: /([^/]+)\.svg$/.exec(badge_url)?.[1] ?? '',
    })
  }

  async step({ sleep, repeat, request, capture, ...own }: Step): Promise<void> {
    if (sleep !== undefined) return await this.#wire.sleep(sleep)
    if (capture !== undefined) return await this.#capture(capture)
    for (let turn = 0; turn < (repeat ?? 1); turn += 1) {
      const answer = await this.send(request ?? own)
      if (answer.status >= 400) throw new Error(`A step of the setup was answered ${answer.status}`)
    }
  }

  async #capture({ from, vars }: Capture): Promise<void> {
    const answer = await this.send({ method: 'GET', path: from, headers: { 'X-Api-Key': '{api_key}' } })
    const document = (await answer.json()) as Json
    for (const [name, path] of Object.entries(vars)) {
      this.#variables[name] = String(valueAt(document, String(this.#fill(path))))
    }
  }

  async send(request: WireRequest): Promise<Response> {
    const filled = this.#fill(request as unknown as Json) as unknown as WireRequest
    const headers = new Headers()
    for (const [name, value] of Object.entries(filled.headers ?? {})) if (value !== null) headers.set(name, value)
    const body = bodyOf(filled)
    return await this.#wire.send(pathOf(filled.path), {
      method: filled.method,
      headers,
      ...(body === null ? {} : { body }),
    })
  }

  async compare(answer: Response, template: Expectation): Promise<void> {
    const expected = this.#fill(template as unknown as Json) as unknown as Expectation
    const bytes = Buffer.from(await answer.arrayBuffer())
    const text = bytes.toString('utf8')
    const must = (holds: boolean, what: string) => {
      if (!holds) throw new Error(`${what}; the answer was ${answer.status} ${text.slice(0, 300)}`)
    }
    must(expected.status === undefined || answer.status === expected.status, `The status should be ${expected.status}`)
    for (const [name, matcher] of Object.entries(expected.headers ?? {})) {
      must(
        this.#matches(matcher, answer.headers.get(name) ?? undefined, null),
        `Header ${name} should be ${print(matcher)}`,
      )
    }
    const { body_equals: equal, body_contains: part, body_not_contains: absent, body_base64: base64 } = expected
    must(equal === undefined || text === equal, `The body should be ${equal}`)
    for (const wanted of [...(part === undefined ? [] : [part]), ...(expected.body_contains_all ?? [])]) {
      must(text.includes(wanted), `The body should contain ${wanted}`)
    }
    must(absent === undefined || !text.includes(absent), `The body should not contain ${absent}`)
    must(base64 === undefined || bytes.equals(Buffer.from(base64, 'base64')), 'The bytes differ')
    must(expected.body_len === undefined || bytes.length === Number(expected.body_len), `${bytes.length} bytes`)
    if (expected.json || expected.json_equals || expected.json_keys || expected.json_item_keys) {
      this.#compareJson(JSON.parse(text), expected, must)
    }
  }

  #compareJson(document: Json, expected: Expectation, must: (holds: boolean, what: string) => void): void {
    for (const [path, matcher] of Object.entries(expected.json ?? {})) {
      const value = valueAt(document, path)
      must(this.#matches(matcher, value, document), `${path} should be ${print(matcher)} and is ${print(value)}`)
    }
    if (expected.json_equals) must(Bun.deepEquals(document, expected.json_equals), 'The document differs')
    if (expected.json_keys) must(hasKeys(document, expected.json_keys), 'The keys differ')
    const [path, keys] = expected.json_item_keys ?? []
    if (path !== undefined && keys) must(hasKeys(valueAt(document, path), keys), `The keys of ${path} differ`)
  }

  #matches(matcher: Json, value: Json | undefined, root: Json): boolean {
    const [[kind, wanted] = ['', null], ...others] = isFields(matcher) ? Object.entries(matcher) : []
    if (!kind.startsWith('$') || others.length > 0) return Bun.deepEquals(value, matcher)
    if (kind === '$absent') return value === undefined
    if (value === undefined) return false
    const rule = MATCHERS[kind]
    if (!rule) throw new Error(`Unknown matcher ${kind}`)
    return rule({ value, wanted, root, now: this.#wire.now() })
  }

  #fill(template: Json): Json {
    if (typeof template === 'string') {
      return template.replace(/\{([a-z_0-9]+)\}/g, (whole, name) => this.#variables[name] ?? whole)
    }
    if (Array.isArray(template)) return template.map((item) => this.#fill(item))
    if (!isFields(template)) return template
    const { $repeat, $concat } = template
    if (Array.isArray($repeat)) return String($repeat[0]).repeat(Number($repeat[1]))
    if (Array.isArray($concat)) return $concat.map((part) => String(this.#fill(part))).join('')
    return Object.fromEntries(
      Object.entries(template).map(([key, value]) => [String(this.#fill(key)), this.#fill(value)]),
    )
  }
}

interface Comparison {
  value: Json
  wanted: Json
  root: Json
  now: number
}

const MATCHERS: Record<string, (comparison: Comparison) => boolean> = {
  $any: () => true,
  $regex: ({ value, wanted }) => typeof value === 'string' && new RegExp(String(wanted)).test(value),
  $contains: ({ value, wanted }) => String(value).includes(String(wanted)),
  $hasall: ({ value, wanted }) => (wanted as string[]).every((word) => String(value).includes(word)),
  $in: ({ value, wanted }) => (wanted as Json[]).includes(value),
  $len: ({ value, wanted }) => Array.isArray(value) && value.length === wanted,
  $strlen: ({ value, wanted }) => typeof value === 'string' && value.length === wanted,
  $type: ({ value, wanted }) => ({ int: 'number', str: 'string', list: 'object' })[String(wanted)] === typeof value,
  $between: ({ value, wanted }) => {
    const [low, high] = wanted as [number, number]
    return typeof value === 'number' && value >= low && value <= high
  },
  $recent: ({ value, wanted, now }) => Math.abs(Date.parse(String(value)) - now) <= Number(wanted) * 1000,
  $plus: ({ value, wanted, root }) => {
    const [path, seconds] = wanted as [string, number]
    return Date.parse(String(value)) - Date.parse(String(valueAt(root, path))) === seconds * 1000
  },
}

// A captured address is a whole URL.
function pathOf(address: string): string {
  return address.replace(/^https?:\/\/[^/]+/, '')
}

function bodyOf(request: WireRequest): string | Buffer | null {
  if (request.json !== undefined) return JSON.stringify(request.json)
  if (request.body_base64 !== undefined) return Buffer.from(request.body_base64, 'base64')
  return typeof request.body === 'string' && request.method !== 'GET' ? request.body : null
}

function valueAt(document: Json | undefined, path: string): Json | undefined {
  return path.split('.').reduce<Json | undefined>((value, key) => {
    if (Array.isArray(value)) return value[Number(key)]
    return isFields(value) ? value[key] : undefined
  }, document)
}

function hasKeys(value: Json | undefined, keys: string[]): boolean {
  return isFields(value) && Bun.deepEquals(Object.keys(value).sort(), [...keys].sort())
}

function isFields(value: Json | undefined): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function print(value: Json | undefined): string {
  return JSON.stringify(value) ?? 'absent'
}
