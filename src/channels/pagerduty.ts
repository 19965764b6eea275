import { z } from 'zod'
import type { Outcome } from '#domain/delivery.ts'
import { countBytes, cutEnd } from '#lib/cut.ts'
import { contentOf, isNotice, type MessageContent } from '#words/message.ts'
import type { ChannelKind, Message, Transports } from './kind.ts'
import { fingerprint, secretToken } from './shared/fields.ts'
import { sendRequest } from './shared/http.ts'
import { fitContent } from './shared/markup.ts'

const REGIONS = { us: 'https://events.pagerduty.com', eu: 'https://events.eu.pagerduty.com' }
const SEVERITIES = ['critical', 'error', 'warning', 'info'] as const

interface PagerDutySettings {
  key: string
  region: keyof typeof REGIONS
  severity: (typeof SEVERITIES)[number]
}

const SUMMARY_MAX = 1024
/** An event may have 512 kB in all. */
const DETAILS_MAX = 100_000

export const pagerduty: ChannelKind<PagerDutySettings> = {
  kind: 'pagerduty',
  label: 'PagerDuty',
  group: 'On-call',
  offer: 'Triggers an alert when a monitor goes down and resolves it on recovery.',
  guide: 'pagerduty',
  needsMailServer: false,
  isPerIncident: true,
  fields: [
    {
      name: 'key',
      label: 'Integration key',
      help: 'In PagerDuty, add the “Events API V2” integration to a service, and copy its key.',
      type: 'secret',
      isRequired: true,
      link: { label: 'Create a key', url: 'https://support.pagerduty.com/main/docs/services-and-integrations' },
    },
    {
      name: 'region',
      label: 'Region',
      help: 'EU if the URL of your account contains “.eu.”.',
      type: 'choice',
      isRequired: true,
      initial: 'us',
      options: [
        { value: 'us', label: 'US' },
        { value: 'eu', label: 'EU' },
      ],
    },
    {
      name: 'severity',
      label: 'Severity',
      help: 'Sets the urgency if the service uses dynamic notifications.',
      type: 'choice',
      isRequired: true,
      initial: 'critical',
      options: SEVERITIES.map((value) => ({ value, label: `${value[0]?.toUpperCase()}${value.slice(1)}` })),
    },
  ],
  settings: z.object({
    key: secretToken(),
    region: z.enum(['us', 'eu']),
    severity: z.enum(SEVERITIES),
  }),
  summary: ({ key, region, severity }) => `${region.toUpperCase()}, ${severity} (${fingerprint(key)})`,
  send,
}

// PagerDuty drops a resolution if no event with this key was triggered, and combines events with the same key, so
// repetitions do no harm.
async function send(settings: PagerDutySettings, message: Message, transports: Transports): Promise<Outcome> {
  const content = fitContent(contentOf(message), { max: DETAILS_MAX, sizeOf: sizeOfDetails })
  const json = {
    routing_key: settings.key,
    event_action: content.status === 'up' ? 'resolve' : 'trigger',
    dedup_key: message.thread.key,
    client: 'CronGuard',
    client_url: message.links.open,
    links: content.links.map(({ label, url }) => ({ href: url, text: label })),
    payload: {
      summary: cutEnd(content.title, SUMMARY_MAX),
      // A notice has no recovery that would resolve it.
      severity: isNotice(content) ? 'warning' : settings.severity,
      source: message.notification.project,
      timestamp: new Date(message.notification.at).toISOString(),
      custom_details: detailsOf(content),
    },
  }
  const request = { url: `${REGIONS[settings.region]}/v2/enqueue`, json }
  return await sendRequest(request, {
    message,
    transports,
    rules: { textOf: ({ json }) => [json.message, json.errors].flat().filter(Boolean).join(': ') },
  })
}

function sizeOfDetails(content: MessageContent): number {
  return countBytes(JSON.stringify(detailsOf(content)))
}

function detailsOf({ details, output, facts, description }: MessageContent): Record<string, string> {
  return {
    'What happened': details,
    ...(output && { Output: output.text }),
    ...Object.fromEntries(facts),
    ...(description && { Description: description }),
  }
}
