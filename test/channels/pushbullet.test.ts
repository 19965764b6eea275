import { afterEach, beforeEach, expect, test } from 'bun:test'
import { BASE_URL, DELIVERY_ID } from './conformance.ts'
import { PLAIN_TEXTS } from './expected.ts'
import {
  addressesIn,
  type Call,
  DOWN,
  GAP,
  requestOf,
  Service,
  type ServiceAdaptor,
  TEST,
  testService,
  UP,
} from './service.ts'

const TOKEN = 'o.dJmvbovtmd0SecretToken'

const adaptor: ServiceAdaptor = {
  kind: 'pushbullet',
  origins: ['https://api.pushbullet.com'],
  settings: () => ({ token: TOKEN, device: 'ujpah72o0sjAoRtnM0jc', channelTag: '' }),
  accepts: () => ({ status: 200, body: '{"active":true,"iden":"ujpah72o0sjAoRtnM0jc","type":"link"}' }),
  // The apps link addresses in the text.
  read: ({ json }: Call) => ({
    name: json.title.replace(/^(Up|Down): /, ''),
    status: json.title.startsWith('Up: ') ? 'up' : 'down',
    isTest: json.body.startsWith('This is a test.'),
    structure: [...Object.keys(json), ...addressesIn(json.body)],
  }),
  invalidSettings: [
    ['no fields', {}],
    ['a token with a line break', { token: 'o.a\r\nX-Forged: 1' }],
  ],
  secrets: [TOKEN],
  // As clients recorded it, such as guanguans/notify (`tests/PushBullet`).
  errors: [
    [
      'the token is invalid',
      {
        status: 401,
        body: `{"error":{"code":"invalid_access_token","type":"invalid_request",
          "message":"Access token is missing or invalid.","cat":"(=^･ω･^)y＝"},"error_code":"invalid_access_token"}`,
      },
      { detail: 'Received status code 401: Access token is missing or invalid.', isPermanent: false },
    ],
  ],
}

testService(adaptor)

let service: Service
beforeEach(async () => {
  service = await new Service(adaptor).open()
})
afterEach(() => service.stop())

test('pushbullet: sends a link with the ID of the delivery, so that a retry creates no second push', async () => {
  const page = `${BASE_URL}/monitors/${'f'.repeat(40)}`
  const golden = (title: string, body: string, url: string) => ({
    request: 'POST /v2/pushes',
    body: { type: 'link', guid: DELIVERY_ID, title, body, url, device_iden: 'ujpah72o0sjAoRtnM0jc' },
  })
  for (const message of [DOWN, UP, GAP, TEST]) await service.send(message)
  expect(service.calls.map(requestOf)).toEqual([
    golden('Down: backup', `${PLAIN_TEXTS.down}\n\nAcknowledge: ${BASE_URL}/acknowledge/token`, page),
    golden('Up: backup', PLAIN_TEXTS.up, page),
    golden('CronGuard was offline (11:21 – 12:00 UTC)', PLAIN_TEXTS.gap, `${BASE_URL}/projects/project-1`),
    golden('Down: TEST', PLAIN_TEXTS.test, `${BASE_URL}/`),
  ])
  expect(service.calls.map(({ headers }) => headers['access-token'])).toEqual(Array(4).fill(TOKEN))
})

test('pushbullet: sends to a channel in place of a device', async () => {
  await service.send(DOWN, { channelTag: 'ops-alerts' })
  expect(service.calls[0]?.json).toMatchObject({ channel_tag: 'ops-alerts' })
  expect(service.calls[0]?.json.device_iden).toBeUndefined()
})
