import { afterEach, beforeEach, expect, test } from 'bun:test'
import type { Project } from '#domain/project.ts'
import { TestGuard } from './support/cronguard.ts'

const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

let guard: TestGuard
let project: Project

beforeEach(() => {
  guard = new TestGuard()
  project = guard.project()
})

afterEach(() => guard.stop())

test('Monitor keys: ping key and badge key are unique, random UUIDs', () => {
  const monitors = Array.from({ length: 50 }, (_, index) => guard.monitor(project, { name: `job ${index}` }))
  const keys = monitors.flatMap(({ pingKey, badgeKey }) => [pingKey, badgeKey])
  for (const key of keys) expect(key).toMatch(UUID_V4)
  expect(new Set(keys).size).toBe(100)
})

test('Project ping key: 22 lowercase letters and digits, unique', () => {
  const other = guard.project('bob@example.org')
  for (const { pingKey } of [project, other]) expect(pingKey).toMatch(/^[a-z0-9]{22}$/)
  expect(other.pingKey).not.toBe(project.pingKey)
})

test('Monitor channels: a channel of another project is ignored', async () => {
  const mallory = guard.project('mallory@example.org')
  const foreign = guard.mailTo(mallory, 'ops@example.org')
  const monitor = guard.monitor(project, { name: 'backup' }, [foreign])
  await guard.ping(monitor, '/fail')
  await guard.tick()
  expect(guard.outside.mails).toEqual([])
})
