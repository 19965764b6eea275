import { z } from 'zod'
import type { Outcome } from '#domain/delivery.ts'
import { countBytes } from '#lib/cut.ts'
import { contentOf, type MessageContent } from '#words/message.ts'
import type { ChannelKind, Message, Transports } from './kind.ts'
import { requestUrl, shownSecretUrl } from './shared/fields.ts'
import { type ServiceAnswer, sendRequest } from './shared/http.ts'
import { fitContent, HTML, renderLinked, unlinked, withSign } from './shared/markup.ts'

interface GoogleChatSettings {
  url: string
}

/** Google Chat accepts 32,000 bytes. */
const MESSAGE_MAX = 20_000

export const googleChat: ChannelKind<GoogleChatSettings> = {
  kind: 'google-chat',
  label: 'Google Chat',
  group: 'Chat',
  offer: 'Sends cards to a space, with one thread per incident.',
  guide: 'google-chat',
  needsMailServer: false,
  fields: [
    {
      name: 'url',
      label: 'Webhook URL',
      help: 'In the space menu, open “Apps & integrations” and add a webhook.',
      type: 'secret',
      isRequired: true,
      link: {
        label: 'Create a webhook',
        url: 'https://developers.google.com/workspace/chat/quickstart/webhooks#register-webhook',
      },
    },
  ],
  settings: z.object({ url: requestUrl() }),
  summary: ({ url }) => shownSecretUrl(url),
  send,
}

async function send(settings: GoogleChatSettings, message: Message, transports: Transports): Promise<Outcome> {
  const url = new URL(settings.url)
  url.searchParams.set('messageReplyOption', 'REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD')
  const content = fitContent(withSign(contentOf(message)), {
    max: MESSAGE_MAX,
    sizeOf: (candidate) => countBytes(JSON.stringify(cardOf(candidate))),
  })
  const json = {
    // Notifications show it.
    fallbackText: unlinked(content.title),
    cardsV2: [{ cardId: 'alert', card: cardOf(content) }],
    thread: { threadKey: message.thread.key },
  }
  return await sendRequest({ url: url.href, json }, { message, transports, rules: RULES })
}

/** The texts of widgets are HTML. The title is plain text. */
function cardOf({ title, details, output, facts, description, links }: MessageContent) {
  const widgets = [
    ...paragraph(shown(details)),
    ...paragraph(output ? withSpaces(shown(output.text)) : ''),
    ...facts.map(([topLabel, value]) => ({ decoratedText: { topLabel, text: shown(value), wrapText: true } })),
    ...paragraph(renderLinked(description, DIALECT)),
    { buttonList: { buttons: links.map(({ label, url }) => ({ text: label, onClick: { openLink: { url } } })) } },
  ]
  return { header: { title }, sections: [{ widgets }] }
}

const DIALECT = { ...HTML, text: shown }

function shown(text: string): string {
  return HTML.text(unlinked(text))
}

function paragraph(text: string) {
  return text === '' ? [] : [{ textParagraph: { text } }]
}

/** Keeps the indents of output. */
function withSpaces(html: string): string {
  return html.replace(/^ +| {2,}/gm, (spaces) => '\u00a0'.repeat(spaces.length))
}

const RULES = {
  textOf: ({ json }: ServiceAnswer) => (json.error as { message?: unknown } | undefined)?.message,
}
