import { afterEach, beforeEach, expect, test } from 'bun:test'
import { slackBot } from '#channels/slack-bot.ts'
import { type Answer, type Call, DOWN, GAP, Service, type ServiceAdaptor, TEST, testService, UP } from './service.ts'
import { readSlackMessage } from './slack-message.ts'

const TOKEN = 'xoxb-1234-5678-secret'
const SETTINGS = { token: TOKEN, channel: '#alerts' }
const TS = '1772366400.000200'

// https://api.slack.com/methods/chat.postMessage, and the client `slackapi/node-slack-sdk`
const adaptor: ServiceAdaptor = {
  kind: 'slack-bot',
  origins: ['https://slack.com'],
  settings: () => SETTINGS,
  accepts: () => ({ status: 200, body: `{"ok":true,"channel":"C123ABC456","ts":"${TS}","message":{}}` }),
  read: ({ json }: Call) => readSlackMessage(json),
  invalidSettings: [
    ['no fields', {}],
    ['another token', { ...SETTINGS, token: 'abc' }],
    ['a token with a line break', { ...SETTINGS, token: 'xoxb-1\nX: y' }],
    ['a name without #', { ...SETTINGS, channel: 'alerts' }],
    ['a name with spaces', { ...SETTINGS, channel: '#al erts' }],
  ],
  secrets: [TOKEN],
  errors: [
    [
      'the bot is not in the channel',
      refusal('not_in_channel'),
      { detail: 'Received status code 200: not_in_channel (invite the bot to the channel)', isPermanent: false },
    ],
    ['the channel is unknown', refusal('channel_not_found'), { isPermanent: false }],
    ['the channel is archived', refusal('is_archived'), { isPermanent: false }],
    [
      'the token was revoked',
      refusal('token_revoked'),
      { detail: 'Received status code 200: token_revoked', isPermanent: true },
    ],
    ['the app was removed', refusal('account_inactive'), { isPermanent: true }],
    ['the token is invalid', refusal('invalid_auth'), { isPermanent: false }],
    [
      'too many requests',
      { status: 429, headers: { 'Retry-After': '30' }, body: '{"ok":false,"error":"ratelimited"}' },
      { detail: 'Received status code 429: ratelimited', isPermanent: false, retryAfterMs: 30_000 },
    ],
    ['an answer that is not JSON', { status: 200, body: '<html>' }, { isPermanent: false }],
  ],
}

testService(adaptor)

let service: Service
beforeEach(async () => {
  service = await new Service(adaptor).open()
})
afterEach(() => service.stop())

function refusal(error: string): Answer {
  return { status: 200, body: JSON.stringify({ ok: false, error }) }
}

test('slack-bot: sends the blocks of a Slack message to the channel', async () => {
  for (const message of [DOWN, UP, GAP, TEST]) await service.send(message)
  for (const call of service.calls) {
    expect(call).toMatchObject({
      method: 'POST',
      path: '/api/chat.postMessage',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    })
    expect(Object.keys(call.json)).toEqual([
      'channel',
      'text',
      'blocks',
      'parse',
      'link_names',
      'unfurl_links',
      'unfurl_media',
    ])
  }
  expect(service.calls.map(({ json }) => [json.channel, json.text])).toEqual([
    ['#alerts', '🔴 Down: backup'],
    ['#alerts', '🟢 Up: backup'],
    ['#alerts', '⚠️ CronGuard was offline (11:21 – 12:00 UTC)'],
    ['#alerts', '🔴 Down: TEST'],
  ])
})

test('slack-bot: replies in the thread of the first message, and shows it in the channel', async () => {
  expect(await service.send(DOWN)).toMatchObject({ result: 'sent', receipt: TS })
  await service.send({ ...UP, thread: { ...UP.thread, receipt: TS } })
  expect(service.calls[1]?.json).toMatchObject({ thread_ts: TS, reply_broadcast: true })
})

test('slack-bot: sends a new message if the first one was deleted', async () => {
  service.answer = ({ json }) => (json.thread_ts ? refusal('thread_not_found') : adaptor.accepts({} as Call))
  expect((await service.send({ ...UP, thread: { ...UP.thread, receipt: TS } })).result).toBe('sent')
  expect(service.calls.map(({ json }) => json.thread_ts)).toEqual([TS, undefined])
})

test('Slack bot summary: tells two bots in one channel apart', () => {
  const summaries = [TOKEN, `${TOKEN}2`].map((token) => slackBot.summary({ ...SETTINGS, token }))
  for (const summary of summaries) expect(summary).toMatch(/^#alerts \(#[0-9a-f]{4}\)$/)
  expect(new Set(summaries).size).toBe(2)
})
