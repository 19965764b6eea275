import { afterEach, beforeEach, expect, test } from 'bun:test'
import { contentOf } from '#words/message.ts'
import { BASE_URL, messageOf, notificationOf } from './conformance.ts'
import { OUTPUT } from './expected.ts'
import { type Call, DOWN, GAP, requestOf, Service, type ServiceAdaptor, TEST, testService, UP } from './service.ts'
import { readSlackMessage } from './slack-message.ts'

const PATH_SECRET = 'T0001/B0001/XXXXsecretXXXX'

const adaptor: ServiceAdaptor = {
  kind: 'slack',
  settings: (base) => ({ url: `${base}/services/${PATH_SECRET}` }),
  accepts: () => ({ status: 200, headers: { 'Content-Type': 'text/html' }, body: 'ok' }),
  read: ({ json }: Call) => readSlackMessage(json),
  invalidSettings: [
    ['no URL', {}],
    ['a URL without a scheme', { url: 'hooks.slack.com/services/T0001' }],
    ['a file', { url: 'file:///etc/passwd' }],
  ],
  secrets: [PATH_SECRET],
  // https://api.slack.com/messaging/webhooks#handling_errors
  errors: [
    [
      'the webhook was removed',
      { status: 404, body: 'no_service' },
      { detail: 'Received status code 404: no_service', isPermanent: true },
    ],
    ['the token is invalid', { status: 403, body: 'invalid_token' }, { isPermanent: true }],
    [
      'the channel is archived',
      { status: 410, body: 'channel_is_archived' },
      { detail: 'Received status code 410: channel_is_archived', isPermanent: false },
    ],
    ['posting is restricted', { status: 403, body: 'action_prohibited' }, { isPermanent: false }],
    ['Slack has a problem', { status: 500, body: 'rollup_error' }, { isPermanent: false }],
    [
      'an HTML page',
      { status: 404, body: '<html>Not found</html>' },
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

const text = (shown: string) => ({ type: 'text', text: shown })
const plain = (shown: string) => ({ type: 'plain_text', text: shown, emoji: false })
const section = (...elements: object[]) => ({ type: 'rich_text_section', elements })
const button = (label: string, url: string) => ({ type: 'button', text: plain(label), url })

test('slack: sends blocks of plain text, with buttons', async () => {
  const page = `${BASE_URL}/monitors/${'f'.repeat(40)}`
  const open = button('Open monitor', page)
  const cases = [
    {
      message: DOWN,
      title: '🔴 Down: backup',
      buttons: [open, button('Acknowledge', `${BASE_URL}/acknowledge/token`)],
    },
    { message: UP, title: '🟢 Up: backup', buttons: [open] },
    {
      message: GAP,
      title: '⚠️ CronGuard was offline (11:21 – 12:00 UTC)',
      buttons: [button('Open project', `${BASE_URL}/projects/project-1`)],
    },
    { message: TEST, title: '🔴 Down: TEST', buttons: [button('Open CronGuard', `${BASE_URL}/`)] },
  ]
  for (const { message, title, buttons } of cases) {
    await service.send(message)
    const { details, facts, description, output } = contentOf(message)
    const factTexts = facts.flatMap(([label, value], index) => [
      { ...text(index > 0 ? `\n${label}` : label), style: { bold: true } },
      text(`: ${value}`),
    ])
    expect(requestOf(service.calls.at(-1) as Call)).toEqual({
      request: `POST /services/${PATH_SECRET}`,
      body: {
        text: title,
        blocks: [
          { type: 'header', text: plain(title) },
          {
            type: 'rich_text',
            elements: [
              section(text(details)),
              ...(output ? [{ type: 'rich_text_preformatted', elements: [text(OUTPUT)] }] : []),
              section(...factTexts),
              ...(description ? [section(text(description))] : []),
            ],
          },
          { type: 'actions', elements: buttons },
        ],
        parse: 'none',
        link_names: false,
        unfurl_links: false,
        unfurl_media: false,
      },
    })
  }
})

test('slack: links the addresses of a description', async () => {
  const notification = notificationOf()
  notification.monitor.description = 'Read https://wiki.example.org/backup first.'
  await service.send(messageOf(notification))
  const url = 'https://wiki.example.org/backup'
  expect(service.calls[0]?.json.blocks[1].elements.at(-1)).toEqual(
    section(text('Read '), { type: 'link', text: url, url }, text(' first.')),
  )
})

test('slack: shows no mention in the preview', async () => {
  await service.send(messageOf(notificationOf({ name: '<!channel> & <@U012AB3CD>' })))
  expect(service.calls[0]?.json.text).toBe('🔴 Down: &lt;!channel&gt; &amp; &lt;@U012AB3CD&gt;')
})
