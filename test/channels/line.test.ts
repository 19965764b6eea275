import { afterEach, beforeEach, expect, test } from 'bun:test'
import { BASE_URL, DELIVERY_ID, messageOf, notificationOf } from './conformance.ts'
import {
  DESCRIPTION,
  DOWN_DETAILS,
  DOWN_FACTS,
  GAP_DETAILS,
  GAP_FACTS,
  OUTPUT,
  TEST_DESCRIPTION,
  TEST_DETAILS,
  TEST_FACTS,
  UP_DETAILS,
  UP_FACTS,
} from './expected.ts'
import { type Call, DOWN, GAP, requestOf, Service, type ServiceAdaptor, TEST, testService, UP } from './service.ts'

const TOKEN = 'line-channel-access-token/77+secret='
const USER = `U${'0123456789abcdef'.repeat(2)}`
const VALID = { token: TOKEN, to: USER }

const adaptor: ServiceAdaptor = {
  kind: 'line',
  origins: ['https://api.line.me'],
  settings: () => VALID,
  accepts: () => ({ status: 200, body: '{"sentMessages":[{"id":"461230966842064897","quoteToken":"IStG5h1Tz7b"}]}' }),
  // The texts of a bubble have no formats, links or mentions.
  read: ({ json }: Call) => {
    const [{ altText, contents }] = json.messages
    return {
      name: contents.header.contents[0].text.replace(/^(Up|Down): /, ''),
      status: contents.header.backgroundColor === '#067647' ? 'up' : 'down',
      isTest: altText.includes('This is a test.'),
      structure: shapeOf(json),
    }
  },
  invalidSettings: [
    ['no fields', {}],
    ['a LINE ID', { ...VALID, to: '@cronguard' }],
    ['a token with a line break', { ...VALID, token: 'a\nb' }],
  ],
  secrets: [TOKEN],
  // The texts are those of “Error responses” in LINE's Messaging API reference; that of 401 is from a client's test.
  errors: [
    [
      'the recipient is invalid',
      { status: 400, body: `{"message":"The property, 'to', in the request body is invalid (line: -, column: -)"}` },
      {
        detail: "Received status code 400: The property, 'to', in the request body is invalid (line: -, column: -)",
        isPermanent: false,
      },
    ],
    [
      'the message could not be sent, for example because the user does not exist',
      { status: 400, body: '{"message":"Failed to send messages"}' },
      { detail: 'Received status code 400: Failed to send messages', isPermanent: false },
    ],
    [
      'a text is empty',
      {
        status: 400,
        body: `{"message":"The request body has 1 error(s)",
          "details":[{"message":"May not be empty","property":"messages[0].text"}]}`,
      },
      {
        detail: 'Received status code 400: The request body has 1 error(s): May not be empty',
        isPermanent: false,
      },
    ],
    [
      'the token is invalid',
      {
        status: 401,
        body: `{"message":"Authentication failed due to the following reason: invalid token.
          Confirm that the access token in the authorization header is valid."}`.replace(/\n\s+/, ' '),
      },
      { isPermanent: false },
    ],
    [
      'the monthly limit is reached',
      { status: 429, body: '{"message":"You have reached your monthly limit."}' },
      { detail: 'Received status code 429: You have reached your monthly limit.', isPermanent: false },
    ],
  ],
}

/** The names and types of everything in the JSON, without the texts. */
function shapeOf(value: unknown, name = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => shapeOf(item, `${name}[]`))
  if (value === null || typeof value !== 'object') return [name]
  return Object.entries(value).flatMap(([key, item]) =>
    key === 'type' ? [`${name} is ${item}`] : shapeOf(item, `${name}.${key}`),
  )
}

testService(adaptor)

let service: Service
beforeEach(async () => {
  service = await new Service(adaptor).open()
})
afterEach(() => service.stop())

const facts = (list: [string, string][]) => list.map((fact) => fact.join(': ')).join('\n')

function golden(
  [title = '', color]: string[],
  texts: string[],
  buttons: [label: string, uri: string][],
): Record<string, unknown> {
  const box = (contents: unknown[]) => ({ type: 'box', layout: 'vertical', spacing: 'md', contents })
  return {
    to: USER,
    messages: [
      {
        type: 'flex',
        altText: `${title}\n${texts[0]}`,
        contents: {
          type: 'bubble',
          header: {
            ...box([{ type: 'text', text: title, wrap: true, weight: 'bold', color: '#ffffff' }]),
            backgroundColor: color,
          },
          body: box(texts.map((text) => ({ type: 'text', text, wrap: true, size: 'sm' }))),
          footer: box(
            buttons.map(([label, uri], index) => ({
              type: 'button',
              style: index === 0 ? 'primary' : 'secondary',
              action: { type: 'uri', label, uri },
            })),
          ),
        },
      },
    ],
  }
}

// The address and the key are those of line/line-openapi, `messaging-api.yml`; the bubble and its limits are those of
// “Flex Message” in LINE's Messaging API reference.
test('line: sends a bubble with buttons, and the delivery as the key of retries', async () => {
  const page = `${BASE_URL}/monitors/${'f'.repeat(40)}`
  const open: [string, string] = ['Open monitor', page]
  for (const message of [DOWN, UP, GAP, TEST]) await service.send(message)
  expect(service.calls.map(requestOf)).toEqual(
    [
      golden(
        ['Down: backup', '#b42318'],
        [DOWN_DETAILS, OUTPUT, facts(DOWN_FACTS), DESCRIPTION],
        [open, ['Acknowledge', `${BASE_URL}/acknowledge/token`]],
      ),
      golden(['Up: backup', '#067647'], [UP_DETAILS, facts(UP_FACTS), DESCRIPTION], [open]),
      golden(
        ['CronGuard was offline (11:21 – 12:00 UTC)', '#b54708'],
        [GAP_DETAILS, facts(GAP_FACTS)],
        [['Open project', `${BASE_URL}/projects/project-1`]],
      ),
      golden(
        ['Down: TEST', '#b42318'],
        [TEST_DETAILS, facts(TEST_FACTS), TEST_DESCRIPTION],
        [['Open CronGuard', `${BASE_URL}/`]],
      ),
    ].map((body) => ({ request: 'POST /v2/bot/message/push', authorization: `Bearer ${TOKEN}`, body })),
  )
  expect(service.calls.map(({ headers }) => headers['x-line-retry-key'])).toEqual(Array(4).fill(DELIVERY_ID))
})

// The answer is that of “Retry failed API requests” in LINE's documentation.
test('line: a retry of a message that arrived counts as sent', async () => {
  const sentMessages = [{ id: '461230966842064897', quoteToken: 'IStG5h1Tz7b' }]
  service.answer = () => ({
    status: 409,
    body: JSON.stringify({ message: 'The retry key is already accepted', sentMessages }),
  })
  expect((await service.send(DOWN)).result).toBe('sent')
})

test('line: never sends an empty text, which LINE refuses', async () => {
  await service.send({ ...DOWN, output: { text: ' \n', isCut: false } })
  expect(service.calls[0]?.json.messages[0].contents.body.contents).toHaveLength(3)
})

// LINE counts UTF-16 units: see “Character counting in a text” in its documentation.
test('line: the text of the notification has at most 1,500 units', async () => {
  await service.send(messageOf(notificationOf({ name: '🍎'.repeat(2000) })))
  const { altText } = service.calls[0]?.json.messages[0] ?? {}
  expect(altText.length).toBeLessThanOrEqual(1500)
  expect(altText.length).toBeGreaterThan(1400)
  expect(altText).toEndWith('… (cut)')
})
