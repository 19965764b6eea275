// Every page links to the documentation that explains it, and the documentation is public.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { HELP } from '#views/help.ts'
import { TestGuard } from '../support/cronguard.ts'
import { signedIn, Visitor } from '../support/visitor.ts'

const guard = new TestGuard()
const project = guard.project()
const monitor = guard.monitor(project, { name: 'backup' })
let alice: Visitor
const stranger = new Visitor(guard)

beforeAll(async () => {
  alice = await signedIn(guard, 'alice@example.org')
  await guard.ping(monitor, '/fail')
  await guard.tick()
})
afterAll(() => guard.stop())

const linksIn = (html: string): string[] => [...html.matchAll(/href="(\/docs[^"]*)"/g)].map(([, link = '']) => link)

async function exists(address: string): Promise<boolean> {
  const [path = '', anchor] = address.split('#')
  const response = await stranger.get(path)
  const html = await response.text()
  return response.status === 200 && (anchor === undefined || html.includes(` id="${anchor}"`))
}

test('Help: every link leads to a page and a section that exist', async () => {
  for (const address of Object.values(HELP)) expect([address, await exists(`/docs${address}`)]).toEqual([address, true])
})

describe('Help on a page', () => {
  const inside = `/projects/${project.id}`
  test.each([
    [inside, HELP.monitors],
    [`${inside}/monitors/new`, HELP['new monitor']],
    [`/monitors/${monitor.uniqueKey}`, HELP.monitors],
    [`/monitors/${monitor.uniqueKey}/pings/1`, HELP.ping],
    [`/monitors/${monitor.uniqueKey}/edit`, HELP['new monitor']],
    [`${inside}/incidents`, HELP.incidents],
    [`${inside}/channels`, HELP.channels],
    [`${inside}/channels/new`, HELP['new channel']],
    [`${inside}/settings`, HELP.project],
    ['/projects/new', HELP['new project']],
    ['/settings', HELP.settings],
    ['/settings/delete', HELP['delete account']],
    ['/docs', HELP.docs],
  ])('%s links to /docs%s, and its other links to the documentation exist', async (path, help) => {
    const html = await alice.read(path)
    expect(html).toMatch(new RegExp(`<a class="quiet-link" href="/docs${help}"[^>]*>Help</a>`))
    for (const link of new Set(linksIn(html))) expect([link, await exists(link)]).toEqual([link, true])
  })

  test('for signing in is public', async () => {
    expect(await stranger.read('/login')).toContain(`href="/docs${HELP['sign in']}"`)
  })
})

describe('Documentation search', () => {
  test('is a form that works without JavaScript, and shows page, section and the words around the match', async () => {
    expect(await stranger.read('/docs/alerts')).toContain('<form class="docs-search" method="get" action="/docs">')
    const html = await stranger.read('/docs?q=overtakes')
    expect(html).toContain('<a href="/docs/alerts#retries">Alerts › Retries</a>')
    expect(html).toContain('<mark>overtakes</mark>')
    expect(html).toContain('value="overtakes"')
  })

  test('accepts an empty query, markup, and a very long query', async () => {
    expect(await stranger.read('/docs?q=')).toContain('<h1>Documentation</h1>')
    expect(await stranger.read('/docs?q=%3Cscript%3Ealert(1)%3C/script%3E')).not.toContain('<script>alert')
    const html = await stranger.read(`/docs?q=${'ping+'.repeat(1000)}`)
    expect(html).toContain('20 results')
    expect(html).not.toContain('ping '.repeat(30))
  })
})

test('Documentation below a base path: links between pages and search results have the path', async () => {
  const below = new TestGuard({ env: { CRONGUARD_BASE_URL: 'https://example.com/cron' } })
  below.project()
  const read = async (path: string) => await (await below.request(path)).text()
  expect(await read('/cron/docs/alerts')).toContain('<a href="/cron/docs/webhooks">webhook</a>')
  expect(await read('/cron/docs?q=overtakes')).toContain('<a href="/cron/docs/alerts#retries">')
  below.stop()
})
