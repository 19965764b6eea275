import { z } from 'zod'
import type { Outcome } from '#domain/delivery.ts'
import { contentOf, type MessageContent } from '#words/message.ts'
import type { ChannelKind, Message, Transports } from './kind.ts'
import { attachmentOf } from './shared/attachment.ts'
import { requestUrl, shownSecretUrl } from './shared/fields.ts'
import { type ServiceAnswer, sendRequest } from './shared/http.ts'

interface RocketchatSettings {
  url: string
}

export const rocketchat: ChannelKind<RocketchatSettings> = {
  kind: 'rocketchat',
  label: 'Rocket.Chat',
  group: 'Chat',
  offer: 'Sends messages to a channel on your server.',
  guide: 'rocketchat',
  needsMailServer: false,
  fields: [
    {
      name: 'url',
      label: 'Webhook URL',
      help: 'As an administrator, create an incoming webhook for the channel.',
      type: 'secret',
      isRequired: true,
      link: { label: 'Create a webhook', url: 'https://docs.rocket.chat/docs/integrations' },
    },
  ],
  settings: z.object({ url: requestUrl() }),
  summary: ({ url }) => shownSecretUrl(url),
  send,
}

async function send({ url }: RocketchatSettings, message: Message, transports: Transports): Promise<Outcome> {
  return await sendRequest({ url, json: bodyOf(contentOf(message)) }, { message, transports, rules: RULES })
}

/** Notifications on phones show only the text. */
function bodyOf(content: MessageContent) {
  const { title, ...attachment } = attachmentOf(content)
  return { text: title, parseUrls: false, attachments: [attachment] }
}

const RULES = {
  isSent: ({ status, json }: ServiceAnswer) => status >= 200 && status < 300 && json.success !== false,
}
