import { z } from 'zod'
import type { Outcome } from '#domain/delivery.ts'
import { countBytes } from '#lib/cut.ts'
import { contentOf, type MessageContent } from '#words/message.ts'
import type { ChannelKind, Message, Transports } from './kind.ts'
import { requestUrl, shownSecretUrl } from './shared/fields.ts'
import { sendRequest } from './shared/http.ts'
import { fitContent, PLAIN, renderText } from './shared/markup.ts'

interface HomeAssistantSettings {
  url: string
}

/** Home Assistant stores attributes of a state only up to 16,384 bytes. */
const PAYLOAD_MAX = 16_000

export const homeAssistant: ChannelKind<HomeAssistantSettings> = {
  kind: 'home-assistant',
  label: 'Home Assistant',
  group: 'Home and more',
  offer: 'Triggers an automation, for lights, speakers or notifications.',
  needsMailServer: false,
  fields: [
    {
      name: 'url',
      label: 'Webhook URL',
      help: 'The address of Home Assistant, /api/webhook/ and the webhook ID of an automation.',
      type: 'secret',
      isRequired: true,
      link: {
        label: 'Webhook triggers',
        url: 'https://www.home-assistant.io/docs/automation/trigger/#webhook-trigger',
      },
    },
  ],
  settings: z.object({
    url: requestUrl().refine((url) => /\/api\/webhook\/[^/]+$/.test(new URL(url).pathname), {
      error: 'Enter an address that ends with /api/webhook/ and an ID.',
    }),
  }),
  summary: ({ url }) => shownSecretUrl(url),
  send,
}

async function send({ url }: HomeAssistantSettings, message: Message, transports: Transports): Promise<Outcome> {
  const content = fitContent(contentOf(message), {
    max: PAYLOAD_MAX,
    sizeOf: (fitting) => countBytes(JSON.stringify(payloadOf(message, fitting))),
  })
  return await sendRequest({ url, json: payloadOf(message, content) }, { message, transports })
}

/** Flat, so that templates stay short: `{{ trigger.json.title }}`. */
function payloadOf({ notification, links, deliveryId, thread }: Message, content: MessageContent) {
  const isGap = notification.status === 'blind'
  return {
    status: isGap ? 'offline' : notification.status,
    title: content.title,
    message: renderText(content, PLAIN, { max: PAYLOAD_MAX, without: ['title', 'links'] }),
    monitor: isGap ? null : notification.monitor.name,
    slug: isGap ? null : notification.monitor.slug,
    tags: isGap ? [] : notification.monitor.tags,
    project: notification.project,
    reason: notification.reason,
    output: content.output?.text ?? null,
    at: new Date(notification.at).toISOString(),
    url: links.open,
    acknowledge_url: links.acknowledge,
    is_test: notification.isTest,
    incident: thread.key,
    delivery: deliveryId,
  }
}
