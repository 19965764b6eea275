import { afterEach, beforeEach, expect, test } from 'bun:test'
import { BASE_URL, THREAD_KEY } from './conformance.ts'
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

const KEY = '4d3fe16a0a8b4b29b1b8a5a5d7c1e0f2'
const VALID = { key: KEY, region: 'us', severity: 'critical' }

const adaptor: ServiceAdaptor = {
  kind: 'pagerduty',
  origins: ['https://events.pagerduty.com', 'https://events.eu.pagerduty.com'],
  settings: () => VALID,
  accepts: ({ json }) => ({
    status: 202,
    body: JSON.stringify({ status: 'success', message: 'Event processed', dedup_key: json.dedup_key }),
  }),
  // PagerDuty shows all texts as they are.
  read: ({ json }: Call) => ({
    name: json.payload.summary.replace(/^(Up|Down): /, ''),
    status: json.event_action === 'resolve' ? 'up' : 'down',
    isTest: json.payload.custom_details['What happened'].startsWith('This is a test.'),
    structure: [...Object.keys(json), ...Object.keys(json.payload), ...Object.keys(json.payload.custom_details)],
  }),
  invalidSettings: [
    ['no fields', {}],
    ['a key with a line break', { ...VALID, key: 'a\nb' }],
    ['an unknown region', { ...VALID, region: 'mars' }],
    ['an unknown severity', { ...VALID, severity: 'fatal' }],
  ],
  secrets: [KEY],
  // The first body is that of the tests of prometheus/alertmanager, `notify/pagerduty/pagerduty_test.go`.
  errors: [
    [
      'the key is too short',
      {
        status: 400,
        body: `{"status":"invalid event","message":"Event object is invalid",
          "errors":["Length of 'routing_key' is incorrect (should be 32 characters)"]}`,
      },
      {
        detail:
          "Received status code 400: Event object is invalid: Length of 'routing_key' is incorrect " +
          '(should be 32 characters)',
        isPermanent: false,
      },
    ],
    ['too many events', { status: 429, body: '' }, { detail: 'Received status code 429', isPermanent: false }],
  ],
}

testService(adaptor)

let service: Service
beforeEach(async () => {
  service = await new Service(adaptor).open()
})
afterEach(() => service.stop())

// The fields are those of PagerDuty/developer-docs, `docs/events-API-v2/02-Trigger-Events.md`.
test('pagerduty: triggers an alert, and resolves it with the same key', async () => {
  const page = `${BASE_URL}/monitors/${'f'.repeat(40)}`
  const project = `${BASE_URL}/projects/project-1`
  const open = { href: page, text: 'Open monitor' }
  const acknowledge = { href: `${BASE_URL}/acknowledge/token`, text: 'Acknowledge' }
  const common = { routing_key: KEY, dedup_key: THREAD_KEY, client: 'CronGuard', client_url: page }
  const origin = { source: 'Ops', timestamp: '2026-03-01T12:00:00.000Z' }
  for (const message of [DOWN, UP, GAP, TEST]) await service.send(message)
  expect(service.calls.map(({ path }) => path)).toEqual(Array(4).fill('/v2/enqueue'))
  expect(service.calls.map(requestOf).map(({ body }) => body)).toEqual([
    {
      ...common,
      event_action: 'trigger',
      links: [open, acknowledge],
      payload: {
        ...origin,
        summary: 'Down: backup',
        severity: 'critical',
        custom_details: {
          'What happened': DOWN_DETAILS,
          Output: OUTPUT,
          ...Object.fromEntries(DOWN_FACTS),
          Description: DESCRIPTION,
        },
      },
    },
    {
      ...common,
      event_action: 'resolve',
      links: [open],
      payload: {
        ...origin,
        summary: 'Up: backup',
        severity: 'critical',
        custom_details: {
          'What happened': UP_DETAILS,
          ...Object.fromEntries(UP_FACTS),
          Description: DESCRIPTION,
        },
      },
    },
    {
      ...common,
      client_url: project,
      event_action: 'trigger',
      links: [{ href: project, text: 'Open project' }],
      payload: {
        ...origin,
        summary: 'CronGuard was offline (11:21 – 12:00 UTC)',
        severity: 'warning',
        custom_details: { 'What happened': GAP_DETAILS, ...Object.fromEntries(GAP_FACTS) },
      },
    },
    {
      ...common,
      client_url: `${BASE_URL}/`,
      event_action: 'trigger',
      links: [{ href: `${BASE_URL}/`, text: 'Open CronGuard' }],
      payload: {
        ...origin,
        summary: 'Down: TEST',
        severity: 'critical',
        custom_details: {
          'What happened': TEST_DETAILS,
          ...Object.fromEntries(TEST_FACTS),
          Description: TEST_DESCRIPTION,
        },
      },
    },
  ])
})

test('pagerduty: sends to the region of the account', async () => {
  await service.send(DOWN, { region: 'eu' })
  await service.send(DOWN)
  expect(service.origins).toEqual(['https://events.eu.pagerduty.com', 'https://events.pagerduty.com'])
})
