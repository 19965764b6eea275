import { afterEach, beforeEach, expect, test } from 'bun:test'
import { discord } from '#channels/discord.ts'
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
import {
  type Call,
  DOWN,
  GAP,
  htmlOfMarkdown,
  requestOf,
  Service,
  type ServiceAdaptor,
  structureOfHtml,
  TEST,
  testService,
  textOfHtml,
  transportsTo,
  UP,
  withoutJoiners,
} from './service.ts'

const PATH_SECRET = '1234567890/aBcD-secret-EfGh'

// The requests and answers as in https://discord.com/developers/docs/resources/webhook#execute-webhook.
const adaptor: ServiceAdaptor = {
  kind: 'discord',
  settings: (base) => ({ url: `${base}/api/webhooks/${PATH_SECRET}` }),
  accepts: () => ({ status: 204 }),
  read: ({ json }: Call) => {
    const [embed] = json.embeds
    const texts = [embed.title, embed.description, ...embed.fields.map(({ value }: { value: string }) => value)]
    expect(texts.join('').length).toBeLessThanOrEqual(6000)
    expect(embed.title.length).toBeLessThanOrEqual(256)
    expect(embed.description.length).toBeLessThanOrEqual(4096)
    for (const { value } of embed.fields) expect(value.length).toBeWithin(1, 1025)
    return {
      name: withoutJoiners(textOfHtml(htmlOfMarkdown(embed.title)))
        .trim()
        .replace(/^(Up|Down): /, ''),
      status: embed.color === 0x1f8a4c ? 'up' : 'down',
      isTest: embed.description.includes('This is a test.'),
      structure: [...Object.keys(json), ...Object.keys(embed), ...texts.flatMap(structureOfDiscord), embed.url],
    }
  },
  invalidSettings: [
    ['no URL', {}],
    ['a URL without a scheme', { url: 'discord.com/api/webhooks/1/x' }],
  ],
  secrets: [PATH_SECRET],
  errors: [
    [
      'the webhook was deleted',
      { status: 404, body: '{"message": "Unknown Webhook", "code": 10015}' },
      { detail: 'Received status code 404: Unknown Webhook', isPermanent: true },
    ],
    [
      'the token is wrong',
      { status: 401, body: '{"message": "Invalid Webhook Token", "code": 50027}' },
      { isPermanent: true },
    ],
    [
      'an invalid message',
      { status: 400, body: '{"code": 50035, "errors": {}, "message": "Invalid Form Body"}' },
      { detail: 'Received status code 400: Invalid Form Body', isPermanent: false },
    ],
    [
      'too many requests',
      { status: 429, body: '{"message": "You are being rate limited.", "retry_after": 64.57, "global": false}' },
      { isPermanent: false, retryAfterMs: 64_570 },
    ],
    ['a page of Cloudflare', { status: 403, body: '<html>error code: 1015</html>' }, { isPermanent: false }],
  ],
}

// Discord takes three ticks for a fence, however many there are, and reads mentions and times in angle brackets.
function structureOfDiscord(text: string): string[] {
  const [outside = '', ...blocks] = text.split(/^```\n(.*?)\n```$/ms)
  expect(blocks.filter((_block, index) => index % 2 === 0).join('')).not.toContain('```')
  const rest = [outside, ...blocks.filter((_block, index) => index % 2 === 1)].join('\n')
  const controls = rest
    .replace(/\\[^0-9A-Za-z\s]/g, '')
    .match(/<[@#:/t][^>]*>|@(everyone|here)|\|\||https?:\/\/[^>\s]+/g)
  return [...(controls ?? []), String(blocks.length), ...structureOfHtml(htmlOfMarkdown(rest))]
}

testService(adaptor)

let service: Service
beforeEach(async () => {
  service = await new Service(adaptor).open()
})
afterEach(() => service.stop())

const fieldsOf = (facts: [label: string, value: string][]) =>
  facts.map(([name, value]) => ({ name, value, inline: true }))

test('discord: sends an embed', async () => {
  const page = `${BASE_URL}/monitors/${'f'.repeat(40)}`
  for (const message of [DOWN, UP, GAP, TEST]) await service.send(message)
  const embeds = [
    {
      title: 'Down: backup',
      url: page,
      description: [
        DOWN_DETAILS,
        `\`\`\`\n${OUTPUT}\n\`\`\``,
        DESCRIPTION,
        `[Open monitor](<${page}>) · [Acknowledge](<${BASE_URL}/acknowledge/token>)`,
      ].join('\n\n'),
      color: 0xc93a32,
      fields: fieldsOf(DOWN_FACTS),
    },
    {
      title: 'Up: backup',
      url: page,
      description: [UP_DETAILS, DESCRIPTION, `[Open monitor](<${page}>)`].join('\n\n'),
      color: 0x1f8a4c,
      fields: fieldsOf(UP_FACTS),
    },
    {
      title: 'CronGuard was offline (11:21 – 12:00 UTC)',
      url: `${BASE_URL}/projects/project-1`,
      description: [GAP_DETAILS, `[Open project](<${BASE_URL}/projects/project-1>)`].join('\n\n'),
      color: 0xb7791f,
      fields: fieldsOf(GAP_FACTS),
    },
    {
      title: 'Down: TEST',
      url: `${BASE_URL}/`,
      description: [TEST_DETAILS, TEST_DESCRIPTION, `[Open CronGuard](<${BASE_URL}/>)`].join('\n\n'),
      color: 0xc93a32,
      fields: fieldsOf(TEST_FACTS),
    },
  ]
  expect(service.calls.map(requestOf)).toEqual(
    embeds.map((embed) => ({
      request: `POST /api/webhooks/${PATH_SECRET}`,
      body: { embeds: [{ ...embed, timestamp: '2026-03-01T12:00:00.000Z' }], allowed_mentions: { parse: [] } },
    })),
  )
})

test.each([
  ['https://discordapp.com/api/webhooks/1/x', '/api/webhooks/1/x'],
  ['https://discord.com/api/webhooks/1/x/slack', '/api/webhooks/1/x'],
  ['https://discord.com/api/webhooks/1/x?thread_id=7', '/api/webhooks/1/x?thread_id=7'],
  ['https://canary.discordapp.com/api/webhooks/1/x/', '/api/webhooks/1/x'],
])('discord: sends to the webhook of %s', async (url, path) => {
  const transports = transportsTo(service.base, ['https://discord.com', 'https://canary.discord.com'])
  expect((await discord.send({ url }, messageOf(notificationOf()), transports)).result).toBe('sent')
  expect(service.calls.map((call) => call.path)).toEqual([path])
})
