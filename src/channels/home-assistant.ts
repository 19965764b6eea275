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
  return await sendRequest({ url, json: automationPayload(message) }, { message, transports })
}
