import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import type { Monitor } from '#domain/monitor.ts'
import type { Project } from '#domain/project.ts'
import { TestGuard } from '../support/cronguard.ts'
import { memberOf, type Visitor } from '../support/visitor.ts'

let guard: TestGuard
let project: Project
let viewer: Visitor

beforeEach(async () => {
  guard = new TestGuard()
  project = guard.project()
  viewer = await memberOf(guard, project, 'viewer')
})

afterEach(() => guard.stop())

/** Many monitors fail at the same moment, as in a network outage. */
async function outage({ open, past }: { open: number; past: number }): Promise<void> {
  const jobs: Monitor[] = []
  for (let index = 0; index < open + past; index++) jobs.push(guard.monitor(project, { name: `job ${index}` }))
  for (const job of jobs) await guard.ping(job, '/fail')
  guard.clock.advance(1000)
  for (const job of jobs.slice(open)) await guard.ping(job)
}

const idsIn = (html: string) =>
  [...html.matchAll(/<h2 class="row-name incident-name"><a href="\/incidents\/([^"]+)"/g)].map(([, id]) => id)
const moreIn = (html: string) => /class="button incident-more" href="([^"]+)"/.exec(html)?.[1]?.replaceAll('&amp;', '&')

/** Follows the link below the list to the end; a page that only got longer counts once. */
async function walk(path: string): Promise<(string | undefined)[]> {
  const seen: (string | undefined)[] = []
  let next: string | undefined = path
  while (next !== undefined) {
    const html: string = await viewer.read(next)
    const more = moreIn(html)
    const begins = (address = '') => new URL(address, 'http://x').searchParams.get('before')
    if (more === undefined || begins(more) !== begins(next)) seen.push(...idsIn(html))
    next = more
  }
  return seen
}

describe('Incidents page: paging', () => {
  test('reaches each incident once, open ones first', async () => {
    await outage({ open: 510, past: 520 })
    const path = `/projects/${project.id}/incidents`
    const rows = guard.db.all<{ id: string }>(
      'SELECT id FROM incidents ORDER BY closed_at IS NOT NULL, opened_at DESC, opened_by DESC',
    )
    const ids = rows.map(({ id }) => id)
    expect(await walk(path)).toEqual(ids)
    expect(await walk(`${path}?show=open`)).toEqual(ids.slice(0, 510))
    expect(await walk(`${path}?show=past`)).toEqual(ids.slice(510))
  }, 30_000)

  test('a fragment that refreshes itself shows the same range as its page', async () => {
    await outage({ open: 3, past: 3 })
    const rows = guard.db.all<{ at: number; by: number }>(
      'SELECT opened_at AS at, opened_by AS by FROM incidents ORDER BY opened_by DESC',
    )
    const [, , , , middle] = rows
    const path = `/projects/${project.id}/incidents`
    const query = `?count=50&before=open.${middle?.at}.${middle?.by}`
    const html = await viewer.read(`${path}${query}`)
    expect(idsIn(html)).toHaveLength(4)
    expect(html).toContain(`hx-get="${path}/list${query.replace('&', '&amp;')}"`)
    expect(idsIn(await viewer.read(`${path}/list${query}`))).toEqual(idsIn(html))
  })
})
