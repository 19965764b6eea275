import { afterEach, beforeEach, expect, test } from 'bun:test'
import { BASE_URL } from './conformance.ts'
import { MARKDOWN_TEXTS } from './expected.ts'
import {
  type Call,
  DOWN,
  htmlOfMarkdown,
  requestOf,
  Service,
  type ServiceAdaptor,
  structureOfHtml,
  testService,
  UP,
} from './service.ts'

const TOKEN = 'tk_agqdq7mvbovtmd0secret'
const PASSWORD = 'ntfy-password-77'

const adaptor: ServiceAdaptor = {
  kind: 'ntfy',
  settings: (base) => ({
    server: `${base}/push`,
    topic: 'alerts-7Xq',
    token: TOKEN,
    username: 'ops',
    password: PASSWORD,
    downPriority: '5',
    upPriority: '3',
  }),
  accepts: () => ({ status: 200, body: '{"id":"sPs71M8A2T","event":"message","topic":"alerts-7Xq"}' }),
  read: ({ json }: Call) => ({
    name: json.title.replace(/^(Up|Down): /, ''),
    status: json.tags[0] === 'green_circle' ? 'up' : 'down',
    isTest: json.message.includes('This is a test.'),
    structure: [...Object.keys(json), ...structureOfHtml(htmlOfMarkdown(json.message))],
  }),
  invalidSettings: [
    ['no fields', {}],
    ['a topic with a slash', { server: 'https://ntfy.sh', topic: 'a/b', downPriority: '5', upPriority: '3' }],
    ['a priority of 6', { server: 'https://ntfy.sh', topic: 'a', downPriority: '6', upPriority: '3' }],
    ['a file as server', { server: 'file:///etc/passwd', topic: 'a', downPriority: '5', upPriority: '3' }],
    ['a server with a query', { server: 'https://ntfy.sh/?x=1', topic: 'a', downPriority: '5', upPriority: '3' }],
  ],
  secrets: [TOKEN, PASSWORD],
  errors: [
    [
      'the topic is protected',
      {
        status: 403,
        body: '{"code":40301,"http":403,"error":"forbidden","link":"https://ntfy.sh/docs/publish/#authentication"}',
      },
      { detail: 'Received status code 403: forbidden', isPermanent: false },
    ],
    [
      'too many requests',
      { status: 429, body: '{"code":42901,"http":429,"error":"limit reached: too many requests"}' },
      { detail: 'Received status code 429: limit reached: too many requests', isPermanent: false },
    ],
  ],
}

testService(adaptor)

let service: Service
beforeEach(async () => {
  service = await new Service(adaptor).open()
})
afterEach(() => service.stop())

test('ntfy: sends the title, Markdown, a priority and buttons', async () => {
  await service.send(DOWN)
  await service.send(UP)
  const page = `${BASE_URL}/monitors/${'f'.repeat(40)}`
  const request = { request: 'POST /push/', authorization: `Bearer ${TOKEN}` }
  expect(service.calls.map(requestOf)).toEqual([
    {
      ...request,
      body: {
        topic: 'alerts-7Xq',
        priority: 5,
        title: 'Down: backup',
        message: MARKDOWN_TEXTS.down,
        markdown: true,
        tags: ['red_circle'],
        click: page,
        actions: [
          { action: 'view', label: 'Open monitor', url: page },
          { action: 'view', label: 'Acknowledge', url: `${BASE_URL}/acknowledge/token` },
        ],
      },
    },
    {
      ...request,
      body: {
        topic: 'alerts-7Xq',
        priority: 3,
        title: 'Up: backup',
        message: MARKDOWN_TEXTS.up,
        markdown: true,
        tags: ['green_circle'],
        click: page,
        actions: [{ action: 'view', label: 'Open monitor', url: page }],
      },
    },
  ])
})

test('ntfy: signs in with a user name and a password if there is no token', async () => {
  await service.send(DOWN, { token: undefined })
  const expected = `Basic ${Buffer.from(`ops:${PASSWORD}`).toString('base64')}`
  expect(service.calls[0]?.headers.authorization).toBe(expected)
})

test('ntfy: sends nothing if the priority is 0', async () => {
  expect(await service.send(UP, { upPriority: '0' })).toMatchObject({
    result: 'logged',
    detail: 'The priority is “Send nothing”',
  })
  expect(service.calls).toEqual([])
})
