import { z } from 'zod'
import type { Outcome } from '#domain/delivery.ts'
import { SECOND } from '#lib/duration.ts'
import { contentOf } from '#words/message.ts'
import type { ChannelKind, Message, Transports } from './kind.ts'
import { fingerprint, secretToken } from './shared/fields.ts'
import { callService, outcomeOf, readAnswer, type ServiceAnswer } from './shared/http.ts'
import { slackBody } from './shared/slack.ts'

interface SlackBotSettings {
  token: string
  channel: string
}

const POST_URL = 'https://slack.com/api/chat.postMessage'

export const slackBot: ChannelKind<SlackBotSettings> = {
  kind: 'slack-bot',
  label: 'Slack bot',
  group: 'Chat',
  offer: 'Sends messages to any channel, with one thread per incident.',
  guide: 'slack-bot',
  needsMailServer: false,
  fields: [
    {
      name: 'token',
      label: 'Bot token',
      help: 'Create a Slack app with the “chat:write” scope and install it. The token starts with “xoxb-”.',
      type: 'secret',
      isRequired: true,
      link: { label: 'Open Slack apps', url: 'https://api.slack.com/apps' },
    },
    {
      name: 'channel',
      label: 'Channel',
      help: 'The ID, or the name with #. Invite the bot to the channel.',
      type: 'text',
      isRequired: true,
    },
  ],
  settings: z.object({
    token: secretToken().startsWith('xox', 'Enter a token that starts with “xoxb-”.'),
    channel: z.string().regex(/^(#[^\s#@&<>"]{1,80}|[A-Z0-9]{3,30})$/, 'Enter the channel ID, or its name with #.'),
  }),
  summary: ({ token, channel }) => `${channel} (${fingerprint(token)})`,
  limits: ({ token, channel }) => [{ key: `slack ${channel} ${token}`, burst: 1, perMs: SECOND }],
  send,
}

async function send(settings: SlackBotSettings, message: Message, transports: Transports): Promise<Outcome> {
  const { receipt } = message.thread
  const call = (thread: object) => callService(requestOf(settings, message, thread), { message, transports })
  if (receipt === null) return outcomeOf(await call({}), RULES)
  // The channel shows the reply as well, because few people open threads.
  const reply = await call({ thread_ts: receipt, reply_broadcast: true })
  const isGone = reply.kind === 'answer' && THREAD_GONE.includes(String(readAnswer(reply).json.error))
  return outcomeOf(isGone ? await call({}) : reply, RULES)
}

function requestOf({ token, channel }: SlackBotSettings, message: Message, thread: object) {
  return {
    url: POST_URL,
    headers: { Authorization: `Bearer ${token}` },
    json: { channel, ...slackBody(contentOf(message)), ...thread },
  }
}

/** Someone deleted the first message, or closed its thread. */
const THREAD_GONE = ['thread_not_found', 'cannot_reply_to_message', 'message_not_found', 'thread_locked']

/** No retry helps. A channel that is “not found” is often one to which the bot was not invited. */
const TOKEN_GONE = ['token_revoked', 'account_inactive']

const HINTS: Record<string, string> = {
  not_in_channel: 'invite the bot to the channel',
  channel_not_found: 'check the name, or invite the bot to the channel',
  missing_scope: 'the app needs the scope chat:write',
  is_archived: 'the channel is archived',
}

// Slack answers errors with status code 200, too.
const RULES = {
  isSent: ({ status, json }: ServiceAnswer) => status === 200 && json.ok === true,
  isPermanent: ({ json }: ServiceAnswer) => TOKEN_GONE.includes(String(json.error)),
  textOf: ({ json: { error } }: ServiceAnswer) =>
    typeof error === 'string' && Object.hasOwn(HINTS, error) ? `${error} (${HINTS[error]})` : error,
  receiptOf: ({ json }: ServiceAnswer) => json.ts,
}
