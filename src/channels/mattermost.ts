import { z } from 'zod'
import type { Outcome } from '#domain/delivery.ts'
import { contentOf, type MessageContent } from '#words/message.ts'
import type { ChannelKind, Message, Transports } from './kind.ts'
import { attachmentOf } from './shared/attachment.ts'
import { requestUrl, shownSecretUrl } from './shared/fields.ts'
import { sendRequest } from './shared/http.ts'

interface MattermostSettings {
  url: string
}

export const mattermost: ChannelKind<MattermostSettings> = {
  kind: 'mattermost',
  label: 'Mattermost',
  group: 'Chat',
  offer: 'Sends messages to a channel on your server.',
  guide: 'mattermost',
  needsMailServer: false,
  fields: [
    {
      name: 'url',
      label: 'Webhook URL',
      help: 'In Mattermost, open “Integrations” and add an incoming webhook for the channel.',
      type: 'secret',
      isRequired: true,
      link: {
        label: 'Create a webhook',
        url: 'https://developers.mattermost.com/integrate/webhooks/incoming/#create-an-incoming-webhook',
      },
    },
  ],
  settings: z.object({ url: requestUrl() }),
  summary: ({ url }) => shownSecretUrl(url),
  send,
}

async function send({ url }: MattermostSettings, message: Message, transports: Transports): Promise<Outcome> {
  return await sendRequest({ url, json: bodyOf(contentOf(message)) }, { message, transports })
}

function bodyOf(content: MessageContent) {
  const { title, ...attachment } = attachmentOf(content)
  return { attachments: [{ fallback: title, title, ...attachment }] }
}
