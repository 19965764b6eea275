// A project has at most 5000 monitors, however they are created.
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { MONITORS_MAX } from '#domain/monitor.ts'
import type { Project } from '#domain/project.ts'
import { callApi } from '../support/api.ts'
import { TestGuard } from '../support/cronguard.ts'
import { memberOf } from '../support/visitor.ts'

let guard: TestGuard
let project: Project

beforeEach(() => {
  guard = new TestGuard()
  project = guard.project()
  fill(MONITORS_MAX)
})
afterEach(() => guard.stop())

/** Inserts bare rows, because only their number matters. */
function fill(count: number): void {
  guard.monitor(project, { name: 'first' })
  const columns = guard.db
    .all<{ name: string }>("SELECT name FROM pragma_table_info('monitors')")
    .map(({ name }) => name)
    .filter((name) => name !== 'id' && !name.endsWith('_key'))
    .join(', ')
  guard.db.write((tx) =>
    tx.run(
      `INSERT INTO monitors (ping_key, unique_key, badge_key, ${columns})
       WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < $count)
       SELECT substr(ping_key, 1, 28) || printf('%08x', i), substr(unique_key, 1, 32) || printf('%08x', i),
              substr(badge_key, 1, 28) || printf('%08x', i), ${columns}
         FROM n, monitors WHERE monitors.id = 1`,
      { count },
    ),
  )
}

const counted = () => guard.db.get<{ n: number }>('SELECT count(*) AS n FROM monitors')?.n

test('Monitor limit: a ping with create=1 answers 404 like Healthchecks, and creates none', async () => {
  const response = await guard.request(`/ping/${project.pingKey}/one-more?create=1`)
  expect([response.status, await response.text()]).toEqual([404, 'not found'])
  expect(counted()).toBe(MONITORS_MAX)
})

test('Monitor limit: the API answers 403 with the reason, and existing monitors can be changed', async () => {
  const key = guard.apiKey(project)
  const refused = await callApi(guard, '/checks/', { with: key, body: { name: 'one more' } })
  expect([refused.status, refused.json.error]).toEqual([403, expect.stringContaining('at most 5000 monitors')])
  const changed = await callApi(guard, '/checks/', { with: key, body: { name: 'first', tags: 'a', unique: ['name'] } })
  expect(changed.status).toBe(200)
  expect(counted()).toBe(MONITORS_MAX)
})

test('Monitor limit: the form shows the error, and keeps the input', async () => {
  const member = await memberOf(guard, project, 'member')
  const fields = { name: 'one more', schedule: 'every day' }
  const response = await member.post(`/projects/${project.id}/monitors`, fields)
  const page = await response.text()
  expect(response.status).toBe(422)
  expect(page).toContain('A project can have at most 5000 monitors.')
  expect(page).toContain('value="one more"')
  expect(counted()).toBe(MONITORS_MAX)
})

test('Monitor limit: another project is not affected', async () => {
  const other = guard.project('other@example.org')
  expect((await guard.request(`/ping/${other.pingKey}/first?create=1`)).status).toBe(201)
})
