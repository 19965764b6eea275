import { afterEach, beforeEach, expect, test } from 'bun:test'
import { fieldsOf, readAttachment } from './attachment.ts'
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

const PATH_SECRET = 'xxxsecretxxxgeneratedkeyxx'

const adaptor: ServiceAdaptor = {
  kind: 'mattermost',
  settings: (base) => ({ url: `${base}/hooks/${PATH_SECRET}` }),
  accepts: () => ({ status: 200, headers: { 'Content-Type': 'text/plain' }, body: 'ok' }),
  read: ({ json }: Call) => {
    const [attachment] = json.attachments
    expect(JSON.stringify(json).length).toBeLessThan(8000)
    return readAttachment(attachment, attachment.title)
  },
  invalidSettings: [
    ['no URL', {}],
    ['a URL without a scheme', { url: 'mattermost.example.org/hooks/x' }],
  ],
  secrets: [PATH_SECRET],
  // As `App.HandleIncomingWebhook` of `mattermost/mattermost` answers. A broken database leads to the first one, too.
  errors: [
    [
      'the webhook is unknown',
      {
        status: 400,
        body: '{"id":"web.incoming_webhook.invalid.app_error","message":"Invalid webhook.","status_code":400}',
      },
      { detail: 'Received status code 400: Invalid webhook.', isPermanent: false },
    ],
    [
      'the channel is unknown',
      {
        status: 404,
        body: '{"id":"web.incoming_webhook.channel.app_error","message":"Couldn\'t find the channel."}',
      },
      { detail: "Received status code 404: Couldn't find the channel.", isPermanent: false },
    ],
  ],
}

testService(adaptor)

let service: Service
beforeEach(async () => {
  service = await new Service(adaptor).open()
})
afterEach(() => service.stop())

test('mattermost: sends an attachment', async () => {
  const page = `${BASE_URL}/monitors/${'f'.repeat(40)}`
  for (const message of [DOWN, UP, GAP, TEST]) await service.send(message)
  const attachments = [
    {
      fallback: 'Down: backup',
      title: 'Down: backup',
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
    {
      fallback: 'Up: backup',
      title: 'Up: backup',
      title_link: page,
      color: '#1f8a4c',
      text: [UP_DETAILS, DESCRIPTION, `[Open monitor](${page})`].join('\n\n'),
      fields: fieldsOf(UP_FACTS),
    },
    {
      fallback: 'CronGuard was offline (11:21 – 12:00 UTC)',
      title: 'CronGuard was offline (11:21 – 12:00 UTC)',
      title_link: `${BASE_URL}/projects/project-1`,
      color: '#b7791f',
      text: [GAP_DETAILS, `[Open project](${BASE_URL}/projects/project-1)`].join('\n\n'),
      fields: fieldsOf(GAP_FACTS),
    },
    {
      fallback: 'Down: TEST',
      title: 'Down: TEST',
      title_link: `${BASE_URL}/`,
      color: '#c93a32',
      text: [TEST_DETAILS, TEST_DESCRIPTION, `[Open CronGuard](${BASE_URL}/)`].join('\n\n'),
      fields: fieldsOf(TEST_FACTS),
    },
  ]
  expect(service.calls.map(requestOf)).toEqual(
    attachments.map((attachment) => ({
      request: `POST /hooks/${PATH_SECRET}`,
      body: { attachments: [attachment] },
    })),
  )
})

test('mattermost: shows a name with signs as code', async () => {
  await service.send(messageOf(notificationOf({ name: '*/5 `nas01` @all' })))
  expect(service.calls[0]?.json.attachments[0].title).toBe('``Down: */5 `nas01` @\u2060all``')
})
