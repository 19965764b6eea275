import { z } from 'zod'
import type { Outcome } from '#domain/delivery.ts'
import { cutEnd } from '#lib/cut.ts'
import { withVisibleDirections } from '#lib/invisible.ts'
import { contentOf, type MessageContent } from '#words/message.ts'
import type { ChannelKind, Message, Transports } from './kind.ts'
import { requestUrl, shownSecretUrl } from './shared/fields.ts'
import { type AnswerRules, sendRequest } from './shared/http.ts'
import { PLAIN, renderText } from './shared/markup.ts'

interface SplunkSettings {
  url: string
}

const STATE_MESSAGE_MAX = 20_480
const NAME_MAX = 500

export const splunkOnCall: ChannelKind<SplunkSettings> = {
  kind: 'splunk-oncall',
  label: 'Splunk On-Call',
  group: 'On-call',
  offer: 'Opens an incident in Splunk On-Call (formerly VictorOps) and resolves it on recovery.',
  guide: 'splunk-on-call',
  needsMailServer: false,
  isPerIncident: true,
  fields: [
    {
      name: 'url',
      label: 'Endpoint URL',
      help: 'Copy it from the REST integration, and replace “$routing_key” with your routing key.',
      type: 'secret',
      isRequired: true,
      link: {
        label: 'Enable the REST integration',
        url: 'https://help.splunk.com/en/splunk-observability-cloud/splunk-on-call/integrations-with-splunk-on-call',
      },
    },
  ],
  settings: z.object({
    url: requestUrl().refine((url) => !url.includes('$'), 'Replace “$routing_key” with your routing key.'),
  }),
  summary: ({ url }) => shownSecretUrl(url),
  send,
}

/** An event of the type INFO appears in the timeline and opens no incident, because no recovery would resolve it. */
const TYPES: Record<MessageContent['status'], string> = {
  down: 'CRITICAL',
  up: 'RECOVERY',
  blind: 'INFO',
  notice: 'INFO',
}

// Events with the same entity belong to one incident, so a repetition opens no second one.
async function send({ url }: SplunkSettings, message: Message, transports: Transports): Promise<Outcome> {
  const content = contentOf(message)
  const json = {
    message_type: TYPES[content.status],
    entity_id: message.thread.key,
    entity_display_name: cutEnd(withVisibleDirections(content.title), NAME_MAX),
    state_message: renderText(content, PLAIN, { max: STATE_MESSAGE_MAX, without: ['title', 'links'] }),
    state_start_time: Math.floor(message.notification.at / 1000),
    monitoring_tool: 'CronGuard',
    ...Object.fromEntries(content.links.map(({ label, url }) => [`vo_annotate.u.${label}`, url])),
  }
  return await sendRequest({ url, json }, { message, transports, rules: RULES })
}

// Some clients expect a failure inside of an answer with 200, which Splunk does not document. 404 means that the
// integration does not exist.
const RULES: AnswerRules = {
  isSent: ({ status, json }) => status >= 200 && status < 300 && json.result !== 'failure',
  isPermanent: ({ status }) => status === 404,
}
