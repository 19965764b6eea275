import { z } from 'zod'
import type { Outcome } from '#domain/delivery.ts'
import type { RateLimit } from '#domain/rate-limit.ts'
import { countUnits } from '#lib/cut.ts'
import { SECOND } from '#lib/duration.ts'
import type { OutboundResult } from '#lib/outbound.ts'
import { contentOf, type MessageContent } from '#words/message.ts'
import type { ChannelKind, Message, SetupResult, Transports } from './kind.ts'
import { serverUrl, withoutSlash } from './shared/fields.ts'
import { callService, outcomeOf, readAnswer, type ServiceAnswer } from './shared/http.ts'
import { HTML, renderText, unlinked, withSign } from './shared/markup.ts'

interface TelegramSettings {
  token: string
  chat: string
  topic?: string | undefined
  server?: string | undefined
}

const OFFICIAL_SERVER = 'https://api.telegram.org'
/** Telegram counts without the markup, so this is never too long. */
const MESSAGE_MAX = 4096
/** The message, and again with the new ID of the chat, and again without buttons. */
const ATTEMPTS_MAX = 3

const Token = z.string().regex(/^\d{1,20}:[-_A-Za-z0-9]{20,100}$/, 'Enter the token as @BotFather shows it.')

export const telegram: ChannelKind<TelegramSettings> = {
  kind: 'telegram',
  label: 'Telegram',
  group: 'Chat',
  offer: 'Sends messages from your own bot to a person, group or topic.',
  guide: 'telegram',
  needsMailServer: false,
  fields: [
    {
      name: 'token',
      label: 'Bot token',
      help: 'Send /newbot to @BotFather. The reply contains the token.',
      type: 'secret',
      isRequired: true,
      link: { label: 'Open @BotFather', url: 'https://t.me/BotFather' },
    },
    {
      name: 'chat',
      label: 'Chat ID',
      help: 'The chat ID, or the @name of a public channel.',
      type: 'text',
      isRequired: true,
    },
    {
      name: 'topic',
      label: 'Topic ID',
      help: 'Only for groups with topics. Leave empty for the general topic.',
      type: 'text',
      isRequired: false,
    },
    {
      name: 'server',
      label: 'Bot API server',
      help: 'Only if you run your own server.',
      type: 'url',
      isRequired: false,
      link: { label: 'Run your own', url: 'https://github.com/tdlib/telegram-bot-api' },
    },
  ],
  settings: z
    .object({
      token: Token,
      chat: z
        .string()
        .regex(/^(-?\d{1,20}(\/\d{1,20})?|@[A-Za-z]\w{3,31})$/, 'Enter a chat ID, or the @name of a public channel.'),
      topic: z
        .string()
        .regex(/^\d{0,20}$/, 'Enter a whole number.')
        .optional(),
      server: z.literal('').or(serverUrl()).optional(),
    })
    // A choice of the setup contains the topic.
    .transform(({ chat, ...rest }) => {
      const [id = '', topic] = chat.split('/')
      return { ...rest, chat: id, ...(topic !== undefined && { topic }) }
    }),
  summary: ({ token, chat, topic }) => `${chat}${topic ? `, topic ${topic}` : ''} (bot ${token.split(':')[0]})`,
  setup: {
    field: 'chat',
    label: 'Find chat',
    help: 'Add the bot to your group, or open a chat with it. Send /start there, then click “Find chat”.',
    find: findChats,
  },
  limits: limitsOf,
  send,
}

// The IDs of groups are negative.
function limitsOf({ token, chat }: TelegramSettings): RateLimit[] {
  const key = `telegram ${chat} ${token}`
  const perChat = { key, burst: 1, perMs: SECOND }
  return chat.startsWith('-') ? [perChat, { key: `${key} group`, burst: 20, perMs: 3 * SECOND }] : [perChat]
}

async function send(settings: TelegramSettings, message: Message, transports: Transports): Promise<Outcome> {
  const content = withSign(contentOf(message))
  let attempt: Attempt = { chat: settings.chat, hasButtons: true }
  for (let count = 1; ; count += 1) {
    const request = {
      url: methodUrl(settings, 'sendMessage'),
      json: { ...addressOf(settings, attempt, message), ...bodyOf(content, attempt) },
    }
    const result = await callService(request, { message, transports })
    // Telegram refused the message as a whole, so sending it again does not send it twice.
    const corrected = count < ATTEMPTS_MAX ? correctedAttempt(attempt, result) : null
    if (corrected === null) return withChat(outcomeOf(result, RULES), settings, attempt)
    attempt = corrected
  }
}

interface Attempt {
  chat: string
  hasButtons: boolean
}

/** A group that becomes a supergroup gets a new ID. Buttons may only lead to names that look public to Telegram. */
function correctedAttempt(attempt: Attempt, result: OutboundResult): Attempt | null {
  if (result.kind !== 'answer' || result.status !== 400) return null
  const { json } = readAnswer(result)
  const newChat = parametersOf(json).migrate_to_chat_id
  if (typeof newChat === 'number') return { ...attempt, chat: String(newChat) }
  return attempt.hasButtons && /button/i.test(String(json.description)) ? { ...attempt, hasButtons: false } : null
}

function withChat(outcome: Outcome, { chat }: TelegramSettings, attempt: Attempt): Outcome {
  return outcome.result === 'sent' && attempt.chat !== chat
    ? { ...outcome, newSettings: { chat: attempt.chat } }
    : outcome
}

function methodUrl({ server, token }: Pick<TelegramSettings, 'server' | 'token'>, method: string): string {
  return `${withoutSlash(server || OFFICIAL_SERVER)}/bot${token}/${method}`
}

function addressOf({ topic }: TelegramSettings, { chat }: Attempt, { thread }: Message) {
  return {
    chat_id: chat.startsWith('@') ? chat : Number(chat),
    ...(topic && { message_thread_id: Number(topic) }),
    ...(thread.receipt !== null && {
      reply_parameters: { message_id: Number(thread.receipt), allow_sending_without_reply: true },
    }),
  }
}

const DIALECT = { ...HTML, text: (text: string) => HTML.text(unlinked(text)) }

function bodyOf(content: MessageContent, { hasButtons }: Attempt) {
  return {
    text: renderText(content, DIALECT, {
      max: MESSAGE_MAX,
      measure: countUnits,
      without: hasButtons ? ['links'] : [],
    }),
    parse_mode: 'HTML',
    link_preview_options: { is_disabled: true },
    ...(hasButtons && {
      reply_markup: { inline_keyboard: [content.links.map(({ label, url }) => ({ text: label, url }))] },
    }),
  }
}

/** No message can ever reach these chats. */
const GONE = [
  'Forbidden: the group chat was deleted',
  'Forbidden: bot was blocked by the user',
  'Forbidden: user is deactivated',
  'Forbidden: bot was kicked from the group chat',
  'Forbidden: bot was kicked from the supergroup chat',
  'Bad Request: chat not found',
]

const RULES = {
  isPermanent: ({ json }: ServiceAnswer) => GONE.includes(String(json.description)),
  retryAfterOf: ({ json }: ServiceAnswer) => parametersOf(json).retry_after,
  receiptOf: ({ json }: ServiceAnswer) => (json.result as { message_id?: unknown } | undefined)?.message_id,
}

function parametersOf({ parameters }: Record<string, unknown>): Record<string, unknown> {
  return (parameters ?? {}) as Record<string, unknown>
}

async function findChats(
  { token, server }: Readonly<Record<string, unknown>>,
  transports: Transports,
): Promise<SetupResult> {
  const settings = z.object({ token: Token, server: z.literal('').or(serverUrl()).optional() })
  const read = settings.safeParse({ token, server })
  if (!read.success) return { kind: 'problem', text: 'Enter the bot token first, as @BotFather shows it.' }
  // Without an offset, Telegram keeps the updates for other readers.
  const request = { url: methodUrl(read.data, 'getUpdates'), json: { limit: 100 } }
  const result = await callService(request, { message: { deliveryId: 'setup' }, transports })
  const outcome = outcomeOf(result, RULES)
  if (result.kind !== 'answer' || outcome.result !== 'sent')
    return { kind: 'problem', text: problemOf(result, outcome) }
  const choices = choicesOf(readAnswer(result).json)
  return choices.length > 0
    ? { kind: 'found', choices }
    : { kind: 'problem', text: 'No chat found. Send /start to the bot or in its group, then try again.' }
}

function problemOf(result: OutboundResult, { detail }: Outcome): string {
  const status = result.kind === 'answer' ? result.status : null
  if (status === 401 || status === 404) return 'This bot token is invalid.'
  if (status !== 409) return `Could not find chats: ${detail}`
  return /webhook/i.test(detail)
    ? "This bot has a webhook, so CronGuard can't find its chats. Enter the chat ID, or create a new bot."
    : "Another program reads this bot's messages. Stop it for a moment, or enter the chat ID."
}

const Update = z.object({
  chat: z.object({
    id: z.number(),
    title: z.string().optional(),
    username: z.string().optional(),
    first_name: z.string().optional(),
    last_name: z.string().optional(),
  }),
  message_thread_id: z.number().optional(),
  is_topic_message: z.boolean().optional(),
})

/** The chats and topics that wrote to the bot. The newest comes first. */
function choicesOf({ result }: Record<string, unknown>) {
  const updates = Array.isArray(result) ? result : []
  const parts = updates.flatMap((update) => Object.values((update ?? {}) as Record<string, unknown>))
  const found = parts
    .map((part) => Update.safeParse(part))
    .flatMap(({ data }) => (data ? [data] : []))
    .reverse()
    .map(({ chat, message_thread_id, is_topic_message }) => {
      const topic = is_topic_message ? message_thread_id : undefined
      const name = chat.title ?? [chat.first_name, chat.last_name].filter(Boolean).join(' ')
      const label = `${name || chat.username || 'Chat'} (${chat.id})${topic ? `, topic ${topic}` : ''}`
      return { value: topic ? `${chat.id}/${topic}` : String(chat.id), label }
    })
  return found.filter(({ value }, index) => found.findIndex((other) => other.value === value) === index)
}
