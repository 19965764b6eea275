import { afterEach, beforeEach, expect, test } from 'bun:test'
import { BASE_URL, DELIVERY_ID, messageOf, notificationOf } from './conformance.ts'
import { HTML_TEXTS, PLAIN_TEXTS } from './expected.ts'
import {
  type Answer,
  type Call,
  DOWN,
  findLinks,
  GAP,
  requestOf,
  Service,
  type ServiceAdaptor,
  structureOfHtml,
  TEST,
  testService,
  textOfHtml,
  UP,
  withoutJoiners,
} from './service.ts'

const TOKEN = 'syt_c2VjcmV0_secret_1a2b3c'
const ROOM = '!AbC:example.org'
const EVENT = '$eventIdOfTheFirstMessage'

const adaptor: ServiceAdaptor = {
  kind: 'matrix',
  settings: (base) => ({ homeserver: `${base}/hs/`, room: ROOM, token: TOKEN }),
  accepts: ({ path }) => ({
    status: 200,
    body: JSON.stringify(path.includes('/join/') ? joined : { event_id: EVENT }),
  }),
  read: ({ json }: Call) => {
    if (json.body === undefined) return null
    const [title = ''] = json.body.split('\n')
    const html = String(json.formatted_body)
    return {
      name: withoutJoiners(title).replace(/^\S+ (Up|Down): /, ''),
      status: title.startsWith('🟢') ? 'up' : 'down',
      isTest: json.body.includes('This is a test.'),
      structure: [
        ...Object.keys(json),
        ...structureOfHtml(html),
        ...findLinks(textOfHtml(html.replace(/<(pre|a)\b.*?<\/\1>/gs, ''))),
        ...findLinks(json.body.replaceAll(BASE_URL, '')),
      ],
    }
  },
  invalidSettings: [
    ['no fields', {}],
    ['a person', { homeserver: 'https://example.org', room: '@ada:example.org', token: TOKEN }],
    ['an address without a server', { homeserver: 'https://example.org', room: '#ops', token: TOKEN }],
    ['a token with a line break', { homeserver: 'https://example.org', room: ROOM, token: 'a\nb' }],
  ],
  secrets: [TOKEN],
  // https://spec.matrix.org/latest/client-server-api/#standard-error-response
  errors: [
    [
      'the token is unknown',
      { status: 401, body: '{"errcode":"M_UNKNOWN_TOKEN","error":"Invalid access token passed."}' },
      { detail: 'Received status code 401: Invalid access token passed.', isPermanent: false },
    ],
    [
      'the account may not join',
      { status: 403, body: '{"errcode":"M_FORBIDDEN","error":"You are not invited to this room."}' },
      { detail: 'Received status code 403: You are not invited to this room.', isPermanent: false },
    ],
    [
      'too many requests',
      { status: 429, body: '{"errcode":"M_LIMIT_EXCEEDED","error":"Too Many Requests","retry_after_ms":2500}' },
      { isPermanent: false, retryAfterMs: 2500 },
    ],
  ],
}

const joined = { room_id: '!xyz:example.org' }

testService(adaptor)

let service: Service
beforeEach(async () => {
  service = await new Service(adaptor).open()
})
afterEach(() => service.stop())

test('matrix: sends HTML, and the same as plain text without entities', async () => {
  const page = `${BASE_URL}/monitors/${'f'.repeat(40)}`
  const acknowledge = `${BASE_URL}/acknowledge/token`
  for (const message of [DOWN, UP, GAP, TEST]) await service.send(message)
  const withBreaks = (html: string) => html.replace(/<pre>.*?<\/pre>|\n/gs, (part) => (part === '\n' ? '<br>' : part))
  const project = `${BASE_URL}/projects/project-1`
  const gap = '⚠️ CronGuard was offline (11:21 – 12:00 UTC)'
  const link = (label: string, url: string) => `<a href="${url}">${label}</a>`
  const messages = [
    {
      body: `🔴 Down: backup\n\n${PLAIN_TEXTS.down}\n\nOpen monitor: ${page} · Acknowledge: ${acknowledge}`,
      html:
        `<b>🔴 Down: backup</b>\n\n${HTML_TEXTS.down}\n\n` +
        `${link('Open monitor', page)} · ${link('Acknowledge', acknowledge)}`,
    },
    {
      body: `🟢 Up: backup\n\n${PLAIN_TEXTS.up}\n\nOpen monitor: ${page}`,
      html: `<b>🟢 Up: backup</b>\n\n${HTML_TEXTS.up}\n\n${link('Open monitor', page)}`,
    },
    {
      body: `${gap}\n\n${PLAIN_TEXTS.gap}\n\nOpen project: ${project}`,
      html: `<b>${gap}</b>\n\n${HTML_TEXTS.gap}\n\n${link('Open project', project)}`,
    },
    {
      body: `🔴 Down: TEST\n\n${PLAIN_TEXTS.test}\n\nOpen CronGuard: ${BASE_URL}/`,
      html: `<b>🔴 Down: TEST</b>\n\n${HTML_TEXTS.test}\n\n${link('Open CronGuard', `${BASE_URL}/`)}`,
    },
  ]
  expect(service.calls.map(requestOf)).toEqual(
    messages.map(({ body, html }) => ({
      request: `PUT /hs/_matrix/client/v3/rooms/!AbC%3Aexample.org/send/m.room.message/${DELIVERY_ID}`,
      authorization: `Bearer ${TOKEN}`,
      body: {
        msgtype: 'm.text',
        body,
        format: 'org.matrix.custom.html',
        formatted_body: withBreaks(html),
        'm.mentions': {},
      },
    })),
  )
})

test('matrix: adds to the thread of the first message', async () => {
  expect(await service.send(DOWN)).toMatchObject({ result: 'sent', receipt: EVENT })
  await service.send({ ...UP, thread: { ...UP.thread, receipt: EVENT } })
  expect(service.calls[1]?.json['m.relates_to']).toEqual({
    rel_type: 'm.thread',
    event_id: EVENT,
    is_falling_back: true,
    'm.in_reply_to': { event_id: EVENT },
  })
})

const paths = () => service.calls.map(({ method, path }) => `${method} ${path.replace('/hs/_matrix/client/v3/', '')}`)
const sendTo = (room: string) => `PUT rooms/${room}/send/m.room.message/${DELIVERY_ID}`

test('matrix: finds the room of an address', async () => {
  expect((await service.send(DOWN, { room: '#ops:example.org' })).result).toBe('sent')
  expect(paths()).toEqual(['POST join/%23ops%3Aexample.org', sendTo('!xyz%3Aexample.org')])
})

test('matrix: joins a room to which the account was invited', async () => {
  const forbidden: Answer = { status: 403, body: '{"errcode":"M_FORBIDDEN","error":"User not in room"}' }
  service.answer = (call) => (service.calls.length === 1 ? forbidden : adaptor.accepts(call))
  expect((await service.send(DOWN)).result).toBe('sent')
  expect(paths()).toEqual([sendTo('!AbC%3Aexample.org'), 'POST join/!AbC%3Aexample.org', sendTo('!xyz%3Aexample.org')])
})

test('matrix: fails if joining leads to no room', async () => {
  service.answer = () => ({ status: 200, body: '{}' })
  expect(await service.send(DOWN, { room: '#ops:example.org' })).toMatchObject({ result: 'failed', isPermanent: false })
})

test('matrix: shows a mention of the room as text', async () => {
  await service.send(messageOf(notificationOf({ name: '@room <b>' })))
  expect(service.calls[0]?.json.body).toStartWith('🔴 Down: @\u2060room <b>\n')
})
