import { z } from 'zod'
import type { Outcome } from '#domain/delivery.ts'
import { countUnits } from '#lib/cut.ts'
import { SECOND } from '#lib/duration.ts'
import { withVisibleDirections } from '#lib/invisible.ts'
import { contentOf, type MessageContent } from '#words/message.ts'
import type { ChannelKind, Message, Transports } from './kind.ts'
import { requestUrl, shownSecretUrl } from './shared/fields.ts'
import { type ServiceAnswer, sendRequest } from './shared/http.ts'
import { colorOf, type Dialect, MARKDOWN, renderText, textWithin } from './shared/markup.ts'

interface DiscordSettings {
  url: string
}

/** The limit for all texts of an embed together, and for its description. */
const EMBED_MAX = 6000
const DESCRIPTION_MAX = 4096
const TITLE_MAX = 256
/** Up to 1,024 are allowed. Shorter facts leave more for the rest. */
const VALUE_MAX = 300

export const discord: ChannelKind<DiscordSettings> = {
  kind: 'discord',
  label: 'Discord',
  group: 'Chat',
  offer: 'Sends messages to a channel on your server.',
  guide: 'discord',
  needsMailServer: false,
  fields: [
    {
      name: 'url',
      label: 'Webhook URL',
      help: 'In the channel settings, open “Integrations” and create a webhook.',
      type: 'secret',
      isRequired: true,
      link: {
        label: 'Create a webhook',
        url: 'https://support.discord.com/hc/en-us/articles/228383668-Intro-to-Webhooks',
      },
    },
  ],
  settings: z.object({ url: requestUrl() }),
  problems: ({ url }) =>
    isWebhook(url) ? {} : { url: 'Enter a webhook URL. It starts with https://discord.com/api/webhooks/.' },
  summary: ({ url }) => shownSecretUrl(url),
  limits: ({ url }) => [{ key: url, burst: 30, perMs: 2 * SECOND }],
  send,
}

// People also copy the URLs of channels and invitations.
function isWebhook(url: string): boolean {
  const { hostname, pathname } = new URL(url)
  return pathname.startsWith('/api/') || !/(^|\.)discord(app)?\.(com|gg)$/.test(hostname)
}

async function send({ url }: DiscordSettings, message: Message, transports: Transports): Promise<Outcome> {
  const request = { url: executeUrl(url), json: bodyOf(contentOf(message), message.notification.at) }
  return await sendRequest(request, { message, transports, rules: RULES })
}

/** URLs of the former host, and those for messages in Slack's format, belong to the same webhook. */
function executeUrl(webhookUrl: string): string {
  const url = new URL(webhookUrl)
  url.hostname = url.hostname.replace(/(^|\.)discordapp\.com$/, '$1discord.com')
  url.pathname = url.pathname.replace(/\/(slack|github)?$/, '')
  return url.href
}

/** Discord doesn't support longer fences, so a word joiner separates the backticks of a text. */
const DIALECT: Dialect = {
  ...MARKDOWN,
  block: (text) => `\`\`\`\n${text.replace(/`(?=`)/g, '`\u2060')}\n\`\`\``,
}

function bodyOf(content: MessageContent, at: number) {
  const title = escaped(content.title, TITLE_MAX)
  const fields = content.facts.map(([label, value]) => ({
    name: label,
    value: escaped(value, VALUE_MAX),
    inline: true,
  }))
  const used = [title, ...fields.flatMap(({ name, value }) => [name, value])].join('').length
  const description = renderText(content, DIALECT, {
    max: Math.min(DESCRIPTION_MAX, EMBED_MAX - used),
    measure: countUnits,
    without: ['title', 'facts'],
  })
  return {
    embeds: [
      {
        title,
        url: content.links[0]?.url,
        description,
        color: Number.parseInt(colorOf(content).slice(1), 16),
        fields,
        timestamp: new Date(at).toISOString(),
      },
    ],
    allowed_mentions: { parse: [] },
  }
}

function escaped(text: string, max: number): string {
  return textWithin(withVisibleDirections(text), DIALECT, { max })
}

/** Unknown Webhook: someone deleted it. Invalid Webhook Token: the URL never belonged to one. */
const GONE = [10015, 50027]

const RULES = {
  isPermanent: ({ json }: ServiceAnswer) => GONE.includes(Number(json.code)),
  retryAfterOf: ({ json }: ServiceAnswer) => json.retry_after,
}
