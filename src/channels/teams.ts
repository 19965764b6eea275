import { z } from 'zod'
import type { Outcome } from '#domain/delivery.ts'
import { countBytes } from '#lib/cut.ts'
import { splitLinks } from '#lib/links.ts'
import { contentOf, type MessageContent } from '#words/message.ts'
import type { ChannelKind, Message, Transports } from './kind.ts'
import { requestUrl, shownSecretUrl } from './shared/fields.ts'
import { type ServiceAnswer, sendRequest } from './shared/http.ts'
import { fitContent } from './shared/markup.ts'

interface TeamsSettings {
  url: string
}

/** Teams accepts about 28 kB. */
const CARD_MAX = 20_000

export const teams: ChannelKind<TeamsSettings> = {
  kind: 'teams',
  label: 'Microsoft Teams',
  group: 'Chat',
  offer: 'Sends cards to a channel or chat, through a workflow.',
  guide: 'microsoft-teams',
  needsMailServer: false,
  fields: [
    {
      name: 'url',
      label: 'Workflow URL',
      help: 'Create a workflow with the template “Send webhook alerts to a channel”, and copy its URL.',
      type: 'secret',
      isRequired: true,
      link: {
        label: 'Create a workflow',
        url: 'https://support.microsoft.com/office/8ae491c7-0394-4861-ba59-055e33f75498',
      },
    },
  ],
  settings: z.object({ url: requestUrl() }),
  summary: ({ url }) => shownSecretUrl(url),
  send,
}

async function send({ url }: TeamsSettings, message: Message, transports: Transports): Promise<Outcome> {
  const content = fitContent(contentOf(message), {
    max: CARD_MAX,
    sizeOf: (candidate) => countBytes(JSON.stringify(cardOf(candidate))),
  })
  const attachment = {
    contentType: 'application/vnd.microsoft.card.adaptive',
    contentUrl: null,
    content: cardOf(content),
  }
  return await sendRequest(
    { url, json: { type: 'message', attachments: [attachment] } },
    { message, transports, rules: RULES },
  )
}

const COLORS: Record<MessageContent['status'], string> = {
  down: 'Attention',
  up: 'Good',
  blind: 'Warning',
  notice: 'Warning',
}

/** Teams reads Markdown in text blocks and facts, but not in the runs of rich text. */
function cardOf({ status, title, details, output, facts, description, links }: MessageContent) {
  return {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.2',
    fallbackText: title,
    msteams: { width: 'Full' },
    body: [
      richText([{ ...run(title), size: 'Large', weight: 'Bolder', color: COLORS[status] }]),
      ...details.split('\n').map((line) => richText([run(line)])),
      ...(output ? [{ type: 'CodeBlock', codeSnippet: output.text, language: 'PlainText' }] : []),
      ...facts.map(([label, value]) => richText([{ ...run(label), weight: 'Bolder' }, run(`: ${value}`)], 'Small')),
      ...description.split('\n').map((line) => richText(splitLinks(line).map(linkedRun))),
    ].filter((element) => !('inlines' in element) || element.inlines.some(({ text }) => text !== '')),
    actions: links.map(({ label, url }) => ({ type: 'Action.OpenUrl', title: label, url })),
  }
}

interface Run {
  type: 'TextRun'
  text: string
  size?: string
  weight?: string
  color?: string
  selectAction?: { type: string; url: string }
}

function richText(inlines: Run[], spacing?: 'Small') {
  return { type: 'RichTextBlock', inlines, ...(spacing && { spacing }) }
}

function run(text: string): Run {
  return { type: 'TextRun', text }
}

function linkedRun({ text, isUrl }: { text: string; isUrl: boolean }): Run {
  return isUrl ? { ...run(text), selectAction: { type: 'Action.OpenUrl', url: text } } : run(text)
}

// The text of an error may contain the ID of the workflow, which is part of its URL.
const RULES = {
  textOf: ({ json }: ServiceAnswer) => (json.error as { code?: unknown } | undefined)?.code,
}
