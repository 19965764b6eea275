import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { telegram } from '#channels/telegram.ts'
import { BASE_URL, messageOf, notificationOf } from './conformance.ts'
import { HTML_TEXTS } from './expected.ts'
import {
  type Answer,
  type Call,
  DOWN,
  findLinks,
  GAP,
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

const TOKEN = '110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw'
const SETTINGS = { token: TOKEN, chat: '-100200300' }

const adaptor: ServiceAdaptor = {
  kind: 'telegram',
  settings: (base) => ({ ...SETTINGS, topic: '42', server: `${base}/api` }),
  accepts: () => ({ status: 200, body: '{"ok":true,"result":{"message_id":365,"date":1772366400}}' }),
  read: ({ json }: Call) =>
    json.text === undefined
      ? null
      : {
          name: withoutJoiners(titleOf(json.text)).replace(/^\S+ (Up|Down): /, ''),
          status: json.text.includes('🟢') ? 'up' : 'down',
          isTest: json.text.includes('This is a test.'),
          structure: [
            ...Object.keys(json),
            ...structureOfHtml(json.text),
            ...findLinks(textOfHtml(json.text.replace(/<(pre|a)\b.*?<\/\1>/gs, ''))),
            JSON.stringify(json.reply_markup),
          ],
        },
  invalidSettings: [
    ['no fields', {}],
    ['a token without a number', { ...SETTINGS, token: 'AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw' }],
    ['a token with a slash', { ...SETTINGS, token: '1:AAHdqTcvCH1vGWJxfSeof/../x' }],
    ['a name without @', { ...SETTINGS, chat: 'alerts' }],
    ['a name as topic', { ...SETTINGS, topic: 'alerts' }],
    ['a file as server', { ...SETTINGS, server: 'file:///etc/passwd' }],
  ],
  secrets: [TOKEN],
  // The answers of the Bot API, as many clients list them: https://core.telegram.org/bots/api#making-requests
  errors: [
    ...[
      [403, 'Forbidden: the group chat was deleted'],
      [403, 'Forbidden: bot was blocked by the user'],
      [403, 'Forbidden: user is deactivated'],
      [403, 'Forbidden: bot was kicked from the group chat'],
      [403, 'Forbidden: bot was kicked from the supergroup chat'],
      [400, 'Bad Request: chat not found'],
    ].map(([status, description]): ServiceAdaptor['errors'][number] => [
      String(description),
      refusal(Number(status), String(description)),
      { detail: `Received status code ${status}: ${description}`, isPermanent: true },
    ]),
    ['an unknown token', refusal(401, 'Unauthorized'), { isPermanent: false }],
    ['an unknown topic', refusal(400, 'Bad Request: message thread not found'), { isPermanent: false }],
    [
      'too many requests',
      refusal(429, 'Too Many Requests: retry after 34', { retry_after: 34 }),
      { isPermanent: false, retryAfterMs: 34_000 },
    ],
  ],
}

testService(adaptor)

let service: Service
beforeEach(async () => {
  service = await new Service(adaptor).open()
})
afterEach(() => service.stop())

function refusal(status: number, description: string, parameters?: Record<string, unknown>): Answer {
  return { status, body: JSON.stringify({ ok: false, error_code: status, description, parameters }) }
}

function titleOf(html: string): string {
  return textOfHtml(html.slice(0, html.indexOf('</b>')))
}

describe('telegram', () => {
  const page = `${BASE_URL}/monitors/${'f'.repeat(40)}`
  const open = { text: 'Open monitor', url: page }

  function requestWith(text: string, buttons: { text: string; url: string }[]) {
    return {
      request: `POST /api/bot${TOKEN}/sendMessage`,
      body: {
        chat_id: -100200300,
        message_thread_id: 42,
        text,
        parse_mode: 'HTML',
        link_preview_options: { is_disabled: true },
        reply_markup: { inline_keyboard: [buttons] },
      },
    }
  }

  test('sends HTML, with buttons below it', async () => {
    for (const message of [DOWN, UP, GAP, TEST]) await service.send(message)
    expect(service.calls.map(requestOf)).toEqual([
      requestWith(`<b>🔴 Down: backup</b>\n\n${HTML_TEXTS.down}`, [
        open,
        { text: 'Acknowledge', url: `${BASE_URL}/acknowledge/token` },
      ]),
      requestWith(`<b>🟢 Up: backup</b>\n\n${HTML_TEXTS.up}`, [open]),
      requestWith(`<b>⚠️ CronGuard was offline (11:21 – 12:00 UTC)</b>\n\n${HTML_TEXTS.gap}`, [
        { text: 'Open project', url: `${BASE_URL}/projects/project-1` },
      ]),
      requestWith(`<b>🔴 Down: TEST</b>\n\n${HTML_TEXTS.test}`, [{ text: 'Open CronGuard', url: `${BASE_URL}/` }]),
    ])
  })

  test('answers the first message about the incident', async () => {
    expect(await service.send(DOWN)).toMatchObject({ result: 'sent', receipt: '365' })
    await service.send({ ...UP, thread: { ...UP.thread, receipt: '365' } })
    const replies = service.calls.map(({ json }) => json.reply_parameters)
    expect(replies).toEqual([undefined, { message_id: 365, allow_sending_without_reply: true }])
  })

  test('sends to the official server by default, to a channel by its name', async () => {
    const transports = transportsTo(service.base, ['https://api.telegram.org'])
    await telegram.send({ token: TOKEN, chat: '@ops_alerts' }, messageOf(notificationOf()), transports)
    expect(service.calls).toMatchObject([{ path: `/bot${TOKEN}/sendMessage`, json: { chat_id: '@ops_alerts' } }])
    expect(service.calls[0]?.json).not.toHaveProperty('message_thread_id')
  })

  test('sends again to the new id of a group that became a supergroup, and stores it', async () => {
    const moved = refusal(400, 'Bad Request: group chat was upgraded to a supergroup chat', {
      migrate_to_chat_id: -100999,
    })
    service.answer = ({ json }) => (json.chat_id === -100999 ? adaptor.accepts({} as Call) : moved)
    expect(await service.send(DOWN)).toMatchObject({ result: 'sent', newSettings: { chat: '-100999' } })
    expect(service.calls.map(({ json }) => json.chat_id)).toEqual([-100200300, -100999])
  })

  test('sends links in the text if Telegram refuses the buttons', async () => {
    const refused = refusal(
      400,
      "Bad Request: inline keyboard button URL 'http://localhost:8000/' is invalid: Wrong HTTP URL",
    )
    service.answer = ({ json }) => (json.reply_markup ? refused : adaptor.accepts({} as Call))
    expect((await service.send(UP)).result).toBe('sent')
    expect(service.calls[1]?.json.text).toEndWith(`<a href="${page}">Open monitor</a>`)
  })

  test('stops after three refusals', async () => {
    service.answer = () => refusal(400, 'Bad Request: BUTTON_URL_INVALID', { migrate_to_chat_id: -1 })
    expect(await service.send(DOWN)).toMatchObject({ result: 'failed', isPermanent: false })
    expect(service.calls).toHaveLength(3)
  })

  test('shows addresses, names and commands in names as text', async () => {
    const message = messageOf(notificationOf({ name: 'backup.sh for @ops at https://evil.example #x /start' }))
    await service.send(message)
    const text = textOfHtml(String(service.calls[0]?.json.text))
    expect(withoutJoiners(text)).toContain('backup.sh for @ops at https://evil.example #x /start')
    expect(findLinks(text.split('\n')[0] ?? '')).toEqual([])
  })
})

describe('telegram setup', () => {
  const found = () => telegram.setup?.find({ token: TOKEN, server: service.base }, transportsTo(service.base))

  test('finds chats and topics, the newest first', async () => {
    const group = { id: -100200300, type: 'supergroup', title: 'Ops' }
    const updates = [
      { update_id: 1, message: { message_id: 1, chat: { id: 7, type: 'private', first_name: 'Ada', last_name: 'W' } } },
      { update_id: 2, message: { message_id: 2, chat: group, message_thread_id: 9, is_topic_message: true } },
      { update_id: 3, channel_post: { message_id: 3, chat: { id: -100400, type: 'channel', title: 'Status' } } },
      { update_id: 4, my_chat_member: { chat: group, date: 1772366400 } },
      { update_id: 5, message: { message_id: 4, chat: { id: 7, type: 'private', first_name: 'Ada', last_name: 'W' } } },
      { update_id: 6, poll: { id: '1', question: 'Lunch?' } },
    ]
    service.answer = () => ({ status: 200, body: JSON.stringify({ ok: true, result: updates }) })
    expect(await found()).toEqual({
      kind: 'found',
      choices: [
        { value: '7', label: 'Ada W (7)' },
        { value: '-100200300', label: 'Ops (-100200300)' },
        { value: '-100400', label: 'Status (-100400)' },
        { value: '-100200300/9', label: 'Ops (-100200300), topic 9' },
      ],
    })
    expect(service.calls.map(requestOf)).toEqual([{ request: `POST /bot${TOKEN}/getUpdates`, body: { limit: 100 } }])
  })

  test('stores a chosen topic as such', () => {
    expect(telegram.settings.parse({ ...SETTINGS, topic: '1', chat: '-100200300/9' })).toMatchObject({
      chat: '-100200300',
      topic: '9',
    })
  })

  test.each([
    [
      refusal(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete it"),
      "This bot has a webhook, so CronGuard can't find its chats. Enter the chat ID, or create a new bot.",
    ],
    [
      refusal(409, 'Conflict: terminated by other getUpdates request'),
      "Another program reads this bot's messages. Stop it for a moment, or enter the chat ID.",
    ],
    [refusal(401, 'Unauthorized'), 'This bot token is invalid.'],
    [refusal(502, 'Bad Gateway'), 'Could not find chats: Received status code 502: Bad Gateway'],
    [
      { status: 200, body: '{"ok":true,"result":[]}' },
      'No chat found. Send /start to the bot or in its group, then try again.',
    ],
    [
      { status: 200, body: '{"ok":true,"result":{"hostile":[null]}}' },
      'No chat found. Send /start to the bot or in its group, then try again.',
    ],
  ])('says what the problem is: %j', async (answer, text) => {
    service.answer = () => answer
    expect(await found()).toEqual({ kind: 'problem', text })
  })

  test('asks for the token first', async () => {
    const result = await telegram.setup?.find({ token: '../x' }, transportsTo(service.base))
    expect(result).toEqual({ kind: 'problem', text: 'Enter the bot token first, as @BotFather shows it.' })
    expect(service.calls).toEqual([])
  })
})
