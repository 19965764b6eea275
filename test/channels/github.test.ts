// The requests are those of GitHub's REST API, version 2022-11-28, as octokit/openapi describes it. The errors are from
// its documentation ("Troubleshooting the REST API") and from threads in cli/cli.
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { findKind } from '#channels/index.ts'
import { messageOf, notificationOf, THREAD_KEY } from './conformance.ts'
import { MARKDOWN_TEXTS } from './expected.ts'
import { type Call, DOWN, requestOf, Service, type ServiceAdaptor, testService, UP } from './service.ts'
import { readIssue, referencesIn, testTracker } from './tracker.ts'

const TOKEN = 'github_pat_11AAAAAAA0secret'
const REPOSITORY = 'acme/backups'

const adaptor: ServiceAdaptor = {
  kind: 'github',
  settings: (base) => ({ server: base, repository: REPOSITORY, token: TOKEN, labels: 'cronguard, night shift' }),
  accepts: ({ method, path }: Call) => {
    if (method === 'GET') return { status: 200, body: '{"total_count":0,"incomplete_results":false,"items":[]}' }
    return { status: path.endsWith('/issues') ? 201 : 200, body: '{"id":1,"number":17,"state":"open"}' }
  },
  read: ({ method, json }: Call) => (method === 'POST' && json.title ? readIssue(json.title, json.body) : null),
  invalidSettings: [
    ['no fields', {}],
    ['a repository without an owner', { server: 'https://github.com', repository: 'backups', token: TOKEN }],
    ['a repository that leaves its path', { server: 'https://github.com', repository: '../user', token: TOKEN }],
    ['no token', { server: 'https://github.com', repository: REPOSITORY, token: '' }],
  ],
  secrets: [TOKEN],
  errors: [
    [
      'a wrong token',
      { status: 401, body: '{"message":"Bad credentials","documentation_url":"https://docs.github.com/rest"}' },
      { detail: 'Received status code 401: Bad credentials', isPermanent: false },
    ],
    [
      'a token without access to issues',
      { status: 403, body: '{"message":"Resource not accessible by personal access token"}' },
      { isPermanent: false },
    ],
    [
      'a repository that the token cannot see',
      { status: 404, body: '{"message":"Not Found"}' },
      { isPermanent: false },
    ],
    [
      'issues are disabled',
      { status: 410, body: '{"message":"Issues has been disabled in this repository."}' },
      { detail: 'Received status code 410: Issues has been disabled in this repository.', isPermanent: true },
    ],
    [
      'a secondary rate limit',
      {
        status: 403,
        headers: { 'Retry-After': '60' },
        body: '{"message":"You have exceeded a secondary rate limit."}',
      },
      { isPermanent: false, retryAfterMs: 60_000 },
    ],
  ],
}

testService(adaptor)
testTracker(adaptor, {
  id: '17',
  found: '{"total_count":1,"items":[{"number":17}]}',
  create: 'POST /api/v3/repos/acme/backups/issues',
  close: 'PATCH /api/v3/repos/acme/backups/issues/17',
  comment: 'POST /api/v3/repos/acme/backups/issues/17/comments',
})

let service: Service
beforeEach(async () => {
  service = await new Service(adaptor).open()
})
afterEach(() => service.stop())

const KEY = `\n\nIncident: \`${THREAD_KEY}\``
const LINKS = `[Open monitor](<https://cronguard.example.org/monitors/${'f'.repeat(40)}>)`

test('github: creates an issue with labels, and closes it with a comment', async () => {
  expect(await service.send(DOWN)).toMatchObject({ result: 'sent', receipt: '17' })
  await service.send({ ...UP, thread: { key: THREAD_KEY, receipt: '17' } })
  const query = 'q=%22c2a7a8a0-50c1-4d3a-9a0e-0a8d1b8f3f21%22+in%3Abody+is%3Aissue+repo%3Aacme%2Fbackups&per_page=1'
  const authorization = `Bearer ${TOKEN}`
  expect(service.calls.map(requestOf)).toEqual([
    { request: `GET /api/v3/search/issues?${query}`, authorization, body: '' },
    {
      request: 'POST /api/v3/repos/acme/backups/issues',
      authorization,
      body: {
        title: 'Down: backup',
        body: `${MARKDOWN_TEXTS.down}\n\n${LINKS} · [Acknowledge](<${DOWN.links.acknowledge}>)${KEY}`,
        labels: ['cronguard', 'night shift'],
      },
    },
    {
      request: 'PATCH /api/v3/repos/acme/backups/issues/17',
      authorization,
      body: { state: 'closed', state_reason: 'completed' },
    },
    {
      request: 'POST /api/v3/repos/acme/backups/issues/17/comments',
      authorization,
      body: { body: `**Up: backup**\n\n${MARKDOWN_TEXTS.up}\n\n${LINKS}${KEY}` },
    },
  ])
  expect(service.calls[1]?.headers).toMatchObject({
    accept: 'application/vnd.github+json',
    'x-github-api-version': '2022-11-28',
  })
})

test('github: names and descriptions mention no one, and refer to no issue and no commit', async () => {
  const text = '@octocat @acme/ops #12 GH-7 acme/api#3 0123456789abcdef0123 acme@deadbeef1 :tada: :+1: :100:'
  const notification = notificationOf({ name: text, project: text })
  notification.monitor.description = `${text}\n/close\n/assign @octocat`
  await service.send(messageOf(notification))
  const { title, body } = service.calls[1]?.json ?? {}
  expect(referencesIn(title)).toEqual([])
  expect(referencesIn(body)).toEqual([])
  expect(referencesIn(text).length).toBeGreaterThan(8)
})

test.each([
  ['https://github.com', 'https://api.github.com'],
  ['https://acme.ghe.com', 'https://api.acme.ghe.com'],
  ['https://git.acme.example/', 'https://git.acme.example/api/v3'],
])('github: calls the API of %s', async (server, api) => {
  const urls: string[] = []
  const { mailer, outbound } = service.transports()
  const send: typeof outbound.send = ({ url }) => {
    urls.push(url)
    return Promise.resolve({ kind: 'failure', reason: 'refused', detail: 'Connection refused' })
  }
  const settings = { server, repository: REPOSITORY, token: TOKEN }
  await findKind('github')?.send(settings, DOWN, { mailer, outbound: { ...outbound, send } })
  expect(urls).toHaveLength(1)
  expect(urls[0]?.startsWith(`${api}/search/issues?`)).toBe(true)
})
