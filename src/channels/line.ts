import { z } from 'zod'
import type { Outcome } from '#domain/delivery.ts'
import { countBytes, countUnits, cutEnd } from '#lib/cut.ts'
import { contentOf, type MessageContent } from '#words/message.ts'
import type { ChannelKind, Message, Transports } from './kind.ts'
import { fingerprint, secretToken } from './shared/fields.ts'
import { type AnswerRules, sendRequest } from './shared/http.ts'
import { fitContent } from './shared/markup.ts'

interface LineSettings {
  token: string
  to: string
}

const ALT_TEXT_MAX = 1500
/** A bubble may have 30 kB of JSON. */
const BUBBLE_MAX = 28_000

export const line: ChannelKind<LineSettings> = {
  kind: 'line',
  label: 'LINE',
  group: 'Phone',
  offer: 'Sends messages from your LINE Official Account.',
  guide: 'line',
  needsMailServer: false,
  fields: [
    {
      name: 'token',
      label: 'Channel access token',
      help: 'On the “Messaging API” tab in the LINE Developers Console.',
      type: 'secret',
      isRequired: true,
      link: { label: 'Open the LINE console', url: 'https://developers.line.biz/console/' },
    },
    {
      name: 'to',
      label: 'User or group ID',
      help: 'Starts with U, C or R. Find yours on the “Basic settings” tab in the LINE Developers Console.',
      type: 'text',
      isRequired: true,
    },
  ],
  settings: z.object({
    token: secretToken(),
    to: z
      .string()
      .regex(/^[UCR][0-9a-f]{32}$/, 'Enter U, C or R followed by 32 characters, 0–9 and a–f. A LINE ID does not work.'),
  }),
  summary: ({ to, token }) => `${to.slice(0, 5)}… (${fingerprint(token)})`,
  send,
}

async function send({ token, to }: LineSettings, message: Message, transports: Transports): Promise<Outcome> {
  const content = fitContent(contentOf(message), {
    max: BUBBLE_MAX,
    sizeOf: (fitting) => countBytes(JSON.stringify(bubbleOf(fitting))),
  })
  const altText = cutEnd(`${content.title}\n${content.details}`, ALT_TEXT_MAX, countUnits)
  const request = {
    url: 'https://api.line.me/v2/bot/message/push',
    // Within 24 hours, LINE accepts a request with the same key only once.
    headers: { Authorization: `Bearer ${token}`, 'X-Line-Retry-Key': message.deliveryId },
    json: { to, messages: [{ type: 'flex', altText, contents: bubbleOf(content) }] },
  }
  return await sendRequest(request, { message, transports, rules: RULES })
}

/** 409 says that an earlier attempt arrived. */
const RULES: AnswerRules = {
  isSent: ({ status }) => (status >= 200 && status < 300) || status === 409,
  textOf: ({ json: { message, details } }) =>
    [message, ...(Array.isArray(details) ? details : []).map((detail) => detail?.message)].filter(Boolean).join(': '),
}

const COLORS: Record<MessageContent['status'], string> = {
  down: '#b42318',
  up: '#067647',
  blind: '#b54708',
  notice: '#b54708',
}

function bubbleOf({ status, title, details, output, facts, description, links }: MessageContent) {
  const texts = [details, output?.text ?? '', facts.map((fact) => fact.join(': ')).join('\n'), description]
  return {
    type: 'bubble',
    header: {
      ...boxOf([{ ...textOf(title), weight: 'bold', color: '#ffffff' }]),
      backgroundColor: COLORS[status],
    },
    body: boxOf(texts.filter((text) => text.trim() !== '').map((text) => ({ ...textOf(text), size: 'sm' }))),
    footer: boxOf(
      links.map(({ label, url }, index) => ({
        type: 'button',
        style: index === 0 ? 'primary' : 'secondary',
        action: { type: 'uri', label, uri: url },
      })),
    ),
  }
}

function boxOf(contents: readonly object[]) {
  return { type: 'box', layout: 'vertical', spacing: 'md', contents }
}

function textOf(text: string) {
  return { type: 'text', text: cutEnd(text, TEXT_MAX, countUnits), wrap: true }
}

/** LINE names no limit for one text of a bubble. This one keeps it readable. */
const TEXT_MAX = 2000
