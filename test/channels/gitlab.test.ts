// The requests and the errors are those of the Issues API and the Notes API in gitlabhq/gitlabhq, doc/api/issues.md and
// doc/api/notes.md.
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { THREAD_KEY } from './conformance.ts'
import { MARKDOWN_TEXTS } from './expected.ts'
import { type Call, DOWN, requestOf, Service, type ServiceAdaptor, testService, UP } from './service.ts'
import { readIssue, testTracker } from './tracker.ts'

const TOKEN = 'glpat-AAAAAAA0secret'

const adaptor: ServiceAdaptor = {
  kind: 'gitlab',
  settings: (base) => ({
    server: `${base}/git`,
    project: 'acme/ops/backups',
    token: TOKEN,
    labels: 'cronguard, night',
  }),
  accepts: ({ method }: Call) =>
    method === 'GET' ? { status: 200, body: '[]' } : { status: 201, body: '{"id":84,"iid":14,"state":"opened"}' },
  read: ({ json }: Call) => (json?.title ? readIssue(json.title, json.description) : null),
  invalidSettings: [
    ['no fields', {}],
    ['a project without a group', { server: 'https://gitlab.com', project: 'backups', token: TOKEN }],
    ['a server with a query', { server: 'https://gitlab.com?x=1', project: 'a/b', token: TOKEN }],
    ['a token with a line break', { server: 'https://gitlab.com', project: 'a/b', token: 'a\nb' }],
  ],
  secrets: [TOKEN],
  errors: [
    [
      'a wrong token',
      { status: 401, body: '{"message":"401 Unauthorized"}' },
      { detail: 'Received status code 401: 401 Unauthorized', isPermanent: false },
    ],
    [
      'a token without the scope',
      {
        status: 403,
        body: '{"error":"insufficient_scope","error_description":"The request requires higher privileges"}',
      },
      { detail: 'Received status code 403: insufficient_scope', isPermanent: false },
    ],
    ['an unknown project', { status: 404, body: '{"message":"404 Project Not Found"}' }, { isPermanent: false }],
    ['too many requests', { status: 429, body: 'Retry later' }, { isPermanent: false }],
  ],
}

const ISSUES = '/git/api/v4/projects/acme%2Fops%2Fbackups/issues'

testService(adaptor)
testTracker(adaptor, {
  id: '14',
  found: '[{"iid":14}]',
  create: `POST ${ISSUES}`,
  close: `PUT ${ISSUES}/14`,
  comment: `POST ${ISSUES}/14/notes`,
})

let service: Service
beforeEach(async () => {
  service = await new Service(adaptor).open()
})
afterEach(() => service.stop())

test('gitlab: creates an issue with labels, and closes it with a comment', async () => {
  expect(await service.send(DOWN)).toMatchObject({ result: 'sent', receipt: '14' })
  await service.send({ ...UP, thread: { key: THREAD_KEY, receipt: '14' } })
  const key = `\n\nIncident: \`${THREAD_KEY}\``
  const link = `[Open monitor](<https://cronguard.example.org/monitors/${'f'.repeat(40)}>)`
  expect(service.calls.map(requestOf)).toEqual([
    { request: `GET ${ISSUES}?search=${THREAD_KEY}&in=description&per_page=1`, body: '' },
    {
      request: `POST ${ISSUES}`,
      body: {
        title: 'Down: backup',
        description: `${MARKDOWN_TEXTS.down}\n\n${link} · [Acknowledge](<${DOWN.links.acknowledge}>)${key}`,
        labels: 'cronguard,night',
      },
    },
    { request: `PUT ${ISSUES}/14`, body: { state_event: 'close' } },
    { request: `POST ${ISSUES}/14/notes`, body: { body: `**Up: backup**\n\n${MARKDOWN_TEXTS.up}\n\n${link}${key}` } },
  ])
  expect(service.calls.map(({ headers }) => headers['private-token'])).toEqual(Array(4).fill(TOKEN))
})
