import { afterEach, beforeEach, expect, test } from 'bun:test'
import { BASE_URL, messageOf, notificationOf } from './conformance.ts'
import { MARKDOWN_TEXTS } from './expected.ts'
import {
  type Call,
  DOWN,
  GAP,
  requestOf,
  Service,
  type ServiceAdaptor,
  structureOfMarkdown,
  TEST,
  testService,
  UP,
  withoutCode,
} from './service.ts'

const KEY = 'a0b1c2secretd3e4f5'
const SETTINGS = {
  server: 'https://example.zulipchat.com',
  email: 'cronguard-bot@example.zulipchat.com',
  key: KEY,
  type: 'stream',
  to: 'ops & alerts',
}

const adaptor: ServiceAdaptor = {
  kind: 'zulip',
  settings: (base) => ({ ...SETTINGS, server: `${base}/chat`, topic: 'Jobs' }),
  accepts: () => ({ status: 200, body: '{"id":42,"msg":"","result":"success"}' }),
  read: ({ form }: Call) => {
    const { content = '' } = form
    const [, title = ''] = /^\*\*(.*?)\*\*\n/.exec(content) ?? []
    return {
      name: withoutCode(title).replace(/^\S+ (Up|Down): /, ''),
      status: title.includes('🟢') ? 'up' : 'down',
      isTest: content.includes('This is a test.'),
      structure: [...Object.keys(form), ...structureOfMarkdown(content)],
    }
  },
  invalidSettings: [
    ['no fields', {}],
    ['a name as email', { ...SETTINGS, email: 'bot' }],
    ['an email with a colon', { ...SETTINGS, email: 'a:b@example.org' }],
    ['another type', { ...SETTINGS, type: 'group' }],
    ['no recipient', { ...SETTINGS, to: ' ' }],
    ['a topic of 61 characters', { ...SETTINGS, topic: 'x'.repeat(61) }],
  ],
  secrets: [KEY, Buffer.from(`${SETTINGS.email}:${KEY}`).toString('base64')],
  // https://zulip.com/api/send-message and https://zulip.com/api/rest-error-handling
  errors: [
    [
      'the channel is unknown',
      {
        status: 400,
        body: '{"code":"STREAM_DOES_NOT_EXIST","msg":"Channel \'x\' does not exist","result":"error","stream":"x"}',
      },
      { detail: "Received status code 400: Channel 'x' does not exist", isPermanent: false },
    ],
    [
      'the key is wrong',
      { status: 401, body: '{"code":"INVALID_API_KEY","msg":"Invalid API key","result":"error"}' },
      { detail: 'Received status code 401: Invalid API key', isPermanent: false },
    ],
    [
      'too many requests',
      {
        status: 429,
        body: '{"code":"RATE_LIMIT_HIT","msg":"API usage exceeded rate limit","result":"error","retry-after":28.7}',
      },
      { isPermanent: false, retryAfterMs: 28_700 },
    ],
  ],
}

testService(adaptor)

let service: Service
beforeEach(async () => {
  service = await new Service(adaptor).open()
})
afterEach(() => service.stop())

test('zulip: sends Markdown to the topic of a channel', async () => {
  const page = `${BASE_URL}/monitors/${'f'.repeat(40)}`
  for (const message of [DOWN, UP, GAP, TEST]) await service.send(message)
  const contents = [
    `**🔴 Down: backup**\n\n${MARKDOWN_TEXTS.down.replace('<disk>', '<\u2060disk>')}\n\n[Open monitor](${page}) · ` +
      `[Acknowledge](${BASE_URL}/acknowledge/token)`,
    `**🟢 Up: backup**\n\n${MARKDOWN_TEXTS.up}\n\n[Open monitor](${page})`,
    `**⚠️ CronGuard was offline (11:21 – 12:00 UTC)**\n\n${MARKDOWN_TEXTS.gap}\n\n` +
      `[Open project](${BASE_URL}/projects/project-1)`,
    `**🔴 Down: TEST**\n\n${MARKDOWN_TEXTS.test}\n\n[Open CronGuard](${BASE_URL}/)`,
  ]
  expect(service.calls.map(requestOf)).toEqual(
    contents.map((content) => ({
      request: 'POST /chat/api/v1/messages',
      authorization: `Basic ${Buffer.from(`${SETTINGS.email}:${KEY}`).toString('base64')}`,
      body: { type: 'stream', to: 'ops & alerts', topic: 'Jobs', content },
    })),
  )
})

test('zulip: gives each monitor a topic by default', async () => {
  for (const message of [DOWN, UP, GAP, messageOf(notificationOf({ name: 'x'.repeat(99) }))]) {
    await service.send(message, { topic: undefined })
  }
  const topics = service.calls.map(({ form }) => form.topic)
  expect(topics).toEqual(['backup', 'backup', 'CronGuard itself', `${'x'.repeat(53)}… (cut)`])
})

test.each([
  ['ada@example.org', '["ada@example.org"]'],
  ['9', '[9]'],
])('zulip: sends a direct message to %s', async (to, sent) => {
  await service.send(DOWN, { type: 'private', to })
  expect(service.calls[0]?.form).toMatchObject({ type: 'private', to: sent })
  expect(service.calls[0]?.form).not.toHaveProperty('topic')
})
