import { z } from 'zod'
import type { Outcome } from '#domain/delivery.ts'
import type { GapNotice } from '#domain/gap-notice.ts'
import { type MonitorNotification, notificationUrl } from '#domain/notification.ts'
import { SECOND } from '#lib/duration.ts'
import { hmacSha256Hex } from '#lib/tokens.ts'
import { notificationDetails, notificationSubject } from '#words/notification.ts'
import { scheduleInWords } from '#words/schedule.ts'
import { blockedOutcome, type ChannelKind, type Message, networkOutcome, type Transports } from './kind.ts'
import { requestUrl, shownSecretUrl } from './shared/fields.ts'

interface WebhookSettings {
  url: string
  secret?: string | undefined
}

const SECRET_MAX = 200
const TIMEOUT_MS = 5 * SECOND

export const webhook: ChannelKind<WebhookSettings> = {
  kind: 'webhook',
  label: 'Webhook',
  group: 'Email and webhooks',
  offer: 'Sends a POST request with JSON to your URL.',
  needsMailServer: false,
  fields: [
    { name: 'url', label: 'URL', help: 'Receives a POST request with JSON.', type: 'url', isRequired: true },
    {
      name: 'secret',
      label: 'Secret',
      help: 'Used to sign the body, so the receiver can verify the sender.',
      type: 'secret',
      isRequired: false,
    },
  ],
  settings: z.object({
    url: requestUrl(),
    secret: z.string().max(SECRET_MAX).optional(),
  }),
  summary: ({ url }) => shownSecretUrl(url),
  send,
}

async function send({ url, secret }: WebhookSettings, message: Message, { outbound }: Transports): Promise<Outcome> {
  const body = JSON.stringify(webhookBody(message))
  const result = await outbound.send({
    method: 'POST',
    url,
    headers: {
      'Content-Type': 'application/json',
      'User-Agent': 'CronGuard',
      'X-CronGuard-Delivery': message.deliveryId,
      ...(secret ? { 'X-CronGuard-Signature': `sha256=${hmacSha256Hex(secret, body)}` } : {}),
    },
    body,
    timeoutMs: TIMEOUT_MS,
  })
  switch (result.kind) {
    case 'answer':
      return answerOutcome(result.status)
    case 'failure':
      return networkOutcome(result)
    case 'blocked':
      return blockedOutcome(result)
  }
}

// 410 means that the receiver is gone. Other errors may be fixed within the day.
function answerOutcome(status: number): Outcome {
  const detail = `Received status code ${status}`
  if (status >= 200 && status < 300) return { result: 'sent', detail }
  return { result: 'failed', reason: 'status', detail, isPermanent: status === 410 }
}

/** The webhook's wire format: snake_case, times as ISO 8601 in UTC, durations in whole seconds. */
function webhookBody(message: Message): Record<string, unknown> {
  const { notification, deliveryId, baseUrl, zone } = message
  return {
    monitor_name: notificationSubject(notification),
    status: notification.status,
    timestamp: iso(notification.at),
    details: notificationDetails(notification, zone),
    reason: notification.reason,
    test: notification.isTest,
    delivery_id: deliveryId,
    project: notification.project,
    ...(notification.status === 'blind' ? aboutGap(notification) : aboutMonitor(notification)),
    url: notificationUrl(notification, baseUrl),
  }
}

function aboutMonitor({ monitor, lastPing, dueAt, downMs }: MonitorNotification) {
  return {
    monitor: {
      name: monitor.name,
      slug: monitor.slug,
      unique_key: monitor.uniqueKey,
      tags: monitor.tags,
      description: monitor.description,
      schedule: scheduleInWords(monitor.schedule),
      grace_seconds: seconds(monitor.graceMs),
      ping_count: monitor.pingCount,
    },
    last_ping: lastPing && { kind: lastPing.kind, timestamp: iso(lastPing.at), exit_status: lastPing.exitStatus },
    expected_at: isoOrNull(dueAt),
    down_seconds: downMs === null ? null : seconds(downMs),
  }
}

// The former name, `blackout`, stays for one release, so that existing receivers keep working.
function aboutGap({ from, at, extendedCount, extended }: GapNotice) {
  const span = { from: iso(from), to: iso(at) }
  return {
    monitor: null,
    gap: { ...span, monitors_extended: extendedCount, names: extended },
    blackout: { ...span, monitors_spared: extendedCount, names: extended },
  }
}

function iso(at: number): string {
  return new Date(at).toISOString()
}

function isoOrNull(at: number | null): string | null {
  return at === null ? null : iso(at)
}

function seconds(ms: number): number {
  return Math.floor(ms / SECOND)
}
