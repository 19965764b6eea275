// Live updates after a command changed the database through another connection.
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { pauseMonitor } from '#actions/monitors.ts'
import type { Monitor } from '#domain/monitor.ts'
import type { Project } from '#domain/project.ts'
import { SECOND } from '#lib/duration.ts'
import { type Db, openDatabase } from '#store/database.ts'
import type { TestGuard } from '../support/cronguard.ts'
import { type DataFolder, dataFolder } from '../support/data-folder.ts'
import { signedIn, type Visitor } from '../support/visitor.ts'

let folder: DataFolder
let guard: TestGuard
let project: Project
let backup: Monitor
let alice: Visitor
let commandDb: Db

beforeEach(async () => {
  folder = dataFolder()
  guard = folder.guard
  project = guard.project('alice@example.org')
  backup = guard.monitor(project, { name: 'backup' })
  alice = await signedIn(guard, 'alice@example.org')
  commandDb = openDatabase({ path: folder.databasePath, clock: guard.clock, busyTimeoutMs: 1000 })
  // Opening the file counts as a change.
  await guard.live.tick()
  guard.clock.advance(SECOND)
})

afterEach(() => {
  guard.live.close()
  commandDb.close()
  folder.clear()
})

const now = (): string => `version=${guard.live.version()}&drawn=${guard.clock.now()}`
const pause = (): Monitor => pauseMonitor({ ...guard.deps, db: commandDb }, backup)

async function openPage(drawn = now()) {
  const response = await alice.get(`/projects/${project.id}/events?${drawn}`)
  const reader = response.body?.getReader()
  if (!reader) throw new Error(`The stream was answered ${response.status}`)
  return async (): Promise<string[]> => {
    const { value } = await reader.read()
    return [...new TextDecoder().decode(value).matchAll(/^event: (\w+)/gm)].map(([, event = '']) => event)
  }
}

test('Live updates: an open page is asked to refresh after a command changed a monitor', async () => {
  const news = await openPage()
  expect(await news()).toEqual(['counts'])
  pause()
  await guard.live.tick()
  expect(await news()).toEqual(['counts', 'refresh'])
})

test('Live updates: changes by a command are sent at most once a second, and the last one is not lost', async () => {
  const news = await openPage()
  await news()
  pause()
  await guard.live.tick()
  expect(await news()).toEqual(['counts', 'refresh'])
  commandDb.write((tx) => tx.run(`UPDATE projects SET name = 'Jobs'`))
  await guard.live.tick()
  await guard.ping(backup)
  await guard.live.tick()
  expect(await news()).toEqual(['row', 'counts'])
  guard.clock.advance(SECOND)
  await guard.live.tick()
  expect(await news()).toEqual(['refresh'])
})

test('Live updates: a page drawn before the change is asked to refresh when it opens its stream', async () => {
  const drawn = now()
  pause()
  await guard.live.tick()
  const news = await openPage(drawn)
  expect(await news()).toEqual(['counts', 'refresh'])
})

test('Live updates: writes of the server do not count as changes by a command', async () => {
  const news = await openPage()
  await news()
  await guard.ping(backup)
  await guard.live.tick()
  expect(await news()).toEqual(['row', 'counts'])
})
