import { z } from 'zod'
import type { Outcome } from '#domain/delivery.ts'
import { isAboutMonitor } from '#domain/notification.ts'
import { cutEnd } from '#lib/cut.ts'
import { withVisibleDirections } from '#lib/invisible.ts'
import { contentOf, isNotice, type MessageContent } from '#words/message.ts'
import type { ChannelKind, Message, Transports } from './kind.ts'
import { fingerprint, secretToken } from './shared/fields.ts'
import { type ServiceAnswer, sendRequest } from './shared/http.ts'
import { PLAIN_WITHOUT_HTML, renderText, withoutHtml } from './shared/markup.ts'

const SERVERS = {
  us: 'https://api.opsgenie.com',
  eu: 'https://api.eu.opsgenie.com',
  jira: 'https://api.atlassian.com/jsm/ops/integration',
}
const SERVER_OPTIONS = [
  { value: 'us', label: 'Opsgenie' },
  { value: 'eu', label: 'Opsgenie EU' },
  { value: 'jira', label: 'Jira Service Management' },
]
const PRIORITIES = ['P1', 'P2', 'P3', 'P4', 'P5'] as const

interface OpsgenieSettings {
  server: keyof typeof SERVERS
  key: string
  priority: (typeof PRIORITIES)[number]
}

const MESSAGE_MAX = 130
const DESCRIPTION_MAX = 15_000
const NOTE_MAX = 25_000
/** All details together may have 8,000 characters. */
const DETAIL_MAX = 800
const TAGS_MAX = 20
const TAG_MAX = 50

export const opsgenie: ChannelKind<OpsgenieSettings> = {
  kind: 'opsgenie',
  label: 'Opsgenie / Jira Service Management',
  group: 'On-call',
  offer: 'Opens an alert when a monitor goes down and closes it on recovery.',
  guide: 'opsgenie-and-jira-service-management',
  needsMailServer: false,
  isPerIncident: true,
  fields: [
    {
      name: 'server',
      label: 'Product',
      help: 'The product and region of your team.',
      type: 'choice',
      isRequired: true,
      initial: 'jira',
      options: SERVER_OPTIONS,
    },
    {
      name: 'key',
      label: 'API key',
      help: 'Add an integration of the type “API” to your team, and copy its API key.',
      type: 'secret',
      isRequired: true,
      link: {
        label: 'Create an API integration',
        url: 'https://support.atlassian.com/jira-service-management-cloud/docs/set-up-an-api-integration/',
      },
    },
    {
      name: 'priority',
      label: 'Priority',
      help: 'P1 is the highest.',
      type: 'choice',
      isRequired: true,
      initial: 'P1',
      options: PRIORITIES.map((value) => ({ value, label: value })),
    },
  ],
  settings: z.object({
    server: z.enum(['us', 'eu', 'jira']),
    key: secretToken(),
    priority: z.enum(PRIORITIES),
  }),
  summary: ({ server, key, priority }) =>
    `${SERVER_OPTIONS.find(({ value }) => value === server)?.label}, ${priority} (${fingerprint(key)})`,
  send,
}

// An alert with the same alias is combined with the open one, and closing twice does no harm.
async function send(
  { server, key, priority }: OpsgenieSettings,
  message: Message,
  transports: Transports,
): Promise<Outcome> {
  const content = contentOf(message)
  const alias = message.thread.key
  const alerts = `${SERVERS[server]}/v2/alerts`
  const isUp = content.status === 'up'
  const request = {
    url: isUp ? `${alerts}/${encodeURIComponent(alias)}/close?identifierType=alias` : alerts,
    headers: { Authorization: `GenieKey ${key}` },
    json: isUp ? closingOf(content) : { alias, ...alertOf(message, content), priority: priorityOf(content, priority) },
  }
  const textOf = ({ json: { message: text, errors } }: ServiceAnswer) =>
    [text, ...Object.values(errors ?? {})].filter(Boolean).join(' ')
  return await sendRequest(request, { message, transports, rules: { textOf } })
}

// A notice has no recovery that would close its alert.
function priorityOf(content: MessageContent, priority: OpsgenieSettings['priority']): string {
  return isNotice(content) && priority < 'P3' ? 'P3' : priority
}

function closingOf(content: MessageContent) {
  return { source: 'CronGuard', note: renderText(content, PLAIN_WITHOUT_HTML, { max: NOTE_MAX }) }
}

function alertOf({ notification }: Message, content: MessageContent) {
  const shown = (text: string) => withoutHtml(withVisibleDirections(text))
  const tags = isAboutMonitor(notification) ? notification.monitor.tags : []
  return {
    message: cutEnd(shown(content.title), MESSAGE_MAX),
    description: renderText(content, PLAIN_WITHOUT_HTML, { max: DESCRIPTION_MAX, without: ['title', 'facts'] }),
    source: 'CronGuard',
    tags: tags.slice(0, TAGS_MAX).map((tag) => cutEnd(tag, TAG_MAX)),
    details: Object.fromEntries(content.facts.map(([label, value]) => [label, cutEnd(shown(value), DETAIL_MAX)])),
  }
}
