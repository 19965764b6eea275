// Every page and form, requested by a stranger, an outsider and the four roles.
import { describe, expect, test } from 'bun:test'
import { ROLES, type Role } from '#domain/project.ts'
import { createRoutes } from '#http/server.ts'
import { TestGuard } from '../support/cronguard.ts'
import { memberOf, signedIn, Visitor } from '../support/visitor.ts'
import { newWorld, type World } from '../support/world.ts'

/** The least that is needed: nothing, an account, admin rights on the server, or a role in the project. */
type Needs = 'anyone' | 'user' | 'server-admin' | Role

const TABLE: Record<string, Needs> = {
  'GET /': 'user',
  'GET /projects/:project': 'viewer',
  'GET /projects/:project/monitors': 'viewer',
  'GET /projects/:project/monitors/list': 'viewer',
  'GET /projects/:project/counts': 'viewer',
  'GET /projects/:project/events': 'viewer',
  'GET /monitors/:monitor': 'viewer',
  'POST /monitors/:monitor/pause': 'member',
  'POST /monitors/:monitor/resume': 'member',
  'GET /monitors/:monitor/ping': 'member',
  'POST /monitors/:monitor/ping': 'member',
  'GET /monitors/:monitor/delete': 'member',
  'POST /monitors/:monitor/delete': 'member',
  'GET /monitors/:monitor/overview': 'viewer',
  'GET /monitors/:monitor/charts': 'viewer',
  'GET /monitors/:monitor/incidents': 'viewer',
  'GET /monitors/:monitor/timeline': 'viewer',
  'GET /monitors/:monitor/timeline/older': 'viewer',
  'GET /monitors/:monitor/timeline/newer': 'viewer',
  'GET /projects/:project/monitors/new': 'member',
  'POST /projects/:project/monitors': 'member',
  'GET /projects/:project/schedule-preview': 'member',
  'GET /monitors/:monitor/edit': 'member',
  'POST /monitors/:monitor': 'member',
  'GET /monitors/:monitor/pings/:number': 'viewer',
  'GET /monitors/:monitor/pings/:number/body': 'member',
  'GET /projects/:project/channels': 'viewer',
  'GET /projects/:project/channels/new': 'member',
  'POST /projects/:project/channels': 'member',
  'POST /projects/:project/channels/draft/test': 'member',
  'POST /projects/:project/channels/draft/setup': 'member',
  'POST /projects/:project/channels/draft/preview': 'member',
  'GET /channels/:channel': 'viewer',
  'POST /channels/:channel': 'member',
  'GET /channels/:channel/test': 'viewer',
  'POST /channels/:channel/test': 'member',
  'POST /channels/:channel/test/outcome': 'member',
  'POST /channels/:channel/confirmation': 'member',
  'GET /channels/:channel/unsubscribe': 'member',
  'POST /channels/:channel/unsubscribe': 'member',
  'GET /channels/:channel/disable': 'member',
  'POST /channels/:channel/disable': 'member',
  'POST /channels/:channel/enable': 'member',
  'GET /channels/:channel/delete': 'member',
  'POST /channels/:channel/delete': 'member',
  'GET /projects/:project/incidents': 'viewer',
  'GET /projects/:project/incidents/list': 'viewer',
  'GET /projects/:project/incidents.csv': 'viewer',
  'GET /incidents/:incident': 'viewer',
  'GET /incidents/:incident/story': 'viewer',
  'POST /incidents/:incident/acknowledgment': 'member',
  'POST /incidents/:incident/acknowledgment/withdrawal': 'member',
  'GET /incidents/:incident/note': 'viewer',
  'POST /incidents/:incident/note': 'member',
  'POST /deliveries/:delivery/resend': 'member',
  'POST /monitors/:monitor/snooze': 'member',
  'POST /incidents/:incident/snooze': 'member',
  'POST /projects/:project/snoozes': 'member',
  'POST /snoozes/:snooze/end': 'member',
  'GET /projects/:project/maintenance': 'viewer',
  'POST /projects/:project/maintenance': 'member',
  'POST /maintenance/:window/end': 'member',
  'GET /docs': 'anyone',
  'GET /docs/:page': 'anyone',
  'GET /docs/licenses': 'anyone',
  'GET /health': 'anyone',
  'GET /livez': 'anyone',
  'GET /manifest.webmanifest': 'anyone',
  'GET /push-worker.js': 'anyone',
  'POST /push-renewal': 'anyone',
  'GET /readyz': 'anyone',
  'GET /login': 'anyone',
  'POST /login': 'anyone',
  'POST /logout': 'anyone',
  'GET /setup': 'anyone',
  'POST /setup': 'anyone',
  'GET /register': 'anyone',
  'POST /register': 'anyone',
  'GET /register/:token': 'anyone',
  'POST /register/:token': 'anyone',
  'GET /invitations/:token': 'anyone',
  'POST /invitations/:token/account': 'anyone',
  'GET /invitations/:token/account': 'anyone',
  'POST /invitations/:token': 'user',
  'GET /password-reset': 'anyone',
  'POST /password-reset': 'anyone',
  'GET /password-reset/:token': 'anyone',
  'POST /password-reset/:token': 'anyone',
  'GET /verify-email/:token': 'anyone',
  'POST /verify-email/:token': 'anyone',
  'GET /acknowledge/:token': 'anyone',
  'POST /acknowledge/:token': 'anyone',
  'GET /snooze/:token': 'anyone',
  'POST /snooze/:token': 'anyone',
  'GET /confirm-address/:token': 'anyone',
  'POST /confirm-address/:token': 'anyone',
  'GET /unsubscribe/:token': 'anyone',
  'POST /unsubscribe/:token': 'anyone',
  'GET /resubscribe/:token': 'anyone',
  'POST /resubscribe/:token': 'anyone',
  'GET /projects/new': 'user',
  'POST /projects': 'user',
  'GET /projects': 'user',
  'GET /projects/:project/settings': 'viewer',
  'POST /projects/:project': 'admin',
  'GET /projects/:project/hidden-words': 'viewer',
  'POST /projects/:project/hidden-words': 'admin',
  'POST /projects/:project/ping-key': 'admin',
  'GET /projects/:project/api-keys': 'viewer',
  'POST /projects/:project/api-keys': 'admin',
  'POST /projects/:project/api-keys/:key/revoke': 'admin',
  'GET /projects/:project/invitations': 'viewer',
  'POST /projects/:project/invitations': 'admin',
  'POST /projects/:project/invitations/:invitation/revoke': 'admin',
  'GET /projects/:project/members/:user': 'viewer',
  'POST /projects/:project/members/:user': 'admin',
  'GET /projects/:project/members/:user/remove': 'viewer',
  'POST /projects/:project/members/:user/remove': 'admin',
  'GET /projects/:project/delete': 'owner',
  'POST /projects/:project/delete': 'owner',
  'GET /settings': 'user',
  'GET /settings/delete': 'user',
  'GET /settings/:form': 'user',
  'POST /settings/profile': 'user',
  'POST /settings/email': 'user',
  'POST /settings/verification': 'user',
  'POST /settings/preferences': 'user',
  'POST /settings/theme': 'user',
  'POST /settings/password': 'user',
  'POST /settings/sessions/end-others': 'user',
  'POST /settings/sessions/:session/end': 'user',
  'POST /settings/delete': 'user',
  'GET /instance': 'server-admin',
  'GET /instance/mail-server': 'server-admin',
  'POST /instance/mail-server': 'server-admin',
  'POST /instance/mail-server/remove': 'server-admin',
  'GET /instance/mail-server/test': 'server-admin',
  'POST /instance/mail-server/test': 'server-admin',
  'POST /instance/mail-server/test/outcome': 'server-admin',
  'GET /instance/backups': 'server-admin',
  'POST /instance/backups': 'server-admin',
  'GET /instance/backups/:backup': 'server-admin',
}

/** Routes covered by other tests: those with keys of their own, and files. */
const ELSEWHERE = /^(?:\w+ \/api\/|ALL \/(?:ping|badge|b)\/|ALL \/\*$|GET \/assets\/|GET [a-z:/]*\/metrics)/

const OTHERS = {
  stranger: async ({ guard }: World) => new Visitor(guard),
  outsider: ({ guard }: World) => signedIn(guard, 'mallory@example.org'),
}

async function requestRoute(world: World, visitor: Visitor, route: string): Promise<Response> {
  const [method, pattern = ''] = route.split(' ')
  const path = world.pathOf(pattern)
  const response = await (method === 'GET' ? visitor.get(path) : visitor.post(path, { role: 'viewer' }))
  await response.body?.cancel()
  world.guard.live.close()
  world.guard.stop()
  return response
}

const routes = Object.entries(TABLE).map(([route, needs]) => ({ route, needs }))
const OFFENCES = [401, 403, 404, 500]

test('Routes by role: the table has every route', async () => {
  const guard = new TestGuard()
  const existing = createRoutes(guard.deps, () => [], guard.live).routes.map(({ method, path }) => `${method} ${path}`)
  expect(existing.filter((route) => !ELSEWHERE.test(route)).sort()).toEqual(Object.keys(TABLE).sort())
  guard.stop()
})

/** Forms that never answer with a page: they redirect to one, or replace a part of one. */
const NEVER_A_PAGE = [
  'POST /monitors/:monitor/pause',
  'POST /monitors/:monitor/resume',
  'POST /monitors/:monitor/ping',
  'POST /projects/:project/channels/draft/test',
  'POST /projects/:project/channels/draft/setup',
  'POST /projects/:project/channels/draft/preview',
  'POST /channels/:channel/test/outcome',
  'POST /channels/:channel/confirmation',
  'POST /channels/:channel/disable',
  'POST /channels/:channel/enable',
  'POST /incidents/:incident/acknowledgment',
  'POST /incidents/:incident/acknowledgment/withdrawal',
  'POST /deliveries/:delivery/resend',
  'POST /monitors/:monitor/snooze',
  'POST /incidents/:incident/snooze',
  'POST /projects/:project/snoozes',
  'POST /snoozes/:snooze/end',
  'POST /maintenance/:window/end',
  'POST /instance/mail-server/remove',
  'POST /instance/mail-server/test/outcome',
  'POST /logout',
  'POST /push-renewal',
  'POST /projects/:project/hidden-words',
  'POST /projects/:project/ping-key',
  'POST /projects/:project/api-keys/:key/revoke',
  'POST /projects/:project/invitations/:invitation/revoke',
  'POST /settings/sessions/end-others',
  'POST /settings/sessions/:session/end',
]

// After a reload or a change of the theme, the browser requests such a URL with GET.
test('Forms: the URL of each form that can come back also answers GET', () => {
  const guard = new TestGuard()
  const existing = createRoutes(guard.deps, () => [], guard.live).routes
  const gets = existing.filter(({ method }) => method === 'GET').map(({ path }) => path)
  const answers = gets.map((path) => new RegExp(`^${path.replace(/:\w+/g, '[^/]+')}$`))
  const posts = existing.filter(({ method, path }) => method === 'POST' && !ELSEWHERE.test(`POST ${path}`))
  const lost = posts
    .filter(({ path }) => !answers.some((pattern) => pattern.test(path)))
    .map(({ path }) => `POST ${path}`)
  expect(lost.filter((route) => !NEVER_A_PAGE.includes(route))).toEqual([])
  guard.stop()
})

test.each(NEVER_A_PAGE)('%s never answers with a form', async (route) => {
  const world = await newWorld()
  const owner = await memberOf(world.guard, world.project, 'owner')
  expect((await requestRoute(world, owner, route)).status).not.toBe(422)
})

describe('Routes for a stranger', () => {
  test.each(routes)('$route (needs $needs)', async ({ route, needs }) => {
    const world = await newWorld()
    const { status, headers } = await requestRoute(world, await OTHERS.stranger(world), route)
    const isRefused = status === 401 || (headers.get('location') ?? '').startsWith('/login?next=') || route === 'GET /'
    expect(isRefused).toBe(needs !== 'anyone')
  })
})

describe('Routes for an outsider', () => {
  const inProject = routes.filter(({ needs }) => needs !== 'anyone' && needs !== 'user')

  test.each(inProject)('$route answers 404', async ({ route }) => {
    const world = await newWorld()
    expect((await requestRoute(world, await OTHERS.outsider(world), route)).status).toBe(404)
  })
})

describe.each([...ROLES])('Routes for the role %s', (role) => {
  const inProject = routes.filter(({ needs }) => ROLES.includes(needs as Role))

  test.each(inProject)('$route (needs $needs)', async ({ route, needs }) => {
    const world = await newWorld()
    const { status } = await requestRoute(world, await memberOf(world.guard, world.project, role), route)
    const mayDoIt = ROLES.indexOf(role) <= ROLES.indexOf(needs as Role)
    if (mayDoIt) expect(OFFENCES).not.toContain(status)
    else expect(status).toBe(403)
  })
})

describe('Routes for a user who loses their rights while the form is half sent', () => {
  const forms = routes.filter(({ route, needs }) => route.startsWith('POST') && ROLES.includes(needs as Role))

  test.each(forms)('$route changes nothing', async ({ route }) => {
    const world = await newWorld()
    const { guard, project, pathOf } = world
    const owner = await memberOf(guard, project, 'owner')
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded', Cookie: owner.cookie }
    const answer = guard.request(pathOf(route.split(' ')[1] ?? ''), { method: 'POST', body: readable, headers })
    const writer = writable.getWriter()
    await writer.write(new TextEncoder().encode('role=viewer&name=taken'))
    guard.db.write((tx) => tx.run('DELETE FROM memberships WHERE user_id = $id', { id: owner.user.id }))
    await writer.close()
    expect((await answer).status).toBe(404)
    guard.live.close()
    guard.stop()
  })
})
