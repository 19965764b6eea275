// Converts monitors, pings and channels to the names and the key order of Healthchecks.
import type { Channel } from '#domain/channel.ts'
import type { Transition } from '#domain/lifecycle.ts'
import type { Monitor } from '#domain/monitor.ts'
import type { PingKind, RecordedPing } from '#domain/ping.ts'
import type { DeliveryRecord } from '#store/deliveries.ts'
import { time, timeOrNull } from '#words/wire-time.ts'
import type { ApiVersion } from './endpoint.ts'

const PING_TYPES: Record<PingKind, string> = {
  success: 'success',
  start: 'start',
  fail: 'fail',
  log: 'log',
  ignored: 'ign',
}

export function toPing(
  ping: RecordedPing,
  { monitor, baseUrl, version }: { monitor: Monitor; baseUrl: string; version: ApiVersion },
) {
  const hasBody = ping.bodySize > 0
  return {
    type: PING_TYPES[ping.kind],
    date: `${new Date(ping.at).toISOString().slice(0, -1)}000+00:00`,
    n: ping.number,
    scheme: ping.scheme,
    remote_addr: ping.remoteAddress,
    method: ping.method,
    ua: ping.userAgent,
    rid: ping.runId,
    body_url: hasBody ? `${baseUrl}/api/v${version}/checks/${monitor.pingKey}/pings/${ping.number}/body` : null,
    ...(ping.durationMs === null ? {} : { duration: Math.round(ping.durationMs / 10) / 100 }),
  }
}

export function toFlip({ at, to }: Transition) {
  return { timestamp: time(at), up: to === 'up' ? 1 : 0 }
}

export function toChannel({ id, name, kind }: Channel) {
  return { id, name, kind }
}

export function toDelivery(delivery: DeliveryRecord) {
  const attempt = delivery.lastAttempt
  return {
    id: delivery.id,
    channel: delivery.channelId,
    channel_name: delivery.channelName,
    kind: delivery.channelKind,
    status: delivery.status,
    state: delivery.state,
    attempts: delivery.attempts,
    last_outcome: attempt && {
      result: attempt.result,
      reason: attempt.reason,
      detail: attempt.detail,
      at: time(attempt.finishedAt),
    },
    created: time(delivery.createdAt),
    next_attempt: timeOrNull(delivery.nextAttemptAt),
    settled: timeOrNull(delivery.settledAt),
  }
}
