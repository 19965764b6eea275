import type { ChannelField } from '#domain/channel.ts'
import { concealHeaders, hasConcealed, revealHeaders } from './headers.ts'
import { METHODS } from './webhook-request.ts'

const METHOD_OPTIONS = METHODS.map((method) => ({ value: method, label: method }))
const DOCS = { label: 'Templates', url: '/docs/webhooks#templates' }

/** The method, headers and body of one request. The names begin with `prefix`. */
function requestFields(prefix: '' | 'up' | 'test', section?: string): ChannelField[] {
  const field = (name: string, rest: Omit<ChannelField, 'name' | 'isRequired'>): ChannelField => ({
    name: prefix === '' ? name : `${prefix}${name[0]?.toUpperCase()}${name.slice(1)}`,
    isRequired: false,
    ...(section && { section }),
    ...rest,
  })
  return [
    field('method', {
      label: 'Method',
      help: 'GET sends no body.',
      type: 'choice',
      initial: 'POST',
      options: METHOD_OPTIONS,
    }),
    ...(prefix === '' ? [] : [field('url', { label: 'URL', type: 'url' as const })]),
    field('headers', {
      label: 'Headers',
      help: 'One per line, such as “Authorization: Bearer …”. Values are not shown again.',
      type: 'lines',
      concealing: { show: concealHeaders, reveal: revealHeaders, isConcealed: hasConcealed },
    }),
    field('body', {
      label: 'Body',
      help: "Leave empty to send CronGuard's JSON, or with placeholders, no body.",
      type: 'lines',
      link: DOCS,
    }),
  ]
}

const UP = 'Recovery'
const TEST = 'Test'

export const WEBHOOK_FIELDS: ChannelField[] = [
  { name: 'url', label: 'URL', type: 'url', isRequired: true },
  {
    name: 'secret',
    label: 'Secret',
    help: 'Signs the body, so the receiver can verify the sender.',
    type: 'secret',
    isRequired: false,
  },
  {
    name: 'language',
    label: 'Templates',
    help: "Inserts values, such as the monitor's name, into the URL, headers and body.",
    type: 'choice',
    isRequired: false,
    initial: 'none',
    options: [
      { value: 'none', label: 'Off: send everything as typed' },
      { value: 'placeholders', label: 'Placeholders: $NAME, $STATUS, $BODY, as in Healthchecks' },
      { value: 'liquid', label: 'Liquid: {{ monitor.name }}, as in Uptime Kuma' },
    ],
    link: DOCS,
  },
  {
    name: 'down',
    label: 'When a monitor goes down',
    type: 'choice',
    isRequired: false,
    initial: 'send',
    options: [
      { value: 'send', label: 'Send the request' },
      { value: 'none', label: 'Send nothing' },
    ],
  },
  ...requestFields(''),
  {
    name: 'up',
    label: 'When a monitor recovers',
    type: 'choice',
    isRequired: false,
    initial: 'same',
    options: [
      { value: 'same', label: 'Send the same request' },
      { value: 'own', label: 'Send a different request' },
      { value: 'none', label: 'Send nothing' },
    ],
    section: UP,
  },
  ...requestFields('up', UP),
  {
    name: 'test',
    label: 'When you send a test',
    type: 'choice',
    isRequired: false,
    initial: 'same',
    options: [
      { value: 'same', label: 'Send the request for a monitor that is down' },
      { value: 'own', label: 'Send a different request' },
    ],
    section: TEST,
  },
  ...requestFields('test', TEST),
]

/** Settings that people often need, to start from. */
export const WEBHOOK_PRESETS = [
  { label: "CronGuard's JSON", settings: {} },
  {
    label: 'GET request with placeholders',
    settings: {
      language: 'placeholders',
      method: 'GET',
      url: 'https://example.com/notify?name=$NAME&status=$STATUS',
    },
  },
  {
    label: 'JSON with placeholders',
    settings: {
      language: 'placeholders',
      headers: 'Content-Type: application/json',
      body: '{"name": $NAME_JSON, "status": "$STATUS", "output": $BODY_JSON, "at": "$NOW"}',
    },
  },
  {
    label: 'Short text in JSON',
    settings: { language: 'liquid', body: '{"text": "{{ title }}: {{ details }}"}' },
  },
  {
    label: 'Prometheus Alertmanager',
    settings: {
      language: 'liquid',
      url: 'https://alertmanager.example.com/api/v2/alerts',
      body: `[{
  "labels": {"alertname": "CronGuard", "monitor": "{{ monitor.slug }}", "project": "{{ project }}"},
  "annotations": {"summary": "{{ title }}", "description": "{{ details }}"},
  "startsAt": "{{ timestamp }}"{% if status == "up" %},
  "endsAt": "{{ timestamp }}"{% endif %},
  "generatorURL": "{{ url }}"
}]`,
    },
  },
  {
    label: 'Plain text',
    settings: {
      language: 'placeholders',
      headers: 'Content-Type: text/plain',
      body: '$NAME is $STATUS ($NOW)\n\n$BODY',
    },
  },
] satisfies { label: string; settings: Record<string, string> }[]
