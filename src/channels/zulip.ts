import { z } from 'zod'
import type { Outcome } from '#domain/delivery.ts'
import { cutEnd } from '#lib/cut.ts'
import { contentOf } from '#words/message.ts'
import { notificationSubject } from '#words/notification.ts'
import type { ChannelKind, Message, Transports } from './kind.ts'
import { CODED } from './shared/coded.ts'
import { secretToken, serverUrl, shownServer, withoutSlash } from './shared/fields.ts'
import { type ServiceAnswer, sendRequest } from './shared/http.ts'
import { renderText, withSign } from './shared/markup.ts'

interface ZulipSettings {
  server: string
  email: string
  key: string
  type: string
  to: string
  topic?: string | undefined
}

const MESSAGE_MAX = 10_000
const TOPIC_MAX = 60

const TYPES = [
  { value: 'stream', label: 'Channel' },
  { value: 'private', label: 'Person' },
]

export const zulip: ChannelKind<ZulipSettings> = {
  kind: 'zulip',
  label: 'Zulip',
  group: 'Chat',
  offer: 'Sends messages to a channel or a person.',
  guide: 'zulip',
  needsMailServer: false,
  fields: [
    {
      name: 'server',
      label: 'Server',
      help: 'The URL of your organization, such as https://example.zulipchat.com.',
      type: 'url',
      isRequired: true,
    },
    {
      name: 'email',
      label: 'Bot email',
      help: 'Under “Personal settings > Bots”, add an “Incoming webhook” or “Generic bot”.',
      type: 'text',
      isRequired: true,
      link: { label: 'Create a bot', url: 'https://zulip.com/help/add-a-bot-or-integration' },
    },
    { name: 'key', label: 'API key', help: 'Shown next to the bot in Zulip.', type: 'secret', isRequired: true },
    {
      name: 'type',
      label: 'Send to',
      help: 'For a private channel, subscribe the bot first.',
      type: 'choice',
      isRequired: true,
      initial: 'stream',
      options: TYPES,
    },
    {
      name: 'to',
      label: 'Channel or person',
      help: 'The name of the channel, or the email address or user ID of the person.',
      type: 'text',
      isRequired: true,
    },
    {
      name: 'topic',
      label: 'Topic',
      help: 'Only for a channel. Leave empty to use one topic per monitor.',
      type: 'text',
      isRequired: false,
    },
  ],
  settings: z.object({
    server: serverUrl(),
    email: z.string().regex(/^[^\s:@]+@[^\s:@]+$/, 'Enter the email address of the bot.'),
    key: secretToken(),
    type: z.enum(['stream', 'private']),
    to: z.string().trim().min(1, 'Enter the channel, or the email address or user ID.').max(200),
    topic: z.string().max(TOPIC_MAX, `Use at most ${TOPIC_MAX} characters.`).optional(),
  }),
  summary: ({ server, type, to }) => `${type === 'stream' ? '#' : ''}${to} on ${shownServer(server)}`,
  send,
}

async function send(settings: ZulipSettings, message: Message, transports: Transports): Promise<Outcome> {
  const { server, email, key, type, to, topic } = settings
  const request = {
    url: `${withoutSlash(server)}/api/v1/messages`,
    headers: { Authorization: `Basic ${Buffer.from(`${email}:${key}`).toString('base64')}` },
    form: {
      type,
      // A list means people, by address or by number.
      to: type === 'stream' ? to : JSON.stringify([/^\d+$/.test(to) ? Number(to) : to]),
      ...(type === 'stream' && { topic: topic || topicOf(message) }),
      content: renderText(withSign(contentOf(message)), CODED, { max: MESSAGE_MAX }),
    },
  }
  return await sendRequest(request, { message, transports, rules: RULES })
}

/** The same for all messages about a monitor, so that Zulip shows them together. */
function topicOf({ notification }: Message): string {
  return cutEnd(notificationSubject(notification).replace(/\s+/g, ' ').trim(), TOPIC_MAX)
}

const RULES = {
  textOf: ({ json }: ServiceAnswer) => json.msg,
  receiptOf: ({ json }: ServiceAnswer) => json.id,
  retryAfterOf: ({ json }: ServiceAnswer) => json['retry-after'],
}
