import { afterEach, beforeEach, expect, test } from 'bun:test'
import { BASE_URL, THREAD_KEY } from './conformance.ts'
import { HTML_TEXTS } from './expected.ts'
import {
  type Call,
  DOWN,
  GAP,
  requestOf,
  Service,
  type ServiceAdaptor,
  structureOfHtml,
  TEST,
  testService,
  textOfHtml,
  UP,
} from './service.ts'

const TOKEN = 'azGDORePK8gMaC0QOYAMyEEuzJnyUi'
const USER = 'uQiRzpo4DXghDmr9QzzfQu27cmVRsG'

const VALID = {
  user: USER,
  token: TOKEN,
  device: 'phone',
  downPriority: '2',
  upPriority: '0',
  retry: '300',
  expire: '10800',
}

const adaptor: ServiceAdaptor = {
  kind: 'pushover',
  origins: ['https://api.pushover.net'],
  settings: () => VALID,
  accepts: () => ({ status: 200, body: '{"status":1,"request":"647d2300-702c-4b38-8b2f-d56326ae460b"}' }),
  read: ({ path, form }: Call) =>
    path === '/1/messages.json'
      ? {
          name: form.title?.replace(/^(Up|Down): /, '') ?? '',
          status: form.title?.startsWith('Up: ') ? 'up' : 'down',
          isTest: textOfHtml(form.message ?? '').includes('This is a test.'),
          structure: [...Object.keys(form), ...structureOfHtml(form.message ?? '')],
        }
      : null,
  invalidSettings: [
    ['no fields', {}],
    ['a key with a space', { ...VALID, user: 'a b' }],
    ['a priority of 3', { ...VALID, downPriority: '3' }],
    ['an emergency on recovery', { ...VALID, upPriority: '2' }],
    ['repetitions every 29 seconds', { ...VALID, retry: '29' }],
    ['repetitions for more than 3 hours', { ...VALID, expire: '10801' }],
    ['repetitions every "often"', { ...VALID, retry: 'often' }],
  ],
  secrets: [TOKEN, USER],
  // Bodies as clients recorded them, such as guanguans/notify (`tests/Pushover`).
  errors: [
    [
      'the user is unknown',
      {
        status: 400,
        body: `{"user":"invalid","errors":["user identifier is not a valid user, group, or subscribed user key"],
          "status":0,"request":"3ef45ac6-38d6-47db-b7aa-7731e8ac0fcb"}`,
      },
      {
        detail: 'Received status code 400: user identifier is not a valid user, group, or subscribed user key',
        isPermanent: true,
      },
    ],
    [
      'the token is invalid',
      {
        status: 400,
        body: `{"token":"invalid","errors":["application token is invalid, see https://pushover.net/api"],
          "status":0,"request":"10629fe4-1e37-4c0f-a123-4585a3fb2aea"}`,
      },
      {
        detail: 'Received status code 400: application token is invalid, see https://pushover.net/api',
        isPermanent: false,
      },
    ],
  ],
}

testService(adaptor)

let service: Service
beforeEach(async () => {
  service = await new Service(adaptor).open()
})
afterEach(() => service.stop())

const page = `${BASE_URL}/monitors/${'f'.repeat(40)}`
const account = { token: TOKEN, user: USER, device: 'phone' }
const moment = { html: '1', timestamp: '1772366400' }
const emergency = { priority: '2', tags: THREAD_KEY, retry: '300', expire: '10800' }

// Pushover has no fixed-width text.
function shown(html: string): string {
  return html.replace(/<\/?pre>/g, '')
}

test('pushover: repeats an emergency, and cancels it on recovery', async () => {
  for (const message of [DOWN, UP, GAP, TEST]) await service.send(message)
  expect(service.calls.map(requestOf)).toEqual([
    {
      request: 'POST /1/messages.json',
      body: {
        ...account,
        title: 'Down: backup',
        message: `${shown(HTML_TEXTS.down)}\n\n<a href="${BASE_URL}/acknowledge/token">Acknowledge</a>`,
        ...moment,
        url: page,
        url_title: 'Open monitor',
        ...emergency,
      },
    },
    { request: `POST /1/receipts/cancel_by_tag/${THREAD_KEY}.json`, body: { token: TOKEN } },
    {
      request: 'POST /1/messages.json',
      body: {
        ...account,
        title: 'Up: backup',
        message: HTML_TEXTS.up,
        ...moment,
        url: page,
        url_title: 'Open monitor',
        priority: '0',
        tags: THREAD_KEY,
      },
    },
    {
      request: 'POST /1/messages.json',
      body: {
        ...account,
        title: 'CronGuard was offline (11:21 – 12:00 UTC)',
        message: HTML_TEXTS.gap,
        ...moment,
        url: `${BASE_URL}/projects/project-1`,
        url_title: 'Open project',
        ...emergency,
      },
    },
    {
      request: 'POST /1/messages.json',
      body: {
        ...account,
        title: 'Down: TEST',
        message: HTML_TEXTS.test,
        ...moment,
        url: `${BASE_URL}/`,
        url_title: 'Open CronGuard',
        ...emergency,
      },
    },
  ])
})

test('pushover: cancels nothing if the priority is lower', async () => {
  await service.send(UP, { downPriority: '1' })
  expect(service.calls.map(({ path }) => path)).toEqual(['/1/messages.json'])
})

test('pushover: cancels an emergency even if the recovery itself is not sent', async () => {
  expect((await service.send(UP, { upPriority: '-3' })).result).toBe('sent')
  expect(service.calls.map(({ path }) => path)).toEqual([`/1/receipts/cancel_by_tag/${THREAD_KEY}.json`])
})

test('pushover: cancels the emergencies of all incidents that end with a combined message', async () => {
  const keys = ['one', 'two']
  const combined = { ...DOWN, summarized: [DOWN.notification, UP.notification, UP.notification], ended: keys }
  expect((await service.send(combined)).result).toBe('sent')
  expect(service.calls.map(({ path }) => path)).toEqual([
    ...keys.map((key) => `/1/receipts/cancel_by_tag/${key}.json`),
    '/1/messages.json',
  ])
})

test('pushover: retries the whole recovery if the emergency could not be canceled', async () => {
  service.answer = () => ({ status: 503 })
  expect(await service.send(UP)).toMatchObject({ result: 'failed', isPermanent: false })
  expect(service.calls).toHaveLength(1)
})

test('pushover: sends the recovery if the cancellation is refused', async () => {
  service.answer = ({ path }) => ({ status: path === '/1/messages.json' ? 200 : 404, body: '{"status":0}' })
  expect((await service.send(UP)).result).toBe('sent')
  expect(service.calls).toHaveLength(2)
})
