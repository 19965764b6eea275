// A project holds so many monitors and no more, whoever makes them.
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

/** The rows alone: what counts is how many there are. */
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

test('A ping that would make one more is told what Healthchecks tells, and makes none', async () => {
  const response = await guard.request(`/ping/${project.pingKey}/one-more?create=1`)
  expect([response.status, await response.text()]).toEqual([404, 'not found'])
  expect(counted()).toBe(MONITORS_MAX)
})

test('The API answers 403 and says why; what is there can be changed', async () => {
  const key = guard.apiKey(project)
  const refused = await callApi(guard, '/checks/', { with: key, body: { name: 'one more' } })
  expect([refused.status, refused.json.error]).toEqual([403, expect.stringContaining('at most 5000 monitors')])
  const changed = await callApi(guard, '/checks/', { with: key, body: { name: 'first', tags: 'a', unique: ['name'] } })
  expect(changed.status).toBe(200)
  expect(counted()).toBe(MONITORS_MAX)
})

test('The form says so, and keeps what was typed', async () => {
  const member = await memberOf(guard, project, 'member')
  const fields = { name: 'one more', schedule: 'every day' }
  const response = await member.post(`/projects/${project.id}/monitors`, fields)
  const page = await response.text()
  expect(response.status).toBe(422)
  expect(page).toContain('A project can have at most 5000 monitors.')
  expect(page).toContain('value="one more"')
  expect(counted()).toBe(MONITORS_MAX)
})

test('Another project has room of its own', async () => {
  const other = guard.project('other@example.org')
  expect((await guard.request(`/ping/${other.pingKey}/first?create=1`)).status).toBe(201)
})
