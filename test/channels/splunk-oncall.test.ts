import { afterEach, beforeEach, expect, test } from 'bun:test'
import { BASE_URL, THREAD_KEY } from './conformance.ts'
import { PLAIN_TEXTS } from './expected.ts'
import { type Call, DOWN, GAP, requestOf, Service, type ServiceAdaptor, TEST, testService, UP } from './service.ts'

const PATH = '/integrations/generic/20131114/alert/3f0c9a3e-secret/database'

const adaptor: ServiceAdaptor = {
  kind: 'splunk-oncall',
  settings: (base) => ({ url: `${base}${PATH}` }),
  accepts: ({ json }) => ({ status: 200, body: JSON.stringify({ result: 'success', entity_id: json.entity_id }) }),
  // Splunk On-Call shows all texts as they are.
  read: ({ json }: Call) => ({
    name: json.entity_display_name.replace(/^(Up|Down): /, ''),
    status: json.message_type === 'RECOVERY' ? 'up' : 'down',
    isTest: json.state_message.startsWith('This is a test.'),
    structure: Object.keys(json),
  }),
  invalidSettings: [
    ['no fields', {}],
    ['no address', { url: 'database' }],
    ['a routing key that is still missing', { url: 'https://alert.victorops.com/x/$routing_key' }],
  ],
  secrets: ['3f0c9a3e-secret'],
  // In healthchecks, `hc/integrations/victorops/transport.py`, 404 is final. In influxdata/kapacitor,
  // `services/victorops/service.go`, other errors have a message. Some public clients expect the failure with 200.
  // Splunk documents none of them.
  errors: [
    ['the integration does not exist', { status: 404 }, { detail: 'Received status code 404', isPermanent: true }],
    [
      'the request is invalid',
      { status: 400, body: '{"message":"Invalid JSON"}' },
      { detail: 'Received status code 400: Invalid JSON', isPermanent: false },
    ],
    [
      'it answers 200 with a failure',
      { status: 200, body: '{"result":"failure","message":"Unknown routing key"}' },
      { detail: 'Received status code 200: Unknown routing key', isPermanent: false },
    ],
  ],
}

testService(adaptor)

let service: Service
beforeEach(async () => {
  service = await new Service(adaptor).open()
})
afterEach(() => service.stop())

// The fields and the limit are those of prometheus/alertmanager, `notify/victorops/victorops.go`, and of the “REST
// Endpoint integration” and the “Incident fields glossary” in Splunk's documentation.
test('splunk-oncall: opens an incident, and resolves it with the same entity', async () => {
  const page = `${BASE_URL}/monitors/${'f'.repeat(40)}`
  const common = { entity_id: THREAD_KEY, state_start_time: 1772366400, monitoring_tool: 'CronGuard' }
  for (const message of [DOWN, UP, GAP, TEST]) await service.send(message)
  expect(service.calls.map(({ method, path }) => `${method} ${path}`)).toEqual(Array(4).fill(`POST ${PATH}`))
  expect(service.calls.map(requestOf).map(({ body }) => body)).toEqual([
    {
      ...common,
      message_type: 'CRITICAL',
      entity_display_name: 'Down: backup',
      state_message: PLAIN_TEXTS.down,
      'vo_annotate.u.Open monitor': page,
      'vo_annotate.u.Acknowledge': `${BASE_URL}/acknowledge/token`,
    },
    {
      ...common,
      message_type: 'RECOVERY',
      entity_display_name: 'Up: backup',
      state_message: PLAIN_TEXTS.up,
      'vo_annotate.u.Open monitor': page,
    },
    {
      ...common,
      message_type: 'INFO',
      entity_display_name: 'CronGuard was offline (11:21 – 12:00 UTC)',
      state_message: PLAIN_TEXTS.gap,
      'vo_annotate.u.Open project': `${BASE_URL}/projects/project-1`,
    },
    {
      ...common,
      message_type: 'CRITICAL',
      entity_display_name: 'Down: TEST',
      state_message: PLAIN_TEXTS.test,
      'vo_annotate.u.Open CronGuard': `${BASE_URL}/`,
    },
  ])
})
