import { afterEach, beforeEach, expect, test } from 'bun:test'
import { BASE_URL, messageOf, notificationOf } from './conformance.ts'
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

const WORKFLOW = '86bb8cfa1c2d4b6e9secret'
const SIGNATURE = 'sig-7Wq-secret'

const adaptor: ServiceAdaptor = {
  kind: 'teams',
  settings: (base) => ({ url: `${base}/workflows/${WORKFLOW}/triggers/manual/paths/invoke?sig=${SIGNATURE}` }),
  accepts: () => ({ status: 202 }),
  read: ({ json }: Call) => {
    const card = json.attachments[0].content
    const [title] = card.body[0].inlines
    return {
      name: title.text.replace(/^(Up|Down): /, ''),
      status: title.color === 'Good' ? 'up' : 'down',
      isTest: JSON.stringify(card).includes('This is a test.'),
      structure: partsOf(json),
    }
  },
  invalidSettings: [
    ['no URL', {}],
    ['a URL without a scheme', { url: 'prod-1.logic.azure.com/workflows/x' }],
  ],
  secrets: [WORKFLOW, SIGNATURE],
  // https://learn.microsoft.com/en-us/azure/logic-apps/error-codes
  errors: [
    [
      'the workflow was deleted',
      {
        status: 404,
        body: `{"error":{"code":"WorkflowNotFound","message":"The workflow '${WORKFLOW}' could not be found."}}`,
      },
      { detail: 'Received status code 404: WorkflowNotFound', isPermanent: false },
    ],
    [
      'the workflow is turned off',
      {
        status: 400,
        body: `{"error":{"code":"WorkflowTriggerIsNotEnabled","message":"Could not execute ${WORKFLOW}."}}`,
      },
      { detail: 'Received status code 400: WorkflowTriggerIsNotEnabled', isPermanent: false },
    ],
    [
      'the signature is wrong',
      { status: 401, body: '{"error":{"code":"AuthorizationFailed","message":"The authentication credentials…"}}' },
      { detail: 'Received status code 401: AuthorizationFailed', isPermanent: false },
    ],
  ],
}

/** Everything but texts that Teams shows as they are. In text blocks and facts, it reads Markdown. */
// biome-ignore lint/suspicious/noExplicitAny: cards have many shapes.
function partsOf(part: any): string[] {
  if (Array.isArray(part)) return part.flatMap(partsOf)
  if (part === null || typeof part !== 'object') return [String(part)]
  const isShownAsItIs = ['TextRun', 'CodeBlock', 'AdaptiveCard', 'RichTextBlock'].includes(part.type)
  return Object.entries(part)
    .filter(([key]) => !(isShownAsItIs && ['text', 'codeSnippet', 'fallbackText'].includes(key)))
    .flatMap(([key, value]) => [key, ...partsOf(value)])
}

testService(adaptor)

let service: Service
beforeEach(async () => {
  service = await new Service(adaptor).open()
})
afterEach(() => service.stop())

const run = (text: string) => ({ type: 'TextRun', text })
const rich = (...inlines: object[]) => ({ type: 'RichTextBlock', inlines })
const title = (text: string, color: string) => rich({ ...run(text), size: 'Large', weight: 'Bolder', color })
const factsOf = (facts: [label: string, value: string][]) =>
  facts.map(([label, value]) => ({
    ...rich({ ...run(label), weight: 'Bolder' }, run(`: ${value}`)),
    spacing: 'Small',
  }))
const open = (label: string, url: string) => ({ type: 'Action.OpenUrl', title: label, url })

test('teams: sends an adaptive card', async () => {
  const page = `${BASE_URL}/monitors/${'f'.repeat(40)}`
  for (const message of [DOWN, UP, GAP, TEST]) await service.send(message)
  const cards = [
    {
      fallbackText: 'Down: backup',
      body: [
        title('Down: backup', 'Attention'),
        rich(run(DOWN_DETAILS)),
        { type: 'CodeBlock', codeSnippet: OUTPUT, language: 'PlainText' },
        ...factsOf(DOWN_FACTS),
        rich(run(DESCRIPTION)),
      ],
      actions: [open('Open monitor', page), open('Acknowledge', `${BASE_URL}/acknowledge/token`)],
    },
    {
      fallbackText: 'Up: backup',
      body: [title('Up: backup', 'Good'), rich(run(UP_DETAILS)), ...factsOf(UP_FACTS), rich(run(DESCRIPTION))],
      actions: [open('Open monitor', page)],
    },
    {
      fallbackText: 'CronGuard was offline (11:21 – 12:00 UTC)',
      body: [
        title('CronGuard was offline (11:21 – 12:00 UTC)', 'Warning'),
        rich(run(GAP_DETAILS)),
        ...factsOf(GAP_FACTS),
      ],
      actions: [open('Open project', `${BASE_URL}/projects/project-1`)],
    },
    {
      fallbackText: 'Down: TEST',
      body: [
        title('Down: TEST', 'Attention'),
        rich(run(TEST_DETAILS)),
        ...factsOf(TEST_FACTS),
        rich(run(TEST_DESCRIPTION)),
      ],
      actions: [open('Open CronGuard', `${BASE_URL}/`)],
    },
  ]
  const frame = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.2',
    msteams: { width: 'Full' },
  }
  expect(service.calls.map(requestOf)).toEqual(
    cards.map((card) => ({
      request: `POST /workflows/${WORKFLOW}/triggers/manual/paths/invoke?sig=${SIGNATURE}`,
      body: {
        type: 'message',
        attachments: [
          {
            contentType: 'application/vnd.microsoft.card.adaptive',
            contentUrl: null,
            content: { ...frame, ...card },
          },
        ],
      },
    })),
  )
})

test('teams: links the addresses of a description', async () => {
  const notification = notificationOf()
  notification.monitor.description = 'First:\nread https://wiki.example.org/backup.'
  await service.send(messageOf(notification))
  const url = 'https://wiki.example.org/backup'
  expect(service.calls[0]?.json.attachments[0].content.body.slice(-2)).toEqual([
    rich(run('First:')),
    rich(run('read '), { ...run(url), selectAction: { type: 'Action.OpenUrl', url } }, run('.')),
  ])
})
