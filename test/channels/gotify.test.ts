import { afterEach, beforeEach, expect, test } from 'bun:test'
import { BASE_URL } from './conformance.ts'
import { MARKDOWN_TEXTS } from './expected.ts'
import {
  type Call,
  DOWN,
  GAP,
  htmlOfMarkdown,
  requestOf,
  Service,
  type ServiceAdaptor,
  structureOfHtml,
  TEST,
  testService,
  UP,
} from './service.ts'

const TOKEN = 'AtokenOfGotify7'

const VALID = { server: 'https://gotify.example.org', token: TOKEN, downPriority: '8', upPriority: '5' }

const adaptor: ServiceAdaptor = {
  kind: 'gotify',
  settings: (base) => ({ ...VALID, server: `${base}/push/` }),
  accepts: () => ({ status: 200, body: '{"id":25,"appid":5,"message":"…","title":"…","priority":8}' }),
  read: ({ json }: Call) => ({
    name: json.title.replace(/^(Up|Down): /, ''),
    status: json.title.startsWith('Up: ') ? 'up' : 'down',
    isTest: json.message.includes('This is a test.'),
    structure: [...Object.keys(json), ...structureOfHtml(htmlOfMarkdown(json.message))],
  }),
  invalidSettings: [
    ['no fields', {}],
    ['a token with a line break', { ...VALID, token: 'A\r\nX-Forged: 1' }],
    ['a priority of 11', { ...VALID, downPriority: '11' }],
    ['a server with a query', { ...VALID, server: 'https://gotify.example.org/?token=x' }],
  ],
  secrets: [TOKEN],
  // The errors are those of gotify/server, `auth/authentication.go`, as `error/handler.go` writes them.
  errors: [
    [
      'the token is unknown',
      {
        status: 401,
        body: `{"error":"Unauthorized","errorCode":401,
          "errorDescription":"you need to provide a valid access token or user credentials to access this api"}`,
      },
      {
        detail:
          'Received status code 401: you need to provide a valid access token or user credentials to access this api',
        isPermanent: false,
      },
    ],
    [
      'another server answers',
      { status: 404, body: '<html>Not Found</html>' },
      { detail: 'Received status code 404', isPermanent: false },
    ],
  ],
}

testService(adaptor)

let service: Service
beforeEach(async () => {
  service = await new Service(adaptor).open()
})
afterEach(() => service.stop())

test('gotify: keeps the path of the server, and sends the token in a header, Markdown and a priority', async () => {
  const page = `${BASE_URL}/monitors/${'f'.repeat(40)}`
  const project = `${BASE_URL}/projects/project-1`
  const open = `[Open monitor](<${page}>)`
  const golden = (title: string, texts: string[], priority: number, url: string) => ({
    request: 'POST /push/message',
    body: {
      title,
      message: texts.join('\n\n'),
      priority,
      extras: {
        'client::display': { contentType: 'text/markdown' },
        'client::notification': { click: { url } },
      },
    },
  })
  for (const message of [DOWN, UP, GAP, TEST]) await service.send(message)
  const acknowledge = `[Acknowledge](<${BASE_URL}/acknowledge/token>)`
  expect(service.calls.map(requestOf)).toEqual([
    golden('Down: backup', [MARKDOWN_TEXTS.down, `${open} · ${acknowledge}`], 8, page),
    golden('Up: backup', [MARKDOWN_TEXTS.up, open], 5, page),
    golden(
      'CronGuard was offline (11:21 – 12:00 UTC)',
      [MARKDOWN_TEXTS.gap, `[Open project](<${project}>)`],
      8,
      project,
    ),
    golden('Down: TEST', [MARKDOWN_TEXTS.test, `[Open CronGuard](<${BASE_URL}/>)`], 8, `${BASE_URL}/`),
  ])
  expect(service.calls.map(({ headers }) => headers['x-gotify-key'])).toEqual(Array(4).fill(TOKEN))
})

test('gotify: sends nothing if the priority says so, and sends a priority of 0', async () => {
  expect((await service.send(UP, { upPriority: '-1' })).result).toBe('logged')
  expect(service.calls).toEqual([])
  await service.send(UP, { upPriority: '0' })
  expect(service.calls[0]?.json.priority).toBe(0)
})
