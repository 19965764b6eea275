import { afterEach, beforeEach, expect, test } from 'bun:test'
import { fieldsOf, readAttachment } from './attachment.ts'
import { BASE_URL } from './conformance.ts'
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

const PATH_SECRET = '5f1a/secret7ZkTgq2c'

const adaptor: ServiceAdaptor = {
  kind: 'rocketchat',
  settings: (base) => ({ url: `${base}/hooks/${PATH_SECRET}` }),
  accepts: () => ({ status: 200, body: '{"success":true}' }),
  read: ({ json }: Call) => readAttachment(json.attachments[0], json.text),
  invalidSettings: [
    ['no URL', {}],
    ['a URL without a scheme', { url: 'chat.example.org/hooks/x' }],
  ],
  secrets: [PATH_SECRET],
  // As `integrations/server/api/api.ts` of `RocketChat/Rocket.Chat` answers.
  errors: [
    [
      'the webhook is unknown',
      { status: 400, body: '{"success":false,"error":"Invalid integration id or token provided."}' },
      { detail: 'Received status code 400: Invalid integration id or token provided.', isPermanent: false },
    ],
    [
      'a failure with status code 200',
      { status: 200, body: '{"success":false,"error":"channel_not_found"}' },
      { detail: 'Received status code 200: channel_not_found', isPermanent: false },
    ],
  ],
}

testService(adaptor)

let service: Service
beforeEach(async () => {
  service = await new Service(adaptor).open()
})
afterEach(() => service.stop())

test('rocketchat: sends a title as text, and an attachment', async () => {
  const page = `${BASE_URL}/monitors/${'f'.repeat(40)}`
  for (const message of [DOWN, UP, GAP, TEST]) await service.send(message)
  const messages = [
    {
      text: 'Down: backup',
      attachment: {
        title_link: page,
        color: '#c93a32',
        text: [
          DOWN_DETAILS,
          `\`\`\`\n${OUTPUT.replace('<disk>', '<\u2060disk>')}\n\`\`\``,
          DESCRIPTION,
          `[Open monitor](${page}) · [Acknowledge](${BASE_URL}/acknowledge/token)`,
        ].join('\n\n'),
        fields: fieldsOf(DOWN_FACTS),
      },
    },
    {
      text: 'Up: backup',
      attachment: {
        title_link: page,
        color: '#1f8a4c',
        text: [UP_DETAILS, DESCRIPTION, `[Open monitor](${page})`].join('\n\n'),
        fields: fieldsOf(UP_FACTS),
      },
    },
    {
      text: 'CronGuard was offline (11:21 – 12:00 UTC)',
      attachment: {
        title_link: `${BASE_URL}/projects/project-1`,
        color: '#b7791f',
        text: [GAP_DETAILS, `[Open project](${BASE_URL}/projects/project-1)`].join('\n\n'),
        fields: fieldsOf(GAP_FACTS),
      },
    },
    {
      text: 'Down: TEST',
      attachment: {
        title_link: `${BASE_URL}/`,
        color: '#c93a32',
        text: [TEST_DETAILS, TEST_DESCRIPTION, `[Open CronGuard](${BASE_URL}/)`].join('\n\n'),
        fields: fieldsOf(TEST_FACTS),
      },
    },
  ]
  expect(service.calls.map(requestOf)).toEqual(
    messages.map(({ text, attachment }) => ({
      request: `POST /hooks/${PATH_SECRET}`,
      body: { text, parseUrls: false, attachments: [attachment] },
    })),
  )
})
