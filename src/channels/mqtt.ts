import { z } from 'zod'
import type { Outcome } from '#domain/delivery.ts'
import { shownName } from '#domain/monitor.ts'
import { isAboutMonitor, type MonitorNotification, type Notification, notificationUrl } from '#domain/notification.ts'
import { countBytes } from '#lib/cut.ts'
import { SECOND } from '#lib/duration.ts'
import { type Publishing, type PublishResult, publish } from '#lib/mqtt.ts'
import { type BlockedTarget, refusalOf } from '#lib/outbound.ts'
import { sha256Hex } from '#lib/tokens.ts'
import { blockedOutcome, type ChannelKind, type Message, networkOutcome, type Transports } from './kind.ts'
import { automationPayload } from './shared/automation.ts'

interface MqttSettings {
  server: string
  username?: string | undefined
  password?: string | undefined
  topic: string
  discovery?: 'on' | undefined
  discoveryPrefix?: string | undefined
}

const CONNECT_MS = 10 * SECOND
const ANSWER_MS = 15 * SECOND
const TOPIC_MAX = 200
const PORTS: Record<string, number> = { 'mqtt:': 1883, 'mqtts:': 8883 }
const DISCOVERY_PREFIX = 'homeassistant'

export const mqtt: ChannelKind<MqttSettings> = {
  kind: 'mqtt',
  label: 'MQTT',
  group: 'Automation and groups',
  offer: 'Publishes messages to a broker, for Home Assistant, Node-RED and others.',
  guide: 'mqtt',
  needsMailServer: false,
  fields: [
    {
      name: 'server',
      label: 'Broker',
      help: 'Such as mqtt://localhost:1883, or mqtts:// for TLS.',
      type: 'url',
      isRequired: true,
    },
    { name: 'username', label: 'User name', help: 'Only if the broker requires one.', type: 'text', isRequired: false },
    { name: 'password', label: 'Password', type: 'secret', isRequired: false },
    {
      name: 'topic',
      label: 'Topic',
      help: 'Receives every notification as JSON.',
      type: 'text',
      isRequired: true,
      initial: 'cronguard',
      link: { label: 'Format', url: '/docs/channels#mqtt' },
    },
    {
      name: 'discovery',
      label: 'Add monitors to Home Assistant',
      help: 'Each monitor appears as a sensor after its first notification.',
      type: 'flag',
      isRequired: false,
    },
    {
      name: 'discoveryPrefix',
      label: 'Discovery prefix',
      help: `Only if Home Assistant does not use “${DISCOVERY_PREFIX}”.`,
      type: 'text',
      isRequired: false,
    },
  ],
  settings: z.object({
    server: brokerUrl(),
    username: z.string().max(200).optional(),
    password: z.string().max(200).optional(),
    topic: topicName(),
    discovery: z.literal('on').optional(),
    discoveryPrefix: topicName().optional(),
  }),
  summary: ({ server, topic }) => `${topic} on ${new URL(server).host}`,
  send,
}

function brokerUrl() {
  return z
    .string()
    .max(1000)
    .refine((text) => /^mqtts?:\/\/[^/?#@]+\/?$/i.test(text) && URL.canParse(text) && URL.canParse(asHttp(text)), {
      error: 'Enter a URL such as mqtt://localhost:1883, without a user name or path.',
      abort: true,
    })
    .refine((text) => refusalOf(new URL(asHttp(text))) === null, {
      error: ({ input }) => refusalOf(new URL(asHttp(String(input)))) ?? '',
    })
}

// `URL` normalizes the hosts of http URLs only.
function asHttp(text: string): string {
  return text.replace(/^mqtt/i, 'http')
}

// + and # are wildcards, and topics that begin with $ belong to the broker.
function topicName() {
  return z
    .string()
    .regex(/^[^$+#\p{Cc}\p{Cs}][^+#\p{Cc}\p{Cs}]*$/u, "Enter a topic without + or #. It can't start with $.")
    .refine((topic) => countBytes(topic) <= TOPIC_MAX, `Enter at most ${TOPIC_MAX} bytes.`)
}

async function send(settings: MqttSettings, message: Message, { outbound }: Transports): Promise<Outcome> {
  const { hostname } = new URL(asHttp(settings.server))
  const { protocol, port } = new URL(settings.server)
  const attempt = async (version: Publishing['version']): Promise<PublishResult | BlockedTarget> => {
    const result = await outbound.connect({
      host: hostname,
      port: Number(port) || (PORTS[protocol] ?? 0),
      isTls: protocol === 'mqtts:',
      timeoutMs: CONNECT_MS,
    })
    if (result.kind !== 'connected') return result
    try {
      return await publish(result.socket, {
        // The broker ends an earlier attempt that still hangs, because it had the same client ID.
        clientId: `cronguard${message.deliveryId.replaceAll('-', '').slice(0, 14)}`,
        username: settings.username,
        password: settings.password,
        version,
        messages: publicationsOf(settings, message),
        timeoutMs: ANSWER_MS,
      })
    } finally {
      result.socket.destroy()
    }
  }
  // Only version 5 tells that a topic isn't allowed. Older brokers don't know it.
  const result = await attempt(5)
  return outcomeOf(isUnknownVersion(result) ? await attempt(4) : result)
}

function isUnknownVersion(result: PublishResult | BlockedTarget): boolean {
  return result.kind === 'refused' && (result.code === 1 || result.code === 132)
}

/**
 * The retained messages come first: if one fails, a retry sends them again, which changes nothing, and the notification
 * itself is sent once. No name is part of a topic.
 */
function publicationsOf(settings: MqttSettings, message: Message): Publishing['messages'] {
  const notifications = settings.discovery
    ? (message.summarized ?? [message.notification]).filter(isAboutRealMonitor)
    : []
  const retained = notifications.flatMap((notification) => {
    const { monitor } = notification
    const prefix = settings.discoveryPrefix ?? DISCOVERY_PREFIX
    const stateTopic = `${settings.topic}/${monitor.uniqueKey}/state`
    return [
      {
        topic: `${prefix}/binary_sensor/cronguard_${monitor.uniqueKey}/config`,
        payload: JSON.stringify(sensorOf({ notification, stateTopic, baseUrl: message.baseUrl })),
        isRetained: true,
      },
      { topic: stateTopic, payload: JSON.stringify(stateOf(notification, message.baseUrl)), isRetained: true },
    ]
  })
  return [
    ...retained,
    { topic: settings.topic, payload: JSON.stringify(automationPayload(message)), isRetained: false },
  ]
}

// The monitor of a test does not exist.
function isAboutRealMonitor(notification: Notification): notification is MonitorNotification {
  return isAboutMonitor(notification) && !notification.isTest
}

interface Sensor {
  notification: MonitorNotification
  stateTopic: string
  baseUrl: string
}

function sensorOf({ notification: { monitor, project }, stateTopic, baseUrl }: Sensor) {
  return {
    name: shownName(monitor),
    unique_id: `cronguard_${monitor.uniqueKey}`,
    device_class: 'problem',
    state_topic: stateTopic,
    value_template: '{{ value_json.status }}',
    payload_on: 'down',
    payload_off: 'up',
    json_attributes_topic: stateTopic,
    device: {
      identifiers: [`cronguard_${sha256Hex(`${baseUrl} ${project}`).slice(0, 16)}`],
      name: `CronGuard: ${project}`,
      manufacturer: 'CronGuard',
      configuration_url: baseUrl,
    },
  }
}

// The broker keeps it, so it contains no output and no link that works without a sign-in.
function stateOf(notification: MonitorNotification, baseUrl: string) {
  const { status, reason, at, monitor } = notification
  return {
    status,
    reason,
    at: new Date(at).toISOString(),
    tags: monitor.tags,
    url: notificationUrl(notification, baseUrl),
  }
}

const REFUSALS: Record<number, string> = {
  4: 'wrong user name or password',
  5: 'not authorized',
  134: 'wrong user name or password',
  135: 'not authorized',
  137: 'the server is busy',
  144: 'the topic is invalid',
  149: 'the message is too large',
  151: 'a quota is exceeded',
  154: 'retained messages are not supported',
  155: 'QoS 1 is not supported',
}

function outcomeOf(result: PublishResult | BlockedTarget): Outcome {
  switch (result.kind) {
    case 'published':
      return { result: 'sent', detail: 'Acknowledged by the broker' }
    case 'failure':
      return networkOutcome(result)
    case 'blocked':
      return blockedOutcome(result)
    case 'refused': {
      const { code } = result
      const words = REFUSALS[code]
      return {
        result: 'failed',
        reason: [4, 5, 134, 135].includes(code) ? 'auth' : 'status',
        detail: `The broker answered with code ${code}${words ? `: ${words}` : ''}`,
        isPermanent: false,
      }
    }
  }
}
