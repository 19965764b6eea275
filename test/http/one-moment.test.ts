// Another process may commit between two reads. What a page or the API answers must still be of one moment.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { tagBadgeUrl } from '#http/badges/address.ts'
import { createRoutes } from '#http/server.ts'
import { StorageRefusedError } from '#lib/errors.ts'
import { type Db, openDatabase, type Params } from '#store/database.ts'
import { badgeKeyOf } from '#store/projects.ts'
import { callApi } from '../support/api.ts'
import { TestGuard } from '../support/cronguard.ts'
import { type DataFolder, dataFolder } from '../support/data-folder.ts'
import { memberOf, type Visitor } from '../support/visitor.ts'
import { newWorld, type World } from '../support/world.ts'

const TOKEN = 'a-token-that-only-tests-know'
/** What finds out who is asking may be read before the answer. */
const WHO_ASKS = /\bFROM (?:sessions|users)\b|\bFROM api_keys WHERE hash\b/

let data: DataFolder
let world: World
let owner: Visitor
let busy: BusyProcess

/** Another process, which commits before each read of the server. */
class BusyProcess {
  readonly #db: Db
  #commits = 0
  /** The number of commits that each read has seen. */
  readonly seen: number[] = []

  constructor(server: Db) {
    this.#db = openDatabase({ path: data.databasePath, clock: data.guard.clock, busyTimeoutMs: 0 })
    this.#db.all('PRAGMA synchronous = OFF')
    const read = server.get.bind(server)
    const countSeen = () => read<{ name: string }>('SELECT name FROM projects LIMIT 1')?.name.replace('moment-', '')
    const before = <Answer>(work: (sql: string, params?: Params) => Answer) => {
      return (sql: string, params?: Params): Answer => {
        this.#commit()
        if (!WHO_ASKS.test(sql) && !sql.startsWith('PRAGMA')) this.seen.push(Number(countSeen()))
        return work(sql, params)
      }
    }
    server.all = before(server.all.bind(server)) as Db['all']
    server.get = before(read) as Db['get']
  }

  close(): void {
    this.#db.close()
  }

  #commit(): void {
    const name = `moment-${this.#commits + 1}`
    try {
      this.#db.write((tx) => {
        for (const table of ['projects', 'monitors', 'channels']) tx.run(`UPDATE ${table} SET name = $name`, { name })
      })
      this.#commits += 1
    } catch (error) {
      // The server itself is writing.
      if (!(error instanceof StorageRefusedError)) throw error
    }
  }
}

beforeEach(async () => {
  data = dataFolder({ CRONGUARD_METRICS_TOKEN: TOKEN })
  world = await newWorld(data.guard)
  owner = await memberOf(data.guard, world.project, 'owner')
  data.guard.db.write((tx) => tx.run('UPDATE users SET is_admin = 1'))
})
afterEach(() => {
  busy.close()
  data.guard.live.close()
  data.clear()
})

/** Asks while the other process is busy, and expects all that was read for the answer to be of one moment. */
async function expectOneMoment(ask: () => Promise<string>): Promise<void> {
  busy = new BusyProcess(data.guard.db)
  const text = await ask()
  expect(new Set(busy.seen).size).toBeLessThanOrEqual(1)
  expect(new Set(text.match(/moment-\d+/g)).size).toBeLessThanOrEqual(1)
}

const PAGES = (() => {
  const guard = new TestGuard()
  const routes = createRoutes(guard.deps, () => [], guard.live).routes
  guard.stop()
  return routes.filter(({ method }) => method === 'GET').map(({ path }) => path)
})()
const STREAM = '/projects/:project/events'
const NOT_PAGES = /^\/(?:assets|livez|readyz|metrics)|\/metrics|events$/

describe('An answer is of one moment', () => {
  test.each(PAGES.filter((path) => !NOT_PAGES.test(path)))('page %s', async (path) => {
    await expectOneMoment(async () => (await owner.get(world.pathOf(path))).text())
  })

  const open = async () => {
    const response = await owner.get(`${world.pathOf(STREAM)}?version=${data.guard.live.version()}&drawn=1`)
    const reader = response.body?.getReader()
    return async () => new TextDecoder().decode((await reader?.read())?.value)
  }

  test('stream that opens', () => expectOneMoment(async () => (await open())()))

  test('stream after a change', async () => {
    const read = await open()
    await read()
    data.guard.db.write((tx) => tx.touch(1))
    await expectOneMoment(async () => {
      await data.guard.live.tick()
      return await read()
    })
    expect(busy.seen.length).toBeGreaterThan(1)
  })

  test('form to correct', async () => {
    busy = new BusyProcess(data.guard.db)
    const { status } = await owner.post(world.pathOf('/projects/:project'), { name: '' })
    expect(status).toBe(422)
    // The page reads members, keys, badges and warnings after the name was refused.
    expect(new Set(busy.seen.slice(-6)).size).toBe(1)
  })

  const uuidOf = () => data.guard.db.get<{ id: string }>('SELECT ping_key AS id FROM monitors')?.id
  test.each([
    '/checks/',
    '/checks/:uuid',
    '/checks/:uuid/pings/',
    '/checks/:uuid/pings/1/body',
    '/checks/:uuid/flips/',
    '/checks/:uuid/deliveries/',
    '/channels/',
    '/channels/:channel',
    '/incidents/',
    '/incidents/:incident',
    '/deliveries/',
    '/deliveries/:delivery',
    '/badges/',
    '/project/',
    '/keys/',
  ])('API %s', async (path) => {
    const key = data.guard.apiKey(world.project)
    const asked = world.pathOf(path.replace(':uuid', uuidOf() ?? ''))
    await expectOneMoment(async () => {
      const { status, json } = await callApi(data.guard, asked, { with: key })
      expect(status).toBe(200)
      return JSON.stringify(json)
    })
  })

  const askWith = async (path: string, headers: Record<string, string>) => {
    const response = await data.guard.request(path, { headers })
    expect(response.status).toBe(200)
    return await response.text()
  }

  test('metrics of the instance', () =>
    expectOneMoment(() => askWith('/metrics', { Authorization: `Bearer ${TOKEN}` })))

  test('metrics of the instance for Healthchecks clients', () =>
    expectOneMoment(() => askWith('/api/v3/metrics/', { 'X-Metrics-Key': TOKEN })))

  test('metrics of a project', async () => {
    const key = data.guard.apiKey(world.project, 'read-only')
    await expectOneMoment(() => askWith(world.pathOf('/projects/:project/metrics'), { Authorization: `Bearer ${key}` }))
  })

  test('badge of a project', async () => {
    const projectBadgeKey = badgeKeyOf(data.guard.db, world.project.id)
    const url = tagBadgeUrl(data.guard.deps, { projectBadgeKey, tag: '*', states: 3, form: 'json' })
    await expectOneMoment(() => askWith(new URL(url).pathname, {}))
  })

  test('health with details', () =>
    expectOneMoment(async () => {
      const response = await data.guard.request('/health', { headers: { Authorization: `Bearer ${TOKEN}` } })
      return await response.text()
    }))
})
