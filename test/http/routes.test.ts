// Every route against what its file declares: whether it reads a cookie, and what an error looks like.
import { afterAll, describe, expect, test } from 'bun:test'
import { READS_COOKIES, type Route } from '#http/routes.ts'
import { createRoutes } from '#http/server.ts'
import { DIALECTS } from '#settings.ts'
import { TestGuard } from '../support/cronguard.ts'
import { signedIn } from '../support/visitor.ts'

const UUID = '00000000-0000-4000-8000-000000000000'
const FOREIGN = { Origin: 'https://evil.example' }
const REFUSAL = 'This form was sent from another site.'
const CONTENT_TYPES = { page: 'text/html', text: 'text/plain', json: 'application/json' }

const guard = new TestGuard({
  env: Object.fromEntries(DIALECTS.map((name) => [`CRONGUARD_DIALECT_${name.toUpperCase()}`, 'on'])),
})
const plain = new TestGuard()
const routes: readonly Route[] = createRoutes(guard.deps, () => [], guard.live).routes
const tagsOf = ({ hooks }: Route): string[] => hooks.detail?.tags ?? []
const readsCookies = (route: Route): boolean => tagsOf(route).includes(READS_COOKIES)
const addressOf = ({ path }: Route): string => path.replace(/:\w+/g, UUID).replace('*', `${UUID}/fail`)
const methodOf = ({ method }: Route): string => (method === 'ALL' ? 'POST' : method)
const nameOf = (route: Route): string => `${route.method} ${route.path}`

afterAll(() => {
  guard.stop()
  plain.stop()
})

describe('Routes', () => {
  test('declare whether they read a cookie, and the format of their errors', () => {
    const forms = ['page', 'text', 'json', 'ping']
    const silent = routes.filter((route) => tagsOf(route).filter((tag) => forms.includes(tag)).length !== 1)
    expect(silent.map(nameOf)).toEqual([])
    for (const form of forms) expect(routes.filter((route) => tagsOf(route).includes(form))).not.toBeEmpty()
  })

  test('that read a cookie refuse a form from another site', async () => {
    const forms = routes.filter((route) => readsCookies(route) && methodOf(route) !== 'GET')
    expect(forms.length).toBeGreaterThan(40)
    for (const route of forms) {
      const answer = await guard.request(addressOf(route), { method: methodOf(route), headers: FOREIGN })
      expect([nameOf(route), answer.status, (await answer.text()).includes(REFUSAL)]).toEqual([
        nameOf(route),
        403,
        true,
      ])
    }
  })

  test('that read no cookie accept a request from another site, and ignore a cookie', async () => {
    const { cookie } = await signedIn(guard, 'alice@example.org')
    const open = routes.filter((route) => !readsCookies(route))
    expect(open.length).toBeGreaterThan(40)
    for (const route of open) {
      const ask = (headers: Record<string, string>) =>
        guard.request(addressOf(route), { method: methodOf(route), headers: { ...FOREIGN, ...headers } })
      const [stranger, person] = [await ask({}), await ask({ Cookie: cookie })]
      const text = await stranger.text()
      expect([nameOf(route), text.includes(REFUSAL)]).toEqual([nameOf(route), false])
      expect([nameOf(route), person.status, await person.text()]).toEqual([nameOf(route), stranger.status, text])
    }
  })

  test.each([
    ['/api/v3/nowhere', 'json'],
    ['/api/v9/checks/', 'json'],
    ['/nowhere', 'page'],
    ['/nowhere/start', 'page'],
    ['/api', 'page'],
    ['/monitors/x/nowhere', 'page'],
    ['/settings/x/y/z', 'page'],
    ['/ping/nowhere/x/y/z', 'text'],
    ['/badge/nowhere', 'text'],
  ] as const)('answer 404 to %s as %s', async (path, form) => {
    for (const method of form === 'text' ? ['GET'] : ['GET', 'POST']) {
      const { status, headers } = await plain.request(path, { method, headers: FOREIGN })
      expect([method, status, headers.get('content-type')?.split(';')[0]]).toEqual([method, 404, CONTENT_TYPES[form]])
    }
  })
})

test('Routes: an unexpected error has the format that its route declares', async () => {
  const broken = new TestGuard()
  const { cookie } = await signedIn(broken, 'alice@example.org')
  broken.db.close()
  const seen = { page: 0, text: 0, json: 0 }
  for (const route of routes) {
    const form = (['page', 'text', 'json'] as const).find((name) => tagsOf(route).includes(name))
    if (form === undefined) continue
    const headers = { Cookie: cookie, 'X-Api-Key': 'k'.repeat(32) }
    const answer = await broken.request(addressOf(route), { method: methodOf(route), headers })
    if (answer.status < 500 || !answer.headers.has('x-request-id')) continue
    const type = answer.headers.get('content-type')?.split(';')[0]
    expect([nameOf(route), type]).toEqual([nameOf(route), CONTENT_TYPES[form]])
    seen[form] += 1
  }
  expect(seen.page).toBeGreaterThan(40)
  expect(seen.json).toBeGreaterThan(10)
  expect(seen.text).toBeGreaterThan(0)
})
