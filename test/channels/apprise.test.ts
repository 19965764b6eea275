import { afterEach, beforeEach, expect, test } from 'bun:test'
import { BASE_URL } from './conformance.ts'
import { PLAIN_TEXTS } from './expected.ts'
import {
  addressesIn,
  type Call,
  DOWN,
  GAP,
  nameIn,
  requestOf,
  Service,
  type ServiceAdaptor,
  structureOfHtml,
  TEST,
  testService,
  UP,
} from './service.ts'

const KEY = 'cronguard-Xy7secret'
const PASSWORD = 'apprise-password-77'
const URLS = 'slack://TokenA/TokenB/TokenC/#ops'

const VALID = { server: 'https://apprise.example.org', key: KEY }

const adaptor: ServiceAdaptor = {
  kind: 'apprise',
  settings: (base) => ({
    server: `${base}/apprise/`,
    key: KEY,
    urls: undefined,
    tag: 'ops',
    username: 'admin',
    password: PASSWORD,
  }),
  accepts: () => ({ status: 200, body: '{"error":null,"details":[]}' }),
  // A service behind Apprise may read the text as HTML, and link addresses.
  read: ({ json }: Call) => ({
    name: nameIn(json.title),
    status: json.type === 'success' ? 'up' : 'down',
    isTest: json.body.startsWith('This is a test.'),
    structure: [
      ...Object.keys(json),
      ...structureOfHtml(json.title),
      ...structureOfHtml(json.body),
      ...addressesIn(json.body),
    ],
  }),
  invalidSettings: [
    ['no fields', {}],
    ['neither a key nor URLs', { server: 'https://apprise.example.org' }],
    ['a key and URLs', { ...VALID, urls: URLS }],
    ['a key with a slash', { ...VALID, key: '../cfg' }],
  ],
  secrets: [KEY, PASSWORD],
  // Statuses and texts are those of caronc/apprise-api, `apprise_api/api/views.py`.
  errors: [
    [
      'a service failed',
      { status: 424, body: '{"error":"One or more notification could not be sent","details":[]}' },
      { detail: 'Received status code 424: One or more notification could not be sent', isPermanent: false },
    ],
    [
      'the key has no configuration',
      { status: 204 },
      {
        detail: 'Received status code 204: The server has no configuration with this key',
        isPermanent: false,
      },
    ],
    [
      'the sign-in is wrong',
      { status: 401, body: '{"error":"Access Denied"}' },
      { detail: 'Received status code 401: Access Denied', isPermanent: false },
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

test('apprise: notifies the services of a stored configuration', async () => {
  const golden = (title: string, type: string, text: string, links: string) => ({
    request: `POST /apprise/notify/${KEY}`,
    authorization: `Basic ${Buffer.from(`admin:${PASSWORD}`).toString('base64')}`,
    body: {
      title,
      body: `${text.replace('<disk>', '<\u2060disk>')}\n\n${links}`,
      type,
      format: 'text',
      tag: 'ops',
    },
  })
  for (const message of [DOWN, UP, GAP, TEST]) await service.send(message)
  const links = `Open monitor: ${page} · Acknowledge: ${BASE_URL}/acknowledge/token`
  expect(service.calls.map(requestOf)).toEqual([
    golden('Down: backup', 'failure', PLAIN_TEXTS.down, links),
    golden('Up: backup', 'success', PLAIN_TEXTS.up, `Open monitor: ${page}`),
    golden(
      'CronGuard was offline (11:21 – 12:00 UTC)',
      'warning',
      PLAIN_TEXTS.gap,
      `Open project: ${BASE_URL}/projects/project-1`,
    ),
    golden('Down: TEST', 'failure', PLAIN_TEXTS.test, `Open CronGuard: ${BASE_URL}/`),
  ])
})

test('apprise: sends the service URLs if there is no key', async () => {
  await service.send(DOWN, { key: undefined, urls: URLS, username: undefined })
  expect(service.calls[0]).toMatchObject({ method: 'POST', path: '/apprise/notify' })
  expect(service.calls[0]?.json.urls).toBe(URLS)
  expect(service.calls[0]?.headers.authorization).toBeUndefined()
})
