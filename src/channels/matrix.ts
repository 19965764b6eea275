import { z } from 'zod'
import type { Outcome } from '#domain/delivery.ts'
import { countBytes } from '#lib/cut.ts'
import { contentOf } from '#words/message.ts'
import type { ChannelKind, Message, Transports } from './kind.ts'
import { secretToken, serverUrl, shownServer, withoutSlash } from './shared/fields.ts'
import { callService, outcomeOf, readAnswer, type ServiceAnswer } from './shared/http.ts'
import { HTML, PLAIN, renderText, unlinked, withSign } from './shared/markup.ts'

interface MatrixSettings {
  homeserver: string
  room: string
  token: string
}

/** An event of 64 KiB contains the message twice. */
const MESSAGE_MAX = 16_000

export const matrix: ChannelKind<MatrixSettings> = {
  kind: 'matrix',
  label: 'Matrix',
  group: 'Chat',
  offer: 'Sends messages to a room, with one thread per incident.',
  guide: 'matrix',
  needsMailServer: false,
  fields: [
    {
      name: 'homeserver',
      label: 'Homeserver',
      help: "The homeserver of CronGuard's account, such as https://matrix.org.",
      type: 'url',
      isRequired: true,
    },
    {
      name: 'room',
      label: 'Room',
      help: 'An address (#ops:example.org) or ID. Invite the account to private rooms. Encrypted rooms do not work.',
      type: 'text',
      isRequired: true,
    },
    {
      name: 'token',
      label: 'Access token',
      help: "Sign in to CronGuard's account in Element, and copy the token from “Help & About”.",
      type: 'secret',
      isRequired: true,
      link: {
        label: 'About access tokens',
        url: 'https://spec.matrix.org/latest/client-server-api/#client-authentication',
      },
    },
  ],
  settings: z.object({
    homeserver: serverUrl(),
    room: z
      .string()
      .regex(/^([!#][^\s:]+:\S+|![^\s:]+)$/, 'Enter a room, such as #ops:example.org or !abc:example.org.'),
    token: secretToken(),
  }),
  summary: ({ homeserver, room }) => `${room} on ${shownServer(homeserver)}`,
  send,
}

/** The transaction ID keeps the homeserver from accepting a message twice, also after joining. */
async function send(settings: MatrixSettings, message: Message, transports: Transports): Promise<Outcome> {
  const call = (method: 'PUT' | 'POST', path: string, json: object) =>
    callService(
      {
        method,
        url: `${withoutSlash(settings.homeserver)}/_matrix/client/v3/${path}`,
        headers: { Authorization: `Bearer ${settings.token}` },
        json,
      },
      { message, transports },
    )
  const join = () => call('POST', `join/${encodeURIComponent(settings.room)}`, {})
  const sendTo = (room: string) =>
    call('PUT', `rooms/${encodeURIComponent(room)}/send/m.room.message/${message.deliveryId}`, contentOfEvent(message))

  if (settings.room.startsWith('!')) {
    const sent = await sendTo(settings.room)
    if (sent.kind !== 'answer' || sent.status !== 403) return outcomeOf(sent, RULES)
  }
  // An address leads to the room's ID. A room to which the account was invited has to be joined.
  const joined = await join()
  const room = joined.kind === 'answer' ? readAnswer(joined).json.room_id : null
  if (typeof room !== 'string') return outcomeOf(joined, { ...RULES, isSent: () => false })
  return outcomeOf(await sendTo(room), RULES)
}

function contentOfEvent(message: Message) {
  const content = withSign(contentOf(message))
  const { receipt } = message.thread
  return {
    msgtype: 'm.text',
    body: renderText(content, { ...PLAIN, text: unlinked, block: unlinked }, { max: MESSAGE_MAX, measure: countBytes }),
    format: 'org.matrix.custom.html',
    formatted_body: withBreaks(renderText(content, DIALECT, { max: MESSAGE_MAX, measure: countBytes })),
    // Mentions no one, whatever the text says.
    'm.mentions': {},
    ...(receipt !== null && {
      'm.relates_to': {
        rel_type: 'm.thread',
        event_id: receipt,
        // Apps without threads show a reply.
        is_falling_back: true,
        'm.in_reply_to': { event_id: receipt },
      },
    }),
  }
}

const DIALECT = { ...HTML, text: (text: string) => HTML.text(unlinked(text)) }

/** HTML shows line breaks only where it is preformatted. */
function withBreaks(html: string): string {
  return html
    .split(/(<pre>.*?<\/pre>)/s)
    .map((part, index) => (index % 2 === 1 ? part : part.replaceAll('\n', '<br>')))
    .join('')
}

const RULES = {
  textOf: ({ json }: ServiceAnswer) => json.error ?? json.errcode,
  receiptOf: ({ json }: ServiceAnswer) => json.event_id,
  retryAfterOf: ({ json }: ServiceAnswer) =>
    typeof json.retry_after_ms === 'number' ? json.retry_after_ms / 1000 : undefined,
}
