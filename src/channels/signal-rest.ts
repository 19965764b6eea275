import { z } from 'zod'
import type { Outcome } from '#domain/delivery.ts'
import { contentOf } from '#words/message.ts'
import type { ChannelKind, Message, Transports } from './kind.ts'
import { phoneNumber, serverUrl, shownServer, withoutSlash } from './shared/fields.ts'
import { type AnswerRules, type ServiceAnswer, sendRequest } from './shared/http.ts'
import { RECIPIENT_FIELD, recipient, signalText } from './shared/signal.ts'

interface SignalRestSettings {
  server: string
  from: string
  to: string
}

export const signalRest: ChannelKind<SignalRestSettings> = {
  kind: 'signal-rest',
  label: 'Signal (REST API)',
  group: 'Phone',
  offer: 'Sends Signal messages through your own signal-cli-rest-api server.',
  guide: 'signal',
  needsMailServer: false,
  fields: [
    {
      name: 'server',
      label: 'Server',
      help: 'The URL of your signal-cli-rest-api server.',
      type: 'url',
      isRequired: true,
      link: { label: 'Run your own', url: 'https://github.com/bbernhard/signal-cli-rest-api#getting-started' },
    },
    {
      name: 'from',
      label: 'Sender',
      help: 'The phone number registered or linked on this server.',
      type: 'text',
      isRequired: true,
    },
    RECIPIENT_FIELD,
  ],
  settings: z.object({ server: serverUrl(), from: phoneNumber(), to: recipient() }),
  summary: ({ server, to }) => `${to} through ${shownServer(server)}`,
  send,
}

// The API accepts no ID from us, so a retry after a lost answer sends the message twice.
async function send(
  { server, from, to }: SignalRestSettings,
  message: Message,
  transports: Transports,
): Promise<Outcome> {
  const { receipt } = message.thread
  const request = {
    url: `${withoutSlash(server)}/v2/send`,
    json: {
      number: from,
      recipients: [to],
      message: signalText(contentOf(message)).text,
      text_mode: 'normal',
      ...(receipt && { quote_timestamp: Number(receipt), quote_author: from, quote_message: '' }),
    },
  }
  return await sendRequest(request, { message, transports, rules: GROUP.test(to) ? GROUP_RULES : RULES })
}

/** The ID of a group has 60 characters; a user name that starts alike is shorter. */
const GROUP = /^group\.\S{60}$/

const RULES: AnswerRules = {
  isPermanent: ({ json }) => /unregistered user/i.test(String(json.error)),
  receiptOf: ({ json }) => json.timestamp,
}

/**
 * If a member of a group can't be reached, the API answers 400 although the others got the message. Its error then
 * ends with the timestamp of the message. A retry would send it to the others again.
 */
const GROUP_RULES: AnswerRules = {
  ...RULES,
  isSent: (answer) => (answer.status >= 200 && answer.status < 300) || partialTimestamp(answer) !== undefined,
  receiptOf: (answer) => answer.json.timestamp ?? partialTimestamp(answer),
}

function partialTimestamp({ json }: ServiceAnswer): string | undefined {
  return /^Failed to send \(some\) messages:.*(\d{13})\s*$/s.exec(String(json.error))?.[1]
}
