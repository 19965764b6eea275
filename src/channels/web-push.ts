import { buildPushPayload } from '@block65/webcrypto-web-push'
import { z } from 'zod'
import type { Outcome } from '#domain/delivery.ts'
import { countBytes, cutEnd, type Measure } from '#lib/cut.ts'
import { DAY, SECOND } from '#lib/duration.ts'
import { withVisibleDirections } from '#lib/invisible.ts'
import { isPublicKey } from '#lib/push-keys.ts'
import { contentOf } from '#words/message.ts'
import type { ChannelKind, Message, Transports } from './kind.ts'
import { shownSecretUrl } from './shared/fields.ts'
import { outcomeOf } from './shared/http.ts'
import { PLAIN, renderText } from './shared/markup.ts'

interface WebPushSettings {
  endpoint: string
  p256dh: string
  auth: string
}

/** The push services of Chrome, Edge, Firefox and Safari. */
const SERVICES = ['fcm.googleapis.com', 'updates.push.services.mozilla.com', 'web.push.apple.com', 'notify.windows.com']

/** Push services accept 4,096 bytes of encrypted content. */
const TEXT_MAX = 2300
const TITLE_MAX = 500
const TIMEOUT_MS = 15 * SECOND

export const webPush: ChannelKind<WebPushSettings> = {
  kind: 'web-push',
  label: 'Browser push',
  group: 'Push',
  offer: 'Sends push notifications to this browser, even on a phone, without an app.',
  guide: 'browser-push',
  needsMailServer: false,
  isSubscribedInBrowser: true,
  fields: [
    {
      name: 'endpoint',
      label: 'Endpoint',
      help: 'The URL that the push service assigned to this browser.',
      type: 'secret',
      isRequired: true,
    },
    { name: 'p256dh', label: 'Public key', help: 'Used to encrypt notifications.', type: 'secret', isRequired: true },
    {
      name: 'auth',
      label: 'Authentication secret',
      help: 'Used to encrypt notifications.',
      type: 'secret',
      isRequired: true,
    },
  ],
  settings: z.object({
    endpoint: z
      .string()
      .refine((text) => text !== '', { error: 'Allow notifications in this browser first.', abort: true })
      .max(1000)
      .refine(isSecureEndpoint, 'This is not the URL of a push service.')
      .prefault(''),
    p256dh: z.string().refine(isPublicKey, 'This is not a valid public key.'),
    auth: z
      .string()
      .refine((text) => Buffer.from(text, 'base64url').length === 16, 'This is not a valid authentication secret.'),
  }),
  problems: ({ endpoint }, { pushServices }): Record<string, string> =>
    isAllowed(endpoint, pushServices)
      ? {}
      : { endpoint: 'This browser is not supported. Use Chrome, Edge, Firefox or Safari.' },
  summary: ({ endpoint }) => shownSecretUrl(endpoint),
  send,
}

function isSecureEndpoint(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, port, username } = new URL(text)
  return protocol === 'https:' && port === '' && username === ''
}

function isAllowed(endpoint: string, others: readonly string[] = []): boolean {
  const { hostname } = new URL(endpoint)
  return [...SERVICES, ...others].some((service) => hostname === service || hostname.endsWith(`.${service}`))
}

const NOT_ALLOWED: Outcome = {
  result: 'failed',
  reason: 'settings',
  detail: 'CRONGUARD_PUSH_SERVICES does not list the push service of this browser',
  isPermanent: true,
}

/** Of a command whose user may not read the secret key. */
const WITHOUT_KEYS: Outcome = {
  result: 'failed',
  reason: 'settings',
  detail: "Only the CronGuard service can send this: the command can't read the secret key",
  isPermanent: false,
}

async function send(settings: WebPushSettings, message: Message, transports: Transports): Promise<Outcome> {
  const { endpoint, ...keys } = settings
  if (!isAllowed(endpoint, transports.pushServices)) return NOT_ALLOWED
  const serverKeys = transports.pushKeys?.()
  if (!serverKeys) return WITHOUT_KEYS
  const payload = await buildPushPayload(
    { data: payloadOf(message), options: { ttl: DAY / SECOND, urgency: 'high' } },
    { endpoint, expirationTime: null, keys },
    { subject: subjectOf(message.baseUrl), ...serverKeys },
  )
  const { 'content-length': _length, ...headers } = payload.headers
  const result = await transports.outbound.send({
    method: 'POST',
    url: endpoint,
    headers: { ...headers, 'X-CronGuard-Delivery': message.deliveryId },
    body: payload.body,
    timeoutMs: TIMEOUT_MS,
  })
  return outcomeOf(result, {
    isPermanent: isEnded,
    endsChannel: isEnded,
    // Some services repeat the address, which is a secret.
    textOf: (answer) => (isEnded(answer) ? 'the browser ended its subscription' : adviceOn(answer)),
  })
}

// The subscription belongs to another key, such as that of the server before its secret key was changed.
function adviceOn({ status, json }: { status: number; json: { reason?: string } }): string | undefined {
  const isRefused = status === 401 || status === 403
  return isRefused ? 'allow notifications again in the browser, and save the channel' : json.reason
}

// RFC 8030: the subscription does not exist or has expired.
function isEnded({ status }: { status: number }): boolean {
  return status === 404 || status === 410
}

// Apple refuses a subject that is neither a secure page nor an address.
function subjectOf(baseUrl: string): string {
  return baseUrl.startsWith('https:') ? baseUrl : `mailto:cronguard@${new URL(baseUrl).hostname}`
}

/** Counts bytes as JSON, because that is what is encrypted. */
const countJsonBytes: Measure = (text) => countBytes(JSON.stringify(text))

/** What the service worker shows. */
function payloadOf(message: Message) {
  const content = contentOf(message)
  return {
    title: cutEnd(withVisibleDirections(content.title), TITLE_MAX, countJsonBytes),
    body: renderText(content, PLAIN, { max: TEXT_MAX, measure: countJsonBytes, without: ['title', 'links'] }),
    /** A notification replaces an earlier one of the same incident. */
    tag: message.thread.key,
    status: content.status,
    at: message.notification.at,
    links: content.links.map(({ label, url }) => ({ label, url })),
  }
}
