import { afterEach, beforeEach, expect, test } from 'bun:test'
import { BASE_URL, THREAD_KEY } from './conformance.ts'
import { PLAIN_TEXTS } from './expected.ts'
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

const PATH = '/integration/int_secret77'

const adaptor: ServiceAdaptor = {
  kind: 'pagertree',
  settings: (base) => ({ url: `${base}${PATH}` }),
  accepts: () => ({ status: 200, body: '{"id":"req_xxxxxxxx"}' }),
  // The description may be shown as HTML.
  read: ({ json }: Call) => ({
    name: textOfHtml(json.title)
      .replaceAll('\u2060', '')
      .replace(/^(Up|Down): /, ''),
    status: json.event_type === 'resolve' ? 'up' : 'down',
    isTest: json.description.startsWith('This is a test.'),
    structure: [...Object.keys(json), ...structureOfHtml(json.title), ...structureOfHtml(json.description)],
  }),
  invalidSettings: [
    ['no fields', {}],
    ['an ID in place of a URL', { url: 'int_xxxxxxxx' }],
  ],
  secrets: ['int_secret77'],
  errors: [
    [
      'the integration does not exist',
      { status: 404, body: '<html>The page you were looking for doesn’t exist</html>' },
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

// The fields are those of PagerTree's webhook integration, as caronc/apprise sends them: `plugins/pagertree.py`.
test('pagertree: creates an alert, and resolves it with the same id', async () => {
  const page = `${BASE_URL}/monitors/${'f'.repeat(40)}`
  const golden = (title: string, text: string, change: Record<string, unknown> = {}) => ({
    request: `POST ${PATH}`,
    body: {
      id: THREAD_KEY,
      event_type: 'create',
      title,
      description: text.replace('<disk>', '<\u2060disk>'),
      tags: ['db', 'prod'],
      meta: { project: 'Ops', url: page },
      ...change,
    },
  })
  for (const message of [DOWN, UP, GAP, TEST]) await service.send(message)
  const project = `${BASE_URL}/projects/project-1`
  expect(service.calls.map(requestOf)).toEqual([
    golden('Down: backup', `${PLAIN_TEXTS.down}\n\nOpen monitor: ${page} · Acknowledge: ${BASE_URL}/acknowledge/token`),
    golden('Up: backup', `${PLAIN_TEXTS.up}\n\nOpen monitor: ${page}`, { event_type: 'resolve' }),
    golden('CronGuard was offline (11:21 – 12:00 UTC)', `${PLAIN_TEXTS.gap}\n\nOpen project: ${project}`, {
      tags: [],
      meta: { project: 'Ops', url: project },
    }),
    golden('Down: TEST', `${PLAIN_TEXTS.test}\n\nOpen CronGuard: ${BASE_URL}/`, {
      tags: ['test'],
      meta: { project: 'Ops', url: `${BASE_URL}/` },
    }),
  ])
})
