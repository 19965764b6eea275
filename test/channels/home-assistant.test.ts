import { afterEach, beforeEach, expect, test } from 'bun:test'
import { BASE_URL, DELIVERY_ID, messageOf, notificationOf, THREAD_KEY } from './conformance.ts'
import { OUTPUT, PLAIN_TEXTS } from './expected.ts'
import { type Call, DOWN, GAP, requestOf, Service, type ServiceAdaptor, TEST, testService, UP } from './service.ts'

const PATH = '/ha/api/webhook/-cronguard-Xy7secret'

const adaptor: ServiceAdaptor = {
  kind: 'home-assistant',
  settings: (base) => ({ url: `${base}${PATH}` }),
  accepts: () => ({ status: 200 }),
  read: ({ json }: Call) => ({
    name: json.monitor,
    status: json.status,
    isTest: json.is_test,
    structure: Object.keys(json),
  }),
  invalidSettings: [
    ['no fields', {}],
    ['the address of Home Assistant alone', { url: 'https://home.example.org' }],
    ['an empty webhook ID', { url: 'https://home.example.org/api/webhook/' }],
  ],
  secrets: ['-cronguard-Xy7secret'],
  errors: [['the method is not allowed', { status: 405 }, { detail: 'Received status code 405', isPermanent: false }]],
}

testService(adaptor)

let service: Service
beforeEach(async () => {
  service = await new Service(adaptor).open()
})
afterEach(() => service.stop())

// The address and the answers are those of home-assistant/core, `homeassistant/components/webhook/__init__.py`; that
// JSON arrives as `trigger.json` is in `trigger.py` beside it.
test('home-assistant: sends flat JSON to the webhook', async () => {
  const monitor = {
    monitor: 'backup',
    slug: 'backup',
    tags: ['db', 'prod'],
    url: `${BASE_URL}/monitors/${'f'.repeat(40)}`,
  }
  const common = {
    project: 'Ops',
    at: '2026-03-01T12:00:00.000Z',
    output: null,
    acknowledge_url: null,
    is_test: false,
    incident: THREAD_KEY,
    delivery: DELIVERY_ID,
  }
  for (const message of [DOWN, UP, GAP, TEST]) await service.send(message)
  expect(service.calls.map(requestOf)).toEqual(
    [
      {
        ...common,
        ...monitor,
        status: 'down',
        reason: 'fail',
        title: 'Down: backup',
        message: PLAIN_TEXTS.down,
        output: OUTPUT,
        acknowledge_url: `${BASE_URL}/acknowledge/token`,
      },
      { ...common, ...monitor, status: 'up', reason: 'ping', title: 'Up: backup', message: PLAIN_TEXTS.up },
      {
        ...common,
        status: 'offline',
        reason: 'crash',
        title: 'CronGuard was offline (11:21 – 12:00 UTC)',
        message: PLAIN_TEXTS.gap,
        monitor: null,
        slug: null,
        tags: [],
        url: `${BASE_URL}/projects/project-1`,
      },
      {
        ...common,
        status: 'down',
        reason: 'timeout',
        title: 'Down: TEST',
        message: PLAIN_TEXTS.test,
        monitor: 'TEST',
        slug: 'test',
        tags: ['test'],
        url: `${BASE_URL}/`,
        is_test: true,
      },
    ].map((body) => ({ request: `POST ${PATH}`, body })),
  )
})

// The limit is that of home-assistant/core, `homeassistant/components/recorder/db_schema.py`.
test('home-assistant: a state can keep everything in its attributes', async () => {
  const notification = notificationOf()
  const monitor = { ...notification.monitor, description: 'Copies the database. '.repeat(1200) }
  await service.send(messageOf({ ...notification, monitor }))
  const json = service.calls[0]?.json
  expect(Buffer.byteLength(JSON.stringify(json))).toBeLessThanOrEqual(16_384)
  expect(json.message).toContain('… (cut)')
})
