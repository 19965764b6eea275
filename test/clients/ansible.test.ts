// The requests of the modules of Ansible's collection community.healthchecksio.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { Moved } from '../support/moved.ts'
import { type RawAnswer, type RawRequest, Served } from '../support/served.ts'

let moved: Moved
let served: Served
let apiKey: string

beforeEach(() => {
  moved = new Moved('default')
  served = new Served(moved.guard).open()
  apiKey = moved.guard.apiKey(moved.project)
})

afterEach(async () => {
  await served.close()
  moved.stop()
})

const headers = () => ({
  'X-Api-Key': apiKey,
  'User-Agent': 'ansible-httpget',
  'Content-Type': 'application/json',
  'Accept-Encoding': 'identity',
})
const send = (request: RawRequest) => served.send({ ...request, headers: headers() })

/** Each module sends this request first, and gives up only when the answer is 401. */
const logIn = (base = '/api/v1') => send({ method: 'GET', path: `${base}/checks`, body: 'null' })

const json = ({ body }: RawAnswer): Record<string, unknown> => JSON.parse(body)
const lastSegment = (url: unknown): string => String(url).split('/').at(-1) ?? ''

/** All parameters that the module posts: its own and those of the check. */
const PARAMETERS = {
  state: 'present',
  name: 'nightly report',
  tags: 'prod db1',
  desc: '',
  timeout: 3600,
  grace: 600,
  channels: '',
  manual_resume: false,
  methods: '',
  unique: ['name'],
  management_api_base_url: 'http://127.0.0.1/api/v1',
  ping_api_base_url: 'http://127.0.0.1/ping',
}

describe('Ansible module "ping"', () => {
  test.each([
    ['', 'success'],
    ['/fail', 'fail'],
    ['/start', 'start'],
  ])('sends HEAD to the ping URL plus %p, and gets 200: %s', async (ending, kind) => {
    for (const base of ['/ping', '']) {
      expect((await logIn(base)).status).not.toBe(401)
      const answer = await send({ method: 'HEAD', path: `${base}/${moved.backup.pingKey}${ending}` })
      expect(answer).toMatchObject({ status: 200, body: '' })
    }
    expect(moved.pings()).toMatchObject([
      { kind, method: 'HEAD' },
      { kind, method: 'HEAD' },
    ])
  })
})

describe('Ansible module "checks"', () => {
  const post = (parameters: object) =>
    send({ method: 'POST', path: '/api/v1/checks/', body: JSON.stringify(parameters) })

  test('creates a check once, and updates it the next time', async () => {
    expect(await logIn()).toMatchObject({ status: 200 })
    const made = await post(PARAMETERS)
    expect(made.status).toBe(201)
    const again = await post({ ...PARAMETERS, grace: 900 })
    expect(again.status).toBe(200)
    expect(json(again)).toMatchObject({ name: 'nightly report', tags: 'prod db1', timeout: 3600, grace: 900 })
    expect(lastSegment(json(again).ping_url)).toBe(lastSegment(json(made).ping_url))
  })

  test('reports a wrong key', async () => {
    apiKey = 'x'.repeat(32)
    expect((await logIn()).status).toBe(401)
  })

  test('pauses a check with the body "null"', async () => {
    const path = `/api/v1/checks/${moved.backup.pingKey}/pause`
    expect((await send({ method: 'POST', path, body: 'null' })).status).toBe(200)
    expect(moved.guard.now(moved.backup).status).toBe('paused')
  })

  test('deletes a check, and accepts 404 for a deleted one', async () => {
    const path = `/api/v1/checks/${moved.backup.pingKey}`
    expect((await send({ method: 'DELETE', path })).status).toBe(200)
    expect((await send({ method: 'DELETE', path })).status).toBe(404)
  })
})

describe('Ansible modules that only read', () => {
  test('get JSON from paths without a slash at the end, although they send null', async () => {
    await moved.guard.ping(moved.backup)
    await moved.guard.ping(moved.backup, '/fail')
    const { pingKey } = moved.backup
    const paths = [
      'checks',
      'checks?tag=a&tag=b',
      `checks/${pingKey}`,
      `checks/${pingKey}/pings`,
      `checks/${pingKey}/flips`,
    ]
    for (const path of [...paths, 'channels', 'badges']) {
      const answer = await send({ method: 'GET', path: `/api/v1/${path}`, body: 'null' })
      expect([path, answer.status]).toEqual([path, 200])
      expect(JSON.parse(answer.body)).toBeDefined()
    }
  })

  test('find a check by its tags', async () => {
    moved.guard.monitor(moved.project, { name: 'tagged', tags: 'prod db1' })
    const found = json(await send({ method: 'GET', path: '/api/v1/checks?tag=prod&tag=db1', body: 'null' }))
    expect(found.checks).toMatchObject([{ name: 'tagged' }])
  })
})
