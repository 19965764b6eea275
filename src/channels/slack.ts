import { z } from 'zod'
import type { Outcome } from '#domain/delivery.ts'
import { SECOND } from '#lib/duration.ts'
import { contentOf } from '#words/message.ts'
import type { ChannelKind, Message, Transports } from './kind.ts'
import { requestUrl, shownSecretUrl } from './shared/fields.ts'
import { type ServiceAnswer, sendRequest } from './shared/http.ts'
import { slackBody } from './shared/slack.ts'

interface SlackSettings {
  url: string
}

export const slack: ChannelKind<SlackSettings> = {
  kind: 'slack',
  label: 'Slack',
  group: 'Chat',
  offer: 'Sends messages to a channel, through an incoming webhook.',
  guide: 'slack',
  needsMailServer: false,
  fields: [
    {
      name: 'url',
      label: 'Webhook URL',
      help: 'Create a Slack app, turn on “Incoming Webhooks”, and add one for your channel.',
      type: 'secret',
      isRequired: true,
      link: { label: 'Create a webhook', url: 'https://api.slack.com/messaging/webhooks' },
    },
  ],
  settings: z.object({ url: requestUrl() }),
  problems: ({ url }) =>
    isWebhook(url) ? {} : { url: 'Enter a webhook URL. It starts with https://hooks.slack.com/.' },
  summary: ({ url }) => shownSecretUrl(url),
  limits: ({ url }) => [{ key: url, burst: 1, perMs: SECOND }],
  send: ({ url }, message, transports) => send(url, message, transports),
}

// Other servers accept the same messages, but the pages of Slack's own channels don't.
function isWebhook(url: string): boolean {
  const { hostname } = new URL(url)
  return hostname.startsWith('hooks.') || !/(^|\.)slack(-gov)?\.com$/.test(hostname)
}

async function send(url: string, message: Message, transports: Transports): Promise<Outcome> {
  const request = { url, json: slackBody(contentOf(message)) }
  return await sendRequest(request, { message, transports, rules: RULES })
}

/** Someone removed the webhook, or its workspace. An archived channel may be restored. */
const GONE = ['no_service', 'invalid_token', 'no_team']

// Slack answers with one word, such as "no_service".
const RULES = {
  isPermanent: ({ body }: ServiceAnswer) => GONE.includes(body.trim()),
  textOf: ({ body }: ServiceAnswer) => /^[a-z_]+$/.exec(body.trim())?.[0],
}
