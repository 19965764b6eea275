import { afterEach, beforeEach, expect, test } from 'bun:test'
import { BASE_URL, THREAD_KEY } from './conformance.ts'
import {
  DESCRIPTION,
  DOWN_DETAILS,
  DOWN_FACTS,
  GAP_DETAILS,
  GAP_FACTS,
  OUTPUT,
  PLAIN_TEXTS,
  TEST_DESCRIPTION,
  TEST_DETAILS,
  TEST_FACTS,
} from './expected.ts'
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

const KEY = 'eb243592-faa2-4ba2-a551-1afdf565c889'
const VALID = { server: 'us', key: KEY, priority: 'P1' }

const adaptor: ServiceAdaptor = {
  kind: 'opsgenie',
  origins: ['https://api.opsgenie.com', 'https://api.eu.opsgenie.com', 'https://api.atlassian.com'],
  settings: () => VALID,
  accepts: () => ({
    status: 202,
    body: '{"result":"Request will be processed","took":0.302,"requestId":"43a29c5c-3dbf-4fa4-9c26-f4f71023e120"}',
  }),
  // Some of the fields are shown as HTML.
  read: ({ path, json }: Call) => {
    const text: string = json.message ? `${json.message}\n${json.description}` : json.note
    const [title = ''] = textOfHtml(text).replaceAll('\u2060', '').split('\n')
    return {
      name: title.replace(/^(Up|Down): /, ''),
      status: path.includes('/close') ? 'up' : 'down',
      isTest: text.includes('This is a test.'),
      structure: [...Object.keys(json), ...Object.keys(json.details ?? {}), ...structureOfHtml(text)],
    }
  },
  invalidSettings: [
    ['no fields', {}],
    ['a key with a line break', { ...VALID, key: 'a\nb' }],
    ['an unknown server', { ...VALID, server: 'mars' }],
    ['a priority of P6', { ...VALID, priority: 'P6' }],
  ],
  secrets: [KEY],
  // The first bodies are those of falcosecurity/falcosidekick, issue 719, streaak/keyhacks, pull request 124, and
  // louislam/uptime-kuma, issue 3613; the last is in the form of the tests of opsgenie-go-sdk-v2.
  errors: [
    [
      'the key has the wrong format',
      { status: 422, body: '{"message":"Key format is not valid!","took":0.001,"requestId":"6fd3ab72"}' },
      { detail: 'Received status code 422: Key format is not valid!', isPermanent: false },
    ],
    [
      'the key is unknown',
      { status: 401, body: '{"message":"Could not authenticate","took":0.001,"requestId":"6fd3ab72"}' },
      { detail: 'Received status code 401: Could not authenticate', isPermanent: false },
    ],
    [
      'the key belongs to another integration',
      {
        status: 403,
        body: `{"code":40301,"message":"To perform this action, use an API key from an API integration.",
          "took":0.001,"requestId":"230e4db1"}`,
      },
      {
        detail: 'Received status code 403: To perform this action, use an API key from an API integration.',
        isPermanent: false,
      },
    ],
    [
      'a field is invalid',
      {
        status: 422,
        body: `{"message":"Request body is not processable. Please check the errors.",
          "errors":{"message":"Message can not be empty."},"took":0.083,"requestId":"Id"}`,
      },
      {
        detail:
          'Received status code 422: Request body is not processable. Please check the errors. ' +
          'Message can not be empty.',
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

// The fields are those of prometheus/alertmanager, `notify/opsgenie/opsgenie.go`, and of healthchecks,
// `hc/integrations/opsgenie/transport.py`. The limits are those of “Alerts and Alert Fields” in Opsgenie's
// documentation; those of details and notes are from general knowledge.
test('opsgenie: creates an alert, and closes it by its alias', async () => {
  const page = `${BASE_URL}/monitors/${'f'.repeat(40)}`
  const request = { request: 'POST /v2/alerts', authorization: `GenieKey ${KEY}` }
  const common = { alias: THREAD_KEY, source: 'CronGuard', priority: 'P1' }
  const description = (...parts: string[]) => parts.join('\n\n')
  for (const message of [DOWN, UP, GAP, TEST]) await service.send(message)
  expect(service.calls.map(requestOf)).toEqual([
    {
      ...request,
      body: {
        ...common,
        message: 'Down: backup',
        description: description(
          DOWN_DETAILS,
          OUTPUT.replace('<disk>', '<\u2060disk>'),
          DESCRIPTION,
          `Open monitor: ${page} · Acknowledge: ${BASE_URL}/acknowledge/token`,
        ),
        tags: ['db', 'prod'],
        details: Object.fromEntries(DOWN_FACTS),
      },
    },
    {
      request: `POST /v2/alerts/${THREAD_KEY}/close?identifierType=alias`,
      authorization: `GenieKey ${KEY}`,
      body: {
        source: 'CronGuard',
        note: description('Up: backup', PLAIN_TEXTS.up, `Open monitor: ${page}`),
      },
    },
    {
      ...request,
      body: {
        ...common,
        priority: 'P3',
        message: 'CronGuard was offline (11:21 – 12:00 UTC)',
        description: description(GAP_DETAILS, `Open project: ${BASE_URL}/projects/project-1`),
        tags: [],
        details: Object.fromEntries(GAP_FACTS),
      },
    },
    {
      ...request,
      body: {
        ...common,
        message: 'Down: TEST',
        description: description(TEST_DETAILS, TEST_DESCRIPTION, `Open CronGuard: ${BASE_URL}/`),
        tags: ['test'],
        details: Object.fromEntries(TEST_FACTS),
      },
    },
  ])
})

// The address of Jira Service Management is that of Atlassian's Postman collection `jira-service-desk-ops.1`.
test('opsgenie: sends to the product that the team uses', async () => {
  for (const server of ['us', 'eu', 'jira']) await service.send(DOWN, { server })
  expect(service.origins).toEqual([...(adaptor.origins ?? [])])
  expect(service.calls.map(({ path }) => path)).toEqual(['/v2/alerts', '/v2/alerts', '/jsm/ops/integration/v2/alerts'])
})
