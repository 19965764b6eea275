import { z } from 'zod'
import type { Outcome } from '#domain/delivery.ts'
import type { ChannelKind, Message, Transports } from './kind.ts'
import { automationPayload } from './shared/automation.ts'
import { requestUrl, shownSecretUrl } from './shared/fields.ts'
import { sendRequest } from './shared/http.ts'

interface HomeAssistantSettings {
  url: string
}

export const homeAssistant: ChannelKind<HomeAssistantSettings> = {
  kind: 'home-assistant',
  label: 'Home Assistant',
  group: 'Automation and groups',
  offer: 'Triggers an automation, for example to control lights or send notifications.',
  guide: 'home-assistant',
  needsMailServer: false,
  isForPrograms: true,
  fields: [
    {
      name: 'url',
      label: 'Webhook URL',
      help: 'The webhook of an automation, such as https://ha.example.com/api/webhook/my-id.',
      type: 'secret',
      isRequired: true,
      link: {
        label: 'Create a webhook trigger',
        url: 'https://www.home-assistant.io/docs/automation/trigger/#webhook-trigger',
      },
    },
  ],
  settings: z.object({
    url: requestUrl().refine((url) => /\/api\/webhook\/[^/]+$/.test(new URL(url).pathname), {
      error: 'Enter a URL that ends with /api/webhook/ and a webhook ID.',
    }),
  }),
  summary: ({ url }) => shownSecretUrl(url),
  send,
}

async function send({ url }: HomeAssistantSettings, message: Message, transports: Transports): Promise<Outcome> {
  return await sendRequest({ url, json: automationPayload(message) }, { message, transports })
}
